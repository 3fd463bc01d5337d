package service

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"slices"
	"time"

	"vestibule/firmware/gate/internal/rule"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

const (
	// mostNotes wait while a note is on its way to the disk. The hub keeps its notes and sends
	// them again.
	mostNotes = 64
	// mostEarly amendments wait for their passes.
	mostEarly = rule.MaxPasses
)

// note takes what the hub says the owner, or somebody in their name, signed. Notes are looked at
// one after the other, so that each is judged with the one before it in place.
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
	kind := pass.KindOf(note)
	if s.unread && kind != pass.KindOrder && kind != pass.KindRevoke {
		s.refuseNote(note, "", wire.DiskTrouble) // what it would be judged by is not known
		return
	}
	switch kind {
	case pass.KindOrder:
		s.openOrder(note)
	case pass.KindAmend:
		s.openAmendment(note)
	case pass.KindGrant, pass.KindRevoke:
		s.openGrant(note)
	default:
		s.openPass(note)
	}
}

func (s *Service) openPass(note []byte) {
	p, err := s.may.OpenPass(note)
	if err != nil {
		s.log.Warn("a pass is refused", "error", err)
		s.refuseNote(note, "", whyNot(err))
		return
	}
	t := p.Terms()
	if t.Epoch > s.epoch {
		s.raise(t.Epoch, note)
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
	s.keep(func() error { return s.disk.book.Keep(p) }, func(err error) {
		if err != nil {
			s.log.Error("a pass cannot be kept", "delivery", t.Delivery, "error", err)
			s.mention(wire.Event{Kind: wire.PassRefused, Delivery: t.Delivery, Reason: wire.DiskTrouble})
			return
		}
		s.passes[t.Delivery] = p
		s.step(rule.PassCame(rule.PlanOf(p)))
		s.notes, s.early = append(s.early, s.notes...), nil
	})
}

// raise takes a newer epoch: it was signed, so it counts, whatever else may be against the note that it
// came with. That is looked at next.
func (s *Service) raise(epoch uint64, note []byte) {
	s.keep(func() error { return s.disk.book.Raise(epoch) }, func(err error) {
		if err != nil {
			s.log.Error("an epoch cannot be kept", "epoch", epoch, "error", err)
			s.mention(wire.Event{Kind: wire.PassRefused, Reason: wire.DiskTrouble})
			return
		}
		s.epoch = epoch
		s.may.Raise(epoch)
		s.step(rule.EpochCame(epoch))
		s.outlaw() // a grant of an older one is over
		s.notes = append([][]byte{note}, s.notes...)
	})
}

// keep does work on the disk, then what comes of it, and then goes on with the notes.
func (s *Service) keep(work func() error, then func(error)) {
	s.keeping = true
	s.disk.do(work, func(err error) {
		s.keeping = false
		then(err)
		s.nextNote()
	})
}

// openAmendment takes another end of a window. One that comes before its pass waits for it.
func (s *Service) openAmendment(note []byte) {
	delivery, err := s.may.AboutDelivery(note)
	if err != nil {
		s.log.Warn("an amendment is refused", "error", err)
		s.refuseNote(note, "", whyNot(err))
		return
	}
	old, ok := s.passes[delivery]
	if !ok {
		if !s.state.Known(delivery) {
			s.wait(note)
		}
		return
	}
	p, err := s.may.Amend(old, note)
	switch {
	case err != nil:
		s.log.Warn("an amendment is refused", "error", err)
		s.refuseNote(note, delivery, whyNot(err))
		return
	case p.Revision() == old.Revision():
		return // the one that it has
	}
	if why := s.state.JudgeAmended(rule.PlanOf(p), s.now()); why != "" {
		s.refuseNote(note, delivery, why)
		return
	}
	s.keep(func() error { return s.disk.book.Amend(p) }, func(err error) {
		if err != nil {
			s.log.Error("an amendment cannot be kept", "delivery", delivery, "error", err)
			s.mention(wire.Event{Kind: wire.PassRefused, Delivery: delivery, Reason: wire.DiskTrouble})
			return
		}
		if _, still := s.passes[delivery]; !still {
			return // forgotten meanwhile
		}
		s.old, s.passes[delivery] = old, p
		s.step(rule.AmendCame(rule.PlanOf(p)))
		s.old = pass.Pass{}
	})
}

// wait keeps an amendment until its pass comes. The owner's go before those of others, of whom some may
// have been revoked since: in the order, and when there is no more room.
func (s *Service) wait(note []byte) {
	if slices.ContainsFunc(s.early, func(n []byte) bool { return bytes.Equal(n, note) }) {
		return // the hub sends it again and again
	}
	owner := pass.KeyID(s.owner.Key)
	at := len(s.early)
	if pass.SignerID(note) == owner {
		if at = slices.IndexFunc(s.early, func(n []byte) bool { return pass.SignerID(n) != owner }); at < 0 {
			at = len(s.early)
		}
	}
	s.early = slices.Insert(s.early, at, note)
	s.early = s.early[:min(len(s.early), mostEarly)]
}

// unamend goes back to the pass as it was before the amendment that the rule does not take:
// something has happened while that was on its way to the disk.
func (s *Service) unamend(delivery string) {
	if s.old.Valid() && s.old.Terms().Delivery == delivery {
		s.putBack(s.old)
	}
}

// putBack makes the disk agree with a pass that is less amended than it was.
func (s *Service) putBack(p pass.Pass) {
	delivery := p.Terms().Delivery
	s.passes[delivery] = p
	s.disk.do(func() error { return s.disk.book.Amend(p) }, func(err error) {
		if err != nil {
			s.log.Error("an amendment that does not count stays on the disk", "delivery", delivery, "error", err)
		}
	})
}

// openGrant takes the owner's word on what somebody else may do. A revocation counts at once,
// whatever the disk says: the hub sends it again after every start.
func (s *Service) openGrant(note []byte) {
	s.forgetKeys()
	before := s.may.Notes()
	who, fresh, err := s.may.Take(note)
	if err != nil {
		s.log.Warn("a grant is refused", "error", err)
		s.refuseNote(note, "", whyNot(err))
		return
	}
	if slices.Contains(s.forgetKeys(), who) {
		return // the hub sends what nobody needs any more
	}
	revoked := pass.KindOf(note) == pass.KindRevoke
	if revoked && fresh {
		s.outlaw()
	}
	if !fresh && slices.EqualFunc(before, s.may.Notes(), bytes.Equal) {
		return
	}
	s.keep(func() error { return s.disk.book.KeepGrant(who, note) }, func(err error) {
		switch {
		case err != nil:
			s.log.Error("a grant cannot be kept", "who", who, "error", err)
			s.mention(wire.Event{Kind: wire.PassRefused, Who: who, Reason: wire.DiskTrouble})
			if !revoked {
				s.forgetGrant(before)
			}
		case revoked:
			s.enter(wire.Event{Kind: wire.GrantRevoked, Who: who}, nil)
		case fresh:
			s.enter(wire.Event{Kind: wire.GrantAdded, Who: who}, nil)
			s.outlaw() // a later grant may be a narrower one
		}
	})
}

// forgetKeys lets go of keys of which nothing can hold any more, so that there is room for others.
func (s *Service) forgetKeys() []string {
	now := s.now()
	if !now.Sure {
		return nil
	}
	gone := s.may.Forget(time.UnixMilli(now.Wall))
	for _, who := range gone {
		s.disk.do(func() error { return s.disk.book.DropGrants(who) }, func(err error) {
			if err != nil {
				s.log.Error("a grant that is over cannot be removed", "who", who, "error", err)
			}
		})
	}
	return gone
}

// forgetGrant goes back to what the owner had granted before.
func (s *Service) forgetGrant(notes [][]byte) {
	s.may = pass.NewAuthority(s.device, s.owner.Key, s.epoch)
	for _, n := range notes {
		if _, _, err := s.may.Take(n); err != nil {
			s.log.Error("a grant that was good is not any more", "error", err)
		}
	}
	for who, at := range s.barred {
		s.may.Deny(who, at)
	}
}

// outlaw ends what was permitted by somebody who may not any more: their passes, what they
// amended, and their watching.
func (s *Service) outlaw() {
	if s.unread {
		s.cutOutlaws() // what may be read at the next start is not ended for good
		return
	}
	for delivery, p := range s.passes {
		if s.may.Permits(p) == nil {
			continue
		}
		signed, err := s.may.OpenPass(p.Note())
		if err != nil {
			s.step(rule.DisownCame(delivery))
			continue
		}
		// The amendment stays on the disk: it says which revisions are old. See restoreAmended.
		s.passes[delivery] = signed
		s.step(rule.RevertCame(rule.PlanOf(signed)))
	}
	s.cutOutlaws()
}

// cutOutlaws ends all viewing if anybody watches who may not any more; the others come again.
func (s *Service) cutOutlaws() {
	now := time.UnixMilli(s.now().Wall)
	for _, v := range s.viewers {
		if s.may.MayWatch(s.passes[v.delivery], v.who, now) != nil {
			s.carryOutOne(rule.Effect{Do: rule.Cut, Reason: wire.NotGranted})
			return
		}
	}
}

func (s *Service) openOrder(note []byte) {
	o, _, err := s.may.OpenOrder(note, time.UnixMilli(s.now().Wall))
	switch {
	case err != nil:
		s.log.Warn("an order is refused", "error", err)
		s.refuseNote(note, "", whyNot(err))
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
	for _, c := range []struct {
		err error
		why wire.Reason
	}{
		{pass.ErrTooLarge, wire.TooLarge}, {pass.ErrSignature, wire.BadSignature}, {pass.ErrOther, wire.OtherDevice},
		{pass.ErrOldRevision, wire.OldRevision}, {pass.ErrNotGranted, wire.NotGranted}, {pass.ErrGrantOver, wire.GrantOver},
		{pass.ErrTooMany, wire.TooManyKeys},
	} {
		if errors.Is(err, c.err) {
			return c.why
		}
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
