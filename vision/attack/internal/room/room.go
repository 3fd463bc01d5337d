package room

import (
	"math/rand/v2"

	"vestibule/vision/attack/internal/font"
)

// Room is an interior. Its furniture comes from a seed; the rest may be set.
type Room struct {
	Seed   uint64
	Person float64 // where somebody stands, in parts of the picture's width; 0 for nobody
	Dark   bool    // the lamps are off
}

// Draw draws the room.
func (r Room) Draw(w *World) *Picture {
	c := newCanvas(w.Width, w.Height, Margin)
	rnd := rand.New(rand.NewPCG(r.Seed, 0x700f))
	shell(c, rnd)
	// What stands left and right of the doorway, from the back to the front.
	for side := range 2 {
		at := 0.02 + 0.62*float64(side)
		hang(c, rnd, at)
		stand(c, rnd, at)
	}
	if !r.Dark {
		for range 1 + rnd.IntN(2) {
			c.glow(rnd.Float64(), 0.1+0.4*rnd.Float64(), 0.15+0.2*rnd.Float64(), rgb{255, 236, 190})
		}
	}
	if r.Person > 0 {
		person(c, rnd, r.Person)
	}
	return c.picture()
}

func between(rnd *rand.Rand, low, high float64) float64 { return low + (high-low)*rnd.Float64() }

func colour(rnd *rand.Rand, low, high float64) rgb {
	return rgb{between(rnd, low, high), between(rnd, low, high), between(rnd, low, high)}
}

// Text returns n random letters.
func Text(rnd *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = font.Alphabet[rnd.IntN(len(font.Alphabet))]
	}
	return string(b)
}

// shell draws walls, floor and ceiling.
func shell(c *canvas, rnd *rand.Rand) {
	const all = 0.2 // beyond every margin
	wall := colour(rnd, 90, 235)
	floor := between(rnd, 0.66, 0.84)
	c.rect(-all, -all, 1+all, 1+all, down(wall, wall.mix(rgb{40, 35, 30}, between(rnd, 0.05, 0.4)), 0, floor))
	if rnd.IntN(2) == 0 { // wallpaper
		stripe := colour(rnd, 60, 240)
		step := between(rnd, 0.02, 0.08)
		for x := -all; x < 1+all; x += step {
			c.rect(x, -all, x+step*0.4, floor, flat(stripe).faint(0.25))
		}
	}
	wood := colour(rnd, 50, 190)
	c.rect(-all, floor, 1+all, 1+all, down(wood.mix(rgb{}, 0.3), wood, floor, 1))
	for i := -12; i < 13; i++ {
		x := 0.5 + float64(i)*0.05
		far := 0.5 + (x-0.5)*2.4
		c.quad([8]float64{x, floor, x + 0.004, floor, far + 0.012, 1.1, far, 1.1}, flat(wood.mix(rgb{}, 0.5)).faint(0.6))
	}
	c.rect(-all, floor-0.02, 1+all, floor, flat(rgb{235, 230, 220}).faint(0.8))
	if rnd.IntN(2) == 0 {
		c.oval(rnd.Float64(), floor+0.14, 0.22, 0.09, flat(colour(rnd, 40, 220)).faint(0.85))
	}
}

// hang hangs two or three things on one wall, which begins at x and is 0.34 wide.
func hang(c *canvas, rnd *rand.Rand, x float64) {
	for k := range 2 {
		x0 := x + 0.17*float64(k) + between(rnd, 0, 0.03)
		y0 := between(rnd, 0.04, 0.22)
		wide, high := between(rnd, 0.1, 0.14), between(rnd, 0.16, 0.34)
		switch rnd.IntN(5) {
		case 0:
			window(c, rnd, x0, y0, wide, high)
		case 1, 2:
			poster(c, rnd, x0, y0, wide, high)
		case 3:
			photo(c, rnd, x0, y0, wide, high)
		default:
			screen(c, rnd, x0, y0, wide, high*0.6)
		}
	}
}

func window(c *canvas, rnd *rand.Rand, x, y, wide, high float64) {
	c.rect(x, y, x+wide, y+high, flat(rgb{238, 234, 226}))
	sky := colour(rnd, 150, 250)
	c.rect(x+0.01, y+0.015, x+wide-0.01, y+high-0.015, down(sky, sky.mix(rgb{120, 150, 110}, 0.7), y, y+high))
	c.rect(x+wide/2-0.004, y, x+wide/2+0.004, y+high, flat(rgb{238, 234, 226}))
	curtain := colour(rnd, 60, 230)
	c.rect(x-0.015, y-0.02, x+wide*between(rnd, 0.1, 0.4), y+high+0.04, flat(curtain).faint(0.9))
}

func poster(c *canvas, rnd *rand.Rand, x, y, wide, high float64) {
	paper, ink := colour(rnd, 170, 255), colour(rnd, 0, 110)
	if rnd.IntN(4) == 0 {
		paper, ink = ink, paper
	}
	c.rect(x, y, x+wide, y+high, flat(paper))
	rows := 2 + rnd.IntN(3)
	for i := range rows {
		n := 3 + rnd.IntN(4)
		tall := min(high/float64(rows)*0.7, wide*0.85*float64(c.width)/float64(c.height)/float64(n)*font.High/(font.Wide+1))
		c.write(Text(rnd, n), x+wide*0.08, y+high*0.08+float64(i)*high*0.9/float64(rows), tall, flat(ink))
	}
}

func photo(c *canvas, rnd *rand.Rand, x, y, wide, high float64) {
	c.rect(x, y, x+wide, y+high, flat(colour(rnd, 20, 120)))
	c.rect(x+0.01, y+0.014, x+wide-0.01, y+high-0.014, down(colour(rnd, 120, 240), colour(rnd, 60, 200), y, y+high))
	for i := range 1 + rnd.IntN(3) {
		fx, fy := x+wide*(0.25+0.25*float64(i)), y+high*between(rnd, 0.35, 0.55)
		c.oval(fx, fy+high*0.35, wide*0.16, high*0.22, flat(colour(rnd, 20, 230)))
		c.oval(fx, fy, wide*0.1, high*0.11, flat(rgb{between(rnd, 120, 240), between(rnd, 90, 190), between(rnd, 70, 160)}))
	}
}

func screen(c *canvas, rnd *rand.Rand, x, y, wide, high float64) {
	c.rect(x, y, x+wide, y+high, flat(rgb{16, 17, 20}))
	c.rect(x+0.006, y+0.008, x+wide-0.006, y+high-0.01, down(colour(rnd, 10, 200), colour(rnd, 10, 200), y, y+high))
	for i := range 3 {
		c.write(Text(rnd, 6), x+0.012, y+0.02+high*0.3*float64(i), high*0.18, flat(colour(rnd, 150, 255)))
	}
}

// stand puts furniture before one wall.
func stand(c *canvas, rnd *rand.Rand, x float64) {
	for range 1 + rnd.IntN(2) {
		x0, wide := x+between(rnd, 0, 0.1), between(rnd, 0.16, 0.28)
		switch rnd.IntN(4) {
		case 0:
			shelf(c, rnd, x0, wide)
		case 1:
			sofa(c, rnd, x0, wide)
		case 2:
			table(c, rnd, x0, wide)
		default:
			plant(c, rnd, x0+wide/2)
		}
	}
}

func shelf(c *canvas, rnd *rand.Rand, x, wide float64) {
	wood := colour(rnd, 40, 150)
	top := between(rnd, 0.36, 0.5)
	c.rect(x, top, x+wide, 0.9, flat(wood))
	for y := top + 0.02; y < 0.86; y += 0.14 {
		c.rect(x+0.01, y, x+wide-0.01, y+0.12, flat(wood.mix(rgb{}, 0.6)))
		for b := x + 0.012; b < x+wide-0.03; {
			thick := between(rnd, 0.008, 0.024)
			c.rect(b, y+between(rnd, 0, 0.05), b+thick, y+0.12, flat(colour(rnd, 20, 250)))
			b += thick + 0.001
		}
	}
}

func sofa(c *canvas, rnd *rand.Rand, x, wide float64) {
	cloth := colour(rnd, 30, 230)
	y := between(rnd, 0.52, 0.62)
	c.rect(x, y, x+wide, y+0.2, down(cloth, cloth.mix(rgb{}, 0.3), y, y+0.2))
	c.rect(x-0.02, y+0.14, x+wide+0.02, y+0.3, down(cloth.mix(rgb{255, 255, 255}, 0.15), cloth.mix(rgb{}, 0.4), y+0.14, y+0.3))
	for range 1 + rnd.IntN(3) {
		c.oval(x+wide*rnd.Float64(), y+0.12, 0.03, 0.05, flat(colour(rnd, 40, 250)))
	}
}

func table(c *canvas, rnd *rand.Rand, x, wide float64) {
	wood := colour(rnd, 40, 200)
	y := between(rnd, 0.58, 0.68)
	for _, leg := range [2]float64{x + 0.01, x + wide - 0.025} {
		c.rect(leg, y, leg+0.015, 0.92, flat(wood.mix(rgb{}, 0.4)))
	}
	c.quad([8]float64{x + 0.02, y - 0.05, x + wide - 0.02, y - 0.05, x + wide, y + 0.02, x, y + 0.02}, flat(wood))
	c.rect(x+wide*0.2, y-0.05, x+wide*0.45, y-0.01, flat(rgb{245, 243, 238})) // a letter
	c.oval(x+wide*0.7, y-0.06, 0.02, 0.035, flat(colour(rnd, 30, 250)))
}

func plant(c *canvas, rnd *rand.Rand, x float64) {
	for range 9 {
		c.oval(x+between(rnd, -0.06, 0.06), between(rnd, 0.45, 0.7), between(rnd, 0.01, 0.03), between(rnd, 0.04, 0.09),
			flat(rgb{between(rnd, 20, 90), between(rnd, 90, 170), between(rnd, 30, 90)}))
	}
	c.quad([8]float64{x - 0.04, 0.72, x + 0.04, 0.72, x + 0.03, 0.88, x - 0.03, 0.88}, flat(colour(rnd, 80, 220)))
}

func person(c *canvas, rnd *rand.Rand, x float64) {
	cloth := colour(rnd, 20, 200)
	c.quad([8]float64{x - 0.055, 0.42, x + 0.055, 0.42, x + 0.07, 0.75, x - 0.07, 0.75}, flat(cloth))
	c.rect(x-0.05, 0.74, x-0.005, 0.97, flat(cloth.mix(rgb{}, 0.5)))
	c.rect(x+0.005, 0.74, x+0.05, 0.97, flat(cloth.mix(rgb{}, 0.5)))
	c.oval(x, 0.33, 0.036, 0.065, flat(rgb{214, 160, 125}))
	c.oval(x, 0.29, 0.038, 0.045, flat(rgb{50, 35, 25}))
}

// Outside draws the doorway: what is shown. The courier comes nearer as phase goes from 0 to 1.
func Outside(w *World, seed uint64, phase float64) *Picture {
	c := newCanvas(w.Width, w.Height, Margin)
	rnd := rand.New(rand.NewPCG(seed, 0xd00e))
	sky := colour(rnd, 140, 245)
	c.rect(-0.2, -0.2, 1.2, 1.2, down(sky, sky.mix(rgb{90, 110, 80}, 0.6), 0, 0.6))
	c.rect(-0.2, 0.6, 1.2, 1.2, down(rgb{110, 110, 105}, rgb{150, 148, 140}, 0.6, 1))
	for range 6 {
		c.oval(between(rnd, 0.3, 0.7), between(rnd, 0.4, 0.58), 0.05, 0.09, flat(rgb{between(rnd, 30, 90), between(rnd, 80, 140), 50}))
	}
	c.rect(0.38, 0.9, 0.62, 0.96, flat(colour(rnd, 40, 120))) // the mat
	tall := 0.25 + 0.4*phase
	x, y := 0.5+0.06*(0.5-phase), 0.92-tall
	c.oval(x, y, 0.06*tall, 0.13*tall, flat(rgb{220, 170, 140}))
	c.rect(x-0.12*tall, y+0.13*tall, x+0.12*tall, y+0.62*tall, flat(rgb{120, 60, 30}))
	c.rect(x-0.1*tall, y+0.62*tall, x+0.1*tall, y+tall, flat(rgb{40, 40, 55}))
	c.rect(x-0.09*tall, y+0.3*tall, x+0.09*tall, y+0.55*tall, flat(rgb{200, 160, 105})) // the parcel
	return c.picture()
}
