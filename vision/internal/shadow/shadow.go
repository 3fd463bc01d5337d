// Package shadow finds where something moves behind the glass, on a grid of 16x9 cells.
package shadow

import (
	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/zone"
)

// Watch finds what moves. It belongs to one goroutine.
type Watch struct{}

// New returns a watch for pictures of width x height pixels.
func New(shown *zone.Blocks, width, height int) *Watch { return &Watch{} }

// Look takes a frame, or leaves it out where it has looked a moment ago. While a visit is under way it
// gives a new shadow at most twice a second; fresh says that s is one.
func (w *Watch) Look(f *raw.Frame, underWay bool) (s glass.Shadow, fresh bool) { return s, false }

// Beyond returns how often something has gone from the zone into the interior during visits.
func (w *Watch) Beyond() int { return 0 }
