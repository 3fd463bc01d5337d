// Package clock decides which time the gate may trust.
//
// A device often has no battery behind its clock, a desk's clock is set by hand, and
// whoever can set a clock back could use yesterday's window again. So:
//
//   - There is a floor: the date of the build and the last journal entry. Time before it
//     is wrong, and while the clock is behind it nobody may enter ([Reading.Sure] is false).
//   - While the gate runs, the clock is checked against CLOCK_MONOTONIC, which nobody sets.
//     A step back makes the time unsure until the clock agrees again with what the
//     monotonic clock counted, or has passed the moment at which it was set back. So an
//     hour back costs an hour, and nothing that was over comes again.
//   - A leap forward of more than [Believe] is believed only after it has stood for
//     [Proof]; until then the old time goes on. Smaller ones are believed at once, as a
//     clock that is corrected by the network makes them.
//   - Every step either way of more than [Tolerance] shows as a jump.
//
// While the time is unsure, Now goes on by the monotonic clock, so that a window that is
// open still ends; Stamp, which goes into the journal and so becomes the floor, stays at
// the moment from which the clock must recover.
//
// Known limit: a clock that was ahead of the true time when the gate started is found out
// only when it is set right, and then costs as long as it was ahead. Network time with
// signatures (NTS) is what will end that; the kernel's own "synchronised" flag is not
// used, as plain NTP can be forged by whoever holds the network.
//
// The package is pure: both clocks are arguments.
package clock

import "time"

// What counts as a step.
const (
	Tolerance = 2 * time.Second // a difference that is no step
	Believe   = 5 * time.Minute // the largest leap forward that is believed at once
	Proof     = time.Minute     // how long a larger one has to stand
)

// Reading is what the gate knows of the time.
type Reading struct {
	Now    time.Time // for windows; may be an estimate when not Sure
	Stamp  time.Time // for the journal; never runs back
	Sure   bool      // people may be let in by it
	Jumped bool      // the clock has stepped since the last reading
}

type mode uint8

const (
	sure   mode = iota
	behind      // the clock ran back, or is before the floor
	leapt       // the clock leapt forward and has to prove itself
)

// Clock is the trusted time. It is not safe for concurrent use.
type Clock struct {
	mode  mode
	wall  time.Time     // the last trusted time
	mono  time.Duration // when that was
	floor time.Time     // behind: what the clock has to pass
	leap  time.Time     // leapt: the clock at its first leap
	since time.Duration // leapt: when that was
	stamp time.Time
}

// New starts with a floor. wall and mono are the clocks now.
func New(floor, wall time.Time, mono time.Duration) *Clock {
	c := &Clock{wall: wall, mono: mono, stamp: floor}
	if wall.Before(floor.Add(-Tolerance)) {
		c.mode, c.wall, c.floor = behind, floor, floor
	}
	return c
}

// Read takes both clocks as they are now.
func (c *Clock) Read(wall time.Time, mono time.Duration) Reading {
	guess := c.wall.Add(mono - c.mono) // what it should be by the monotonic clock
	off := wall.Sub(guess)
	jumped := false
	switch {
	// The second condition is for a clock that is walked back in steps too small to notice.
	case off.Abs() <= Tolerance && !wall.Before(c.stamp.Add(-Tolerance)):
		c.trust(wall, mono)
	case c.mode == behind && off < 0:
		if !wall.Before(c.floor) {
			c.trust(wall, mono)
		}
	case c.mode == leapt && c.stands(wall, mono):
		if mono-c.since >= Proof {
			c.trust(wall, mono)
		}
	case off < 0:
		jumped = true
		c.mode, c.floor = behind, later(guess, c.stamp)
	case off <= Believe:
		jumped = true
		c.trust(wall, mono)
	default:
		jumped = true
		c.mode, c.leap, c.since = leapt, wall, mono
	}
	r := Reading{Now: guess, Sure: c.mode == sure, Jumped: jumped}
	next := guess
	switch c.mode {
	case sure:
		r.Now, next = c.wall, c.wall
	case behind:
		next = c.floor
	case leapt:
	}
	c.stamp = later(next, c.stamp)
	r.Stamp = c.stamp
	return r
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (c *Clock) trust(wall time.Time, mono time.Duration) {
	c.mode, c.wall, c.mono = sure, wall, mono
}

// stands reports whether the clock has gone on evenly since it leapt.
func (c *Clock) stands(wall time.Time, mono time.Duration) bool {
	return wall.Sub(c.leap.Add(mono-c.since)).Abs() <= Tolerance
}
