package subject

import (
	"fmt"
	"math"
	"math/rand/v2"

	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/zone"
)

// What follows are the weak redactions on which attacks are tried out. Each hides all of the picture and
// then shows the zone.

// Mosaic replaces each cell by its mean: what most editors call pixelation. The grid stands still.
func Mosaic(cell int) Redaction {
	return Redaction{fmt.Sprintf("mosaic of %d px", cell), func(d Delivery) View {
		return &mosaic{d: d, out: glass.NewPlanes(d.Width, d.Height), cell: cell}
	}}
}

// MovingMosaic is a mosaic whose grid moves by chance from frame to frame, which some take for a defence.
// The attacker knows how it moves (see Phase), as he can find out from the cells' edges.
func MovingMosaic(cell int) Redaction {
	return Redaction{fmt.Sprintf("moving mosaic of %d px", cell), func(d Delivery) View {
		return &mosaic{d: d, out: glass.NewPlanes(d.Width, d.Height), cell: cell, moves: true}
	}}
}

// NoisyMosaic is differentially private pixelation (Fan 2018) with fresh noise for each frame: Laplace of the
// scale 255*m/(cell²*epsilon) on every cell's mean.
func NoisyMosaic(cell int, scale float64) Redaction {
	return Redaction{fmt.Sprintf("mosaic of %d px, Laplace %.0f", cell, scale), func(d Delivery) View {
		return &mosaic{d: d, out: glass.NewPlanes(d.Width, d.Height), cell: cell, scale: scale,
			dice: rand.New(rand.NewPCG(d.Seed, 0xd1ce))}
	}}
}

// LaplaceScale is the scale that Fan gives for m pixels that may differ between neighbours.
func LaplaceScale(cell int, m, epsilon float64) float64 {
	return 255 * m / (float64(cell*cell) * epsilon)
}

type mosaic struct {
	d     Delivery
	out   *glass.Planes
	cell  int
	moves bool
	scale float64
	dice  *rand.Rand
	n     uint64
}

// Phase is where a moving grid's first whole cell begins in the n-th frame: even, so that chroma moves with
// luma, and less than the cell.
func Phase(seed, n uint64, cell int) (x, y int) {
	rnd := rand.New(rand.NewPCG(seed, n))
	return rnd.IntN(cell/2) * 2, rnd.IntN(cell/2) * 2
}

func (m *mosaic) Show(f *raw.Frame) *glass.Planes {
	x, y := 0, 0
	if m.moves {
		x, y = Phase(m.d.Seed, m.n, m.cell)
	}
	m.n++
	m.plane(m.out.Y, f.Y, f.Width, f.Height, x, y, m.cell)
	m.plane(m.out.Cb, f.Cb, f.Width/2, f.Height/2, x/2, y/2, m.cell/2)
	m.plane(m.out.Cr, f.Cr, f.Width/2, f.Height/2, x/2, y/2, m.cell/2)
	Reveal(m.out.Y, m.out.Cb, m.out.Cr, f, m.d.Zone)
	return m.out
}

func (m *mosaic) plane(dst, src []byte, w, h, px, py, cell int) {
	for y0 := py - cell; y0 < h; y0 += cell {
		for x0 := px - cell; x0 < w; x0 += cell {
			xa, ya, xb, yb := max(x0, 0), max(y0, 0), min(x0+cell, w), min(y0+cell, h)
			if xa >= xb || ya >= yb {
				continue
			}
			sum := 0
			for y := ya; y < yb; y++ {
				for _, v := range src[y*w+xa : y*w+xb] {
					sum += int(v)
				}
			}
			mean := float64(sum) / float64((xb-xa)*(yb-ya))
			if m.dice != nil {
				mean += laplace(m.dice, m.scale)
			}
			v := byte(min(max(mean+0.5, 0), 255))
			for y := ya; y < yb; y++ {
				row := dst[y*w+xa : y*w+xb]
				for i := range row {
					row[i] = v
				}
			}
		}
	}
}

func laplace(rnd *rand.Rand, scale float64) float64 {
	u := rnd.Float64() - 0.5
	return -scale * math.Copysign(math.Log1p(-2*math.Abs(u)), u)
}

// Gauss blurs the whole picture with a Gaussian of a known width, which some take for frosted glass.
func Gauss(sigma float64) Redaction {
	return Redaction{fmt.Sprintf("Gaussian blur, sigma %.0f", sigma), func(d Delivery) View {
		n := d.Width * d.Height
		return &gauss{d: d, out: glass.NewPlanes(d.Width, d.Height), luma: Kernel(sigma), chroma: Kernel(sigma / 2),
			tmp: make([]float32, n), values: make([]float32, n)}
	}}
}

type gauss struct {
	d            Delivery
	out          *glass.Planes
	luma, chroma []float32
	tmp, values  []float32
}

// Kernel is a Gaussian cut at three sigma, from its middle outwards, with a sum of one over both sides.
func Kernel(sigma float64) []float32 {
	half := make([]float32, int(3*sigma)+2)
	var sum float64
	for i := range half {
		v := math.Exp(-float64(i*i) / (2 * sigma * sigma))
		half[i] = float32(v)
		sum += v
		if i > 0 {
			sum += v
		}
	}
	for i := range half {
		half[i] /= float32(sum)
	}
	return half
}

func (g *gauss) Show(f *raw.Frame) *glass.Planes {
	g.plane(g.out.Y, f.Y, f.Width, f.Height, g.luma)
	g.plane(g.out.Cb, f.Cb, f.Width/2, f.Height/2, g.chroma)
	g.plane(g.out.Cr, f.Cr, f.Width/2, f.Height/2, g.chroma)
	Reveal(g.out.Y, g.out.Cb, g.out.Cr, f, g.d.Zone)
	return g.out
}

func (g *gauss) plane(dst, src []byte, w, h int, half []float32) {
	v := g.values[:len(src)]
	for i, b := range src {
		v[i] = float32(b)
	}
	Smooth(v, v, w, h, half, g.tmp)
	for i := range dst {
		dst[i] = byte(min(max(v[i]+0.5, 0), 255))
	}
}

// Smooth convolves a plane with a kernel both ways; the border's pixels go on beyond it. dst may be src; tmp
// has room for the plane.
func Smooth(dst, src []float32, w, h int, half, tmp []float32) {
	line := make([]float32, w+2*len(half))
	for y := range h {
		for i := range line {
			line[i] = src[y*w+min(max(i-len(half), 0), w-1)]
		}
		for x := range w {
			tmp[y*w+x] = tap(line, x+len(half), half)
		}
	}
	line = make([]float32, h+2*len(half))
	for x := range w {
		for i := range line {
			line[i] = tmp[min(max(i-len(half), 0), h-1)*w+x]
		}
		for y := range h {
			dst[y*w+x] = tap(line, y+len(half), half)
		}
	}
}

func tap(line []float32, at int, half []float32) float32 {
	sum := line[at] * half[0]
	for i := 1; i < len(half); i++ {
		sum += half[i] * (line[at-i] + line[at+i])
	}
	return sum
}

// OnePixelShort is the shipped redactor, frosted, with a mask that ends one pixel too far out: the pixels
// right beside the zone are shown as well.
func OnePixelShort() Redaction {
	return Redaction{"mask one pixel short", func(d Delivery) View {
		s := &short{inner: Frosted().Open(d), out: glass.NewPlanes(d.Width, d.Height)}
		for i := range d.Width * d.Height {
			x, y := i%d.Width, i/d.Width
			if !d.Zone.Shown(x, y) && (d.Zone.Shown(x-1, y) || d.Zone.Shown(x+1, y) || d.Zone.Shown(x, y-1) || d.Zone.Shown(x, y+1)) {
				s.more = append(s.more, i)
			}
		}
		return s
	}}
}

type short struct {
	inner View
	out   *glass.Planes
	more  []int
}

func (s *short) Show(f *raw.Frame) *glass.Planes {
	p := s.inner.Show(f)
	copy(s.out.Y, p.Y)
	copy(s.out.Cb, p.Cb)
	copy(s.out.Cr, p.Cr)
	for _, i := range s.more {
		s.out.Y[i] = f.Y[i]
	}
	return s.out
}

// CutOut is what video calls do: not a place is shown but a person, found anew in each frame, with some of
// what is around the edges and now and then a piece that was taken for one. All else is flat grey.
func CutOut() Redaction {
	return Redaction{"cut-out of a person", func(d Delivery) View {
		return &cutOut{d: d, out: glass.NewPlanes(d.Width, d.Height), dice: rand.New(rand.NewPCG(d.Seed, 0xc7))}
	}}
}

type cutOut struct {
	d    Delivery
	out  *glass.Planes
	dice *rand.Rand
	n    int
}

func (c *cutOut) Show(f *raw.Frame) *glass.Planes {
	w, h := float64(f.Width), float64(f.Height)
	// He walks to and fro in the doorway and a little beyond.
	x := w * (0.5 + 0.2*math.Sin(float64(c.n)/9))
	c.n++
	halo := 2 + 4*c.dice.Float64()
	stray := c.dice.Float64() * w
	for i := range c.out.Y {
		px, py := float64(i%f.Width), float64(i/f.Width)
		in := math.Hypot((px-x)/(0.09*w+halo), (py-0.6*h)/(0.36*h+halo)) < 1 || math.Hypot(px-stray, py-0.4*h) < 5
		c.out.Y[i] = 110
		if in {
			c.out.Y[i] = f.Y[i]
		}
		if i%f.Width%2 == 0 && i/f.Width%2 == 0 {
			k := i/f.Width/2*(f.Width/2) + i%f.Width/2
			c.out.Cb[k], c.out.Cr[k] = 128, 128
			if in {
				c.out.Cb[k], c.out.Cr[k] = f.Cb[k], f.Cr[k]
			}
		}
	}
	Reveal(c.out.Y, c.out.Cb, c.out.Cr, f, c.d.Zone)
	return c.out
}

// Thrifty is frosted glass by a program that saves work where nothing is to be seen: blocks of one colour are
// not blurred. What it shows is no worse for that, but its time tells.
func Thrifty() Redaction {
	return Redaction{"blur that skips flat blocks", func(d Delivery) View {
		return &thrifty{d: d, inner: Frosted().Open(d), tmp: make([]byte, d.Width*d.Height)}
	}}
}

type thrifty struct {
	d     Delivery
	inner View
	tmp   []byte
}

func (t *thrifty) Show(f *raw.Frame) *glass.Planes {
	const b = zone.Block
	for y := 0; y+b <= f.Height; y += b {
		for x := 0; x+b <= f.Width; x += b {
			first := f.Y[y*f.Width+x]
			flat := true
			for i := 0; i < b && flat; i++ {
				row := f.Y[(y+i)*f.Width+x:][:b]
				flat = row[0] == first && row[b/2] == first && row[b-1] == first
			}
			if flat || t.d.Zone.Shown(x, y) {
				continue
			}
			for i := range b {
				row := f.Y[(y+i)*f.Width+x:][:b]
				sum := 0
				for _, v := range row {
					sum += int(v)
				}
				t.tmp[(y+i)*f.Width+x] = byte(sum / b)
			}
		}
	}
	return t.inner.Show(f)
}
