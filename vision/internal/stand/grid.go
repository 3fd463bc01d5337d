package stand

import (
	"encoding/binary"

	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/zone"
)

const (
	// pad is how many empty cells lie around the zone's cells, so that nothing that is looked up nearby
	// lies outside the memory.
	pad = farReach + 8
	// unit is a luma step in a cell's value.
	unit = 4
)

// span is a row of cells side by side: those from..to (outside) of all cells, row after row.
type span struct{ from, to int }

// grid is the zone in cells of side x side pixels. A picture has about 180 to 360 rows of them, so that
// one cell is about 1/200 of its shorter side at any size. Kept are the cells of the box around the zone, and pad more
// all around.
type grid struct {
	side          int // pixels: 1, 2 or 4, so that a block holds whole cells
	width, height int // the picture's pixels
	left, top     int // the box's corner, in the picture's cells
	right, bottom int // outside
	stride        int // cells from one row to the next
	rows          int
	cells         int // all of them, those around the zone's too
	runs          []zone.Run
	inner         []span // cells whose eight neighbours are shown: they have a slope
	core          []span // cells whose neighbours all have one: they may hold an edge
	coreCells     int
}

func newGrid(shown *zone.Blocks, width, height int) *grid {
	g := &grid{width: width, height: height, side: 4, runs: shown.Runs()}
	switch short := min(width, height); {
	case short < 360:
		g.side = 1
	case short < 640:
		g.side = 2
	}
	g.left, g.top = width/g.side, height/g.side
	for _, r := range g.runs {
		g.left, g.right = min(g.left, r.X/g.side), max(g.right, (r.X+r.N)/g.side)
		g.top, g.bottom = min(g.top, r.Y/g.side), max(g.bottom, (r.Y+zone.Block)/g.side)
	}
	g.stride = max(g.right-g.left, 0) + 2*pad
	g.rows = max(g.bottom-g.top, 0) + 2*pad
	g.cells = g.stride * g.rows
	mask := make([]bool, g.cells)
	n := zone.Block / g.side
	for _, r := range g.runs {
		for y := r.Y / g.side; y < r.Y/g.side+n; y++ {
			at := g.at(r.X/g.side, y)
			for i := range r.N / g.side {
				mask[at+i] = true
			}
		}
	}
	mask = g.erode(mask)
	g.inner = spans(mask)
	g.core = spans(g.erode(mask))
	for _, s := range g.core {
		g.coreCells += s.to - s.from
	}
	return g
}

// at returns the index of the cell x, y, which the box has to hold.
func (g *grid) at(x, y int) int { return (y-g.top+pad)*g.stride + x - g.left + pad }

// holds reports whether the cell x, y is in the box.
func (g *grid) holds(x, y int) bool { return x >= g.left && x < g.right && y >= g.top && y < g.bottom }

// place returns where in the picture a cell is.
func (g *grid) place(cell int) (x, y int) {
	return cell%g.stride - pad + g.left, cell/g.stride - pad + g.top
}

// erode leaves the cells whose eight neighbours are there.
func (g *grid) erode(mask []bool) []bool {
	out := make([]bool, len(mask))
	for c := g.stride + 1; c < len(mask)-g.stride-1; c++ {
		all := true
		for _, row := range [3]int{c - g.stride, c, c + g.stride} {
			all = all && mask[row-1] && mask[row] && mask[row+1]
		}
		out[c] = all
	}
	return out
}

// mask is spans' inverse.
func (g *grid) mask(all []span) []bool {
	mask := make([]bool, g.cells)
	for _, s := range all {
		for c := s.from; c < s.to; c++ {
			mask[c] = true
		}
	}
	return mask
}

func spans(mask []bool) (all []span) {
	for c := 0; c < len(mask); c++ {
		from := c
		for c < len(mask) && mask[c] {
			c++
		}
		if c > from {
			all = append(all, span{from, c})
		}
	}
	return all
}

// shrink writes the mean luma of each of the zone's cells, in 1/unit. No other pixel is read.
func (g *grid) shrink(f *raw.Frame, into []uint16) {
	for _, r := range g.runs {
		for y := 0; y < zone.Block; y += g.side {
			from := (r.Y+y)*g.width + r.X
			at := g.at(r.X/g.side, (r.Y+y)/g.side)
			dst := into[at : at+r.N/g.side]
			switch g.side {
			case 1:
				for i, v := range f.Y[from : from+r.N] {
					dst[i] = uint16(v) * unit
				}
			case 2:
				shrink2(dst, f.Y[from:from+r.N], f.Y[from+g.width:from+g.width+r.N])
			default:
				shrink4(dst, f.Y[from:from+3*g.width+r.N], g.width)
			}
		}
	}
}

// pairs keeps every other byte of a word, as four sums that have room to grow.
const pairs = 0x00ff00ff00ff00ff

// shrink2 adds up squares of two pixels, four squares at once.
func shrink2(dst []uint16, a, b []byte) {
	for i := 0; i+4 <= len(dst); i += 4 {
		u, v := binary.LittleEndian.Uint64(a[2*i:]), binary.LittleEndian.Uint64(b[2*i:])
		s := u&pairs + u>>8&pairs + v&pairs + v>>8&pairs
		d := dst[i : i+4 : i+4]
		d[0], d[1], d[2], d[3] = uint16(s), uint16(s>>16), uint16(s>>32), uint16(s>>48)
	}
}

// shrink4 adds up squares of four pixels, two squares at once, to a quarter of their sum.
func shrink4(dst []uint16, src []byte, stride int) {
	a, b, c, d := src, src[stride:], src[2*stride:], src[3*stride:]
	for i := 0; i+2 <= len(dst); i += 2 {
		p, q := binary.LittleEndian.Uint64(a[4*i:]), binary.LittleEndian.Uint64(b[4*i:])
		r, t := binary.LittleEndian.Uint64(c[4*i:]), binary.LittleEndian.Uint64(d[4*i:])
		s := p&pairs + p>>8&pairs + q&pairs + q>>8&pairs + r&pairs + r>>8&pairs + t&pairs + t>>8&pairs
		s += s >> 16
		dst[i] = uint16(s) / unit
		dst[i+1] = uint16(s>>32) / unit
	}
}

// dim reports whether the picture is so dark, or so bright, that edges do not show.
func (g *grid) dim(luma []uint16) bool {
	n, sum := 0, 0
	for _, s := range g.core {
		for _, v := range luma[s.from:s.to] {
			sum += int(v)
		}
		n += s.to - s.from
	}
	return sum < n*mostDark*unit || sum > n*mostBright*unit
}
