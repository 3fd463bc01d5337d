//go:build !race

package stand_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/stand"
	"vestibule/vision/internal/zone"
)

// drawn is a place made of lines and boxes, for tests that want no library.
func drawn(seed uint64, w, h int) *grey {
	r := rand.New(rand.NewPCG(seed, 2))
	g := newGrey(w, h)
	for i := range g.pix {
		g.pix[i] = byte(100 + 60*(i/w)/h)
	}
	for range 60 {
		x0, y0 := r.IntN(w), r.IntN(h)
		x1, y1 := x0+r.IntN(w/6)+4, y0+r.IntN(h/6)+4
		v := byte(30 + r.IntN(190))
		for y := y0; y < min(y1, h); y++ {
			for x := x0; x < min(x1, w); x++ {
				g.pix[y*w+x] = v
			}
		}
	}
	return g
}

// bare is a stage of which nothing is real.
func bare(tb testing.TB, seed uint64, w, h int, corners ...zone.Point) *stage {
	tb.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	elsewhere := drawn(seed+1, w, h)
	s := &stage{w: w, h: h, rnd: r, world: newGrey(w, h), back: drawn(seed, w, h), other: func() *grey { return elsewhere }, grain: make([]int8, 1<<16+w)}
	for i := range s.grain {
		s.grain[i] = int8(max(min(r.NormFloat64()*16, 127), -127))
	}
	b, err := zone.Shrink([][]zone.Point{corners}, false, w, h)
	if err != nil {
		tb.Fatal(err)
	}
	s.blocks = b
	s.x1, s.y1 = float64(w), float64(h)
	return s
}

// doorway is a zone of a fifth of the picture, wide one of nearly 60 %.
var (
	doorway = []zone.Point{{X: 3600, Y: 400}, {X: 6200, Y: 400}, {X: 6200, Y: 9800}, {X: 3600, Y: 9800}}
	wide    = []zone.Point{{X: 1500, Y: 700}, {X: 8500, Y: 700}, {X: 8500, Y: 9200}, {X: 1500, Y: 9200}}
)

func BenchmarkLook(b *testing.B) {
	for _, c := range []struct {
		name    string
		w, h    int
		corners []zone.Point
		moment  func(m *moment)
	}{
		{"720p doorway", 1280, 720, doorway, func(*moment) {}},
		{"720p doorway, half of it hidden", 1280, 720, doorway, func(m *moment) {
			m.bodies = []body{{look: drawn(9, 300, 600), wide: 230, high: 500, x: 600, y: 700}}
		}},
		{"720p doorway, bumped", 1280, 720, doorway, func(m *moment) { m.dx = 9 }},
		{"720p doorway, turned away", 1280, 720, doorway, func(m *moment) { m.away = true }},
		{"720p wide", 1280, 720, wide, func(*moment) {}},
		{"1080p doorway", 1920, 1080, doorway, func(*moment) {}},
		{"320x240 doorway", 320, 240, doorway, func(*moment) {}},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := bare(b, 5, c.w, c.h, c.corners...)
			f := raw.New(c.w, c.h)
			var hand stagehand
			ref, err := hand.reference(s, f)
			if err != nil {
				b.Fatal(err)
			}
			w, err := stand.New(s.blocks, c.w, c.h, ref)
			if err != nil {
				b.Fatal(err)
			}
			var frames []*raw.Frame
			for range 4 {
				m := calm()
				c.moment(&m)
				f := raw.New(c.w, c.h)
				s.shoot(m, f)
				frames = append(frames, f)
			}
			at := time.Duration(0)
			b.ReportAllocs()
			b.ResetTimer()
			// A frame of 30 a second; every sixth is looked at.
			for n := range b.N {
				f := frames[n/6%len(frames)]
				at += time.Second / 30
				f.At = at
				w.Look(f)
			}
		})
	}
}
