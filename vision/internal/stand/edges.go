package stand

import "math"

const (
	// slopeUnit is the slope of one luma step from cell to cell, as the 3x3 operator below gives it.
	slopeUnit = 8 * unit
	// leastSlope is the least slope of an edge, in luma steps, wherever there is no noise.
	leastSlope = 0.6
	// noiseTimes is how much steeper an edge is than the slope that three quarters of all cells exceed.
	noiseTimes = 4
	// mostNoise bounds what counts as noise, in luma steps: a zone full of fine texture is no noise.
	mostNoise = 6
	// contrast is the least slope of an edge as a share of its luma above black: a light that gets
	// weaker makes both smaller.
	contrast = 0.02

	black = 16 * unit
	turn  = 256 // half a turn in an edge's direction: edges have no sign, as light may turn it round
)

// edge is a place where luma changes most quickly, between cells.
type edge struct {
	x, y  float32 // cells, from the picture's corner
	cell  int32
	along uint8 // the slope's direction, 0..turn for half a turn
	steep float32
}

// edges finds the edges of one picture after another.
type edges struct {
	*grid
	luma   []uint16
	gx, gy []int16
	steep  []int32 // the slope squared
	all    []edge
	past   []edge   // those of the picture before
	index  []uint16 // by cell: which edge, from 1; 0 for none
	here   []byte   // by cell: the directions of the edge in it, a bit for each of eight
	around []byte   // by cell: those of the edges in it and in the eight cells around
	before []byte   // the same of the picture before
	levels [256]int // cells by slope
}

func newEdges(g *grid) *edges {
	return &edges{
		grid: g,
		gx:   make([]int16, g.cells), gy: make([]int16, g.cells), steep: make([]int32, g.cells),
		index: make([]uint16, g.cells),
		here:  make([]byte, g.cells), around: make([]byte, g.cells), before: make([]byte, g.cells),
		all:  make([]edge, 0, min(g.coreCells/2+1, math.MaxUint16)),
		past: make([]edge, 0, min(g.coreCells/2+1, math.MaxUint16)),
	}
}

// find finds the edges of a picture.
func (e *edges) find(luma []uint16) {
	e.luma = luma
	e.slopes()
	e.around, e.before = e.before, e.around
	for _, ed := range e.all {
		e.index[ed.cell], e.here[ed.cell] = 0, 0
	}
	clear(e.around)
	e.all, e.past = e.past[:0], e.all
	least := max(leastSlope, noiseTimes*min(e.quiet(), mostNoise))
	floor := int32(least * slopeUnit * least * slopeUnit)
	for _, s := range e.core {
		for c := s.from; c < s.to; c++ {
			if m := e.steep[c]; m > floor {
				e.ridge(c, m)
			}
		}
	}
	e.spread()
}

// slopes takes every inner cell's slope (Sobel's operator).
func (e *edges) slopes() {
	clear(e.levels[:])
	for _, s := range e.inner {
		n := s.to - s.from
		up := e.luma[s.from-e.stride-1:][: n+2 : n+2]
		mid := e.luma[s.from-1:][: n+2 : n+2]
		low := e.luma[s.from+e.stride-1:][: n+2 : n+2]
		gx, gy, steep := e.gx[s.from:s.to], e.gy[s.from:s.to], e.steep[s.from:s.to]
		for i := range steep {
			a, b, c := int32(up[i]), int32(up[i+1]), int32(up[i+2])
			d, f := int32(mid[i]), int32(mid[i+2])
			g, h, k := int32(low[i]), int32(low[i+1]), int32(low[i+2])
			x := c + 2*f + k - a - 2*d - g
			y := g + 2*h + k - a - 2*b - c
			gx[i], gy[i], steep[i] = int16(x), int16(y), x*x+y*y
		}
		for i := 0; i < n; i += 4 {
			x, y := int(gx[i]), int(gy[i])
			e.levels[min((max(x, -x)+max(y, -y))/(slopeUnit/8), len(e.levels)-1)]++
		}
	}
}

// quiet returns the slope that three quarters of the cells exceed, in luma steps.
func (e *edges) quiet() float32 {
	all := 0
	for _, n := range e.levels {
		all += n
	}
	sum := 0
	for i, n := range e.levels {
		if sum += n; sum*4 >= all {
			return (float32(i) + 0.5) / 8 * 0.8
		}
	}
	return 0
}

// ridge notes an edge at a cell whose slope is steeper than on either side.
func (e *edges) ridge(c int, m int32) {
	if l := (int32(e.luma[c]) - black) * slopeUnit / unit; l > 0 {
		if t := float32(l) * contrast; float32(m) < t*t {
			return
		}
	}
	x, y := int(e.gx[c]), int(e.gy[c])
	ax, ay := max(x, -x), max(y, -y)
	dx, dy := 1, 1 // along the slope, to the nearest eighth of a turn
	switch {
	case 12*ay < 5*ax:
		dy = 0
	case 12*ax < 5*ay:
		dx = 0
	case x^y < 0:
		dy = -1
	}
	step := dy*e.stride + dx
	before, after := e.steep[c-step], e.steep[c+step]
	if before > m || after >= m || len(e.all) == cap(e.all) {
		return
	}
	a, b, d := root(float32(before)), root(float32(m)), root(float32(after))
	off := (a - d) / (2 * (a - 2*b + d)) // the top of a parabola through the three
	px, py := e.place(c)
	angle := math.Atan2(float64(y), float64(x)) / math.Pi * turn
	e.all = append(e.all, edge{
		x: float32(px) + off*float32(dx), y: float32(py) + off*float32(dy), cell: int32(c),
		along: uint8(int(math.Round(angle)) & (turn - 1)), steep: b / slopeUnit,
	})
	e.index[c] = uint16(len(e.all))
}

// spread writes the map of directions: eight of them, an edge between two counts as both.
func (e *edges) spread() {
	for i := range e.all {
		ed := &e.all[i]
		bits := directions(ed.along)
		c := int(ed.cell)
		e.here[c] = bits
		for _, row := range [3]int{c - e.stride, c, c + e.stride} {
			n := e.around[row-1 : row+2 : row+2]
			n[0] |= bits
			n[1] |= bits
			n[2] |= bits
		}
	}
}

const part = turn / 8

// directions returns the eighths that a direction is in or close to.
func directions(along uint8) byte {
	d, rest := along/part, along%part
	bits := byte(1) << d
	switch {
	case rest < part/3:
		bits |= 1 << ((d + 7) % 8)
	case rest >= part-part/3:
		bits |= 1 << ((d + 1) % 8)
	}
	return bits
}

// still returns the share of the edges, by their steepness, that were there in the picture before.
func (e *edges) still() float32 {
	var stayed, all float32
	for i := range e.all {
		ed := &e.all[i]
		all += ed.steep
		if e.before[ed.cell]&directions(ed.along) != 0 {
			stayed += ed.steep
		}
	}
	return stayed / max(all, 1)
}
