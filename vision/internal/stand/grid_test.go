package stand

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/zone"
)

// The cells are checked against their definition: means of squares of the zone's pixels.
func TestShrink(t *testing.T) {
	for _, size := range [][2]int{{320, 240}, {640, 480}, {1280, 720}, {1080, 1920}, {854, 482}} {
		w, h := size[0], size[1]
		shown := door(t, w, h)
		g := newGrid(shown, w, h)
		f := raw.New(w, h)
		for i := range f.Y {
			f.Y[i] = byte(rand.Uint32())
		}
		cells := make([]uint16, g.cells)
		g.shrink(f, cells)
		n := 0
		for c, v := range cells {
			x, y := g.place(c)
			x, y = x*g.side, y*g.side
			if x < 0 || y < 0 || !shown.Shown(x, y) {
				if v != 0 {
					t.Fatalf("%v: a cell outside the zone is %d", size, v)
				}
				continue
			}
			n++
			sum := 0
			for j := range g.side {
				for i := range g.side {
					sum += int(f.Y[(y+j)*w+x+i])
				}
			}
			if want := sum * unit / (g.side * g.side); int(v) != want {
				t.Fatalf("%v: the cell at %d,%d is %d instead of %d", size, x, y, v, want)
			}
		}
		if n != shown.Count()*zone.Block*zone.Block/(g.side*g.side) {
			t.Errorf("%v: %d cells", size, n)
		}
	}
}

// Whatever the interior shows, the reference and every verdict are the same to the bit.
func TestInteriorIsNotRead(t *testing.T) {
	const w, h = 320, 240
	shown := door(t, w, h)
	var isShown [w * h]bool
	for i := range isShown {
		isShown[i] = shown.Shown(i%w, i/w)
	}
	run := func(seed uint64) (ref []byte, states []State) {
		f := raw.New(w, h)
		r := rand.New(rand.NewPCG(seed, 3))
		inside := rand.New(rand.NewPCG(1, 4))
		at := time.Duration(0)
		look := func(watch *Watch, picture uint64) {
			boxes(f, picture, 0)
			for i := range f.Y {
				if isShown[i] {
					f.Y[i] += byte(inside.Uint32() & 3)
				} else {
					f.Y[i] = byte(r.Uint32())
				}
			}
			for i := range f.Cb {
				f.Cb[i], f.Cr[i] = byte(r.Uint32()), byte(r.Uint32())
			}
			at += 200 * time.Millisecond
			f.At = at
			watch.Look(f)
			states = append(states, watch.State())
		}
		watch, err := New(shown, w, h, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 7 {
			look(watch, 1)
		}
		if ref, err = watch.Reference(); err != nil {
			t.Fatal(err)
		}
		if watch, err = New(shown, w, h, ref); err != nil {
			t.Fatal(err)
		}
		for _, picture := range []uint64{1, 1, 1, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 3, 4, 5, 6} {
			look(watch, picture)
		}
		return ref, states
	}
	ref, states := run(1)
	saw := map[State]bool{}
	for seed := uint64(2); seed < 5; seed++ {
		r, s := run(seed)
		if !bytes.Equal(r, ref) {
			t.Error("the reference tells of the interior")
		}
		for i := range s {
			saw[s[i]] = true
			if s[i] != states[i] {
				t.Errorf("look %d is %v with one interior and %v with another", i, states[i], s[i])
			}
		}
	}
	if !saw[Stands] || !saw[Moved] {
		t.Errorf("the test saw only %v", saw)
	}
}

// Frames in between are left out, and a frame of another size is none.
func TestPace(t *testing.T) {
	const w, h = 320, 240
	shown := door(t, w, h)
	ref := take(t, shown, w, h)
	watch, err := New(shown, w, h, ref)
	if err != nil {
		t.Fatal(err)
	}
	f := raw.New(w, h)
	looks := 0
	last := watch.next
	boxes(f, 1, 2)
	for n := range 300 { // ten seconds
		f.At = time.Duration(n) * time.Second / 30
		watch.Look(f)
		if watch.next != last {
			looks++
			last = watch.next
		}
	}
	if looks != 50 {
		t.Errorf("%d looks in ten seconds", looks)
	}
	small := raw.New(w/2, h)
	small.At = time.Minute
	if watch.Look(small); watch.last == small.At {
		t.Error("a frame of another size was looked at")
	}
}

func TestNoGarbage(t *testing.T) {
	const w, h = 320, 240
	shown := door(t, w, h)
	ref := take(t, shown, w, h)
	for _, reference := range [][]byte{nil, ref} {
		watch, err := New(shown, w, h, reference)
		if err != nil {
			t.Fatal(err)
		}
		frames := []*raw.Frame{raw.New(w, h), raw.New(w, h)}
		boxes(frames[0], 1, 2)
		boxes(frames[1], 2, 2)
		at, n := time.Duration(0), 0
		if got := testing.AllocsPerRun(60, func() {
			f := frames[n/10%2] // it stands, and is moved, and stands
			n++
			at += 200 * time.Millisecond
			f.At = at
			watch.Look(f)
		}); got != 0 {
			t.Errorf("%v allocations a look", got)
		}
	}
}
