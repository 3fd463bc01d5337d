//go:build !race

package shadow_test

import (
	"image"
	"math"
	"math/rand/v2"

	"vestibule/vision/internal/raw"
)

// person is somebody in the clothes of one case.
type person struct {
	tall, stout                 float64 // metres; a factor
	jacket, trousers, skin, cap ycc
	fold                        float64 // depth of the folds and stripes in the clothes
	stripe                      float64 // stripes on the jacket for each metre; 0 none
	seed                        uint64
}

// somebody is made up. plain is how little their clothes show of folds.
func somebody(rnd *rand.Rand, plain float64) person {
	p := person{
		tall: between(rnd, 1.55, 1.92), stout: between(rnd, 0.85, 1.25), seed: rnd.Uint64(),
		jacket:   someColour(rnd, 0.02, 0.6, 0.5).ycc(),
		trousers: someColour(rnd, 0.01, 0.3, 0.3).ycc(),
		cap:      someColour(rnd, 0.01, 0.4, 0.5).ycc(),
		fold:     between(rnd, 0.1, 0.45) * (1 - plain),
	}
	tan := between(rnd, 0.06, 0.5)
	p.skin = rgb{tan, tan * 0.62, tan * 0.45}.ycc()
	if rnd.IntN(3) == 0 {
		p.stripe = between(rnd, 3, 9)
	}
	return p
}

// stance is where somebody is and how they stand.
type stance struct {
	x, z  float64 // metres
	phase float64 // of the steps, in radians
	going float64 // 0 stands .. 1 walks
	side  float64 // -1 walks to the left .. 1 to the right, 0 towards or away
	light float64 // what falls on them, as a factor of the signal
}

// draw paints the person and marks the truth's points that they cover. A person behind the far wall is seen
// through the doorway only.
func (r *room) draw(f *raw.Frame, p person, s stance, t *truth) {
	clip := image.Rect(0, 0, r.w, r.h)
	if s.z > r.wallZ {
		clip = r.doorBox
	}
	if s.z < 0.4 {
		return
	}
	k := p.tall / 1.75
	at := func(dx, h float64) pt { return r.at(s.x+dx*p.stout, h*k, s.z) }
	scale := r.scale * r.wallZ / s.z * k
	swing := math.Sin(s.phase) * s.going
	stride := 0.28 * swing * max(math.Abs(s.side), 0.25)
	turn := 1 - 0.35*math.Abs(s.side) // a person seen from the side is narrower
	bob := 0.02 * math.Abs(swing)

	foot := at(0, 0)
	shine(f, blob(pt{foot.x, foot.y}, 0.42*scale, 0.09*scale, 0.6), clip, 0.72, 0, 0) // the shade that they stand in

	part := func(c ycc, r0, r1 float64, a, b pt, fold, stripe float64) {
		sh := capsule(a, b, r0*scale*p.stout, r1*scale*p.stout)
		c.y, c.cb, c.cr = c.y*s.light, c.cb*s.light, c.cr*s.light
		folds := grainy(0.09*scale, fold, p.seed)
		mid, wide := (a.x+b.x)/2, max(r0, r1)*scale*p.stout
		lay(f, sh, clip, c, func(q pt) float64 {
			u := min(max((q.x-mid)/wide, -1), 1)
			v := (0.72 + 0.28*math.Sqrt(1-u*u) + 0.08*u) * folds(pt{q.x - foot.x, q.y - foot.y})
			if stripe > 0 && math.Mod((foot.y-q.y)/scale*stripe+100, 1) < 0.4 {
				v *= 1.5
			}
			return v
		})
		t.mark(sh, clip)
	}
	for i, sgn := range [2]float64{-1, 1} {
		step := stride * sgn
		lift := 0.07 * max(0, swing*sgn)
		hip, knee := at(sgn*0.09*turn, 0.86+bob), at(sgn*0.1*turn+step*0.6, 0.48+lift)
		ankle := at(sgn*0.1*turn+step*1.2, 0.08+lift)
		part(p.trousers, 0.095, 0.07, hip, knee, p.fold, 0)
		part(p.trousers, 0.07, 0.055, knee, ankle, p.fold, 0)
		part(p.trousers, 0.045, 0.045, ankle, at(sgn*0.1*turn+step*1.2+0.1*s.side, 0.04+lift), 0, 0)
		_ = i
	}
	part(p.jacket, 0.17*turn, 0.2*turn, at(0, 0.95+bob), at(0, 1.32+bob), p.fold, p.stripe)
	for _, sgn := range [2]float64{-1, 1} {
		arm := -stride * sgn
		shoulder, elbow := at(sgn*0.2*turn, 1.37+bob), at(sgn*0.25*turn+arm*0.5, 1.1+bob)
		hand := at(sgn*0.23*turn+arm*1.1+0.05*s.side, 0.85+bob)
		part(p.jacket, 0.065, 0.055, shoulder, elbow, p.fold, p.stripe)
		part(p.jacket, 0.055, 0.045, elbow, hand, p.fold, p.stripe)
		part(p.skin, 0.045, 0.045, hand, hand, 0, 0)
	}
	part(p.skin, 0.055, 0.055, at(0, 1.42+bob), at(0, 1.55+bob), 0, 0)
	part(p.skin, 0.1, 0.095, at(0, 1.58+bob), at(0, 1.65+bob), 0.1, 0)
	part(p.cap, 0.1, 0.1, at(0, 1.68+bob), at(0, 1.7+bob), p.fold, 0)
}

// capsule is a line with round ends, r0 wide at a and r1 at b.
func capsule(a, b pt, r0, r1 float64) shape {
	r := max(r0, r1) + 1
	dx, dy := b.x-a.x, b.y-a.y
	n := dx*dx + dy*dy
	return shape{func(p pt) float64 {
		t := 0.0
		if n > 0 {
			t = min(max(((p.x-a.x)*dx+(p.y-a.y)*dy)/n, 0), 1)
		}
		d := math.Hypot(p.x-a.x-t*dx, p.y-a.y-t*dy)
		return min(max(r0+(r1-r0)*t-d+0.5, 0), 1)
	}, min(a.x, b.x) - r, min(a.y, b.y) - r, max(a.x, b.x) + r, max(a.y, b.y) + r}
}

// truth is where somebody is, on points of which a cell has 8x8.
type truth struct {
	w, h int
	on   [72][128]bool
}

func (t *truth) mark(s shape, clip image.Rectangle) {
	if t == nil {
		return
	}
	sx, sy := float64(t.w)/128, float64(t.h)/72
	for j := max(int(s.y0/sy)-1, 0); j < min(int(s.y1/sy)+2, 72); j++ {
		for i := max(int(s.x0/sx)-1, 0); i < min(int(s.x1/sx)+2, 128); i++ {
			p := pt{(float64(i) + 0.5) * sx, (float64(j) + 0.5) * sy}
			if image.Pt(int(p.x), int(p.y)).In(clip) && s.in(p) > 0.5 {
				t.on[j][i] = true
			}
		}
	}
}

// cover is how much of each cell is covered, 0..1.
func (t *truth) cover() (c [9][16]float64) {
	for j := range t.on {
		for i, on := range t.on[j] {
			if on {
				c[j/8][i/8] += 1.0 / 64
			}
		}
	}
	return c
}
