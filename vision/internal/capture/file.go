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

// File returns a video file as a source: in real time by its pictures' own times, over and over. Where they come faster
// than the rate asked for they are thinned out evenly.
func File(path string) camera.Source {
	return camera.New("file:"+path, func(width, height, fps int) (raw.Source, error) {
		return openFile(path, fps)
	})
}

type file struct {
	*reader
	path  string
	asked float64 // frames a second

	seq    uint64
	start  time.Duration // when this round began
	course course        // of this round
	slot   int           // of the last frame given in this round, counted as asked; -1 before the first
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
	f.course, f.start, f.slot = newCourse(c), raw.Now(), -1
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

// Read waits until the file's next frame is due.
func (f *file) Read(ctx context.Context, into *raw.Frame) error {
	if f.reader == nil {
		return errors.New("the file is closed")
	}
	for given := false; !given; given = f.wanted() {
		if err := f.next(into); err != nil {
			return err
		}
	}
	if err := f.put(into); err != nil {
		return err
	}
	due := f.start + f.course.at
	if late := raw.Now() - due; late > time.Second {
		f.start += late // slower than real time: go on from here and do not race
		due += late
	}
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
	if err != nil && f.course.brokenOff() {
		return fmt.Errorf("%s breaks off after %d of %.0f frames: %w", f.path, f.course.read, f.course.all, err)
	}
	if err != nil && f.course.read > 0 {
		next := f.start + f.course.end()
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
	f.course.next(f.capture.Get(gocv.VideoCapturePosMsec))
	return nil
}

// wanted reports whether the frame in hand is the first of its turn, as often as frames are asked for. Times may be
// whole milliseconds, so one that is a tenth of a turn early is in time.
func (f *file) wanted() bool {
	slot := int(f.course.at.Seconds()*f.asked + 0.1)
	if slot <= f.slot {
		return false
	}
	f.slot = slot
	return true
}

func (f *file) Close() error {
	if f.reader == nil {
		return nil
	}
	err := f.close()
	f.reader = nil
	return err
}
