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

// side is what the shadow does along one side of a tile, going down row by row.
type side struct{ at, step int }

// along starts a side between two corners that differ from the pane by a and b, in 1/16 of a level. It has two
// steps for each of so many rows, and is read between them, in 1/4 of a level.
func along(a, b, rows int) side { return side{(2*rows-1)*a + b + 4*rows, 2 * (b - a)} }

// row is what the shadow does along one row of luma, eight levels modulo 256 at once.
func (v *Veil) row(l, r *side) uint64 {
	left, right := l.at>>6, r.at>>6
	l.at, r.at = l.at+l.step, r.at+r.step
	rise := min(max(right-left, -steepest), steepest-1)
	return add8(v.luma[left&3][(rise+steepest)&(2*steepest-1)], uint64(uint8(left>>2))*each8)
}

// tint is the same for one row of chroma, which changes by no more than coolCb from side to side.
func (v *Veil) tint(l, r *side) uint32 {
	left, right := l.at>>5, r.at>>5
	l.at, r.at = l.at+l.step, r.at+r.step
	return add4(v.chroma[left&3][(right-left+steepest)&(2*steepest-1)], uint32(uint8(left>>2))*each4)
}

// sides are the left and the right side of a tile, of luma and of both chromas.
func (v *Veil) sides(i, j int) (l, r, cbL, cbR, crL, crR side) {
	n := v.cols + 1
	tl, bl := j*n+i, (j+1)*n+i
	a, b, c, d := v.strength[tl], v.strength[tl+1], v.strength[bl], v.strength[bl+1]
	return along(int(v.light[tl]), int(v.light[bl]), tile), along(int(v.light[tl+1]), int(v.light[bl+1]), tile),
		along(coolCb*int(a)>>4, coolCb*int(c)>>4, half), along(coolCb*int(b)>>4, coolCb*int(d)>>4, half),
		along(coolCr*int(a)>>4, coolCr*int(c)>>4, half), along(coolCr*int(b)>>4, coolCr*int(d)>>4, half)
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
	l, r, cbL, cbR, crL, crR := v.sides(i, j)
	w := p.Width
	at := j*tile*w + i*tile
	for range tile {
		src := binary.LittleEndian.Uint64(v.base.Y[at:])
		binary.LittleEndian.PutUint64(p.Y[at:], add8(src, v.row(&l, &r)))
		at += w
	}
	w /= 2
	at = j*half*w + i*half
	for range half {
		src := binary.LittleEndian.Uint32(v.base.Cb[at:])
		binary.LittleEndian.PutUint32(p.Cb[at:], add4(src, v.tint(&cbL, &cbR)))
		src = binary.LittleEndian.Uint32(v.base.Cr[at:])
		binary.LittleEndian.PutUint32(p.Cr[at:], add4(src, v.tint(&crL, &crR)))
		at += w
	}
}

// edge draws a tile at the zone's frame, or one that is cut by the picture's border.
func (v *Veil) edge(p *Planes, i, j int, e *edge) {
	l, r, cbL, cbR, crL, crR := v.sides(i, j)
	for row := range min(tile, p.Height-j*tile) {
		at := (j*tile+row)*p.Width + i*tile
		add := v.row(&l, &r)
		for x := range min(tile, p.Width-i*tile) {
			if k := row*tile + x; e.line>>k&1 == 0 {
				p.Y[at+x] = e.y[k] + byte(add>>(8*x))
			}
		}
	}
	for row := range min(half, (p.Height-j*tile)/2) {
		at := (j*half+row)*(p.Width/2) + i*half
		addCb, addCr := v.tint(&cbL, &cbR), v.tint(&crL, &crR)
		for x := range min(half, (p.Width-i*tile)/2) {
			if e.line>>(2*row*tile+2*x)&1 == 0 {
				k := row*half + x
				p.Cb[at+x] = e.cb[k] + byte(addCb>>(8*x))
				p.Cr[at+x] = e.cr[k] + byte(addCr>>(8*x))
			}
		}
	}
}
