package web

import (
	"context"
	"encoding/json"
	"net/http"

	"vestibule/hub/house"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

func (s *Server) postLetter(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Kind wire.LetterKind `json:"kind"`
		Body json.RawMessage `json:"body"`
	}
	if err := read(w, r, &body); err != nil {
		s.writeError(w, r, err)
		return
	}
	device := r.PathValue("device")
	if err := s.mayWrite(r, device, body.Kind, body.Body); err != nil {
		s.writeError(w, r, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), letterTime)
	defer cancel()
	if body.Kind == wire.LetterOffer {
		var err error
		if body.Body, err = s.withRelay(ctx, device, body.Body); err != nil {
			s.writeError(w, r, err)
			return
		}
	}
	answer, err := s.house.Ask(ctx, device, body.Kind, body.Body)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	s.writeJSON(w, http.StatusOK, answer)
}

// mayWrite says who may send which kind of letter: strangers may try a code or ask to
// be the first owner, which the device judges; only the owner, and whom the owner granted just that,
// may ask for the picture, have the device remember how its camera stands or practise a cut, or lock the door now: that
// needs no signature, but is nothing for strangers. The time is for the owner alone to tell.
// What is not in the form of its kind does not reach the device.
func (s *Server) mayWrite(r *http.Request, device string, kind wire.LetterKind, body json.RawMessage) error {
	now, from := s.now(), remote(r)
	if !s.limits.allow(now, letterRate, "letter", from) {
		return errOften
	}
	var err error
	allowed := true
	switch kind {
	case wire.LetterPair:
		err = wire.Decode(body, &wire.Pair{})
		allowed = s.limits.allow(now, pairRate, "pair "+device, from)
	case wire.LetterTry:
		var try wire.Try
		err = wire.Decode(body, &try)
		if len(try.Delivery) > 64 {
			return house.ErrUnreadable
		}
		allowed = s.limits.allow(now, tryRate, "try "+try.Delivery, from)
	case wire.LetterKnock:
		var knock wire.Knock
		err = wire.Decode(body, &knock)
		if len(knock.Delivery) > 64 {
			return house.ErrUnreadable
		}
		allowed = s.limits.allow(now, tryRate, "knock "+knock.Delivery, from)
	case wire.LetterOffer:
		if err := s.may(r, device, pass.MayWatch); err != nil {
			return err
		}
		err = wire.Decode(body, &wire.Offer{})
	case wire.LetterTrickle:
		if err := s.may(r, device, pass.MayWatch); err != nil {
			return err
		}
		err = wire.Decode(body, &wire.Trickle{})
	case wire.LetterBye:
		if err := s.may(r, device, pass.MayWatch); err != nil {
			return err
		}
		err = wire.Decode(body, &wire.Bye{})
	case wire.LetterRemember:
		if err := s.may(r, device, pass.MayInstall); err != nil {
			return err
		}
		err = wire.Decode(body, &wire.Remember{})
	case wire.LetterDrill:
		if err := s.may(r, device, pass.MayInstall); err != nil {
			return err
		}
		err = wire.Decode(body, &wire.Drill{})
	case wire.LetterLock:
		if err := s.may(r, device, pass.MayLock); err != nil {
			return err
		}
		err = wire.Decode(body, &wire.LockNow{})
	case wire.LetterTime:
		if err := s.isOwner(r, device); err != nil {
			return err
		}
		err = wire.Decode(body, &wire.Time{})
	default:
		return errNoRequest
	}
	switch {
	case err != nil:
		return house.ErrUnreadable.With(err)
	case !allowed:
		return errOften
	}
	return nil
}

// may checks that whoever is logged in has a right at the device.
func (s *Server) may(r *http.Request, device string, right pass.Rights) error {
	person, err := s.person(r)
	if err == nil {
		_, err = s.house.SeatFor(r.Context(), person, device, right)
	}
	return err
}

// isOwner checks that the device is of whoever is logged in.
func (s *Server) isOwner(r *http.Request, device string) error {
	person, err := s.person(r)
	if err != nil {
		return err
	}
	seat, err := s.house.Seat(r.Context(), person, device)
	if err == nil && !seat.Owner {
		return house.ErrNotGranted
	}
	return err
}
