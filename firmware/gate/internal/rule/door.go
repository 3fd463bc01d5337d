package rule

import (
	"time"

	"vestibule/hub/wire"
)

// release takes the coil's current. A motor's bolt is thrown then, if the door is open, as
// soon as it is shut: the lock sees to that.
func (t *turn) release() {
	t.released = t.now.Mono
	t.do(Effect{Do: Release})
}

// letGo is release unless it is known that there is no current: a feedback that contradicts the
// coil does not say that there is none, and to let go of a coil without current does nothing.
func (t *turn) letGo() {
	if t.coil != CoilOff {
		t.release()
	}
}

// letGoNow is letGo for whoever asks, also of current that is on its way.
func (t *turn) letGoNow() {
	if t.coil != CoilOff || t.pending.phase == energising {
		t.release()
	}
}

// leave takes the request-to-exit button: whoever opens next comes from within. Somebody who
// leans on it fills no journal.
func (t *turn) leave() {
	if !t.setup.Exit || t.setup.NoContact {
		return
	}
	if t.now.Mono >= t.exit {
		t.note(wire.ExitPressed, "")
	}
	t.exit = t.now.Mono + ExitFor
}

func (t *turn) moveCoil(c Coil) {
	was := t.coil
	t.coil = c
	switch {
	case c == CoilOn && was != CoilOn:
		t.coilOn, t.released = t.now.Mono, 0
	case c != CoilOn && was == CoilOn:
		t.coilOff = t.now.Mono
		if v := t.visited(); v != nil && (t.door == Closed || t.setup.NoContact) {
			v.quiet = t.now.Mono
		}
	}
	if t.pending.phase != energising || t.moving() {
		return // a motor has not answered yet
	}
	if c == CoilOn {
		t.energised()
		return
	}
	t.abandon(&t.pending, wire.DoorUnsure)
	t.letGo() // it may have current all the same
}

func (t *turn) moveDoor(c Contact) {
	if t.setup.NoContact {
		return
	}
	was := t.door
	t.door = c
	t.moved(was, c)
	if c == Closed && was != Closed {
		t.letGo() // also out of unknown: it may have been open meanwhile
	}
	if c == Unknown || c == t.shown {
		return
	}
	first := t.shown == Unknown
	t.shown = c
	if c == Closed {
		t.shutDoor(first)
		return
	}
	t.opened = t.now.Mono
	t.note(wire.DoorOpened, "")
	if !first && !t.mayOpen() {
		t.forced, t.relock = true, true
		t.note(wire.ForcedOpen, "")
		t.sound()
	}
	t.exit = 0
	if v := t.visited(); v != nil {
		v.entered = true
	}
}

// mayOpen reports whether a door that opens now was let open, or may be somebody leaving.
func (t *turn) mayOpen() bool {
	after := openAfter
	if t.setup.Lock == Motor {
		after = travel // the bolt is on its way out
	}
	if t.coil == CoilOn || t.coilOff > 0 && t.now.Mono-t.coilOff < after {
		return true
	}
	if v := t.visited(); v != nil && v.entered {
		return true
	}
	return t.now.Mono < t.egress || t.now.Mono < t.exit
}

func (t *turn) shutDoor(first bool) {
	if !first {
		t.note(wire.DoorShut, "")
	}
	t.held, t.forced = false, false
	t.hush()
	if v := t.visited(); v != nil {
		v.quiet = t.now.Mono
	}
}

// settleDoor watches over what must not go on: current, an open door, sensors that disagree.
func (t *turn) settleDoor() {
	mono := t.now.Mono
	if at, ok := t.pulseEnds(); ok && mono >= at {
		t.release()
	}
	if t.door == Open && !t.held && mono-t.opened >= HeldAfter {
		t.held = true
		t.note(wire.HeldOpen, "")
		t.sound()
	}
	switch {
	case !t.disagree():
		t.odd, t.unsure = 0, false
	case t.odd == 0:
		t.odd = max(mono, 1)
	case !t.unsure && mono-t.odd >= t.oddFor():
		t.unsure = true
		t.note(wire.SensorUnsure, wire.DoorUnsure)
	}
	if t.relock && t.Locked() {
		t.relock = false
		t.note(wire.Relocked, "")
	}
}

// pulseEnds is when Release is wanted because current has had its time: again and again while
// there is some, once if nobody knows.
func (s *State) pulseEnds() (at time.Duration, ok bool) {
	switch {
	case s.coil == CoilOn && s.released != 0:
		return max(s.coilOn+Pulse, s.released+coilWithin), true
	case s.coil == CoilOn, s.coil == CoilUnknown && s.coilOn != 0 && s.released == 0:
		return s.coilOn + Pulse, true
	}
	return 0, false
}

// oddFor is how long the sensors may disagree while things move.
func (s *State) oddFor() time.Duration {
	if s.setup.Lock == Motor {
		return travel
	}
	return oddFor
}

// coilWithin is how long the coil may take to have current.
func (s *State) coilWithin() time.Duration {
	if s.setup.Lock == Motor {
		return travel
	}
	return coilWithin
}

// disagree reports whether contact, bolt and coil contradict one another, or one of them
// says nothing.
func (s *State) disagree() bool {
	switch {
	case s.dumb():
		return true
	case s.coil == CoilUnknown:
		return !s.moving() || s.door != Open // a motor waits for an open door
	case s.setup.NoBolt:
		return false
	case s.door == Open:
		return s.bolt == Closed // held by the strike of an open door
	case s.coil == CoilOff:
		return s.bolt == Open && !s.setup.NoContact // shut, but nothing holds it
	default:
		return s.bolt == Closed // current, but the strike is not free
	}
}

// settleVisits ends a visit that is over. There may be two: one whose window is over and
// whose latch is still falling, and the next one's.
func (t *turn) settleVisits() {
	if !t.still() || t.pending.phase != none {
		return
	}
	if t.relock && !t.unsure && !t.setup.NoContact && !t.setup.NoBolt {
		return // the latch is still falling into the strike
	}
	for i := range t.kept() {
		if v := &t.slots[i]; v.plan.Delivery != "" && v.visit == underWay {
			t.settleVisit(v)
		}
	}
}

// mayBeWithin reports whether somebody may have come in by a visit. Without a contact nobody knows.
func (s *State) mayBeWithin(v *slot) bool { return v.entered || s.setup.NoContact && v.used > 0 }

func (t *turn) settleVisit(v *slot) {
	why := wire.Reason("")
	switch {
	case v.locked || v.cancelled && v.why == wire.ByOwner:
		why = wire.ByOwner
	case v.cancelled:
		why = v.why
	case v.stage == closed:
		why = wire.TimeUp
	case v.used >= v.plan.Entries && !t.setup.NoContact && (v.entered || t.now.Mono-v.quiet >= openAfter):
		why = wire.EntriesUsed
	case t.now.Mono-v.quiet >= v.plan.Grace:
	default:
		return
	}
	v.visit = over
	if t.mayBeWithin(v) {
		t.egress = max(t.egress, t.now.Mono+v.plan.Grace)
	}
	t.write(Entry{Kind: wire.VisitEnded, Delivery: v.plan.Delivery, Reason: why, Count: int(v.used)})
}
