package scene

import (
	"image"
	"math"

	"vestibule/vision/internal/raw"
)

// The scene is designed on a sheet of 1280x720 and drawn at any size. Width and height are scaled
// apart from one another, so that a place in 1/10000 of the picture is the same place at every size: a
// picture of 4:3 shows the same hall, only narrower. People and parcels keep their own proportions.
const (
	sheetWidth  = 1280
	sheetHeight = 720
)

// pt is a place on the sheet.
type pt struct{ x, y float64 }

// ink is what a shape is filled with: one colour, or two with a run from y0 to y1 on the sheet.
type ink struct {
	top, low rgb
	y0, y1   float64
	alpha    float64
}

type rgb uint32

func flat(c rgb) ink                       { return ink{top: c, low: c, y1: 1, alpha: 1} }
func run(top, low rgb, y0, y1 float64) ink { return ink{top, low, y0, y1, 1} }
func (i ink) faint(alpha float64) ink      { i.alpha = alpha; return i }
func (c rgb) split() (r, g, b float64) {
	return float64(c >> 16 & 255), float64(c >> 8 & 255), float64(c & 255)
}
func mix(a, b rgb, t float64) (m rgb) { return a.blend(b, t) }
func (c rgb) blend(d rgb, t float64) (m rgb) {
	r0, g0, b0 := c.split()
	r1, g1, b1 := d.split()
	part := func(a, b float64) rgb { return rgb(a + (b-a)*t + 0.5) }
	return part(r0, r1)<<16 | part(g0, g1)<<8 | part(b0, b1)
}

// ycc converts to BT.601 limited range.
func (c rgb) ycc() (y, cb, cr float64) {
	r, g, b := c.split()
	return 16 + 0.257*r + 0.504*g + 0.098*b, 128 - 0.148*r - 0.291*g + 0.439*b, 128 + 0.439*r - 0.368*g - 0.071*b
}

// canvas draws filled shapes with smooth edges into I420 planes.
type canvas struct {
	*raw.Frame
	sx, sy float64         // pixels for each unit of the sheet
	clip   image.Rectangle // pixels that may be drawn on
	cover  []float32       // scratch: coverage of the shape's box
	tone   *tone           // what becomes of the inks; nil for nothing
}

func newCanvas(f *raw.Frame) *canvas {
	return &canvas{
		Frame: f, sx: float64(f.Width) / sheetWidth, sy: float64(f.Height) / sheetHeight,
		clip: image.Rect(0, 0, f.Width, f.Height),
	}
}

// pixels returns the pixels that a box of the sheet touches, outward to even ones.
func (c *canvas) pixels(x0, y0, x1, y1 float64) image.Rectangle {
	r := image.Rect(
		int(math.Floor(x0*c.sx))&^1, int(math.Floor(y0*c.sy))&^1,
		(int(math.Ceil(x1*c.sx))+1)&^1, (int(math.Ceil(y1*c.sy))+1)&^1)
	return r.Intersect(image.Rect(0, 0, c.Width, c.Height))
}

// fill fills a closed shape, which may lie partly outside.
func (c *canvas) fill(with ink, shape ...pt) {
	lo, hi := shape[0], shape[0]
	for _, p := range shape {
		lo = pt{min(lo.x, p.x), min(lo.y, p.y)}
		hi = pt{max(hi.x, p.x), max(hi.y, p.y)}
	}
	box := c.pixels(lo.x, lo.y, hi.x, hi.y).Intersect(c.clip)
	if box.Empty() {
		return
	}
	w, h := box.Dx(), box.Dy()
	stride := w + 2
	if n := stride * h; cap(c.cover) < n {
		c.cover = make([]float32, n)
	}
	acc := edges{c.cover[:stride*h], w, h, stride}
	clear(acc.acc)
	at := func(p pt) (float32, float32) {
		return float32(p.x*c.sx - float64(box.Min.X)), float32(p.y*c.sy - float64(box.Min.Y))
	}
	for i, p := range shape {
		x0, y0 := at(p)
		x1, y1 := at(shape[(i+1)%len(shape)])
		acc.add(x0, y0, x1, y1)
	}
	acc.settle(float32(with.alpha))
	c.blend(acc, box, with)
}

// blend lays the ink over the planes where the shape covers them.
func (c *canvas) blend(acc edges, box image.Rectangle, with ink) {
	for y := 0; y < acc.h; y += 2 {
		// One colour for two rows: chroma has no finer.
		t := (float64(box.Min.Y+y+1)/c.sy - with.y0) / (with.y1 - with.y0)
		ly, lb, lr := mix(with.top, with.low, min(max(t, 0), 1)).ycc()
		if with.top == with.low {
			ly, lb, lr = with.top.ycc()
		}
		if c.tone != nil {
			ly, lb, lr = float64(c.tone.luma[byte(ly)]), float64(c.tone.chroma[byte(lb)]), float64(c.tone.chroma[byte(lr)])
		}
		fy, fb, fr := float32(ly), float32(lb), float32(lr)
		a0 := acc.acc[y*acc.stride:][:acc.w]
		a1 := acc.acc[(y+1)*acc.stride:][:acc.w]
		d0 := c.Y[(box.Min.Y+y)*c.Width+box.Min.X:][:acc.w]
		d1 := c.Y[(box.Min.Y+y+1)*c.Width+box.Min.X:][:acc.w]
		at := (box.Min.Y+y)/2*(c.Width/2) + box.Min.X/2
		cb, cr := c.Cb[at:][:acc.w/2], c.Cr[at:][:acc.w/2]
		for x := 0; x < acc.w; x += 2 {
			p, q, r, s := a0[x], a0[x+1], a1[x], a1[x+1]
			sum := p + q + r + s
			if sum == 0 {
				continue
			}
			over(&d0[x], fy, p)
			over(&d0[x+1], fy, q)
			over(&d1[x], fy, r)
			over(&d1[x+1], fy, s)
			over(&cb[x/2], fb, sum/4)
			over(&cr[x/2], fr, sum/4)
		}
	}
}

func over(d *byte, v, a float32) {
	old := float32(*d)
	*d = byte(old + (v-old)*a + 0.5)
}

// edges adds up, for each pixel of a box, how much the area to the right of a shape's edges changes
// there; the running sum along a row is then the coverage.
type edges struct {
	acc          []float32
	w, h, stride int
}

// add adds one edge, cut to the box.
func (e edges) add(x0, y0, x1, y1 float32) {
	if y0 == y1 {
		return
	}
	dir := float32(1)
	if y0 > y1 {
		x0, y0, x1, y1, dir = x1, y1, x0, y0, -1
	}
	slope := (x1 - x0) / (y1 - y0)
	if y0 < 0 {
		x0, y0 = x0-slope*y0, 0
	}
	if h := float32(e.h); y1 > h {
		x1, y1 = x1-slope*(y1-h), h
	}
	if y0 >= y1 {
		return
	}
	// Cut where the edge leaves the box sideways: left of it all is covered, right of it nothing.
	for _, wall := range [2]float32{0, float32(e.w)} {
		if (x0 < wall) != (x1 < wall) && x0 != x1 {
			ym := min(max(y0+(wall-x0)/slope, y0), y1)
			e.piece(x0, y0, wall, ym, dir)
			x0, y0 = wall, ym
		}
	}
	e.piece(x0, y0, x1, y1, dir)
}

// piece adds an edge that lies on one side of each wall.
func (e edges) piece(x0, y0, x1, y1, dir float32) {
	if y0 >= y1 {
		return
	}
	w := float32(e.w)
	x0, x1 = min(max(x0, 0), w), min(max(x1, 0), w)
	slope := (x1 - x0) / (y1 - y0)
	x := x0
	for y := int(y0); y < e.h && float32(y) < y1; y++ {
		dy := min(float32(y+1), y1) - max(float32(y), y0)
		next := min(max(x+slope*dy, 0), w)
		e.row(e.acc[y*e.stride:(y+1)*e.stride], x, next, dy*dir)
		x = next
	}
}

// row adds what an edge from x to next does in one row, d of which it crosses.
func (e edges) row(acc []float32, x, next, d float32) {
	a, b := min(x, next), max(x, next)
	first, last := int(a), int(math.Ceil(float64(b)))
	if last <= first+1 {
		mid := (a+b)/2 - float32(first)
		acc[first] += d * (1 - mid)
		acc[first+1] += d * mid
		return
	}
	s := 1 / (b - a)
	in, out := 1-(a-float32(first)), b-float32(last-1)
	begin, end := s*in*in/2, s*out*out/2
	acc[first] += d * begin
	if last == first+2 {
		acc[first+1] += d * (1 - begin - end)
	} else {
		second := s * (in + 0.5)
		acc[first+1] += d * (second - begin)
		for i := first + 2; i < last-1; i++ {
			acc[i] += d * s
		}
		acc[last-1] += d * (1 - second - float32(last-first-3)*s - end)
	}
	acc[last] += d * end
}

// settle turns the changes into coverage times alpha.
func (e edges) settle(alpha float32) {
	for y := range e.h {
		row := e.acc[y*e.stride : (y+1)*e.stride]
		var sum float32
		for x, d := range row {
			sum += d
			v := sum
			if v < 0 {
				v = -v
			}
			if v < 1.0/512 {
				v = 0
			}
			row[x] = min(v, 1) * alpha
		}
	}
}
