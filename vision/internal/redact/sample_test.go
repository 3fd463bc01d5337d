package redact

import (
	"testing"

	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
)

// A tint comes with the same frame whatever they show, and from those in the light that was last: not from those in which
// the camera still seeks its exposure.
func TestSampler(t *testing.T) {
	const w, h = 320, 240
	shown := blocks(t, w, h)
	f := raw.New(w, h)
	light := func(v byte) {
		paint(f, shown, func(int, int) byte { return v }, func(int, int) byte { return 40 })
	}
	of := func(v byte) glass.Tint {
		light(v)
		return glass.Measure(f, shown)
	}
	for _, c := range []struct {
		name  string
		lumas func(n int) byte
		want  glass.Tint
	}{
		{"steady", func(int) byte { return 120 }, of(120)},
		{"dark at first", func(n int) byte { return byte(min(20+n*5, 120)) }, of(120)},
		{"dark for long", func(n int) byte { return byte(20 + max(n-Sampled+3, 0)/2*100) }, of(120)},
		{"a flash in between", func(n int) byte {
			if n == Sampled-4 {
				return 220
			}
			return 120
		}, of(120)},
		{"light that never rests", func(n int) byte { return byte(40 + n%2*100) }, of(byte(40 + (Sampled-1)%2*100))},
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
		if n != Sampled || *s.Tint() != c.want {
			t.Errorf("%s: after %d frames, want %d; the tint is right: %v", c.name, n, Sampled, *s.Tint() == c.want)
		}
		light(200)
		if s.Add(f); *s.Tint() != c.want {
			t.Errorf("%s: a later frame changed it", c.name)
		}
	}
}

// What flickers in one light is in a tint by its mean, and not as it was in the last frame.
func TestATintIsTheMeanOfSeveralFrames(t *testing.T) {
	const w, h = 320, 240
	shown := blocks(t, w, h)
	f := raw.New(w, h)
	s := NewSampler(shown)
	for n := range Sampled {
		flicker := func(x, _ int) byte { return byte(111 + 6*(1-2*((n+x*2/w)%2))) }
		paint(f, shown, flicker, func(int, int) byte { return 40 })
		s.Add(f)
	}
	paint(f, shown, func(int, int) byte { return 111 }, func(int, int) byte { return 40 })
	if want := glass.Measure(f, shown); *s.Tint() != want {
		t.Error("the tint is another one than that of the mean")
	}
}

// left is somebody at the left of the picture.
func left() (s glass.Shadow) {
	for row := 2; row < glass.Rows; row++ {
		s.Set(row, 1)
		s.Set(row, 2)
	}
	return s
}

// A shadow fades in over its pictures, stays, fades out, and is gone at once when it is cleared.
func TestShadowComesAndGoes(t *testing.T) {
	const w, h, fade = 320, 240, 6
	cfg := Config{Width: w, Height: h, Zone: blocks(t, w, h), Nonce: [16]byte{3}, Fade: fade}
	r, bare := New(cfg), New(cfg)
	f := raw.New(w, h)
	dark := func() int { // how much darker the left is than without
		p, q := r.Compose(f), bare.Compose(f)
		sum := 0
		for y := h / 2; y < h; y++ {
			sum += int(q.Y[y*w+w/8]) - int(p.Y[y*w+w/8])
		}
		return sum
	}
	if dark() != 0 {
		t.Fatal("there is a shadow from the beginning")
	}
	r.SetShadow(left())
	last := 0
	for n := range 2 * fade {
		d := dark()
		if d < last || n == 0 && d > 1000 || n >= fade && d != last {
			t.Errorf("picture %d: %d after %d", n, d, last)
		}
		last = d
	}
	if last < 30*h/2 {
		t.Errorf("the shadow is %d dark", last)
	}
	full := last
	r.SetShadow(glass.Shadow{})
	for n := range fade {
		if d := dark(); d > last || n == 0 && d < full/2 {
			t.Errorf("picture %d on the way out: %d after %d", n, d, last)
		} else {
			last = d
		}
	}
	if last != 0 {
		t.Errorf("%d is left of it", last)
	}
	r.SetShadow(left())
	for range fade {
		dark()
	}
	r.ClearShadow()
	for range ring {
		if d := dark(); d != 0 {
			t.Errorf("cleared, %d is left of it", d)
		}
	}
}

// A shadow stays where it is when the glass gets its colours.
func TestShadowOutlivesSettling(t *testing.T) {
	const w, h = 320, 240
	tint := glass.Tint{1, 2, 3, 200: 90}
	for _, before := range []int{3, 20} { // pictures: on the way in, and all there
		fade := before % 2 * 5
		cfg := Config{Width: w, Height: h, Zone: blocks(t, w, h), Blur: true, Fade: fade}
		late := New(cfg)
		cfg.Tint = &tint
		first := New(cfg)
		f := raw.New(w, h)
		for _, r := range []*Redactor{late, first} {
			r.SetShadow(left())
			for range before {
				r.Compose(f)
			}
		}
		late.Settle(tint)
		for n := range 4 {
			if !same(late.Compose(f), first.Compose(f)) {
				t.Errorf("after %d pictures: picture %d after settling is another than if it had been settled before", before, n)
			}
		}
	}
}
