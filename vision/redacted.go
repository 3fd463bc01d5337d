package vision

import (
	"time"

	"vestibule/vision/internal/sealed"
)

// Redacted is a picture that may leave the device, in I420 (8 bit, BT.601 limited range). Only a Sight
// makes one. It is a struct and no interface, because an interface can be embedded and forged.
//
// Nobody outside this folder can read its bytes, or write any: it is given to an encoder (vision/encode), whole. Its
// memory is used again: it stays as it is until Next has been called twice more, and is not Valid
// once a later picture has taken its place. An encoder that takes its input in the call, or copies it,
// needs no more. It may be read by several goroutines.
type Redacted struct {
	picture sealed.Picture
	reason  Reason
}

// Valid reports whether there is a picture here. The zero value has none.
func (r Redacted) Valid() bool { return sealed.Valid(r.picture) }

// Size returns the picture's size; zero if there is none.
func (r Redacted) Size() Size {
	width, height := sealed.Size(r.picture)
	return Size{width, height}
}

// Sealed returns the picture for an encoder of this folder. Other rooms can do nothing with it.
func (r Redacted) Sealed() sealed.Picture { return r.picture }

// Glass returns why the picture is all glass; empty when the zone shows.
func (r Redacted) Glass() Reason { return r.reason }

// Look is what is known of a picture beside its pixels.
type Look struct {
	// Frame is the picture's number in this Sight. It grows with each picture; a gap is frames
	// that the camera gave and Next was not called for in time.
	Frame uint64
	// At is CLOCK_MONOTONIC when the frame was taken; for a picture that is all glass for want of a
	// frame, when that was decided.
	At time.Duration
	// Lamp is the mean luma of what of the lamp's box lies in the zone, in 1/256, in the camera's frame: also
	// where that is not shown, as the camera has moved or the lamp was not seen, so that it can be seen
	// again. 0 where there was no frame.
	Lamp uint16
	// Glass is why the picture is all glass; empty when the zone shows.
	Glass Reason
	// Cut says what sizes the camera's picture is cut from and to: the zone means nothing without. Whoever keeps it, for
	// Plan.Cut, compares it and no more. It is empty where there was no frame.
	Cut string
	// Tint is what the glass would take its colours from: set in every Look of a picture of the mode Blur until
	// the colours are settled (see Sight.Settle), and the same in all of them. It is to be read before the Sight is
	// closed, which overwrites it.
	Tint *Tint
	// Beyond counts how often somebody has gone from the zone into the interior while a visit was under way.
	Beyond int
	// Colour and Shadow are the bytes of the interior that this Sight has given away so far.
	Colour, Shadow int
}
