package shadow

// sums is the integral of values on a grid of cols x rows: boxes of it are added up in one step, whatever
// their size (Crow 1984).
type sums struct {
	cols, rows int
	s          []int32
}

func newSums(cols, rows int) sums {
	return sums{cols, rows, make([]int32, (cols+1)*(rows+1))}
}

// of integrates v where which is 1; where it is 0 nothing counts.
func (s *sums) of(v []int16, which []uint8) {
	n := s.cols + 1
	for j := range s.rows {
		above, here := s.s[j*n:(j+1)*n], s.s[(j+1)*n:(j+2)*n]
		row := int32(0)
		vs, ws := v[j*s.cols:(j+1)*s.cols], which[j*s.cols:(j+1)*s.cols]
		for i, x := range vs {
			row += int32(x) * int32(ws[i])
			here[i+1] = above[i+1] + row
		}
	}
}

// count integrates flags.
func (s *sums) count(which []uint8) {
	n := s.cols + 1
	for j := range s.rows {
		above, here := s.s[j*n:(j+1)*n], s.s[(j+1)*n:(j+2)*n]
		row := int32(0)
		for i, x := range which[j*s.cols : (j+1)*s.cols] {
			row += int32(x)
			here[i+1] = above[i+1] + row
		}
	}
}

// row returns the two lines of the integral between which the box of radius r around row j lies.
func (s *sums) row(j, r int) (low, high []int32) {
	n := s.cols + 1
	y0, y1 := max(j-r, 0), min(j+r+1, s.rows)
	return s.s[y0*n : (y0+1)*n], s.s[y1*n : (y1+1)*n]
}

// window takes local means away: what is left of v is what differs from its surroundings, a box of the
// radius. Only points that count are in the mean.
type window struct {
	radius  int
	inverse []int32 // 65536 over how many points count
}

func newWindow(radius int, counted *sums) window {
	w := window{radius, make([]int32, counted.cols*counted.rows)}
	for j := range counted.rows {
		low, high := counted.row(j, radius)
		for i := range counted.cols {
			x0, x1 := max(i-radius, 0), min(i+radius+1, counted.cols)
			if n := high[x1] - high[x0] - low[x1] + low[x0]; n > 0 {
				w.inverse[j*counted.cols+i] = (1<<16 + n/2) / n
			}
		}
	}
	return w
}

// pass writes v less its local mean into out; s is v's integral. Where nothing counts it is 0.
func (w *window) pass(out, v []int16, s *sums) {
	r := w.radius
	for j := range s.rows {
		low, high := s.row(j, r)
		o, vs, inv := out[j*s.cols:(j+1)*s.cols], v[j*s.cols:(j+1)*s.cols], w.inverse[j*s.cols:(j+1)*s.cols]
		for i := range o {
			x0, x1 := max(i-r, 0), min(i+r+1, s.cols)
			if inv[i] == 0 {
				o[i] = 0
				continue
			}
			mean := int64(high[x1]-high[x0]-low[x1]+low[x0]) * int64(inv[i]) >> 16
			o[i] = vs[i] - int16(mean)
		}
	}
}
