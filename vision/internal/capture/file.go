package capture

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"gocv.io/x/gocv"

	"vestibule/vision/internal/camera"
	"vestibule/vision/internal/raw"
)

// usualRate is taken for a file that does not say how fast it plays, in frames a second.
const usualRate = 25

// File returns a video file as a source: in real time at its own rate, over and over. A file faster
// than the rate asked for is thinned out evenly.
func File(path string) camera.Source {
	return camera.New("file:"+path, func(width, height, fps int) (raw.Source, error) {
		return openFile(path, fps)
	})
}

type file struct {
	*reader
	path  string
	asked float64 // frames a second
	rate  float64 // the file's own
	all   float64 // frames that the file says it has; 0 or less, or none, where it does not say

	seq   uint64
	start time.Duration // when the first frame of this round was due
	given int           // frames given in this round
	read  int           // frames read from the file in this round
}

func openFile(path string, fps int) (*file, error) {
	// An absolute path, so that no name is taken for a protocol of FFmpeg's.
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	f := &file{path: path, asked: float64(fps)}
	return f, f.open()
}

// open begins a round.
func (f *file) open() error {
	if err := regular(f.path); err != nil {
		return err
	}
	c, err := openCapture(f.path, gocv.VideoCaptureFFmpeg)
	if err != nil {
		return fmt.Errorf("%s is no video that can be read: %w", f.path, err)
	}
	f.reader = newReader(c, i420)
	f.rate, f.all = rate(c), c.Get(gocv.VideoCaptureFrameCount)
	f.start, f.given, f.read = raw.Now(), 0, 0
	return nil
}

// regular refuses what is no file, before it is opened: a pipe would be waited for.
func regular(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no file", path)
	}
	return nil
}

// rate is how many frames a second a file plays.
func rate(c *gocv.VideoCapture) float64 {
	if said := c.Get(gocv.VideoCaptureFPS); said >= 1 && said <= 240 {
		return said
	}
	return usualRate
}

// Read waits until the file's next frame is due.
func (f *file) Read(ctx context.Context, into *raw.Frame) error {
	if f.reader == nil {
		return errors.New("the file is closed")
	}
	pace := min(f.rate, f.asked)
	skip := int(float64(f.given)*f.rate/pace) - f.read
	if skip > 0 {
		f.capture.Grab(skip)
		f.read += skip
	}
	if err := f.next(into); err != nil {
		return err
	}
	if err := f.put(into); err != nil {
		return err
	}
	due := f.start + time.Duration(float64(f.given)/pace*float64(time.Second))
	if late := raw.Now() - due; late > time.Second {
		f.start += late // slower than real time: go on from here and do not race
		due += late
	}
	f.given++
	f.seq++
	if err := raw.Until(ctx, due); err != nil {
		return err
	}
	into.Seq, into.At = f.seq, raw.Now()
	return nil
}

// next takes the next frame, from the beginning again where the file ends.
func (f *file) next(into *raw.Frame) error {
	err := f.grab(into)
	if err != nil && brokenOff(f.read, f.all) {
		return fmt.Errorf("%s breaks off after %d of %.0f frames: %w", f.path, f.read, f.all, err)
	}
	if err != nil && f.given > 0 {
		// The last frame keeps its time on the screen.
		next := f.start + time.Duration(float64(f.given)/min(f.rate, f.asked)*float64(time.Second))
		if err := f.Close(); err != nil {
			return err
		}
		if err := f.open(); err != nil {
			return err
		}
		f.start = max(next, f.start-time.Second)
		err = f.grab(into)
	}
	if err != nil {
		return fmt.Errorf("%s holds no picture: %w", f.path, err)
	}
	f.read++
	return nil
}

// brokenOff reports whether a file has given far fewer frames than it says it has: it is cut off, or damaged
// in the middle. A few that cannot be decoded are left out and missed by nobody.
func brokenOff(read int, all float64) bool { return all > 0 && float64(read) < all-max(all/8, 2) }

func (f *file) Close() error {
	if f.reader == nil {
		return nil
	}
	err := f.close()
	f.reader = nil
	return err
}
