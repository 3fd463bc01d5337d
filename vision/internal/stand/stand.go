// Package stand tells whether the camera still stands as it did when its owner last said that it stands
// well.
package stand

import (
	"errors"

	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/zone"
)

var (
	// ErrUnsteady says that there is no steady picture of the zone to take a reference from yet.
	ErrUnsteady = errors.New("the picture of the zone is not steady yet")
	// ErrPlain says that the zone holds too few edges to tell how the camera stands.
	ErrPlain = errors.New("the zone shows too little that can be recognised")
)

// remembered is how many pictures a reference is made from: they span a second.
const remembered = 6

// Watch compares the zone's picture with a reference. It reads shown pixels only, and belongs to one goroutine.
type Watch struct {
	grid *grid
	tol  float32 // cells
	reg  *register
	course

	begun    bool
	pictures [remembered][]uint16 // a ring
	count    int                  // of pictures since the last pause
	next     int
}

// New returns a watch for pictures of width x height pixels. With a nil reference it never finds the camera
// moved. It fails with ErrReference if the reference cannot be read.
func New(shown *zone.Blocks, width, height int, reference []byte) (*Watch, error) {
	w := &Watch{grid: newGrid(shown, width, height)}
	w.tol = tolerance * float32(min(width, height)) / 720 / float32(w.grid.side)
	for i := range w.pictures {
		w.pictures[i] = make([]uint16, w.grid.cells)
	}
	if reference == nil {
		return w, nil
	}
	marks, err := decode(w.grid, reference)
	if err != nil {
		return nil, err
	}
	w.reg = newRegister(newLayout(w.grid, marks), newEdges(w.grid))
	return w, nil
}

// Look takes a frame, or leaves it out where it has looked a moment ago, and reports whether the camera
// has moved.
func (w *Watch) Look(f *raw.Frame) (moved bool) {
	gap := f.At - w.last
	if w.begun && gap >= 0 && gap < pace || f.Check(w.grid.width, w.grid.height) != nil {
		return w.state == Moved
	}
	if !w.begun || gap < 0 || gap > pause {
		w.begun, w.count, w.last = true, 0, f.At
	}
	picture := w.pictures[w.next]
	w.next = (w.next + 1) % remembered
	w.count++
	w.grid.shrink(f, picture)
	if w.reg == nil {
		w.last = f.At
		return false
	}
	w.reg.e.find(picture)
	w.step(f.At, w.reg.judge(w.tol))
	return w.state == Moved
}

// State returns what the last look left known. Without a reference it stays Unknown.
func (w *Watch) State() State { return w.state }

// Reference returns how the camera stands now, from the pictures of the last second. It fails with ErrUnsteady
// or ErrPlain.
func (w *Watch) Reference() ([]byte, error) {
	if w.count < remembered {
		return nil, ErrUnsteady
	}
	pictures := append(w.pictures[w.next:len(w.pictures):len(w.pictures)], w.pictures[:w.next]...)
	newest := pictures[remembered-1]
	marks, steady := choose(w.grid, pictures)
	switch {
	case w.grid.dim(newest):
		return nil, ErrPlain
	case !steady:
		return nil, ErrUnsteady
	case len(marks) < leastMarks:
		return nil, ErrPlain
	}
	b := encode(w.grid, marks)
	// It has to be found in the very pictures that it was made from, and nowhere beside.
	r := newRegister(newLayout(w.grid, marks), newEdges(w.grid))
	r.e.find(newest)
	if !r.tells(w.tol) {
		return nil, ErrPlain
	}
	return b, nil
}
