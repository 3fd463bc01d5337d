package keypad

import (
	"math/bits"
	"time"
)

// Rows and Columns are the size of the matrix.
const (
	Rows    = 4
	Columns = 3
)

// keys are the legends, row by row; a key's number is its place here.
const keys = "123456789*0#"

// picture is the set of keys that are down: bit n stands for keys[n].
type picture uint16

func bit(row, column int) picture { return 1 << (row*Columns + column) }

// ghosts reports whether the picture may hold keys that nobody pressed: three corners of a rectangle
// close the circuit of the fourth. With fewer than three keys down a matrix never lies.
func (p picture) ghosts() bool { return bits.OnesCount16(uint16(p)) > 2 }

// matrix turns scans into keys. It is pure: time is an argument.
//
// A press counts once the same picture has been seen for the press time, a release after the longer
// release time, as contacts bounce most when they open. Two keys may overlap, as fast fingers make
// them do. With three or more down nothing counts until all are up again.
type matrix struct {
	press   time.Duration
	release time.Duration

	down  picture   // keys whose press was told and whose release was not
	seen  picture   // the last scan
	since time.Time // since when seen is what it is
	mute  bool      // three keys were down: wait for none
}

// step takes one scan and appends what it means to events.
func (m *matrix) step(p picture, now time.Time, events []Event) []Event {
	if p != m.seen || m.since.IsZero() {
		m.seen, m.since = p, now
	}
	held := now.Sub(m.since)
	if p.ghosts() && !m.mute && held >= m.press {
		m.mute = true
		events = m.lift(m.down, now, events)
	}
	if m.mute {
		if p == 0 && held >= m.release {
			m.mute = false
		}
		return events
	}
	if p.ghosts() {
		return events
	}
	if gone := m.down &^ p; gone != 0 && held >= m.release {
		events = m.lift(gone, now, events)
	}
	if fresh := p &^ m.down; fresh != 0 && held >= m.press {
		if (m.down | fresh).ghosts() { // no time to wait for the release of what is up
			events = m.lift(m.down&^p, now, events)
		}
		m.down |= fresh
		events = appendKeys(events, fresh, true, now)
	}
	return events
}

// lift tells the release of keys.
func (m *matrix) lift(gone picture, now time.Time, events []Event) []Event {
	m.down &^= gone
	return appendKeys(events, gone, false, now)
}

// idle reports whether nothing is down, nothing is being decided, and scanning may stop.
func (m *matrix) idle(now time.Time) bool {
	return m.seen == 0 && m.down == 0 && !m.mute && now.Sub(m.since) >= m.release
}

// still says for how long the picture has not changed.
func (m *matrix) still(now time.Time) time.Duration { return now.Sub(m.since) }

func appendKeys(events []Event, p picture, down bool, now time.Time) []Event {
	for n := range len(keys) {
		if p&(1<<n) != 0 {
			events = append(events, Event{Key: keys[n], Down: down, At: now})
		}
	}
	return events
}
