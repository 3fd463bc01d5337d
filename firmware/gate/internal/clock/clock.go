// Package clock decides which time the gate may trust.
//
// A device often has no battery behind its clock, and whoever can set a clock back could use
// yesterday's window again. So:
//
//   - There is a floor: the date of the build and the last journal entry. Time before it
//     is wrong, and while the clock is behind it nobody may enter ([Reading.Sure] is false).
//   - After a start the time is not known until it is confirmed: the kernel says that its
//     clock is synchronised and it is not before the floor, or somebody who may sign for this
//     door says what time it is ([Clock.Tell]), in answer to a nonce. The hub's word and the
//     link's count for nothing. Until then Now and Stamp count up from the floor: they are
//     never later than the true time, so nothing is over too early, no entry makes a floor that
//     a day to come would have to pass first, and nothing may begin ([Reading.Known] is false).
//   - While the gate runs, the clock is checked against CLOCK_MONOTONIC, which nobody sets.
//     A step back makes the time unsure until the clock agrees again with what the
//     monotonic clock counted, or has passed the moment at which it was set back. So an
//     hour back costs an hour, and nothing that was over comes again.
//   - A leap forward of more than [Believe] is believed only after it has stood for
//     [Proof]; until then the old time goes on. Smaller ones are believed at once, as a
//     clock that is corrected by the network makes them. Neither is believed while the kernel
//     does not say that the clock is synchronised.
//   - All leaps forward and all drift together may come to [Plausible], counted from what was first
//     confirmed since the gate started, and no more: what is believed is written down, and is the floor
//     from then on. Beyond that two have to agree, the clock and the word of somebody who may sign. Each
//     of them alone is not believed, and nobody may enter by it. So forged network time, or a phone
//     whose clock is years ahead, shuts the door for as long as it lasts, and not until those years
//     are over.
//   - Every step either way of more than [Tolerance] shows as a jump.
//
// Once confirmed, the time stays so as long as the gate runs, however long the network is
// away: CLOCK_MONOTONIC drifts by a few seconds a day at the most. An [Anchor] carries it over a
// restart of the gate, but not of the machine.
//
// While the time is unsure, Now goes on by the monotonic clock, so that a window that is
// open still ends; Stamp, which goes into the journal and so becomes the floor, stays at
// the moment from which the clock must recover.
//
// Times are instants, in UTC: daylight saving is for pages and people.
//
// Known limit: plain NTP can be forged by whoever holds the network. They can say that it is
// later than it is, and so have a window before its time (its code is still needed, and the jump
// shows) or let it pass; they cannot bring back a time that was. Network time with signatures
// (NTS, chrony has it) ends that. Who signs for the door outranks the network: after [Clock.Tell]
// it can correct the time by Believe and no more.
//
// Known limit: right after a start without an [Anchor] there is nothing to count from, as nobody knows
// how long the machine was off. What is confirmed first is believed, whatever it is, if it is not before
// the floor. Whoever forges the network's time in that moment, or signs with a phone that is years
// ahead while nothing else is known, sets the floor as far ahead, and the door stays shut until that
// day. Nothing can lower a floor: each pass of the days between would be good once more. The remedy,
// which is not made, is a word of the owner's that lowers it and ends, by a new epoch, every pass that
// was signed before.
//
// Known limit: CLOCK_MONOTONIC stands still while a machine sleeps, which a device at a door never does.
// After a day asleep in all, the gate needs the word.
//
// The package is pure: both clocks are arguments.
package clock

import "time"

// What counts as a step.
const (
	Tolerance = 2 * time.Second  // a difference that is no step
	Believe   = 5 * time.Minute  // the largest leap forward that is believed at once
	Proof     = time.Minute      // how long a larger one has to stand
	Agree     = 30 * time.Second // how far a clock may be from somebody's word and still be meant by it
	Plausible = 24 * time.Hour   // how far ahead of the monotonic clock one witness alone is believed
)

// Reading is what the gate knows of the time.
type Reading struct {
	Now    time.Time // for windows; may be an estimate when not Sure
	Stamp  time.Time // for the journal; never runs back
	Known  bool      // it was confirmed since the machine started
	Sure   bool      // people may be let in by it
	Jumped bool      // the clock has stepped since the last reading
}

// Clocks are a machine's clocks at one moment.
type Clocks struct {
	Wall   time.Time     // what the clock says
	Mono   time.Duration // CLOCK_MONOTONIC
	Synced bool          // the kernel says that the wall clock is synchronised
}

// Anchor is a moment of trusted time, by the monotonic clock of one boot.
type Anchor struct {
	Boot string // names the boot; empty for none
	Wall time.Time
	Mono time.Duration
}

// moment is a time, and when that was by the monotonic clock.
type moment struct {
	wall time.Time
	mono time.Duration
}

type mode uint8

const (
	unset  mode = iota // not confirmed since the start
	sure               // the clock is right
	told               // somebody has said what time it is, and the clock says another
	behind             // the clock ran back, or is before the floor
	leapt              // the clock leapt forward and has to prove itself
)

// Clock is the trusted time. It is not safe for concurrent use.
type Clock struct {
	mode  mode
	known bool
	wall  time.Time     // the last trusted time; unset: the floor
	mono  time.Duration // when that was
	was   time.Duration // unset: by how much the clock was ahead of the floor and the monotonic one
	floor time.Time     // behind: what the clock has to pass
	first moment        // what was first confirmed, by an anchor, by a clock or by two who agreed; zero for not yet
	leap  time.Time     // leapt: the clock at its first leap
	since time.Duration // leapt: when that was
	stamp time.Time
}

// New starts with a floor, and, if the machine has not been started anew since it was
// written down, an anchor of this boot.
func New(floor time.Time, a Anchor, boot string, now Clocks) *Clock {
	c := &Clock{wall: floor, mono: now.Mono, stamp: floor}
	if boot != "" && a.Boot == boot && a.Mono <= now.Mono && !a.Wall.Add(now.Mono-a.Mono).Before(floor.Add(-Tolerance)) {
		// Read finds out whether the clock agrees with it.
		c.mode, c.known, c.wall, c.mono = told, true, a.Wall, a.Mono
		c.first = moment{a.Wall, a.Mono}
	}
	c.was = now.Wall.Sub(c.guess(now.Mono))
	c.Read(now)
	return c
}

// Read takes both clocks as they are now.
func (c *Clock) Read(now Clocks) Reading {
	guess := c.guess(now.Mono) // what it should be by the monotonic clock
	jumped := c.read(now, guess, now.Wall.Sub(guess))
	r := Reading{Now: guess, Known: c.known, Sure: c.mode == sure || c.mode == told, Jumped: jumped}
	next := guess
	switch c.mode {
	case sure:
		r.Now, next = c.wall, c.wall
	case behind:
		next = c.floor
	case unset, told, leapt:
	}
	c.stamp = later(next, c.stamp)
	r.Stamp = c.stamp
	return r
}

// read follows the clock and reports whether it has jumped. off is how far the clock is ahead
// of guess.
func (c *Clock) read(now Clocks, guess time.Time, off time.Duration) (jumped bool) {
	switch {
	case c.mode == unset:
		jumped = (off - c.was).Abs() > Tolerance
		c.was = off
		switch {
		case now.Synced && off >= -Tolerance:
			c.trust(now)
		case now.Synced:
			c.mode, c.floor = behind, c.stamp // the floor is ahead of the time, by a clock that was wrong once
		}
	case c.mode == told:
		if c.plausible(now.Wall, now) && (off.Abs() <= Tolerance || now.Synced && off.Abs() <= Believe && !now.Wall.Before(c.stamp.Add(-Tolerance))) {
			c.trust(now)
			return off.Abs() > Tolerance
		}
	case !c.plausible(now.Wall, now):
		if jumped = c.mode != leapt || !c.stands(now); jumped {
			c.mode, c.leap, c.since = leapt, now.Wall, now.Mono
		}
	// The stamp is for a clock that is walked back in steps too small to notice.
	case off.Abs() <= Tolerance && !now.Wall.Before(c.stamp.Add(-Tolerance)) && (c.known || now.Synced):
		c.trust(now)
	case c.mode == behind && off < 0:
		if now.Synced && !now.Wall.Before(c.floor) {
			c.trust(now)
		}
	case c.mode == leapt && c.stands(now):
		if now.Synced && (now.Mono-c.since >= Proof || c.leapBy() <= Believe) {
			c.trust(now)
		}
	case off < 0:
		jumped = true
		c.mode, c.floor = behind, later(guess, c.stamp)
	case off <= Believe && now.Synced:
		jumped = true
		c.trust(now)
	default:
		jumped = true
		c.mode, c.leap, c.since = leapt, now.Wall, now.Mono
	}
	return jumped
}

// Tell takes the word of somebody who may sign for this door, just signed in answer to a
// nonce, on what time it is. It reports false, and changes nothing, if that would be before
// the floor, or, with no clock that agrees, further ahead than is plausible. Where the clock agrees, the
// clock counts; else the word does, and goes on by the monotonic clock.
func (c *Clock) Tell(at time.Time, now Clocks) bool {
	if at.Before(c.stamp.Add(-Agree)) {
		return false
	}
	if now.Wall.Sub(at).Abs() <= Agree && !now.Wall.Before(c.stamp.Add(-Tolerance)) {
		if !c.plausible(now.Wall, now) {
			c.first = moment{now.Wall, now.Mono} // two agree
		}
		c.trust(now)
		return true
	}
	if !c.plausible(at, now) {
		return false
	}
	c.mode, c.known, c.wall, c.mono = told, true, later(at, c.stamp), now.Mono
	c.begin()
	return true
}

// Anchor is the trusted time now, for New in the gate's next life; none while it is not sure.
func (c *Clock) Anchor(boot string) Anchor {
	if boot == "" || c.mode != sure && c.mode != told {
		return Anchor{}
	}
	return Anchor{Boot: boot, Wall: c.wall, Mono: c.mono}
}

func (c *Clock) guess(mono time.Duration) time.Time { return c.wall.Add(mono - c.mono) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (c *Clock) trust(now Clocks) {
	c.mode, c.known, c.wall, c.mono = sure, true, now.Wall, now.Mono
	c.begin()
}

// begin remembers what was first confirmed.
func (c *Clock) begin() {
	if c.first == (moment{}) {
		c.first = moment{c.wall, c.mono}
	}
}

// plausible reports whether one witness alone may say that it is at, as far as anything is known.
func (c *Clock) plausible(at time.Time, now Clocks) bool {
	return c.first == (moment{}) || at.Sub(c.first.wall) <= now.Mono-c.first.mono+Plausible
}

// stands reports whether the clock has gone on evenly since it leapt.
func (c *Clock) stands(now Clocks) bool {
	return now.Wall.Sub(c.leap.Add(now.Mono-c.since)).Abs() <= Tolerance
}

// leapBy is how far the clock leapt.
func (c *Clock) leapBy() time.Duration { return c.leap.Sub(c.guess(c.since)) }
