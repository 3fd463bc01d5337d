package glass

import "encoding/binary"

// Drape is what of a veil is drawn on one picture. The zero Drape is a picture without a shadow.
type Drape struct {
	strength []uint8
	turn     uint64
}

// Wipe overwrites what is known of the shadow.
func (d *Drape) Wipe() {
	clear(d.strength)
	*d = Drape{}
}

// Draw draws the veil as it is now on a picture: the pane that the veil is for, with the zone's frame, and with
// what d says of the veil already. Another picture that has the veil as it is now, as its drape says, is copied; it may
// be nil.
func (v *Veil) Draw(p *Planes, d *Drape, other *Planes, has *Drape) {
	if d.strength == nil {
		d.strength = make([]uint8, len(v.strength))
	}
	if d.turn == v.turn {
		return
	}
	d.turn = v.turn
	if other != nil && has.turn != v.turn {
		other = nil
	}
	n := v.cols + 1
	for j := range v.rows {
		top, low := v.strength[j*n:(j+1)*n], v.strength[(j+1)*n:(j+2)*n]
		wasTop, wasLow := d.strength[j*n:(j+1)*n], d.strength[(j+1)*n:(j+2)*n]
		first, last := differ(top, wasTop)
		f, l := differ(low, wasLow)
		first, last = max(min(first, f)-1, 0), min(max(last, l), v.cols) // of the tiles that have such a corner
		stays := func(i int) bool {
			return top[i] == wasTop[i] && top[i+1] == wasTop[i+1] && low[i] == wasLow[i] && low[i+1] == wasLow[i+1]
		}
		tiles := v.tiles[j*v.cols : (j+1)*v.cols]
		for i := first; i < last; i++ {
			switch at := tiles[i]; {
			case at == covered || stays(i):
			case other != nil:
				from := i
				for i+1 < last && tiles[i+1] != covered && !stays(i+1) {
					i++
				}
				p.take(other, j, from, i+1)
			case at == bare:
				from := i
				for i+1 < last && tiles[i+1] == bare && !stays(i+1) {
					i++
				}
				v.bare(p, j, from, i+1, d)
			default:
				v.edge(p, i, j, &v.edges[at])
			}
		}
		copy(wasTop, top)
	}
	copy(d.strength[v.rows*n:], v.strength[v.rows*n:])
}

// differ returns where the first byte is that differs, and where the last is, and one more; len(a) and 0 if none does.
func differ(a, b []uint8) (from, to int) {
	to, b = len(a), b[:len(a)]
	for from+8 <= to && binary.LittleEndian.Uint64(a[from:]) == binary.LittleEndian.Uint64(b[from:]) {
		from += 8
	}
	for from < to && a[from] == b[from] {
		from++
	}
	if from == to {
		return to, 0
	}
	for to-8 > from && binary.LittleEndian.Uint64(a[to-8:]) == binary.LittleEndian.Uint64(b[to-8:]) {
		to -= 8
	}
	for a[to-1] == b[to-1] {
		to--
	}
	return from, to
}

// take copies the tiles from..to (outside) of a row from another picture.
func (p *Planes) take(other *Planes, j, from, to int) {
	x, n := from*tile, min(to*tile, p.Width)-from*tile
	for y := j * tile; y < min((j+1)*tile, p.Height); y++ {
		at := y*p.Width + x
		copy(p.Y[at:at+n], other.Y[at:at+n])
	}
	x, n = x/2, n/2
	for y := j * half; y < min((j+1)*half, p.Height/2); y++ {
		at := y*(p.Width/2) + x
		copy(p.Cb[at:at+n], other.Cb[at:at+n])
		copy(p.Cr[at:at+n], other.Cr[at:at+n])
	}
}

// swell is how a body changes the luma, as numbers that are taken from what is there or added to it.
type swell struct {
	down bool // it takes away
	// steps is by how much the pixels of a row are changed that rises from f/4 of a level by so many quarters, or
	// falls to f/4: a byte for each.
	steps [4][2 * steepest]uint64
}

func newSwell(down bool) *swell {
	s := &swell{down: down}
	for f := range s.steps {
		for i := range s.steps[f] {
			rise := i - steepest
			for x := range tile {
				way := 2*x + 1 // in sixteenths
				if rise < 0 {
					way = 16 - way
				}
				s.steps[f][i] |= uint64((16*f+max(rise, -rise)*way+s.half(64))/64) << (8 * x)
			}
		}
	}
	return s
}

// half is what rounds a division by an even number. What is taken away is rounded as the number below zero that it is.
func (s *swell) half(by int) int {
	if s.down {
		return by/2 - 1
	}
	return by / 2
}

// side is what the shadow does along one side of a tile, going down row by row.
type side struct{ at, step int32 }

// along starts a side between two corners that are changed by a and b, in 1/16 of a level. It has two steps for each
// row, and is read between them, in 1/4 of a level.
func (s *swell) along(a, b int16) side {
	return side{(2*tile-1)*int32(a) + int32(b) + int32(s.half(8*tile)), 2 * (int32(b) - int32(a))}
}

// next returns what a side is in this row, and goes on to the next.
func (l *side) next() int32 {
	at := l.at >> 6 // by 8*tile
	l.at += l.step
	return at
}

// row is by how much a row of a tile is changed from its left side to its right, a byte for each pixel. No byte of
// it is more than what the pane has to give there, or to take, so that it is added, or taken away, as one number.
func (s *swell) row(left, right int32) uint64 {
	rise := min(max(right-left, -steepest), steepest-1)
	least := left + min(rise, 0)
	return s.steps[least&3][(rise+steepest)&(2*steepest-1)] + uint64(least>>2)*each8
}

const each8, each4 = 0x0101010101010101, 0x01010101

// rows changes a row of pixels of the tiles between so many sides.
func (s *swell) rows(dst, src []byte, sides []side) {
	left := sides[0].next()
	for k := 1; k < len(sides) && len(src) >= tile && len(dst) >= tile; k++ {
		right := sides[k].next()
		by := s.row(left, right)
		if s.down {
			by = -by
		}
		binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(src)+by)
		left, src, dst = right, src[tile:], dst[tile:]
	}
}

// cool is what a body adds to Cb in a tile whose corners it covers so strongly, and takes from Cr. That is so few levels
// that one number will do for a tile.
func cool(top, low []uint8, i int) (cb, cr uint32) {
	mean := uint32(top[i]) + uint32(top[i+1]) + uint32(low[i]) + uint32(low[i+1])
	return (coolCb*mean + 512) >> 10, (coolCr*mean + 512) >> 10
}

// bare draws the tiles from..to (outside) of a row, which are as the pane is.
func (v *Veil) bare(p *Planes, j, from, to int, d *Drape) {
	n := v.cols + 1
	light, lightLow := v.light[j*n:(j+1)*n], v.light[(j+1)*n:(j+2)*n]
	sides := v.sides[:to-from+1]
	for k := range sides {
		sides[k] = v.luma.along(light[from+k], lightLow[from+k])
	}
	at, end := j*tile*p.Width+from*tile, j*tile*p.Width+to*tile
	for range tile {
		v.luma.rows(p.Y[at:end], v.base.Y[at:end], sides)
		at, end = at+p.Width, end+p.Width
	}
	top, low := v.strength[j*n:(j+1)*n], v.strength[(j+1)*n:(j+2)*n]
	wasTop, wasLow := d.strength[j*n:(j+1)*n], d.strength[(j+1)*n:(j+2)*n]
	for i := from; i < to; i++ {
		cb, cr := cool(top, low, i)
		if wasCb, wasCr := cool(wasTop, wasLow, i); cb == wasCb && cr == wasCr {
			continue
		}
		at := j*half*(p.Width/2) + i*half
		for range half {
			binary.LittleEndian.PutUint32(p.Cb[at:], binary.LittleEndian.Uint32(v.base.Cb[at:])+cb*each4)
			binary.LittleEndian.PutUint32(p.Cr[at:], binary.LittleEndian.Uint32(v.base.Cr[at:])-cr*each4)
			at += p.Width / 2
		}
	}
}

// edge draws a tile at the zone's frame, or one that is cut by the picture's border. The frame's line and what lies
// outside have nothing to give, so each sample is changed by itself.
func (v *Veil) edge(p *Planes, i, j int, e *edge) {
	n := v.cols + 1
	at := j*n + i
	l, r := v.luma.along(v.light[at], v.light[at+n]), v.luma.along(v.light[at+1], v.light[at+n+1])
	for row := range min(tile, p.Height-j*tile) {
		at := (j*tile+row)*p.Width + i*tile
		by := v.luma.row(l.next(), r.next())
		for x := range min(tile, p.Width-i*tile) {
			k, b := row*tile+x, byte(by>>(8*x))
			switch {
			case e.line>>k&1 == 1:
			case v.luma.down:
				p.Y[at+x] = e.y[k] - b
			default:
				p.Y[at+x] = e.y[k] + b
			}
		}
	}
	cb, cr := cool(v.strength[j*n:(j+1)*n], v.strength[(j+1)*n:(j+2)*n], i)
	for row := range min(half, (p.Height-j*tile)/2) {
		at := (j*half+row)*(p.Width/2) + i*half
		for x := range min(half, (p.Width-i*tile)/2) {
			if e.line>>(2*row*tile+2*x)&1 == 0 {
				k := row*half + x
				p.Cb[at+x], p.Cr[at+x] = e.cb[k]+byte(cb), e.cr[k]-byte(cr)
			}
		}
	}
}
