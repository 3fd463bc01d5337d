package redact

import (
	"testing"

	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
)

// A tint comes from frames in one light: not from those in which the camera still seeks its exposure.
func TestSampler(t *testing.T) {
	const w, h = 320, 240
	shown := blocks(t, w, h)
	f := raw.New(w, h)
	light := func(v byte) {
		paint(f, shown, func(int, int) byte { return v }, func(int, int) byte { return 40 })
	}
	light(120)
	want := glass.Measure(f, shown)
	for _, c := range []struct {
		name   string
		lumas  func(n int) byte
		frames int
	}{
		{"steady", func(int) byte { return 120 }, sampled},
		{"dark at first", func(n int) byte { return byte(min(20+n*5, 120)) }, 20 + sampled},
		{"a flash in between", func(n int) byte {
			if n == 5 {
				return 220
			}
			return 120
		}, 6 + sampled},
	} {
		s := NewSampler(shown)
		n := 0
		for done := false; !done; n++ {
			if s.Tint() != nil {
				t.Fatalf("%s: a tint before it is done", c.name)
			}
			light(c.lumas(n))
			done = s.Add(f)
		}
		if n != c.frames || *s.Tint() != want {
			t.Errorf("%s: after %d frames, want %d; the tint is right: %v", c.name, n, c.frames, *s.Tint() == want)
		}
		light(200)
		if s.Add(f); *s.Tint() != want {
			t.Errorf("%s: a later frame changed it", c.name)
		}
	}
}

// A light that never rests is waited for only so long.
func TestSamplerGivesUpWaiting(t *testing.T) {
	s := NewSampler(blocks(t, 320, 240))
	f := raw.New(320, 240)
	n := 0
	for done := false; !done && n < 1000; n++ {
		for i := range f.Y {
			f.Y[i] = byte(40 + n%2*100)
		}
		done = s.Add(f)
	}
	if n != mostWait {
		t.Errorf("%d frames", n)
	}
}
