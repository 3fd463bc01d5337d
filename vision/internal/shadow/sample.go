package shadow

import (
	"encoding/binary"
	"math"

	"vestibule/vision/internal/raw"
)

// grid reads one plane of a frame at cols x rows points: each is the mean of four rows of eight pixels in
// the middle of its part of the picture, or of four pixels where eight would reach far into its neighbours.
type grid struct {
	cols, rows int
	x          []int  // where eight bytes are read for a column of points
	shift      []uint // which of them come first
	y          []int  // four for each row of points: where their rows of pixels begin
	mask       uint64 // how many of the eight count
	half       uint   // halves a sum of eight pixels, so that both sums are of sixteen
}

func newGrid(cols, rows, width, height int) grid {
	g := grid{cols: cols, rows: rows, x: make([]int, cols), shift: make([]uint, cols), y: make([]int, 4*rows), mask: math.MaxUint64, half: 1}
	wide := 8
	if width < 6*cols {
		wide, g.mask, g.half = 4, 1<<32-1, 0
	}
	for i := range g.x {
		x := min(max((2*i+1)*width/(2*cols)-wide/2, 0), width-wide)
		g.x[i] = min(x, width-8)
		g.shift[i] = uint(x-g.x[i]) * 8
	}
	for j := range g.y { // at 1/8, 3/8, 5/8 and 7/8 of a point's height
		g.y[j] = (2*j + 1) * height / (8 * rows) * width
	}
	return g
}

// read gives the points' means, in 1/16 of a step, to take.
func (g *grid) read(plane []byte, into []uint16) {
	const even = 0x00ff00ff00ff00ff
	mask, half := g.mask, g.half&63
	for j := range g.rows {
		rows := g.y[4*j : 4*j+4]
		a, b, c, d := plane[rows[0]:], plane[rows[1]:], plane[rows[2]:], plane[rows[3]:]
		out := into[j*g.cols : (j+1)*g.cols]
		xs, shifts := g.x[:len(out)], g.shift[:len(out)]
		for i := range out {
			x, s := xs[i], shifts[i]&63
			v := binary.LittleEndian.Uint64(a[x:]) >> s & mask
			sum := v&even + v>>8&even // four lanes, at most 8*255 in each
			v = binary.LittleEndian.Uint64(b[x:]) >> s & mask
			sum += v&even + v>>8&even
			v = binary.LittleEndian.Uint64(c[x:]) >> s & mask
			sum += v&even + v>>8&even
			v = binary.LittleEndian.Uint64(d[x:]) >> s & mask
			sum += v&even + v>>8&even
			out[i] = uint16(sum * 0x0001000100010001 >> 48 >> half)
		}
	}
}

// octave is how many steps of a logarithm make a factor of two.
const octave = 256

// lift is added to every luma above black before its logarithm is taken, so that noise in the dark is no
// change; chromaLift the same for what chroma is divided by.
const lift, chromaLift = 16, 32

// logTable gives the logarithm of a luma in 1/16: 0 for black to 1022 for the brightest.
func logTable() []int16 {
	t := make([]int16, 4096)
	for i := range t {
		luma := math.Max(float64(i)/16-16, 0)
		t[i] = int16(math.Round(octave * math.Log2((luma+lift)/lift)))
	}
	return t
}

// sample reads a frame: the logarithm of luma at each point, and chroma over luma, in 1/1024, at each quad.
func (w *Watch) sample(f *raw.Frame) {
	w.lumaGrid.read(f.Y, w.means[:])
	for i, v := range w.means[:] { // an array itself would be copied to the stack, which Close does not overwrite
		w.now.luma[i] = w.logs[v]
	}
	w.chromaGrid.read(f.Cb, w.cb[:])
	w.chromaGrid.read(f.Cr, w.cr[:])
	for q := range w.cb {
		p := q/qAcross*2*across + q%qAcross*2
		luma := (int32(w.means[p])+int32(w.means[p+1])+int32(w.means[p+across])+int32(w.means[p+across+1]))/4 - 16*16
		by := max(luma, 0) + 16*chromaLift
		w.now.cb[q] = int16((int32(w.cb[q]) - 128*16) * 1024 / by)
		w.now.cr[q] = int16((int32(w.cr[q]) - 128*16) * 1024 / by)
	}
}
