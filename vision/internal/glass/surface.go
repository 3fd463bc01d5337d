package glass

import (
	"crypto/sha256"
	"encoding/binary"
)

// stream is bytes from a nonce: SHA-256 over domain, use, nonce and a counter.
type stream struct {
	head  []byte
	count uint64
	buf   [sha256.Size]byte
	used  int
}

func newStream(nonce [16]byte, use string) *stream {
	s := &stream{used: sha256.Size}
	s.head = append(s.head, "vestibule/glass/v1\x00"...)
	s.head = append(s.head, use...)
	s.head = append(s.head, 0)
	s.head = append(s.head, nonce[:]...)
	s.head = append(s.head, make([]byte, 8)...)
	return s
}

// next returns n bytes, at most 32, good until the next call.
func (s *stream) next(n int) []byte {
	if s.used+n > len(s.buf) {
		binary.BigEndian.PutUint64(s.head[len(s.head)-8:], s.count)
		s.buf = sha256.Sum256(s.head)
		s.count++
		s.used = 0
	}
	b := s.buf[s.used : s.used+n]
	s.used += n
	return b
}

// surface is the relief of the glass, in 1/256 of a luma step for each pixel: a sheen from top left to
// bottom right, a fine pebble as etched glass has, and a grain of about one step that keeps soft
// gradients from banding. It stands still, so an encoder pays for it once.
func surface(width, height int, nonce [16]byte) []int16 {
	out := make([]int16, width*height)
	sheen(out, width, height)
	pebble(out, width, height, max(height/80, 4), 420, newStream(nonce, "pebble"))
	pebble(out, width, height, max(height/200, 2), 330, newStream(nonce, "fine pebble"))
	s := newStream(nonce, "grain")
	for i := 0; i < len(out); i += 32 {
		for k, b := range s.next(32) {
			if i+k < len(out) {
				out[i+k] += (int16(b>>4) + int16(b&15) - 15) * 14
			}
		}
	}
	return out
}

// sheen adds light that falls from above and two soft diagonal bands, the way a pane shows that it is
// a pane.
func sheen(out []int16, width, height int) {
	const one = 1 << 12
	bands := [...]struct{ at, half, gain int }{ // along the diagonal, in 1/4096; gain in 1/256 of a step
		{1150, 330, 2600}, {1720, 110, 1600}, {3050, 210, 1800},
	}
	for y := range height {
		fall := 1100 - 2200*y/height
		for x := range width {
			d := (x*one/width*5 + y*one/height*3) / 8
			v := fall
			for _, b := range bands {
				off := max(d-b.at, b.at-d)
				if off < b.half {
					t := one - off*one/b.half*off/b.half // 1-t^2, falling to 0 at the band's edge
					v += b.gain * (t * t / one) / one
				}
			}
			out[y*width+x] += int16(v)
		}
	}
}

// pebble adds smooth noise: random heights on a lattice of the given step in pixels, up to gain/256
// of a luma step either way, joined by smooth curves.
func pebble(out []int16, width, height, step, gain int, s *stream) {
	cols, rows := width/step+2, height/step+2
	lattice := make([]int, cols*rows)
	for i := range lattice {
		lattice[i] = (2*int(s.next(1)[0]) - 255) * gain / 255
	}
	const one = 1 << 10
	ease := make([]int, step)
	for i := range ease {
		t := i * one / step
		ease[i] = t * t / one * (3*one - 2*t) / one
	}
	for y := range height {
		top := lattice[y/step*cols:]
		low := lattice[(y/step+1)*cols:]
		v := ease[y%step]
		for x := range width {
			c, u := x/step, ease[x%step]
			a := top[c]*(one-u) + top[c+1]*u
			b := low[c]*(one-u) + low[c+1]*u
			out[y*width+x] += int16((a*(one-v) + b*v) / (one * one))
		}
	}
}
