package room

import (
	"math/rand/v2"

	"vestibule/vision/internal/raw"
)

// Extreme is an interior that no home has and that an adversary would try.
type Extreme struct {
	Name string
	at   func(rnd *rand.Rand, x, y, n int) byte
}

// Extremes returns them: black, white, flicker, noise, patterns on the very edges of blocks.
func Extremes() []Extreme {
	return []Extreme{
		{"black", func(*rand.Rand, int, int, int) byte { return 0 }},
		{"white", func(*rand.Rand, int, int, int) byte { return 255 }},
		{"flicker", func(_ *rand.Rand, _, _, n int) byte { return byte(n % 2 * 255) }},
		{"noise", func(rnd *rand.Rand, _, _, _ int) byte { return byte(rnd.Uint32()) }},
		{"checkers of a pixel", func(_ *rand.Rand, x, y, n int) byte { return byte((x + y + n) % 2 * 255) }},
		{"checkers on the edges of blocks", func(_ *rand.Rand, x, y, n int) byte { return byte((x/16 + y/16 + n) % 2 * 255) }},
		{"lines on the edges of blocks", func(_ *rand.Rand, x, y, n int) byte {
			if x%16 == 15 || y%16 == 15 || (x+n)%16 == 0 {
				return 255
			}
			return 0
		}},
		{"a ramp that moves", func(_ *rand.Rand, x, y, n int) byte { return byte(x + 3*y + 7*n) }},
	}
}

// Fill fills a whole frame, the n-th of a series.
func (e Extreme) Fill(f *raw.Frame, rnd *rand.Rand, n int) {
	w := f.Width
	for i := range f.Y {
		f.Y[i] = e.at(rnd, i%w, i/w, n)
	}
	for i := range f.Cb {
		x, y := i%(w/2)*2, i/(w/2)*2
		f.Cb[i], f.Cr[i] = e.at(rnd, x, y, n), e.at(rnd, x+1, y, n+1)
	}
}
