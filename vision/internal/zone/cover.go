package zone

import "slices"

// cover returns which share of the picture the polygons cover together, 0..1.
//
// It cuts the picture into bands at the height of every corner and of every crossing of two edges.
// Within a band no two edges cross, so what is covered of it is made of trapezoids, each as large as
// its middle line times the band's height.
func cover(zones [][]Point) float64 {
	var all []edge
	for i, p := range zones {
		for k, a := range p {
			if b := p[(k+1)%len(p)]; a.Y != b.Y {
				all = append(all, edge{a, b, i})
			}
		}
	}
	cuts := make([]float64, 0, len(all)*len(all))
	for i, e := range all {
		cuts = append(cuts, float64(e.a.Y), float64(e.b.Y))
		for _, f := range all[:i] {
			if y, ok := e.crossing(f); ok {
				cuts = append(cuts, y)
			}
		}
	}
	slices.Sort(cuts)
	var area float64
	for i := 1; i < len(cuts); i++ {
		area += middle(all, (cuts[i-1]+cuts[i])/2) * (cuts[i] - cuts[i-1])
	}
	return area / (Unit * Unit)
}

// edge is one of a polygon's, not a level one.
type edge struct {
	a, b Point
	part int // which polygon it is of
}

// at is where the edge's line is at the height y.
func (e edge) at(y float64) float64 {
	return float64(e.a.X) + float64(e.b.X-e.a.X)*(y-float64(e.a.Y))/float64(e.b.Y-e.a.Y)
}

// crossing returns the height at which the lines of two edges cross, if both edges reach it.
func (e edge) crossing(f edge) (y float64, ok bool) {
	ex, ey := float64(e.b.X-e.a.X), float64(e.b.Y-e.a.Y)
	fx, fy := float64(f.b.X-f.a.X), float64(f.b.Y-f.a.Y)
	d := ex*fy - ey*fx
	if d == 0 {
		return 0, false
	}
	t := (float64(f.a.X-e.a.X)*fy - float64(f.a.Y-e.a.Y)*fx) / d
	y = float64(e.a.Y) + t*ey
	return y, e.spans(y) && f.spans(y)
}

func (e edge) spans(y float64) bool {
	return min(float64(e.a.Y), float64(e.b.Y)) <= y && y <= max(float64(e.a.Y), float64(e.b.Y))
}

// middle returns how much of the level line at y lies inside any polygon.
func middle(all []edge, y float64) (long float64) {
	type mark struct {
		x    float64
		part int
	}
	var marks []mark
	for _, e := range all {
		if e.spans(y) {
			marks = append(marks, mark{e.at(y), e.part})
		}
	}
	slices.SortFunc(marks, func(m, n mark) int {
		switch {
		case m.x < n.x:
			return -1
		case m.x > n.x:
			return 1
		}
		return 0
	})
	var in [maxZones]bool
	inside := 0
	for i, m := range marks {
		if inside > 0 {
			long += m.x - marks[i-1].x
		}
		in[m.part] = !in[m.part]
		if in[m.part] {
			inside++
		} else {
			inside--
		}
	}
	return long
}
