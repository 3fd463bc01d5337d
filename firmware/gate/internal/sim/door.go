package sim

import (
	"time"

	"vestibule/firmware/gate/internal/rule"
)

// door is the door as it is, and what its sensors say of it.
type door struct {
	ajar    bool
	cover   bool // off
	current bool
	since   time.Duration // of the current
	ill     uint8

	doorLie, boltLie uint8

	// What gate was told.
	toldDoor, toldBolt rule.Contact
	toldCoil           rule.Coil

	lagging  bool // the bolt is still moving
	lagUntil time.Duration
}

func say(lie uint8, truth rule.Contact) rule.Contact {
	switch lie {
	case saysOpen:
		return rule.Open
	case saysClosed:
		return rule.Closed
	case saysNothing:
		return rule.Unknown
	}
	return truth
}

func (d *door) doorSays() rule.Contact {
	if d.ajar {
		return say(d.doorLie, rule.Open)
	}
	return say(d.doorLie, rule.Closed)
}

// boltSays: a spring latch is held by the strike while the door is shut and no current frees it.
func (d *door) boltSays() rule.Contact {
	if d.ajar || d.current {
		return say(d.boltLie, rule.Open)
	}
	return say(d.boltLie, rule.Closed)
}

func (d *door) coilSays() rule.Coil {
	switch {
	case d.ill == coilDead || d.ill == coilWelded:
		return rule.CoilUnknown
	case d.ill == coilMute:
		return d.toldCoil
	case d.current:
		return rule.CoilOn
	}
	return rule.CoilOff
}

// locked is whether the door is locked, whatever anybody says.
func (d *door) locked() bool { return !d.ajar && !d.current }

// energise is what the lock's driver does.
func (w *World) energise() {
	if w.door.ill != coilDead {
		w.door.current, w.door.since = true, w.mono
		w.latchLater()
	}
	w.readCoil()
}

func (w *World) release() {
	if w.door.current && w.door.ill != coilWelded {
		w.door.current = false
		w.latchLater()
	}
	w.readCoil()
}

func (w *World) readCoil() {
	if c := w.door.coilSays(); w.alive && c != w.door.toldCoil {
		w.door.toldCoil = c
		w.step(event{kind: evCoil, coil: c})
	}
}

func (w *World) readDoor() {
	if c := w.door.doorSays(); w.alive && c != w.door.toldDoor {
		w.door.toldDoor = c
		w.step(event{kind: evDoor, contact: c})
	}
}

func (w *World) readBolt() {
	w.door.lagging = false
	if c := w.door.boltSays(); w.alive && c != w.door.toldBolt {
		w.door.toldBolt = c
		w.step(event{kind: evBolt, contact: c})
	}
}

func (w *World) latchLater() {
	if !w.door.lagging {
		w.door.lagging, w.door.lagUntil = true, w.mono+latchLag
	}
}

// hardware is what happens at the door by itself.
func (w *World) hardware() {
	if w.door.current && w.door.ill != coilWelded && w.mono >= w.door.since+oneShot {
		w.door.current = false
		w.latchLater()
		w.readCoil()
	}
	if w.door.lagging && w.mono >= w.door.lagUntil {
		w.readBolt()
	}
}

// swing moves the door.
func (w *World) swing(ajar bool) {
	if w.door.ajar == ajar {
		return
	}
	w.door.ajar = ajar
	w.latchLater()
	w.readDoor()
}
