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
	silent             int64 // since when toldDoor says what it does, as World.real

	coverLate       bool // its switch says nothing yet
	moving, freeing bool // a motor
	arrives         time.Duration

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

// boltSays: a spring latch is held by the strike while the door is shut and no current frees
// it; a motor's bolt when it is all the way out.
func (d *door) boltSays() rule.Contact {
	if d.ajar || d.current || d.moving {
		return say(d.boltLie, rule.Open)
	}
	return say(d.boltLie, rule.Closed)
}

func (d *door) coilSays() rule.Coil {
	switch {
	case d.ill == coilDead || d.ill == coilWelded || d.ill == coilDoubted || d.moving:
		return rule.CoilUnknown
	case d.ill == coilMute:
		return d.toldCoil
	case d.current:
		return rule.CoilOn
	}
	return rule.CoilOff
}

// locked is whether the door is locked, whatever anybody says.
func (d *door) locked() bool { return !d.ajar && !d.current && !d.moving }

// drop takes the current, if anything can.
func (d *door) drop(w *World) {
	if d.current && d.ill != coilWelded {
		d.current = false
		w.latchLater()
	}
}

const motorRuns = 1500 * time.Millisecond // from one end to the other

// energise is what the lock's driver does.
func (w *World) energise() {
	d := &w.door
	switch {
	case d.ill == coilDead:
	case w.setup.Lock == rule.Motor:
		d.moving, d.freeing, d.arrives = true, true, w.mono+motorRuns
	default:
		d.current, d.since = true, w.mono
		w.latchLater()
	}
	w.readCoil()
}

func (w *World) release() {
	d := &w.door
	switch {
	case w.setup.Lock != rule.Motor:
		d.drop(w)
	case d.ill == coilWelded || !d.current && !d.moving:
	default:
		// It waits for an open door to be shut.
		d.current, d.moving, d.freeing, d.arrives = false, true, false, w.mono+motorRuns
	}
	w.readCoil()
}

// arrive is a motor at one of its ends.
func (d *door) arrive(w *World) {
	if !d.freeing && d.ajar {
		d.arrives = w.mono + motorRuns
		return
	}
	d.moving, d.current = false, d.freeing
	w.latchLater()
	w.readCoil()
}

func (w *World) readCoil() {
	if c := w.door.coilSays(); w.alive && c != w.door.toldCoil {
		w.door.toldCoil = c
		w.step(event{kind: evCoil, coil: c})
	}
}

func (w *World) readCover() {
	w.door.coverLate = false
	w.step(event{kind: evCover, on: w.door.cover})
}

func (w *World) readDoor() {
	if w.setup.NoContact {
		return
	}
	if c := w.door.doorSays(); w.alive && c != w.door.toldDoor {
		w.door.toldDoor, w.door.silent = c, w.real
		w.step(event{kind: evDoor, contact: c})
		if c == rule.Open && w.door.ajar {
			w.opened()
		}
	}
}

func (w *World) readBolt() {
	w.door.lagging = false
	if w.setup.NoBolt {
		return
	}
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
	d := &w.door
	if w.setup.Lock != rule.Motor && d.current && w.mono >= d.since+oneShot {
		d.drop(w)
		w.readCoil()
	}
	if d.coverLate && w.alive {
		w.readCover()
	}
	if d.moving && w.mono >= d.arrives {
		d.arrive(w)
	}
	if d.lagging && w.mono >= d.lagUntil {
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
