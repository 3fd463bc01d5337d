package shadow

// change is how the present look differs from the ground.
type change struct {
	d      [points]int16 // luma, less what the light explains
	fine   [points]int16 // less the mean of 7x7
	coarse [points]int16 // less the mean of 17x17
	dTint  [quads]int16
	hTint  [quads]int16
	tint   [quads]int16 // of both chromas, absolute

	textured [points]int32 // the ground's texture at each point, squared
	changed  [points]int32 // and what of it the difference has

	// What else is reckoned from the interior is kept here as well, where Close overwrites it, and not on the stack.
	tones                     [toneBins]histogram // by the ground's luma
	all                       histogram
	bandTextured, bandChanged [across]int32 // sums over a band of rows

	counted, sum, sumQuad sums
}

const (
	toneBins = 8
	histBins = 128
)

// histogram is of differences, in bins of 16, from -1024 on.
type histogram struct {
	n   [histBins]int32
	all int32
}

func (h *histogram) median() int32 {
	sum := int32(0)
	for i, v := range h.n[:] {
		if 2*(sum+v) >= h.all && v > 0 {
			return int32(i*16-1024) + (h.all-2*sum)*8/v
		}
		sum += v
	}
	return 0
}

// differ holds the present look against the ground, less what the light explains.
func (w *Watch) differ() {
	clear(w.tones[:])
	w.all = histogram{}
	for p, x := range w.now.luma[:] {
		b := w.luma[p] >> 4
		w.d[p] = x - b
		if w.hidden[p] == 1 && w.dense[p] == 0 {
			h := &w.tones[min(b>>7, toneBins-1)]
			bin := (int(w.d[p]) + 1024) >> 4
			h.n[bin]++
			h.all++
			w.all.n[bin]++
			w.all.all++
		}
	}
	global := w.all.median()
	var tone [toneBins]int32
	for k := range tone {
		h := &w.tones[k]
		m := min(max(h.median(), global-64), global+64)
		tone[k] = (m*h.all + global*200) / (h.all + 200)
	}
	var table [64]int16 // for a sixteenth of the ground's range each
	for i := range table {
		at := max(min(i*2-7, 16*(toneBins-1)), 0)
		k, part := at/16, int32(at%16)
		table[i] = int16((tone[k]*(16-part) + tone[min(k+1, toneBins-1)]*part) / 16)
	}
	for p := range w.d {
		w.d[p] -= table[min(w.luma[p]>>8, 63)]
	}
	w.sum.of(w.d[:], w.hidden[:])
	w.fineWin.pass(w.fine[:], w.d[:], &w.sum)
	w.coarseWin.pass(w.coarse[:], w.d[:], &w.sum)

	for q := range w.dTint {
		w.dTint[q] = w.now.cb[q] - w.ground.cb[q]>>3
	}
	w.sumQuad.of(w.dTint[:], w.hiddenQuad[:])
	w.tintWin.pass(w.tint[:], w.dTint[:], &w.sumQuad)
	for q := range w.dTint {
		w.dTint[q] = w.now.cr[q] - w.ground.cr[q]>>3
	}
	w.sumQuad.of(w.dTint[:], w.hiddenQuad[:])
	w.tintWin.pass(w.hTint[:], w.dTint[:], &w.sumQuad)
	for q, v := range w.hTint[:] {
		w.tint[q] = abs(w.tint[q]) + abs(v)
	}
}
