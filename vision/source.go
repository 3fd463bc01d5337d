package vision

import (
	"fmt"
	"strings"

	"vestibule/vision/internal/camera"
	"vestibule/vision/internal/capture"
)

// Source names what to look at, not yet opened. The zero value cannot be opened. Only rooms inside vision make
// others than ParseSource does, by vision/internal/camera: what they open gives raw frames.
type Source = camera.Source

// ParseSource reads a source from a setting:
//
//	file:PATH           any video file, in its own time, over and over; for a desk, as a size that changes in it may
//	                    not be seen (see "Failure")
//	v4l2:/dev/video0    a camera of the kernel's
//	gst:PIPELINE        a GStreamer pipeline, for libcamera; an appsink is added where none is
//
// A pipeline is one chain from a camera (libcamerasrc, v4l2src, videotestsrc) over caps and elements that make pictures of
// pictures to our appsink: whoever sets it must not get at a picture that is not redacted by a branch of their own.
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
		src, err := capture.GStreamer(rest)
		if err != nil {
			return Source{}, fmt.Errorf("the source is %q: %w", text, err)
		}
		return src, nil
	}
	return Source{}, fmt.Errorf("the source is %q: file:PATH, v4l2:/dev/videoN or gst:PIPELINE is possible", text)
}
