package rule

import "vestibule/hub/wire"

// release takes the coil's current.
func (t *turn) release() {
	t.released = t.now.Mono
	t.do(Effect{Do: Release})
}

func (t *turn) moveCoil(c Coil) {
	was := t.coil
	t.coil = c
	switch {
	case c == CoilOn && was != CoilOn:
		t.coilOn, t.released = t.now.Mono, 0
	case c != CoilOn && was == CoilOn:
		t.coilOff = t.now.Mono
		if v := t.visited(); v != nil && t.door == Closed {
			v.quiet = t.now.Mono
		}
	}
	if t.pending.phase != energising {
		return
	}
	if c == CoilOn {
		t.energised()
		return
	}
	t.abandon(wire.DoorUnsure)
}

func (t *turn) moveDoor(c Contact) {
	was := t.door
	t.door = c
	if c == Closed && was != Closed && t.coil == CoilOn {
		t.release() // also out of unknown: it may have been open meanwhile
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
	if v := t.visited(); v != nil {
		v.entered = true
	}
}

// mayOpen reports whether a door that opens now was let open, or may be somebody leaving.
func (t *turn) mayOpen() bool {
	if t.coil == CoilOn || t.coilOff > 0 && t.now.Mono-t.coilOff < openAfter {
		return true
	}
	if v := t.visited(); v != nil && v.entered {
		return true
	}
	return t.now.Mono < t.egress
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

// sound is the local alarm. It sounds only during a window or a visit: a household that
// comes and goes at other times is told by its phones.
func (t *turn) sound() {
	if t.current() != nil || t.visited() != nil {
		t.alarm()
	}
}

// settleDoor watches over what must not go on: current, an open door, sensors that disagree.
func (t *turn) settleDoor() {
	mono := t.now.Mono
	if t.coil == CoilOn && mono-t.coilOn >= Pulse && (t.released == 0 || mono-t.released >= coilWithin) {
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
	case !t.unsure && mono-t.odd >= oddFor:
		t.unsure = true
		t.note(wire.SensorUnsure, wire.DoorUnsure)
	}
	if t.relock && t.Locked() {
		t.relock = false
		t.note(wire.Relocked, "")
	}
}

// disagree reports whether contact, bolt and coil contradict one another, or one of them
// says nothing.
func (s *State) disagree() bool {
	switch {
	case s.door == Unknown || s.bolt == Unknown || s.coil == CoilUnknown:
		return true
	case s.door == Open:
		return s.bolt == Closed // held by the strike of an open door
	case s.coil == CoilOff:
		return s.bolt == Open // shut, but nothing holds it
	default:
		return s.bolt == Closed // current, but the strike is not free
	}
}

// settleVisits ends a visit that is over. There may be two: one whose window is over and
// whose latch is still falling, and the next one's.
func (t *turn) settleVisits() {
	if t.door != Closed || t.coil != CoilOff || t.pending.phase != none {
		return
	}
	if t.relock && !t.unsure {
		return // the latch is still falling into the strike
	}
	for i := range t.kept() {
		if v := &t.slots[i]; v.plan.Delivery != "" && v.visit == underWay {
			t.settleVisit(v)
		}
	}
}

func (t *turn) settleVisit(v *slot) {
	why := wire.Reason("")
	switch {
	case v.locked || v.cancelled && v.why == wire.ByOwner:
		why = wire.ByOwner
	case v.cancelled:
		why = v.why
	case v.stage == closed:
		why = wire.TimeUp
	case v.used >= v.plan.Entries && (v.entered || t.now.Mono-v.quiet >= openAfter):
		why = wire.EntriesUsed
	case t.now.Mono-v.quiet >= v.plan.Grace:
	default:
		return
	}
	v.visit = over
	if v.entered {
		t.egress = t.now.Mono + v.plan.Grace
	}
	t.write(Entry{Kind: wire.VisitEnded, Delivery: v.plan.Delivery, Reason: why, Count: int(v.used)})
}
