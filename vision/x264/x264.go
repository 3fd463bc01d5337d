// Package x264 encodes redacted pictures, and nothing else, as H.264. How is vision/internal/x264's to say:
// one access unit out for every picture in, at once, key frames when they are asked for.
//
// The encoder takes a [vision.Redacted] that is Valid. There is no way to give it other bytes, or to change those that
// are in one.
//
// Non-goals: B frames, several threads (one core encodes 1080p30 with time to spare),
// any other codec.
package x264

import (
	"errors"
	"fmt"

	"vestibule/vision"
	"vestibule/vision/internal/sealed"
	"vestibule/vision/internal/x264"
)

// Config is how to encode. All fields have to be set.
type Config struct {
	Size vision.Size
	FPS  int // 1 to 60; the pace that the bit rate is reckoned by
	Kbit int // cap in kbit/s, over half a second; 100 to 20000
}

// ErrNotRedacted refuses a picture that the redactor did not make, or that is no longer
// the one it made.
var ErrNotRedacted = errors.New("x264: the picture is not a redacted one")

// Encoder encodes pictures of one size. It is for one goroutine; the zero Encoder encodes
// nothing.
type Encoder struct {
	enc  *x264.Encoder
	size vision.Size
}

// Open makes an encoder. It has to be closed.
func Open(c Config) (*Encoder, error) {
	if err := c.Size.Check(); err != nil {
		return nil, fmt.Errorf("x264: %w", err)
	}
	if err := checkPace(c.Kbit, c.FPS); err != nil {
		return nil, err
	}
	enc, err := x264.Open(x264.Config{Width: c.Size.Width, Height: c.Size.Height, FPS: c.FPS, Kbit: c.Kbit})
	if err != nil {
		return nil, err
	}
	return &Encoder{enc, c.Size}, nil
}

func checkPace(kbit, fps int) error {
	if fps < 1 || fps > 60 || kbit < 100 || kbit > 20000 {
		return fmt.Errorf("x264: %d frames a second at %d kbit/s: 1 to 60 and 100 to 20000 are possible", fps, kbit)
	}
	return nil
}

// KeyNext makes the next access unit decodable by itself.
func (e *Encoder) KeyNext() {
	if e.enc != nil {
		e.enc.KeyNext()
	}
}

// Pace gives the encoder another cap in kbit/s and another pace of the pictures that it is given, within what Open takes
// and at most the pace that it was opened for. The next access unit follows the ones before it as ever.
func (e *Encoder) Pace(kbit, fps int) error {
	if e.enc == nil {
		return errors.New("x264: the encoder is closed")
	}
	if err := checkPace(kbit, fps); err != nil {
		return err
	}
	return e.enc.Pace(kbit, fps)
}

// Encode encodes one picture. The first access unit, and the one after KeyNext, is a key
// frame with its parameter sets. unit is the caller's.
func (e *Encoder) Encode(r vision.Redacted) (unit []byte, key bool, err error) {
	y, cb, cr := sealed.Planes(r.Sealed())
	if !r.Valid() || y == nil {
		return nil, false, ErrNotRedacted
	}
	if e.enc == nil {
		return nil, false, errors.New("x264: the encoder is closed")
	}
	if r.Size() != e.size {
		return nil, false, fmt.Errorf("x264: the picture is %v, want %v", r.Size(), e.size)
	}
	unit, key, err = e.enc.Encode(y, cb, cr)
	if err == nil && !r.Valid() {
		// Another picture took this one's memory while it was read: it may be half of each.
		e.enc.KeyNext()
		return nil, false, ErrNotRedacted
	}
	return unit, key, err
}

// Close lets the encoder go. Closing twice is the same as once.
func (e *Encoder) Close() {
	if e.enc != nil {
		e.enc.Close()
		e.enc = nil
	}
}
