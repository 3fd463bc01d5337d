package scene

import (
	"image"
	"math"
	"time"

	"vestibule/vision/internal/raw"
)

// painter draws the frames of one scene. What stands still is drawn once: each frame is then a copy
// with noise, and what moves is drawn anew only when it has moved.
type painter struct {
	room   *raw.Frame // at full light, doorway empty
	street *raw.Frame // the same with the street in the doorway
	day    *canvas    // at full light, with all that moves
	lit    *canvas    // at the world's light, with the lamp
	moving image.Rectangle
	grain  grain

	gain    []byte     // how much of the lamp inside falls on each pixel, in 1/63; nil until it is lit
	shifted *raw.Frame // the lit picture as a bumped camera sees it; nil until it is bumped
	shift   [2]float64 // how far shifted is shifted
	stale   bool       // lit has changed since

	visit visit
	leaf  float64 // how wide the door is drawn, 0..1: it follows the world's, no faster than a hand
	last  time.Duration
	shown shown
	first bool
}

// shown is all that the kept pictures depend on.
type shown struct {
	leaf    float64
	light   float64
	shade   float64
	lamp    bool
	courier pose
	there   bool
	parcels int
}

// inside reports whether the courier may be seen beyond the doorway and the mat.
func (s shown) inside() bool { return s.there && s.courier.inside }

// leafSpeed is how fast the door is drawn to turn, in parts of its way a second.
const leafSpeed = 3.0

func newPainter(seed int64, width, height int) *painter {
	p := &painter{
		room: raw.New(width, height), street: raw.New(width, height),
		day: newCanvas(raw.New(width, height)), lit: newCanvas(raw.New(width, height)), first: true,
	}
	c := newCanvas(p.room)
	drawRoom(c)
	copyFrame(p.street, p.room, c.clip)
	s := newCanvas(p.street)
	s.clip = s.doorway()
	drawOutdoors(s)
	p.moving = c.pixels(400, 0, 880, sheetHeight)
	p.grain = newGrain(uint64(seed))
	return p
}

// doorway returns the pixels that one can see the street through.
func (c *canvas) doorway() image.Rectangle {
	top, low := doorway()
	return c.pixels(top.x, top.y, low.x, low.y)
}

// paint draws the frame number n, taken at t since the scene began; t does not run back.
func (p *painter) paint(f *raw.Frame, n uint64, t time.Duration, w World) {
	dt := max(t-p.last, 0)
	p.last = t
	p.visit.step(w.Door, w.Inside, dt)
	door := min(max(w.Door, 0), 1)
	most := leafSpeed * dt.Seconds()
	p.leaf += min(max(door-p.leaf, -most), most)
	if p.first {
		p.leaf = door
	}
	if w.Covered {
		p.grain.lay(f, n, nil)
		return
	}
	fine := func(v float64) float64 { return math.Round(min(max(v, 0), 1)*64) / 64 }
	now := shown{leaf: p.leaf, light: fine(w.Light), shade: fine(w.Shade), lamp: w.Lamp, parcels: p.visit.parcels}
	now.courier, now.there = poseAt(p.visit.open, parcelX[p.visit.place()], p.visit.inside)
	p.update(now)
	p.grain.lay(f, n, p.seen(w.Shift))
}

// seen is the lit picture as the camera sees it.
func (p *painter) seen(shift [2]float64) *raw.Frame {
	if shift == [2]float64{} {
		return p.lit.Frame
	}
	if p.shifted == nil {
		p.shifted, p.stale = raw.New(p.lit.Width, p.lit.Height), true
	}
	if p.stale || shift != p.shift {
		shiftFrame(p.shifted, p.lit.Frame, shift)
		p.shift, p.stale = shift, false
	}
	return p.shifted
}

// update draws anew what is not as it was.
func (p *painter) update(now shown) {
	was := p.shown
	p.shown = now
	all := p.first || now.light != was.light || now.shade != was.shade
	moved := now
	moved.light, moved.shade, moved.lamp = was.light, was.shade, was.lamp
	moving := p.moving
	if now.inside() || was.inside() {
		moving = p.day.clip
	}
	if p.first {
		copyFrame(p.day.Frame, p.room, p.day.clip)
	}
	if p.first || moved != was {
		p.drawMoving(now, moving)
	}
	if all {
		moving = p.lit.clip
	}
	if all || now != was {
		p.relight(moving, now)
		p.stale = true
	}
	p.first = false
}

// drawMoving draws the door and what passes through it, in a box.
func (p *painter) drawMoving(now shown, box image.Rectangle) {
	c := p.day
	whole := c.clip
	c.clip = p.moving
	from := p.room
	if now.leaf > 0 {
		from = p.street
	}
	copyFrame(c.Frame, from, box)
	outside := now.there && now.courier.z > wallZ
	if outside {
		c.clip = c.doorway()
		drawCourier(c, now.courier)
		c.clip = p.moving
	}
	drawMat(c)
	drawDaylight(c, now.leaf)
	sin, cos := math.Sincos(now.leaf * 1.45)
	drawLeaf(c, sin, cos)
	c.clip = box
	near := now.there && now.courier.z < parcelZ
	if now.there && !outside && !near {
		drawCourier(c, now.courier)
	}
	for i := range now.parcels { // they lie in front of where the courier usually stands
		drawParcel(c, parcelX[i], 0, parcelZ)
	}
	if near {
		drawCourier(c, now.courier)
	}
	c.clip = whole
}

func copyFrame(dst, src *raw.Frame, box image.Rectangle) {
	each(dst, src, box, func(d, s []byte, _, _ int, _ bool) { copy(d, s) })
}

// each calls do for each row of each plane in an even box. The row begins at x, y of its plane.
func each(dst, src *raw.Frame, box image.Rectangle, do func(dst, src []byte, x, y int, luma bool)) {
	w := dst.Width
	for y := box.Min.Y; y < box.Max.Y; y++ {
		do(dst.Y[y*w+box.Min.X:][:box.Dx()], src.Y[y*w+box.Min.X:][:box.Dx()], box.Min.X, y, true)
	}
	w /= 2
	for y := box.Min.Y / 2; y < box.Max.Y/2; y++ {
		i, n := y*w+box.Min.X/2, box.Dx()/2
		do(dst.Cb[i:][:n], src.Cb[i:][:n], box.Min.X/2, y, false)
		do(dst.Cr[i:][:n], src.Cr[i:][:n], box.Min.X/2, y, false)
	}
}
