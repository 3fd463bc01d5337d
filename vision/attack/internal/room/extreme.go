package room

import (
	"encoding/binary"
	"math/rand/v2"

	"vestibule/vision/internal/raw"
)

// Extreme is an interior that no home has and that an adversary would try.
type Extreme struct {
	Name string
	row  func(rnd *rand.Rand, r line)
}

// line is a row to be filled, in the n-th frame of a series: dst[k] lies at the pixel from + k*step of row y.
type line struct {
	dst        []byte
	from, step int
	y, n       int
}

// each fills it by a pixel's x.
func (l line) each(at func(x int) byte) {
	for k := range l.dst {
		l.dst[k] = at(l.from + k*l.step)
	}
}

func (l line) all(v byte) {
	for k := range l.dst {
		l.dst[k] = v
	}
}

// odd is 255 where i is odd.
func odd(i int) byte { return byte(-(i & 1)) }

// Extremes returns them: black, white, flicker, noise, patterns on the very edges of blocks.
func Extremes() []Extreme {
	return []Extreme{
		{"black", func(_ *rand.Rand, l line) { l.all(0) }},
		{"white", func(_ *rand.Rand, l line) { l.all(255) }},
		{"flicker", func(_ *rand.Rand, l line) { l.all(odd(l.n)) }},
		{"noise", func(rnd *rand.Rand, l line) {
			var eight [8]byte
			for k := 0; k < len(l.dst); k += len(eight) {
				binary.LittleEndian.PutUint64(eight[:], rnd.Uint64())
				copy(l.dst[k:], eight[:])
			}
		}},
		{"checkers of a pixel", func(_ *rand.Rand, l line) { l.each(func(x int) byte { return odd(x + l.y + l.n) }) }},
		{"checkers on the edges of blocks", func(_ *rand.Rand, l line) {
			l.each(func(x int) byte { return odd(x>>4 + l.y>>4 + l.n) })
		}},
		{"lines on the edges of blocks", func(_ *rand.Rand, l line) {
			if l.y%16 == 15 {
				l.all(255)
				return
			}
			l.each(func(x int) byte {
				if x&15 == 15 || (x+l.n)&15 == 0 {
					return 255
				}
				return 0
			})
		}},
		{"a ramp that moves", func(_ *rand.Rand, l line) { l.each(func(x int) byte { return byte(x + 3*l.y + 7*l.n) }) }},
	}
}

// Fill fills a whole frame, the n-th of a series.
func (e Extreme) Fill(f *raw.Frame, rnd *rand.Rand, n int) {
	w := f.Width
	for y := range f.Height {
		e.row(rnd, line{f.Y[y*w : (y+1)*w], 0, 1, y, n})
	}
	for y := range f.Height / 2 {
		e.row(rnd, line{f.Cb[y*w/2 : (y+1)*w/2], 0, 2, 2 * y, n})
		e.row(rnd, line{f.Cr[y*w/2 : (y+1)*w/2], 1, 2, 2 * y, n + 1})
	}
}
