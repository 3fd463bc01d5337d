package web

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"vestibule/hub/house"
	"vestibule/hub/wire"
)

type onlineNews struct {
	Device string    `json:"device"`
	Online bool      `json:"online"`
	Since  time.Time `json:"since,omitzero"` // not online: since when, if that is known
}

type stateNews struct {
	Device string      `json:"device"`
	State  *wire.State `json:"state"`
}

type overNews struct {
	Device string `json:"device"`
}

type peopleNews struct {
	Device string `json:"device"`
}

// hearing is what one person's stream lets through.
type hearing struct {
	house *house.House
	seats map[string]house.Seat // by device
}

func (s *Server) hearing(r *http.Request, person string) (hearing, error) {
	seats, err := s.house.Seats(r.Context(), person)
	h := hearing{s.house, map[string]house.Seat{}}
	for _, seat := range seats {
		h.seats[seat.Device.ID] = seat
	}
	return h, err
}

// getEvents streams what happens to the devices at which somebody has a place: first how they are,
// then what changes. A page that can't keep up is dropped, comes back, and is right again at once.
// So is one whose place is another by now; one that has none is told so first.
func (s *Server) getEvents(w http.ResponseWriter, r *http.Request) {
	person, err := s.person(r)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	done, ok := s.streams.take(person, ownerStreams)
	if !ok {
		s.writeError(w, r, errOften)
		return
	}
	defer done()
	hear, err := s.hearing(r, person)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	follower := s.house.Follow(func(n house.News) bool { _, ok := hear.seats[n.Device]; return ok })
	defer follower.Close()
	if _, err := s.person(r); err != nil { // removed before anybody listened
		s.writeError(w, r, err)
		return
	}

	st, err := openStream(w)
	for _, seat := range slices.SortedFunc(maps.Values(hear.seats), byDevice) {
		p := s.house.Presence(seat.Device.ID)
		if err == nil {
			err = st.send("online", onlineNews{seat.Device.ID, p.Reached(), p.Since})
		}
		if err == nil && p.State != nil {
			err = hear.send(r.Context(), st, seat, house.News{Device: seat.Device.ID, State: p.State})
		}
	}
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for err == nil {
		select {
		case n, ok := <-follower.C:
			if !ok {
				return
			}
			if n.People != nil && n.People.Person == person {
				s.endStream(r, st, person, n.Device)
				return
			}
			err = hear.send(r.Context(), st, hear.seats[n.Device], n)
		case <-tick.C:
			now, seatsErr := s.hearing(r, person)
			same := len(now.seats) == len(hear.seats)
			for device := range hear.seats {
				_, ok := now.seats[device]
				same = same && ok
				if !ok && seatsErr == nil && err == nil {
					err = st.send("over", overNews{device}) // a grant ends by itself, too
				}
			}
			if _, err := s.person(r); err != nil || seatsErr != nil || !same {
				return // logged out, the session is over, or so is a grant
			}
			err = st.beat()
		case <-r.Context().Done():
			return
		}
	}
	s.log.Debug("a page stopped listening", "error", err)
}

func byDevice(a, b house.Seat) int { return strings.Compare(a.Device.ID, b.Device.ID) }

// endStream ends the stream of somebody about whom an owner said another word. The page of one who
// has no place at the device any more hears of that; the others come again.
func (s *Server) endStream(r *http.Request, st *stream, person, device string) {
	_, err := s.house.Seat(r.Context(), person, device)
	if errors.Is(err, house.ErrOtherDevice) {
		err = st.send("over", overNews{device})
	}
	if err != nil {
		s.log.Debug("a page was not told that it is over", "error", err)
	}
}

// send passes on what is for the seat.
func (h hearing) send(ctx context.Context, st *stream, seat house.Seat, n house.News) error {
	sees := func(delivery string) bool { return h.house.MaySee(ctx, seat, delivery) }
	switch {
	case n.Online != nil:
		return st.send("online", onlineNews{n.Device, *n.Online, n.Since})
	case n.State != nil:
		return st.send("state", stateNews{n.Device, seat.State(n.State, sees)})
	case n.Event != nil:
		if e, ok := seat.Hear(*n.Event, sees); ok {
			return st.send("event", e)
		}
	case n.Status != nil && seat.Sees(n.Status.Delivery):
		return st.send("delivery", show(*n.Status, seat.Person))
	case n.People != nil && seat.Owner:
		return st.send("people", peopleNews{n.Device})
	}
	return nil
}
