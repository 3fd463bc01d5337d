// Package frozen tells a camera that gives the same pictures again and again from one that sees: a live
// sensor has noise, so no two of its pictures are the same to the bit.
//
// Not only sensors freeze. A driver that is stuck gives what lies in its buffers, in turn, so a picture is
// held against the last eight. OpenCV gives its last picture over and over when a stream changes its size and it
// cannot scale the new one.
//
// What is drawn or has been cleaned of its noise, and stands still, counts as frozen, too: it cannot be told
// from it. The other way round, a picture that stands still under a running clock in its corner is another
// picture each time; for that there is the lamp.
package frozen

import (
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"time"

	"vestibule/vision/internal/raw"
)

const (
	// After is how long a camera may give nothing new, by the frames' own times.
	After = 500 * time.Millisecond

	loop = 8 // pictures, which may come again in turn
	rows = 4 // of which one is looked at: noise is everywhere
)

// Err says that a camera gives the same pictures again and again.
var Err = errors.New("no picture is another by a single bit, as each of a live sensor's is by its noise " +
	"(a film or a drawing that stands still counts as frozen, too)")

// Watch looks at one camera's frames, one after the other. It belongs to one goroutine.
type Watch struct {
	seed   maphash.Seed
	prints [loop]uint64  // of the last frames, the newest first
	period int           // how many frames ago the last one was given before; 0 if it was not
	fresh  time.Duration // when a frame last had a print of its own
}

// New returns a watch that has seen nothing yet.
func New() *Watch { return &Watch{seed: maphash.MakeSeed()} }

// Look reports whether there has been nothing new for so long that the camera counts as frozen.
func (w *Watch) Look(f *raw.Frame) bool {
	h := w.print(f)
	w.period = slices.Index(w.prints[:], h) + 1
	copy(w.prints[1:], w.prints[:])
	w.prints[0] = h
	if w.period == 0 {
		w.fresh = f.At
	}
	return f.At-w.fresh >= After
}

// Why says what the last frame had of a frozen camera's. It is Err, or wraps it.
func (w *Watch) Why() error {
	if w.period > 1 {
		return fmt.Errorf("the same %d pictures come again and again: %w", w.period, Err)
	}
	return Err
}

// print is another for another picture.
func (w *Watch) print(f *raw.Frame) uint64 {
	var h uint64
	for y := 0; y < f.Height; y += rows {
		h = h*31 + maphash.Bytes(w.seed, f.Y[y*f.Width:(y+1)*f.Width])
	}
	return h
}
