//go:build !race

// Minutes of pictures, which the race detector would make many more: scripts/test.mk runs these without it.

package vision

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"vestibule/vision/internal/raw"
)

// rooms is frame after frame of another room than the door, at a level. It is drawn once, and so is the sensor's noise
// (even, of -k to k, 3 unless told), which each frame takes from a place by chance.
func rooms(seed uint64, base, span int, noise ...int) act {
	k := append(noise, 3)[0]
	var drawn, grain []byte
	r := rand.New(rand.NewPCG(seed, 2))
	return func(p *play, f *raw.Frame) error {
		if drawn == nil {
			drawn = room(f.Width, f.Height, seed, base, span)
			grain = make([]byte, 2*len(drawn))
			for i := range grain {
				grain[i] = byte(r.IntN(2*k + 1))
			}
		}
		g := grain[r.IntN(len(drawn)):][:len(drawn)]
		for i, v := range drawn {
			f.Y[i] = byte(max(int(v)+int(g[i])-k, 16))
		}
		p.seq++
		f.Seq, f.At = p.seq, p.clock()
		return nil
	}
}

// room is the luma of boxes in it.
func room(width, height int, seed uint64, base, span int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	luma := bytes.Repeat([]byte{byte(base)}, width*height)
	for range 120 {
		x, y, w, h, v := r.IntN(width-8), r.IntN(height-8), 6+r.IntN(50), 6+r.IntN(50), base+r.IntN(span)
		for j := y; j < min(y+h, height); j++ {
			for i := x; i < min(x+w, width); i++ {
				luma[j*width+i] = byte(v)
			}
		}
	}
	return luma
}

// reference is how the camera stood before the door.
func reference(t *testing.T) (ref []byte) {
	stage(t, doorPlan(Frosted), func(t *testing.T, s *Sight) {
		for range 50 {
			next(t, s)
		}
		var err error
		if ref, err = s.Reference(); err != nil {
			t.Fatal(err)
		}
	}, times(60, rooms(7, 60, 150)))
	return ref
}

// A camera that was turned into a dim room between two deliveries shall not show it.
func TestTurnedIntoTheDark(t *testing.T) {
	plan := doorPlan(Frosted)
	plan.Reference = reference(t)
	for _, light := range [][3]int{{20, 8, 3}, {18, 20, 9}, {20, 24, 12}, {20, 30, 16}} {
		stage(t, plan, func(t *testing.T, s *Sight) {
			clear := 0
			for range 900 {
				if _, l := next(t, s); l.Glass == "" {
					clear++
				}
			}
			if clear > 40 {
				t.Errorf("luma from %d, contrast %d, noise of %d: %d of 900 pictures (30 s) show another room", light[0], light[1], light[2], clear)
			}
		}, times(950, rooms(99, light[0], light[1], light[2])))
	}
}

// The same in daylight: nothing of it is shown before it is noticed.
func TestTurnedBetweenDeliveries(t *testing.T) {
	plan := doorPlan(Frosted)
	plan.Reference = reference(t)
	stage(t, plan, func(t *testing.T, s *Sight) {
		clear := 0
		for range 100 {
			if _, l := next(t, s); l.Glass == "" {
				clear++
			}
		}
		if clear > 0 {
			t.Errorf("%d pictures show another room before the reference was ever found", clear)
		}
	}, times(160, rooms(99, 60, 150)))
}

// And bumped while it watches, into a dim room.
func TestBumpedIntoTheDark(t *testing.T) {
	plan := doorPlan(Frosted)
	plan.Reference = reference(t)
	stage(t, plan, func(t *testing.T, s *Sight) {
		clear := 0
		for i := range 1800 {
			_, l := next(t, s)
			if i == 80 && l.Glass != "" {
				t.Fatal("the reference is not found")
			}
			if i > 130 && l.Glass == "" {
				clear++
			}
		}
		if clear > 0 {
			t.Errorf("%d of 1670 pictures later than 1 s after the move show another room", clear)
		}
	}, append(times(100, rooms(7, 60, 150)), times(1800, rooms(99, 18, 20, 9))...))
}

// A moved camera is noticed: what is said, and for how long is another room shown, when somebody moves in it?
func TestTurnedToWhereSomebodyMoves(t *testing.T) {
	plan := doorPlan(Frosted)
	plan.Reference = reference(t)
	still := rooms(99, 60, 150)
	busy := func(p *play, f *raw.Frame) error {
		err := still(p, f)
		for y := 60; y < 200; y++ { // a body that walks to and fro
			for x := 90 + int(p.seq)*3%100; x < 130+int(p.seq)*3%100; x++ {
				f.Y[y*f.Width+x] = byte(40 + (x*7+y*13+int(p.seq)*31)%150)
			}
		}
		return err
	}
	stage(t, plan, func(t *testing.T, s *Sight) {
		clear := 0
		for i := range 2500 {
			_, l := next(t, s)
			if i == 80 && l.Glass != "" {
				t.Fatal("the reference is not found")
			}
			if i > 130 && l.Glass == "" {
				clear++
			}
		}
		if clear > 0 {
			t.Errorf("%d pictures (%d s) later than 1 s after the move show another room in daylight", clear, clear/30)
		}
	}, append(times(100, rooms(7, 60, 150)), times(2600, busy)...))
}
