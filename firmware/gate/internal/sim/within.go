package sim

import (
	"time"

	"vestibule/firmware/gate/internal/rule"
)

// What is in this file is not read from the account either: it is what somebody would say who stands in the home,
// sees the door and the device's case, and knows who was let in.

// visitor is whoever was let in for a delivery.
type visitor struct {
	admitted bool  // the coil got current
	entered  bool  // and the door was opened, and its contact said so
	gone     bool  // the visit is over
	at       int64 // since when, as World.real
}

// admits is the coil's current: somebody may come in.
func (w *World) admits() {
	if d := index(w.state.Delivery()); d >= 0 {
		w.visitors[d].admitted, w.visitors[d].gone = true, false
	}
}

// opened is the door's opening, of which gate was told.
func (w *World) opened() {
	if d := index(w.state.Delivery()); d >= 0 && w.visitors[d].admitted && !w.visitors[d].gone {
		w.visitors[d].entered = true
	}
}

// ends is the end of a visit, as it is written down.
func (w *World) ends(d int8) {
	if d >= 0 {
		w.visitors[d].gone, w.visitors[d].at = true, w.real
	}
}

// forgets is what a restart cannot know: that the door was opened, if the disk has not got it; and how long ago
// a visit ended, once somebody has touched the clock.
func (w *World) forgets() {
	for d := range w.visitors {
		v := &w.visitors[d]
		v.entered = v.entered && w.disk.entered(int8(d))
		if v.gone && w.tampered {
			*v = visitor{}
		}
	}
}

// entered reports whether the journal on the disk says that the door was opened in a visit.
func (d *disk) entered(whose int8) bool {
	visit := false
	for i := range d.length {
		if e := &d.journal[i]; e.d == whose {
			visit = visit || e.kind == kVisitStarted
			if visit && e.kind == kDoorOpened {
				return true
			}
		}
	}
	return false
}

// checkWithin: whoever may be within, at an open door or at an open case is seen, in a window and by a clock that is
// trusted. In no other window than the one in which he was let in: that one's picture is for others. A contact that
// says that an open door is shut is believed, one that says nothing only until the sensors are unsure; the
// case's switch may be late at a start.
func (w *World) checkWithin() {
	if !w.alive || w.gate.power || !w.sure || w.broken.What != Holds {
		return
	}
	d := index(w.state.Delivery())
	if d < 0 {
		return
	}
	const rounded = 2 * time.Millisecond // a journal's times
	now := w.real - int64(w.mono-w.stepped)
	v := &w.visitors[d]
	switch {
	case w.door.cover && !w.door.coverLate:
		w.breaks(Within, "the case is open, and the camera sleeps")
	case w.door.ajar && w.door.toldDoor == rule.Open:
		w.breaks(Within, "the door is open, and the camera sleeps")
	case w.door.ajar && !w.setup.NoContact && w.door.toldDoor == rule.Unknown && now-w.door.silent > int64(motorTime):
		w.breaks(Within, "the door is open, its contact says nothing, and the camera sleeps")
	case v.admitted && !v.gone:
		w.breaks(Within, "somebody was let in for %s, and the camera sleeps", names[d])
	case v.gone && (v.entered || w.setup.NoContact) && now < v.at+int64(w.gate.plans[d].Grace-rounded):
		w.breaks(Within, "somebody may still be within for %s, and the camera sleeps", names[d])
	}
}
