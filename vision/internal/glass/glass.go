// Package glass makes the picture that stands in front of the interior: a pane of frosted glass, drawn once and
// never again while a delivery lasts, and a veil on which it shows that somebody stands behind it.
//
// The pane is a function of the picture's size and, in the mode blur, of the zone's shape and one Tint, and
// of the pass's nonce in the other. It takes no frame. So the interior that the pane can give away is exactly
// the Tint's 216 bytes (0 for frosted), whoever records it for however long: nothing in it moves, so
// averaging over time yields what one picture yields, and there is no blur to invert, because the
// colours are spread from 16x9 numbers and not filtered from an image. A Veil is a function of the pane and of
// the Shadows that it was given, of 18 bytes each.
//
// It is smooth on purpose. Grain and pebbles would be wiped out by an encoder at the bit rate of a live
// picture, which leaves its blocks in their place.
//
// All arithmetic is on integers, so that every machine draws the same bytes from the same nonce.
package glass

import (
	"vestibule/vision/internal/zone"
)

// Planes is a picture in I420, rows packed.
type Planes struct {
	Width, Height int
	Y, Cb, Cr     []byte
}

// NewPlanes returns a picture of even width and height.
func NewPlanes(width, height int) *Planes {
	n := width * height
	mem := make([]byte, n+n/2)
	return &Planes{width, height, mem[:n:n], mem[n : n+n/4 : n+n/4], mem[n+n/4:]}
}

// Wipe overwrites the picture.
func (p *Planes) Wipe() {
	for _, plane := range [3][]byte{p.Y, p.Cb, p.Cr} {
		clear(plane)
	}
}

// grid is one number for each cell, in 1/256.
type grid [Rows][Cols]int32

// Frosted draws glass from the nonce alone.
func Frosted(width, height int, nonce [16]byte) *Planes {
	var y, cb, cr grid
	s := newStream(nonce, "colour")
	for r := range Rows {
		for c := range Cols {
			v := s.next(3)
			y[r][c] = 188*256 + spreadOf(v[0], 14)
			cb[r][c] = 131*256 + spreadOf(v[1], 4)
			cr[r][c] = 124*256 + spreadOf(v[2], 3)
		}
	}
	return draw(width, height, &y, &cb, &cr)
}

// spreadOf maps a byte to -most..most, in 1/256.
func spreadOf(v byte, most int32) int32 { return (2*int32(v) - 255) * most * 256 / 255 }

// Blurred draws glass in the interior's own colours. Cells that are all shown have no colour of their
// own: they take the mean of their neighbours, from the outside in.
func Blurred(width, height int, t Tint, shown *zone.Blocks) *Planes {
	var y, cb, cr grid
	var known [Rows][Cols]bool
	for r := range Rows {
		for c := range Cols {
			known[r][c] = hidden(r, c, width, height, shown)
			a, b, d := t.colour(r*Cols + c)
			y[r][c], cb[r][c], cr[r][c] = int32(a)<<8, int32(b)<<8, int32(d)<<8
		}
	}
	fillIn(known, &y, &cb, &cr)
	return draw(width, height, &y, &cb, &cr)
}

// hidden reports whether a cell has a hidden pixel.
func hidden(r, c, width, height int, shown *zone.Blocks) bool {
	up := func(v, size, n int) int { return (v*size + n - 1) / n } // the first pixel p with p*n/size == v
	for py := up(r, height, Rows); py < up(r+1, height, Rows); py++ {
		for px := up(c, width, Cols); px < up(c+1, width, Cols); px++ {
			if !shown.Shown(px, py) {
				return true
			}
		}
	}
	return false
}

func fillIn(known [Rows][Cols]bool, planes ...*grid) {
	for range Rows * Cols { // each round reaches at least one more cell, where any is known
		was, missing := known, false
		for r := range Rows {
			for c := range Cols {
				if was[r][c] {
					continue
				}
				missing = true
				for _, g := range planes {
					var sum, n int32
					for _, d := range [4][2]int{{0, 1}, {1, 0}, {0, -1}, {-1, 0}} {
						i, j := r+d[0], c+d[1]
						if i >= 0 && i < Rows && j >= 0 && j < Cols && was[i][j] {
							sum, n = sum+g[i][j], n+1
						}
					}
					if n > 0 {
						g[r][c] = sum / n
						known[r][c] = true
					}
				}
			}
		}
		if !missing {
			return
		}
	}
}

// draw spreads the three grids over a picture and gives it the surface of glass.
func draw(width, height int, y, cb, cr *grid) *Planes {
	p := NewPlanes(width, height)
	spread(p.Y, width, height, y, newSheen(width, height).add, 16, 235)
	spread(p.Cb, width/2, height/2, cb, nil, 16, 240)
	spread(p.Cr, width/2, height/2, cr, nil, 16, 240)
	return p
}
