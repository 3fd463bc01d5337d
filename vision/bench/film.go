package main

import (
	"bufio"
	"context"
	"io"

	"vestibule/vision/internal/camera"
	"vestibule/vision/internal/raw"
	"vestibule/vision/scene"
)

// film writes the scene as it is, in real time, with the clock in its corner: 1280x720, I420, until nobody
// takes it. It is what the live picture's anchor encodes (scripts/e2e).
func film(out io.Writer) error {
	size := sizes()[0]
	source := scene.Source(1, func() scene.World { return scene.World{Light: 1, Power: true} }, true)
	s, err := camera.Open(source, size.Width, size.Height, fps)
	if err != nil {
		return err
	}
	defer s.Close()
	frame, w := raw.New(size.Width, size.Height), bufio.NewWriterSize(out, size.Width*size.Height*3/2)
	for {
		if err := s.Read(context.Background(), frame); err != nil {
			return err
		}
		for _, plane := range [][]byte{frame.Y, frame.Cb, frame.Cr} {
			if _, err := w.Write(plane); err != nil {
				return err
			}
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
}
