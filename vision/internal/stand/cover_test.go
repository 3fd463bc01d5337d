//go:build !race

package stand_test

import (
	"math"
	"math/rand/v2"

	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/zone"
)

// cover is what somebody holds before the lens. It comes from one side, and goes back there. It stays where it is
// when the camera turns.
type cover struct {
	share  float64 // of the picture that is behind it: 0 for none
	side   int     // 0 left, 1 above, 2 right, 3 below
	soft   float64 // so much of the picture is its blurred edge
	look   *grey   // as large as the picture
	dx, dy int     // by which look is displaced
}

// over draws the cover over a frame's zone.
func (c *cover) over(s *stage, f *raw.Frame, noise float64) {
	if c.share <= 0 {
		return
	}
	edge := c.share * (1 + c.soft)
	for _, run := range s.blocks.Runs() {
		for y := run.Y; y < run.Y+zone.Block; y++ {
			grain := s.grain[s.rnd.Uint32()>>16:]
			dst := f.Y[y*s.w+run.X : y*s.w+run.X+run.N]
			for i := range dst {
				x := run.X + i
				var in float64 // from the side
				switch c.side {
				case 0:
					in = float64(x) / float64(s.w)
				case 1:
					in = float64(y) / float64(s.h)
				case 2:
					in = 1 - float64(x)/float64(s.w)
				default:
					in = 1 - float64(y)/float64(s.h)
				}
				a := min(max((edge-in)/max(c.soft, 1e-6), 0), 1)
				if a == 0 {
					continue
				}
				v := float64(c.look.pix[(y+c.dy)%s.h*s.w+(x+c.dx)%s.w]) + float64(grain[i])*noise/16
				dst[i] = byte(min(max(float64(dst[i])*(1-a)+v*a+0.5, 0), 255))
			}
		}
	}
}

// A cover is black, as a thumb on the lens is; even, as a hand or a sheet of paper before it is; or has a pattern, and moves.
const (
	blackCover = iota
	evenCover
	patternedCover
)

// covered has somebody hold a cover before the lens, from a random time on, turn the camera behind it, and take it
// away. The bump is when it is gone. A camera is not turned by to its zero value.
func covered(s *stage, l *library, r *rand.Rand, base func(at float64) moment, sort int, to func(*moment)) script {
	c := cover{side: r.IntN(4), soft: between(r, 0.005, 0.15), look: newGrey(s.w, s.h)}
	low, tilt, slope := between(r, 5, 34), 2.0, 2*math.Pi*r.Float64()
	if sort == evenCover {
		low, tilt = between(r, 50, 200), between(r, 0, 30)
	}
	sin, cos := math.Sincos(slope)
	for i := range c.look.pix {
		c.look.pix[i] = byte(min(max(low+tilt*(cos*float64(i%s.w)/float64(s.w)+sin*float64(i/s.w)/float64(s.h)), 0), 255))
	}
	if sort == patternedCover {
		c.look = l.photos[r.IntN(len(l.photos))].cover(s.w, s.h, r)
	}
	quick := func() float64 { return float64(r.IntN(3)) / 2 * between(r, 0, 2.4) } // at once in a third of all cases
	begun, comes, held, goes := between(r, 1, 2), quick(), between(r, 1, 4), quick()
	turned := begun + comes + held*r.Float64()
	off := begun + comes + held + goes
	return script{until: off + 4, bump: off, covered: true, play: func(t float64) moment {
		m := base(t)
		c := c
		switch {
		case t < begun || t > off:
		case t < begun+comes:
			c.share = (t - begun) / comes
		case t < begun+comes+held:
			c.share = 1
		default:
			c.share = (off - t) / goes
		}
		if sort == patternedCover {
			c.dx, c.dy = int(float64(s.w)*(1+0.1*math.Sin(5*t))), int(float64(s.h)*(1+0.1*math.Sin(3.1*t)))
		}
		m.cover = c
		if t >= turned {
			to(&m)
		}
		return m
	}}
}

// elsewhere is a turn that leaves nothing of the zone where it was.
func elsewhere(r *rand.Rand) func(m *moment) {
	to := shift(r, 80, 300)
	switch r.IntN(3) {
	case 1:
		to = calm()
		to.away = true
	case 2:
		to = calm()
		to.round = sign(r) * between(r, 3, 10)
	}
	return func(m *moment) { m.dx, m.dy, m.round, m.away = to.dx, to.dy, to.round, to.away }
}

// covers has its cases after those of all other kinds, whose chance is drawn by their place.
func covers() []kind {
	behind := func(sort int) func(*stage, *library, *rand.Rand) script {
		return func(s *stage, l *library, r *rand.Rand) script {
			return covered(s, l, r, standing(r), sort, elsewhere(r))
		}
	}
	return []kind{
		{"turned behind a black cover", behind(blackCover), [3]float64{0.02, 0.03, 0.1}},
		{"turned behind an even cover", behind(evenCover), [3]float64{0.02, 0.06, 0.1}},
		{"turned behind a patterned cover", behind(patternedCover), [3]float64{0.35, 0.6, 0.45}},
		{"a cover that comes and goes", func(s *stage, l *library, r *rand.Rand) script {
			sc := covered(s, l, r, standing(r), r.IntN(3), func(*moment) {})
			sc.bump, sc.bare = 0, sc.bump
			return sc
		}, [3]float64{0.01, 0.03, 0.03}},
	}
}
