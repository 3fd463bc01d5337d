package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"vestibule/hub/house"
	"vestibule/hub/pass"
	"vestibule/hub/relay"
	"vestibule/hub/wire"
)

// Relay gives out credentials for the hub's relay.
type Relay interface {
	Credentials(window string, role relay.Role, until time.Time) wire.Relay
}

// getRelay tells whoever may watch a device how to use the relay, as long as a window is open: null when none is,
// or when there is no relay.
func (s *Server) getRelay(w http.ResponseWriter, r *http.Request) {
	device := r.PathValue("device")
	way, err := s.viewersWay(r, device)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	s.writeJSON(w, http.StatusOK, way)
}

// viewersWay is nothing for a window that the person is not to know of.
func (s *Server) viewersWay(r *http.Request, device string) (*wire.Relay, error) {
	person, err := s.person(r)
	if err != nil {
		return nil, err
	}
	seat, err := s.house.SeatFor(r.Context(), person, device, pass.MayWatch)
	if err != nil {
		return nil, err
	}
	return s.wayTo(r.Context(), device, relay.Viewer, seat.Sees)
}

// wayTo is how a role uses the relay for the window that is open now; nil when there is none of either, or not for
// whoever asks.
func (s *Server) wayTo(ctx context.Context, device string, role relay.Role, may func(house.Delivery) bool) (*wire.Relay, error) {
	if s.relay == nil {
		return nil, nil
	}
	d, open, err := s.house.Window(ctx, device)
	if err != nil || !open || !may(d) {
		return nil, err
	}
	way := s.relay.Credentials(d.ID, role, d.Until)
	return &way, nil
}

// withRelay is an offer's body as it goes to the device: with the way over the relay, which is for the hub to say
// and not for the page.
func (s *Server) withRelay(ctx context.Context, device string, body json.RawMessage) (json.RawMessage, error) {
	var o wire.Offer
	if err := wire.Decode(body, &o); err != nil {
		return nil, house.ErrUnreadable.With(err)
	}
	if o.Relay != nil {
		return nil, house.ErrUnreadable.With(errors.New("an offer with a relay"))
	}
	var err error
	any := func(house.Delivery) bool { return true } // the device is at each of its windows
	if o.Relay, err = s.wayTo(ctx, device, relay.Device, any); err != nil || o.Relay == nil {
		return body, err
	}
	return json.Marshal(o)
}
