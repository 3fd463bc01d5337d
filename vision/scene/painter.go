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
	lamp    bool
	courier pose
	there   bool
	parcels int
}

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
	p.visit.step(w.Door, dt)
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
	now := shown{leaf: p.leaf, light: math.Round(min(max(w.Light, 0), 1)*64) / 64, lamp: w.Lamp, parcels: p.visit.parcels}
	now.courier, now.there = poseAt(p.visit.open, parcelX[p.visit.place()])
	p.update(now)
	p.grain.lay(f, n, p.lit.Frame)
}

// update draws anew what is not as it was.
func (p *painter) update(now shown) {
	was := p.shown
	p.shown = now
	all := p.first || now.light != was.light
	moved := now
	moved.light, moved.lamp = was.light, was.lamp
	if p.first {
		copyFrame(p.day.Frame, p.room, p.day.clip)
	}
	if p.first || moved != was {
		p.drawMoving(now)
	}
	switch {
	case all:
		p.relight(p.lit.clip, now)
	case now != was:
		p.relight(p.moving, now)
	}
	p.first = false
}

// drawMoving draws the door and what passes through it.
func (p *painter) drawMoving(now shown) {
	c := p.day
	whole := c.clip
	c.clip = p.moving
	from := p.room
	if now.leaf > 0 {
		from = p.street
	}
	copyFrame(c.Frame, from, p.moving)
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
	if now.there && !outside {
		drawCourier(c, now.courier)
	}
	for i := range now.parcels { // they lie in front of where the courier stands
		drawParcel(c, parcelX[i], 0, parcelZ)
	}
	c.clip = whole
}

// relight makes the lit picture from the day's, in a box.
func (p *painter) relight(box image.Rectangle, now shown) {
	var luma, chroma [256]byte
	k := 0.07 + 0.93*now.light
	for i := range luma {
		luma[i] = byte(min(max(16+(float64(i)-16)*k+0.5, darkest), brightest))
		chroma[i] = byte(128 + (float64(i)-128)*(0.3+0.7*k) + 0.5)
	}
	each(p.lit.Frame, p.day.Frame, box, func(dst, src []byte, isLuma bool) {
		table := &chroma
		if isLuma {
			table = &luma
		}
		for i, v := range src {
			dst[i] = table[v]
		}
	})
	p.lit.clip = box
	drawLamp(p.lit, Lamp, now.lamp, k)
	p.lit.clip = image.Rect(0, 0, p.lit.Width, p.lit.Height)
}

func copyFrame(dst, src *raw.Frame, box image.Rectangle) {
	each(dst, src, box, func(d, s []byte, _ bool) { copy(d, s) })
}

// each calls do for each row of each plane in an even box.
func each(dst, src *raw.Frame, box image.Rectangle, do func(dst, src []byte, luma bool)) {
	w := dst.Width
	for y := box.Min.Y; y < box.Max.Y; y++ {
		do(dst.Y[y*w+box.Min.X:][:box.Dx()], src.Y[y*w+box.Min.X:][:box.Dx()], true)
	}
	w /= 2
	for y := box.Min.Y / 2; y < box.Max.Y/2; y++ {
		i, n := y*w+box.Min.X/2, box.Dx()/2
		do(dst.Cb[i:][:n], src.Cb[i:][:n], false)
		do(dst.Cr[i:][:n], src.Cr[i:][:n], false)
	}
}
