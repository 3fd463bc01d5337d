package service

import (
	"time"

	"vestibule/firmware/gate/internal/rule"
	"vestibule/firmware/pipe"
	"vestibule/hub/wire"
)

// carryOut does what the rule wants, in its order. What that leads to may be steps too: their
// effects come after these.
func (s *Service) carryOut() {
	if s.carrying {
		return
	}
	s.carrying = true
	for i := 0; i < len(s.effects); i++ {
		s.carryOutOne(s.effects[i])
	}
	s.effects, s.carrying = s.effects[:0], false
}

func (s *Service) carryOutOne(e rule.Effect) {
	switch e.Do {
	case rule.Write:
		s.write(e)
	case rule.Energise:
		if err := s.door.Lock.Pulse(rule.Pulse); err != nil {
			s.log.Error("the coil does not get current", "error", err)
			s.coil = rule.CoilUnknown
			s.step(rule.CoilIs(rule.CoilUnknown))
		}
		s.coilMoved()
	case rule.Release:
		if err := s.door.Lock.Release(); err != nil {
			s.log.Error("the coil keeps its current", "error", err)
		}
		s.coilMoved()
	case rule.Power:
		if err := s.door.Camera.Set(e.On); err != nil {
			s.log.Error("the camera's power cannot be switched", "on", e.On, "error", err)
		}
		s.watch.Reset()
		s.lamp.blink(e.On)
	case rule.Wake:
		s.wakeEye(e.Delivery, e.On)
	case rule.Visit:
		s.toEye(pipe.TypeVisit, pipe.Visit{UnderWay: e.On})
	case rule.Sleep:
		s.toEye(pipe.TypeSleep, nil)
	case rule.Cut:
		s.toLink(pipe.TypeCut, pipe.Cut{Reason: e.Reason})
		s.forgetViewers()
	case rule.Grant:
		s.granted(e)
	case rule.Deny:
		s.denied(e)
	case rule.Hold:
		if e.Ref == 0 { // a page knows that it waits
			s.playMoment()
		}
	case rule.Sound:
		s.loud = e.On
		if e.On {
			s.soundAlarm()
		} else {
			s.play(nil)
		}
	case rule.Forget:
		s.forget(e.Delivery)
	case rule.Amend:
		s.wakeEye(e.Delivery, e.On)
	case rule.Revert:
		s.unamend(e.Delivery)
	}
}

// write takes an entry of the rule to the disk. Refusals by strangers are limited; what the
// rule has to remember is not.
func (s *Service) write(e rule.Effect) {
	entry := wire.Event{Kind: e.Entry.Kind, Delivery: e.Entry.Delivery, Reason: e.Entry.Reason, Via: string(e.Entry.Via), Count: e.Entry.Count}
	if entry.Kind == wire.CameraOff && entry.Delivery == s.spending.delivery {
		spent := s.spending.total()
		entry.Spent = &spent
	}
	if e.Ticket != 0 {
		ticket := e.Ticket
		s.await(entry, func(err error) { s.step(rule.Written(ticket, err == nil)) })
		return
	}
	stranger := entry.Reason != wire.CodeWrong || e.Entry.Via == rule.QR // wrong codes are few, wrong keys are not slowed
	if entry.Kind == wire.CodeRefused && stranger || entry.Kind == wire.PassRefused {
		s.mention(entry)
		return
	}
	s.enter(entry, nil)
}

// await queues an entry that the rule waits for. Whoever has the right code of a door that does not
// open may be refused as often as he likes, and fills no journal: what is held back waits its turn
// all the same.
func (s *Service) await(entry wire.Event, done func(error)) {
	if entry.Kind == wire.CodeRefused && entry.Reason != wire.CodeWrong {
		count, ok := s.vain.take(s.clocks.Mono())
		if !ok {
			s.disk.do(func() error { return nil }, done)
			return
		}
		if count > 1 {
			entry.Count = count
		}
	}
	s.enter(entry, done)
}

// mention writes an entry that strangers can cause, if its kind's budget allows.
func (s *Service) mention(entry wire.Event) {
	b := s.budgets[entry.Kind]
	if b == nil {
		b = &budget{}
		s.budgets[entry.Kind] = b
	}
	count, ok := b.take(s.clocks.Mono())
	if !ok {
		return
	}
	if count > 1 {
		entry.Count = count
	}
	s.enter(entry, nil)
}

// enter stamps an entry and queues it for the disk.
func (s *Service) enter(entry wire.Event, done func(error)) {
	entry.Time = s.stamp.UTC().Truncate(time.Millisecond)
	s.disk.write(entry, done)
}

// showState tells link what the household may see, when it has changed and every 30 s. What
// was spent of the interior changes all the time, and is alone worth a word every 5 s only.
func (s *Service) showState() {
	if s.link == nil {
		return
	}
	now := s.now()
	v := s.state.View(now)
	v.Viewers = len(s.viewers)
	v.Timeless = !now.Sure
	spent := s.spending.total()
	age := now.Mono - s.shownAt
	if v == s.shown && age < refresh && (spent == s.told || age < spentEvery) {
		return
	}
	s.shown, s.told, s.shownAt = v, spent, now.Mono
	if v.Delivery != "" && v.Delivery == s.state.Delivery() && v.Delivery == s.spending.delivery {
		v.Spent = &spent
	}
	v.Time = s.stamp.UTC().Truncate(time.Millisecond)
	s.toLink(pipe.TypeState, v)
}

// forget drops a delivery's pass, and what was kept for its picture with it.
func (s *Service) forget(delivery string) {
	if _, ok := s.passes[delivery]; !ok {
		return
	}
	delete(s.passes, delivery)
	delete(s.tints, delivery)
	delete(s.cuts, delivery)
	s.drop(delivery)
}

func (s *Service) drop(delivery string) {
	s.disk.do(func() error { return s.disk.book.Drop(delivery) }, func(err error) {
		if err != nil {
			s.log.Error("a pass that is over cannot be removed yet", "delivery", delivery, "error", err)
			s.leftover = append(s.leftover, delivery)
		}
	})
}

// dropEvery is the time between two tries to remove what the disk refused to.
const dropEvery = 5 * time.Second

// dropAgain tries again to remove what the disk refused to.
func (s *Service) dropAgain(mono time.Duration) {
	if len(s.leftover) == 0 || s.keeping || mono < s.dropAt {
		return
	}
	again := s.leftover
	s.leftover, s.dropAt = nil, mono+dropEvery
	for _, delivery := range again {
		if _, kept := s.passes[delivery]; !kept {
			s.drop(delivery)
		}
	}
}
