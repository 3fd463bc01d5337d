package frozen

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/zone"
)

const ms = time.Millisecond

// watch is one over a doorway that is the middle quarter of the picture.
func watch(t testing.TB, width, height int) *Watch {
	t.Helper()
	return New(door(t, width, height, 2500, 7500), width, height)
}

func door(t testing.TB, width, height, from, to int) *zone.Blocks {
	t.Helper()
	shown, err := zone.Shrink([][]zone.Point{{{X: from, Y: from}, {X: to, Y: from}, {X: to, Y: to}, {X: from, Y: to}}}, true, width, height)
	if err != nil {
		t.Fatal(err)
	}
	return shown
}

func TestLook(t *testing.T) {
	w, f := watch(t, 128, 96), raw.New(128, 96)
	for i := range f.Y {
		f.Y[i] = 100
	}
	for _, c := range []struct {
		at     time.Duration // since the one before
		change bool
		frozen bool
	}{
		{0, true, false},
		{400 * ms, false, false},
		{99 * ms, false, false},
		{ms, false, true},
		{time.Second, false, true},
		{ms, true, false},
		{499 * ms, false, false},
		{2 * time.Second, true, false}, // slow is not frozen
		{time.Second, false, true},
	} {
		f.At += c.at
		if c.change {
			f.Y[40*128+40]++ // one bit
		}
		if got := w.Look(f); got != c.frozen {
			t.Errorf("at %v: %v", f.At, got)
		}
	}
}

// camera gives frames with a sensor's noise at a rate, or pictures that it has kept.
type camera struct {
	r    *rand.Rand
	gap  time.Duration
	kept []*raw.Frame
	f    *raw.Frame
}

func newCamera(fps int) *camera {
	c := &camera{r: rand.New(rand.NewPCG(1, 2)), gap: time.Second / time.Duration(fps), f: raw.New(320, 240)}
	for i := range c.f.Y {
		c.f.Y[i] = 100
	}
	return c
}

// live takes a picture of something that stands still, with very little noise: a pixel in four hundred may be
// one step brighter or darker than before.
func (c *camera) live() *raw.Frame {
	c.f.At += c.gap
	for range len(c.f.Y) / 400 {
		c.f.Y[c.r.IntN(len(c.f.Y))] = byte(100 + c.r.IntN(2))
	}
	return c.f
}

// keep keeps n pictures for again.
func (c *camera) keep(n int) {
	kept := raw.New(320, 240)
	copy(kept.Y, c.f.Y)
	c.kept = append(c.kept, kept)
	c.kept = c.kept[max(len(c.kept)-n, 0):]
}

// again gives the kept pictures in turn, with times that go on.
func (c *camera) again(k int) *raw.Frame {
	c.f.At += c.gap
	copy(c.f.Y, c.kept[k%len(c.kept)].Y)
	return c.f
}

// A driver that is stuck gives its last picture, or its last few in turn. Both are known within the second, at all
// rates, and say what they are.
func TestStuckInALoop(t *testing.T) {
	for _, fps := range []int{10, 15, 30, 60} {
		for n := 1; n <= 8; n++ {
			c, w := newCamera(fps), watch(t, 320, 240)
			for range 20 {
				if w.Look(c.live()) {
					t.Fatal("a live camera counts as frozen")
				}
				c.keep(n)
			}
			turn := c.f.At
			for k := 0; !w.Look(c.again(k)); k++ {
				if c.f.At > turn+time.Second {
					t.Fatalf("%d pictures in turn at %d a second are not known after a second", n, fps)
				}
			}
			if c.f.At < turn+After {
				t.Errorf("%d pictures in turn: known after %v", n, c.f.At-turn)
			}
			if err := w.Why(); !errors.Is(err, Err) || n > 1 && !strings.Contains(err.Error(), string(rune('0'+n))+" pictures") {
				t.Errorf("%d pictures in turn: %v", n, err)
			}
			if w.Look(c.live()) {
				t.Error("it stays frozen when it sees again")
			}
		}
	}
}

// A live camera never counts as frozen: ten minutes of a scene that stands still.
func TestLive(t *testing.T) {
	c, w := newCamera(15), watch(t, 320, 240)
	for i := range 15 * 600 {
		if w.Look(c.live()) {
			t.Fatalf("frame %d counts as frozen", i)
		}
	}
}

// Whatever happens beside the zone, the same is said.
func TestOnlyTheZoneIsLookedAt(t *testing.T) {
	w, f := watch(t, 320, 240), raw.New(320, 240)
	for i := range f.Y {
		f.Y[i] = 100
	}
	shown := door(t, 320, 240, 2500, 7500)
	for n := range 60 {
		for i := range f.Y {
			if !shown.Shown(i%320, i/320) {
				f.Y[i]++
			}
		}
		f.At += 33 * ms
		if got, want := w.Look(f), f.At-33*ms >= After; got != want {
			t.Fatalf("frame %d: %v", n, got)
		}
	}
}

// At night, in the glare and through a keyhole a live camera's pictures may be the same. Where there is enough to be seen
// they may not: a zone of any size, dusk, and a bright spot in the dark.
func TestWhereALivePictureMayBeTheSame(t *testing.T) {
	for _, c := range []struct {
		name     string
		from, to int // of the zone
		luma     byte
		spot     byte // of 32x32 pixels in the middle
		frozen   bool
	}{
		{"grey", 2500, 7500, 100, 100, true},
		{"all of the picture", 0, 10000, 100, 100, true},
		{"a small zone", 4000, 6000, 100, 100, true},
		{"two blocks", 4900, 6100, 100, 100, false},
		{"night", 2500, 7500, 16, 16, false},
		{"full-range night", 2500, 7500, 0, 0, false},
		{"night, brightened", 2500, 7500, 21, 21, false},
		{"dusk", 2500, 7500, 26, 26, true},
		{"glare", 2500, 7500, 235, 235, false},
		{"full-range glare", 2500, 7500, 255, 255, false},
		{"a lit window at night", 2500, 7500, 16, 120, true},
		{"a blown-out lamp at night", 2500, 7500, 16, 240, false},
	} {
		w, f := New(door(t, 320, 240, c.from, c.to), 320, 240), raw.New(320, 240)
		for y := range 240 {
			for x := range 320 {
				f.Y[y*320+x] = c.luma
				if x >= 144 && x < 176 && y >= 104 && y < 136 {
					f.Y[y*320+x] = c.spot
				}
			}
		}
		got := false
		for range 40 {
			f.At += 33 * ms
			got = w.Look(f)
		}
		if got != c.frozen {
			t.Errorf("%s: frozen %v", c.name, got)
		}
	}
}

// Frozen stays frozen when black pictures are among those that come again.
func TestStuckBetweenDayAndNight(t *testing.T) {
	w, f := watch(t, 320, 240), raw.New(320, 240)
	for n := range 90 {
		v := byte(16)
		if n%2 == 0 {
			v = 100
		}
		for i := range f.Y {
			f.Y[i] = v
		}
		f.At += 33 * ms
		if got := w.Look(f); got != (n >= 18) {
			t.Fatalf("frame %d: %v", n, got)
		}
	}
}

func BenchmarkLook(b *testing.B) {
	w, f := watch(b, 1280, 720), raw.New(1280, 720)
	b.ReportAllocs()
	for b.Loop() {
		w.Look(f)
	}
}
