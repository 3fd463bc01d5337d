//go:build !race

package stand_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"vestibule/vision"
	"vestibule/vision/internal/camera"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/stand"
	"vestibule/vision/internal/zone"
	"vestibule/vision/scene"
)

// A door that is flung open, from one frame to the next, and shut again after a while, is no camera that has moved, nor one that may have.
func TestForcedDoor(t *testing.T) {
	const fps, learn, opens, shuts, ends = 15, 2 * time.Second, 3 * time.Second, 6 * time.Second, 8 * time.Second
	for _, size := range []vision.Size{{Width: 320, Height: 240}, {Width: 640, Height: 480}, {Width: 1280, Height: 720}} {
		for seed := range int64(2) {
			for _, takes := range []time.Duration{0, 200 * time.Millisecond, 600 * time.Millisecond} {
				shown, err := zone.Shrink([][]zone.Point{scene.Zone}, false, size.Width, size.Height)
				if err != nil {
					t.Fatal(err)
				}
				source := scene.Film(seed, func(at time.Duration) scene.World {
					w := scene.World{Light: 1, Power: true, Lamp: at/(100*time.Millisecond)%2 == 0}
					if at >= opens && at < shuts {
						w.Door = min(1, float64(at-opens+1)/float64(takes+1))
					}
					return w
				})
				s, err := camera.Open(source, size.Width, size.Height, fps)
				if err != nil {
					t.Fatal(err)
				}
				w, err := stand.New(shown, size.Width, size.Height, nil)
				if err != nil {
					t.Fatal(err)
				}
				f := raw.New(size.Width, size.Height)
				found := false
				for f.At < ends {
					if err := s.Read(context.Background(), f); err != nil {
						t.Fatal(err)
					}
					if w.Look(f) {
						t.Errorf("%v, seed %d, in %v: it has moved %v after the door opened", size, seed, takes, f.At-opens)
						break
					}
					if found = found || !w.Doubt() && f.At > learn+time.Second/fps; found && w.Doubt() {
						t.Errorf("%v, seed %d, in %v: it is doubted %v after the door opened", size, seed, takes, f.At-opens)
						break
					}
					if f.At >= learn && f.At < learn+time.Second/fps {
						ref, err := w.Reference()
						if errors.Is(err, stand.ErrPlain) {
							break
						} else if err != nil {
							t.Fatal(err)
						}
						if w, err = stand.New(shown, size.Width, size.Height, ref); err != nil {
							t.Fatal(err)
						}
					}
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
