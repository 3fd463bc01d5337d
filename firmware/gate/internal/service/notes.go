package service

import (
	"bytes"
	"crypto/sha256"
	"errors"

	"vestibule/firmware/gate/internal/rule"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// mostNotes wait while a pass is on its way to the disk. The hub keeps its notes and sends
// them again.
const mostNotes = 64

// note takes what the hub says the owner signed. Passes are looked at one after the other,
// so that each is judged with the one before it in place.
func (s *Service) note(note []byte) {
	if len(s.notes) >= mostNotes {
		s.log.Warn("too many notes at once; the hub will send this one again")
		return
	}
	s.notes = append(s.notes, note)
	s.nextNote()
}

func (s *Service) nextNote() {
	for !s.keeping && len(s.notes) > 0 {
		note := s.notes[0]
		s.notes = s.notes[1:]
		s.openNote(note)
	}
	if len(s.notes) == 0 {
		s.notes = nil
	}
}

func (s *Service) noteTooLarge() {
	s.mention(wire.Event{Kind: wire.PassRefused, Reason: wire.TooLarge})
}

func (s *Service) openNote(note []byte) {
	if len(s.owner.Key) == 0 {
		s.refuseNote(note, "", wire.NotPaired)
		return
	}
	if bytes.HasPrefix(note, []byte("vestibule/order/")) {
		s.openOrder(note)
		return
	}
	p, err := pass.OpenPass(note, s.owner.Key)
	if err != nil {
		s.log.Warn("a pass is refused", "error", err)
		s.refuseNote(note, "", whyNot(err))
		return
	}
	t := p.Terms()
	if t.Device != s.device {
		s.refuseNote(note, "", wire.OtherDevice)
		return
	}
	if old, ok := s.passes[t.Delivery]; ok && bytes.Equal(old.Note(), note) || !ok && s.state.Known(t.Delivery) {
		return // the hub sends its retained notes again and again
	}
	if why := s.state.Judge(rule.PlanOf(p), s.now()); why != "" {
		s.refuseNote(note, t.Delivery, why)
		return
	}
	if _, err := s.seal.Unseal(t.Sealed, s.device, t.Delivery); err != nil {
		s.refuseNote(note, t.Delivery, wire.CodeUnsealed)
		return
	}
	s.keeping = true
	s.disk.do(func() error { return s.disk.book.Keep(p) }, func(err error) { s.kept(p, err) })
}

// kept goes on with a pass that is on the disk.
func (s *Service) kept(p pass.Pass, err error) {
	s.keeping = false
	delivery := p.Terms().Delivery
	if err != nil {
		s.log.Error("a pass cannot be kept", "delivery", delivery, "error", err)
		s.mention(wire.Event{Kind: wire.PassRefused, Delivery: delivery, Reason: wire.DiskTrouble})
	} else {
		s.passes[delivery] = p
		s.step(rule.PassCame(rule.PlanOf(p)))
	}
	s.nextNote()
}

func (s *Service) openOrder(note []byte) {
	o, err := pass.OpenOrder(note, s.owner.Key)
	switch {
	case err != nil:
		s.log.Warn("an order is refused", "error", err)
		s.refuseNote(note, "", whyNot(err))
	case o.Device != s.device:
		s.refuseNote(note, "", wire.OtherDevice)
	case o.Verb == pass.Cancel:
		s.step(rule.CancelCame(o.Delivery))
	case o.Verb == pass.Lock:
		s.step(rule.LockCame(o.Delivery))
	default:
		// Remember is about one moment and comes by letter; what is retained comes at any.
		s.refuseNote(note, "", wire.Unreadable)
	}
}

func whyNot(err error) wire.Reason {
	switch {
	case errors.Is(err, pass.ErrTooLarge):
		return wire.TooLarge
	case errors.Is(err, pass.ErrSignature):
		return wire.BadSignature
	}
	return wire.Unreadable
}

// refuseNote says why, once for each note however often it comes. delivery is only given
// when the owner really wrote it.
func (s *Service) refuseNote(note []byte, delivery string, why wire.Reason) {
	if s.refused.seen(sha256.Sum256(append([]byte(why+"\n"), note...))) {
		return
	}
	s.mention(wire.Event{Kind: wire.PassRefused, Delivery: delivery, Reason: why})
}
