package attacks

import (
	"context"

	"vestibule/vision"
	"vestibule/vision/internal/camera"
	"vestibule/vision/internal/raw"
)

// fed is a camera that is given its frames, one when it asks for one.
type fed struct {
	frames chan func(*raw.Frame)
	asked  chan struct{} // the frame before has been handed on
}

func newFed() *fed { return &fed{frames: make(chan func(*raw.Frame)), asked: make(chan struct{})} }

func (f *fed) source() vision.Source {
	return camera.New("fed", func(_, _, _ int) (raw.Source, error) { return f, nil })
}

// Read implements raw.Source.
func (f *fed) Read(ctx context.Context, into *raw.Frame) error {
	select {
	case f.asked <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case fill := <-f.frames:
		fill(into)
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close implements raw.Source.
func (f *fed) Close() error { return nil }
