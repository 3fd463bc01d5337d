package vision

import (
	"errors"
	"fmt"

	"vestibule/vision/internal/zone"
)

// Unit is how many parts a picture's width and height are divided into by Point and Box.
const Unit = zone.Unit

// Point is a place in the picture: X and Y in 1/Unit of its width and height, 0..Unit.
type Point = zone.Point

// Box is a rectangle in the picture, from Min (inside) to Max (outside).
type Box = zone.Box

// Size is a picture's size in pixels.
type Size struct{ Width, Height int }

func (s Size) String() string { return fmt.Sprintf("%dx%d", s.Width, s.Height) }

// Check refuses sizes that cannot be redacted and encoded: odd ones, and those outside 320x240 to
// 1920x1080 (or the same on end).
func (s Size) Check() error {
	long, short := max(s.Width, s.Height), min(s.Width, s.Height)
	switch {
	case s.Width%2 != 0 || s.Height%2 != 0:
		return fmt.Errorf("the picture's size is %v: width and height have to be even", s)
	case long < 320 || short < 240 || long > 1920 || short > 1080:
		return fmt.Errorf("the picture's size is %v: 320x240 to 1920x1080 is possible", s)
	}
	return nil
}

// Mode is what the glass is made from.
type Mode string

const (
	// Blur is glass in the colours of the interior: 16x9 cells of 12 bits, taken once.
	Blur Mode = "blur"
	// Frosted is glass made from the nonce alone; nothing of the interior is in it.
	Frosted Mode = "frosted"
)

// Plan says what of the picture is shown, in the words of the signed pass.
type Plan struct {
	Zones  [][]Point // polygons of what is shown: 1 to 4, of 3 to 32 corners in all, each simple
	Large  bool      // they may take more than 60 % of the picture
	Lamp   Box       // where the challenge lamp is; only what of it lies in a zone is measured
	Vouch  bool      // whether the zone shows only while somebody vouches that the picture shows the lamp: see Sight.LampSeen
	Mode   Mode      // what the glass is made from
	Shadow bool      // whether to show where something moves behind the glass while a visit is under way
	Nonce  [16]byte  // the delivery's own, never used for another

	// Tint is the colours of the glass that this delivery has given away before; nil when it has none yet.
	Tint *Tint
	// Offer is what was measured and offered for them in an earlier Sight of this delivery, without their being settled: it
	// is offered again, and nothing is measured. Nil where nothing was.
	Offer *Tint
	// Cut is how the camera's picture was cut when this delivery first showed the zone, as Look.Cut said it; empty when it
	// has not. Another camera, or another mode of it, shows something else through the same zone, so it is refused.
	Cut string
	// Reference is how the camera stood when its owner last said that it stands well (see
	// Sight.Reference); nil when nobody has. One that cannot be read makes the whole picture glass.
	Reference []byte
}

// Tint is all that the glass may know of the interior in the mode Blur: 16x9 cells of 12 bits.
type Tint [216]byte

func (m Mode) check() error {
	if m != Blur && m != Frosted {
		return fmt.Errorf("the glass is %q: blur or frosted is possible", string(m))
	}
	return nil
}

// Reason is why a picture is all glass; empty when the zone shows.
type Reason string

// What makes a picture all glass.
const (
	ZoneMissing    Reason = "zone_missing"    // the plan has no zone
	ZoneInvalid    Reason = "zone_invalid"    // it is no simple polygon, or holds no whole block
	ZoneTooLarge   Reason = "zone_too_large"  // it takes more than 60 % of the picture, and nobody signed that
	CameraFailed   Reason = "camera_failed"   // it cannot be opened or read
	CameraEnded    Reason = "camera_ended"    // it has no more frames
	CameraStalled  Reason = "camera_stalled"  // it has given no new frame for half a second
	CameraResized  Reason = "camera_resized"  // it gives another size than the zone was shown with
	CameraMoved    Reason = "camera_moved"    // the zone no longer shows what the reference shows
	StandUnseen    Reason = "stand_unseen"    // the reference was not found yet, or it has become too dark to find it, or nothing of it is left
	ReferenceBad   Reason = "reference_bad"   // the plan has a reference that cannot be read
	LampUnseen     Reason = "lamp_unseen"     // the plan asks for the lamp, and nobody vouches now that the picture shows it
	RedactorFailed Reason = "redactor_failed" // a fault in here; what it left is not shown
)

// ZoneReason returns what a picture is all glass for when vision's own rooms could not make blocks of its zones.
func ZoneReason(err error) Reason {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, zone.ErrMissing):
		return ZoneMissing
	case errors.Is(err, zone.ErrTooLarge):
		return ZoneTooLarge
	}
	return ZoneInvalid
}
