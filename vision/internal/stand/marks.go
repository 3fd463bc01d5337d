package stand

import (
	"cmp"
	"math"
	"slices"
)

const (
	mostMarks  = 640
	leastMarks = 48
	// patches is about how many squares the zone is divided into. A long edge has many marks; each square
	// has one vote.
	patches    = 100
	leastSide  = 6  // of a patch, in cells
	mostInside = 12 // marks in a patch
	// steadyShare is how much of all edges' steepness has to stay for a second.
	steadyShare = 0.75
	// fine is how many parts of a cell a mark's place is kept in.
	fine = 16
)

// nearest returns the cell in which a place lies that is given in 1/fine.
func nearest(v int) int { return (v + fine/2) / fine }

// mark is an edge of the reference.
type mark struct {
	x, y   float32 // cells from the picture's corner, in steps of 1/fine
	nx, ny float32 // across the edge
	along  uint8   // the slope's direction, as an edge's
	near   byte    // the eighths of directions that are similar, as bits
	cell   int32
}

func newMark(g *grid, x, y int, along uint8) mark {
	sin, cos := math.Sincos(float64(along) * math.Pi / turn)
	near := byte(0)
	for d := -similar; d <= similar; d++ {
		near |= 1 << (uint8(int(along)+d) / part)
	}
	return mark{
		near: near,
		x:    float32(x) / fine, y: float32(y) / fine, nx: float32(cos), ny: float32(sin), along: along,
		cell: int32(g.at(nearest(x), nearest(y))),
	}
}

// layout is a reference as it is compared with pictures.
type layout struct {
	marks   []mark    // patch by patch
	patches []patch   // those that have marks
	weight  []float32 // by mark: one for each patch, divided among its marks
	cx, cy  float32   // the middle of the marks
	size    float32   // how far from it they lie, on average
}

// patch is a square of the zone with its marks: those from..to, mostInside at the most.
type patch struct{ from, to int }

// patchOf returns the patch that a cell lies in.
func (g *grid) patchOf(cell int32) int {
	side := max(int(math.Round(math.Sqrt(float64(g.coreCells)/patches))), leastSide)
	x, y := g.place(int(cell))
	return (y/side-g.top/side)*g.stride + x/side - g.left/side
}

func newLayout(g *grid, marks []mark) *layout {
	l := &layout{marks: slices.Clone(marks), weight: make([]float32, len(marks))}
	slices.SortStableFunc(l.marks, func(a, b mark) int { return cmp.Compare(g.patchOf(a.cell), g.patchOf(b.cell)) })
	for i := 0; i < len(l.marks); {
		p := patch{i, i}
		for p.to < len(l.marks) && p.to-p.from < mostInside && g.patchOf(l.marks[p.to].cell) == g.patchOf(l.marks[i].cell) {
			p.to++
		}
		for ; i < p.to; i++ {
			l.weight[i] = 1 / float32(p.to-p.from)
		}
		l.patches = append(l.patches, p)
	}
	n := float32(len(l.marks))
	for _, m := range l.marks {
		l.cx += m.x / n
		l.cy += m.y / n
	}
	for _, m := range l.marks {
		l.size += root((m.x-l.cx)*(m.x-l.cx)+(m.y-l.cy)*(m.y-l.cy)) / n
	}
	l.size = max(l.size, 1)
	return l
}

// choose makes a reference of the edges that are in all of the pictures: in each patch the steepest.
func choose(g *grid, pictures [][]uint16) (marks []mark, steady bool) {
	e, other := newEdges(g), newEdges(g)
	last := len(pictures) - 1
	e.find(pictures[last])
	seen := make([]int, len(e.all))
	for _, p := range pictures[:last] {
		other.find(p)
		for i, ed := range e.all {
			if other.around[ed.cell]&directions(ed.along) != 0 {
				seen[i]++
			}
		}
	}
	byPatch := map[int][]edge{}
	var stayed, all float32
	for i, ed := range e.all {
		all += ed.steep
		if seen[i] == last {
			p := g.patchOf(ed.cell)
			byPatch[p] = append(byPatch[p], ed)
			stayed += ed.steep
		}
	}
	for _, all := range byPatch {
		slices.SortFunc(all, func(a, b edge) int {
			return cmp.Or(cmp.Compare(b.steep, a.steep), cmp.Compare(a.cell, b.cell))
		})
	}
	count := func(each int) (sum int) {
		for _, all := range byPatch {
			sum += min(len(all), each)
		}
		return sum
	}
	core := g.mask(g.core)
	each := 1
	for each < mostInside && count(each+1) <= mostMarks {
		each++
	}
	for _, all := range byPatch {
		for _, ed := range all[:min(len(all), each)] {
			if m := newMark(g, int(ed.x*fine+0.5), int(ed.y*fine+0.5), ed.along); core[m.cell] {
				marks = append(marks, m)
			}
		}
	}
	slices.SortFunc(marks, func(a, b mark) int { return cmp.Or(cmp.Compare(a.y, b.y), cmp.Compare(a.x, b.x)) })
	marks = slices.CompactFunc(marks, func(a, b mark) bool { return a.x == b.x && a.y == b.y })
	return marks[:min(len(marks), mostMarks)], stayed >= steadyShare*all
}
