package scene

import (
	"time"

	"vestibule/vision"
	"vestibule/vision/internal/raw"
)

// CourierBox returns the box around all that is to be seen of the courier, the first who comes, once the
// door has stood wide open for that long in this world; false when there is nobody. It is the truth
// that what looks for people is held against.
func CourierBox(size vision.Size, w World, open time.Duration) (vision.Box, bool) {
	mask := silhouette(size, w, open)
	x0, y0, x1, y1 := size.Width, size.Height, 0, 0
	for i, part := range mask {
		if part >= 128 {
			x, y := i%size.Width, i/size.Width
			x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x+1), max(y1, y+1)
		}
	}
	if x1 == 0 {
		return vision.Box{}, false
	}
	place := func(x, y int) vision.Point {
		return vision.Point{X: x * vision.Unit / size.Width, Y: y * vision.Unit / size.Height}
	}
	return vision.Box{Min: place(x0, y0), Max: place(x1+1, y1+1)}, true
}

// CourierCells returns which share of each of cols x rows cells of the picture the courier takes, row by row.
func CourierCells(size vision.Size, w World, open time.Duration, cols, rows int) []float64 {
	taken, all := make([]float64, cols*rows), make([]float64, cols*rows)
	for i, part := range silhouette(size, w, open) {
		at := i/size.Width*rows/size.Height*cols + i%size.Width*cols/size.Width
		all[at]++
		if part >= 128 {
			taken[at]++
		}
	}
	for i := range taken {
		taken[i] /= all[i]
	}
	return taken
}

// silhouette returns how much of each pixel the courier takes, up to 219.
func silhouette(size vision.Size, w World, open time.Duration) []byte {
	var on [2]*raw.Frame // before black and before white
	for i := range on {
		on[i] = raw.New(size.Width, size.Height)
		c := newCanvas(on[i])
		if i == 1 {
			c.rect(flat(0xffffff), -sheetWidth, -sheetHeight, 2*sheetWidth, 2*sheetHeight)
		}
		c.courierOnly(w, open)
		if by := w.Shift; by != [2]float64{} {
			kept := raw.New(size.Width, size.Height)
			copyFrame(kept, on[i], c.clip)
			shiftFrame(on[i], kept, by)
		}
	}
	out := make([]byte, len(on[0].Y))
	for i := range out {
		out[i] = 219 - byte(max(int(on[1].Y[i])-int(on[0].Y[i]), 0))
	}
	return out
}

// courierOnly draws the courier and nothing else.
func (c *canvas) courierOnly(w World, open time.Duration) {
	p, there := poseAt(open, parcelX[0], min(max(w.Inside, -1), 1))
	if !there || w.Door <= openFrom || w.Covered || !w.Power {
		return
	}
	whole := c.clip
	if p.z > wallZ {
		c.clip = c.doorway()
	}
	drawCourier(c, p)
	c.clip = whole
}
