package sim

import "vestibule/firmware/gate/internal/rule"

// What is in this file is not read from the account: it is what whoever types a code, and whoever looks at
// the camera's light, would say.

// remember notes a try that wants an answer, and a call.
func (w *World) remember(e *event) {
	calls := false
	switch e.kind {
	case evTried:
		if e.d < 0 && w.state.Delivery() == "" {
			return // at the keypad, outside a window
		}
		calls = e.via != rule.Page || e.verdict != rule.Typo
		if w.owing == maxOwed {
			w.breaks(Waits, "%d tries have no answer", w.owing)
			return
		}
		w.owed[w.owing] = e.number
		w.owing++
	case evCalled, evPanic, evDoor, evBolt, evCover:
		calls = true
	case evViewers, evNet:
		calls = w.account.viewers > 0 || e.count > 0
	case evTick, evResume, evPass, evCancel, evLock, evAmend, evRevert, evDisown, evLetGo, evExit, evWritten, evCoil, evEye, evLook, evTrouble, evDisk, evJumped:
	}
	if calls {
		w.caller = caller{w.mono, index(w.state.Delivery()), true}
	}
}

// answer takes the answers of one step: each to a try that had none.
func (w *World) answer() {
	a := &w.account.answered
	for i := range min(a.n, len(a.all)) {
		k := 0
		for k < w.owing && w.owed[k] != a.all[i].ref {
			k++
		}
		if k == w.owing {
			w.breaks(Waits, "try %d is answered twice", a.all[i].ref)
			return
		}
		w.owing--
		w.owed[k] = w.owed[w.owing]
	}
}

// saw notes what a frame shows that is newer than the last.
func (w *World) saw(e *event) {
	s := &w.sight
	if !w.gate.power || e.at <= s.at || e.number <= s.number || e.at < s.since || e.at > w.mono+readAhead {
		return
	}
	s.at, s.number, s.good = e.at, e.number, w.eye.lens == 0
}

// checkSeen: what opens for a camera is seen by it, since it was woken, and just now.
func (w *World) checkSeen() {
	d := index(w.state.Delivery())
	if d < 0 || !w.account.led[d].plan.Camera {
		return
	}
	if s := &w.sight; !w.gate.power || !s.good || w.mono-s.at > freshFor {
		w.breaks(Waits, "the door opens unseen: power %v, the newest picture good %v, %v old", w.gate.power, s.good, w.mono-s.at)
	}
}

// checkReason: nobody is looked at for nothing.
func (w *World) checkReason() {
	if !w.alive || !w.gate.power || w.broken.What != Holds {
		return
	}
	a := &w.account
	l := a.current()
	switch {
	case l == nil:
		w.breaks(Power, "the camera has power, and no window is open")
	case l.visit == underWay, l.visit == over && a.cameIn(l) && w.stepped <= a.egress, w.door.toldDoor == rule.Open:
	case a.loud, a.unsure:
	case w.caller.is && w.caller.d == a.open && w.stepped-w.caller.at <= staysFor:
	default:
		w.breaks(Power, "the camera has power, and nobody has called for %v", w.stepped-w.caller.at)
	}
}
