package service

import (
	"errors"
	"slices"
	"time"

	"vestibule/firmware/gate/internal/references"
	"vestibule/firmware/gate/internal/rule"
	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

const (
	standPatience = 3 * time.Second // for eye to say how the camera stands, and for the disk to keep it
	orderAge      = 5 * time.Minute // of an order to remember, either way: phones' clocks differ
)

// remembering is an owner's order to remember how the camera stands, on its way.
type remembering struct {
	letter   string // to answer; empty when there is none
	delivery string
	until    time.Duration // CLOCK_MONOTONIC
	keeping  bool          // what eye said is on its way to the disk
	late     int           // answers that eye owes to orders that were given up
}

// rememberStand takes an owner's order to keep how the camera stands now.
func (s *Service) rememberStand(l wire.Letter) {
	var r wire.Remember
	if err := wire.Decode(l.Body, &r); err != nil {
		s.refuseStand(l.ID, wire.Unreadable)
		return
	}
	o, why := s.judgeRemember([]byte(r.Order))
	if why != "" {
		s.refuseStand(l.ID, why)
		return
	}
	s.remember.letter, s.remember.delivery = l.ID, o.Delivery
	s.remember.until = s.clocks.Mono() + standPatience
	s.toEye(pipe.TypeRemember, nil)
}

// judgeRemember checks an order, and spends it as soon as anything comes of it: also one that only wakes the camera.
func (s *Service) judgeRemember(note []byte) (pass.Order, wire.Reason) {
	now := s.now()
	o, _, why := s.judgeOrder(note, pass.Remember, orderAge, now)
	if why != "" {
		return o, why
	}
	if _, used := s.nonces[o.Nonce]; used {
		return o, wire.CallStale
	}
	if s.remember.letter != "" || !s.roomForNonce(time.UnixMilli(now.Wall)) {
		return o, wire.Busy
	}
	s.nonces[o.Nonce] = o.At.Add(orderAge)
	if picture, _, _, _ := s.state.Picture(now); s.eye == nil || picture != "" {
		s.step(rule.Called(wire.ByViewer)) // for the next try
		return o, wire.CameraNotSeen
	}
	return o, ""
}

// stand takes eye's word on how the camera stands, and keeps it.
func (s *Service) stand(r pipe.Reference) {
	if s.remember.late > 0 {
		s.remember.late--
		return
	}
	if s.remember.letter == "" || s.remember.keeping {
		return
	}
	if s.remember.delivery != s.state.Delivery() {
		s.endStand(wire.NoDelivery)
		return
	}
	if r.Reason != "" || len(r.Data) == 0 || len(r.Data) > pipe.MaxReference {
		s.log.Warn("eye cannot say how the camera stands", "reason", r.Reason, "bytes", len(r.Data))
		if !slices.Contains(wire.Reasons(), r.Reason) {
			r.Reason = wire.CameraNotSeen
		}
		s.endStand(r.Reason)
		return
	}
	change, err := s.shelf.Prepare(r.Data, s.asked)
	if errors.Is(err, references.ErrFull) {
		s.endStand(wire.TooMany)
		return
	}
	if err != nil {
		s.log.Error("a reference cannot be kept", "error", err)
		s.endStand(wire.CameraNotSeen)
		return
	}
	letter := s.remember.letter
	s.remember.keeping, s.remember.until = true, s.clocks.Mono()+standPatience
	s.disk.do(change.Write, func(err error) {
		if err == nil {
			s.shelf.Done(change)
		} else {
			s.log.Error("a reference cannot be kept", "error", err)
		}
		switch {
		case s.remember.letter != letter: // the owner was told that it came to nothing
		case err != nil:
			s.endStand(wire.DiskTrouble)
		default:
			s.enter(wire.Event{Kind: wire.StandKept, Delivery: s.remember.delivery}, func(err error) {
				switch {
				case s.remember.letter != letter:
				case err != nil:
					s.endStand(wire.DiskTrouble)
				default:
					s.standKept(change.Sum())
				}
			})
		}
	})
}

// asked reports whether a pass that is kept asks for a reference.
func (s *Service) asked(sum references.Sum) bool {
	for _, p := range s.passes {
		if slices.Equal(p.Terms().Reference, sum[:]) {
			return true
		}
	}
	return false
}

// standKept answers the owner: the reference and its entry are on the disk.
func (s *Service) standKept(sum references.Sum) {
	note, err := pass.SignReference(pass.Reference{
		Device: s.device, Delivery: s.remember.delivery, Sum: sum, At: s.stamp.UTC().Truncate(time.Second),
	}, s.signer)
	if err != nil {
		s.log.Error("a reference cannot be signed", "error", err)
		s.endStand(wire.DiskTrouble)
		return
	}
	s.reply(s.remember.letter, wire.LetterRemembered, wire.Remembered{Reference: string(note)})
	s.remember = remembering{late: s.remember.late}
}

// giveUpStand ends an order that eye takes too long to answer, or the disk to keep.
func (s *Service) giveUpStand(mono time.Duration) {
	switch {
	case s.remember.letter == "" || mono < s.remember.until:
	case s.remember.keeping:
		s.endStand(wire.DiskTrouble)
	default:
		s.remember.late++
		s.endStand(wire.CameraNotSeen)
	}
}

// standLost ends an order that an eye which is gone cannot answer any more.
func (s *Service) standLost() {
	s.remember.late = 0
	if s.remember.letter != "" && !s.remember.keeping {
		s.endStand(wire.EyeGone)
	}
}

func (s *Service) endStand(why wire.Reason) {
	s.refuseStand(s.remember.letter, why)
	s.remember = remembering{late: s.remember.late}
}

func (s *Service) refuseStand(letter string, why wire.Reason) {
	s.reply(letter, wire.LetterNo, wire.No{Reason: why})
}
