// Package raw holds what the camera saw, before redaction.
//
// A raw frame is the most private thing in the house. It is made by a source, read by the redactor
// and by nothing else, and never leaves vision/internal and vision/scene: the compiler refuses the
// import from anywhere else. Frames are I420 from the first buffer on (8 bit, BT.601 limited range,
// chroma halved both ways), so that no step needs BGR between the sensor and the encoder.
//
// The memory is lent, not given: whoever reads owns the frame and passes it to the source to be
// filled, again and again, so that a running camera allocates nothing. A camera's frames lie in an Arena.
package raw

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

var (
	// ErrEnded says that a source has no more frames to give and is well otherwise.
	ErrEnded = errors.New("the source has ended")
	// ErrResized says that a source no longer gives the geometry that it was opened with. The zone
	// was signed for that geometry, so it no longer says what may be shown.
	ErrResized = errors.New("the source has changed its size")
)

// Frame is one picture in I420. Y has Width*Height bytes, Cb and Cr a quarter of it, rows packed.
type Frame struct {
	Width, Height int
	Y, Cb, Cr     []byte

	// SensorWidth and SensorHeight are what the device or file gave before it was scaled to Width
	// and Height; zero when the source does not scale.
	SensorWidth, SensorHeight int

	// Seq grows with every frame that the source took, also with those that it could not deliver.
	Seq uint64
	// At is CLOCK_MONOTONIC when the frame was taken.
	At time.Duration

	home *home
}

// home is what a frame was made as.
type home struct {
	width, height int
	mem           []byte
	arena         *Arena // nil in Go's heap
}

// CopyFrom takes over the pixels, and nothing else, of another frame of the same size.
func (f *Frame) CopyFrom(g *Frame) {
	copy(f.Y, g.Y)
	copy(f.Cb, g.Cb)
	copy(f.Cr, g.Cr)
}

// New returns a black frame of the given size in Go's heap, for what is drawn and not seen by a camera.
// Width and height are even.
func New(width, height int) *Frame { return frameIn(make([]byte, width*height*3/2), width, height) }

func frameIn(mem []byte, width, height int) *Frame {
	f := &Frame{home: &home{width: width, height: height, mem: mem}}
	f.Reset()
	return f
}

// Reset makes the frame what it was when it was made, and black: a source may have put other planes into it. It
// reports false for a frame that nobody has made.
func (f *Frame) Reset() bool {
	if f.home == nil {
		return false
	}
	mem, n := f.home.mem, f.home.width*f.home.height
	*f = Frame{
		Width: f.home.width, Height: f.home.height, home: f.home,
		Y: mem[:n:n], Cb: mem[n : n+n/4 : n+n/4], Cr: mem[n+n/4 : n+n/2 : n+n/2],
	}
	f.Wipe()
	return true
}

// Wipe blackens the frame's memory.
func (f *Frame) Wipe() {
	fill(f.Y, 16)
	fill(f.Cb, 128)
	fill(f.Cr, 128)
}

func fill(b []byte, v byte) {
	for i := range b {
		b[i] = v
	}
}

// CheckPlanes says whether planes are whole ones of a picture of width x height pixels in I420, with packed rows.
func CheckPlanes(width, height int, y, cb, cr []byte) error {
	if n := width * height; len(y) != n || len(cb) != n/4 || len(cr) != n/4 {
		return fmt.Errorf("planes of %d, %d and %d bytes are no picture of %dx%d", len(y), len(cb), len(cr), width, height)
	}
	return nil
}

// Check reports ErrResized unless the frame has exactly this size and whole planes.
func (f *Frame) Check(width, height int) error {
	if f.Width != width || f.Height != height || CheckPlanes(width, height, f.Y, f.Cb, f.Cr) != nil {
		return fmt.Errorf("%w: %dx%d instead of %dx%d", ErrResized, f.Width, f.Height, width, height)
	}
	return nil
}

// Source gives frames at its own pace. It is used by one goroutine at a time.
type Source interface {
	// Read waits for the next frame and writes it into the frame that it is lent: planes, sensor
	// size, sequence and time. It returns ErrEnded or ErrResized (wrapped or not) where those say
	// it best. After any error the source is closed and not read again. What it may have written
	// before an error is not used.
	Read(ctx context.Context, into *Frame) error
	// Close lets the device go.
	Close() error
}

// Now is CLOCK_MONOTONIC: time that no clock setting moves, shared by all programs on the device.
func Now() time.Duration {
	var t unix.Timespec
	// Cannot fail for this clock and a valid pointer; a zero time would show as a stalled camera.
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// Until sleeps until CLOCK_MONOTONIC shows at, or the context ends.
func Until(ctx context.Context, at time.Duration) error {
	d := at - Now()
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
