package glass

import "vestibule/vision/internal/zone"

// Veil draws shadows on a pane: somebody behind the glass, as a soft body that is darker and cooler than the
// pane, or lighter where the pane itself is dark.
//
// What it draws is a function of the pane, of the shadows it was given and of the number of its steps, and
// of nothing else. From one shadow to the next each cell fades on its own, in moves of one step or a few: [moves] or
// some more are enough to look smooth, and between them nothing behind the glass changes. The cells' strengths are spread by the spline that spreads the pane's colours, and a curve makes a body with a
// soft edge of that. Each tile of 8x8 pixels is then drawn from the strengths at its four corners, and only
// when one of them has changed.
type Veil struct {
	base  *Planes
	tiles []int32 // for each: bare, covered, or which of the edges it is
	edges []edge
	steps int    // of a fade
	every int    // that are gone at once
	wait  int    // steps since the last that was gone
	part  uint64 // of 1<<partBits: one of the steps

	cols, rows   int // tiles
	level        [Rows * Cols]uint8
	target       Shadow
	turn         uint64  // grows when the strengths change
	strength     []uint8 // at each corner of a tile, cols+1 a row
	depth        []int16 // by how much a full shadow changes the luma there, in 1/16 of a level
	light        []int16 // by how much the shadow that is there does
	across, down []knot  // for each column and row of corners
	curve        [257]uint8
	luma         *swell
	sides        []side // those of a row of tiles
}

// edge is a tile that is not as the pane is, because it lies at the zone's frame, or not whole.
type edge struct {
	y      [tile * tile]byte // what it is without a shadow
	cb, cr [half * half]byte
	line   uint64 // the pixels of luma that stay so, one bit each: the frame's line
}

const (
	tile, half = 8, 4
	steepest   = 256 // what a tile may differ by from one side to the other, in 1/4 of a level

	bare, covered = -1, -2

	darker  = 88 // of 256: how much of the pane's light a body takes, and
	least   = 8  // levels besides, as far as there are
	lighter = 26 // levels that it adds to a dark pane
	night   = 60 // the mean luma below which a pane is dark

	coolCb, coolCr = 5, 4 // levels: what a body adds to the one, and takes from the other

	moves    = 6  // of a fade that has as many steps
	partBits = 40 // so that a product with part, which is rounded up, is as exact as a division
)

// NewVeil returns a veil without a shadow over a pane, and around the zone's frame. The pane is written to and put
// right again meanwhile, and read as long as the veil is in use. A fade takes steps steps, 1 to 255.
func NewVeil(pane *Planes, shown *zone.Blocks, steps int) *Veil {
	w, h := pane.Width, pane.Height
	v := &Veil{base: pane, steps: min(max(steps, 1), 255), cols: (w + tile - 1) / tile, rows: (h + tile - 1) / tile}
	v.every, v.part = max(v.steps/moves, 1), 1<<partBits/uint64(v.steps)+1
	v.across, v.down = knots(v.cols+1, w, Cols), knots(v.rows+1, h, Rows)
	v.strength = make([]uint8, len(v.across)*len(v.down))
	v.findEdges(shown)
	var dark bool
	v.depth, dark = v.depths()
	v.luma, v.sides = newSwell(!dark), make([]side, v.cols+1)
	v.light = make([]int16, len(v.strength))
	for i := range v.curve {
		const from, to = 58, 176 // a body is where the spline is over the half of a cell
		t := min(max(i-from, 0), to-from) * 256 / (to - from)
		v.curve[i] = uint8(min(t*t*(3*256-2*t)/(256*256), 255))
	}
	return v
}

// findEdges draws the frame on the pane, keeps the tiles that have changed, and puts them right again.
func (v *Veil) findEdges(shown *zone.Blocks) {
	w, h := v.base.Width, v.base.Height
	reach := (shadeWidth(w, h) + zone.Block - 1) / zone.Block
	v.tiles = make([]int32, v.cols*v.rows)
	var near []int32 // the tiles that the frame may reach
	for i := range v.tiles {
		x, y := i%v.cols*tile, i/v.cols*tile
		switch {
		case shown.Shown(x, y):
			v.tiles[i] = covered
		case x+tile > w || y+tile > h || len(nearby(shown, x&^(zone.Block-1), y&^(zone.Block-1), reach)) > 0:
			v.tiles[i] = int32(len(near))
			near = append(near, int32(i))
		default:
			v.tiles[i] = bare
		}
	}
	was := make([]edge, len(near))
	defer clear(was)
	for k, i := range near {
		was[k] = cut(v.base, shown, int(i)%v.cols*tile, int(i)/v.cols*tile)
	}
	Rim(v.base, shown)
	v.edges = make([]edge, 0, len(near)) // that grows into no other memory, which Wipe would not know
	for k, i := range near {
		x, y := int(i)%v.cols*tile, int(i)/v.cols*tile
		e := cut(v.base, shown, x, y)
		v.base.put(&was[k], x, y)
		if e == was[k] && x+tile <= w && y+tile <= h {
			v.tiles[i] = bare
			continue
		}
		v.tiles[i] = int32(len(v.edges))
		v.edges = append(v.edges, e)
	}
}

// cut copies a tile, as far as it lies in the picture.
func cut(p *Planes, shown *zone.Blocks, x, y int) (e edge) {
	wide := rimWidth(p.Width, p.Height)
	for r := range min(tile, p.Height-y) {
		i := (y+r)*p.Width + x
		copy(e.y[r*tile:(r+1)*tile], p.Y[i:i+min(tile, p.Width-x)])
		for c := range tile {
			if onRim(shown, (x+c)&^1, (y+r)&^1, wide) {
				e.line |= 1 << (r*tile + c)
			}
		}
	}
	for r := range min(half, (p.Height-y)/2) {
		i, n := (y/2+r)*(p.Width/2)+x/2, min(half, (p.Width-x)/2)
		copy(e.cb[r*half:(r+1)*half], p.Cb[i:i+n])
		copy(e.cr[r*half:(r+1)*half], p.Cr[i:i+n])
	}
	return e
}

// put is the reverse of cut.
func (p *Planes) put(e *edge, x, y int) {
	for r := range min(tile, p.Height-y) {
		i := (y+r)*p.Width + x
		copy(p.Y[i:i+min(tile, p.Width-x)], e.y[r*tile:(r+1)*tile])
	}
	for r := range min(half, (p.Height-y)/2) {
		i, n := (y/2+r)*(p.Width/2)+x/2, min(half, (p.Width-x)/2)
		copy(p.Cb[i:i+n], e.cb[r*half:(r+1)*half])
		copy(p.Cr[i:i+n], e.cr[r*half:(r+1)*half])
	}
}

func knots(n, size, cells int) []knot {
	out := make([]knot, n)
	for i := range out {
		u := min(i*tile, size)*cells*256/size - 128 // in 1/256 of a cell, from the first cell's centre
		w := weights(int64(u & 255))
		for k := range 4 {
			out[i].at[k] = min(max(u>>8+k-1, 0), cells-1)
			out[i].w[k] = int32(w[k])
		}
	}
	return out
}

// knot is where a corner takes its strength from: four cells, and their weights.
type knot struct {
	at [4]int
	w  [4]int32
}

// depths is what a full shadow takes at each corner, or on a dark pane adds. No pixel of the four tiles around a corner
// is as dark (or as bright) as to be driven out of the range that encoders expect.
func (v *Veil) depths() (depth []int16, dark bool) {
	low, high := make([]int, len(v.strength)), make([]int, len(v.strength))
	for i := range low {
		low[i] = 235
	}
	see := func(i, j, luma int) {
		at := j*(v.cols+1) + i
		for _, k := range [4]int{at, at + 1, at + v.cols + 1, at + v.cols + 2} {
			low[k], high[k] = min(low[k], luma), max(high[k], luma)
		}
	}
	total, w := 0, v.base.Width
	for y := range v.base.Height {
		for x, l := range v.base.Y[y*w : (y+1)*w] {
			total += int(l)
			see(x/tile, y/tile, int(l))
		}
	}
	for i, at := range v.tiles {
		if at < 0 {
			continue
		}
		for k, l := range v.edges[at].y {
			if x, y := i%v.cols*tile+k%tile, i/v.cols*tile+k/tile; v.edges[at].line>>k&1 == 0 && x < w && y < v.base.Height {
				see(i%v.cols, i/v.cols, int(l))
			}
		}
	}
	depth, dark = make([]int16, len(v.strength)), total < night*len(v.base.Y)
	for i := range depth {
		if dark {
			depth[i] = int16(16 * max(min(lighter, 235-high[i]), 0))
		} else {
			light := max(low[i]-16, 0)
			depth[i] = int16(16 * min(light*darker/256+least, light))
		}
	}
	return depth, dark
}

// Set gives the veil its next shadow, which it fades to.
func (v *Veil) Set(s Shadow) { v.target = s }

// Clear takes every shadow away at once.
func (v *Veil) Clear() {
	v.target, v.level = Shadow{}, [Rows * Cols]uint8{}
	clear(v.strength)
	clear(v.light)
	v.turn++
}

// Wipe overwrites all that the veil knows of its pane, the pane itself, and the shadows. The veil is of no use afterwards.
func (v *Veil) Wipe() {
	if v.base != nil {
		v.base.Wipe()
	}
	clear(v.edges)
	clear(v.strength)
	clear(v.depth)
	clear(v.light)
	clear(v.sides)
	*v = Veil{}
}

// Follow goes on where another veil stands: the same shadows over another pane.
func (v *Veil) Follow(other *Veil) {
	v.target, v.level, v.wait, v.turn = other.target, other.level, other.wait, other.turn+1
	copy(v.strength, other.strength)
	for i, s := range v.strength {
		v.light[i] = int16(int(v.depth[i]) * int(s) / 255)
	}
}

// Step goes on by one step.
func (v *Veil) Step() {
	if v.wait++; v.wait < v.every {
		return
	}
	v.wait = 0
	r0, r1, c0, c1 := Rows, 0, Cols, 0 // what has changed
	for i := range v.level {
		row, col := i/Cols, i%Cols
		switch l := int(v.level[i]); {
		case v.target.At(row, col) && l < v.steps:
			v.level[i] = uint8(min(l+v.every, v.steps))
		case !v.target.At(row, col) && l > 0:
			v.level[i] = uint8(max(l-v.every, 0))
		default:
			continue
		}
		r0, r1, c0, c1 = min(r0, row), max(r1, row), min(c0, col), max(c1, col)
	}
	if r0 == Rows {
		return
	}
	v.turn++
	// A cell reaches two cells and a half beyond its middle.
	from := func(cell, size, cells int) int { return max((cell-2)*size/cells/tile, 0) }
	to := func(cell, size, cells, last int) int { return min((cell+3)*size/cells/tile+1, last) }
	w, h := v.base.Width, v.base.Height
	i0, i1 := from(c0, w, Cols), to(c1, w, Cols, v.cols)
	last := to(r1, h, Rows, v.rows)
	for j := from(r0, h, Rows); j <= last; j += 2 {
		v.corners(j, min(j+1, last), i0, i1)
	}
}

// corners takes the strengths of two rows of corners anew, from i0 to i1. Both are reckoned as one number: neither half
// of it grows into the other.
func (v *Veil) corners(j, below, i0, i1 int) {
	var line [Cols]uint64 // the cells' strengths at these heights, in 1/256
	a, b := &v.down[j], &v.down[below]
	for c := range line {
		line[c] = v.strengthAt(a, c) | v.strengthAt(b, c)<<32
	}
	n := v.cols + 1
	row, light, depth := v.strength[j*n:(j+1)*n], v.light[j*n:(j+1)*n], v.depth[j*n:(j+1)*n]
	rowBelow, lightBelow, depthBelow := v.strength[below*n:(below+1)*n], v.light[below*n:(below+1)*n], v.depth[below*n:(below+1)*n]
	for i := i0; i <= i1; i++ {
		k := &v.across[i]
		const in = Cols - 1 // every cell is
		sum := line[k.at[0]&in]*uint64(k.w[0]) + line[k.at[1]&in]*uint64(k.w[1]) + line[k.at[2]&in]*uint64(k.w[2]) + line[k.at[3]&in]*uint64(k.w[3])
		if s := v.curve[min(uint32(sum)>>weightBits, 256)]; s != row[i] {
			row[i], light[i] = s, int16(int32(depth[i])*int32(s)/255)
		}
		if s := v.curve[min(sum>>(32+weightBits), 256)]; s != rowBelow[i] {
			rowBelow[i], lightBelow[i] = s, int16(int32(depthBelow[i])*int32(s)/255)
		}
	}
}

// strengthAt is the strength of a column of cells at the height of a row of corners, in 1/256.
func (v *Veil) strengthAt(k *knot, c int) uint64 {
	var sum uint64
	for i, row := range k.at {
		sum += uint64(v.level[row*Cols+c]) * uint64(k.w[i])
	}
	return sum * v.part >> partBits >> (weightBits - 8)
}
