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
