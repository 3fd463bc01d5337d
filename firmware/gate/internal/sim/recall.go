package sim

import (
	"time"

	"vestibule/firmware/gate/internal/rule"
)

// recall is what is true after a restart: what is on the disk, and nothing else. What was
// acknowledged before must be in it.
func (a *account) recall(w *World, now rule.Now) {
	acknowledged := a.led
	a.begin(w.setup)
	a.now = now
	d := &w.disk
	a.epoch = d.epoch
	for range d.kept {
		// By the beginning of their windows, then by name.
		i := nobody
		for x := range d.kept {
			if d.kept[x] && !a.led[x].known && (i < 0 || d.plans[x].From < d.plans[i].From) {
				i = int8(x)
			}
		}
		if i >= 0 {
			p := w.restored(int(i))
			a.led[i] = ledger{plan: p, place: a.place(), known: true, keep: max(d.plans[i].Until, p.Until)}
			a.epoch = max(a.epoch, d.plans[i].Epoch)
		}
	}
	var calm [deliveries]int64 // since when, by the wall
	leaving, panicked := int64(0), int64(0)
	for i := range d.length {
		e := &d.journal[i]
		a.newest = max(a.newest, e.wall) // what the disk does not know of the time is lost, too
		a.recallHome(e)
		if e.kind == kPanic {
			panicked = e.wall + panicFor.Milliseconds()
		}
		if e.d < 0 {
			continue
		}
		if l := &a.led[e.d]; l.known {
			a.recallEnds(e)
			a.recallDelivery(l, e)
			switch e.kind {
			case kVisitEnded:
				if a.cameIn(l) {
					leaving = max(leaving, e.wall+l.plan.Grace.Milliseconds())
				}
			case kVisitStarted, kUnlocked:
				calm[e.d] = e.wall
			case kDoorShut:
				if l.visit == underWay {
					calm[e.d] = e.wall
				}
			}
		} else {
			a.recallStranger(l, e)
		}
	}
	for i := range a.led {
		l := &a.led[i]
		if l.gone {
			l.ordered.cancel, l.ordered.lock = false, false
		}
		if !l.known {
			continue
		}
		passed := time.Duration(now.Wall-calm[i]) * time.Millisecond
		l.quiet = now.Mono - min(max(passed, 0), l.plan.Grace)
		for way, n := range l.wrong {
			if n > 0 {
				l.slow[way] = now.Mono + waitAfter(n)
			}
		}
		if l.window == opened {
			a.open = int8(i)
		}
		if had := &acknowledged[i]; had.known && (l.used < had.sure || had.sure > 0 && l.visit == awaited) {
			w.breaks(Kept, "%s had %d entries granted, and %d are in the journal", names[i], had.sure, l.used)
		}
		if had := w.guessed[i]; l.wrongs() < int(had[0])+int(had[1]) {
			w.breaks(Guesses, "%d guesses for %s were answered, and the journal knows of %d", had[0]+had[1], names[i], l.wrongs())
		}
		l.sure = l.used
	}
	if a.setup.NoContact {
		a.shown, a.held, a.forced = rule.Unknown, false, false
	}
	if a.shown == rule.Open {
		a.openedAt = now.Mono
	}
	if a.setup.Lock == rule.FailSafe {
		a.relock = true
	}
	if left, ok := a.left(leaving, longGrace); ok {
		a.egress = left
	}
	if left, ok := a.left(panicked, panicFor); ok {
		a.panicking, a.panicEnds = true, left
	}
}

// left is what of a time by the wall is still to come.
func (a *account) left(wall int64, most time.Duration) (time.Duration, bool) {
	ms := wall - a.now.Wall
	if ms <= 0 {
		return 0, false
	}
	return a.now.Mono + time.Duration(min(ms, most.Milliseconds()))*time.Millisecond, true
}

// recallResumed is what gate does at once when it comes up.
func (a *account) recallResumed() {
	for i := range a.led {
		l := &a.led[i]
		if !l.known {
			continue
		}
		if !l.logged {
			l.logged = true
			a.must(kPassAccepted, int8(i))
		}
		if l.plan.Revision > l.said {
			l.said = l.plan.Revision
			a.must(kAmended, int8(i))
		}
		if l.plan.Epoch < a.epoch && !l.cancelled && l.window != shut {
			l.cancelled = true
			a.must(kCancelled, int8(i))
		}
	}
	switch {
	case a.coverOff || a.panicking:
		a.alarm()
	case a.held || a.forced:
		a.alarmHere()
	}
}

// recallHome reads what an entry says of the home.
func (a *account) recallHome(e *entry) {
	switch e.kind {
	case kDoorOpened:
		a.shown = rule.Open
	case kDoorShut:
		a.shown, a.held, a.forced = rule.Closed, false, false
	case kHeldOpen:
		a.shown, a.held = rule.Open, true
	case kForcedOpen:
		a.shown, a.forced, a.relock = rule.Open, true, true
	case kUnlocked:
		a.relock = true
	case kRelocked:
		a.relock = false
	case kTamper:
		a.latch, a.coverOff = true, true
	case kTamperOver:
		a.coverOff = false
	case kWindowOpened:
		a.latch = a.coverOff
	case kLinkLost:
		a.lost = true
	case kLinkBack:
		a.lost = false
	}
}

func (a *account) recallDelivery(l *ledger, e *entry) {
	switch e.kind {
	case kPassAccepted:
		l.logged = true
	case kCancelled:
		l.cancelled, l.byOwner = true, e.why == whyOwner
	case kOwnerLocked:
		l.locked = true
		if l.visit == awaited {
			l.visit = over
		}
	case kWindowOpened:
		l.window = opened
	case kWindowClosed:
		l.window = shut
	case kCodeRefused:
		if e.why == whyWrong {
			// Each says how many they are by then, so it stands for those that the disk lost.
			if lost := min(int(e.count), mostWrong) - l.wrongs(); lost > 0 {
				l.wrong[e.way] += uint8(lost)
			}
		}
	case kVisitStarted:
		l.visit, l.used, l.started = underWay, max(l.used, 1), true
	case kUnlocked:
		l.used = max(l.used, e.count)
	case kDoorOpened:
		l.entered = l.entered || l.visit == underWay
	case kAmended:
		l.said = max(l.said, uint64(e.count))
	case kDuress:
		l.duress = true
	case kBeyond:
		l.beyond = max(l.beyond, e.count)
	case kVisitEnded:
		l.visit = over
	}
}

// recallEnds: a window or a visit that begins is the end of another whose end the disk lost.
func (a *account) recallEnds(e *entry) {
	for i := range a.led {
		l := &a.led[i]
		switch {
		case int8(i) == e.d || !l.known:
		case e.kind == kWindowOpened && l.window == opened:
			l.window = shut
		case e.kind == kVisitStarted && l.visit == underWay:
			l.visit = over
		}
	}
}

// recallStranger reads what an entry says of a delivery whose pass is not kept (any more).
func (a *account) recallStranger(l *ledger, e *entry) {
	switch e.kind {
	case kPassAccepted, kWindowOpened, kVisitStarted, kWindowClosed:
		l.gone = true
	case kCancelled:
		l.ordered.cancel = true
	case kOwnerLocked:
		l.ordered.lock = true
	}
}
