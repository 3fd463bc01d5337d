//go:build !race

package shadow_test

import (
	"image"
	"math"
	"math/rand/v2"

	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/zone"
)

// rgb is linear light or the part of it that a surface gives back.
type rgb [3]float64

// room is a hall that stands still: what its surfaces give back, and where things are.
type room struct {
	w, h   int
	albedo []float32 // red, green, blue for each pixel

	horizon    float64 // the row at the height of the camera's eye
	wallY      float64 // the row where floor and far wall meet
	wallZ      float64 // metres to the far wall
	scale      float64 // pixels for a metre at the far wall
	doorX      float64 // metres, to the right of the camera's axis
	doorW      float64 // metres
	door       shape
	doorBox    image.Rectangle
	mat        [4]pt
	shown      *zone.Blocks
	rnd        *rand.Rand
	furniture  []shape
	brightWall float64
}

const doorHigh = 2.05 // metres

// at is where a point of the hall is in the picture: x metres to the right, h above the floor, z away.
func (r *room) at(x, h, z float64) pt {
	s := r.scale * r.wallZ / z
	return pt{float64(r.w)/2 + x*s, r.horizon + (r.wallY-r.horizon)*r.wallZ/z - h*s}
}

func between(rnd *rand.Rand, a, b float64) float64 { return a + (b-a)*rnd.Float64() }

// newRoom makes up a hall. plain 0..1 is how little pattern there is on its surfaces.
func newRoom(rnd *rand.Rand, w, h int, plain float64) *room {
	for {
		r := &room{w: w, h: h, rnd: rnd}
		fh := float64(h)
		r.wallY = fh * between(rnd, 0.52, 0.75)
		r.scale = fh * between(rnd, 0.36, 0.62) / doorHigh
		eye := between(rnd, 1.4, 2.3)
		r.horizon = r.wallY - eye*r.scale
		r.wallZ = between(rnd, 3, 6.5)
		r.doorW = between(rnd, 0.85, 1.1)
		half := float64(w) / 2 / r.scale
		r.doorX = between(rnd, -half+0.7, half-0.7)
		if r.cutZone() {
			r.surfaces(plain)
			return r
		}
	}
}

// cutZone lays the zone around the doorway and the mat, and reports whether it can be used.
func (r *room) cutZone() bool {
	l, rr := r.doorX-r.doorW/2, r.doorX+r.doorW/2
	a, b := r.at(l, doorHigh, r.wallZ), r.at(rr, 0, r.wallZ)
	r.door = rect(a.x, a.y, b.x, b.y)
	r.doorBox = image.Rect(int(a.x), int(a.y), int(b.x), int(b.y)).Intersect(image.Rect(0, 0, r.w, r.h))
	deep := min(0.9, r.wallZ-1.3)
	r.mat = [4]pt{r.at(l-0.1, 0, r.wallZ), r.at(rr+0.1, 0, r.wallZ), r.at(rr+0.1, 0, r.wallZ-deep), r.at(l-0.1, 0, r.wallZ-deep)}
	unit := func(p pt) zone.Point {
		return zone.Point{
			X: min(max(int(p.x*zone.Unit/float64(r.w)), 0), zone.Unit),
			Y: min(max(int(p.y*zone.Unit/float64(r.h)), 0), zone.Unit),
		}
	}
	margin := 0.12 // metres that the owner's hand leaves around the door
	poly := []zone.Point{
		unit(r.at(l-margin, doorHigh+margin, r.wallZ)), unit(r.at(rr+margin, doorHigh+margin, r.wallZ)),
		unit(r.at(rr+margin, 0, r.wallZ)), unit(r.mat[2]), unit(r.mat[3]), unit(r.at(l-margin, 0, r.wallZ)),
	}
	b1, err := zone.Shrink([][]zone.Point{poly}, false, r.w, r.h)
	r.shown = b1
	return err == nil
}

// someColour is a surface's colour: mostly dull, of the brightness asked for.
func someColour(rnd *rand.Rand, lo, hi, colourful float64) rgb {
	v := between(rnd, lo, hi)
	var c rgb
	for i := range c {
		c[i] = v * math.Exp(rnd.NormFloat64()*colourful)
	}
	return c
}

// pattern gives a surface its texture: a factor at each place.
type pattern func(p pt) float64

// hash01 is a random number that belongs to a lattice point.
func hash01(x, y int, seed uint64) float64 {
	v := seed ^ uint64(uint32(x))*0x9e3779b97f4a7c15 ^ uint64(uint32(y))*0xbf58476d1ce4e5b9
	v ^= v >> 30
	v *= 0xbf58476d1ce4e5b9
	v ^= v >> 27
	v *= 0x94d049bb133111eb
	return float64(v>>40) / (1 << 24)
}

// grainy is smooth noise of a size in pixels.
func grainy(size, depth float64, seed uint64) pattern {
	return func(p pt) float64 {
		x, y := p.x/size, p.y/size
		fx, fy := math.Floor(x), math.Floor(y)
		ix, iy := int(fx), int(fy)
		x, y = x-fx, y-fy
		top := hash01(ix, iy, seed)*(1-x) + hash01(ix+1, iy, seed)*x
		low := hash01(ix, iy+1, seed)*(1-x) + hash01(ix+1, iy+1, seed)*x
		return 1 + depth*2*((top*(1-y)+low*y)-0.5)
	}
}

func stripes(dx, dy, depth float64) pattern {
	return func(p pt) float64 {
		if math.Mod(math.Abs(p.x*dx+p.y*dy), 2) < 1 {
			return 1 - depth
		}
		return 1
	}
}

func (r *room) somePattern(plain float64, size float64) pattern {
	seed := r.rnd.Uint64()
	depth := between(r.rnd, 0, 0.5) * (1 - plain)
	switch r.rnd.IntN(4) {
	case 0:
		return func(pt) float64 { return 1 }
	case 1:
		return stripes(1/between(r.rnd, size/4, size), 0, depth)
	case 2:
		a := between(r.rnd, 0, math.Pi)
		s := between(r.rnd, size/5, size/2)
		return stripes(math.Cos(a)/s, math.Sin(a)/s, depth)
	}
	return grainy(between(r.rnd, size/8, size), depth, seed)
}

// paint lays a surface.
func (r *room) paint(s shape, c rgb, p pattern) {
	box := s.pixels(r.w, r.h)
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			at := pt{float64(x) + 0.5, float64(y) + 0.5}
			a := s.in(at)
			if a == 0 {
				continue
			}
			k := p(at)
			px := r.albedo[3*(y*r.w+x):][:3]
			for i := range px {
				px[i] = px[i]*float32(1-a) + float32(min(c[i]*k, 0.95)*a)
			}
		}
	}
}

func (r *room) surfaces(plain float64) {
	r.albedo = make([]float32, 3*r.w*r.h)
	w, h, rnd := float64(r.w), float64(r.h), r.rnd
	size := h / 10
	wall := someColour(rnd, 0.25, 0.75, 0.12)
	r.brightWall = wall[1]
	r.paint(rect(-2, -2, w+2, h+2), wall, r.somePattern(plain, size))
	r.paint(rect(-2, r.wallY, w+2, h+2), someColour(rnd, 0.08, 0.5, 0.2), r.somePattern(plain, size))
	r.paint(rect(-2, r.wallY-0.1*r.scale, w+2, r.wallY), someColour(rnd, 0.2, 0.8, 0.1), func(pt) float64 { return 1 })
	for range int(between(rnd, 2, 14) * (1 - plain*0.8)) { // what hangs and stands along the wall
		x, wide := between(rnd, 0, w), between(rnd, 0.2, 1.2)*r.scale
		y0, y1 := r.wallY-between(rnd, 0.6, 2)*r.scale, r.wallY+between(rnd, -0.2, 0.3)*r.scale
		if rnd.IntN(2) == 0 { // a picture
			y1 = y0 + between(rnd, 0.2, 0.7)*r.scale
		}
		s := rect(x, y0, x+wide, y1)
		r.furniture = append(r.furniture, s)
		r.paint(s, someColour(rnd, 0.05, 0.7, 0.35), r.somePattern(plain, size))
		for range rnd.IntN(12) { // on it: drawers, books, a family
			cx, cy := between(rnd, x, x+wide), between(rnd, y0, y1)
			rx, ry := between(rnd, 0.02, 0.15)*r.scale, between(rnd, 0.02, 0.15)*r.scale
			r.paint(rect(max(cx-rx, x), max(cy-ry, y0), min(cx+rx, x+wide), min(cy+ry, y1)),
				someColour(rnd, 0.05, 0.8, 0.4), func(pt) float64 { return 1 })
		}
	}
	for range rnd.IntN(3) { // a rug or a box on the floor
		z := between(rnd, 1.5, r.wallZ-0.3)
		x := between(rnd, -2, 2)
		r.paint(poly(1, r.at(x, 0, z), r.at(x+1.2, 0, z), r.at(x+1.2, 0, z*0.8), r.at(x, 0, z*0.8)),
			someColour(rnd, 0.05, 0.6, 0.4), r.somePattern(plain, size))
	}
	r.paint(rect(r.door.x0-0.06*r.scale, r.door.y0-0.06*r.scale, r.door.x1+0.06*r.scale, r.door.y1),
		someColour(rnd, 0.3, 0.8, 0.1), func(pt) float64 { return 1 })
	r.paint(r.door, someColour(rnd, 0.05, 0.6, 0.4), r.somePattern(plain, size))
	r.paint(poly(1, r.mat[:]...), someColour(rnd, 0.05, 0.4, 0.3), r.somePattern(plain, size/2))
}

// light is one lamp, or the day: what it gives at each place.
type light struct {
	tint  rgb
	power func(p pt) float64
}

// lit is the room under some lights, through a camera's eye: exposure, shoulder and gamma.
func (r *room) lit(exposure float64, lights ...light) *raw.Frame {
	f := raw.New(r.w, r.h)
	const coarse = 4 // light is reckoned for blocks of so many pixels
	var tone [4097]float64
	for i := range tone {
		v := float64(i) / 1024
		tone[i] = 255 * math.Pow(min(v/(1+0.25*v)*1.2, 1), 1/2.2)
	}
	for by := 0; by < r.h; by += coarse {
		for bx := 0; bx < r.w; bx += coarse {
			var e rgb
			for _, l := range lights {
				v := l.power(pt{float64(bx) + coarse/2, float64(by) + coarse/2}) * exposure
				for i := range e {
					e[i] += v * l.tint[i]
				}
			}
			for y := by; y < min(by+coarse, r.h); y += 2 {
				for x := bx; x < min(bx+coarse, r.w); x += 2 {
					var cb, cr float64
					for i := range 4 {
						at := (y+i/2)*r.w + x + i%2
						var v rgb
						for k := range v {
							v[k] = tone[int(min(float64(r.albedo[3*at+k])*e[k], 4)*1024)]
						}
						f.Y[at] = clamp(16 + 0.257*v[0] + 0.504*v[1] + 0.098*v[2])
						cb += -0.148*v[0] - 0.291*v[1] + 0.439*v[2]
						cr += 0.439*v[0] - 0.368*v[1] - 0.071*v[2]
					}
					c := y/2*(r.w/2) + x/2
					f.Cb[c], f.Cr[c] = clamp(128+cb/4), clamp(128+cr/4)
				}
			}
		}
	}
	return f
}

// ambient is the day's light, a little stronger on one side.
func (r *room) ambient(power float64) light {
	gx, gy := between(r.rnd, -0.5, 0.5), between(r.rnd, -0.4, 0.4)
	w, h := float64(r.w), float64(r.h)
	return light{rgb{1, 1, 1}, func(p pt) float64 { return power * (1 + gx*(p.x/w-0.5) + gy*(p.y/h-0.5)) }}
}

// lamp is one that is switched on inside: a bulb's fall-off, sometimes with a shade's hard cone, sometimes
// behind furniture, whose shadow it casts.
func (r *room) lamp(power float64) light {
	rnd := r.rnd
	w, h := float64(r.w), float64(r.h)
	at := pt{between(rnd, -0.2, 1.2) * w, between(rnd, -0.3, 0.8) * h}
	far := between(rnd, 0.2, 1) * h
	warm := between(rnd, 0, 0.5)
	l := light{tint: rgb{1 + warm, 1, 1 - 0.8*warm}}
	var cast []shape
	if rnd.IntN(2) == 0 { // shadows of furniture, away from the lamp
		for _, s := range r.furniture {
			if rnd.IntN(3) > 0 {
				continue
			}
			dx, dy := (s.x0+s.x1)/2-at.x, (s.y0+s.y1)/2-at.y
			k := between(rnd, 0.05, 0.3)
			cast = append(cast, poly(between(rnd, 2, 0.03*h+3), pt{s.x0 + dx*k, s.y0 + dy*k}, pt{s.x1 + dx*k, s.y0 + dy*k},
				pt{s.x1 + dx*k, s.y1 + dy*k}, pt{s.x0 + dx*k, s.y1 + dy*k}))
		}
	}
	cone := shape{in: func(pt) float64 { return 1 }}
	if rnd.IntN(3) == 0 {
		a, open := between(rnd, 0.2, 2.9), between(rnd, 0.3, 0.8)
		reach := 3 * (w + h)
		cone = poly(between(rnd, 3, 0.1*h), at, pt{at.x + reach*math.Cos(a-open), at.y + reach*math.Sin(a-open)},
			pt{at.x + reach*math.Cos(a+open), at.y + reach*math.Sin(a+open)})
	}
	l.power = func(p pt) float64 {
		d := math.Hypot(p.x-at.x, p.y-at.y) / far
		v := power / (1 + d*d) * (0.15 + 0.85*cone.in(p))
		for _, s := range cast {
			if p.x > s.x0 && p.x < s.x1 && p.y > s.y0 && p.y < s.y1 {
				v *= 1 - 0.8*s.in(p)
			}
		}
		return v
	}
	return l
}
