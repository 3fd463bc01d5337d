package scene

import (
	"context"
	"time"

	"vestibule/vision"
	"vestibule/vision/internal/camera"
	"vestibule/vision/internal/raw"
)

// Film returns the scene as a source that waits for nobody: each reading gives the next frame, for tests that
// watch for longer than they may take. world is asked with the frame's time since the film began, which
// is also the time that the frame says it was taken at.
func Film(seed int64, world func(at time.Duration) World) vision.Source {
	return camera.New("film", func(width, height, fps int) (raw.Source, error) {
		return &film{painter: newPainter(seed, width, height), world: world, gap: time.Second / time.Duration(fps)}, nil
	})
}

type film struct {
	painter *painter
	world   func(at time.Duration) World
	gap     time.Duration // between two frames
	n       uint64
}

func (s *film) Read(_ context.Context, into *raw.Frame) error {
	s.n++
	at := time.Duration(s.n) * s.gap
	w := s.world(at)
	if !w.Power {
		return errNoPower
	}
	into.Seq, into.At = s.n, at
	s.painter.paint(into, s.n, at, w)
	return nil
}

func (s *film) Close() error { return nil }
