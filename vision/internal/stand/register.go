package stand

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// pose is how a picture lies to the reference: shifted by x, y cells, and stretched and turned about the
// marks' middle by the small shares out and round.
type pose struct{ x, y, out, round float32 }

// at returns how far a place is displaced.
func (p pose) at(l *layout, x, y float32) (dx, dy float32) {
	x, y = x-l.cx, y-l.cy
	return p.x + p.out*x - p.round*y, p.y + p.round*x + p.out*y
}

const (
	// A displaced picture is looked for within reach cells either way, and within farReach where doubt is left.
	reach    = 8
	farReach = 20

	ones = 0x0101010101010101 // a one in each byte of a word

	none    = 99        // the distance of an edge that is not there
	similar = turn / 11 // directions that differ by less may be the same edge's: 16 degrees
	holds   = 0.5       // cells across an edge within which it is where it should be
	settled = 0.02      // cells by which a better pose is no better
	astray  = 1         // cells along it within which it is looked for
)

// register compares a reference with one picture after another.
type register struct {
	*layout
	e     *edges
	off   []float32 // by mark: how far its edge is off in the pose last looked at, across it; or none
	kept  []bool    // by mark: whether it holds where the reference has it
	total []float32 // by displacement, row by row: what vote found

	last    pose // of the look before, if it found the reference elsewhere
	shifted bool // it did

	before  sighting // of the look before
	looked  bool     // there was one
	skipped int      // looks in a row that were taken to say what the one before did
	stroke  stroke
}

func newRegister(l *layout, e *edges) *register {
	return &register{layout: l, e: e, off: make([]float32, len(l.marks)), kept: make([]bool, len(l.marks)),
		total: make([]float32, (2*farReach+1)*(2*farReach+1))}
}

// look finds for each mark the edge that is nearest to where the pose has it, at most radius cells away: 3 at
// the most.
func (r *register) look(p pose, radius int) {
	e := r.e
	row := uint64(1)<<(8*(2*radius+1)) - 1 // the cells of a row that are within radius, a byte for each
	for i := range r.marks {
		m := &r.marks[i]
		r.off[i] = none
		dx, dy := p.at(r.layout, m.x, m.y)
		x, y := m.x+dx, m.y+dy
		cx, cy := int(x+pad+0.5)-e.left, int(y+pad+0.5)-e.top
		if cx < pad/2 || cy < pad/2 || cx >= e.stride-pad/2 || cy >= e.rows-pad/2 {
			continue // far out, where no cell holds an edge
		}
		c := cy*e.stride + cx
		like := row & (ones * uint64(m.near))
		nearest := float32(none)
		for from := c - radius*e.stride - radius; from < c+radius*e.stride; from += e.stride {
			for cells := binary.LittleEndian.Uint64(e.here[from:]) & like; cells != 0; {
				k := bits.TrailingZeros64(cells) / 8
				cells &^= 0xff << (8 * k)
				ed := &e.all[e.index[from+k]-1]
				if turned := int8(ed.along - m.along); turned > similar || turned < -similar {
					continue
				}
				ex, ey := ed.x-x, ed.y-y
				off, side := ex*m.nx+ey*m.ny, ex*m.ny-ey*m.nx
				if a := max(off, -off); a < nearest && side <= astray && side >= -astray {
					nearest, r.off[i] = a, off
				}
			}
		}
	}
}

// fit improves a pose so that the marks lie on edges: weighted least squares over the distances across the
// edges, in which those far off count little. It leaves the distances in off.
func (r *register) fit(p pose) pose {
	start := p
	r.look(p, 2)
	p = r.solve(p, start, 1)
	for range 3 {
		r.look(p, 2)
		was := p
		p = r.solve(p, start, 0.4)
		if d := (pose{p.x - was.x, p.y - was.y, p.out - was.out, p.round - was.round}); r.size*(abs(d.out)+abs(d.round))+abs(d.x)+abs(d.y) < settled {
			break
		}
	}
	r.look(p, 1)
	return p
}

// solve is one step of that. scale is the distance in cells at which an edge counts half.
func (r *register) solve(p, start pose, scale float32) pose {
	var a [4][5]float32
	var sum float32
	k := 1 / r.size // so that all four unknowns are in cells
	for i := range r.marks {
		off := r.off[i]
		if off == none {
			continue
		}
		m := &r.marks[i]
		x, y := (m.x-r.cx)*k, (m.y-r.cy)*k
		v := [4]float32{m.nx, m.ny, m.nx*x + m.ny*y, m.ny*x - m.nx*y}
		w := r.weight[i] / (1 + off*off/(scale*scale))
		sum += w
		for j := range v {
			for l := j; l < 4; l++ {
				a[j][l] += w * v[j] * v[l]
			}
			a[j][4] += w * v[j] * off
		}
	}
	if sum == 0 {
		return p
	}
	// What the edges do not hold stays where it was.
	was := [4]float32{start.x - p.x, start.y - p.y, (start.out - p.out) * r.size, (start.round - p.round) * r.size}
	for j := range was {
		soft := 0.02 * sum
		a[j][j] += soft
		a[j][4] += soft * was[j]
		for l := range j {
			a[j][l] = a[l][j]
		}
	}
	d := eliminate(&a)
	return pose{p.x + d[0], p.y + d[1], p.out + d[2]*k, p.round + d[3]*k}
}

// eliminate solves four equations whose matrix is symmetric and positive.
func eliminate(a *[4][5]float32) (d [4]float32) {
	for i := range a {
		for j := i + 1; j < len(a); j++ {
			f := a[j][i] / a[i][i]
			for l := i; l < len(a[j]); l++ {
				a[j][l] -= f * a[i][l]
			}
		}
	}
	for i := len(a) - 1; i >= 0; i-- {
		v := a[i][4]
		for l := i + 1; l < len(d); l++ {
			v -= a[i][l] * d[l]
		}
		d[i] = v / a[i][i]
	}
	return d
}

// vote adds up, for every displacement by up to reach cells, in which patches the marks find edges there: 1 for a
// patch that finds all of them, 1/8 for one that finds half. An edge in the very cell counts as much again
// as one around it.
func (r *register) vote(reach int) {
	width := 2*reach + 1
	r.total = r.total[:width*width]
	clear(r.total)
	var tall heights
	for _, p := range r.patches {
		most := 2 * (p.to - p.from)
		for n := range tall[:most+1] {
			h := float32(n) / float32(most)
			tall[n] = h * h * h
		}
		marks := r.marks[p.from:p.to]
		for dy := range width {
			row := r.total[dy*width:][:width]
			for x := 0; x < width; x += abreast {
				first, then, last := r.tally(marks, (dy-reach)*r.e.stride+x-reach)
				tall.add(row[x:], first)
				tall.add(row[min(x+8, width):], then)
				tall.add(row[min(x+16, width):], last)
			}
		}
	}
}

// heights is what a patch adds by how many of its marks find their edge, twice where it is in the very cell.
type heights [2*mostInside + 1]float32

// add adds up for eight displacements side by side, or as many as there are.
func (t *heights) add(to []float32, found uint64) {
	if found == 0 {
		return
	}
	for i := range to[:min(8, len(to))] {
		to[i] += t[byte(found)]
		found >>= 8
	}
}

// abreast is so many displacements side by side: 2*reach+1 and 2*farReach+1 leave few of them over.
const abreast = 24

// tally counts for each of the displacements from by on, in cells, how many of the marks find their edge there, a
// byte for each, which most marks do not fill.
func (r *register) tally(marks []mark, by int) (first, then, last uint64) {
	for i := range marks {
		bit := marks[i].along / part & 7
		at := int(marks[i].cell) + by
		here, around := r.e.here[at:at+abreast:at+abreast], r.e.around[at:at+abreast:at+abreast]
		first += binary.LittleEndian.Uint64(here)>>bit&ones + binary.LittleEndian.Uint64(around)>>bit&ones
		then += binary.LittleEndian.Uint64(here[8:])>>bit&ones + binary.LittleEndian.Uint64(around[8:])>>bit&ones
		last += binary.LittleEndian.Uint64(here[16:])>>bit&ones + binary.LittleEndian.Uint64(around[16:])>>bit&ones
	}
	return first, then, last
}

// summit returns the displacement beyond tol cells that the vote likes best, and by how many deviations it and the
// best within tol stand out among those beyond.
func (r *register) summit(reach int, tol float32) (best pose, there, here float32) {
	var inside, high, n, sum, squares float32
	i := 0
	for y := -reach; y <= reach; y++ {
		for x := -reach; x <= reach; x++ {
			v := r.total[i]
			i++
			if float32(x*x+y*y) <= tol*tol {
				inside = max(inside, v)
				continue
			}
			n++
			sum += v
			squares += v * v
			if v > high {
				high, best = v, pose{x: float32(x), y: float32(y)}
			}
		}
	}
	mean := sum / n
	deviation := max(root(max(squares/n-mean*mean, 0)), 0.01)
	return best, (high - mean) / deviation, (inside - mean) / deviation
}

// displaced returns which share of the patches a pose displaces by more than so many cells.
func (r *register) displaced(p pose, cells float32) float32 {
	var sum float32
	for i := range r.marks {
		m := &r.marks[i]
		if x, y := p.at(r.layout, m.x, m.y); x*x+y*y > cells*cells {
			sum += r.weight[i]
		}
	}
	return sum / float32(len(r.patches))
}

func abs(v float32) float32 { return max(v, -v) }

func root(v float32) float32 { return float32(math.Sqrt(float64(v))) }
