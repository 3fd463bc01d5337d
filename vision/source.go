package vision

import (
	"fmt"
	"strings"

	"vestibule/vision/internal/camera"
	"vestibule/vision/internal/capture"
	"vestibule/vision/internal/raw"
)

// Source names what to look at, not yet opened. The zero value cannot be opened.
type Source = camera.Source

// ParseSource reads a source from a setting:
//
//	file:PATH           any video file, at its own rate, over and over
//	v4l2:/dev/video0    a camera of the kernel's
//	gst:PIPELINE        a GStreamer pipeline, for libcamera; an appsink is added where none is
//
// The picture is scaled to cover the size asked for and cut at the middle. A picture that stays the same
// to the bit for half a second, as far as the zone shows it, counts as stalled, in a file as well. Nothing is opened here.
func ParseSource(text string) (Source, error) {
	kind, rest, ok := strings.Cut(text, ":")
	if !ok || strings.TrimSpace(rest) == "" {
		return Source{}, fmt.Errorf("the source is %q: file:PATH, v4l2:/dev/videoN or gst:PIPELINE is possible", text)
	}
	switch kind {
	case "file":
		return capture.File(rest), nil
	case "v4l2":
		return capture.V4L2(rest), nil
	case "gst":
		return capture.GStreamer(rest), nil
	}
	return Source{}, fmt.Errorf("the source is %q: file:PATH, v4l2:/dev/videoN or gst:PIPELINE is possible", text)
}

// NewSource returns a source of one's own. Only rooms inside vision can name a raw.Source, so only they
// can call it. open and all that it returns is used by one goroutine; what it opens gives frames of
// exactly the size asked for, at the rate asked for or below.
func NewSource(name string, open func(size Size, fps int) (raw.Source, error)) Source {
	return camera.New(name, func(width, height, fps int) (raw.Source, error) {
		return open(Size{width, height}, fps)
	})
}
