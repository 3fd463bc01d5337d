package vision

import (
	"errors"
	"fmt"
	"time"

	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/redact"
	"vestibule/vision/internal/sealed"
)

// shadowPace is the least time between two shadows, by the frames' time: what keeps them to 36 bytes a second.
const shadowPace = 500 * time.Millisecond

// measureAgain is how old the glass's colours may be before the lamp is seen.
const measureAgain = time.Second

var (
	errMoved  = errors.New("the zone does not show what the reference does: the camera stands otherwise")
	errUnseen = errors.New("it is too dark, or too little is to be seen, to tell how the camera stands")
	errBlind  = errors.New("vision: there is no picture of the zone to take a reference from")
)

// show composes the frame in hand, or gives glass where there is a doubt about it.
func (s *Sight) show(now time.Duration) (r Redacted, l Look, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wiped {
		return Redacted{}, Look{}, ErrClosed
	}
	s.seen = now
	picture, lamp, doubt, err := s.compose()
	s.fault = err
	switch {
	case err != nil:
		r, l = s.full(RedactorFailed, now)
		return r, l, nil
	case doubt != "":
		switch doubt {
		case CameraMoved:
			s.fault = errMoved
		case StandUnseen:
			s.fault = errUnseen
		}
		r, l = s.full(doubt, now)
	default:
		s.last, s.said = now, ""
		r, l = Redacted{sealed.Of(picture), ""}, s.look("")
	}
	l.At, l.Lamp, l.Cut = s.taken.At, lamp, s.cam.shownCut()
	return r, l, nil
}

// compose looks at the frame in hand with all that has to see it. There is no picture where there is a doubt.
// While it is only the lamp that is not seen, what somebody does is followed all the same, and not shown.
func (s *Sight) compose() (p *redact.Picture, lamp uint16, doubt Reason, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("the redactor broke down: %v", fault)
		}
	}()
	f := s.taken
	lamp = s.red.Lamp(f)
	if s.stand.Look(f) {
		return nil, lamp, CameraMoved, nil
	}
	if s.stand.Doubt() {
		return nil, lamp, StandUnseen, nil
	}
	var cast glass.Shadow
	fresh := false
	if s.shadow != nil {
		cast, fresh = s.shadow.Look(f, s.underWay)
	}
	s.measure(f)
	if s.unlit {
		return nil, lamp, LampUnseen, nil
	}
	given := 0
	if fresh && s.underWay && (s.cast == 0 || f.At-s.cast >= shadowPace) {
		s.red.SetShadow(cast)
		s.cast, given = f.At, len(cast)
	}
	p = s.red.Compose(f)
	s.spent += given
	return p, lamp, "", nil
}

// measure takes the glass's colours. While the lamp is not seen they are not offered, and are soon measured anew: those that
// are offered once it is seen are of frames that showed it. From then on they stay: whoever says whether the lamp is seen
// gets no second measure by saying it again.
func (s *Sight) measure(f *raw.Frame) {
	if s.unlit && s.offer != nil && !s.offered && !s.settled && f.At-s.measured >= measureAgain {
		s.forgetOffer()
		s.sample = redact.NewSampler(s.blocks)
	}
	if s.sample != nil && s.sample.Add(f) {
		tint := Tint(*s.sample.Tint())
		s.offer, s.measured = &tint, f.At
		s.forgetSums()
	}
}

// glass returns a picture that is all glass.
func (s *Sight) glass(reason Reason, now time.Duration) (Redacted, Look, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wiped {
		return Redacted{}, Look{}, ErrClosed
	}
	r, l := s.full(reason, now)
	return r, l, nil
}

// full is glass with mu held. The shadow that was there before is old once the zone shows again.
func (s *Sight) full(reason Reason, now time.Duration) (Redacted, Look) {
	s.red.ClearShadow()
	s.last, s.said = now, reason
	picture := s.red.Full()
	l := s.look(reason)
	l.At = now
	return Redacted{sealed.Of(picture), reason}, l
}

// look is what is known beside the pixels of the next picture to be given.
func (s *Sight) look(reason Reason) Look {
	s.number++
	l := Look{Frame: s.number, Glass: reason, Shadow: s.spent}
	if _, shown := s.red.Tint(); shown {
		l.Colour = len(glass.Tint{})
	} else if s.offer != nil && !s.unlit {
		l.Tint, s.offered = s.offer, true
	}
	if s.shadow != nil {
		l.Beyond = s.shadow.Beyond()
	}
	return l
}

// silent notes what Trouble says of a camera that says nothing itself.
func (s *Sight) silent() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = nil
	if s.cam.trouble() == nil {
		s.fault = s.cam.silence()
	}
}

// Settle gives the glass its colours in the mode Blur, for good: later calls change nothing. Whoever calls it
// has written them down first, so that they are given away once a delivery and not once a Sight.
func (s *Sight) Settle(t Tint) {
	s.mu.Lock()
	first := s.blur && !s.settled && !s.wiped
	if _, shown := s.red.Tint(); shown {
		first = false
	}
	if first {
		s.settled = true
		s.forgetSums()
	}
	s.mu.Unlock()
	if !first {
		return
	}
	drawn := s.red.Prepare(glass.Tint(t)) // takes long: pictures go on meanwhile
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wiped {
		drawn.Wipe()
		return
	}
	s.red.Take(drawn)
}

// forgetSums ends the measuring of the glass's colours. Mu is held.
func (s *Sight) forgetSums() {
	if s.sample != nil {
		s.sample.Wipe()
		s.sample = nil
	}
}

// forgetOffer overwrites the colours that were measured. Mu is held.
func (s *Sight) forgetOffer() {
	if s.offer != nil {
		*s.offer = Tint{}
		s.offer = nil
	}
}

// LampSeen says whether the camera's pictures, by their Look.Lamp, show what the lamp does. Where the plan asks for
// it the zone shows only while they do, and not before this was first said; elsewhere it changes nothing.
func (s *Sight) LampSeen(seen bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unlit = s.vouch && !seen
}

// Visit says whether a visit is under way: only then is a shadow shown, where the plan asks for one. When
// one ends, its shadow is gone from the next picture on.
func (s *Sight) Visit(underWay bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.underWay = underWay
	if !underWay {
		s.red.ClearShadow()
	}
}

// Reference returns how the camera stands now, made of the zone's pixels alone, for a later Plan. It
// fails while there is no steady picture of the zone.
func (s *Sight) Reference() (ref []byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stand == nil || s.wiped {
		return nil, errBlind
	}
	defer func() {
		if fault := recover(); fault != nil {
			ref, err = nil, fmt.Errorf("vision: taking a reference broke down: %v", fault)
		}
	}()
	return s.stand.Reference()
}

// wipe forgets all that was seen, but for what the camera may still be writing.
func (s *Sight) wipe() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wiped = true
	s.red.Wipe()
	s.forgetSums()
	s.forgetOffer()
	if s.shadow != nil {
		s.shadow.Close()
	}
	if s.taken != nil {
		s.taken.Wipe()
		s.taken = nil
	}
}
