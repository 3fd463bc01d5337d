package sim

import (
	"time"

	"vestibule/firmware/gate/internal/rule"
	"vestibule/hub/wire"
)

// follow says what has to follow from the state of things and the time, whatever the event was.
func (a *account) follow() {
	a.followEntry()
	a.followWindows()
	a.followDoor()
	a.followVisits()
	if a.panicking && a.now.Mono >= a.panicEnds {
		a.panicking = false
		a.hush()
	}
	a.followPower()
	a.followPicture()
	a.followWaiting()
	a.followTold()
	a.followAlarms()
	if !a.net && a.online && a.now.Mono-a.netOff >= lostFor {
		a.online, a.lost = false, true
		a.note(kLinkLost)
	}
	a.followForgetting()
}

func (a *account) followEntry() {
	for _, f := range [...]*flight{&a.flight, &a.no} {
		if f.phase == burning && a.now.Mono-f.since >= diskWithin {
			a.disk = false
			a.abandon(f, wire.DiskTrouble)
		}
	}
	if a.flight.phase == energising && a.now.Mono-a.flight.since >= a.atOnce(coilWithin) {
		a.abandon(&a.flight, wire.DoorUnsure)
		a.release()
	}
}

func (a *account) followWindows() {
	for i := range a.led {
		l := &a.led[i]
		if !l.known || l.window == shut {
			continue
		}
		late := a.now.Wall >= l.plan.Until
		if l.window == before && (!late || l.cancelled) || l.window == opened && !late && !l.cancelled {
			continue
		}
		was := l.window
		l.window = shut
		a.must(kWindowClosed, int8(i))
		if was != opened {
			continue
		}
		a.open = nobody
		a.must(xCut, nobody)
		a.viewers = 0
		a.drop()
		for _, f := range [...]*flight{&a.flight, &a.no} {
			if f.d == int8(i) {
				a.abandon(f, wire.TooLate)
			}
		}
		if a.waits.is {
			a.must(kCodeRefused, int8(i))
			a.deny(a.waits.ref, wire.TooLate)
			a.waits = heldCode{}
		}
	}
	if a.open >= 0 {
		return
	}
	// Of several that could open now, one does; which one is the rule's to say.
	ready := uint8(0)
	for i := range a.led {
		l := &a.led[i]
		if l.known && l.window == before && !l.cancelled && a.now.Sure && a.now.Wall >= l.plan.From && a.now.Wall < l.plan.Until {
			ready |= bit(int8(i))
		}
	}
	if ready == 0 {
		return
	}
	for i := range a.led {
		if b := bit(int8(i)); ready&b != 0 && (a.did[kWindowOpened]&b != 0 || ready&^b == 0) {
			a.led[i].window, a.open = opened, int8(i)
			a.must(kWindowOpened, int8(i))
			if !a.coverOff && a.coverKnown {
				a.latch = false
			}
			return
		}
	}
	a.must(kWindowOpened, nobody) // none of them did
}

// wanted says whether there is a reason for the camera to see, and when that ends by itself, if it does.
func (a *account) wanted() (is bool, until time.Duration, ends bool) {
	l := a.current()
	switch {
	case l == nil:
		return false, 0, false
	case l.visit == underWay, a.door == rule.Open, a.unsure, a.loud && a.troubled():
		return true, 0, false
	}
	if l.isCalled {
		until, ends = l.called, true
	}
	if l.visit == over && a.cameIn(l) {
		until, ends = max(until, a.egress), true
	}
	return ends && a.now.Mono < until, until, ends
}

// cameIn: by a visit, somebody may have. Without a contact nobody knows.
func (a *account) cameIn(l *ledger) bool { return l.entered || a.setup.NoContact && l.used > 0 }

// followWaiting looks at the code that waits for the camera, when that has risen or has had its time.
func (a *account) followWaiting() {
	if !a.waits.is || a.rising() {
		return
	}
	x := a.waits
	a.waits = heldCode{}
	e := &event{kind: evTried, d: a.open, whose: x.whose, verdict: x.verdict, via: x.via, number: x.ref}
	if l := a.current(); a.mayLook(e, l) {
		a.look(e, l)
	}
}

func (a *account) followPower() {
	c := &a.cam
	wanted, _, _ := a.wanted()
	if c.power && (c.d != a.open || !wanted) {
		a.must(xSleep, nobody)
		a.must(xPowerOff, nobody)
		if c.live || c.fault {
			a.must(kCameraOff, c.d)
		}
		*c = picture{eye: c.eye, d: nobody}
	}
	if !c.power && wanted && a.now.Sure {
		*c = picture{power: true, eye: c.eye, since: a.now.Mono, d: a.open}
		a.must(xPowerOn, nobody)
		if c.eye {
			a.wake()
		}
	}
}

func (a *account) followPicture() {
	c := &a.cam
	if !c.power {
		return
	}
	blind := a.blind() != ""
	if blind {
		c.steady = false
		if !c.fault && (c.live || a.now.Mono-c.since >= startsIn) {
			c.fault = true
			a.must(kCameraFault, c.d)
		}
		return
	}
	switch {
	case !c.live:
		c.live, c.fault = true, false
		a.must(kCameraOn, c.d)
	case c.fault && !c.steady:
		c.steady, c.good = true, a.now.Mono
	case c.fault && a.now.Mono-c.good >= steadyFor:
		c.fault = false
		a.must(kCameraBack, c.d)
	}
}

func (a *account) followDoor() {
	mono := a.now.Mono
	switch over := a.pulsed && mono-a.coilAt >= pulse; {
	case !over || a.coil == rule.CoilOff:
	case !a.letGo:
		a.release() // also where nobody knows whether there is current
	case a.coil == rule.CoilOn:
		a.may[xRelease] = bit(nobody) // it may ask again of a coil that does not obey
	}
	if a.door == rule.Open && !a.held && mono-a.openedAt >= heldAfter {
		a.held = true
		a.note(kHeldOpen)
		a.alarmHere()
	}
	switch {
	case !a.disagrees():
		a.isOdd, a.unsure = false, false
	case !a.isOdd:
		a.isOdd, a.odd = true, mono
	case !a.unsure && mono-a.odd >= a.atOnce(unsureFor):
		a.unsure = true
		a.note(kSensorUnsure)
	}
	if a.relock && a.locked() {
		a.relock = false
		a.note(kRelocked)
	}
}

func (a *account) followVisits() {
	if !a.still() || a.flight.phase != grounded || a.relock && !a.unsure && !a.setup.NoContact && !a.setup.NoBolt {
		return
	}
	for i := range a.led {
		l := &a.led[i]
		if l.known && l.visit == underWay && a.isOver(l) {
			l.visit = over
			if a.cameIn(l) {
				a.egress = max(a.egress, a.now.Mono+l.plan.Grace)
			}
			a.must(kVisitEnded, int8(i))
		}
	}
}

// isOver: shut and the grace has passed, or all entries used, or the window ended, or the
// owner said so.
func (a *account) isOver(l *ledger) bool {
	calm := a.now.Mono - l.quiet
	return l.locked || l.cancelled || l.window == shut || calm >= l.plan.Grace || l.used >= l.plan.Entries && !a.setup.NoContact && (l.entered || calm >= movesFor)
}

func (a *account) followTold() {
	c := &a.cam
	if !c.power || !c.eye || a.open < 0 {
		return
	}
	on := a.led[a.open].visit == underWay
	switch {
	case on && !c.visit:
		a.must(xVisitOn, nobody)
	case !on && c.visit:
		a.must(xVisitOff, nobody)
	}
	c.visit = on
}

// followAlarms: a picture that is lost in mid-visit.
func (a *account) followAlarms() {
	l := a.current()
	lost := l != nil && l.visit == underWay && l.plan.Camera && a.cam.fault
	switch {
	case !lost && a.unseen:
		a.unseen = false
		a.hush()
	case lost && !a.unseen && a.blind() != "":
		a.unseen = true
		a.alarm()
	}
}

func (a *account) followForgetting() {
	for i := range a.led {
		l := &a.led[i]
		inFlight := a.flight.phase != grounded && a.flight.d == int8(i)
		if !l.known || l.visit == underWay || inFlight || l.window != shut && !l.cancelled {
			continue
		}
		if a.now.Wall < l.keep {
			// What was cancelled needs no keeping, once nobody is on the way out any more and the disk takes it.
			if !l.cancelled || !a.disk || a.now.Mono < a.egress {
				continue
			}
			if l.window != shut {
				a.must(kWindowClosed, int8(i))
			}
		}
		a.must(xForget, int8(i))
		*l = ledger{gone: true}
	}
}

// deadlines are moments at which time alone changes something.
const (
	dueFrom  uint8 = iota // of the next window
	dueUntil              // of the open window
	dueDisk
	dueCoil
	duePulse
	dueMoves
	dueHeld
	dueFresh
	dueStart
	dueSteady
	dueUnsure
	dueGrace
	dueEgress
	dueSlow
	dueLost
	dueForget
	dueExit
	duePanic
	dueSilent
	dueSleep
	dueRise
	deadlinesEnd
)

var deadlineNames = [deadlinesEnd]string{
	"a window begins", "the window ends", "the disk has had its time", "the coil has had its time to answer", "the coil has had current for its time",
	"the door has stopped moving", "the door has been open too long", "the picture is old", "the camera has had its time to start", "the picture is steady",
	"the sensors are unsure", "the grace is over", "leaving is over", "the delay is over", "the link is lost",
	"a pass is forgotten", "the button inside has had its time", "the panic is over", "link's word is old",
	"the camera sleeps", "a code has waited for the camera for long enough",
}

// deadline is when something is due, by CLOCK_MONOTONIC.
func (a *account) deadline(what uint8, w *World) (time.Duration, bool) {
	a.now.Mono = w.mono
	switch what {
	case dueFrom:
		for i := range a.led {
			if x := &a.led[i]; x.known && x.window == before && !x.cancelled {
				if at, ok := a.byWall(x.plan.From); ok {
					return at, true
				}
			}
		}
	case dueUntil:
		if l := a.current(); l != nil {
			return a.byWall(l.plan.Until)
		}
	case dueDisk:
		switch f, no := &a.flight, &a.no; {
		case f.phase == burning && no.phase == burning:
			return min(f.since, no.since) + diskWithin, true
		case no.phase == burning:
			return no.since + diskWithin, true
		default:
			return f.since + diskWithin, f.phase == burning
		}
	case dueCoil:
		return a.flight.since + a.atOnce(coilWithin), a.flight.phase == energising
	case duePulse:
		return a.coilAt + pulse, a.coil != rule.CoilOff && a.pulsed && !a.letGo
	case dueMoves:
		return a.coilOff + a.atOnce(movesFor), a.hadCoil
	case dueHeld:
		return a.openedAt + heldAfter, a.door == rule.Open && !a.held
	case dueFresh:
		return a.cam.at + freshFor, a.cam.power && a.cam.looked
	case dueStart:
		return a.cam.since + startsIn, a.cam.power && !a.cam.live
	case dueSteady:
		return a.cam.good + steadyFor, a.cam.power && a.cam.fault && a.cam.steady
	case dueUnsure:
		return a.odd + a.atOnce(unsureFor), a.isOdd && !a.unsure
	case dueGrace:
		if v := a.visited(); v >= 0 && a.still() {
			return a.led[v].quiet + a.led[v].plan.Grace, true
		}
	case dueEgress:
		return a.egress, true
	case dueSlow:
		if l := a.current(); l != nil {
			return max(l.slow[0], l.slow[1]), true
		}
	case dueLost:
		if a.net {
			return a.heard + wordFor + lostFor, true
		}
		return a.netOff + lostFor, a.online
	case dueSilent:
		return a.heard + wordFor, a.net || a.viewers > 0
	case dueForget:
		for i := range a.led {
			if x := &a.led[i]; x.known && x.visit != underWay && (x.window == shut || x.cancelled) {
				if at, ok := a.byWall(x.keep); ok {
					return at, true
				}
			}
		}
	case dueExit:
		return a.exit, true
	case duePanic:
		return a.panicEnds, a.panicking
	case dueSleep:
		_, until, ends := a.wanted()
		return until, ends && a.cam.power
	case dueRise:
		return a.cam.since + risesIn, a.waits.is && a.cam.power
	}
	return 0, false
}

// byWall is a moment by the wall as one by CLOCK_MONOTONIC, if it is to come today.
func (a *account) byWall(ms int64) (time.Duration, bool) {
	d := time.Duration(ms-a.now.Wall) * time.Millisecond
	return a.now.Mono + d, d > 0 && d < 24*time.Hour
}
