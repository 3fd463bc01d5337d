package rule

import "vestibule/hub/wire"

// alarm begins the local alarm anew.
func (t *turn) alarm() {
	t.loud = true
	t.do(Effect{Do: Sound, On: true})
}

// sound is the local alarm of a door that is open. It sounds only during a window or a
// visit: a household that comes and goes at other times is told by its phones.
func (t *turn) sound() {
	if t.current() != nil || t.visited() != nil {
		t.alarm()
	}
}

// alarmed reports whether the local alarm has a reason other than a lost picture.
func (s *State) alarmed() bool { return s.coverOff || s.held || s.forced || s.panicked != 0 }

// hush ends the local alarm if there is no reason left for it.
func (t *turn) hush() {
	if t.loud && !t.alarmed() && !t.unseen {
		t.loud = false
		t.do(Effect{Do: Sound})
	}
}

// help takes a panic: somebody at the door is afraid, a courier in or after a visit, or
// whoever stands there in a window. At other times the keypad is dead to it too. Whoever
// goes on panicking prolongs the alarm and fills no journal.
func (t *turn) help() {
	if t.current() == nil && t.visited() == nil && t.now.Mono >= t.egress {
		return
	}
	t.call(wire.ByKeypad)
	first := t.panicked == 0
	t.panicked = t.now.Mono + PanicFor
	if first {
		t.note(wire.Panic, "")
		t.alarm()
	}
}

// unwatched reports whether a visit is under way that has to be seen, and was.
func (s *State) unwatched() bool {
	c := s.current()
	return c != nil && c.visit == underWay && c.plan.Camera && s.camera.fault
}

// settlePanic ends a panic. It comes before the camera's power is settled, which a panic is a reason for.
func (t *turn) settlePanic() {
	if t.panicked != 0 && t.now.Mono >= t.panicked {
		t.panicked = 0
		t.hush()
	}
}

// settleUnseen begins the alarm when the picture is lost in mid-visit, and ends it.
func (t *turn) settleUnseen() {
	switch {
	case !t.unwatched():
		if t.unseen {
			t.unseen = false
			t.hush()
		}
	case !t.unseen && t.blind(t.now) != "": // at its beginning a visit may still have an older fault, and be seen
		t.unseen = true
		t.alarm()
	}
}
