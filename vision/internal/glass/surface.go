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

// sheen is the light on the pane: it falls from above, and two soft bands and a fine one run across, the way a
// pane shows that it is a pane. There is no grain and no pebble in it: an encoder for live pictures wipes both
// out and leaves its blocks in their place, while a smooth run of light comes through as it is.
type sheen struct {
	width, height int
	across        []int // 5/8 of the way along the diagonal, in 1/4096
}

// one is the length of the diagonal.
const one = 1 << 12

func newSheen(width, height int) *sheen {
	s := &sheen{width, height, make([]int, width)}
	for x := range s.across {
		s.across[x] = x * one / width * 5
	}
	return s
}

// add adds the light of one row, in 1/256 of a luma step.
func (s *sheen) add(y int, row []int64) {
	fall := 1100 - 2200*y/s.height
	down := y * one / s.height * 3
	for x := range row {
		d := (s.across[x] + down) / 8
		v := fall
		for _, b := range [...]struct{ at, half, gain int }{ // along the diagonal, in 1/4096; gain in 1/256 of a step
			{1150, 520, 2600}, {1850, 260, 1500}, {3050, 380, 1800},
		} {
			off := max(d-b.at, b.at-d)
			if off < b.half {
				t := one - off*one/b.half*off/b.half // 1-t^2, falling to 0 at the band's edge
				v += b.gain * (t * t / one) / one
			}
		}
		row[x] += int64(v)
	}
}
