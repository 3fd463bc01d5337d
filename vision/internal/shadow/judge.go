package shadow

import (
	"math/bits"

	"vestibule/vision/internal/glass"
)

// mask is a set of cells.
type mask [glass.Rows]uint16

func (m *mask) at(r, c int) bool   { return m[r]>>c&1 == 1 }
func (m *mask) set(r, c int)       { m[r] |= 1 << c }
func (m *mask) atPoint(p int) bool { return m.at(p/across/side, p%across/side) }
func (m *mask) wide() (out mask) {
	for r := range m {
		v := m[r]
		if r > 0 {
			v |= m[r-1]
		}
		if r+1 < glass.Rows {
			v |= m[r+1]
		}
		out[r] = v | v<<1 | v>>1
	}
	return out
}

func (m *mask) common(o *mask) (n int) {
	for r := range m {
		n += bits.OnesCount16(m[r] & o[r])
	}
	return n
}

func (m *mask) size() int { return m.common(m) }

// body is what hangs together.
type body struct {
	m         mask
	sum, sure int32 // points of it, and how many light cannot explain
	far       int32 // points two cells and more from the zone
}

// judge says which cells a body covers.
func (w *Watch) judge() {
	same, gone := w.textures()
	sure := w.flags(&same, &gone)
	n, on := w.densely()
	was := w.on
	w.on = on
	w.bodies = w.bodies[:0]
	var all mask
	for rest := on; len(w.bodies) < cap(w.bodies); {
		b, ok := rest.take()
		if !ok {
			break
		}
		for r := range glass.Rows {
			for c := range glass.Cols {
				if b.m.at(r, c) {
					b.sum += n[r][c]
					b.sure += sure[r][c]
					if w.farCells[r][c] >= 2 {
						b.far += n[r][c]
					}
				}
			}
		}
		wide := b.m.wide()
		if b.sum < bodyLeast || b.sure*100 < surePart*b.sum || wide.common(&was) == 0 || w.ghost(&b) {
			continue
		}
		w.bodies = append(w.bodies, b)
		for r := range all {
			all[r] |= b.m[r]
		}
	}
	w.body = all.filled(fillReach)
	w.kept = w.body.wide()
}

// textures finds, by squares of 4x4 points, where the ground's texture is still there and where it is gone: by what is
// left of it in the difference, both squared, in the square and a point around it.
func (w *Watch) textures() (same, gone mask4) {
	for j := 1; j < down-1; j++ {
		at := j * across
		b, bUp, bLow := w.luma[at:at+across], w.luma[at-across:at], w.luma[at+across:at+2*across]
		d, dUp, dLow := w.d[at:at+across], w.d[at-across:at], w.d[at+across:at+2*across]
		ground, left := w.textured[at:at+across], w.changed[at:at+across]
		for i := 1; i < across-1; i++ {
			hb := (4*int32(b[i]) - int32(b[i-1]) - int32(b[i+1]) - int32(bUp[i]) - int32(bLow[i])) >> 6
			hd := (4*int32(d[i]) - int32(d[i-1]) - int32(d[i+1]) - int32(dUp[i]) - int32(dLow[i])) >> 2
			ground[i], left[i] = hb*hb, hd*hd
		}
	}
	for bj := 0; bj < down; bj += 4 {
		ground, left := w.bandTextured[:], w.bandChanged[:]
		clear(ground)
		clear(left)
		for j := max(bj-1, 1); j < min(bj+5, down-1); j++ {
			b, d := w.textured[j*across:(j+1)*across], w.changed[j*across:(j+1)*across]
			for i := range ground {
				ground[i] += b[i]
				left[i] += d[i]
			}
		}
		for bi := 0; bi < across; bi += 4 {
			var ebb, ehh int32
			for i := max(bi-1, 1); i < min(bi+5, across-1); i++ {
				ebb += ground[i]
				ehh += left[i]
			}
			same[bj/4][bi/4] = ebb > 36*relief && 100*int64(ehh) < sameRelief*int64(ebb)
			gone[bj/4][bi/4] = ebb > 36*relief && 100*int64(ehh) > goneRelief*int64(ebb)
		}
	}
	return same, gone
}

// flags marks the points that differ, and counts those that no light can have made differ.
func (w *Watch) flags(same, gone *mask4) (sure cells) {
	for p := range w.flag {
		w.flag[p] = 0
		if w.hidden[p] == 0 {
			continue
		}
		i, j := p%across, p/across
		q := j/2*qAcross + i/2
		fine := abs(w.fine[p]) > max(fineLeast, int16(int32(w.noiseFine[p])*fineNoise>>4))
		coarse := abs(w.coarse[p]) > max(coarseLeast, int16(int32(w.noiseCoarse[p])*coarseNoise>>4))
		bright := w.means[p] > glare
		switch {
		case bright:
		case w.hiddenQuad[q] == 1 && w.tint[q] > max(tintLeast, int16(int32(w.noiseTint[q])*tintNoise>>3)):
			w.flag[p] = 1
			sure[j/side][i/side]++
		case same[j/4][i/4]:
		case w.d[p] < -darkLeast:
			w.flag[p] = 1
			sure[j/side][i/side]++
		case gone[j/4][i/4] && fine:
			w.flag[p] = 1
			sure[j/side][i/side]++
		case fine || coarse:
			w.flag[p] = 1
		}
	}
	return sure
}

// densely keeps the flags that have enough others around them, and says how many each cell has and which
// cells have enough. When nearly all have, it was the light.
func (w *Watch) densely() (n cells, on mask) {
	w.sum.count(w.flag[:])
	for j := range down {
		l0, h0 := w.counted.row(j, 2)
		l1, h1 := w.sum.row(j, 2)
		for i := range across {
			p := j*across + i
			w.dense[p] = 0
			if w.hidden[p] == 0 {
				continue
			}
			x0, x1 := max(i-2, 0), min(i+3, across)
			all := h0[x1] - h0[x0] - l0[x1] + l0[x0]
			if k := h1[x1] - h1[x0] - l1[x1] + l1[x0]; all > 6 && 100*k >= densePart*all {
				w.dense[p] = 1
				n[j/side][i/side]++
			}
		}
	}
	can := int32(0)
	for r := range n {
		for c, v := range n[r] {
			if all := w.hiddenIn[r][c]; all >= 8 {
				can++
				if v*100 >= cellPart*all && v >= 3 {
					on.set(r, c)
				}
			}
		}
	}
	if int32(on.size())*100 > lightPart*can {
		w.restart()
		on = mask{}
		w.dense = [points]uint8{}
	}
	return n, on
}

// mask4 is a set of squares of 4x4 points.
type mask4 [down / 4][across / 4]bool

// take takes the next body out of the set.
func (m *mask) take() (b body, ok bool) {
	for r := range m {
		if m[r] == 0 {
			continue
		}
		b.m[r] = m[r] & -m[r]
		for size := 0; size != b.m.size(); {
			size = b.m.size()
			wide := b.m.wide()
			for i := range wide {
				b.m[i] = wide[i] & m[i]
			}
		}
		for i := range m {
			m[i] &^= b.m[i]
		}
		return b, true
	}
	return b, false
}

// ghost reports whether a body is rather where somebody has been.
func (w *Watch) ghost(b *body) bool {
	var eb, ex int32
	for r := range glass.Rows {
		for c := range glass.Cols {
			if !b.m.at(r, c) {
				continue
			}
			if w.still[r][c] < ghostStill {
				return false
			}
			for j := r * side; j < r*side+side; j++ {
				for i := max(c*side, 1); i < min(c*side+side, across-1); i++ {
					p := j*across + i
					if j == 0 || j == down-1 || w.hidden[p] == 0 {
						continue
					}
					hb := (4*int32(w.luma[p]) - int32(w.luma[p-1]) - int32(w.luma[p+1]) - int32(w.luma[p-across]) - int32(w.luma[p+across])) >> 4
					x := &w.now.luma
					hx := 4*int32(x[p]) - int32(x[p-1]) - int32(x[p+1]) - int32(x[p-across]) - int32(x[p+across])
					eb += abs(hb)
					ex += abs(hx)
				}
			}
		}
	}
	return int64(eb)*100 > int64(ex)*ghostEdges
}

// filled is the set with what lies between its cells.
func (m mask) filled(far int) mask {
	out := m
	for r := range m {
		for c := range glass.Cols {
			var left, right, up, low bool
			for k := 1; k <= far; k++ {
				left = left || c-k >= 0 && m.at(r, c-k)
				right = right || c+k < glass.Cols && m.at(r, c+k)
				up = up || r-k >= 0 && m.at(r-k, c)
				low = low || r+k < glass.Rows && m.at(r+k, c)
			}
			if left && right && (up || low) || up && low && (left || right) {
				out.set(r, c)
			}
		}
	}
	return out
}
