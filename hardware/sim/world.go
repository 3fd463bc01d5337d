package sim

import (
	"math"
	"time"

	"vestibule/hardware/board"
)

// World is what a camera could see of the house.
type World struct {
	Door    float64 `json:"door"`    // 0 shut to 1 wide open
	Lamp    bool    `json:"lamp"`    // the lamp in the zone is lit
	Light   float64 `json:"light"`   // daylight, 0 to 1
	Covered bool    `json:"covered"` // something is over the lens
	Power   bool    `json:"power"`   // the camera has power

	// What a bad day has besides. Zero is as if they were not there.
	Shift  [2]float64 `json:"shift"`  // the camera was bumped: pixels right and down, in a picture of 1280x720
	Inside float64    `json:"inside"` // how far the next courier goes beyond the mat, -1 (right) to 1 (left)
	Shade  float64    `json:"shade"`  // a lamp inside is lit, 0 to 1
}

// World returns what a camera could see.
func (h *House) World() World {
	return World{
		Door:    h.angle(),
		Lamp:    h.mains && h.drives[board.Lamp] == High,
		Light:   h.light,
		Covered: h.covered,
		Power:   h.mains && h.drives[board.Camera] == High,
		Shift:   h.shift, Inside: h.inside, Shade: h.shade,
	}
}

// SetCovered covers the lens or uncovers it.
func (h *House) SetCovered(covered bool, now time.Time) {
	h.Advance(now)
	if h.covered != covered {
		h.covered = covered
		h.note("lens covered: %v", covered)
	}
}

// Bump shifts what the camera sees by so many pixels to the right and down, in a picture of 1280x720; zero
// sets it straight again. At most 100 either way.
func (h *House) Bump(right, down float64, now time.Time) {
	h.Advance(now)
	if !math.IsNaN(right) && !math.IsNaN(down) {
		h.shift = [2]float64{min(max(right, -100), 100), min(max(down, -100), 100)}
		h.note("camera bumped: %.1f right, %.1f down", h.shift[0], h.shift[1])
	}
}

// SetInside says how far the next courier goes on from the mat into the interior: 0 not at all, 1 all the way to
// the left, -1 to the right.
func (h *House) SetInside(far float64, now time.Time) {
	h.Advance(now)
	if !math.IsNaN(far) {
		h.inside = min(max(far, -1), 1)
	}
}

// SetShade lights a lamp inside, 0 (off) to 1.
func (h *House) SetShade(bright float64, now time.Time) {
	h.Advance(now)
	if !math.IsNaN(bright) {
		h.shade = min(max(bright, 0), 1)
	}
}

// SetLight sets the daylight, 0 to 1; what is outside counts as the nearest of these.
func (h *House) SetLight(light float64, now time.Time) {
	h.Advance(now)
	if !math.IsNaN(light) {
		h.light = min(max(light, 0), 1)
	}
}
