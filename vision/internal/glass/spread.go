package glass

const weightBits = 14

// weights is the uniform cubic B-spline at t/256 between the second and the third of four points. It
// neither rings nor overshoots, and it leaves no trace of the grid's lines.
func weights(t int64) (w [4]int64) {
	const one = 256
	u := one - t
	// Each is over 6*256^3; scaled to 2^weightBits.
	const div = 6 * one * one * one
	w[0] = (u * u * u << weightBits) / div
	w[2] = ((one*one*one + 3*one*one*t + 3*one*t*t - 3*t*t*t) << weightBits) / div
	w[3] = (t * t * t << weightBits) / div
	w[1] = 1<<weightBits - w[0] - w[2] - w[3]
	return w
}

// tap is where one row or column of pixels takes its value from.
type tap struct {
	at [4]int
	w  [4]int64
}

func taps(size, cells int) []tap {
	out := make([]tap, size)
	for i := range out {
		u := (2*i+1)*cells*256/(2*size) - 128 // in 1/256 of a cell, from the first cell's centre
		for k := range 4 {
			out[i].at[k] = min(max(u>>8+k-1, 0), cells-1)
		}
		out[i].w = weights(int64(u & 255))
	}
	return out
}

// spread fills a plane from a grid, adds the light (in 1/256, may be nil) and keeps within lo..hi.
func spread(dst []byte, width, height int, g *grid, light func(y int, row []int64), lo, hi int64) {
	across, down := taps(width, Cols), taps(height, Rows)
	var wide [Rows][]int64 // the grid's rows, each as wide as the picture
	for r := range wide {
		wide[r] = make([]int64, width)
		for x, t := range across {
			var v int64
			for k := range 4 {
				v += int64(g[r][t.at[k]]) * t.w[k]
			}
			wide[r][x] = v >> weightBits
		}
	}
	line := make([]int64, width)
	for y, t := range down {
		r0, r1, r2, r3 := wide[t.at[0]], wide[t.at[1]], wide[t.at[2]], wide[t.at[3]]
		for x := range line {
			line[x] = (r0[x]*t.w[0] + r1[x]*t.w[1] + r2[x]*t.w[2] + r3[x]*t.w[3]) >> weightBits
		}
		if light != nil {
			light(y, line)
		}
		row := dst[y*width : (y+1)*width]
		for x, v := range line {
			row[x] = byte(min(max((v+128)>>8, lo), hi))
		}
	}
}
