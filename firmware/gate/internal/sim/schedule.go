package sim

import (
	"time"
)

// A pass in Move.B's 16 bits: the terms that matter for an opening.
const (
	soon    = 3 << 0 // it begins in 5 s
	now     = 2 << 0 // it begins in a millisecond
	minutes = 2 << 3 // it lasts 10 minutes
	seconds = 0 << 3 // it lasts 10 s
	thrice  = 3 << 5 // entries
	aMinute = 3 << 7 // of grace
	tenSecs = 1 << 7
	seen    = 1 << 9 // a camera is needed
	offline = 1 << 11
)

// openings are how schedules begin: where it gets interesting. They are moves like any other,
// so that a story can be told, and shortened, from its true beginning.
var openings = [...][]Move{
	{},
	{ // a window is planned
		{SignPass, 0, soon | minutes | thrice | aMinute | seen},
		{GivePass, 0, 0},
	},
	{ // two windows, one after the other
		{SignPass, 0, soon | seconds | thrice | tenSecs | seen},
		{SignPass, 1, 4 | minutes | seen | tenSecs},
		{GivePass, 0, 0},
		{GivePass, 1, 0},
		{Until, dueFrom, 1},
	},
	{ // a window is open, and the camera sleeps
		{SignPass, 0, now | minutes | thrice | tenSecs | seen | offline},
		{GivePass, 0, 0},
		{Wait, 4, 0},
	},
	{ // and a code waits for it
		{SignPass, 0, now | minutes | thrice | tenSecs | seen | offline},
		{GivePass, 0, 0},
		{Wait, 4, 0},
		{Stall, 1, 0},
		{Type, 0, 0},
	},
	{ // and somebody has called
		{SignPass, 0, now | minutes | thrice | tenSecs | seen | offline},
		{GivePass, 0, 0},
		{Wait, 4, 0},
		{Call, 0, 0},
		{Wait, 4, 0},
	},
	{ // and the disk is slow
		{SignPass, 0, now | minutes | thrice | tenSecs | seen | offline},
		{GivePass, 0, 0},
		{Wait, 4, 0},
		{Call, 1, 0},
		{Wait, 4, 0},
		{Disk, diskSlow, 0},
	},
	{ // a courier has been let in
		{SignPass, 0, now | minutes | thrice | tenSecs | seen | offline},
		{GivePass, 0, 0},
		{Wait, 4, 0},
		{Type, 0, 0},
		{Wait, 3, 0},
		{Pull, 0, 0},
	},
	{ // and has come out again
		{SignPass, 0, now | minutes | thrice | aMinute | seen | offline},
		{GivePass, 0, 0},
		{Wait, 4, 0},
		{Type, 0, 0},
		{Wait, 3, 0},
		{Pull, 0, 0},
		{Wait, 3, 0},
		{Shut, 0, 0},
		{Wait, 3, 0},
	},
	{ // a window follows another whose current does not seem to end
		{SignPass, 0, now | seconds | thrice | tenSecs | offline},
		{GivePass, 0, 0},
		{Wait, 11, 0},
		{Wait, 0, 0},
		{SignPass, 1, soon | minutes | thrice | tenSecs | offline},
		{GivePass, 1, 0},
		{Wait, 10, 0},
		{Type, 0, 0},
		{CoilIll, coilMute, 0},
		{Wait, 9, 0},
		{Type, 1, 0},
	},
	{ // somebody has guessed
		{SignPass, 0, now | minutes | thrice | tenSecs | offline},
		{GivePass, 0, 0},
		{Wait, 4, 0},
		{Type, 0, uint16(codeWrong)},
		{Type, 0, uint16(codeWrong)},
		{Type, 0, uint16(codeWrong)},
	},
	{ // and guessed, at the keypad
		{SignPass, 0, now | minutes | thrice | tenSecs | offline},
		{GivePass, 0, 0},
		{Wait, 4, 0},
		{Type, 0, uint16(codeWrong)},
		{Type, 0, uint16(codeWrong)},
		{Type, 0, uint16(codeWrong)},
		{Until, dueSlow, 1},
		{Type, 0, uint16(codeWrong)},
		{Until, dueSlow, 1},
		{Type, 0, uint16(codeWrong)},
		{Until, dueSlow, 1},
		{Type, 0, uint16(codeWrong)},
		{Type, 0, uint16(codeWrong) | uint16(byPage)<<8},
		{Until, dueSlow, 1},
	},
	{ // and guesses whatever befalls gate
		{SignPass, 0, now | minutes | thrice | tenSecs | offline},
		{GivePass, 0, 0},
		{Wait, 4, 0},
		{Type, 0, uint16(codeWrong) | uint16(byPage)<<8},
		{Type, 0, uint16(codeWrong) | uint16(byPage)<<8},
		{Type, 0, uint16(codeWrong)},
		{Disk, diskSlow, 0},
		{Type, 0, uint16(codeWrong)},
		{Crash, 0, 0},
		{Type, 0, uint16(codeWrong)},
	},
	{ // and on the page
		{SignPass, 0, now | minutes | thrice | tenSecs | offline},
		{GivePass, 0, 0},
		{Wait, 4, 0},
		{Type, 0, uint16(codeWrong)},
		{Type, 0, uint16(codeWrong)},
		{Type, 0, uint16(codeWrong)},
		{Type, 0, uint16(codeWrong) | uint16(byPage)<<8},
		{Type, 0, uint16(codeWrong) | uint16(byPage)<<8},
		{Type, 0, uint16(codeWrong) | uint16(byPage)<<8},
		{Until, dueSlow, 1},
		{Type, 0, uint16(codeWrong) | uint16(byPage)<<8},
		{Until, dueSlow, 1},
		{Type, 0, uint16(codeWrong) | uint16(byPage)<<8},
		{Until, dueSlow, 1},
	},
}

// player plays schedules, one after the other, on worlds of its own. It is for one goroutine.
type player struct {
	openings [len(setups)][len(openings)]World
	world    World
	chooser  *chooser
	record   []Move // if not nil, what was played
	steps    uint64
	opened   uint64
}

func newPlayer() *player {
	p := &player{chooser: newChooser()}
	for s := range setups {
		for i := range openings {
			w := NewWorld()
			for _, m := range begin(s, i) {
				w.Play(m)
			}
			p.openings[s][i] = *w
		}
	}
	return p
}

// begin is how a schedule begins at a door of a setup.
func begin(setup, opening int) []Move {
	return append([]Move{{Build, uint8(setup), 0}}, openings[opening]...)
}

// play plays schedule n of a seed, to its end. It allocates nothing as long as all holds.
func (p *player) play(seed, n uint64) Broken {
	c := p.chooser
	c.random.Seed(seed, n)
	r := c.random.Uint64()
	which, setup := int(r%uint64(len(openings))), 0
	if x := int(r >> 8 & 15); x < len(setups) { // most doors have it all
		setup = x
	}
	w := &p.world
	*w = p.openings[setup][which]
	if p.record != nil {
		p.record = append(p.record[:0], begin(setup, which)...)
	}
	before, pulses := w.steps, w.pulses
	for range 14 + r>>32&31 {
		m := c.next(w)
		if p.record != nil {
			p.record = append(p.record, m)
		}
		w.Play(m)
		if w.full || w.broken.What != Holds {
			break
		}
	}
	w.Rest()
	p.steps += uint64(w.steps - before)
	p.opened += uint64(w.pulses - pulses)
	return w.broken
}

// Replay plays moves from the beginning of a world, to its rest.
func Replay(moves []Move, tell func(string)) Broken {
	w := NewWorld()
	w.tell = tell
	for _, m := range moves {
		w.Play(m)
	}
	w.Rest()
	return w.broken
}

// Rest lets the world become quiet: what is broken is mended, the door is shut, nobody comes.
// Then the door is locked, the camera has no power, and no visit goes on.
func (w *World) Rest() {
	if w.broken.What != Holds {
		return
	}
	if w.tell != nil {
		w.tell("  then all is mended, somebody shuts the door, and nobody comes any more")
	}
	w.full = false
	w.crashIn = 0
	w.door.doorLie, w.door.boltLie = honest, honest
	w.ill(coilWell)
	w.disk.mode = diskFast
	w.diskSays(true)
	w.settle()
	w.eye.stalled = true
	if w.door.cover || w.door.coverLate {
		w.door.cover = false
		w.readCover()
	}
	w.swing(false)
	w.readDoor()
	w.readBolt()
	w.settle()
	w.pass(6 * time.Second)
	w.pass(4 * time.Minute)
	for range 12 {
		if w.account.about() < 0 || w.broken.What != Holds {
			break
		}
		w.pass(time.Hour)
	}
	w.account.checkShown(w)
	if w.broken.What != Holds {
		return
	}
	switch a := &w.account; {
	case w.owing > 0:
		w.breaks(Waits, "at rest, and try %d has no answer", w.owed[0])
	case !w.door.locked():
		w.breaks(AtRest, "at rest, and the door is not locked: current %v", w.door.current)
	case !w.state.Locked() && !w.setup.NoBolt:
		w.breaks(AtRest, "at rest, and gate does not know that the door is locked")
	case w.gate.power:
		w.breaks(AtRest, "at rest, and the camera has power")
	case a.held || a.forced || a.loud || a.visited() >= 0 || a.relock && !w.setup.NoBolt:
		w.breaks(AtRest, "at rest, and held %v, forced %v, loud %v, visited %d, relock %v", a.held, a.forced, a.loud, a.visited(), a.relock)
	}
}
