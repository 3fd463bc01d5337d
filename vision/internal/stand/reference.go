package stand

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrReference says that the bytes are no reference, or one of another zone or size.
var ErrReference = errors.New("the reference of how the camera stands cannot be read")

// A reference is, in big-endian numbers:
//
//	"VSTD", version 1          5 bytes
//	width, height              2 x 2 bytes, the picture's pixels
//	digest                     16 bytes, of the zone's shape
//	count                      2 bytes, 48 to 640 marks
//	x, y, along                2 + 2 + 1 bytes for each: cells/16 from the picture's corner, and the
//	                           direction across the edge in 1/256 of half a turn
//
// Marks are ordered by y, then x, no place twice, and lie on the zone's cells; what these are follows from
// the size and the zone. So every reference has one form, 267 to 3,227 bytes.
const (
	magic      = "VSTD\x01"
	digestSize = 16
	headSize   = len(magic) + 4 + digestSize + 2
	markSize   = 5
)

// shape is a digest of which blocks are shown.
func (g *grid) shape() []byte {
	h := sha256.New()
	for _, r := range g.runs {
		var b [12]byte
		binary.BigEndian.PutUint32(b[:], uint32(r.X))
		binary.BigEndian.PutUint32(b[4:], uint32(r.Y))
		binary.BigEndian.PutUint32(b[8:], uint32(r.N))
		h.Write(b[:])
	}
	return h.Sum(nil)[:digestSize]
}

func (g *grid) head() []byte {
	b := append(make([]byte, 0, headSize+mostMarks*markSize), magic...)
	b = binary.BigEndian.AppendUint16(b, uint16(g.width))
	b = binary.BigEndian.AppendUint16(b, uint16(g.height))
	return append(b, g.shape()...)
}

// encode writes marks in their order.
func encode(g *grid, marks []mark) []byte {
	b := binary.BigEndian.AppendUint16(g.head(), uint16(len(marks)))
	for _, m := range marks {
		b = binary.BigEndian.AppendUint16(b, uint16(m.x*fine))
		b = binary.BigEndian.AppendUint16(b, uint16(m.y*fine))
		b = append(b, m.along)
	}
	return b
}

// decode reads the marks of a reference.
func decode(g *grid, b []byte) ([]mark, error) {
	head := g.head()
	switch {
	case len(b) < headSize || !bytes.HasPrefix(b, []byte(magic)):
		return nil, fmt.Errorf("%w: it is none, or of another version", ErrReference)
	case !bytes.HasPrefix(b, head[:len(magic)+4]):
		w, h := binary.BigEndian.Uint16(b[len(magic):]), binary.BigEndian.Uint16(b[len(magic)+2:])
		return nil, fmt.Errorf("%w: it is of a picture of %dx%d pixels instead of %dx%d", ErrReference, w, h, g.width, g.height)
	case !bytes.HasPrefix(b, head):
		return nil, fmt.Errorf("%w: it is of another zone", ErrReference)
	}
	n := int(binary.BigEndian.Uint16(b[headSize-2:]))
	b = b[headSize:]
	if n < leastMarks || n > mostMarks || len(b) != n*markSize {
		return nil, fmt.Errorf("%w: %d marks in %d bytes", ErrReference, n, len(b))
	}
	core := g.mask(g.core)
	marks := make([]mark, n)
	last := -1
	for i := range marks {
		x, y := int(binary.BigEndian.Uint16(b)), int(binary.BigEndian.Uint16(b[2:]))
		marks[i] = newMark(g, x, y, b[4])
		b = b[markSize:]
		if x > (g.width/g.side-1)*fine || y > (g.height/g.side-1)*fine || !g.holds(nearest(x), nearest(y)) || !core[marks[i].cell] {
			return nil, fmt.Errorf("%w: mark %d lies outside the zone", ErrReference, i+1)
		}
		if at := y<<16 | x; at <= last {
			return nil, fmt.Errorf("%w: mark %d is out of order", ErrReference, i+1)
		} else {
			last = at
		}
	}
	return marks, nil
}
