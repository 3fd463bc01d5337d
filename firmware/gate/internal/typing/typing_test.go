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
