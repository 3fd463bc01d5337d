package scene

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vestibule/vision"
	"vestibule/vision/internal/look"
	"vestibule/vision/internal/raw"
)

// The truth about where the courier is holds against the pictures: without him, they differ in his box only,
// and in nearly all of it in height and width.
func TestCourierBox(t *testing.T) {
	for _, size := range []vision.Size{{Width: 480, Height: 270}, {Width: 240, Height: 426}} {
		f, g := raw.New(size.Width, size.Height), raw.New(size.Width, size.Height)
		p := newPainter(1, size.Width, size.Height)
		for _, inside := range []float64{0, 1, -0.6} {
			w := World{Door: 1, Light: 1, Power: true, Inside: inside, Shift: [2]float64{4, 2}}
			seen := 0
			for open := time.Duration(0); open < GoneAfter+InsideTakes+time.Second; open += 700 * time.Millisecond {
				now := shown{leaf: 1, light: 1, parcels: 1}
				p.update(now)
				p.grain.lay(g, 1, p.seen(w.Shift))
				now.courier, now.there = poseAt(open, parcelX[0], inside)
				p.update(now)
				p.grain.lay(f, 1, p.seen(w.Shift))
				box, ok := CourierBox(size, w, open)
				if ok != now.there {
					t.Fatalf("%v, inside %v, at %v: there %v, in the truth %v", size, inside, open, now.there, ok)
				}
				if !ok {
					continue
				}
				seen++
				x0, y0, x1, y1 := box.Pixels(size.Width, size.Height)
				in, out := 0, 0
				lo, hi := size.Height, 0
				for i := range f.Y {
					if d := int(f.Y[i]) - int(g.Y[i]); d > 40 || d < -40 {
						x, y := i%size.Width, i/size.Width
						if x >= x0-4 && x < x1+4 && y >= y0-4 && y < y1+4 {
							in++
							lo, hi = min(lo, y), max(hi, y)
						} else {
							out++
						}
					}
				}
				if out > 0 || in < (x1-x0)*(y1-y0)/12 {
					t.Errorf("%v, inside %v, at %v: %v holds %d changed pixels, %d lie outside", size, inside, open, box, in, out)
				}
				if now.courier.z < wallZ && hi-lo < (y1-y0)*3/4 {
					t.Errorf("%v, inside %v, at %v: %d to %d has changed of %d to %d", size, inside, open, lo, hi, y0, y1)
				}
			}
			if seen < 6 {
				t.Errorf("the courier is there %d times", seen)
			}
		}
	}
}

// The cells add up to what the box says, and a courier inside leaves the zone.
func TestCourierCells(t *testing.T) {
	size := sizes[0]
	w := World{Door: 1, Light: 1, Power: true, Inside: 1}
	const cols, rows = 16, 9
	centre := func(cells []float64) (x, all float64) {
		for i, v := range cells {
			x += v * float64(i%cols)
			all += v
		}
		return x / all, all
	}
	at, all := centre(CourierCells(size, w, 2200*time.Millisecond, cols, rows))
	if at < 6 || at > 10 || all < 3 {
		t.Errorf("on the mat: column %.1f, %.1f cells", at, all)
	}
	if at, all = centre(CourierCells(size, w, 4600*time.Millisecond, cols, rows)); at > 3.5 || all < 6 {
		t.Errorf("inside: column %.1f, %.1f cells", at, all)
	}
	w.Inside = -1
	if at, all = centre(CourierCells(size, w, 4600*time.Millisecond, cols, rows)); at < 11.5 || all < 6 {
		t.Errorf("inside, to the right: column %.1f, %.1f cells", at, all)
	}
	if _, all = centre(CourierCells(size, w, 0, cols, rows)); all != 0 {
		t.Errorf("before he comes: %.1f cells", all)
	}
}

// A bumped camera sees the same a little further; by whole pixels it is the same to the bit but for noise.
func TestShift(t *testing.T) {
	size := sizes[1]
	f, g := raw.New(size.Width, size.Height), raw.New(size.Width, size.Height)
	at := frame
	for _, by := range [][2]float64{{8, 0}, {-6, 4}, {0, -20}, {2.5, 0}} {
		p := newPainter(1, size.Width, size.Height)
		p.paint(g, 1, at, World{Light: 1, Power: true})
		p.paint(f, 2, at, World{Light: 1, Power: true, Shift: by})
		worst := 0
		for y := 100; y < 600; y++ {
			for x := 100; x < 1100; x++ {
				d := int(f.Y[y*1280+x]) - int(g.Y[(y-int(by[1]))*1280+x-int(by[0])])
				worst = max(worst, d, -d)
			}
		}
		if whole := by[0] != 2.5; whole && worst > 2*mostNoise || !whole && worst <= 2*mostNoise {
			t.Errorf("%v: pixels differ by %d", by, worst)
		}
	}
}

// The lamp inside brightens the interior, by night more than by day, and dark is as before.
func TestShade(t *testing.T) {
	size := sizes[0]
	f := raw.New(size.Width, size.Height)
	p := newPainter(1, size.Width, size.Height)
	side := vision.Box{Min: vision.Point{X: 9000, Y: 6500}, Max: vision.Point{X: 9900, Y: 8500}}
	see := func(w World) (letter, room int) {
		w.Power = true
		p.paint(f, 1, p.last+frame, w)
		return mean(f, Letter.Box), mean(f, side)
	}
	for _, light := range []float64{0, 0.5, 1} {
		letter, room := see(World{Light: light})
		litLetter, litRoom := see(World{Light: light, Shade: 1})
		if litRoom < room+12 || litLetter < letter || litRoom-room < litLetter-letter && light == 0 && letter < room {
			t.Errorf("light %v: the letter %d and with the lamp %d, the side room %d and %d", light, letter, litLetter, room, litRoom)
		}
		if again, _ := see(World{Light: light}); again != letter {
			t.Errorf("light %v: the letter is %d after the lamp was lit and was %d", light, again, letter)
		}
	}
}

// Pictures for a person's eyes.
func TestInsidePictures(t *testing.T) {
	dir := os.Getenv("VESTIBULE_PICTURES")
	if dir == "" {
		t.Skip("VESTIBULE_PICTURES is not set")
	}
	size := sizes[1]
	f := raw.New(size.Width, size.Height)
	story := func(t time.Duration) World {
		w := World{Light: 1, Power: true, Inside: -1, Shade: float64(t / (5 * time.Second)), Lamp: true}
		w.Door = min(t.Seconds()*2, 1)
		return w
	}
	play(newPainter(1, size.Width, size.Height), f, 9*time.Second, story, func(n uint64, at time.Duration) {
		if n%15 == 0 {
			if err := look.PNG(filepath.Join(dir, fmt.Sprintf("inside_%03d.png", n)), f.Width, f.Height, f.Y, f.Cb, f.Cr); err != nil {
				t.Error(err)
			}
		}
	})
}
