// Package scene is a house for a desk: a hall with a front door, drawn in code, seen by a camera that
// stands inside. In the interior there are a letter that can be read and a family's photo, which must
// never show; when the door opens a courier walks in, puts a parcel on the mat and leaves.
//
// A frame depends on the seed, the world and the frames' times only (the wall clock in the picture
// excepted, where that is asked for), so a test that runs twice sees the same pictures. No OpenCV is used, and
// no device links this package.
package scene

import (
	"time"

	"vestibule/vision"
)

// World is the state of the house as the scene sees it.
type World struct {
	Door    float64 // 0 shut .. 1 wide open
	Lamp    bool    // the challenge lamp is lit
	Light   float64 // 0 night .. 1 day
	Covered bool    // something hangs over the camera
	Power   bool    // the camera has power; without it the source fails

	// Shift is how far the camera was bumped: what it sees lies so many pixels further right and down, in a
	// picture of 1280x720.
	Shift [2]float64
	// Inside is how far the courier who comes next goes on from the mat into the interior, and lingers there,
	// before he leaves: 0 not at all .. 1 all the way, to the left; to the right below zero.
	Inside float64
	// Shade is how bright a lamp inside shines, 0 off .. 1.
	Shade float64
}

// Writing is a text and where it is in the picture.
type Writing struct {
	Lines []string
	Box   vision.Box
}

// When the door has been open for this long, the courier has ...
const (
	// ArrivesAfter ... begun to walk in,
	ArrivesAfter = 300 * time.Millisecond
	// ParcelAfter ... put the parcel down,
	ParcelAfter = 2200 * time.Millisecond
	// GoneAfter ... gone, unless he goes inside: that takes ...
	GoneAfter = 4500 * time.Millisecond
	// InsideTakes ... longer.
	InsideTakes = 4400 * time.Millisecond
)

// openFrom is how wide the door is at the least for the courier to come, or to stay.
const openFrom = 0.6

// Where things are in the picture, in 1/10000 of its width and height, at every size.
var (
	// Zone holds the doorway, the lamp beside it and the mat.
	Zone = []vision.Point{
		{X: 3875, Y: 444}, {X: 6125, Y: 444}, {X: 6125, Y: 1500}, {X: 6750, Y: 1500}, {X: 6750, Y: 2950}, {X: 6125, Y: 2950},
		{X: 6125, Y: 7333}, {X: 6650, Y: 9778}, {X: 3350, Y: 9778}, {X: 3875, Y: 7333},
	}
	// ClockZone is Zone with room for the clock in the top left corner, which is 320x64 pixels at every
	// size: it fits from 640x480 on.
	ClockZone = []vision.Point{
		{X: 0, Y: 0}, {X: 5000, Y: 0}, {X: 5000, Y: 444}, {X: 6125, Y: 444}, {X: 6125, Y: 1500}, {X: 6750, Y: 1500}, {X: 6750, Y: 2950},
		{X: 6125, Y: 2950}, {X: 6125, Y: 7333}, {X: 6650, Y: 9778}, {X: 3350, Y: 9778}, {X: 3875, Y: 7333},
		{X: 3875, Y: 1340}, {X: 0, Y: 1340},
	}
	// Lamp is the challenge lamp's lit face.
	Lamp = vision.Box{Min: vision.Point{X: 6203, Y: 1778}, Max: vision.Point{X: 6563, Y: 2639}}
	// Letter hangs on the wall of the hall, outside both zones.
	Letter = Writing{
		Lines: []string{"CLINIQUE", "MME L. MOREL", "EXAMEN 4821", "POSITIF", "RDV LE 9 MAI"},
		Box:   vision.Box{Min: vision.Point{X: 2047, Y: 1695}, Max: vision.Point{X: 3656, Y: 5027}},
	}
	// Photo is the family's picture, also outside.
	Photo = vision.Box{Min: vision.Point{X: 6907, Y: 1695}, Max: vision.Point{X: 8015, Y: 4166}}
)
