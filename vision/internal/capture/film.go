package capture

import (
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // for their headers
	_ "image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gocv.io/x/gocv"

	"vestibule/vision/internal/raw"
)

// Film is a video file or a still, read once from its first picture to its last, as fast as it can be. It is for
// tools: a device's source is File.
type Film struct {
	reader *reader
	still  bool
	course course
}

// OpenFilm opens a video file or a still in any form that OpenCV knows. A still is turned as its camera said (EXIF).
func OpenFilm(path string) (*Film, error) {
	// An absolute path, so that no name is taken for a protocol of FFmpeg's.
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := regular(path); err != nil {
		return nil, err
	}
	width, height, err := header(path)
	if err != nil {
		return nil, err
	}
	// A file of JPEGs one after the other looks like a still.
	still := !slices.Contains([]string{".mjpeg", ".mjpg"}, strings.ToLower(filepath.Ext(path)))
	if width > 0 && still {
		f, err := openStill(path, width, height)
		if f != nil || err != nil {
			return f, err
		}
	}
	none := fmt.Errorf("%s is no video or picture that can be read", path)
	c, err := openCapture(path, gocv.VideoCaptureFFmpeg)
	if err != nil { // it tells no more than that
		return nil, none
	}
	film := &Film{reader: newReader(c, i420), course: newCourse(c)}
	if width, height = film.Size(); width <= 0 || height <= 0 {
		return nil, errors.Join(none, film.Close())
	}
	if still {
		f, err := openStill(path, width, height)
		if f != nil || err != nil {
			return f, errors.Join(err, film.Close())
		}
	}
	return film, nil
}

// header returns the size that a PNG or a JPEG gives; 0 for what is neither. OpenCV would not say why it cannot open a file.
func header(path string) (width, height int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer file.Close()
	head, _, err := image.DecodeConfig(file)
	if err != nil {
		return 0, 0, nil // something else, then
	}
	return head.Width, head.Height, nil
}

// mostPixels is what a still may have, more than any camera's, and mostSide how many of them on a side. OpenCV ends the
// program where its own limits are passed, of 2^30 and 2^20, so the size is known before it is asked.
const (
	mostPixels = 200e6
	mostSide   = 1 << 16
)

// openStill returns nil where OpenCV finds no still.
func openStill(path string, width, height int) (*Film, error) {
	if max(width, height) > mostSide || width*height > mostPixels {
		return nil, fmt.Errorf("%s has %dx%d pixels, more than can be redacted: 200 million are possible, and %d on a side", path, width, height, mostSide)
	}
	m := gocv.IMRead(path, gocv.IMReadColor)
	if m.Empty() {
		return nil, m.Close()
	}
	return &Film{still: true, course: course{rate: 1, all: 1}, reader: &reader{
		capture: &gocv.VideoCapture{}, // opened by nobody, and closed without harm
		frame:   m, colour: gocv.NewMat(), scaled: gocv.NewMat(), yuv: gocv.NewMat(),
	}}, nil
}

// Still reports whether the film is one picture that does not play.
func (f *Film) Still() bool { return f.still }

// Size returns what the film says of its own size in pixels; it need not keep to it.
func (f *Film) Size() (width, height int) {
	if f.still {
		return f.reader.frame.Cols(), f.reader.frame.Rows()
	}
	return int(f.reader.capture.Get(gocv.VideoCaptureFrameWidth)), int(f.reader.capture.Get(gocv.VideoCaptureFrameHeight))
}

// Rate returns how many pictures a second the film plays, 1..240; 25 where it does not say. It is 1 for a still.
func (f *Film) Rate() float64 {
	return f.course.rate
}

// Frames returns how many pictures the film says that it has; 0 where it does not. It may be wrong.
func (f *Film) Frames() int {
	return max(int(f.course.all), 0)
}

// Read writes the next picture into the lent frame, scaled to cover it and cut at the middle, numbered from 1 and at
// its time in the film. After the last it returns raw.ErrEnded: OpenCV tells no end from a fault. Any other
// error is about this picture alone.
func (f *Film) Read(into *raw.Frame) error {
	said := 0.0
	switch {
	case f.still && f.course.read > 0:
		return raw.ErrEnded
	case !f.still:
		if err := f.reader.grab(into); err != nil {
			return errors.Join(raw.ErrEnded, err)
		}
		said = f.reader.capture.Get(gocv.VideoCapturePosMsec)
	}
	f.course.next(said)
	into.Seq, into.At = uint64(f.course.read), f.course.at
	return f.reader.put(into)
}

// BrokenOff returns how many pictures the film says it has where far fewer were read, and 0 otherwise. It is for
// the end, after raw.ErrEnded.
func (f *Film) BrokenOff() (of int) {
	if !f.course.brokenOff() {
		return 0
	}
	return f.Frames()
}

// Close lets the file go.
func (f *Film) Close() error { return f.reader.close() }
