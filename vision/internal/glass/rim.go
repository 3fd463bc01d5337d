package glass

import "vestibule/vision/internal/zone"

const rimY = 226

// Rim draws a thin light line around the shown blocks, on the glass side of their edge, and a soft shade
// outside of it, so that the clear part looks cut out on purpose. The line is two pixels wide up to 720 rows,
// four above, as chroma comes in twos. It is drawn around what is open (zone.Blocks): a zone that reaches the picture's
// border is not closed off before it.
func Rim(p *Planes, shown *zone.Blocks) {
	wide := rimWidth(p.Width, p.Height)
	soft := shadeWidth(p.Width, p.Height)
	const block = zone.Block
	reach := (soft + block - 1) / block // in blocks
	for by := 0; by < p.Height; by += block {
		for bx := 0; bx < p.Width; bx += block {
			if shown.Open(bx, by) {
				continue
			}
			near := nearby(shown, bx, by, reach)
			if len(near) == 0 {
				continue
			}
			for y := by; y < min(by+block, p.Height); y += 2 {
				for x := bx; x < min(bx+block, p.Width); x += 2 {
					p.frame(x, y, near, onRim(shown, x, y, wide), soft)
				}
			}
		}
	}
}

// rimWidth is how wide the line is, shadeWidth how far the shade reaches, in pixels.
func rimWidth(width, height int) int   { return (min(width, height) + 719) / 720 * 2 }
func shadeWidth(width, height int) int { return 7 * rimWidth(width, height) }

// nearby lists the open blocks that are at most so many blocks away, by their corner.
func nearby(shown *zone.Blocks, bx, by, reach int) (near [][2]int) {
	for v := -reach; v <= reach; v++ {
		for u := -reach; u <= reach; u++ {
			if x, y := bx+u*zone.Block, by+v*zone.Block; shown.Open(x, y) {
				near = append(near, [2]int{x, y})
			}
		}
	}
	return near
}

// onRim reports whether the four pixels from x, y (even), which are not shown, are part of the line. As the line is
// thinner than half a block, and an open block that is cut lies beside a whole one, no open block is within its reach
// unless one of the reach's corners is.
func onRim(shown *zone.Blocks, x, y, wide int) bool {
	return !shown.Open(x, y) && (shown.Open(x+wide, y+wide) || shown.Open(x+1-wide, y+wide) ||
		shown.Open(x+wide, y+1-wide) || shown.Open(x+1-wide, y+1-wide))
}

// frame draws the line and the shade on four pixels of luma and one of chroma.
func (p *Planes) frame(x, y int, near [][2]int, line bool, soft int) {
	least := soft * soft
	for _, b := range near {
		// How far the block is, from the four pixels' middle.
		dx := max(b[0]-x-1, x+1-b[0]-zone.Block, 0)
		dy := max(b[1]-y-1, y+1-b[1]-zone.Block, 0)
		least = min(least, dx*dx+dy*dy)
	}
	i := y*p.Width + x
	if line {
		p.Y[i], p.Y[i+1], p.Y[i+p.Width], p.Y[i+p.Width+1] = rimY, rimY, rimY, rimY
		c := y/2*(p.Width/2) + x/2
		p.Cb[c], p.Cr[c] = 128, 128
		return
	}
	// 1-d²/soft², squared, of a third.
	far := 256 - 256*least/(soft*soft)
	keep := 256*256*3 - far*far
	for _, k := range [4]int{i, i + 1, i + p.Width, i + p.Width + 1} {
		p.Y[k] = byte(16 + (int(p.Y[k])-16)*keep/(256*256*3))
	}
}

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
