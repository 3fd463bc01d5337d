package scene

import "math"

const halfHall = 1.75 // metres from the middle of the hall to its side walls

// drawRoom draws all that never moves, at full light: the hall with its furniture, and the doorway as a
// hole that drawDoorway fills.
func drawRoom(c *canvas) {
	drawWalls(c)
	drawFloor(c)
	drawSideRoom(c)
	drawPinboard(c)
	drawBench(c)
	drawPhoto(c)
	drawConsole(c)
	drawCoats(c)
	drawFrame(c)
}

func drawWalls(c *canvas) {
	l, r := project(-halfHall, 0, wallZ), project(halfHall, 0, wallZ)
	c.rect(run(0xefe5d6, 0xe3d5c1, 0, 545), 0, 0, sheetWidth, sheetHeight)
	near := 1.2
	side := func(s float64, top, low rgb) {
		c.fill(run(top, low, 0, 720), project(s*halfHall, 4, wallZ), project(s*halfHall, 4, near),
			project(s*halfHall, 0, near), project(s*halfHall, 0, wallZ))
	}
	side(-1, 0xdccdb7, 0xcbb99f)
	side(1, 0xe4d6c2, 0xd3c2a9)
	// Wainscot with its rail, on three walls.
	const rail = 0.92
	band := func(h0, h1 float64, back, left, right rgb) {
		c.fill(flat(back), project(-halfHall, h1, wallZ), project(halfHall, h1, wallZ),
			project(halfHall, h0, wallZ), project(-halfHall, h0, wallZ))
		for i, col := range [2]rgb{left, right} {
			x := halfHall * float64(2*i-1)
			c.fill(flat(col), project(x, h1, wallZ), project(x, h1, near), project(x, h0, near), project(x, h0, wallZ))
		}
	}
	band(0, rail, 0xb4bfae, 0x9ba897, 0xa6b2a1)
	band(rail, rail+0.05, 0xf3ede2, 0xdcd3c5, 0xe6ddcf)
	band(0, 0.13, 0xf3ede2, 0xdcd3c5, 0xe6ddcf)
	for x := -1.5; x < 1.6; x += 0.3 { // boards of the wainscot
		if math.Abs(x) > 0.66 {
			a, b := project(x, rail, wallZ), project(x, 0.13, wallZ)
			c.rect(flat(0x8f9c8b).faint(0.5), a.x-0.8, a.y, a.x+0.8, b.y)
		}
	}
	// The corners are a little darker.
	for i := range 12 {
		d := float64(i) * 3
		c.rect(flat(0x6a5a44).faint(0.018), l.x, 0, l.x+40-d, l.y)
		c.rect(flat(0x6a5a44).faint(0.018), r.x-40+d, 0, r.x, r.y)
	}
}

func drawFloor(c *canvas) {
	c.fill(run(0xa9794d, 0xc79a6b, 545, 720), floorQuad(-3, 3, 1.2, wallZ)...)
	// Planks run towards the door; their ends are staggered.
	tones := [...]rgb{0xb68757, 0xc2946a, 0xad7f51, 0xbd8e60, 0xc79b70, 0xb1835a}
	const wide = 0.19
	for i := -9; i < 9; i++ {
		x := float64(i) * wide
		for k := range 4 {
			far := wallZ - float64(k)*0.75 - 0.25*float64((i+20)%3)
			near := max(far-0.75, 1.2)
			far = min(far, wallZ)
			if far <= near {
				continue
			}
			tone := tones[(i*5+k*7+60)%len(tones)]
			c.fill(flat(tone).faint(0.55), floorQuad(x, x+wide, near, far)...)
			c.fill(flat(0x7d5633).faint(0.55), floorQuad(x, x+wide, near, near+0.008)...)
		}
		c.fill(flat(0x7d5633).faint(0.6), floorQuad(x-0.003, x+0.003, 1.2, wallZ)...)
	}
	// Shade where the floor meets the wall.
	for i := range 8 {
		c.fill(flat(0x3a2816).faint(0.03), floorQuad(-halfHall, halfHall, wallZ-0.04*float64(i+1), wallZ)...)
	}
}

// drawSideRoom is a glimpse of the living room through an opening in the right wall.
func drawSideRoom(c *canvas) {
	at := func(h, z float64) pt { return project(halfHall, h, z) }
	c.fill(run(0xb98f63, 0x8d6a48, 0, 700), at(2.1, 2.9), at(2.1, 1.2), at(0, 1.2), at(0, 2.9))
	// Beyond it: window light, sofa, floor lamp, rug.
	c.fill(run(0xf6d9a8, 0xe3b67c, 60, 330), pt{1170, 70}, pt{1290, 40}, pt{1290, 330}, pt{1170, 310})
	c.fill(flat(0x9a7249), pt{1222, 50}, pt{1228, 50}, pt{1228, 330}, pt{1222, 320})
	c.fill(run(0x6d4a30, 0x593b26, 500, 720), pt{1135, 560}, pt{1290, 590}, pt{1290, 725}, pt{1135, 600})
	c.round(run(0xa4553f, 0x87412f, 400, 620), 1168, 410, 1330, 620, 26)
	c.round(run(0xb7634b, 0x95493a, 470, 640), 1180, 490, 1330, 640, 20)
	c.round(flat(0xe5c27a), 1196, 440, 1262, 500, 14)
	// The opening's frame.
	trim := 0.07
	c.fill(flat(0xf3ede2), at(2.1+trim, 2.9+trim), at(2.1+trim, 2.9), at(0, 2.9), at(0, 2.9+trim))
	c.fill(flat(0xf3ede2), at(2.1+trim, 2.9+trim), at(2.1+trim, 1.2), at(2.1, 1.2), at(2.1, 2.9))
	c.fill(flat(0xcdbfa9), at(2.1, 2.9), at(2.1, 2.87), at(0, 2.87), at(0, 2.9))
}

func drawPinboard(c *canvas) {
	c.round(flat(0x4a3a28).faint(0.18), 250, 116, 490, 418, 6) // its shadow
	c.round(flat(0x8a5f38), 244, 108, 484, 410, 6)
	c.rect(run(0xd2a873, 0xc69a64, 116, 402), 252, 116, 476, 402)
	// A postcard and a note lie half behind the letter.
	c.fill(run(0x7fb2c9, 0xdfc28a, 330, 394), pt{396, 334}, pt{472, 326}, pt{476, 390}, pt{402, 398})
	c.fill(flat(0xf5e27a), pt{256, 338}, pt{312, 344}, pt{306, 398}, pt{252, 393})
	drawLetter(c)
}

// letterPaper is where the letter lies on the sheet.
var letterPaper = [4]float64{262, 122, 468, 362}

// drawLetter draws what nobody outside may read.
func drawLetter(c *canvas) {
	x0, y0, x1, y1 := letterPaper[0], letterPaper[1], letterPaper[2], letterPaper[3]
	c.rect(flat(0x3a2a18).faint(0.22), x0+4, y0+5, x1+4, y1+5)
	c.rect(run(0xfdfbf5, 0xf4f0e6, y0, y1), x0, y0, x1, y1)
	c.rect(flat(0xb8473a), x0+14, y0+16, x0+34, y0+36) // the clinic's sign
	c.rect(flat(0xfdfbf5), x0+22, y0+19, x0+26, y0+33)
	c.rect(flat(0xfdfbf5), x0+17, y0+24, x0+31, y0+28)
	type line struct {
		high, x, y float64
		c          rgb
	}
	for i, l := range [...]line{
		{20, 44, 16, 0x2b3440}, {15, 14, 60, 0x2b3440}, {15, 14, 94, 0x2b3440}, {24, 14, 130, 0xa8352a}, {15, 14, 180, 0x2b3440},
	} {
		c.write(flat(l.c), Letter.Lines[i], x0+l.x, y0+l.y, l.high)
	}
	c.rect(flat(0x9aa2a8), x0+14, y0+212, x0+150, y0+215)
	c.rect(flat(0x9aa2a8), x0+14, y0+222, x0+118, y0+225)
	c.oval(flat(0xc0392b), (x0+x1)/2, y0+6, 6, 6) // the pin
	c.oval(flat(0xe8877b), (x0+x1)/2-2, y0+4, 2, 2)
}

func drawBench(c *canvas) {
	const z, seat = 3.3, 0.44
	l, r := project(-1.66, seat, z), project(-0.76, seat, z)
	foot := project(0, 0, z).y
	for i := range 6 {
		c.oval(flat(0x2e1e10).faint(0.06), (l.x+r.x)/2, foot+2, 118-float64(i)*6, 16-float64(i)*2)
	}
	for _, x := range [2]float64{l.x + 12, r.x - 24} {
		c.rect(run(0x8a5f3a, 0x6f4a2b, l.y, foot), x, l.y, x+12, foot)
	}
	// Boots and shoes under it.
	c.round(run(0x33473b, 0x24342b, 480, foot), 292, 474, 318, foot+2, 5)
	c.round(flat(0x24342b), 292, foot-14, 334, foot+2, 8)
	c.round(run(0x3a5043, 0x2a3b32, 480, foot), 340, 480, 366, foot+4, 5)
	c.round(flat(0x2a3b32), 340, foot-12, 382, foot+4, 8)
	c.round(flat(0xb5533c), 398, foot-16, 444, foot+2, 9)
	c.round(flat(0xf2ece0), 398, foot-4, 446, foot+3, 3)
	c.round(run(0xa87648, 0x8d6039, l.y-4, l.y+14), l.x, l.y-2, r.x, l.y+14, 3)
	c.round(run(0xd9896b, 0xc06d50, l.y-24, l.y), l.x+6, l.y-24, r.x-6, l.y, 11)
	c.rect(flat(0xf0cdb8).faint(0.7), l.x+50, l.y-24, l.x+56, l.y)
	c.rect(flat(0xf0cdb8).faint(0.7), r.x-56, l.y-24, r.x-50, l.y)
}

// drawPhoto draws a family: two grown-ups and a child.
func drawPhoto(c *canvas) {
	const x0, y0, x1, y1 = 884.0, 122.0, 1026.0, 300.0
	c.rect(flat(0x4a3a28).faint(0.2), x0+5, y0+6, x1+5, y1+6)
	c.rect(flat(0x5a3d26), x0, y0, x1, y1)
	c.rect(flat(0xfbf8f0), x0+8, y0+8, x1-8, y1-8)
	c.rect(run(0xa9cfe0, 0xd7e7d0, y0+20, y1-60), x0+20, y0+20, x1-20, y1-20)
	c.fill(flat(0x8fb07a), pt{x0 + 20, y1 - 62}, pt{x0 + 70, y1 - 76}, pt{x1 - 20, y1 - 64}, pt{x1 - 20, y1 - 20}, pt{x0 + 20, y1 - 20})
	person := func(x, y, s float64, shirt, hair, skin rgb, long bool) {
		c.fill(flat(shirt), rounded(x-22*s, y+14*s, x+22*s, y1-20, 16*s)...)
		if long {
			c.round(flat(hair), x-17*s, y-14*s, x+17*s, y+24*s, 12*s)
		}
		c.rect(flat(skin), x-5*s, y+8*s, x+5*s, y+18*s)
		c.oval(flat(skin), x, y, 13*s, 15*s)
		c.fill(flat(hair), arc(x, y-3*s, 14*s, 14*s, math.Pi, 2*math.Pi)...)
		for _, d := range [2]float64{-5, 5} {
			c.oval(flat(0x3a2a20), x+d*s, y+1*s, 1.6*s, 1.8*s)
		}
		c.fill(flat(0xb4443c), arc(x, y+6*s, 5*s, 3.4*s, 0, math.Pi)...)
	}
	person(x0+49, y0+76, 1, 0x3f6f8f, 0x4a2f1d, 0xe9bd98, true)
	person(x0+96, y0+66, 1.05, 0xd9a441, 0x2d2420, 0xc98f67, false)
	person(x0+74, y0+112, 0.8, 0xb8473a, 0x6b4426, 0xdba882, false)
}

func drawConsole(c *canvas) {
	const z, top = 3.3, 0.74
	l, r := project(0.98, top, z), project(1.68, top, z)
	foot := project(0, 0, z).y
	for i := range 6 {
		c.oval(flat(0x2e1e10).faint(0.05), (l.x+r.x)/2, foot+1, 96-float64(i)*6, 14-float64(i)*2)
	}
	for _, x := range [2]float64{l.x + 8, r.x - 18} {
		c.fill(run(0x7d5636, 0x5f3f26, l.y, foot), pt{x, l.y}, pt{x + 10, l.y}, pt{x + 8, foot}, pt{x + 2, foot})
	}
	c.round(run(0xa07147, 0x875c37, l.y, l.y+30), l.x+4, l.y+8, r.x-4, l.y+40, 3)
	c.round(flat(0xe8c98f), (l.x+r.x)/2-9, l.y+21, (l.x+r.x)/2+9, l.y+27, 3)
	c.round(flat(0xb98a5c), l.x-6, l.y-2, r.x+6, l.y+10, 3)
	// A bowl with keys.
	c.fill(run(0x4f7d86, 0x3c626a, l.y-20, l.y), arc(l.x+38, l.y-18, 27, 18, 0, math.Pi)...)
	c.oval(flat(0x2f4d54), l.x+38, l.y-18, 27, 5)
	c.stroke(flat(0xd9b65c), 3, pt{l.x + 28, l.y - 20}, pt{l.x + 44, l.y - 24}, pt{l.x + 48, l.y - 19})
	// A plant.
	px := r.x - 40
	leaf := func(dx, dy, w float64, col rgb) {
		tip, root := pt{px + dx, l.y - 34 + dy}, pt{px, l.y - 34}
		nx, ny := -dy, dx
		k := w / math.Hypot(dx, dy)
		c.fill(flat(col), root, pt{px + dx*0.45 + nx*k, root.y + dy*0.45 + ny*k}, tip, pt{px + dx*0.45 - nx*k, root.y + dy*0.45 - ny*k})
	}
	leaf(-36, -34, 9, 0x4c7a4b)
	leaf(34, -38, 9, 0x4c7a4b)
	leaf(-20, -66, 9, 0x5d8f58)
	leaf(22, -64, 9, 0x6b9c63)
	leaf(0, -52, 8, 0x7bab6d)
	leaf(-44, -8, 7, 0x3f6a41)
	leaf(42, -10, 7, 0x3f6a41)
	c.fill(run(0xe0a27c, 0xc07f5a, l.y-36, l.y), pt{px - 22, l.y - 38}, pt{px + 22, l.y - 38}, pt{px + 16, l.y - 1}, pt{px - 16, l.y - 1})
	c.round(flat(0xe9b08c), px-25, l.y-42, px+25, l.y-32, 3)
}

// drawCoats hangs a coat, a scarf and a bag on the left wall.
func drawCoats(c *canvas) {
	at := func(h, z float64) pt { return project(-halfHall+0.02, h, z) }
	c.fill(flat(0x7d5636), at(1.74, 3.2), at(1.74, 2.2), at(1.66, 2.2), at(1.66, 3.2))
	for _, z := range [3]float64{3.0, 2.7, 2.4} {
		p := at(1.68, z)
		c.stroke(flat(0x3d3228), 4, p, pt{p.x + 9, p.y + 6}, pt{p.x + 12, p.y})
	}
	coat := func(z, low float64, top, bottom rgb) {
		a, b := at(1.64, z), at(low, z)
		s := lens / z / 230
		c.fill(flat(0x3a2a18).faint(0.18), pt{a.x - 20*s, a.y + 30*s}, pt{a.x + 46*s, a.y + 26*s}, pt{a.x + 58*s, b.y + 4}, pt{a.x - 26*s, b.y + 8})
		c.fill(run(top, bottom, a.y, b.y), pt{a.x + 2*s, a.y}, pt{a.x + 20*s, a.y}, pt{a.x + 38*s, a.y + 26*s}, pt{a.x + 48*s, b.y},
			pt{a.x + 12*s, b.y + 6}, pt{a.x - 28*s, b.y + 4}, pt{a.x - 20*s, a.y + 28*s})
		c.fill(flat(bottom).faint(0.7), pt{a.x + 11*s, a.y + 8*s}, pt{a.x + 14*s, a.y + 8*s}, pt{a.x + 13*s, b.y + 5}, pt{a.x + 10*s, b.y + 5})
		c.fill(flat(bottom), pt{a.x + 2*s, a.y}, pt{a.x + 20*s, a.y}, pt{a.x + 11*s, a.y + 18*s})
	}
	coat(2.98, 0.72, 0x5b7083, 0x44576a)
	coat(2.45, 0.62, 0xe2b045, 0xc48f2c)
}

// drawFrame draws the trim around the doorway.
func drawFrame(c *canvas) {
	const out = 0.09
	l, r := project(-0.5-out, 2.1+out, wallZ), project(0.5+out, 0, wallZ)
	c.rect(flat(0x4a3a28).faint(0.14), l.x-3, l.y-3, r.x+6, r.y)
	c.rect(flat(0xf6f1e7), l.x, l.y, r.x, r.y)
	a, b := project(-0.5, 2.1, wallZ), project(0.5, 0, wallZ)
	c.rect(flat(0xd8cebd), a.x-4, a.y-4, b.x+4, b.y)
}
