// Package frozen tells a camera that gives one picture again and again from one that sees: a live sensor has
// noise, so no two of its pictures are the same to the bit.
//
// Not only sensors freeze. OpenCV, too, gives its last picture over and over when a stream changes its size and
// it cannot scale the new one.
package frozen

import (
	"errors"
	"hash/maphash"
	"time"

	"vestibule/vision/internal/raw"
)

// After is how long a picture may stay the same, by the frames' own times.
const After = 500 * time.Millisecond

// Err says that a camera gives one picture again and again.
var Err = errors.New("the picture has not changed by a single bit, as a live sensor's noise always does")

// Watch looks at one camera's frames, one after the other. It belongs to one goroutine.
type Watch struct {
	seed    maphash.Seed
	print   uint64        // of the last frame
	changed time.Duration // when a frame last had another print
}

// New returns a watch that has seen nothing yet.
func New() *Watch { return &Watch{seed: maphash.MakeSeed()} }

// Look reports whether the picture has been the same for so long that the camera counts as frozen.
func (w *Watch) Look(f *raw.Frame) bool {
	const every = 4 // rows: noise is everywhere
	var h uint64
	for y := 0; y < f.Height; y += every {
		h = h*31 + maphash.Bytes(w.seed, f.Y[y*f.Width:(y+1)*f.Width])
	}
	if h != w.print {
		w.print, w.changed = h, f.At
	}
	return f.At-w.changed >= After
}
