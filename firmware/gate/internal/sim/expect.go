package sim

import (
	"time"

	"vestibule/firmware/gate/internal/rule"
	"vestibule/hub/wire"
)

// take says what has to come of an event at once.
func (a *account) take(e *event) {
	if a.net && a.silent() {
		a.net, a.netOff = false, a.heard+wordFor
	}
	switch e.kind {
	case evTick:
	case evResume:
		a.recallResumed()
	case evPass:
		a.passCame(e.plan)
	case evCancel:
		a.cancel(e.d)
	case evLock:
		a.lock(e.d)
	case evAmend:
		a.amendCame(e.plan)
	case evRevert:
		if l := &a.led[e.d]; l.known && l.window != shut && l.plan.Until > e.plan.Until {
			a.moveEnd(e.d, e.plan.Until)
		}
	case evDisown:
		if l := &a.led[e.d]; l.known && !l.cancelled && l.window != shut {
			l.cancelled, l.byOwner = true, false
			a.must(kCancelled, e.d)
		}
	case evLetGo:
		if a.flight.phase == energising {
			a.release()
		} else {
			a.drop()
		}
	case evCalled:
		a.call()
	case evPanic:
		a.panicCame()
	case evExit:
		if a.setup.Exit && !a.setup.NoContact {
			if a.now.Mono >= a.exit {
				a.note(kExit)
			}
			a.exit = a.now.Mono + exitFor
		}
	case evTried:
		a.tried(e)
	case evWritten:
		a.written(e)
	case evDoor:
		a.doorIs(e.contact)
	case evBolt:
		if !a.setup.NoBolt {
			a.moved(a.bolt, e.contact)
			a.bolt = e.contact
		}
	case evCoil:
		a.coilIs(e.coil)
	case evCover:
		a.cover(e.on)
	case evEye:
		a.eyeIs(e.on)
	case evLook:
		a.frame(e)
	case evTrouble:
		a.cam.trouble = e.reason
	case evNet:
		a.netIs(e.on)
	case evViewers:
		a.attended(max(a.viewers, e.count))
		a.viewers = e.count
	case evDisk:
		if e.on && !a.disk {
			a.note(kJournalBroken)
		}
		a.disk = e.on
	case evJumped:
		a.note(kClockJumped)
	}
}

// refusal of a pass; the zero one if it has to be taken. Of several reasons any will do.
func (a *account) refuses(p *rule.Plan) (why [3]wire.Reason, n int) {
	d := index(p.Delivery)
	add := func(r wire.Reason) {
		why[n] = r
		n++
	}
	if p.Epoch < a.epoch {
		add(wire.OldEpoch)
	}
	if p.Until <= a.now.Wall || a.led[d].gone {
		add(wire.WindowOver)
	}
	collides := a.led[d].known
	for i := range a.led {
		l := &a.led[i]
		if int8(i) != d && l.known && !l.cancelled && l.window != shut && l.plan.Epoch >= p.Epoch && p.From < l.plan.Until && l.plan.From < p.Until {
			collides = true
		}
	}
	if collides {
		add(wire.Overlaps)
	}
	return why, n
}

func (a *account) passCame(p *rule.Plan) {
	d := index(p.Delivery)
	if _, n := a.refuses(p); n > 0 {
		a.must(kPassRefused, d)
		a.must(xForget, d)
		return
	}
	l := &a.led[d]
	ordered := l.ordered
	*l = ledger{plan: *p, place: a.place(), known: true, logged: true, keep: p.Until}
	a.must(kPassAccepted, d)
	a.raise(p.Epoch)
	if ordered.cancel {
		l.cancelled, l.byOwner = true, true
	}
	if ordered.lock {
		l.locked, l.visit = true, over
	}
}

// refusesAmended is refuses for another end of a window.
func (a *account) refusesAmended(p *rule.Plan) (why [8]wire.Reason, n int) {
	d := index(p.Delivery)
	l := &a.led[d]
	add := func(is bool, r wire.Reason) {
		if is {
			why[n] = r
			n++
		}
	}
	if !l.known {
		add(l.gone, wire.WindowOver)
		add(!l.gone, wire.NoDelivery)
		return why, n
	}
	longer := p.Until > l.plan.Until
	add(p.Revision <= max(l.plan.Revision, l.said), wire.OldRevision)
	add(p.Until <= l.plan.From, wire.Unreadable)
	add(l.cancelled || l.window == shut || a.now.Wall >= l.plan.Until, wire.WindowOver)
	add(longer && (l.visit == over || l.locked), wire.CodeUsed)
	collides := false
	for i := range a.led {
		o := &a.led[i]
		if int8(i) != d && o.known && !o.cancelled && o.window != shut && l.plan.From < o.plan.Until && o.plan.From < p.Until {
			collides = true
		}
	}
	add(longer && collides, wire.Overlaps)
	return why, n
}

func (a *account) amendCame(p *rule.Plan) {
	d := index(p.Delivery)
	if _, n := a.refusesAmended(p); n > 0 {
		a.must(kPassRefused, d)
		a.must(xRevert, d)
		return
	}
	a.led[d].plan.Revision = p.Revision
	a.moveEnd(d, p.Until)
}

func (a *account) moveEnd(d int8, until int64) {
	l := &a.led[d]
	l.plan.Until = until
	l.keep = max(l.keep, until)
	l.said = l.plan.Revision
	a.must(kAmended, d)
	if l.window == opened && until > a.now.Wall && a.cam.eye && a.cam.power {
		a.must(xAmend, d)
	}
}

// panicCame is heard during a window, a visit and its grace.
func (a *account) panicCame() {
	if a.about() < 0 && a.now.Mono >= a.egress {
		return
	}
	a.call()
	if !a.panicking {
		a.note(kPanic)
		a.alarm()
	}
	a.panicking, a.panicEnds = true, a.now.Mono+panicFor
}

// raise ends what an older epoch permitted.
func (a *account) raise(epoch uint64) {
	if epoch <= a.epoch {
		return
	}
	a.epoch = epoch
	for i := range a.led {
		if l := &a.led[i]; l.known && l.plan.Epoch < epoch && !l.cancelled && l.window != shut {
			l.cancelled, l.byOwner = true, false
			a.must(kCancelled, int8(i))
		}
	}
}

func (a *account) cancel(d int8) {
	l := &a.led[d]
	switch {
	case !l.known && (l.gone || l.ordered.cancel):
	case !l.known:
		l.ordered.cancel = true
		a.must(kCancelled, d)
	case !l.cancelled && l.window != shut:
		l.cancelled, l.byOwner = true, true
		a.must(kCancelled, d)
	}
}

func (a *account) lock(d int8) {
	l := &a.led[d]
	switch {
	case !l.known && (l.gone || l.ordered.lock):
	case !l.known:
		l.ordered.lock = true
		a.must(kOwnerLocked, d)
	case l.locked || l.visit == over || l.cancelled && l.visit != underWay:
	default:
		l.locked = true
		if l.visit == awaited {
			l.visit = over
		}
		a.must(kOwnerLocked, d)
		a.drop()
	}
}

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
