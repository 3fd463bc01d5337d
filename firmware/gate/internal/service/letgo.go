package service

import (
	"slices"
	"time"

	"vestibule/firmware/gate/internal/rule"
	"vestibule/hub/wire"
)

const (
	lockedWithin = 5 * time.Second // a motor's travel, and a little more
	mostLocking  = 8               // wishes that wait at once
)

// locking is a wish that the door is locked now, until the lock has had its time.
type locking struct {
	letter string
	until  time.Duration
}

// letGo takes the hub's, or anybody's, wish that the door is locked now. It is obeyed at once; the
// answer is what came of it.
func (s *Service) letGo(l wire.Letter) {
	var v wire.LockNow
	if err := wire.Decode(l.Body, &v); err != nil {
		s.reply(l.ID, wire.LetterNo, wire.No{Reason: wire.Unreadable})
		return
	}
	s.step(rule.LetGoCame())
	if len(s.locking) >= mostLocking {
		s.reply(l.ID, wire.LetterNo, wire.No{Reason: wire.DoorUnsure})
		return
	}
	mono := s.clocks.Mono()
	s.locking = append(s.locking, locking{l.ID, mono + lockedWithin})
	s.sayLocked(mono)
}

// sayLocked answers who wished that the door is locked: that it is once the relay has followed and
// nothing contradicts it, and that nobody knows when it has taken too long.
func (s *Service) sayLocked(mono time.Duration) {
	held := s.coilAt == 0 && s.coil == rule.CoilOff
	s.locking = slices.DeleteFunc(s.locking, func(l locking) bool {
		switch {
		case held:
			s.reply(l.letter, wire.LetterLocked, wire.LockedBody{})
		case mono >= l.until:
			s.reply(l.letter, wire.LetterNo, wire.No{Reason: wire.DoorUnsure})
		default:
			return false
		}
		return true
	})
}
