package service

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"time"

	"vestibule/firmware/gate/internal/book"
	"vestibule/firmware/gate/internal/journal"
	"vestibule/firmware/gate/internal/rule"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// memory is what the journal says of what is kept beside it, so that what the disk has lost is not as
// if it had never been.
type memory struct {
	floor   time.Time            // of the last entry
	closed  map[string]bool      // deliveries whose windows are over; nil if nobody asks
	granted map[string]time.Time // keys of which that was the last word, and when
	revoked map[string]time.Time // the same
	drilled time.Time            // when a cut was last practised
	cut     string               // the delivery of one that has no end yet
	kept    map[string]bool      // signed words on keys that could be read: key id and kind
}

func recollect(built time.Time, kept map[string]bool) *memory {
	return &memory{floor: built, granted: map[string]time.Time{}, revoked: map[string]time.Time{}, kept: kept}
}

func (m *memory) hear(e wire.Event) {
	if e.Time.After(m.floor) {
		m.floor = e.Time
	}
	switch e.Kind {
	case wire.Paired:
		clear(m.granted)
		clear(m.revoked)
	case wire.GrantAdded:
		m.granted[e.Who] = e.Time
		delete(m.revoked, e.Who)
	case wire.GrantRevoked:
		m.revoked[e.Who] = e.Time
		delete(m.granted, e.Who)
	case wire.DrillBegan:
		m.drilled, m.cut = e.Time, e.Delivery
	case wire.DrillEnded:
		m.cut = ""
	case wire.WindowClosed:
		if m.closed != nil {
			m.closed[e.Delivery] = true
		}
	}
}

// cannotRead is the disk's refusal to say what it keeps. Gate starts all the same, shut to codes, so that
// the household is told.
func (s *Service) cannotRead(what string, err error) {
	s.unread = true
	s.log.Error("what is kept cannot be read; the door stays shut to codes until the next start", "what", what, "error", err)
}

// forgetAll is for a journal that cannot be read, or is not the one that was written. Nobody knows what was burned,
// cancelled or revoked, so no pass holds, and no window opens; nobody but the owner counts. The files stay as they are.
// It returns what stands for the journal.
func (s *Service) forgetAll(kept *book.Book, err error) *journal.Journal {
	s.cannotRead("the journal", err)
	s.state = rule.New(kept.Epoch(), setupOf(s.door))
	s.leftover = nil
	clear(s.passes)
	clear(s.cuts)
	clear(s.tints)
	s.may = pass.NewAuthority(s.device, s.owner.Key, math.MaxUint64)
	return journal.Shut(s.device, err)
}

// obey begins to obey the owner, and whom the owner granted something, as far as the disk knows.
// It returns which words on keys it has read, as memory.kept.
func (s *Service) obey(kept *book.Book) map[string]bool {
	s.epoch = kept.Epoch()
	notes, err := kept.Grants()
	switch {
	case errors.Is(err, book.ErrUnread):
		s.cannotRead("grants", err)
	case err != nil:
		s.log.Error("some grants are damaged", "error", err)
	}
	epoch := s.epoch
	if s.unread {
		epoch = math.MaxUint64 // whatever it is: nobody but the owner counts
	}
	s.may = pass.NewAuthority(s.device, s.owner.Key, epoch)
	read := map[string]bool{}
	for _, n := range notes {
		who, _, err := s.may.Take(n)
		if err != nil {
			s.log.Error("a kept grant is not the owner's any more", "error", err)
			continue
		}
		read[wordOn(who, pass.KindOf(n))] = true
	}
	return read
}

func wordOn(who string, kind pass.Kind) string { return who + " " + string(kind) }

// deny forbids what the journal says was revoked and the disk has lost. A lost grant may have been
// narrower than one before it, so that none of those may come back: the key is revoked, see loop.
func (s *Service) deny(m *memory) {
	s.barred = map[string]time.Time{}
	lost := func(said map[string]time.Time, kind pass.Kind) {
		for who, at := range said {
			if m.kept[wordOn(who, kind)] || m.floor.Sub(at) >= pass.MaxMember {
				continue // of what is older nothing holds any more, and it was dropped
			}
			s.log.Error("a signed word on a key is lost", "who", who, "kind", kind)
			if kind == pass.KindGrant && !s.unread {
				s.disowned = append(s.disowned, who)
			}
			s.barred[who] = at
			s.may.Deny(who, at)
		}
	}
	lost(m.revoked, pass.KindRevoke)
	lost(m.granted, pass.KindGrant)
}

// verify reads the passes that are kept, and looks at them anew. What is damaged is left out: the rule
// hears of it from the journal.
func (s *Service) verify(kept *book.Book) []pass.Pass {
	notes, err := kept.Notes()
	switch {
	case errors.Is(err, book.ErrUnread):
		s.cannotRead("passes", err)
	case err != nil:
		s.log.Error("some passes are damaged", "error", err)
	}
	var all []pass.Pass
	for _, n := range notes {
		// Whoever signed it may be revoked by now. What the device was doing goes on from here all the
		// same, and ends when the loop begins; see outlaw.
		p, err := s.may.OpenKept(n)
		if err != nil || p.Terms().Device != s.device {
			s.log.Error("a kept pass is not the owner's any more", "error", err)
			continue
		}
		all = append(all, p)
	}
	return all
}

// restore puts passes, at most as many as there is room for, into the rule.
func (s *Service) restore(kept *book.Book, all []pass.Pass) {
	slices.SortFunc(all, func(a, b pass.Pass) int {
		return cmp.Or(a.Terms().From.Compare(b.Terms().From), cmp.Compare(a.Terms().Delivery, b.Terms().Delivery))
	})
	for _, p := range all {
		s.state.Restore(rule.PlanOf(p))
		delivery := p.Terms().Delivery
		s.passes[delivery] = s.restoreAmended(kept, p)
		if cut, err := kept.Cut(delivery); !errors.Is(err, os.ErrNotExist) {
			if err != nil {
				s.log.Error("how a camera's picture is cut cannot be read; all of it is glass", "delivery", delivery, "error", err)
			}
			s.cuts[delivery] = cut
		}
		colours, err := kept.Tint(delivery)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if colours == nil {
			s.log.Error("a tint is damaged; its glass stays frosted", "delivery", delivery, "error", err)
		}
		s.tints[delivery] = colours
	}
}

// restoreAmended gives a kept pass with its kept amendment.
func (s *Service) restoreAmended(kept *book.Book, p pass.Pass) pass.Pass {
	delivery := p.Terms().Delivery
	note, err := kept.Amendment(delivery)
	if errors.Is(err, os.ErrNotExist) {
		return p
	}
	if errors.Is(err, book.ErrUnread) {
		s.cannotRead("an amendment of "+delivery, err)
		return p
	}
	amended := p
	if err == nil {
		amended, err = s.may.AmendKept(p, note)
	}
	if err != nil {
		s.log.Error("a kept amendment is damaged", "delivery", delivery, "error", err)
		return p
	}
	plan := rule.PlanOf(amended)
	if s.may.Permits(amended) != nil && s.may.Permits(p) == nil {
		// Whoever amended it may not any more; see outlaw.
		plan.Until, amended = min(plan.Until, rule.PlanOf(p).Until), p
	}
	s.state.Restore(plan)
	return amended
}

// restoreCrowd restores of more passes than there is room for those that are not over, the newest
// first. The others are there because the disk refused to drop them once. It fails if the journal can no longer be read.
func (s *Service) restoreCrowd(kept *book.Book, all []pass.Pass, m *memory, log *journal.Journal) error {
	slices.SortFunc(all, func(a, b pass.Pass) int {
		if over := m.closed[a.Terms().Delivery]; over != m.closed[b.Terms().Delivery] {
			if over {
				return 1
			}
			return -1
		}
		return b.Terms().Until.Compare(a.Terms().Until)
	})
	now := s.clock.Read(s.clocks.read())
	for _, p := range all[rule.MaxPasses:] {
		delivery := p.Terms().Delivery
		if !m.closed[delivery] && (!now.Sure || now.Now.Before(p.Terms().Until)) {
			s.log.Error("more passes are kept than there is room for; one is left out", "delivery", delivery)
			continue
		}
		s.log.Warn("more passes are kept than there is room for; one that is over goes", "delivery", delivery)
		if err := kept.Drop(delivery); err != nil {
			s.log.Error("a pass that is over cannot be removed", "delivery", delivery, "error", err)
			s.leftover = append(s.leftover, delivery)
		}
	}
	s.restore(kept, all[:rule.MaxPasses])
	for n := uint64(0); n < log.Len(); {
		entries, err := log.Read(n, mostAtOnce)
		if err == nil && len(entries) == 0 {
			err = fmt.Errorf("no entry %d of %d", n, log.Len())
		}
		if err != nil {
			return err
		}
		for _, e := range entries {
			s.state.Replay(e)
		}
		n += uint64(len(entries))
	}
	return nil
}
