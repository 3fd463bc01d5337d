//go:build !race

package stand_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/stand"
	"vestibule/vision/internal/zone"
)

// A camera in a street, where people walk, is turned while something covers it: the other place shows for a second at
// the most once the cover is mostly away. Where it was not turned, it shows again within two.
func TestFilmTurnedBehindACover(t *testing.T) {
	const w, h = 640, 480
	street := pictures(t).street
	blocks, err := zone.Shrink([][]zone.Point{{{X: 1500, Y: 1500}, {X: 8500, Y: 1500}, {X: 8500, Y: 8500}, {X: 1500, Y: 8500}}}, false, w, h)
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	grain := make([]byte, 1<<16+w)
	for i := range grain {
		grain[i] = byte(rnd.IntN(4))
	}
	f := raw.New(w, h)
	for _, c := range []struct {
		name   string
		in     int // looks that the cover takes to come, and to go; it stays for ten
		luma   byte
		dx, dy int
	}{
		{"dark, at once", 1, 16, 105, 60},
		{"dark, 2.4 s, 40 px", 12, 16, 40, 20},
		{"light, 1 s", 5, 150, 105, 60},
		{"light, 2.4 s", 12, 150, 105, 60},
		{"dark, not turned", 5, 16, 0, 0},
		{"light, not turned", 5, 150, 0, 0},
	} {
		n := 100
		// shoot takes the film's next picture, dx, dy pixels from where the camera stands; so large a share is covered.
		shoot := func(dx, dy int, covered float64) {
			g := street[n]
			edge := int(float64(w) * (1 - covered))
			for y := range h {
				from, grain := g.pix[(y+10+dy)*g.w+10+dx:], grain[rnd.Uint32()>>16:]
				for x := range w {
					v := c.luma
					if x < edge {
						v = from[x]
					}
					f.Y[y*w+x] = v + grain[x] - 1
				}
			}
			f.At = time.Duration(n) * gap
			n++
		}
		first, err := stand.New(blocks, w, h, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 7 {
			shoot(0, 0, 0)
			first.Look(f)
		}
		ref, err := first.Reference()
		if err != nil {
			t.Fatal(err)
		}
		watch, err := stand.New(blocks, w, h, ref)
		if err != nil {
			t.Fatal(err)
		}
		look := func(dx, dy int, covered float64) (shown bool) {
			shoot(dx, dy, covered)
			moved := watch.Look(f)
			return !moved && !watch.Doubt()
		}
		for range 15 {
			look(0, 0, 0)
		}
		if watch.State() != stand.Stands || watch.Doubt() {
			t.Fatalf("%s: it is %v before the cover comes", c.name, watch.State())
		}
		for i := range c.in {
			look(0, 0, float64(i+1)/float64(c.in))
		}
		for range 10 {
			look(0, 0, 1)
		}
		shown, glass := 0, 0
		for i := range c.in + 20 {
			covered := max(0, 1-float64(i+1)/float64(c.in))
			switch seen := look(c.dx, c.dy, covered); {
			case seen && covered < 0.5:
				shown++
			case !seen && covered == 0:
				glass++
			}
		}
		if turned := c.dx != 0; turned && shown > 5 {
			t.Errorf("%s: the other place shows for %v", c.name, time.Duration(shown)*gap)
		} else if !turned && glass > 10 {
			t.Errorf("%s: glass for %v after it is away", c.name, time.Duration(glass)*gap)
		}
	}
}
