package rule

import (
	"math"
	"time"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// Restore puts the plan of a kept pass, as it was signed, into a new state, before the journal
// is replayed; then the same as amended, if it was. It reports false when there is no room.
func (s *State) Restore(p Plan) bool {
	if p.Delivery == "" {
		return false
	}
	if c := s.find(p.Delivery); c != nil {
		if p.Revision <= c.plan.Revision {
			return false
		}
		c.plan.Until, c.plan.Revision = p.Until, p.Revision
		c.keep = max(c.keep, p.Until)
		return true
	}
	c := s.free()
	if c == nil {
		return false
	}
	*c = slot{plan: p, keep: p.Until}
	s.epoch = max(s.epoch, p.Epoch)
	return true
}

// Unread says that some of what the disk keeps could not be read this time, so that nothing is to be
// concluded from its not being there: the door stays shut to codes, as it does while the journal cannot be
// written, until the next start. It comes before [Resume].
func (s *State) Unread() { s.unread, s.disk = true, false }

// Replay takes one entry of the journal, in order. Entries about deliveries that are not
// kept any more only leave their name: also of one whose pass the disk has lost, so that what was
// burned or cancelled is not accepted anew.
func (s *State) Replay(e wire.Event) {
	c := s.find(e.Delivery)
	if c != nil {
		s.replayDelivery(c, e)
	} else {
		s.replayUnknown(e)
	}
	switch e.Kind {
	case wire.DoorOpened:
		s.shown = Open
	case wire.DoorShut:
		s.shown, s.held, s.forced = Closed, false, false
	case wire.HeldOpen:
		s.shown, s.held = Open, true
	case wire.ForcedOpen:
		s.shown, s.forced, s.relock = Open, true, true
	case wire.Unlocked:
		s.relock = true
	case wire.Relocked:
		s.relock = false
	case wire.Tamper:
		s.latch, s.coverOff = true, true
	case wire.TamperOver:
		s.coverOff = false
	case wire.WindowOpened:
		s.latch = s.coverOff
	case wire.Panic:
		s.panicked = time.Duration(e.Time.UnixMilli()) + time.Duration(PanicFor.Milliseconds()) // a wall time, until Resume
	case wire.LinkLost:
		s.lost = true
	case wire.LinkBack:
		s.lost = false
	}
}

func (s *State) replayDelivery(c *slot, e wire.Event) {
	switch e.Kind {
	case wire.PassAccepted:
		c.logged = true
	case wire.Amended:
		c.said = max(c.said, uint64(max(e.Count, 0)))
	case wire.Duress:
		c.forced = true
	case wire.Cancelled:
		c.cancelled, c.why = true, e.Reason
	case wire.OwnerLocked:
		c.locked = true
		if c.visit == awaited {
			c.visit = over
		}
	case wire.WindowOpened:
		if o := s.current(); o != nil {
			o.stage = closed // its end was lost by a full disk
		}
		c.stage = open
	case wire.WindowClosed:
		c.stage = closed
	case wire.CodeRefused:
		// Each is in the journal, with how many they are by then; if a full disk lost some, this one
		// stands for them. Wrong keys are no guesses at the code, and theirs may count what was left out.
		if missing := min(e.Count, MaxWrong) - int(c.wrong()); e.Reason == wire.CodeWrong && Via(e.Via) != QR && missing > 0 {
			c.by(Via(e.Via)).wrong += uint8(missing)
		}
	case wire.VisitStarted:
		if v := s.visited(); v != nil && v != c {
			v.visit = over // its end was lost by a full disk
		}
		c.visit, c.used = underWay, max(c.used, 1)
		c.quiet = time.Duration(e.Time.UnixMilli()) // a wall time, until Resume
	case wire.Unlocked:
		c.used = max(c.used, uint8(min(max(e.Count, 0), 255)))
		c.quiet = time.Duration(e.Time.UnixMilli())
	case wire.DoorOpened:
		c.entered = c.entered || c.visit == underWay
	case wire.BeyondDoorway:
		c.beyond = max(c.beyond, uint8(min(max(e.Count, 0), MaxBeyond)))
	case wire.DoorShut:
		if c.visit == underWay {
			c.quiet = time.Duration(e.Time.UnixMilli())
		}
	case wire.VisitEnded:
		c.visit = over
		if s.mayBeWithin(c) {
			s.egress = max(s.egress, time.Duration(e.Time.UnixMilli()+c.plan.Grace.Milliseconds())) // the same
		}
	}
}

func (s *State) replayUnknown(e wire.Event) {
	at := e.Time.UnixMilli()
	rest := int64(max(e.Count, 0)) * 1000
	switch e.Kind {
	case wire.PassAccepted:
		s.ends(past{delivery: e.Delivery, keep: at + rest, lost: true}, at)
	case wire.WindowOpened, wire.VisitStarted:
		if !s.isPast(e.Delivery) {
			s.ends(past{delivery: e.Delivery, keep: at + pass.MaxWindow.Milliseconds(), lost: true}, at)
		}
	case wire.WindowClosed:
		s.ends(past{delivery: e.Delivery, keep: at + rest}, at)
	case wire.Cancelled, wire.OwnerLocked:
		if p := s.pastOf(e.Delivery); p != nil {
			p.lost = p.lost && e.Kind != wire.Cancelled
		} else {
			s.keepOrder(order{delivery: e.Delivery, lock: e.Kind == wire.OwnerLocked})
		}
	}
}

// ends remembers what is known last of a delivery that is over.
func (s *State) ends(p past, now int64) {
	if p.delivery == "" || !s.addPast(p.delivery, p.keep, now) {
		return
	}
	*s.pastOf(p.delivery) = p
	s.dropOrders(p.delivery)
}

// dropOrders forgets the orders for a delivery that is over.
func (s *State) dropOrders(delivery string) {
	for i := range s.orders {
		if s.orders[i].delivery == delivery {
			s.orders[i] = order{}
		}
	}
}

// Resume goes on after a restart: the pulse, the camera's power and the lamp ended with the
// process, what the journal says goes on. A visit's grace goes on from the journal's time;
// the delay after wrong codes begins anew. Like [Step] it appends to out what has to be done.
func Resume(s *State, now Now, out []Effect) []Effect {
	t := turn{State: s, now: now, effects: out}
	if t.unread {
		t.write(Entry{Kind: wire.JournalBroken, Reason: wire.DiskTrouble})
	} else {
		t.mourn()
	}
	for i := range t.kept() {
		c := &t.slots[i]
		if c.plan.Delivery == "" {
			continue
		}
		if !c.logged {
			// It was kept, and the power went before the journal could say so.
			t.sayAccepted(c)
		}
		if min(c.plan.Revision, math.MaxInt32) > c.said {
			t.sayAmended(c) // the same
		}
		if c.plan.Epoch < t.epoch && !c.cancelled && c.stage != closed {
			c.cancelled, c.why = true, wire.OldEpoch
			t.write(Entry{Kind: wire.Cancelled, Delivery: c.plan.Delivery, Reason: wire.OldEpoch})
		}
		passed := time.Duration(now.Wall-int64(c.quiet)) * time.Millisecond
		c.quiet = now.Mono - min(max(passed, 0), c.plan.Grace)
		for k := range c.tries {
			if n := c.tries[k].wrong; n > 0 {
				c.tries[k].slow = now.Mono + delay(n)
			}
		}
	}
	t.egress = t.left(t.egress, pass.MaxGrace)
	t.panicked = t.left(t.panicked, PanicFor)
	t.wakeDoor()
	t.settle()
	return t.effects
}

// mourn ends what the disk has lost: a delivery without its pass, and one whose latest end is not
// known any more. What is damaged is never as if it had not been.
func (t *turn) mourn() {
	for i := range t.past {
		if p := &t.past[i]; p.lost {
			p.lost = false
			t.write(Entry{Kind: wire.WindowClosed, Delivery: p.delivery, Reason: wire.DiskTrouble, Count: seconds(p.keep - t.now.Wall)})
		}
	}
	for i := range t.kept() {
		c := &t.slots[i]
		if c.plan.Delivery != "" && c.said > min(c.plan.Revision, math.MaxInt32) && !c.cancelled && c.stage != closed {
			c.cancelled, c.why = true, wire.DiskTrouble
			t.write(Entry{Kind: wire.Cancelled, Delivery: c.plan.Delivery, Reason: wire.DiskTrouble})
		}
	}
}

// left makes a monotonic time of a wall time that may still be to come, but no later than
// most from now; 0 when it is past.
func (t *turn) left(wall, most time.Duration) time.Duration {
	if ms := int64(wall) - t.now.Wall; ms > 0 {
		return t.now.Mono + min(time.Duration(min(ms, most.Milliseconds()))*time.Millisecond, most)
	}
	return 0
}

// wakeDoor goes on with a door as it was left, its alarm included.
func (t *turn) wakeDoor() {
	if t.setup.NoContact {
		t.shown, t.held, t.forced = Unknown, false, false // it had a contact once
	}
	if t.setup.Lock == FailSafe {
		t.relock = true // it was free while the power was away
	}
	if t.shown == Open {
		t.opened = t.now.Mono
	}
	switch {
	case t.coverOff || t.panicked != 0:
		t.alarm()
	case t.held || t.forced:
		t.sound()
	}
}
