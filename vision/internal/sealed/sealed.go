// Package sealed is a composed picture on its way through rooms that may hold it and neither read nor write it.
//
// What is composed is written into for every frame, so whoever had its bytes could put others in their place.
// Reading them is a function of this internal package, for encoders, and no method of Picture: the type may be
// passed around by any program, its bytes may not.
package sealed

import "vestibule/vision/internal/redact"

// Picture is a picture as it was composed. It is over once its memory has been composed into anew, or wiped; the zero
// value always is.
type Picture struct {
	picture *redact.Picture
	turn    uint64
}

// Of seals a picture as it is now.
func Of(p *redact.Picture) Picture { return Picture{p, p.Turn()} }

// Valid reports whether the picture is the one that was sealed.
func Valid(p Picture) bool { return p.picture != nil && p.picture.Turn() == p.turn }

// Size returns the picture's size in pixels; zero for the zero value.
func Size(p Picture) (width, height int) {
	if p.picture == nil {
		return 0, 0
	}
	return p.picture.Width, p.picture.Height
}

// Planes returns the picture in I420: w*h bytes of luma and twice w/2*h/2 of chroma, rows packed. They are to be read
// only, and to be used only if the picture is still Valid afterwards. One that is over has none.
func Planes(p Picture) (y, cb, cr []byte) {
	if !Valid(p) {
		return nil, nil, nil
	}
	return p.picture.Y, p.picture.Cb, p.picture.Cr
}
