package rule

import (
	"vestibule/hub/wire"
)

// Step takes one event at one time: it changes s and appends to out what has to be done, in
// this order. What it does depends on nothing but *s, e and now, and it keeps nothing of
// out. It allocates only when out has no room. A copy of *s is a State of its own; Go keeps a
// State that Step is given on the heap, so whoever tries many copies assigns them to one.
//
// Doing an effect may lead to the next event at once ([Written], [CoilIs]). The effects of that
// one's Step are done after all of this one's.
func Step(s *State, e Event, now Now, out []Effect) []Effect {
	t := turn{State: s, now: now, effects: out}
	t.lapse()
	t.take(&e)
	t.settle()
	return t.effects
}

// turn is one Step under way.
type turn struct {
	*State
	now     Now
	effects []Effect
}

func (t *turn) do(e Effect) { t.effects = append(t.effects, e) }

func (t *turn) write(e Entry) { t.do(Effect{Do: Write, Entry: e}) }

// note writes an entry about whatever delivery is under way.
func (t *turn) note(kind wire.Kind, why wire.Reason) {
	e := Entry{Kind: kind, Reason: why}
	if c := t.visited(); c != nil {
		e.Delivery = c.plan.Delivery
	} else if c := t.current(); c != nil {
		e.Delivery = c.plan.Delivery
	}
	t.write(e)
}

func (t *turn) take(e *Event) {
	switch e.kind {
	case tick:
	case passCame:
		t.accept(&e.plan)
	case epochCame:
		t.raise(e.number)
	case amendCame:
		t.amend(&e.plan)
	case revertCame:
		t.revert(&e.plan)
	case cancelCame:
		t.cancel(e.delivery, e.reason)
	case lockCame:
		t.lock(e.delivery)
	case letGoCame:
		t.letGoNow()
	case tried:
		t.try(e)
	case calledBy:
		t.call(e.reason)
	case panicCame:
		t.help()
	case exitCame:
		t.leave()
	case written:
		t.wrote(e.number, e.on)
	case doorIs:
		t.moveDoor(e.contact)
	case boltIs:
		if !t.setup.NoBolt {
			t.moved(t.bolt, e.contact)
			t.bolt = e.contact
		}
	case coilIs:
		t.moveCoil(e.coil)
	case tamperIs:
		t.cover(e.on)
	case eyeIs:
		t.connectEye(e.on)
	case lookCame:
		t.look(e)
	case troubleCame:
		t.camera.trouble = e.reason
	case netIs:
		t.connectNet(e.on)
	case viewersAre:
		t.attend(max(t.viewers, e.count))
		t.viewers = e.count
	case diskIs:
		t.diskIs(e.on)
	case clockJumped:
		t.note(wire.ClockJumped, "")
	}
}

// settle draws what follows from the state and the time, whatever the event was.
func (t *turn) settle() {
	t.settleEntry()
	t.settleWindows()
	t.settleDoor()
	t.settleVisits()
	t.settlePanic()
	t.settlePower()
	t.settlePicture()
	t.settleHeld()
	t.settleTold()
	t.settleUnseen()
	t.settleNet()
	t.settleSlots()
}

func (t *turn) diskIs(ok bool) {
	ok = ok && !t.unread
	if ok && !t.disk {
		t.disk = true
		t.note(wire.JournalBroken, wire.DiskTrouble)
	}
	t.disk = ok
}

// lapse takes a word of link's for what it is once it is old: nothing.
func (t *turn) lapse() {
	if t.net && t.silent(t.now) {
		t.net, t.netOff = false, t.heard+NetFor
	}
}

func (t *turn) connectNet(on bool) {
	t.heard = t.now.Mono
	t.attend(t.viewers)
	if t.net && !on {
		t.netOff = t.now.Mono
	}
	t.net = on
	if !on {
		return
	}
	t.online = true
	if t.lost {
		t.lost = false
		t.note(wire.LinkBack, "")
	}
}

func (t *turn) settleNet() {
	if !t.net && t.online && t.now.Mono-t.netOff >= netLostFor {
		t.online, t.lost = false, true
		t.note(wire.LinkLost, "")
	}
}

func (t *turn) cover(off bool) {
	t.coverKnown = true
	if off == t.coverOff {
		return
	}
	t.coverOff = off
	t.call(wire.ByDoor)
	if !off {
		t.note(wire.TamperOver, "")
		t.hush()
		return
	}
	t.latch = true
	t.note(wire.Tamper, wire.Tampered)
	t.alarm()
	t.letGo()
}
