//go:build !race

package shadow_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"

	"vestibule/vision/internal/raw"
)

// The test's own painter: soft shapes, light and noise on I420 planes. It is apart from vision/scene so that
// rooms, people and light differ from case to case, and so that a case knows where its person is.

type pt struct{ x, y float64 }

// shape tells how much of the pixel at p lies inside, 0..1, and in which box that is more than nothing.
type shape struct {
	in             func(p pt) float64
	x0, y0, x1, y1 float64
}

// poly is a convex polygon whose edge fades over soft pixels.
func poly(soft float64, corners ...pt) shape {
	s := shape{x0: math.Inf(1), y0: math.Inf(1), x1: math.Inf(-1), y1: math.Inf(-1)}
	twice := 0.0
	for i, a := range corners {
		b := corners[(i+1)%len(corners)]
		twice += a.x*b.y - b.x*a.y
		s.x0, s.y0, s.x1, s.y1 = min(s.x0, a.x), min(s.y0, a.y), max(s.x1, a.x), max(s.y1, a.y)
	}
	s.x0, s.y0, s.x1, s.y1 = s.x0-soft, s.y0-soft, s.x1+soft, s.y1+soft
	type line struct{ a, b, c float64 }
	lines := make([]line, 0, len(corners))
	for i, a := range corners {
		b := corners[(i+1)%len(corners)]
		nx, ny := -(b.y - a.y), b.x-a.x
		if twice < 0 {
			nx, ny = -nx, -ny
		}
		if n := math.Hypot(nx, ny); n > 0 {
			lines = append(lines, line{nx / n, ny / n, -(a.x*nx + a.y*ny) / n})
		}
	}
	s.in = func(p pt) float64 {
		d := math.Inf(1)
		for _, l := range lines {
			d = min(d, l.a*p.x+l.b*p.y+l.c)
		}
		return min(max(d/soft+0.5, 0), 1)
	}
	return s
}

func rect(x0, y0, x1, y1 float64) shape {
	return poly(1, pt{x0, y0}, pt{x1, y0}, pt{x1, y1}, pt{x0, y1})
}

// blob is an ellipse that fades over soft of its radius.
func blob(at pt, rx, ry, soft float64) shape {
	return shape{func(p pt) float64 {
		d := math.Hypot((p.x-at.x)/rx, (p.y-at.y)/ry)
		return min(max((1-d)/soft, 0), 1)
	}, at.x - rx, at.y - ry, at.x + rx, at.y + ry}
}

// pixels returns the shape's box in a picture, even.
func (s shape) pixels(w, h int) image.Rectangle {
	lo := func(v float64) int { return int(math.Floor(min(max(v, -2), 1e5))) &^ 1 }
	return image.Rect(lo(s.x0), lo(s.y0), lo(s.x1)+2, lo(s.y1)+2).Intersect(image.Rect(0, 0, w, h))
}

// ycc is a colour in I420, as signals above black and grey.
type ycc struct{ y, cb, cr float64 }

func (c rgb) ycc() ycc {
	r, g, b := 255*math.Pow(c[0], 1/2.2), 255*math.Pow(c[1], 1/2.2), 255*math.Pow(c[2], 1/2.2)
	return ycc{0.257*r + 0.504*g + 0.098*b, -0.148*r - 0.291*g + 0.439*b, 0.439*r - 0.368*g - 0.071*b}
}

// each calls do for every pair of pixels in two rows (one chroma sample) of a box.
func each(f *raw.Frame, box image.Rectangle, do func(x, y, luma, chroma int)) {
	for y := box.Min.Y; y < box.Max.Y; y += 2 {
		for x := box.Min.X; x < box.Max.X; x += 2 {
			do(x, y, y*f.Width+x, y/2*(f.Width/2)+x/2)
		}
	}
}

// lay puts a colour over the frame where the shape is, times shade at each place.
func lay(f *raw.Frame, s shape, clip image.Rectangle, c ycc, shade func(p pt) float64) {
	each(f, s.pixels(f.Width, f.Height).Intersect(clip), func(x, y, luma, chroma int) {
		sum, k := 0.0, 1.0
		for i := range 4 {
			p := pt{float64(x+i%2) + 0.5, float64(y+i/2) + 0.5}
			a := s.in(p)
			if a == 0 {
				continue
			}
			if shade != nil {
				k = shade(p)
			}
			at := luma + i%2 + i/2*f.Width
			f.Y[at] = clamp(float64(f.Y[at])*(1-a) + a*(16+c.y*k))
			sum += a / 4
		}
		if sum > 0 {
			f.Cb[chroma] = clamp(float64(f.Cb[chroma])*(1-sum) + sum*(128+c.cb*k))
			f.Cr[chroma] = clamp(float64(f.Cr[chroma])*(1-sum) + sum*(128+c.cr*k))
		}
	})
}

// shine multiplies the light where the shape is by gain (of the signal), with a tint.
func shine(f *raw.Frame, s shape, clip image.Rectangle, gain, cb, cr float64) {
	each(f, s.pixels(f.Width, f.Height).Intersect(clip), func(x, y, luma, chroma int) {
		sum := 0.0
		for i := range 4 {
			a := s.in(pt{float64(x+i%2) + 0.5, float64(y+i/2) + 0.5})
			if a == 0 {
				continue
			}
			at := luma + i%2 + i/2*f.Width
			f.Y[at] = clamp(16 + (float64(f.Y[at])-16)*(1+(gain-1)*a))
			sum += a / 4
		}
		if sum > 0 {
			k := 1 + (gain-1)*sum
			f.Cb[chroma] = clamp(128 + (float64(f.Cb[chroma])-128)*k + cb*sum)
			f.Cr[chroma] = clamp(128 + (float64(f.Cr[chroma])-128)*k + cr*sum)
		}
	})
}

func clamp(v float64) byte { return byte(min(max(v+0.5, 0), 255)) }

// expose multiplies the whole picture, row by row: gain(y) of the signal, with a tint.
func expose(f *raw.Frame, gain func(y int) float64, cb, cr float64) {
	var luma, chromaB, chromaR [256]byte
	last := math.NaN()
	for y := range f.Height {
		if k := math.Round(gain(y)*512) / 512; k != last {
			last = k
			for i := range 256 {
				luma[i] = byte(min(max(16+(float64(i)-16)*k+0.5, 0), 235)) // the white end clips
				chromaB[i] = clamp(128 + (float64(i)-128)*min(k, 1.3) + cb)
				chromaR[i] = clamp(128 + (float64(i)-128)*min(k, 1.3) + cr)
			}
		}
		row := f.Y[y*f.Width : (y+1)*f.Width]
		for i, v := range row {
			row[i] = luma[v]
		}
		if y%2 == 0 {
			b, r := f.Cb[y/2*(f.Width/2):][:f.Width/2], f.Cr[y/2*(f.Width/2):][:f.Width/2]
			for i := range b {
				b[i], r[i] = chromaB[b[i]], chromaR[r[i]]
			}
		}
	}
}

// fade makes f the mixture of two frames.
func fade(f, a, b *raw.Frame, t float64) {
	k := int(t*256 + 0.5)
	mixed := func(dst, p, q []byte) {
		switch k {
		case 0:
			copy(dst, p)
		case 256:
			copy(dst, q)
		default:
			for i := range dst {
				dst[i] = byte((int(p[i])*(256-k) + int(q[i])*k + 128) >> 8)
			}
		}
	}
	mixed(f.Y, a.Y, b.Y)
	mixed(f.Cb, a.Cb, b.Cb)
	mixed(f.Cr, a.Cr, b.Cr)
}

// shake moves the picture by whole pixels, even ones in chroma.
func shake(f *raw.Frame, dx, dy int) {
	move := func(p []byte, w, h, dx, dy int) {
		old := bytes.Clone(p)
		for y := range h {
			sy := min(max(y+dy, 0), h-1)
			for x := range w {
				p[y*w+x] = old[sy*w+min(max(x+dx, 0), w-1)]
			}
		}
	}
	move(f.Y, f.Width, f.Height, dx, dy)
	move(f.Cb, f.Width/2, f.Height/2, dx/2, dy/2)
	move(f.Cr, f.Width/2, f.Height/2, dx/2, dy/2)
}

// grain is a sensor's noise, a bell sigma wide in luma and half of that in chroma.
type grain struct {
	luma, chroma []int8
	rnd          *rand.Rand
}

func newGrain(sigma float64, rnd *rand.Rand) *grain {
	g := &grain{make([]int8, 1<<16), make([]int8, 1<<15), rnd}
	for i := range g.luma {
		g.luma[i] = int8(math.Round(min(max(rnd.NormFloat64()*sigma, -100), 100)))
	}
	for i := range g.chroma {
		g.chroma[i] = int8(math.Round(min(max(rnd.NormFloat64()*sigma/2, -100), 100)))
	}
	return g
}

func (g *grain) lay(f *raw.Frame) {
	over := func(p []byte, w int, noise []int8) {
		for y := 0; y < len(p); y += w {
			n := noise[g.rnd.IntN(len(noise)-w):][:w]
			row := p[y : y+w]
			for i, v := range row {
				row[i] = byte(min(max(int(v)+int(n[i]), 0), 255))
			}
		}
	}
	over(f.Y, f.Width, g.luma)
	over(f.Cb, f.Width/2, g.chroma)
	over(f.Cr, f.Width/2, g.chroma)
}

// squeeze sends the frame through JPEG, as a camera on USB does.
func squeeze(f *raw.Frame, quality int) error {
	img := &image.YCbCr{Y: f.Y, Cb: f.Cb, Cr: f.Cr, YStride: f.Width, CStride: f.Width / 2,
		SubsampleRatio: image.YCbCrSubsampleRatio420, Rect: image.Rect(0, 0, f.Width, f.Height)}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		return err
	}
	back, err := jpeg.Decode(&b)
	if err != nil {
		return err
	}
	got := back.(*image.YCbCr)
	for y := range f.Height {
		copy(f.Y[y*f.Width:(y+1)*f.Width], got.Y[y*got.YStride:])
		if y%2 == 0 {
			w := f.Width / 2
			copy(f.Cb[y/2*w:(y/2+1)*w], got.Cb[y/2*got.CStride:])
			copy(f.Cr[y/2*w:(y/2+1)*w], got.Cr[y/2*got.CStride:])
		}
	}
	return nil
}
