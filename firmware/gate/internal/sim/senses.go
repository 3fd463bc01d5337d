package sim

import (
	"vestibule/firmware/gate/internal/rule"
	"vestibule/hub/wire"
)

func (a *account) coilIs(c rule.Coil) {
	was := a.coil
	a.coil = c
	if c == rule.CoilOn && was != rule.CoilOn {
		a.coilAt, a.letGo, a.pulsed = a.now.Mono, false, true
	}
	if c != rule.CoilOn && was == rule.CoilOn {
		a.coilOff, a.hadCoil = a.now.Mono, true
		if v := a.visited(); v >= 0 && (a.door == rule.Closed || a.setup.NoContact) {
			a.led[v].quiet = a.now.Mono
		}
	}
	if a.flight.phase != energising || a.onItsWay() {
		return
	}
	if c != rule.CoilOn {
		a.abandon(&a.flight, wire.DoorUnsure)
		a.drop() // nobody knows whether it has current
		return
	}
	f := a.flight
	a.flight = flight{}
	l := &a.led[f.d]
	if f.first {
		a.must(kUnlocked, f.d)
	}
	a.relock = true
	l.sure = max(l.sure, f.entry)
	a.answers.add(answer{ref: f.ref, grant: true, number: int(f.entry), d: f.d})
}

func (a *account) doorIs(c rule.Contact) {
	if a.setup.NoContact {
		return
	}
	was := a.door
	a.door = c
	a.moved(was, c)
	if c == rule.Closed && was != rule.Closed {
		a.drop()
	}
	if c == rule.Unknown || c == a.shown {
		return
	}
	first := a.shown == rule.Unknown
	a.shown = c
	v := a.visited()
	if c == rule.Closed {
		if !first {
			a.note(kDoorShut)
		}
		a.held, a.forced = false, false
		a.hush()
		if v >= 0 {
			a.led[v].quiet = a.now.Mono
		}
		return
	}
	a.openedAt = a.now.Mono
	a.note(kDoorOpened)
	if !first && !a.opensRightly() {
		a.forced, a.relock = true, true
		a.note(kForcedOpen)
		a.alarmHere()
	}
	a.exit = 0 // that was the one
	if v >= 0 {
		a.led[v].entered = true
	}
}

// opensRightly: it was let open, or somebody may be leaving: in a visit in which the door has
// been open, and for a grace after it.
func (a *account) opensRightly() bool {
	if a.coil == rule.CoilOn || a.hadCoil && a.now.Mono-a.coilOff < a.atOnce(movesFor) {
		return true
	}
	if v := a.visited(); v >= 0 && a.led[v].entered {
		return true
	}
	return a.now.Mono < a.egress || a.now.Mono < a.exit
}

func (a *account) cover(off bool) {
	a.coverKnown = true
	if off == a.coverOff {
		return
	}
	a.coverOff = off
	a.call()
	if !off {
		a.note(kTamperOver)
		a.hush()
		return
	}
	a.latch = true
	a.note(kTamper)
	a.alarm()
	a.drop()
}

func (a *account) eyeIs(on bool) {
	c := &a.cam
	c.eye, c.looked, c.lamp, c.glass, c.trouble, c.beyond = on, false, 0, "", "", 0
	if on && c.power && a.open >= 0 {
		a.wake()
	}
}

func (a *account) wake() {
	a.cam.visit = a.led[a.open].visit == underWay
	if a.cam.visit {
		a.must(xWakeVisit, a.open)
	} else {
		a.must(xWakeQuiet, a.open)
	}
}

func (a *account) frame(e *event) {
	c := &a.cam
	if !c.power || !c.eye || e.at > a.now.Mono+readAhead || e.at < c.since || c.looked && (e.at <= c.at || e.number <= c.frame) {
		return
	}
	seen := c.beyond
	c.beyond = max(c.beyond, e.count)
	if l := a.current(); l != nil && l.visit == underWay {
		if !c.looked {
			seen = int(l.beyond)
		}
		if e.count > seen && l.beyond < mostBeyond {
			l.beyond = uint8(min(int(l.beyond)+e.count-seen, mostBeyond))
			a.must(kBeyond, a.open)
		}
	}
	c.looked, c.frame, c.at, c.glass, c.lamp = true, e.number, e.at, e.reason, e.lamp
	if e.reason == "" {
		c.trouble = ""
	}
}

func (a *account) netIs(on bool) {
	if a.net && !on {
		a.netOff = a.now.Mono
	}
	a.net, a.heard = on, a.now.Mono
	a.attended(a.viewers)
	if on {
		a.online = true
		if a.lost {
			a.lost = false
			a.note(kLinkBack)
		}
	}
}
