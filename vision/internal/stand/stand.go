// Package stand tells whether the camera still stands as it did when its owner last said that it stands
// well.
package stand

import (
	"errors"

	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/zone"
)

// ErrUnsteady says that there is no steady picture of the zone to take a reference from yet.
var ErrUnsteady = errors.New("the picture of the zone is not steady yet")

// Watch compares the zone's picture with a reference. It reads shown pixels only, and belongs to one goroutine.
type Watch struct{}

// New returns a watch for pictures of width x height pixels. With a nil reference it never finds the camera
// moved. It refuses a reference that it cannot read.
func New(shown *zone.Blocks, width, height int, reference []byte) (*Watch, error) {
	return &Watch{}, nil
}

// Look takes a frame, or leaves it out where it has looked a moment ago, and reports whether the camera
// has moved.
func (w *Watch) Look(f *raw.Frame) (moved bool) { return false }

// Reference returns how the camera stands now.
func (w *Watch) Reference() ([]byte, error) { return nil, ErrUnsteady }
