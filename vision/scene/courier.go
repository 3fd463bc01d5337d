package scene

import (
	"math"
	"time"
)

// visit is the courier's doings, by how long the door has been open.
type visit struct {
	open    time.Duration // for how long it has been open
	parcels int           // that lie on the mat
	placed  bool          // this opening's parcel is one of them
	inside  float64       // how far this courier goes: World.Inside as he came
}

// mostParcels fit on the mat; later ones replace the last.
const mostParcels = 3

// parcelX is where they lie, from the middle of the hall.
var parcelX = [mostParcels]float64{0.14, -0.30, -0.08}

const parcelZ = 2.86

// step lets time pass with the door this wide.
func (v *visit) step(door, inside float64, dt time.Duration) {
	if door <= openFrom {
		v.open, v.placed = 0, false
		return
	}
	if v.open < ArrivesAfter {
		v.inside = min(max(inside, -1), 1)
	}
	v.open += dt
	if v.open >= ParcelAfter && !v.placed {
		v.parcels, v.placed = min(v.parcels+1, mostParcels), true
	}
}

// place is where this visit's parcel goes, or lies.
func (v *visit) place() int {
	if v.placed {
		return v.parcels - 1
	}
	return min(v.parcels, mostParcels-1)
}

// What the courier does when, beside World's own times.
const (
	stops   = 1500 * time.Millisecond
	upright = 2600 * time.Millisecond
	turns   = 3150 * time.Millisecond

	matZ = 3.02 // where he stands then, in metres from the camera
)

// pose is how the courier stands.
type pose struct {
	x, z     float64 // feet, in the hall's metres
	bend     float64 // 0 upright .. 1 puts something on the floor
	wave     float64 // 0 arms down .. 1 a hand up
	phase    float64 // of the steps, in radians
	stepping float64 // 0 stands .. 1 walks
	away     bool    // seen from behind
	inside   bool    // on the way beyond the mat
	carries  bool
}

// poseAt is the courier's pose when the door has been open for a while; none before and after. x is where the
// parcel goes, inside how far the courier goes on from there.
func poseAt(open time.Duration, x, inside float64) (pose, bool) {
	if inside != 0 && open >= upright {
		if open < upright+InsideTakes {
			return strollAt(open-upright, x, inside), true
		}
		open -= InsideTakes
	}
	if open < ArrivesAfter || open >= GoneAfter {
		return pose{}, false
	}
	part := func(from, to time.Duration) float64 {
		return min(max(float64(open-from)/float64(to-from), 0), 1)
	}
	p := pose{x: x, z: matZ, phase: open.Seconds() * 2 * math.Pi * 1.6}
	switch {
	case open < stops:
		t := part(ArrivesAfter, stops)
		p.z = 5.6 - (5.6-matZ)*t*(1.6-0.6*t)
		p.x *= t
		p.stepping, p.carries = math.Sin(math.Pi*min(t+0.2, 1)), true
	case open < ParcelAfter:
		p.bend, p.carries = ease(part(stops, ParcelAfter-80*time.Millisecond)), true
	case open < upright:
		p.bend = 1 - ease(part(ParcelAfter, upright))
	case open < turns:
		p.wave = math.Sin(math.Pi * part(upright, turns))
	default:
		t := part(turns, GoneAfter)
		p.z = matZ + 3.6*t*t*(1.4-0.4*t)
		p.x *= 1 - t
		p.away, p.stepping = true, min(4*t, 1)
	}
	return p, true
}

// strollAt is the courier's pose for a while into the way from the mat to the interior and back.
func strollAt(d time.Duration, x, inside float64) pose {
	const way, all = 1600 * time.Millisecond, InsideTakes
	t, reach := 1.0, 0.0 // how far on the way; reaching for something there
	switch {
	case d < way:
		t = float64(d) / float64(way)
	case d > all-way:
		t = float64(all-d) / float64(way)
	default:
		reach = math.Sin(math.Pi * float64(d-way) / float64(all-2*way))
	}
	t = ease(t)
	p := pose{inside: true, phase: d.Seconds() * 2 * math.Pi * 1.6, stepping: min(6*t*(1-t), 1), wave: reach, away: d > all-way}
	p.x = x + (-1.25*inside-x)*t
	p.z = matZ - 0.72*math.Abs(inside)*t
	return p
}

func ease(t float64) float64 { return t * t * (3 - 2*t) }

// drawCourier draws a friendly person with a cap.
func drawCourier(c *canvas, p pose) {
	const (
		jacket, jacketLow = 0x2f7f8c, 0x256772
		stripe            = 0xf2e6a8
		trousers          = 0x33404f
		shoe              = 0x23282e
		skin              = 0xd9a17a
		cap1              = 0xe39b3d
		hair              = 0x3a2619
	)
	s := lens / p.z
	k := min(max(c.sy/c.sx, 0.75), 1.35) // people stay as wide as they are when the sheet is narrowed
	foot := project(p.x, 0, p.z)
	bob := 0.02 * p.stepping * math.Abs(math.Sin(p.phase))
	at := func(x, h float64) pt { return pt{foot.x + x*s*k, foot.y - h*s} }
	oval := func(with rgb, x, h, rx, rh float64) { q := at(x, h); c.oval(flat(with), q.x, q.y, rx*s*k, rh*s) }
	line := func(with rgb, wide float64, pts ...pt) { c.stroke(flat(with), wide*s, pts...) }

	shadow := at(0, 0.01)
	for i := range 4 {
		c.oval(flat(0x241a10).faint(0.09), shadow.x, shadow.y, (0.36-0.05*float64(i))*s*k, (0.06-0.01*float64(i))*s)
	}
	hip, neck := 0.88-0.32*p.bend+bob, 1.46-0.58*p.bend+bob
	swing := math.Sin(p.phase) * p.stepping
	for i, side := range [2]float64{-1, 1} {
		lift := 0.1 * max(0, swing*float64(1-2*i))
		ankle := at(side*0.105, 0.07+lift)
		line(trousers, 0.165, at(side*0.085, hip-0.02), at(side*(0.1+0.11*p.bend), hip/2+0.05+lift/2), ankle)
		c.round(flat(shoe), ankle.x-0.085*s*k, ankle.y+0.005*s, ankle.x+0.085*s*k, ankle.y+0.085*s, 0.045*s)
	}
	// The jacket, with its bright stripe.
	lo, hi := at(0, hip-0.08), at(0, neck)
	c.fill(run(jacket, jacketLow, hi.y, lo.y),
		at(-0.12, neck), at(0.12, neck), at(0.225, neck-0.07), at(0.235, (hip+neck)/2), at(0.215, hip-0.08),
		at(-0.215, hip-0.08), at(-0.235, (hip+neck)/2), at(-0.225, neck-0.07))
	mid := hip + (neck-hip)*0.42
	c.fill(flat(stripe), at(-0.234, mid), at(0.234, mid), at(0.229, mid-0.055), at(-0.229, mid-0.055))
	if !p.away {
		c.fill(flat(jacketLow), at(-0.006, neck-0.03), at(0.006, neck-0.03), at(0.006, hip-0.08), at(-0.006, hip-0.08))
	}
	// Arms: around the parcel, down, or one up to wave.
	hold := 0.98 - 0.80*p.bend // the hands' height with a parcel
	for _, side := range [2]float64{-1, 1} {
		shoulder := at(side*0.2, neck-0.09)
		elbow, hand := at(side*0.275, neck-0.36), at(side*0.255, neck-0.6-0.04*swing*side)
		switch {
		case p.carries || p.bend > 0:
			reach := 0.205
			elbow, hand = at(side*0.3, (neck+hold)/2-0.1+0.05*p.bend), at(side*reach, hold)
		case side > 0 && p.wave > 0:
			elbow = at(0.31, neck-0.2+0.1*p.wave)
			hand = at(0.33+0.05*math.Sin(p.phase*2), neck-0.45+0.75*p.wave)
		}
		line(jacketLow, 0.11, shoulder, elbow, hand)
		c.oval(flat(skin), hand.x, hand.y, 0.05*s*k, 0.052*s)
	}
	if p.carries {
		drawParcel(c, p.x, hold-0.16+0.0*p.bend, p.z-0.16*(0.5+0.5*p.bend))
		for _, side := range [2]float64{-1, 1} { // fingers in front of it
			q := at(side*0.205, hold)
			c.oval(flat(skin), q.x, q.y, 0.035*s*k, 0.05*s)
		}
	}
	// Head and cap.
	head := neck + 0.155
	line(skin, 0.1, at(0, neck-0.01), at(0, neck+0.06))
	if p.away {
		oval(hair, 0, head, 0.112, 0.135)
	} else {
		oval(hair, 0, head+0.01, 0.116, 0.13)
		oval(skin, 0, head-0.012, 0.104, 0.125)
		for _, side := range [2]float64{-1, 1} {
			oval(skin, side*0.106, head-0.015, 0.02, 0.03)
			oval(0x2b211c, side*0.04, head-0.005, 0.0125, 0.0155)
			oval(0xd98873, side*0.058, head-0.045, 0.02, 0.014)
		}
		q := at(0, head-0.05)
		c.fill(flat(0x9c3f36), arc(q.x, q.y, 0.042*s*k, 0.034*s, 0, math.Pi)...)
	}
	top := at(0, head+0.035)
	c.fill(run(cap1, 0xcf842c, top.y-0.11*s, top.y), arc(top.x, top.y, 0.118*s*k, 0.115*s, math.Pi, 2*math.Pi)...)
	if !p.away {
		c.round(flat(0xb8711f), top.x-0.125*s*k, top.y-0.012*s, top.x+0.125*s*k, top.y+0.026*s, 0.02*s)
		c.oval(flat(0xfdf3d8), top.x, top.y-0.055*s, 0.03*s*k, 0.028*s)
	}
}

// drawParcel draws a box of 40x30x28 cm whose front stands at z, its bottom h above the floor.
func drawParcel(c *canvas, x, h, z float64) {
	const wide, high, deep = 0.40, 0.29, 0.26
	k := min(max(c.sy/c.sx, 0.75), 1.35)
	at := func(dx, dh, dz float64) pt {
		p := project(x, h+dh, z+dz)
		p.x += dx * lens / (z + dz) * k
		return p
	}
	const l, r = -wide / 2, wide / 2
	if h < 0.1 {
		c.fill(flat(0x241a10).faint(0.25), at(l-0.03, 0, -0.03), at(r+0.05, 0, -0.03), at(r+0.04, 0, deep), at(l-0.02, 0, deep))
	}
	c.fill(flat(0xd9b083), at(l, high, 0), at(l, high, deep), at(r, high, deep), at(r, high, 0))
	c.fill(flat(0xe9d3ae), at(-0.03, high, 0), at(-0.03, high, deep), at(0.03, high, deep), at(0.03, high, 0))
	a, b := at(0, high, 0), at(0, 0, 0)
	c.fill(run(0xc49a6c, 0xb3895b, a.y, b.y), at(l, high, 0), at(r, high, 0), at(r, 0, 0), at(l, 0, 0))
	c.fill(flat(0xe0c69c), at(-0.03, high, 0), at(0.03, high, 0), at(0.03, high-0.08, 0), at(-0.03, high-0.08, 0))
	c.fill(flat(0xf7f2e8), at(0.045, 0.15, 0), at(0.165, 0.15, 0), at(0.165, 0.05, 0), at(0.045, 0.05, 0))
	for i := range 3 {
		y := 0.13 - 0.025*float64(i)
		c.fill(flat(0x55504a), at(0.058, y, 0), at(0.15-0.02*float64(i), y, 0), at(0.15-0.02*float64(i), y-0.008, 0), at(0.058, y-0.008, 0))
	}
	c.fill(flat(0x9c7548), at(l, high+0.004, 0), at(r, high+0.004, 0), at(r, high-0.004, 0), at(l, high-0.004, 0))
}
