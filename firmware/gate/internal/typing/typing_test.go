package typing

import (
	"slices"
	"testing"
	"time"
)

func TestLine(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		name  string
		keys  string // '.' waits for 19.9 s, '_' for 20
		typed []string
	}{
		{"the ninth digit submits", "123456789", []string{"123456789"}},
		{"two codes", "123456789987654321", []string{"123456789", "987654321"}},
		{"# submits what is there", "123#", []string{"123"}},
		{"# alone is nothing", "##", nil},
		{"* clears", "1234*123456789", []string{"123456789"}},
		{"a pause", "1234.56789", []string{"123456789"}},
		{"a long pause clears", "1234_123456789", []string{"123456789"}},
		{"no key", "12x345y6789", []string{"123456789"}},
	} {
		var l Line
		var typed []string
		now := time.Hour
		for _, k := range []byte(c.keys) {
			switch k {
			case '.':
				now += 19*s + 800*time.Millisecond
				continue
			case '_':
				now += 20 * s
				continue
			}
			now += 100 * time.Millisecond
			if text, done := l.Press(k, now); done {
				typed = append(typed, text)
			}
		}
		if !slices.Equal(typed, c.typed) {
			t.Errorf("%s: typed %q, want %q", c.name, typed, c.typed)
		}
	}
}

func TestHold(t *testing.T) {
	const s = time.Second
	for name, c := range map[string]struct {
		keys string // # and 5 go down, h and f up; '.' waits for a second
		due  int
	}{
		"held for 3 s":               {"#...", 1},
		"held for 2 s":               {"#..h.....", 0},
		"pressed again and again":    {"#.h#.h#.h#.h", 0},
		"held on and on":             {"#.........", 1},
		"held twice":                 {"#...h#...h", 2},
		"with other keys meanwhile":  {"#.5.f..", 1},
		"another key":                {"5.....f", 0},
		"let go without being held":  {"h....", 0},
		"said twice that it is down": {"#..#.", 1},
	} {
		var h Hold
		now, due := time.Hour, 0
		for _, k := range []byte(c.keys) {
			switch k {
			case '.':
				now += s
			case 'h':
				h.Key('#', false, now)
			case 'f':
				h.Key('5', false, now)
			default:
				h.Key(k, true, now)
			}
			at, ok := h.Until()
			if got := h.Due(now); got != (ok && at <= now) {
				t.Errorf("%s: due %v at %v, and was to be at %v, %v", name, got, now, at, ok)
			} else if got {
				due++
			}
		}
		if due != c.due {
			t.Errorf("%s: due %d times, want %d", name, due, c.due)
		}
	}
}
