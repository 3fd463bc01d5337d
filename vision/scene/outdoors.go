package scene

// doorway is its upper left and its lower right corner on the sheet.
func doorway() (top, low pt) { return project(-0.5, 2.1, wallZ), project(0.5, 0, wallZ) }

// drawOutdoors draws the street as it is seen through the open door.
func drawOutdoors(c *canvas) {
	top, low := doorway()
	x0, y0, x1, y1 := top.x, top.y, low.x, low.y
	c.rect(run(0x9fcbea, 0xe3f0f2, y0, horizon+30), x0, y0, x1, y1)
	c.oval(flat(0xffffff).faint(0.75), 690, 96, 34, 9)
	c.oval(flat(0xffffff).faint(0.75), 668, 101, 26, 7)
	// The house across the street.
	c.rect(run(0xdcb79a, 0xcda385, 108, 240), 536, 112, 650, 246)
	c.fill(flat(0xa65b45), pt{526, 114}, pt{552, 76}, pt{634, 76}, pt{660, 114})
	c.rect(flat(0x8d4c3a), 610, 70, 624, 92)
	for _, x := range [3]float64{548, 584, 620} {
		c.rect(flat(0xf4ece0), x-2, 128, x+22, 162)
		c.rect(run(0x7fa3b5, 0xa9c6cf, 130, 160), x, 130, x+20, 160)
		c.rect(flat(0xf4ece0), x+9, 130, x+11, 160)
	}
	c.rect(flat(0x4d6b5a), 584, 184, 606, 240)
	// A tree and the hedge.
	c.rect(flat(0x7a5a3c), 712, 150, 720, 246)
	c.oval(flat(0x6f9c5c), 716, 140, 34, 38)
	c.oval(flat(0x82ad6a), 706, 128, 22, 22)
	c.round(run(0x6b9457, 0x54793f, 214, 262), x0-10, 216, 596, 262, 12)
	c.round(run(0x6b9457, 0x54793f, 214, 262), 684, 218, x1+10, 262, 12)
	// Lawn, street and the path to the door.
	c.rect(run(0xa9bf7f, 0x87a75f, 246, y1), x0, 246, x1, y1)
	c.rect(flat(0xaaa9a4), x0, 244, x1, 262)
	path := [...]float64{0.62, 9}
	c.fill(run(0xc9c1b4, 0xb9b0a2, 262, y1), floorQuad(-path[0], path[0], wallZ, path[1])...)
	for z := wallZ + 0.5; z < path[1]; z *= 1.22 {
		c.fill(flat(0x94897b).faint(0.6), floorQuad(-path[0], path[0], z, z*1.012)...)
	}
	c.oval(flat(0xd36a8a), 542, 470, 9, 7)
	c.oval(flat(0xe9a3b4), 536, 486, 8, 6)
	c.oval(flat(0xf0d46a), 744, 452, 8, 6)
	// The threshold.
	c.fill(run(0x8b8378, 0x6f675d, y1-14, y1), floorQuad(-0.5, 0.5, wallZ, wallZ+0.12)...)
}

// drawMat lays the doormat.
func drawMat(c *canvas) {
	c.fill(flat(0x2e1e10).faint(0.25), floorQuad(-0.63, 0.65, 2.5, 3.36)...)
	c.fill(flat(0x4c4238), floorQuad(-0.62, 0.62, 2.53, 3.36)...)
	c.fill(run(0x8d7553, 0xa48a64, 560, 690), floorQuad(-0.57, 0.57, 2.57, 3.31)...)
	for i := range 9 {
		z := 2.62 + float64(i)*0.08
		c.fill(flat(0x6f5a3d).faint(0.35), floorQuad(-0.57, 0.57, z, z+0.012)...)
	}
}

// drawDaylight is what falls in through the door when it is open this wide, 0..1.
func drawDaylight(c *canvas, wide float64) {
	if wide <= 0 {
		return
	}
	for i := range 3 {
		k := float64(i)
		c.fill(flat(0xfff6dd).faint(0.09*wide),
			project(0.5-wide-0.02*k, 0, wallZ), project(0.5+0.02*k, 0, wallZ), project(0.62+0.06*k, 0, 2.5-0.1*k), project(0.62-1.3*wide-0.06*k, 0, 2.5-0.1*k))
	}
}

// drawLeaf draws the door, turned inward by the angle whose sine and cosine are given.
func drawLeaf(c *canvas, sin, cos float64) {
	at := func(u, h float64) pt { return project(-0.5+u*cos, h, wallZ-u*sin) }
	quad := func(with ink, u0, u1, h0, h1 float64) { c.fill(with, at(u0, h1), at(u1, h1), at(u1, h0), at(u0, h0)) }
	// It gets darker as it turns away from the light in the hall.
	shade := func(col rgb) rgb { return mix(col, 0x16282b, 0.35*sin) }
	quad(run(shade(0x39707a), shade(0x2d5a63), 62, 545), 0, 1, 0, 2.1)
	// While it moves one looks at its edge as well.
	const thick = 0.045
	edge := func(h float64) pt { return project(-0.5+cos+thick*sin, h, wallZ-sin+thick*cos) }
	c.fill(flat(shade(0x4d8790)), at(1, 2.1), edge(2.1), edge(0), at(1, 0))
	if at(1, 1).x <= at(0, 1).x {
		return // one looks at its other side, and that is a thin strip
	}
	for _, p := range [2][2]float64{{0.22, 0.92}, {1.12, 1.92}} {
		quad(flat(shade(0x244c54)), 0.14, 0.86, p[0], p[1])
		quad(run(shade(0x3f7883), shade(0x33656f), 62, 545), 0.165, 0.85, p[0], p[1]-0.03)
		quad(flat(shade(0x4f8c97)), 0.20, 0.81, p[0]+0.05, p[1]-0.08)
		quad(run(shade(0x39707a), shade(0x2f606a), 62, 545), 0.215, 0.81, p[0]+0.05, p[1]-0.095)
	}
	quad(flat(shade(0xcaa55a)), 0.36, 0.64, 0.98, 1.06) // the letter slot
	quad(flat(shade(0x6e5526)), 0.38, 0.62, 1.005, 1.025)
	quad(flat(shade(0xd9b566)), 0.885, 0.955, 0.93, 1.17) // the handle
	quad(flat(shade(0xf0d595)), 0.80, 0.945, 1.055, 1.085)
	p := at(0.92, 0.98)
	c.oval(flat(shade(0x5a4520)), p.x, p.y, 3, 3.4)
}
