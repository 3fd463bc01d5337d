package lock

import (
	"time"

	"vestibule/hardware/contact"
)

// How a motor moves a bolt.
const (
	// Travel is the longest time that the motor runs one way: a bolt that takes longer is jammed.
	Travel = 3 * time.Second
	// Tries is how often a bolt that does not arrive is tried before it is left.
	Tries = 3

	rest = time.Second // for the motor, between two tries
)

// ends is what the switches say.
type ends struct {
	drawn  contact.State // closed: the bolt is all the way back
	thrown contact.State // closed: the bolt is all the way out
	door   contact.State // closed: the door is shut
}

// bolt says where the bolt is, from both switches: one alone may be stuck.
func (e ends) bolt() State {
	switch {
	case e.thrown == contact.Closed && e.drawn == contact.Open:
		return Off
	case e.drawn == contact.Closed && e.thrown == contact.Open:
		return On
	default:
		return Unknown
	}
}

// direction is what the motor does.
type direction uint8

const (
	still direction = iota
	drawing
	throwing
)

// travel decides what the motor does. It is pure: time is an argument.
//
// The motor runs until the switch at the far end closes, for [Travel] at most, and tries again twice. It is never
// reversed without a stop. A bolt is not thrown while the door stands open: it would stand out and
// hit the frame. A door whose contact says nothing is taken for shut, because an open door with its
// bolt out is the lesser harm.
//
// A bolt that jammed is left, or its motor would burn, until something has changed: a door that was not
// quite shut was opened and is shut again, or somebody orders it anew. Then it is tried as often again.
type travel struct {
	free  bool      // where the bolt is wanted
	runs  direction // what the motor does
	since time.Time // when it began to
	tries int
	wait  time.Time     // no run before
	door  contact.State // what its contact last knew
}

// order sets where the bolt is wanted; a jammed one is tried again. One that is on its way there already
// is not told anew: whoever repeats an order does not make the motor run for longer.
func (t *travel) order(free bool) {
	if free != t.free || t.jammed() {
		t.free, t.tries, t.wait = free, 0, time.Time{}
	}
}

// jammed reports whether the bolt is left where it is.
func (t *travel) jammed() bool { return t.tries >= Tries }

// step returns what the motor has to do now, and whether anything is still to come.
func (t *travel) step(e ends, now time.Time) (run direction, busy bool) {
	way, there := throwing, e.thrown
	if t.free {
		way, there = drawing, e.drawn
	}
	stop := func() { t.runs = still }
	if e.door != contact.Unknown {
		if e.door == contact.Closed && t.door == contact.Open && !t.free {
			t.tries = 0 // the frame may be where the bolt can meet it now
		}
		t.door = e.door
	}
	switch {
	case t.runs != still && t.runs != way:
		stop() // and turn next time
		return t.runs, true
	case there == contact.Closed:
		t.tries = 0
		stop()
		return t.runs, false
	case t.jammed():
		stop()
		return t.runs, false
	case !t.free && e.door == contact.Open:
		stop()
		return t.runs, true
	case t.runs == still && now.Before(t.wait):
		return t.runs, true
	case t.runs == still:
		t.runs, t.since = way, now
	case now.Sub(t.since) >= Travel:
		t.tries++
		t.wait = now.Add(rest)
		stop()
	}
	return t.runs, true
}
