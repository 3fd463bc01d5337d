// Package typing collects the keys of a keypad into what was typed. It is pure: time is an
// argument.
package typing

import (
	"time"

	"vestibule/hub/pass"
)

// Idle is how long a person may stop and think; then what was typed is forgotten, so that
// the next one does not go on where the last one left.
const Idle = 20 * time.Second

// Line is what is being typed. Its zero value is an empty line.
type Line struct {
	digits [pass.CodeDigits]byte
	n      int
	last   time.Duration
}

// Press takes a key, '0' to '9', '*' or '#', at a monotonic time. When it completes a try,
// done is true and typed is what was typed: nine digits, or fewer when # ended it. * clears
// the line.
func (l *Line) Press(key byte, now time.Duration) (typed string, done bool) {
	if l.n > 0 && now-l.last >= Idle {
		l.Clear()
	}
	l.last = now
	switch {
	case key == '*':
		l.Clear()
		return "", false
	case key == '#':
		if l.n == 0 {
			return "", false
		}
	case key >= '0' && key <= '9':
		l.digits[l.n] = key
		l.n++
		if l.n < len(l.digits) {
			return "", false
		}
	default:
		return "", false
	}
	typed = string(l.digits[:l.n])
	l.Clear()
	return typed, true
}

// Clear forgets what was typed.
func (l *Line) Clear() { *l = Line{last: l.last} }

// Panic is how long # has to be held to call for help.
const Panic = 3 * time.Second

// Hold notices that # is held down. Its zero value holds nothing.
type Hold struct {
	down bool
	told bool
	at   time.Duration // since when
}

// Key takes a key that goes down or up at a monotonic time.
func (h *Hold) Key(key byte, down bool, now time.Duration) {
	if key == '#' && down != h.down {
		*h = Hold{down: down, at: now}
	}
}

// Due reports, once for each time that it is held, that it was held for [Panic].
func (h *Hold) Due(now time.Duration) bool {
	due := h.down && !h.told && now-h.at >= Panic
	h.told = h.told || due
	return due
}

// Until says when it will be due; false if it will not.
func (h *Hold) Until() (time.Duration, bool) { return h.at + Panic, h.down && !h.told }
