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
