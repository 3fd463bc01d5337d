package scene

import (
	"image"

	"vestibule/vision/internal/raw"
)

// tone is what becomes of a plane's values at one strength of light.
type tone struct{ luma, chroma [256]byte }

// set fills the tone for what a light of strength k (1 by day) leaves to be seen.
func (t *tone) set(k float64) {
	for i := range t.luma {
		t.luma[i] = byte(min(max(16+(float64(i)-16)*k+0.5, darkest), brightest))
		t.chroma[i] = byte(128 + (float64(i)-128)*(0.3+0.7*min(k, 1)) + 0.5)
	}
}

// relight makes the lit picture from the day's, in a box.
func (p *painter) relight(box image.Rectangle, now shown) {
	k := 0.07 + 0.93*now.light
	var tones [levels]tone
	for i := range tones {
		tones[i].set(k + now.shade*shine*float64(i)/(levels-1))
		if now.shade == 0 {
			break // the first is for all
		}
	}
	gain := p.gain
	if now.shade == 0 {
		gain = nil
	} else if gain == nil {
		p.gain = gains(p.lit)
		gain = p.gain
	}
	each(p.lit.Frame, p.day.Frame, box, func(dst, src []byte, x, y int, isLuma bool) {
		switch {
		case gain == nil && isLuma:
			through(dst, src, &tones[0].luma)
		case gain == nil:
			through(dst, src, &tones[0].chroma)
		case isLuma:
			for i, g := range gain[y*p.lit.Width+x:][:len(src)] {
				dst[i] = tones[g].luma[src[i]]
			}
		default:
			g := gain[2*y*p.lit.Width+2*x:]
			for i, v := range src {
				dst[i] = tones[g[2*i]].chroma[v]
			}
		}
	})
	p.lit.clip = box
	if now.shade > 0 {
		drawShade(p.lit, now.shade)
	}
	drawLamp(p.lit, Lamp, now.lamp, k)
	if now.inside() { // whoever stands before the lamp hides it
		x0, y0, x1, y1 := sheetBox(Lamp)
		around := p.lit.pixels(2*x0-x1, 2*y0-y1, 2*x1-x0, 2*y1-y0)
		p.lit.clip = box.Intersect(around)
		p.lit.tone = &tones[0]
		if now.shade > 0 {
			p.lit.tone = &tones[gain[around.Min.Y*p.lit.Width+around.Min.X]]
		}
		drawCourier(p.lit, now.courier)
		p.lit.tone = nil
	}
	p.lit.clip = image.Rect(0, 0, p.lit.Width, p.lit.Height)
}

func through(dst, src []byte, table *[256]byte) {
	for i, v := range src {
		dst[i] = table[v]
	}
}

const (
	levels = 64  // of light that are told apart
	shine  = 0.6 // what the lamp inside adds to the light next to it
)

// shade is where the lamp inside stands, in the side room.
var shade = pt{1222, 190}

// gains is how much of the lamp inside falls on each pixel: 63 beside it, less with the square of the way.
func gains(c *canvas) []byte {
	out := make([]byte, c.Width*c.Height)
	const reach = 420 // half of it falls there, in the sheet's units
	for y := range c.Height {
		dy := (float64(y)/c.sy - shade.y) / reach
		for x := range c.Width {
			dx := (float64(x)/c.sx - shade.x) / reach
			out[y*c.Width+x] = byte((levels - 1) / (1 + dx*dx + dy*dy))
		}
	}
	return out
}

// drawShade draws the lamp inside, lit this bright.
func drawShade(c *canvas, bright float64) {
	for i := range 4 {
		r := 30 + 12*float64(i)
		c.oval(flat(0xffe2a8).faint(0.12*bright), shade.x, shade.y, r, r)
	}
	c.fill(run(0xfff3d2, 0xffdf9c, shade.y-26, shade.y+26).faint(bright), pt{shade.x - 16, shade.y - 26}, pt{shade.x + 16, shade.y - 26},
		pt{shade.x + 30, shade.y + 26}, pt{shade.x - 30, shade.y + 26})
}

// shiftFrame draws what a camera sees that was bumped: from, so many pixels of a picture of 1280x720 further
// right and down. What comes in at a side is what was seen at that side.
func shiftFrame(into, from *raw.Frame, by [2]float64) {
	const one = 256 // parts of a pixel
	dx := int(by[0] * one * float64(from.Width) / sheetWidth)
	dy := int(by[1] * one * float64(from.Height) / sheetHeight)
	plane := func(dst, src []byte, w, h, dx, dy int) {
		for y := range h {
			v := y*one - dy
			a, b := min(max(v>>8, 0), h-1), min(max(v>>8+1, 0), h-1)
			top, low, t := src[a*w:(a+1)*w], src[b*w:(b+1)*w], v&(one-1)
			row := dst[y*w : (y+1)*w]
			for x := range row {
				u := x*one - dx
				l, r, s := min(max(u>>8, 0), w-1), min(max(u>>8+1, 0), w-1), u&(one-1)
				up := int(top[l])*(one-s) + int(top[r])*s
				down := int(low[l])*(one-s) + int(low[r])*s
				row[x] = byte((up*(one-t) + down*t + one*one/2) / (one * one))
			}
		}
	}
	plane(into.Y, from.Y, from.Width, from.Height, dx, dy)
	plane(into.Cb, from.Cb, from.Width/2, from.Height/2, dx/2, dy/2)
	plane(into.Cr, from.Cr, from.Width/2, from.Height/2, dx/2, dy/2)
}
