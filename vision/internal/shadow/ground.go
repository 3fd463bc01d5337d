package shadow

import "vestibule/vision/internal/glass"

// ground is what the room looks like when nobody is in it.
type ground struct {
	luma        [points]int16 // in 1/16
	cb, cr      [quads]int16  // in 1/8
	noiseFine   [points]int16 // usual difference, in 1/16
	noiseCoarse [points]int16
	noiseTint   [quads]int16  // in 1/8
	before      [points]int16 // luma of the look before
	still       cells         // looks since something moved in each cell
	pose        [points]int16 // luma when it last did
	usual       int32         // part of the points that jump from look to look, in 1/1000
}

// restart takes the present look for the ground.
func (w *Watch) restart() {
	for p, v := range w.now.luma[:] {
		w.luma[p] = v << 4
		w.noiseFine[p], w.noiseCoarse[p] = 8<<4, 8<<4
	}
	for q := range w.now.cb {
		w.ground.cb[q], w.ground.cr[q] = w.now.cb[q]<<3, w.now.cr[q]<<3
		w.noiseTint[q] = 5 << 3
	}
	w.before = w.now.luma
}

// suddenly finds a change of light.
func (w *Watch) suddenly() {
	changed, all := int32(0), int32(0)
	for p, x := range w.now.luma[:] {
		if w.hidden[p] == 1 && !w.kept.atPoint(p) {
			all++
			if abs(x-w.before[p]) > jumpLeast {
				changed++
			}
		}
	}
	w.before = w.now.luma
	w.jumped = false
	if all == 0 {
		return
	}
	part := changed * 1000 / all
	if w.looks > 4 && part > jumpPart && part > 3*w.usual {
		w.jumped = true
		w.move(1, 0)
	}
	w.usual += (part - w.usual + 7) / 8
}

// learn lets the ground follow the present look.
func (w *Watch) learn() {
	var moved cells
	for p, x := range w.now.luma[:] {
		if abs(x-w.pose[p]) > max(16, w.noiseFine[p]*4>>4) {
			moved[p/across/side][p%across/side]++
		}
	}
	for r := range moved {
		for c, n := range moved[r] {
			w.still[r][c]++
			if n >= 4 {
				w.still[r][c] = 0
			}
		}
	}
	for p, x := range w.now.luma[:] {
		if w.still[p/across/side][p%across/side] == 0 {
			w.pose[p] = x
		}
	}
	switch {
	case w.looks < 16:
		w.move(int16(w.looks), int16(w.looks))
	case w.underWay:
		w.move(groundPace, 0)
	default:
		w.move(groundPace, 160)
	}
}

// move lets the ground follow the present look: 1/open of the way, where a body stands 1/kept of it, or
// with kept 0 by as much as the ground around.
func (w *Watch) move(open, kept int16) {
	var step [3]cells
	var n cells
	for p, x := range w.now.luma[:] {
		b := &w.luma[p]
		r, c := p/across/side, p%across/side
		in := w.kept.at(r, c)
		rate := open
		switch {
		case w.hidden[p] == 0:
			rate = min(open, nearPace)
		case in && kept == 0:
			continue
		case in:
			rate = kept
		}
		by := int16(part(int32(x)<<4-int32(*b), rate))
		*b += by
		if !in && w.hidden[p] == 1 && (w.jumped || w.flag[p] == 0) {
			step[0][r][c] += int32(by)
			n[r][c]++
			if open > 1 {
				w.noiseFine[p] += (min(abs(w.fine[p]), 1000)<<4 - w.noiseFine[p]) / 16
				w.noiseCoarse[p] += (min(abs(w.coarse[p]), 1000)<<4 - w.noiseCoarse[p]) / 16
			}
		}
	}
	for q := range w.now.cb {
		r, c := q/qAcross/4, q%qAcross/4
		in := w.kept.at(r, c)
		rate := open
		switch {
		case in && kept == 0:
			continue
		case in:
			rate = kept
		}
		du := int16(part(int32(w.now.cb[q]<<3-w.ground.cb[q]), rate))
		dv := int16(part(int32(w.now.cr[q]<<3-w.ground.cr[q]), rate))
		w.ground.cb[q] += du
		w.ground.cr[q] += dv
		if !in && w.hiddenQuad[q] == 1 && (w.jumped || w.flag[q/qAcross*2*across+q%qAcross*2] == 0) {
			step[1][r][c] += int32(du) * 4
			step[2][r][c] += int32(dv) * 4
			if open > 1 {
				w.noiseTint[q] += (min(w.tint[q], 4000)<<3 - w.noiseTint[q]) / 16
			}
		}
	}
	if kept != 0 {
		return
	}
	for r := range n {
		for c, k := range n[r] {
			for i := range step {
				step[i][r][c] /= max(k, 1)
			}
		}
	}
	spread(&n, &step)
	for p := range w.luma {
		if r, c := p/across/side, p%across/side; w.hidden[p] == 1 && w.kept.at(r, c) {
			w.luma[p] = min(max(w.luma[p]+int16(step[0][r][c]), 0), 1022<<4)
		}
	}
	for q := range w.ground.cb {
		if r, c := q/qAcross/4, q%qAcross/4; w.kept.at(r, c) {
			w.ground.cb[q] += int16(step[1][r][c])
			w.ground.cr[q] += int16(step[2][r][c])
		}
	}
}

// part is a share of a difference. The two rates that are usual divide by a constant, which is much quicker.
func part(by int32, rate int16) int32 {
	switch rate {
	case groundPace:
		return by / groundPace
	case nearPace:
		return by / nearPace
	}
	return by / int32(rate)
}

// spread fills cells of which nothing is known from those around.
func spread(n *cells, step *[3]cells) {
	for {
		var found cells
		more := false
		for r := range n {
			for c := range n[r] {
				if n[r][c] > 0 {
					continue
				}
				var sum [3]int32
				k := int32(0)
				for i := max(r-1, 0); i <= min(r+1, glass.Rows-1); i++ {
					for j := max(c-1, 0); j <= min(c+1, glass.Cols-1); j++ {
						if n[i][j] > 0 {
							k++
							for m := range sum {
								sum[m] += step[m][i][j]
							}
						}
					}
				}
				if k > 0 {
					found[r][c] = 1
					more = true
					for m := range sum {
						step[m][r][c] = sum[m] / k
					}
				}
			}
		}
		if !more {
			return
		}
		for r := range n {
			for c := range n[r] {
				n[r][c] += found[r][c]
			}
		}
	}
}
