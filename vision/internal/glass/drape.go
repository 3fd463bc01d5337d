package glass

import (
	"bytes"
	"encoding/binary"
)

// Drape is what of a veil is drawn on one picture. The zero Drape is a picture without a shadow.
type Drape struct {
	strength []uint8
	turn     uint64
}

// Draw draws the veil as it is now on a picture: the pane that the veil is for, with the zone's frame, and with
// what d says of the veil already.
func (v *Veil) Draw(p *Planes, d *Drape) {
	if d.strength == nil {
		d.strength = make([]uint8, len(v.strength))
	}
	if d.turn == v.turn {
		return
	}
	d.turn = v.turn
	n := v.cols + 1
	for j := range v.rows {
		top, low := v.strength[j*n:(j+1)*n], v.strength[(j+1)*n:(j+2)*n]
		wasTop, wasLow := d.strength[j*n:(j+1)*n], d.strength[(j+1)*n:(j+2)*n]
		if bytes.Equal(top, wasTop) && bytes.Equal(low, wasLow) {
			continue
		}
		for i := range v.cols {
			if top[i] == wasTop[i] && top[i+1] == wasTop[i+1] && low[i] == wasLow[i] && low[i+1] == wasLow[i+1] {
				continue
			}
			switch at := v.tiles[j*v.cols+i]; at {
			case covered:
			case bare:
				v.bare(p, i, j)
			default:
				v.edge(p, i, j, &v.edges[at])
			}
		}
		copy(wasTop, top)
	}
	copy(d.strength[v.rows*n:], v.strength[v.rows*n:])
}

// corners is what the shadow does at a tile's corners, in 1/16 of a level.
func (v *Veil) corners(i, j int) (luma, cb, cr [4]int) {
	n := v.cols + 1
	for k, at := range [4]int{j*n + i, j*n + i + 1, (j+1)*n + i, (j+1)*n + i + 1} {
		s := int(v.strength[at])
		luma[k], cb[k], cr[k] = int(v.depth[at])*s/255, 16*coolCb*s/255, 16*coolCr*s/255
	}
	return luma, cb, cr
}

// row is what the shadow does along one row of luma, eight levels modulo 256 at once.
func (v *Veil) row(luma *[4]int, r int) uint64 {
	// In 1/4 of a level, at the left and at the right side.
	left := (luma[0]*(15-2*r) + luma[2]*(2*r+1) + 32) >> 6
	right := (luma[1]*(15-2*r) + luma[3]*(2*r+1) + 32) >> 6
	rise := min(max(right-left, -steepest), steepest-1)
	return add8(v.luma[left&3][rise+steepest], uint64(uint8(left>>2))*each8)
}

// tint is the same for one row of chroma, which changes by no more than coolCb from side to side.
func (v *Veil) tint(colour *[4]int, r int) uint32 {
	left := (colour[0]*(7-2*r) + colour[2]*(2*r+1) + 16) >> 5
	right := (colour[1]*(7-2*r) + colour[3]*(2*r+1) + 16) >> 5
	return add4(v.chroma[left&3][right-left+steepest], uint32(uint8(left>>2))*each4)
}

const (
	each8, high8 = 0x0101010101010101, 0x8080808080808080
	each4, high4 = 0x01010101, 0x80808080
)

// add8 adds eight bytes, none of which runs over into the next.
func add8(a, b uint64) uint64 { return (a&^high8 + b&^high8) ^ (a^b)&high8 }
func add4(a, b uint32) uint32 { return (a&^high4 + b&^high4) ^ (a^b)&high4 }

// bare draws a tile of the pane.
func (v *Veil) bare(p *Planes, i, j int) {
	luma, cb, cr := v.corners(i, j)
	w := p.Width
	for r, at := 0, j*tile*w+i*tile; r < tile; r, at = r+1, at+w {
		src := binary.LittleEndian.Uint64(v.base.Y[at:])
		binary.LittleEndian.PutUint64(p.Y[at:], add8(src, v.row(&luma, r)))
	}
	w /= 2
	for r, at := 0, j*half*w+i*half; r < half; r, at = r+1, at+w {
		src := binary.LittleEndian.Uint32(v.base.Cb[at:])
		binary.LittleEndian.PutUint32(p.Cb[at:], add4(src, v.tint(&cb, r)))
		src = binary.LittleEndian.Uint32(v.base.Cr[at:])
		binary.LittleEndian.PutUint32(p.Cr[at:], add4(src, v.tint(&cr, r)))
	}
}

// edge draws a tile at the zone's frame, or one that is cut by the picture's border.
func (v *Veil) edge(p *Planes, i, j int, e *edge) {
	luma, cb, cr := v.corners(i, j)
	for r := range min(tile, p.Height-j*tile) {
		at := (j*tile+r)*p.Width + i*tile
		add := v.row(&luma, r)
		for x := range min(tile, p.Width-i*tile) {
			if k := r*tile + x; e.line>>k&1 == 0 {
				p.Y[at+x] = e.y[k] + byte(add>>(8*x))
			}
		}
	}
	for r := range min(half, (p.Height-j*tile)/2) {
		at := (j*half+r)*(p.Width/2) + i*half
		addCb, addCr := v.tint(&cb, r), v.tint(&cr, r)
		for x := range min(half, (p.Width-i*tile)/2) {
			if e.line>>(2*r*tile+2*x)&1 == 0 {
				k := r*half + x
				p.Cb[at+x] = e.cb[k] + byte(addCb>>(8*x))
				p.Cr[at+x] = e.cr[k] + byte(addCr>>(8*x))
			}
		}
	}
}
