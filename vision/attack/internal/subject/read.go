package subject

import (
	"runtime"
	"sync"

	"vestibule/vision/attack/internal/numeric"
	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/redact"
)

// Steps of luma in a tint: the level of step s is Floor + s*Step.
const (
	Floor = 16.0
	Step  = 219.0 / 15
)

// Cells is how many cells a tint has.
const Cells = glass.Cols * glass.Rows

// PackTint builds a tint from its steps (0..15 each), as vision/internal/glass keeps them: 12 bits a cell.
func PackTint(y, cb, cr [Cells]byte) (t glass.Tint) {
	for i := range Cells {
		v := uint16(y[i])<<8 | uint16(cb[i])<<4 | uint16(cr[i])
		at := i / 2 * 3
		if i%2 == 0 {
			t[at], t[at+1] = byte(v>>4), t[at+1]|byte(v<<4)
		} else {
			t[at+1], t[at+2] = t[at+1]|byte(v>>8), byte(v)
		}
	}
	return t
}

// TintSteps returns a tint's luma steps.
func TintSteps(t glass.Tint) (y [Cells]byte) {
	for i := range y {
		y[i] = byte(t.Cell(i) >> 8)
	}
	return y
}

// Reader reads a tint's luma back from the glass that was drawn with it. It has learned how the program draws
// each cell by having it draw them one by one, under the same nonce.
type Reader struct {
	pixels []int           // those that are used
	base   []float64       // what is drawn with every cell at the middle step
	weight *numeric.Matrix // pixels x cells: what a cell's step adds
	factor *numeric.Matrix
}

const middleStep = 7

// NewReader learns to read a delivery's glass.
func NewReader(d Delivery) (*Reader, error) {
	r := &Reader{}
	const clear = 4 // from the zone's edge, for the line around it
	for y := 1; y < d.Height; y += 2 {
		for x := 1; x < d.Width; x += 2 {
			if !d.Zone.Shown(x-clear, y-clear) && !d.Zone.Shown(x+clear, y-clear) &&
				!d.Zone.Shown(x-clear, y+clear) && !d.Zone.Shown(x+clear, y+clear) && !d.Zone.Shown(x, y) {
				r.pixels = append(r.pixels, y*d.Width+x)
			}
		}
	}
	r.base = r.luma(draw(d, -1))
	r.weight = numeric.NewMatrix(len(r.pixels), Cells)
	var all sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for c := range next {
				for i, v := range r.luma(draw(d, c)) {
					r.weight.Row(i)[c] = (v - r.base[i]) / 4
				}
			}
		})
	}
	for c := range Cells {
		next <- c
	}
	close(next)
	all.Wait()
	r.factor = numeric.Gram(r.weight, r.weight)
	for c := range Cells {
		r.factor.Row(c)[c] += 1e-3 * Step * Step
	}
	return r, numeric.Cholesky(r.factor)
}

// draw has the program draw glass of the middle steps, with one cell four steps brighter.
func draw(d Delivery, brighter int) *glass.Planes {
	var y, c [Cells]byte
	for i := range y {
		y[i], c[i] = middleStep, 8
		if i == brighter {
			y[i] += 4
		}
	}
	red := redact.New(d.config(true))
	red.Settle(PackTint(y, c, c))
	return red.Compose(raw.New(d.Width, d.Height)).Planes
}

func (r *Reader) luma(p *glass.Planes) []float64 {
	v := make([]float64, len(r.pixels))
	for i, at := range r.pixels {
		v[i] = float64(p.Y[at])
	}
	return v
}

// Read returns the level of each cell (16..235) that explains a picture best. Cells that are shown as a whole
// have none, and get whatever.
func (r *Reader) Read(p *glass.Planes) []float64 {
	sum := numeric.NewMatrix(Cells, 1)
	for i, v := range r.luma(p) {
		if v -= r.base[i]; v != 0 {
			for c, w := range r.weight.Row(i) {
				sum.V[c] += v * w
			}
		}
	}
	numeric.SolveCholesky(r.factor, sum)
	for c := range sum.V {
		sum.V[c] = Floor + (middleStep+sum.V[c])*Step
	}
	return sum.V
}
