package glass

import (
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/zone"
)

const (
	// Cols and Rows are the grid that the interior is averaged on.
	Cols, Rows = 16, 9
	cellBits   = 12

	neutral    = 8 // the step of Cb and Cr that is grey
	chromaStep = 6
)

// Tint is all that the glass may know of the interior: one colour for each of 16x9 cells, row by row
// from the top left, 12 bits each (4 of Y, 4 of Cb, 4 of Cr), packed without gaps. Y takes 16 even
// steps of 16..235; Cb and Cr take steps of 6 around grey, so that a grey wall stays grey.
type Tint [Cols * Rows * cellBits / 8]byte

// Measure averages the hidden pixels of a frame. A cell without a hidden pixel is left zero.
func Measure(f *raw.Frame, shown *zone.Blocks) Tint {
	var m Meter
	m.Add(f, shown)
	return m.Tint()
}

// Meter averages the hidden pixels of several frames. It holds sums over cells, no pixels; its zero value has seen
// none.
type Meter struct {
	y, cb, cr cells
}

// Add takes a frame in, and returns the mean luma of its hidden pixels in 1/256; 0 when there are none.
func (m *Meter) Add(f *raw.Frame, shown *zone.Blocks) int {
	total, n := m.y.all()
	m.y.sum(f.Y, f.Width, f.Height, 1, shown)
	m.cb.sum(f.Cb, f.Width/2, f.Height/2, 2, shown)
	m.cr.sum(f.Cr, f.Width/2, f.Height/2, 2, shown)
	now, seen := m.y.all()
	if seen == n {
		return 0
	}
	return (now - total) * 256 / (seen - n)
}

// Tint returns the mean of the frames taken in. A cell without a hidden pixel is left zero.
func (m *Meter) Tint() Tint {
	var t Tint
	for i := range Cols * Rows {
		if y, ok := m.y.mean(i); ok {
			cb, okb := m.cb.mean(i)
			cr, okr := m.cr.mean(i)
			if !okb || !okr {
				cb, cr = 128, 128
			}
			t.put(i, lumaStep(y), chroma4(cb), chroma4(cr))
		}
	}
	return t
}

// cells adds up a plane over the grid.
type cells struct {
	total [Cols * Rows]int
	n     [Cols * Rows]int
}

// sum adds the hidden samples of a plane, of which one sample covers scale x scale pixels.
func (c *cells) sum(plane []byte, w, h, scale int, shown *zone.Blocks) {
	const block = zone.Block
	step := block / scale // a block is all shown or all hidden, and so are its samples
	for y0 := 0; y0 < h; y0 += step {
		for x0 := 0; x0 < w; x0 += step {
			if shown.Shown(x0*scale, y0*scale) {
				continue
			}
			for y := y0; y < min(y0+step, h); y++ {
				row := y * Rows / h * Cols
				for x := x0; x < min(x0+step, w); x++ {
					i := row + x*Cols/w
					c.total[i] += int(plane[y*w+x])
					c.n[i]++
				}
			}
		}
	}
}

func (c *cells) all() (total, n int) {
	for i := range c.total {
		total, n = total+c.total[i], n+c.n[i]
	}
	return total, n
}

func (c *cells) mean(i int) (int, bool) {
	if c.n[i] == 0 {
		return 0, false
	}
	return (c.total[i] + c.n[i]/2) / c.n[i], true
}

func lumaStep(y int) int { return min(max((2*(y-16)*15+219)/(2*219), 0), 15) }
func chroma4(c int) int  { return min(max((c-128+neutral*chromaStep+chromaStep/2)/chromaStep, 0), 15) }

// put stores the three steps of a cell.
func (t *Tint) put(i, y, cb, cr int) {
	v := y<<8 | cb<<4 | cr
	at := i / 2 * 3
	if i%2 == 0 {
		t[at] = byte(v >> 4)
		t[at+1] = t[at+1]&0x0f | byte(v<<4)
		return
	}
	t[at+1] = t[at+1]&0xf0 | byte(v>>8)
	t[at+2] = byte(v)
}

// Cell returns the 12 bits of a cell: its steps of Y, Cb and Cr, four bits each from the high ones down.
func (t *Tint) Cell(i int) int {
	at := i / 2 * 3
	if i%2 == 0 {
		return int(t[at])<<4 | int(t[at+1])>>4
	}
	return int(t[at+1]&0x0f)<<8 | int(t[at+2])
}

// colour returns a cell as Y, Cb, Cr.
func (t *Tint) colour(i int) (y, cb, cr int) {
	v := t.Cell(i)
	return 16 + v>>8*219/15, 128 + (v>>4&15-neutral)*chromaStep, 128 + (v&15-neutral)*chromaStep
}
