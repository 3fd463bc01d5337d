package scene

import (
	"context"
	"time"

	"vestibule/vision"
	"vestibule/vision/internal/camera"
	"vestibule/vision/internal/raw"
)

// Source returns the scene as a source. world is asked once for each frame, on the reading goroutine.
// With clock, the time of day stands in the top left corner (see ClockZone).
func Source(seed int64, world func() World, clock bool) vision.Source {
	return camera.New("scene", func(width, height, fps int) (raw.Source, error) {
		if !world().Power {
			return nil, errNoPower
		}
		return &source{
			painter: newPainter(seed, width, height), world: world, clock: clock,
			gap: time.Second / time.Duration(fps), start: raw.Now(),
		}, nil
	})
}

type source struct {
	painter *painter
	world   func() World
	clock   bool
	gap     time.Duration // between two frames
	start   time.Duration
	n       uint64
}

// Read waits for the next frame's time. Frames whose time has passed are left out.
func (s *source) Read(ctx context.Context, into *raw.Frame) error {
	s.n++
	if past := uint64((raw.Now() - s.start) / s.gap); past > s.n {
		s.n = past
	}
	at := time.Duration(s.n) * s.gap
	if err := raw.Until(ctx, s.start+at); err != nil {
		return err
	}
	w := s.world()
	if !w.Power {
		return errNoPower
	}
	into.Seq, into.At = s.n, s.start+at
	s.painter.paint(into, s.n, at, w)
	if s.clock {
		drawClock(into, time.Now())
	}
	return nil
}

func (s *source) Close() error { return nil }

// drawClock writes the time, in milliseconds modulo 2^20, as twenty squares of 32 pixels in the top left
// corner: two rows of ten, the lowest bit first, white for one.
func drawClock(f *raw.Frame, now time.Time) {
	const side = 32
	ms := uint32(now.UnixMilli())
	for bit := range 20 {
		v := byte(16)
		if ms>>bit&1 == 1 {
			v = 235
		}
		x0, y0 := bit%10*side, bit/10*side
		for y := y0; y < min(y0+side, f.Height); y++ {
			for x := x0; x < min(x0+side, f.Width); x++ {
				f.Y[y*f.Width+x] = v
			}
		}
		for y := y0 / 2; y < min(y0+side, f.Height)/2; y++ {
			for x := x0 / 2; x < min(x0+side, f.Width)/2; x++ {
				f.Cb[y*f.Width/2+x], f.Cr[y*f.Width/2+x] = 128, 128
			}
		}
	}
}
