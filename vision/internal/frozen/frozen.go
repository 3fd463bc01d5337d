// Package frozen tells a camera that gives the same pictures again and again from one that sees: a live
// sensor has noise, so no two of its pictures are the same to the bit.
//
// Not only sensors freeze. A driver that is stuck gives what lies in its buffers, in turn, so a picture is
// held against the last eight. OpenCV gives its last picture over and over when a film in Motion JPEG changes its size;
// one in H.264 it scales to its first size, and that cannot be seen here.
//
// Only the zone is looked at: what is said of a camera shows in the pictures, and must not tell of the interior.
//
// What is drawn or has been cleaned of its noise, and stands still, counts as frozen, too: it cannot be told
// from it. But where a sensor has nothing to be noisy about, two pictures of a live one are the same as well:
// a doorway at night is black, one in the sun is white, and noise there is cut off or rounded away. So a picture
// counts only if there are 1024 pixels of the zone, four blocks, that are neither dark nor blown out. In
// a smaller or darker one, the number and the time of a frame still tell, and the lamp does, which is what tells in
// 3 s of any picture that it is no new one. The lamp it is, too, for a picture that stands still under a running clock
// in the zone: that is another picture each time.
package frozen

import (
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"time"

	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/zone"
)

const (
	// After is how long a camera may give nothing new, by the frames' own times.
	After = 500 * time.Millisecond

	loop = 8 // pictures, which may come again in turn

	// least is how many pixels have to be neither dark nor blown out. A camera so good that one in 400 changes from
	// picture to picture, and that by one step or none, gives one of its last eight again for half a second, of so
	// many, once in 10^8 times.
	least       = 1024
	dark, blown = 24, 231
)

// Err says that a camera gives the same pictures again and again.
var Err = errors.New("no picture is another by a single bit, as each of a live sensor's is by its noise " +
	"(a film or a drawing that stands still counts as frozen, too)")

// Watch looks at one camera's frames, one after the other. It belongs to one goroutine.
type Watch struct {
	zone   []zone.Run
	step   int // rows of the zone, of which one is looked at: noise is everywhere
	seed   maphash.Seed
	prints [loop]uint64  // of the last frames, the newest first
	period int           // how many frames ago the last one was given before; 0 if it was not
	fresh  time.Duration // when a frame last had a print of its own
	frozen bool
}

// New returns a watch that has seen nothing yet, over pictures of width x height in which these blocks are shown.
func New(shown *zone.Blocks, width, height int) *Watch {
	w := &Watch{zone: shown.Runs(), step: 1, seed: maphash.MakeSeed()}
	for n := shown.Count() * zone.Block * zone.Block; w.step < 4 && n > width*height/4*w.step; {
		w.step *= 2
	}
	return w
}

// Look reports whether there has been nothing new for so long that the camera counts as frozen.
func (w *Watch) Look(f *raw.Frame) bool {
	h := w.print(f)
	w.period = slices.Index(w.prints[:], h) + 1
	copy(w.prints[1:], w.prints[:])
	w.prints[0] = h
	switch {
	case w.period == 0:
		w.fresh, w.frozen = f.At, false
	case !w.frozen && f.At-w.fresh >= After:
		w.frozen = w.tells(f)
	}
	return w.frozen
}

// Why says what the last frame had of a frozen camera's. It is Err, or wraps it.
func (w *Watch) Why() error {
	if w.period > 1 {
		return fmt.Errorf("the same %d pictures come again and again: %w", w.period, Err)
	}
	return Err
}

// print is another for another picture of the zone.
func (w *Watch) print(f *raw.Frame) (h uint64) {
	w.rows(f, func(row []byte) { h = h*31 + maphash.Bytes(w.seed, row) })
	return h
}

// tells reports whether two of a live sensor's pictures would be different here.
func (w *Watch) tells(f *raw.Frame) bool {
	n := 0
	w.rows(f, func(row []byte) {
		for _, v := range row {
			if v >= dark && v <= blown {
				n++
			}
		}
	})
	return n >= least
}

// rows gives the luma of the zone that is looked at.
func (w *Watch) rows(f *raw.Frame, see func(row []byte)) {
	for _, run := range w.zone {
		for y := run.Y; y < run.Y+zone.Block; y += w.step {
			at := y*f.Width + run.X
			see(f.Y[at : at+run.N])
		}
	}
}
