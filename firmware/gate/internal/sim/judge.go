package sim

import (
	"slices"
	"time"

	"vestibule/firmware/gate/internal/rule"
	"vestibule/hub/wire"
)

// judge compares what the rule wants done after an event with what has to be.
func (a *account) judge(e *event, now rule.Now, out []rule.Effect, w *World) {
	a.now = now
	a.want, a.may, a.did = sheet{}, sheet{}, sheet{}
	a.answers.n, a.answered.n = 0, 0
	a.wantBurn, a.burn = ticketed{}, ticketed{}
	a.twice, a.counted = kOther, 0
	a.read(out)
	a.checkTime(w)
	a.checkGuesses(w)
	started := a.startedVisit()
	a.take(e)
	a.follow()
	if a.want != a.did {
		a.compare(e, started, w)
	}
	a.compareAnswers(w)
	a.compareBurning(w)
}

// read notes what came.
func (a *account) read(out []rule.Effect) {
	for i := range out {
		e := &out[i]
		switch e.Do {
		case rule.Write:
			k, b := kindOf(e.Entry.Kind), bit(index(e.Entry.Delivery))
			if a.did[k]&b != 0 && k != kCodeRefused {
				a.twice = k
			}
			a.did[k] |= b
			if e.Ticket != 0 {
				a.burn = ticketed{kind: k, why: e.Entry.Reason, d: index(e.Entry.Delivery), count: e.Entry.Count, ticket: e.Ticket}
			}
			if k == kCodeRefused && e.Entry.Reason == wire.CodeWrong {
				a.counted = e.Entry.Count
			}
		case rule.Energise:
			a.did[xEnergise] |= bit(nobody)
		case rule.Release:
			a.did[xRelease] |= bit(nobody)
		case rule.Power:
			a.did[onOff(e.On, xPowerOn, xPowerOff)] |= bit(nobody)
		case rule.Wake:
			a.did[onOff(e.On, xWakeVisit, xWakeQuiet)] |= bit(index(e.Delivery))
		case rule.Visit:
			a.did[onOff(e.On, xVisitOn, xVisitOff)] |= bit(nobody)
		case rule.Sleep:
			a.did[xSleep] |= bit(nobody)
		case rule.Cut:
			a.did[xCut] |= bit(nobody)
		case rule.Grant:
			a.answered.add(answer{ref: e.Ref, grant: true, number: e.Number})
		case rule.Deny:
			a.answered.add(answer{ref: e.Ref, reason: e.Reason, wait: e.Wait, left: e.Left, from: e.From})
		case rule.Hold:
			a.did[xHold] |= bit(nobody)
		case rule.Sound:
			a.did[onOff(e.On, xLoud, xHush)] |= bit(nobody)
		case rule.Revert:
			a.did[xRevert] |= bit(index(e.Delivery))
		case rule.Amend:
			a.did[xAmend] |= bit(index(e.Delivery))
		case rule.Forget:
			a.did[xForget] |= bit(index(e.Delivery))
		}
	}
}

func onOff(is bool, on, off kind) kind {
	if is {
		return on
	}
	return off
}

// startedVisit is for which deliveries a visit began before.
func (a *account) startedVisit() (mask uint8) {
	for i := range a.led {
		if a.led[i].started {
			mask |= bit(int8(i))
		}
	}
	return mask
}

func (a *account) compare(e *event, started uint8, w *World) {
	if a.did[kVisitStarted]&started != 0 {
		w.breaks(OneVisit, "a second visit begins for %s", whom(a.did[kVisitStarted]&started))
	}
	if a.did[xEnergise] != 0 && a.want[xEnergise] == 0 {
		if e.kind != evWritten || !e.on {
			w.breaks(BurnFirst, "the coil gets current, and the disk has not said that the code is burned")
		}
		w.breaks(Predicate, "the coil gets current: %s", a.whyNot())
	}
	if a.did[kForcedOpen] != 0 && a.want[kForcedOpen] == 0 {
		w.breaks(WayOut, "the door was let open, or somebody leaves, and it is called forced")
	}
	for k := range a.want {
		if lacks := a.want[k] &^ a.did[k]; lacks != 0 {
			w.breaks(guards[k], "%s is missing%s", kind(k), whom(lacks))
		}
		if extra := a.did[k] &^ (a.want[k] | a.may[k]); extra != 0 {
			if k := kind(k); k == kVisitStarted || k == kUnlocked {
				w.breaks(Predicate, "%s%s: %s", k, whom(extra), a.whyNot())
			}
			w.breaks(guards[k], "%s%s, and should not", kind(k), whom(extra))
		}
	}
}

// whyNot is for a person who reads why a door should not have opened.
func (a *account) whyNot() string {
	if a.open < 0 {
		return "no window is open"
	}
	if why := a.missing(a.open); why != "" {
		return string(why)
	}
	return "nobody's code is waiting for it"
}

func whom(mask uint8) string {
	s := ""
	for i := range deliveries {
		if mask&bit(int8(i)) != 0 {
			s += " " + names[i]
		}
	}
	return s
}

func (a *account) compareAnswers(w *World) {
	if a.twice != kOther {
		w.breaks(Logged, "%s is written twice", a.twice)
	}
	if a.answers.n != a.answered.n {
		w.breaks(Answered, "%d answers, and there should be %d", a.answered.n, a.answers.n)
		return
	}
	for i := range min(a.answers.n, len(a.answers.all)) {
		want, got := &a.answers.all[i], &a.answered.all[i]
		switch {
		case want.ref != got.ref:
			w.breaks(Answered, "try %d has an answer instead of try %d", got.ref, want.ref)
		case want.grant && !got.grant:
			w.breaks(Willing, "a right code is refused because of %s, and nothing is missing", got.reason)
		case !want.grant && got.grant:
			w.breaks(Predicate, "granted, and should be refused because of %s", want.reason)
		case want.reason != got.reason:
			w.breaks(Refusal, "refused because of %s, and it should be because of %s", got.reason, want.reason)
		case want.wait != got.wait || want.left != got.left || want.from != got.from || want.number != got.number:
			w.breaks(Refusal, "the answer says %+v, and should say %+v", *got, *want)
		case want.reason == wire.CodeWrong && a.counted != want.wrongs:
			w.breaks(Kept, "%d wrong codes, and the journal is told of %d", want.wrongs, a.counted)
		case got.grant && !w.disk.burned(want.d, got.number):
			w.breaks(Kept, "granted, and the journal on the disk does not say so")
		}
	}
}

func (a *account) compareBurning(w *World) {
	if a.burn == (ticketed{}) && a.wantBurn == (ticketed{}) {
		return
	}
	got := a.burn
	got.ticket = 0
	if got != a.wantBurn {
		w.breaks(BurnFirst, "the disk is asked to remember %s %s %d of%s, and it should be %s %s %d of%s", got.kind, got.why, got.count, whom(bit(got.d)),
			a.wantBurn.kind, a.wantBurn.why, a.wantBurn.count, whom(bit(a.wantBurn.d)))
	}
	if a.burn.ticket <= a.newestTicket {
		w.breaks(BurnFirst, "ticket %d comes again", a.burn.ticket)
	}
	a.newestTicket = a.burn.ticket
}

// checkGuesses counts the guesses that were answered. Whoever guesses remembers them over all that
// befalls gate and its disk, so their number is not read from either.
func (a *account) checkGuesses(w *World) {
	for i := range min(a.answered.n, len(a.answered.all)) {
		x := &a.answered.all[i]
		d, via, digits := guessOf(x.ref)
		if x.reason != wire.CodeWrong || !digits {
			continue
		}
		g, way := &w.guessed[d], digitWay(via)
		g[way]++
		if g[way] > mostByWay || int(g[0])+int(g[1]) > mostWrong {
			w.breaks(Guesses, "%d guesses for %s are answered, %d of them by the %s", g[0]+g[1], names[d], g[way], via)
		}
	}
}

// burned reports whether the journal on the disk has an entry of a delivery.
func (d *disk) burned(whose int8, number int) bool {
	for i := d.length - 1; i >= 0; i-- {
		e := &d.journal[i]
		if e.d == whose && (e.kind == kVisitStarted && number == 1 || e.kind == kUnlocked && int(e.count) == number) {
			return true
		}
	}
	return false
}

// checkTime: while the clock is sure, it does not go back, and a clock that nobody touched is
// right.
func (a *account) checkTime(w *World) {
	const tolerance = 2000
	if !a.now.Sure {
		if !w.tampered {
			w.breaks(TimeTrust, "nobody touched the clock, and gate is not sure of it")
		}
		return
	}
	if a.now.Wall < a.newest-tolerance {
		w.breaks(TimeTrust, "gate is sure of a time that is %v before one that it was sure of", time.Duration(a.newest-a.now.Wall)*time.Millisecond)
	}
	a.newest = max(a.newest, a.now.Wall)
}

// checkNext: whenever time alone changes something, the rule asks for a tick before.
func (a *account) checkNext(next time.Duration, now rule.Now, w *World) {
	a.now = now
	due := time.Duration(0)
	for what := range deadlinesEnd {
		if !a.ticks(what) {
			continue
		}
		at, ok := a.deadline(what, w)
		if !ok {
			continue
		}
		if what == dueFresh {
			at++
		}
		if due == 0 || at < due {
			due = at
		}
	}
	if due == 0 {
		return
	}
	const soon = 10 * time.Millisecond
	if wait := max(due-now.Mono, soon); next <= 0 || next > wait {
		w.breaks(Ticks, "in %v something is due, and a tick is asked for in %v", due-now.Mono, next)
	}
}

// ticks reports whether a deadline changes something by itself.
func (a *account) ticks(what uint8) bool {
	switch what {
	case dueFrom:
		return a.open < 0 && a.now.Sure
	case dueFresh:
		return a.cam.live && !a.cam.fault && a.blind() == ""
	case dueStart:
		return !a.cam.fault
	case dueSteady:
		return a.blind() == ""
	case dueForget:
		return a.flight.phase == grounded
	case dueGrace:
		return a.flight.phase == grounded && (!a.relock || a.unsure || a.setup.NoContact || a.setup.NoBolt)
	case dueMoves, dueEgress, dueSlow, dueExit, dueSilent:
		return false
	}
	return true
}

// checkJudge: what gate says of a pass before it keeps it.
func (a *account) checkJudge(p *rule.Plan, got wire.Reason, now rule.Now, w *World) {
	a.now = now
	a.refuses(p).check("a pass", got, w)
}

// checkJudgeAmended is checkJudge for an amendment.
func (a *account) checkJudgeAmended(p *rule.Plan, got wire.Reason, now rule.Now, w *World) {
	a.now = now
	a.refusesAmended(p).check("an amendment", got, w)
}

// check breaks the window's invariant unless what was said is one of the reasons, or nothing where there is none.
func (r refusals) check(what string, got wire.Reason, w *World) {
	if !slices.Contains(r.why[:r.n], got) && (r.n != 0 || got != "") {
		w.breaks(Window, "%s is judged %q, and %d reasons are against it, first %q", what, got, r.n, r.why[0])
	}
}

// checkShown: what the household sees.
func (a *account) checkShown(w *World) {
	if !w.alive || w.broken.What != Holds {
		return
	}
	v := w.state.View(a.now)
	wantBolt := wire.BoltUnknown
	switch {
	case a.dumb() || a.coil == rule.CoilUnknown && !a.motor() || a.unsure:
	case a.locked():
		wantBolt = wire.BoltLocked
	case a.coil == rule.CoilOn || a.bolt == rule.Open:
		wantBolt = wire.BoltUnlocked
	}
	if v.Bolt == wire.BoltLocked && wantBolt != wire.BoltLocked {
		w.breaks(Bolted, "shown as locked, and it is %s", wantBolt)
	}
	if v.Bolt != wantBolt {
		w.breaks(Shown, "the bolt is shown as %s, and is %s", v.Bolt, wantBolt)
	}
	wantDoor := [...]wire.Door{rule.Unknown: wire.DoorUnknown, rule.Open: wire.DoorAjar, rule.Closed: wire.DoorClosed}[a.door]
	if v.Door != wantDoor {
		w.breaks(Shown, "the door is shown as %s, and is %s", v.Door, wantDoor)
	}
	d, visit, entries := a.about(), wire.NoWindow, 0
	if d >= 0 {
		visit = [...]wire.Visit{awaited: wire.VisitAwaited, underWay: wire.VisitUnderWay, over: wire.VisitOver}[a.led[d].visit]
		entries = int(a.led[d].used)
	}
	if v.Delivery != nameOf(d) || v.Visit != visit || v.Entries != entries {
		w.breaks(Shown, "shown are %q, %s, %d entries; it is %q, %s, %d", v.Delivery, v.Visit, v.Entries, nameOf(d), visit, entries)
	}
	wantAlarm := wire.Kind("")
	switch {
	case a.forced:
		wantAlarm = wire.ForcedOpen
	case a.panicking:
		wantAlarm = wire.Panic
	case a.latch:
		wantAlarm = wire.Tamper
	case a.unseen:
		wantAlarm = wire.CameraFault
	case !a.disk:
		wantAlarm = wire.JournalBroken
	case a.held:
		wantAlarm = wire.HeldOpen
	}
	if v.Alarm != wantAlarm {
		w.breaks(Shown, "the alarm shown is %q, and should be %q", v.Alarm, wantAlarm)
	}
	viewers := a.viewers
	if a.silent() {
		viewers = 0
	}
	if v.Viewers != viewers {
		w.breaks(Shown, "%d viewers are shown, and there are %d", v.Viewers, viewers)
	}
	a.checkShownCamera(&v, w)
}

func (a *account) checkShownCamera(v *wire.State, w *World) {
	want := wire.CameraIsOff
	switch c := &a.cam; {
	case !c.power:
	case c.fault:
		want = wire.CameraFaulty
	case c.live:
		want = wire.CameraLive
	default:
		want = wire.CameraStarting
	}
	if why, _, _, _ := w.state.Picture(a.now); !a.cam.power && why != wire.CameraAsleep {
		w.breaks(Shown, "the camera sleeps, and the picture is %q", why)
	}
	if v.Camera != want {
		w.breaks(Shown, "the camera is shown as %s, and is %s", v.Camera, want)
	}
}
