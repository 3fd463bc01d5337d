package scene

import (
	"encoding/binary"
	"math/bits"

	"vestibule/vision/internal/raw"
)

// The camera's range: a little inside the limited range, so that noise needs no clamping.
const (
	darkest, brightest = 20, 231
	mostNoise          = 4
)

// grain is a sensor's noise: another for each frame, the same for the same seed and frame number.
type grain struct {
	seed  uint64
	noise []byte // at most mostNoise steps either way, modulo 256 for those below zero
}

// lay copies a picture into the frame number n with the sensor's noise; without a picture it is black.
func (g grain) lay(f *raw.Frame, n uint64, from *raw.Frame) {
	const high = 0x8080808080808080
	w := f.Width
	for y := range f.Height {
		at := mixBits(g.seed ^ n<<20 ^ uint64(y)<<1)
		noise := g.noise[at%noiseSpan:][:w+8]
		dst := f.Y[y*w : (y+1)*w]
		if from == nil {
			for x := range dst {
				dst[x] = darkest + noise[x] - mostNoise
			}
			continue
		}
		src := from.Y[y*w : (y+1)*w]
		x := 0
		for ; x+8 <= w; x += 8 {
			a, b := binary.LittleEndian.Uint64(src[x:]), binary.LittleEndian.Uint64(noise[x:])
			// Eight sums at once, none of which runs over into the next.
			binary.LittleEndian.PutUint64(dst[x:], (a&^high+b&^high)^(a^b)&high)
		}
		for ; x < w; x++ {
			dst[x] = src[x] + noise[x]
		}
	}
	if from == nil {
		for i := range f.Cb {
			f.Cb[i], f.Cr[i] = 128, 128
		}
		return
	}
	copy(f.Cb, from.Cb)
	copy(f.Cr, from.Cr)
}

const noiseSpan = 1 << 16

func newGrain(seed uint64) grain {
	g := grain{seed, make([]byte, noiseSpan+1928)}
	for i := range g.noise {
		h := mixBits(seed + uint64(i)*0x9e3779b97f4a7c15)
		// Of eight coins the number of heads: nearly a bell, 1.4 steps wide.
		g.noise[i] = byte(bits.OnesCount8(uint8(h>>24)) - mostNoise)
	}
	return g
}

// mixBits is the finalizer of SplitMix64 (Steele, Lea, Flood 2014).
func mixBits(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
