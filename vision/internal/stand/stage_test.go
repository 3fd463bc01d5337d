//go:build !race

package stand_test

import (
	"math"
	"math/rand/v2"
	"sync"

	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/zone"
)

// moment is what the world and the camera are at one time.
type moment struct {
	dx, dy, round, zoom float64 // the camera: pixels of 720p, degrees, parts
	door                float64 // 0 shut .. 1 open
	bodies              []body
	away                bool    // the camera looks at something else altogether
	light, gamma        float64 // 1 as it was
	side                float64 // light that comes from one side, -1..1
	shadow              float64 // where its edge is, in parts of the zone's width; 0 for none
	lamp                bool
	noise               float64 // luma steps
	cover               cover
}

func calm() moment { return moment{zoom: 1, light: 1, gamma: 1, noise: 1.4} }

// body is what may stand before the camera.
type body struct {
	look, mask *grey
	wide, high float64 // pixels
	x, y       float64 // the middle of its foot
}

// stage is a place with a door, and a camera's zone around it.
type stage struct {
	w, h           int
	blocks         *zone.Blocks
	x0, y0, x1, y1 float64      // the zone's box, in pixels
	back           *grey        // the place, the door shut
	beyond         *grey        // what is behind the door
	film           []*grey      // where what stands there is filmed: its pictures, of which each is shown once
	left, top      int          // the part of them that is shown
	other          func() *grey // another place
	l, t, r, b     float64      // the door
	lampX, lampY   float64
	world          *grey
	rnd            *rand.Rand
	grain          []int8 // of noise, in 1/16 of its deviation
}

// sizes are the pictures' by turns, and filmed those of what is filmed, as large as the film at the most.
var (
	sizes  = [...][2]int{{1280, 720}, {640, 480}, {320, 240}, {640, 480}, {320, 240}, {1280, 720}, {640, 360}, {320, 240}, {720, 1280}}
	filmed = [...][2]int{{640, 480}, {320, 240}, {640, 360}, {480, 560}}
)

// newStage makes a place of real pictures: what stands there, and what is behind its door. Where
// there is a film, it is the place.
func newStage(l *library, r *rand.Rand, w, h int, film []*grey) *stage {
	s := &stage{w: w, h: h, rnd: r, world: newGrey(w, h), grain: make([]int8, 1<<16+w), film: film}
	any := func() *grey {
		if r.IntN(4) == 0 {
			return l.street[r.IntN(len(l.street))]
		}
		return l.photos[r.IntN(len(l.photos))]
	}
	if film != nil {
		s.back = newGrey(w, h)
		s.left, s.top = r.IntN(film[0].w-w+1), r.IntN(film[0].h-h+1)
	} else {
		s.back = any().cover(w, h, r)
	}
	elsewhere, seed := any(), r.Uint64()
	s.other = sync.OnceValue(func() *grey { return elsewhere.cover(w, h, rand.New(rand.NewPCG(seed, 0))) })
	for i := range s.grain {
		s.grain[i] = int8(max(min(r.NormFloat64()*16, 127), -127))
	}
	for s.blocks == nil {
		s.choose()
	}
	wide, high := s.x1-s.x0, s.y1-s.y0
	// The doorway takes most of the zone; its frame and the floor before it are the rest.
	s.l, s.r = s.x0+(0.17+0.06*r.Float64())*wide, s.x1-(0.17+0.06*r.Float64())*wide
	s.t, s.b = s.y0+(0.05+0.06*r.Float64())*high, s.y1-(0.2+0.1*r.Float64())*high
	s.beyond = any().cover(int(s.r-s.l)+2, int(s.b-s.t)+2, r)
	s.lampX, s.lampY = s.x0+0.15*wide, s.y0+(0.1+0.4*r.Float64())*high
	return s
}

// choose sets the zone: a doorway with the floor before it.
func (s *stage) choose() {
	r := s.rnd
	wide, high := 0.18+0.25*r.Float64(), 0.5+0.45*r.Float64()
	if s.h > s.w {
		wide, high = 0.3+0.35*r.Float64(), 0.4+0.4*r.Float64()
	}
	x, y := (1-wide)*r.Float64(), (1-high)*r.Float64()
	at := func(u, v float64) zone.Point {
		return zone.Point{X: int((x + u*wide) * zone.Unit), Y: int((y + v*high) * zone.Unit)}
	}
	corners := []zone.Point{at(0.1, 0), at(0.9, 0), at(0.9, 0.7), at(1, 1), at(0, 1), at(0.1, 0.7)}
	blocks, err := zone.Shrink([][]zone.Point{corners}, false, s.w, s.h)
	if err != nil {
		return
	}
	s.blocks = blocks
	s.x0, s.y0, s.x1, s.y1 = x*float64(s.w), y*float64(s.h), (x+wide)*float64(s.w), (y+high)*float64(s.h)
}

// compose draws the world as it is.
func (s *stage) compose(m moment) {
	if m.away {
		copy(s.world.pix, s.other().pix)
		return
	}
	if len(s.film) > 0 {
		for y := range s.h {
			copy(s.back.pix[y*s.w:(y+1)*s.w], s.film[0].pix[(s.top+y)*s.film[0].w+s.left:])
		}
		s.film = s.film[1:]
	}
	copy(s.world.pix, s.back.pix)
	if m.door > 0 {
		s.drawDoor(m.door)
	}
	for _, b := range m.bodies {
		s.drawBody(b)
	}
	if m.lamp {
		s.drawLamp()
	}
}

func (s *stage) drawDoor(open float64) {
	sin, cos := math.Sincos(open * 1.4)
	wide, high := s.r-s.l, s.b-s.t
	for y := int(s.t); y < int(s.b); y++ {
		copy(s.world.pix[y*s.w+int(s.l):y*s.w+int(s.r)], s.beyond.pix[(y-int(s.t))*s.beyond.w:])
	}
	// The leaf hangs on the left and comes nearer as it turns.
	mid, dim := s.t+0.4*high, fixed(1-0.35*sin)
	for x := int(s.l); float64(x) < s.l+wide*cos; x++ {
		u := (float64(x) - s.l) / (wide * cos)
		k := 1 + 0.3*sin*u
		bu := fixed(s.l + u*wide)
		for y := max(int(mid-0.4*high*k), 0); y < min(int(mid+0.6*high*k), s.h); y++ {
			v := s.back.sample(bu, fixed(mid+(float64(y)-mid)/k))
			s.world.pix[y*s.w+x] = byte(16 + (v-16*16)*dim>>point/16)
		}
	}
}

func (s *stage) drawBody(b body) {
	x0, y0 := b.x-b.wide/2, b.y-b.high
	near := 0.1 * float64(min(s.w, s.h)) // around the zone, which the camera may be moved by
	left, right := max(x0, s.x0-near, 0), min(x0+b.wide, s.x1+near, float64(s.w))
	du, dm := fixed(float64(b.look.w)/b.wide), 0
	if b.mask != nil {
		dm = fixed(float64(b.mask.w) / b.wide)
	}
	for y := int(max(y0, s.y0-near, 0)); y < int(min(b.y, s.y1+near, float64(s.h))); y++ {
		part, v := (float64(int(left))-x0)/b.wide, (float64(y)-y0)/b.high
		lu, lv := fixed(part*float64(b.look.w)-0.5), fixed(v*float64(b.look.h)-0.5)
		mu, mv, a := 0, 0, 255*16
		if b.mask != nil {
			mu, mv = fixed(part*float64(b.mask.w)-0.5), fixed(v*float64(b.mask.h)-0.5)
		}
		for x := int(left); x < int(right); x++ {
			if b.mask != nil {
				a = b.mask.sample(mu, mv)
			}
			if a > 0 {
				i := y*s.w + x
				s.world.pix[i] = byte((int(s.world.pix[i])*16*(255*16-a) + b.look.sample(lu, lv)*a) / (255 * 256))
			}
			lu += du
			mu += dm
		}
	}
}

func (s *stage) drawLamp() {
	r := 0.07 * min(s.x1-s.x0, s.y1-s.y0)
	for y := max(int(s.lampY-3*r), 0); y < min(int(s.lampY+3*r), s.h); y++ {
		for x := max(int(s.lampX-3*r), 0); x < min(int(s.lampX+3*r), s.w); x++ {
			d := math.Hypot(float64(x)-s.lampX, float64(y)-s.lampY) / r
			a := 1.0
			if d > 1 {
				a = 0.3 * (3 - d) / 2
			}
			if a > 0 {
				i := y*s.w + x
				s.world.pix[i] = byte(float64(s.world.pix[i])*(1-a) + 228*a)
			}
		}
	}
}

// shoot writes the zone's pixels of a moment as the camera sees them.
func (s *stage) shoot(m moment, f *raw.Frame) {
	s.compose(m)
	s.expose(m, f)
	m.cover.over(s, f, m.noise)
}

// expose is shoot for the world as it has been drawn. All of it is linear along a row, and in whole numbers: a
// thousand stages are drawn in a minute.
func (s *stage) expose(m moment, f *raw.Frame) {
	unit := float64(min(s.w, s.h)) / 720
	sin, cos := math.Sincos(-m.round * math.Pi / 180)
	sin, cos = sin/m.zoom, cos/m.zoom
	cx, cy := float64(s.w)/2, float64(s.h)/2
	wide, high := s.x1-s.x0, s.y1-s.y0
	var tone [256*16 + 1]int // by luma in 1/16: 1/256 of a step
	for i := range tone {
		tone[i] = int(256 * 219 * m.light * math.Pow(max(float64(i)/16-16, 0)/219, m.gamma))
	}
	var noise [256]int
	for i := range noise {
		noise[i] = int(256 * (16.5 + float64(int8(i))*m.noise/16))
	}
	for _, run := range s.blocks.Runs() {
		for y := run.Y; y < run.Y+zone.Block; y++ {
			dst := f.Y[y*s.w+run.X : y*s.w+run.X+run.N]
			grain := s.grain[s.rnd.Uint32()>>16:]
			px, py := float64(run.X)-cx-m.dx*unit, float64(y)-cy-m.dy*unit
			u, v := cx+cos*px-sin*py, cy+sin*px+cos*py
			// The light from the side, and the shadow's edge: as factors in 1/one.
			side, shade := 1+m.side*((u-s.x0)/wide-0.5)*1.2, 12*((u-s.x0)/wide+0.3*(v-s.y0)/high-m.shadow)
			a, da := fixed(side), fixed(m.side*1.2*cos/wide)
			b, db := fixed(shade), fixed(12*(cos/wide+0.3*sin/high))
			fu, fv, du, dv := fixed(u), fixed(v), fixed(cos), fixed(sin)
			for i := range dst {
				l := tone[s.world.sample(fu, fv)]
				if m.side != 0 {
					l = l * a >> point
					a += da
				}
				if m.shadow != 0 {
					l = l * (one*45/100 + min(max(b, 0), one)*55/100) >> point
					b += db
				}
				dst[i] = byte(min(max((l+noise[uint8(grain[i])])>>8, 0), 255))
				fu += du
				fv += dv
			}
		}
	}
}
