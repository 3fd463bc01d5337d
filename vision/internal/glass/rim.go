package glass

import "vestibule/vision/internal/zone"

// Rim draws a thin light line around the shown blocks, on the glass side of their edge, so that the
// clear part looks cut out on purpose. Two pixels wide up to 720 rows, four above, as
// chroma comes in twos.
func Rim(p *Planes, shown *zone.Blocks) {
	wide := (min(p.Width, p.Height) + 719) / 720 * 2
	paint := func(x0, y0, x1, y1 int) {
		x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, p.Width), min(y1, p.Height)
		for y := y0; y < y1; y += 2 {
			for x := x0; x < x1; x += 2 {
				if shown.Shown(x, y) {
					continue
				}
				i := y*p.Width + x
				p.Y[i], p.Y[i+1], p.Y[i+p.Width], p.Y[i+p.Width+1] = rimY, rimY, rimY, rimY
				c := y/2*p.Width/2 + x/2
				p.Cb[c], p.Cr[c] = 128, 128
			}
		}
	}
	for _, r := range shown.Runs() {
		paint(r.X-wide, r.Y-wide, r.X+r.N+wide, r.Y+zone.Block+wide)
	}
}

const rimY = 222

// Clone returns a copy in memory of its own.
func (p *Planes) Clone() *Planes {
	q := NewPlanes(p.Width, p.Height)
	q.CopyFrom(p)
	return q
}

// CopyFrom copies a picture of the same size.
func (p *Planes) CopyFrom(q *Planes) {
	copy(p.Y, q.Y)
	copy(p.Cb, q.Cb)
	copy(p.Cr, q.Cr)
}
