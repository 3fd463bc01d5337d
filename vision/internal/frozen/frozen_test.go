package frozen

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"vestibule/vision/internal/raw"
)

const ms = time.Millisecond

func TestLook(t *testing.T) {
	w, f := New(), raw.New(64, 48)
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
			f.Y[8*64+5]++ // one bit, in a row that is looked at
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
	return &camera{r: rand.New(rand.NewPCG(1, 2)), gap: time.Second / time.Duration(fps), f: raw.New(320, 240)}
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
			c, w := newCamera(fps), New()
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
	c, w := newCamera(15), New()
	for i := range 15 * 600 {
		if w.Look(c.live()) {
			t.Fatalf("frame %d counts as frozen", i)
		}
	}
}

func BenchmarkLook(b *testing.B) {
	w, f := New(), raw.New(1280, 720)
	b.ReportAllocs()
	for b.Loop() {
		w.Look(f)
	}
}
