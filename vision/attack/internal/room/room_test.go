package room

import (
	"math/rand/v2"
	"os"
	"testing"

	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/look"
	"vestibule/vision/internal/raw"
)

func world(t testing.TB, w, h int) *World {
	t.Helper()
	out, err := NewWorld(w, h)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestLook writes rooms to look at: LOOK=folder go test -run TestLook.
func TestLook(t *testing.T) {
	dir := os.Getenv("LOOK")
	if dir == "" {
		t.Skip("LOOK names no folder")
	}
	w := world(t, 320, 240)
	big := raw.New(320*4, 240*3)
	f := raw.New(320, 240)
	for i := range 12 {
		w.Take(Shot{Inside: Room{Seed: uint64(i), Person: float64(i%3) * 0.2}.Draw(w), Outside: Outside(w, uint64(i), float64(i)/12), Noise: uint64(i)}, f)
		paste(big, f, i%4*320, i/4*240)
	}
	if err := look.PNG(dir+"/rooms.png", big.Width, big.Height, big.Y, big.Cb, big.Cr); err != nil {
		t.Fatal(err)
	}
}

func paste(dst, src *raw.Frame, x, y int) {
	for r := range src.Height {
		copy(dst.Y[(y+r)*dst.Width+x:], src.Y[r*src.Width:(r+1)*src.Width])
	}
	for r := range src.Height / 2 {
		copy(dst.Cb[(y/2+r)*dst.Width/2+x/2:], src.Cb[r*src.Width/2:(r+1)*src.Width/2])
		copy(dst.Cr[(y/2+r)*dst.Width/2+x/2:], src.Cr[r*src.Width/2:(r+1)*src.Width/2])
	}
}

// Two shots that differ in the interior, its light and its noise are the same in the zone, to the byte.
func TestTheInteriorStaysOutOfTheZone(t *testing.T) {
	w := world(t, 320, 240)
	out := Outside(w, 1, 0.5)
	a, b := raw.New(320, 240), raw.New(320, 240)
	for shake := range 9 {
		w.Take(Shot{Inside: Room{Seed: 1}.Draw(w), Outside: out, ShakeX: shake, ShakeY: -shake, Noise: 1, OutsideNoise: 5}, a)
		w.Take(Shot{Inside: Room{Seed: 2}.Draw(w), Outside: out, ShakeX: shake, ShakeY: -shake, Noise: 2, OutsideNoise: 5, Light: 0.8}, b)
		differ := 0
		for i := range a.Y {
			x, y := i%320, i/320
			c := y/2*160 + x/2
			same := a.Y[i] == b.Y[i] && a.Cb[c] == b.Cb[c] && a.Cr[c] == b.Cr[c]
			if w.Zone.Shown(x, y) && !same {
				t.Fatalf("shake %d: %d,%d is in the zone and differs", shake, x, y)
			}
			if !same {
				differ++
			}
		}
		if differ < 320*240/2 {
			t.Fatalf("shake %d: only %d pixels differ", shake, differ)
		}
	}
}

// A twin has the same tint and other means, hardly a pixel where it was, and the same zone.
func TestATwinHasTheSameTint(t *testing.T) {
	for _, size := range [][2]int{{320, 240}, {160, 128}, {328, 248}} {
		w := world(t, size[0], size[1])
		a, b := raw.New(size[0], size[1]), raw.New(size[0], size[1])
		for _, f := range []*raw.Frame{a, b} {
			w.Take(Shot{Inside: Room{Seed: 3}.Draw(w), Outside: Outside(w, 3, 0.4)}, f)
		}
		w.Twin(b, rand.New(rand.NewPCG(1, 1)))
		if glass.Measure(a, w.Zone) != glass.Measure(b, w.Zone) {
			t.Errorf("%v: the tint is another one", size)
		}
		moved := 0
		for i := range a.Y {
			if a.Y[i] != b.Y[i] {
				moved++
				if w.Zone.Shown(i%size[0], i/size[0]) {
					t.Fatalf("%v: pixel %d is in the zone and was moved", size, i)
				}
			}
		}
		if moved < len(a.Y)/3 {
			t.Errorf("%v: only %d pixels were moved", size, moved)
		}
		ya, yb, other := w.hidden(a.Y, 1), w.hidden(b.Y, 1), 0
		for _, at := range ya.cells {
			sum := 0
			for _, i := range at {
				sum += int(ya.plane[i]) - int(yb.plane[i])
			}
			if sum != 0 {
				other++
			}
		}
		if other < len(ya.cells)/4 {
			t.Errorf("%v: only %d cells have another mean", size, other)
		}
	}
}

func TestSameSeedSameFrame(t *testing.T) {
	w := world(t, 320, 240)
	a, b := raw.New(320, 240), raw.New(320, 240)
	for _, f := range []*raw.Frame{a, b} {
		w.Take(Shot{Inside: Room{Seed: 9, Person: 0.2}.Draw(w), Outside: Outside(w, 3, 0.1), Noise: 4}, f)
	}
	for i := range a.Y {
		if a.Y[i] != b.Y[i] {
			t.Fatalf("pixel %d differs", i)
		}
	}
}

func BenchmarkDraw(b *testing.B) {
	w := world(b, 320, 240)
	for i := 0; b.Loop(); i++ {
		Room{Seed: uint64(i)}.Draw(w)
	}
}

func BenchmarkTake(b *testing.B) {
	w := world(b, 320, 240)
	s := Shot{Inside: Room{Seed: 1}.Draw(w), Outside: Outside(w, 1, 0)}
	f := raw.New(320, 240)
	for i := 0; b.Loop(); i++ {
		s.Noise = uint64(i)
		w.Take(s, f)
	}
}
