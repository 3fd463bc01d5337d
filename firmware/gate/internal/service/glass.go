package service

import (
	"time"

	"vestibule/firmware/gate/internal/challenge"
	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// spentEvery is how often the state is said anew only because more of the interior was shown.
const spentEvery = 5 * time.Second

// lampEvery is how often eye is told again that the lamp is seen.
const lampEvery = pipe.LampHolds / 4

// spending is how much of the interior one delivery's picture has given away. The colours are
// the same 216 bytes in every opening of the camera, so they count once; each opening's
// shadows are new ones.
//
// A gate that is started anew goes on with the count of an eye that stayed. What the shadows of
// earlier openings came to, it has forgotten.
type spending struct {
	delivery string
	colour   int
	shadow   int // of the present opening
	before   int // of earlier ones
}

// add takes the count of the present opening of the camera; one that is less than the last
// is a new opening's.
func (s *spending) add(by wire.Spent) {
	if by.Shadow < s.shadow {
		s.before += s.shadow
	}
	s.colour, s.shadow = max(s.colour, by.Colour), max(by.Shadow, 0)
}

func (s *spending) total() wire.Spent {
	return wire.Spent{Colour: s.colour, Shadow: s.before + s.shadow}
}

// wakeEye hands eye the pass whose window is open, with what is kept for it.
func (s *Service) wakeEye(delivery string, visit bool) {
	p, ok := s.passes[delivery]
	if !ok {
		return
	}
	tint := s.tints[delivery]
	if s.spending.delivery != delivery {
		s.spending = spending{delivery: delivery, colour: len(tint)}
	}
	s.lampTold, s.lampAt = s.watch.Verdict() == challenge.Seen, s.clocks.Mono()
	s.toEye(pipe.TypeWake, pipe.Wake{
		Lamp: s.lampTold, Cut: s.cuts[delivery],
		Pass: p.Note(), Amendment: p.Amendment(), Proof: s.may.Proof(p), Tint: tint, Reference: s.shelf.Get(p.Terms().Reference), Visit: visit,
		Now: time.UnixMilli(s.now().Wall).UTC(),
	})
}

// tellLamp tells eye whether its picture shows the lamp. It shows the zone no longer than it hears that.
func (s *Service) tellLamp(seen bool) {
	mono := s.clocks.Mono()
	if seen == s.lampTold && (!seen || mono-s.lampAt < lampEvery) {
		return
	}
	s.lampTold, s.lampAt = seen, mono
	s.toEye(pipe.TypeLamp, pipe.Lamp{Seen: seen})
}

// cut keeps how the camera's picture is cut when a delivery first shows the zone. It counts from then on, also for an eye
// that is started anew; on the disk it is for a gate that is.
func (s *Service) cut(l pipe.Look) {
	if _, known := s.cuts[l.Delivery]; known || l.Glass != "" || l.Cut == "" || len(l.Cut) > pipe.MaxCut {
		return
	}
	s.cuts[l.Delivery] = l.Cut
	s.disk.do(func() error { return s.disk.book.KeepCut(l.Delivery, l.Cut) }, func(err error) {
		if err != nil {
			s.log.Error("how the camera's picture is cut cannot be kept", "delivery", l.Delivery, "error", err)
		}
	})
}

// tint takes what eye would make the glass from. The first of a delivery is written down before
// it is shown, and stays the only one: what stands on the disk is what eye is told.
func (s *Service) tint(t pipe.Tint) {
	p, ok := s.passes[t.Delivery]
	switch {
	case !ok || t.Delivery != s.state.Delivery():
		return // of a window that is over
	case p.Terms().Mode != pass.Blur || len(t.Colours) != pipe.TintSize:
		s.log.Error("eye offers a tint that cannot be", "mode", p.Terms().Mode, "bytes", len(t.Colours))
		return
	}
	if standing, spent := s.tints[t.Delivery]; spent {
		s.tellTint(t.Delivery, standing)
		return
	}
	if s.tinting {
		return // eye asks again
	}
	s.tinting = true
	var standing []byte
	s.disk.do(func() (err error) {
		standing, err = s.disk.book.KeepTint(t.Delivery, t.Colours)
		return err
	}, func(err error) {
		s.tinting = false
		if err != nil {
			s.log.Error("a tint cannot be kept; the glass stays frosted", "delivery", t.Delivery, "error", err)
			return
		}
		if _, still := s.passes[t.Delivery]; still {
			s.tints[t.Delivery] = standing
			s.tellTint(t.Delivery, standing)
		}
	})
}

// tellTint tells eye what stands on the disk; nothing, if that is damaged.
func (s *Service) tellTint(delivery string, standing []byte) {
	if standing != nil && delivery == s.state.Delivery() {
		s.toEye(pipe.TypeTint, pipe.Tint{Delivery: delivery, Colours: standing})
	}
}
