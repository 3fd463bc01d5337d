package room

import (
	"math"

	"vestibule/vision/attack/internal/font"
)

// rgb is a colour, 0..255 each.
type rgb [3]float64

func (c rgb) mix(d rgb, t float64) rgb {
	for i := range c {
		c[i] += (d[i] - c[i]) * t
	}
	return c
}

// canvas is drawn on in parts of the picture: x and y run from 0 to 1 over it, and a margin lies around it.
type canvas struct {
	width, height, margin int
	pix                   []rgb
}

func newCanvas(width, height, margin int) *canvas {
	return &canvas{width, height, margin, make([]rgb, (width+2*margin)*(height+2*margin))}
}

// paint says the colour at a height, and how much of it covers what was there (0..1).
type paint func(y float64) (rgb, float64)

func flat(c rgb) paint { return func(float64) (rgb, float64) { return c, 1 } }

// down runs from one colour at y0 to another at y1.
func down(top, low rgb, y0, y1 float64) paint {
	return func(y float64) (rgb, float64) { return top.mix(low, min(max((y-y0)/(y1-y0), 0), 1)), 1 }
}

func (p paint) faint(t float64) paint {
	return func(y float64) (rgb, float64) {
		c, a := p(y)
		return c, a * t
	}
}

// shape is how far inside a place lies, in pixels; its edge is half a pixel either side of zero.
type shape func(px, py float64) float64

// each calls lay for the pixels, by their middles, of the box x0..x1, y0..y1 (parts of the picture), row by row.
func (c *canvas) each(x0, y0, x1, y1 float64, lay func(row []rgb, from int, y float64)) {
	w, h, m := float64(c.width), float64(c.height), c.margin
	stride := c.width + 2*m
	from, to := max(int(x0*w)-1, -m), min(int(x1*w)+1, c.width+m-1)
	for py := max(int(y0*h)-1, -m); py <= min(int(y1*h)+1, c.height+m-1); py++ {
		if at := (py+m)*stride + m; from <= to {
			lay(c.pix[at+from:at+to+1], from, float64(py)+0.5)
		}
	}
}

// fill paints a shape within the box x0..x1, y0..y1 (parts of the picture).
func (c *canvas) fill(x0, y0, x1, y1 float64, s shape, p paint) {
	c.each(x0, y0, x1, y1, func(row []rgb, from int, y float64) {
		ink, a := p(y / float64(c.height))
		for i := range row {
			if cover := min(max(s(float64(from+i)+0.5, y)+0.5, 0), 1); cover > 0 {
				row[i] = row[i].mix(ink, a*cover)
			}
		}
	})
}

// rect is what there is most of, so it has a way of its own: how much of a row it covers is reckoned once.
func (c *canvas) rect(x0, y0, x1, y1 float64, p paint) {
	w, h := float64(c.width), float64(c.height)
	covers := func(at, from, to float64) float64 { return min(max(min(at-from, to-at)+0.5, 0), 1) }
	c.each(x0, y0, x1, y1, func(row []rgb, from int, y float64) {
		down := covers(y, y0*h, y1*h)
		if down == 0 {
			return
		}
		ink, a := p(y / h)
		for i := range row {
			switch cover := a * min(down, covers(float64(from+i)+0.5, x0*w, x1*w)); cover {
			case 0:
			case 1:
				row[i] = ink
			default:
				row[i] = row[i].mix(ink, cover)
			}
		}
	})
}

// quad fills a convex shape of four corners, x and y by turns, clockwise as seen.
func (c *canvas) quad(k [8]float64, p paint) {
	w, h := float64(c.width), float64(c.height)
	c.fill(min(k[0], k[2], k[4], k[6]), min(k[1], k[3], k[5], k[7]), max(k[0], k[2], k[4], k[6]), max(k[1], k[3], k[5], k[7]),
		func(px, py float64) float64 {
			in := math.Inf(1)
			for i := 0; i < 8; i += 2 {
				j := (i + 2) % 8
				ax, ay, bx, by := k[i]*w, k[i+1]*h, k[j]*w, k[j+1]*h
				if l := math.Hypot(bx-ax, by-ay); l > 0 {
					in = min(in, ((bx-ax)*(py-ay)-(by-ay)*(px-ax))/l)
				}
			}
			return in
		}, p)
}

func (c *canvas) oval(x, y, rx, ry float64, p paint) {
	w, h := float64(c.width), float64(c.height)
	c.fill(x-rx, y-ry, x+rx, y+ry, func(px, py float64) float64 {
		d := math.Hypot((px-x*w)/(rx*w), (py-y*h)/(ry*h))
		return (1 - d) * min(rx*w, ry*h)
	}, p)
}

// glow adds light that falls off from a place.
func (c *canvas) glow(x, y, r float64, light rgb) {
	w, h := float64(c.width), float64(c.height)
	c.each(x-r, y-r, x+r, y+r, func(row []rgb, from int, py float64) {
		for i := range row {
			d := math.Hypot(float64(from+i)+0.5-x*w, py-y*h)
			cover, near := min(max(r*w-d+0.5, 0), 1), max(0, 1-d/(r*w))
			row[i] = row[i].mix(light, 0.75*near*near*cover)
		}
	})
}

// write draws a line of text with letters high tall (parts of the picture's height), its left upper corner
// at x, y. Points are square.
func (c *canvas) write(text string, x, y, high float64, p paint) {
	dy := high / font.High
	dx := dy * float64(c.height) / float64(c.width)
	font.Draw(text, func(px, py int) {
		c.rect(x+float64(px)*dx, y+float64(py)*dy, x+float64(px+1)*dx, y+float64(py+1)*dy, p)
	})
}

// picture turns the canvas into what a camera without noise sees (BT.601, limited range).
func (c *canvas) picture() *Picture {
	p := newPicture(c.width, c.height, c.margin)
	sw := c.width + 2*c.margin
	for i, v := range c.pix {
		p.Y[i] = luma(16 + (65.481*v[0]+128.553*v[1]+24.966*v[2])/255)
	}
	for i := range p.Cb {
		x, y := i%(sw/2)*2, i/(sw/2)*2
		var v rgb
		for _, at := range [4]int{y*sw + x, y*sw + x + 1, (y+1)*sw + x, (y+1)*sw + x + 1} {
			for k := range v {
				v[k] += c.pix[at][k] / 4
			}
		}
		p.Cb[i] = byte(min(max(128.5+(-37.797*v[0]-74.203*v[1]+112*v[2])/255, 16), 240))
		p.Cr[i] = byte(min(max(128.5+(112*v[0]-93.786*v[1]-18.214*v[2])/255, 16), 240))
	}
	return p
}

// The camera's range keeps a little within the limited range, so that noise needs no clamping.
const darkest, brightest = 22, 229

func luma(v float64) byte { return byte(min(max(v+0.5, darkest), brightest)) }
