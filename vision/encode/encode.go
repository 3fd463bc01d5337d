// Package encode encodes redacted pictures, and nothing else: as H.264 by x264, which is the default, or by OpenH264, or
// as VP8 by libvpx. How is said in vision/internal/x264, openh264 and vp8: one access unit out for every picture in, at
// once, key frames when they are asked for.
//
// The encoder takes a [vision.Redacted] that is Valid. There is no way to give it other bytes, or to change those that
// are in one.
//
// Why three: every browser takes H.264 in constrained baseline but a Firefox that has not fetched OpenH264's plug-in, as on
// Debian, or may not; every browser takes VP8 (RFC 7742 asks for both). x264 makes the better picture of the same
// bits in less time, and its licence is the GPL; OpenH264's is the BSD one.
//
// Non-goals: B frames, several threads (one core encodes 1080p30 with time to spare), any other format. Nor V4L2's
// encoders (memory-to-memory): the kernel's own test driver, vicodec, makes FWHT and no H.264, so that what would be
// written here could not be shown to work without a board that has such an encoder.
package encode

import (
	"errors"
	"fmt"
	"slices"

	"vestibule/vision"
	"vestibule/vision/internal/openh264"
	"vestibule/vision/internal/sealed"
	"vestibule/vision/internal/vp8"
	"vestibule/vision/internal/x264"
)

// Kind is an encoder. The zero Kind is none.
type Kind string

// Every encoder.
const (
	X264     Kind = "x264"
	OpenH264 Kind = "openh264"
	VP8      Kind = "vp8"
)

// Kinds are all of them, the default first.
func Kinds() []Kind { return []Kind{X264, OpenH264, VP8} }

// Check says whether there is such an encoder.
func (k Kind) Check() error {
	if !slices.Contains(Kinds(), k) {
		return fmt.Errorf("encode: no encoder %.20q, but %v", string(k), Kinds())
	}
	return nil
}

// Config is how to encode. All fields have to be set.
type Config struct {
	Kind Kind
	Size vision.Size
	FPS  int // 1 to 60; the pace that the bit rate is reckoned by
	Kbit int // cap in kbit/s, over half a second; 100 to 20000
}

// ErrNotRedacted refuses a picture that the redactor did not make, or that is no longer
// the one it made.
var ErrNotRedacted = errors.New("encode: the picture is not a redacted one")

// codec is what each binding has. It takes any planes, so it stays in here.
type codec interface {
	KeyNext()
	Pace(kbit, fps int) error
	Encode(y, cb, cr []byte) (unit []byte, key bool, err error)
	Close()
}

// patient is a codec that need not look again at what has not changed.
type patient interface {
	// After gives the planes of the picture that was encoded last.
	After(y, cb, cr []byte)
}

// Encoder encodes pictures of one size. It is for one goroutine; the zero Encoder encodes
// nothing.
type Encoder struct {
	enc  codec
	size vision.Size
	last vision.Redacted // encoded
}

// Open makes an encoder. It has to be closed.
func Open(c Config) (*Encoder, error) {
	err := c.Size.Check()
	if err == nil {
		err = checkPace(c.Kbit, c.FPS)
	}
	if err == nil {
		err = c.Kind.Check()
	}
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	enc, err := open(c)
	if err != nil {
		return nil, err
	}
	return &Encoder{enc: enc, size: c.Size}, nil
}

func open(c Config) (codec, error) {
	switch c.Kind {
	case OpenH264:
		return made(openh264.Open(c.Size.Width, c.Size.Height, c.FPS, c.Kbit))
	case VP8:
		return made(vp8.Open(c.Size.Width, c.Size.Height, c.FPS, c.Kbit))
	default:
		return made(x264.Open(x264.Config{Width: c.Size.Width, Height: c.Size.Height, FPS: c.FPS, Kbit: c.Kbit}))
	}
}

// made keeps a nil encoder from being a codec.
func made[C codec](enc C, err error) (codec, error) {
	if err != nil {
		return nil, err
	}
	return enc, nil
}

func checkPace(kbit, fps int) error {
	if fps < 1 || fps > 60 || kbit < 100 || kbit > 20000 {
		return fmt.Errorf("%d frames a second at %d kbit/s: 1 to 60 and 100 to 20000 are possible", fps, kbit)
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
		return errClosed
	}
	if err := checkPace(kbit, fps); err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	return e.enc.Pace(kbit, fps)
}

var errClosed = errors.New("encode: the encoder is closed")

// Encode encodes one picture. The first access unit, and the one after KeyNext, is a key
// frame, with its parameter sets where the format has some. unit is the caller's.
func (e *Encoder) Encode(r vision.Redacted) (unit []byte, key bool, err error) {
	y, cb, cr := sealed.Planes(r.Sealed())
	if !r.Valid() || y == nil {
		return nil, false, ErrNotRedacted
	}
	if e.enc == nil {
		return nil, false, errClosed
	}
	if r.Size() != e.size {
		return nil, false, fmt.Errorf("encode: the picture is %v, want %v", r.Size(), e.size)
	}
	last := e.last
	e.last = vision.Redacted{}
	p, compares := e.enc.(patient)
	if compares = compares && last.Valid(); compares {
		p.After(sealed.Planes(last.Sealed()))
	}
	unit, key, err = e.enc.Encode(y, cb, cr)
	if err == nil && (!r.Valid() || compares && !last.Valid()) {
		// Another picture took this one's memory, or the last one's, while it was read: it may be half of each.
		e.enc.KeyNext()
		return nil, false, ErrNotRedacted
	}
	if err == nil {
		e.last = r
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
