package scene

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vestibule/vision"
	"vestibule/vision/internal/camera"
	"vestibule/vision/internal/look"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/zone"
)

var sizes = [...]vision.Size{{Width: 640, Height: 480}, {Width: 1280, Height: 720}, {Width: 1920, Height: 1080}}

// little is for tests that draw for long.
var little = vision.Size{Width: 320, Height: 240}

const frame = time.Second / 30

// visitStory is a door that opens after half a second and shuts after seven.
func visitStory(t time.Duration) World {
	w := World{Light: 1, Power: true, Lamp: t/(150*time.Millisecond)%2 == 0}
	if t > 500*time.Millisecond && t < 7*time.Second {
		w.Door = min((t-500*time.Millisecond).Seconds()*2, 1)
	}
	return w
}

// play paints a story and calls see with each frame.
func play(p *painter, f *raw.Frame, length time.Duration, story func(time.Duration) World, see func(n uint64, t time.Duration)) {
	for n := uint64(0); time.Duration(n)*frame < length; n++ {
		t := time.Duration(n) * frame
		p.paint(f, n, t, story(t))
		see(n, t)
	}
}

func digest(seed int64, size vision.Size) [32]byte {
	h := sha256.New()
	f := raw.New(size.Width, size.Height)
	play(newPainter(seed, size.Width, size.Height), f, 8*time.Second, visitStory, func(uint64, time.Duration) {
		h.Write(f.Y)
		h.Write(f.Cb)
		h.Write(f.Cr)
	})
	return [32]byte(h.Sum(nil))
}

func TestSameSeedSameFrames(t *testing.T) {
	a := digest(1, little)
	if digest(1, little) != a {
		t.Error("the same seed and world give other frames")
	}
	if digest(2, little) == a {
		t.Error("another seed gives the same frames")
	}
}

// What has not moved is kept from frame to frame; what is kept must not drift from what is drawn afresh.
func TestKeptPicturesAreTrue(t *testing.T) {
	size := little
	f, g := raw.New(size.Width, size.Height), raw.New(size.Width, size.Height)
	p := newPainter(1, size.Width, size.Height)
	story := func(t time.Duration) World {
		w := visitStory(t)
		w.Light = 1 - 0.1*float64(t/(2*time.Second))
		w.Inside, w.Shade = -1, 0.5*float64(t/(3*time.Second))
		if t > 4*time.Second {
			w.Shift = [2]float64{5.5, -3}
		}
		return w
	}
	play(p, f, 8*time.Second, story, func(n uint64, at time.Duration) {
		if n%23 != 0 {
			return
		}
		fresh := newPainter(1, size.Width, size.Height)
		fresh.update(p.shown)
		fresh.grain.lay(g, n, fresh.seen(story(at).Shift))
		if !bytes.Equal(f.Y, g.Y) || !bytes.Equal(f.Cb, g.Cb) || !bytes.Equal(f.Cr, g.Cr) {
			t.Fatalf("frame %d differs from one drawn afresh", n)
		}
	})
}

// The letter and the photo lie outside both zones and the lamp inside, at every size.
func TestPlaces(t *testing.T) {
	for _, size := range append(sizes[:], vision.Size{Width: 320, Height: 240}) {
		for name, polygon := range map[string][]vision.Point{"zone": Zone, "clock zone": ClockZone} {
			shown, err := zone.Shrink([][]zone.Point{polygon}, false, size.Width, size.Height)
			if err != nil {
				t.Errorf("%s at %v: %v", name, size, err)
				continue
			}
			all := func(b vision.Box, want bool) bool {
				x0, y0, x1, y1 := b.Pixels(size.Width, size.Height)
				for y := y0; y < y1; y++ {
					for x := x0; x < x1; x++ {
						if shown.Shown(x, y) != want {
							return false
						}
					}
				}
				return x1-x0 >= 8 && y1-y0 >= 8
			}
			if !all(Letter.Box, false) || !all(Photo, false) {
				t.Errorf("%s at %v shows a piece of the letter or photo", name, size)
			}
			if size.Width >= 640 && !all(Lamp, true) {
				t.Errorf("%s at %v does not show all of the lamp", name, size)
			}
			if name == "clock zone" && size.Width >= 640 {
				for y := range 64 {
					for x := range 320 {
						if !shown.Shown(x, y) {
							t.Fatalf("%d,%d of the clock is hidden at %v", x, y, size)
						}
					}
				}
			}
		}
	}
}

// mean is the mean luma of a box.
func mean(f *raw.Frame, b vision.Box) int {
	x0, y0, x1, y1 := b.Pixels(f.Width, f.Height)
	sum := 0
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			sum += int(f.Y[y*f.Width+x])
		}
	}
	return sum / ((x1 - x0) * (y1 - y0))
}

func TestLampAndLight(t *testing.T) {
	for _, size := range sizes {
		f := raw.New(size.Width, size.Height)
		p := newPainter(1, size.Width, size.Height)
		at := time.Duration(0)
		see := func(w World) (lamp, letter int) {
			at += frame
			p.paint(f, uint64(at/frame), at, w)
			return mean(f, Lamp), mean(f, Letter.Box)
		}
		lit, paper := see(World{Lamp: true, Light: 1, Power: true})
		dark, _ := see(World{Light: 1, Power: true})
		if lit-dark < 90 {
			t.Errorf("%v: by day the lamp is %d lit and %d not", size, lit, dark)
		}
		litNight, night := see(World{Lamp: true, Light: 0, Power: true})
		darkNight, _ := see(World{Light: 0, Power: true})
		if litNight-darkNight < 90 {
			t.Errorf("%v: by night the lamp is %d lit and %d not", size, litNight, darkNight)
		}
		if night > paper/3 {
			t.Errorf("%v: the letter's paper is %d by day and %d by night", size, paper, night)
		}
		if lamp, letter := see(World{Lamp: true, Light: 1, Power: true, Covered: true}); lamp > 24 || letter > 24 {
			t.Errorf("%v: covered, the lamp is %d and the letter %d", size, lamp, letter)
		}
		if _, again := see(World{Light: 1, Power: true}); again != paper {
			t.Errorf("%v: after all that the letter is %d and was %d", size, again, paper)
		}
	}
}

// The visit is a function of how long the door has been open, and the parcel stays.
func TestVisit(t *testing.T) {
	var v visit
	inside := 0.0
	walk := func(door float64, d time.Duration) {
		for range d / (10 * time.Millisecond) {
			v.step(door, inside, 10*time.Millisecond)
		}
	}
	there := func() bool { _, ok := poseAt(v.open, 0, v.inside); return ok }
	walk(0.5, 10*time.Second)
	if v.open != 0 || there() {
		t.Error("the courier comes through a door that is ajar")
	}
	walk(1, ArrivesAfter-10*time.Millisecond)
	if there() {
		t.Error("the courier comes too early")
	}
	walk(1, 500*time.Millisecond)
	if !there() || v.parcels != 0 {
		t.Error("the courier does not come, or the parcel is there before")
	}
	walk(1, ParcelAfter-v.open)
	if v.parcels != 1 || !there() {
		t.Errorf("%d parcels lie there at %v", v.parcels, v.open)
	}
	walk(1, GoneAfter-v.open)
	if there() {
		t.Error("the courier stays")
	}
	walk(0, time.Second)
	if v.parcels != 1 {
		t.Error("the parcel does not stay")
	}
	walk(1, time.Second)
	walk(0, time.Second)
	if v.parcels != 1 {
		t.Error("a door that shuts too soon brought a parcel")
	}
	for range 5 {
		walk(1, 3*time.Second)
		walk(0, time.Second)
	}
	if v.parcels != mostParcels {
		t.Errorf("%d parcels", v.parcels)
	}
}

// Nothing jumps: from one frame to the next the courier moves by less than a step.
func TestCourierMovesSmoothly(t *testing.T) {
	for _, inside := range []float64{0, 1, -1, 0.3} {
		var last pose
		had, gone := false, time.Duration(0)
		for open := time.Duration(0); open < 12*time.Second; open += frame {
			p, ok := poseAt(open, parcelX[0], inside)
			if ok && had {
				for what, d := range map[string]float64{"forward": p.z - last.z, "sideways": p.x - last.x} {
					if d > 0.3 || d < -0.3 {
						t.Errorf("at %v a jump of %.2f m %s", open, d, what)
					}
				}
				for what, d := range map[string]float64{"back bends": p.bend - last.bend, "hand rises": p.wave - last.wave} {
					if d > 0.2 || d < -0.2 {
						t.Errorf("at %v the %s by %.2f", open, what, d)
					}
				}
			}
			if had && !ok {
				gone = open
			}
			last, had = p, ok
		}
		want := GoneAfter
		if inside != 0 {
			want += InsideTakes
		}
		if gone < want || gone > want+frame {
			t.Errorf("inside %v: gone after %v", inside, gone)
		}
	}
}

// A visit is seen in the picture: the mat before and after it, and the doorway during it.
func TestVisitIsSeen(t *testing.T) {
	size := sizes[0]
	f := raw.New(size.Width, size.Height)
	mat := vision.Box{Min: vision.Point{X: 4900, Y: 8100}, Max: vision.Point{X: 5500, Y: 8900}}
	var before, during, after int
	play(newPainter(1, size.Width, size.Height), f, 8*time.Second, visitStory, func(n uint64, t2 time.Duration) {
		switch n {
		case 5:
			before = mean(f, mat)
		case 70:
			during = mean(f, mat)
		case 235:
			after = mean(f, mat)
		}
		if dir := os.Getenv("VESTIBULE_PICTURES"); dir != "" && n%15 == 5 {
			if err := look.PNG(filepath.Join(dir, fmt.Sprintf("visit_%03d.png", n)), f.Width, f.Height, f.Y, f.Cb, f.Cr); err != nil {
				t.Error(err)
			}
		}
	})
	if after-before < 10 || during == before {
		t.Errorf("the mat's luma is %d before, %d during and %d after the visit", before, during, after)
	}
}

func TestEveryLetterCanBeWritten(t *testing.T) {
	for _, line := range Letter.Lines {
		for _, r := range line {
			if r != ' ' && glyphs[r] == nil {
				t.Errorf("%q in %q has no glyph", r, line)
			}
		}
	}
	for r, strokes := range glyphs {
		for _, s := range strokes {
			for i := 0; i+1 < len(s); i += 2 {
				if s[i] < '0' || s[i] > '4' || s[i+1] < '0' || s[i+1] > '6' {
					t.Errorf("%q leaves its grid: %s", r, s)
				}
			}
			if len(s)%2 != 0 {
				t.Errorf("%q has half a point: %s", r, s)
			}
		}
	}
}

// Without power the source fails, and can be opened again with it.
func TestPower(t *testing.T) {
	power := true
	src := Source(1, func() World { return World{Light: 1, Power: power} }, false)
	s, err := camera.Open(src, 640, 480, 30)
	if err != nil {
		t.Fatal(err)
	}
	f := raw.New(640, 480)
	if err := s.Read(context.Background(), f); err != nil || f.Seq == 0 || f.At == 0 {
		t.Fatalf("%v, frame %d at %v", err, f.Seq, f.At)
	}
	power = false
	if err := s.Read(context.Background(), f); !errors.Is(err, errNoPower) {
		t.Errorf("reading without power: %v", err)
	}
	if _, err := camera.Open(src, 640, 480, 30); !errors.Is(err, errNoPower) {
		t.Errorf("opening without power: %v", err)
	}
}
