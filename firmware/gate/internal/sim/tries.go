package sim

import (
	"time"

	"vestibule/firmware/gate/internal/rule"
	"vestibule/hub/wire"
)

// tried says which answer a try has to have, unless it has to wait for one.
func (a *account) tried(e *event) {
	if e.d >= 0 && e.d != a.open {
		x := answer{ref: e.number, reason: wire.NoDelivery}
		switch l := &a.led[e.d]; {
		case l.known && l.window == before && !l.cancelled && !a.now.Sure:
			x.reason = wire.ClockUnsure
		case l.known && l.window == before && !l.cancelled:
			x.reason, x.from = wire.TooEarly, l.plan.From
		case l.known || l.gone:
			x.reason = wire.TooLate
		}
		a.answers.add(x)
		d := nobody
		if a.led[e.d].known {
			d = e.d
		}
		a.must(kCodeRefused, d)
		return
	}
	l := a.current()
	if l == nil {
		return // at the keypad, outside a window
	}
	if e.via == rule.Keypad {
		a.call()
	}
	if e.via == rule.QR && a.waits.is {
		a.notNow(&answer{ref: e.number})
		return
	}
	if !a.mayLook(e, l) {
		return
	}
	a.call() // what is not looked at costs nothing, and on a page wakes nobody
	switch {
	case l.plan.Camera && (!a.cam.power && a.now.Sure || a.rising()):
		a.waits = heldCode{true, e.verdict, e.via, e.whose, e.number}
		a.must(xHold, nobody)
	default:
		a.look(e, l)
	}
}

// rising: the camera has power, and may still prove itself.
func (a *account) rising() bool {
	return a.cam.power && !a.cam.live && a.now.Mono-a.cam.since < risesIn
}

// mayLook says whether a code is looked at, or else what is answered without a look: the same whatever it is.
func (a *account) mayLook(e *event, l *ledger) bool {
	x := answer{ref: e.number}
	digits, way := e.via != rule.QR, digitWay(e.via)
	switch {
	case digits && (!a.disk || a.no.phase == givenUp || a.flight.phase == givenUp):
		x.reason = wire.DiskTrouble // whatever they are: they could not be counted
	case digits && (a.no.phase == burning || a.flight.phase != grounded || a.waits.is):
		a.notNow(&x) // whatever they are: what is on its way must not be told before the disk has it
		return false
	case digits && l.left(way) <= 0:
		x.reason = wire.CodeSpent
	case digits && a.now.Mono < l.slow[way]:
		x.reason, x.wait = wire.CodeSlowed, l.slow[way]-a.now.Mono
	case digits && e.verdict == rule.Typo:
		x.reason = wire.CodeTypo
	default:
		return true
	}
	a.answers.add(x)
	a.must(kCodeRefused, a.open)
	return false
}

// look says which answer a code has to have that is looked at.
func (a *account) look(e *event, l *ledger) {
	x := answer{ref: e.number}
	switch {
	case e.whose != a.open:
		x.reason, x.wrongs = wire.CodeWrong, l.wrongs()
		a.refuse(e, &x)
	case a.flight.phase == burning || a.flight.phase == energising:
		a.notNow(&x)
	default:
		a.triedRight(e, l, &x)
	}
	if e.verdict == rule.Forced && !l.duress {
		l.duress = true
		a.must(kDuress, a.open)
	}
}

// notNow is an answer at once, which says nothing new: not an entry.
func (a *account) notNow(x *answer) {
	x.reason, x.wait = wire.CodeSlowed, time.Second
	a.answers.add(*x)
}

// refuse says no to a code that was looked at: to digits when the disk has it.
func (a *account) refuse(e *event, x *answer) {
	a.must(kCodeRefused, a.open)
	if e.via == rule.QR {
		a.answers.add(*x)
		return
	}
	l := a.current()
	a.no = flight{phase: burning, d: a.open, way: int8(digitWay(e.via)), why: x.reason, ticket: a.burn.ticket, ref: e.number, since: a.now.Mono}
	a.wantBurn = ticketed{kind: kCodeRefused, why: x.reason, d: a.open, count: l.wrongs()}
	if x.reason == wire.CodeWrong {
		a.wantBurn.count++
	}
}

// refused is the disk's word on that.
func (a *account) refused(ok bool) {
	f := a.no
	a.no = flight{}
	if !ok {
		a.disk = false
		if f.phase == burning {
			a.giveUp(&f, wire.DiskTrouble)
		}
		return
	}
	x := answer{ref: f.ref, reason: f.why}
	if l := &a.led[f.d]; f.why == wire.CodeWrong && l.known {
		l.wrong[f.way]++
		l.slow[f.way] = a.now.Mono + waitAfter(l.wrong[f.way])
		x.left = l.left(int(f.way))
	}
	if f.phase == burning {
		a.answers.add(x)
	}
}

func (a *account) triedRight(e *event, l *ledger, x *answer) {
	if a.coil == rule.CoilOn && l.visit == underWay && a.amiss(l) == "" && !l.locked && !l.cancelled && l.window == opened && a.now.Wall < l.plan.Until && a.now.Wall >= l.plan.From {
		x.grant, x.number, x.d = true, int(l.used), a.open // the strike is free already
		a.answers.add(*x)
		return
	}
	x.reason = a.missing(a.open)
	if x.reason == "" && a.coil != rule.CoilOff {
		x.reason = wire.DoorUnsure
	}
	if x.reason == "" && a.flight.phase == givenUp {
		x.reason = wire.DiskTrouble // the disk still owes an answer
	}
	if x.reason != "" {
		a.refuse(e, x)
		return
	}
	a.flight = flight{phase: burning, first: l.visit == awaited, d: a.open, entry: l.used + 1, ticket: a.burn.ticket, ref: e.number, since: a.now.Mono}
	a.wantBurn = ticketed{kind: kUnlocked, d: a.open, count: int(a.flight.entry)}
	if a.flight.first {
		a.wantBurn.kind = kVisitStarted
	}
	a.must(a.wantBurn.kind, a.open)
}

// written is the disk's word on a burning, or on digits that were refused. Only after it may the coil
// have current, and only after it is anybody told that a code was wrong.
func (a *account) written(e *event) {
	if a.no.phase != grounded && a.no.ticket == e.number {
		a.refused(e.on)
		return
	}
	f := &a.flight
	if f.phase == grounded || f.phase == energising || f.ticket != e.number {
		return
	}
	if !e.on {
		a.disk = false
		if f.phase == burning {
			a.giveUp(f, wire.DiskTrouble)
		}
		*f = flight{}
		return
	}
	l := &a.led[f.d]
	l.used, l.quiet = f.entry, a.now.Mono
	if l.visit == awaited {
		l.visit = underWay
	}
	l.started = true
	if f.phase == givenUp {
		*f = flight{}
		return
	}
	why := a.missingAfterBurning(f.d)
	if why != "" {
		a.giveUp(f, why)
		*f = flight{}
		return
	}
	f.phase, f.since = energising, a.now.Mono
	a.must(xEnergise, nobody)
}

// missingAfterBurning asks again for all but the entry, which has just been counted.
func (a *account) missingAfterBurning(d int8) wire.Reason {
	a.led[d].used--
	why := a.missing(d)
	a.led[d].used++
	if why == "" && a.coil != rule.CoilOff {
		why = wire.DoorUnsure
	}
	return why
}
