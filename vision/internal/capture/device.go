package capture

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"gocv.io/x/gocv"

	"vestibule/vision/internal/camera"
	"vestibule/vision/internal/raw"
)

// warmUp is how many frames of a camera are thrown away: most open dark and find their exposure in the
// first few, and the tint is taken once.
const warmUp = 5

// V4L2 returns a camera of the kernel's, by its node (/dev/video0, or a name in /dev/v4l/by-id).
func V4L2(node string) camera.Source {
	return camera.New("v4l2:"+node, func(width, height, fps int) (raw.Source, error) {
		info, err := os.Stat(node)
		if err != nil {
			return nil, err
		}
		if info.Mode()&fs.ModeCharDevice == 0 {
			return nil, fmt.Errorf("%s is no camera", node)
		}
		c, err := openCapture(node, gocv.VideoCaptureV4L2)
		if err != nil {
			return nil, fmt.Errorf("%s is in use or no camera: %w", node, err)
		}
		negotiate(c, width, height, fps)
		return &device{
			reader: newReader(c, nv12), skip: warmUp, stamped: true,
			lost: errors.New("the camera gives no frames"),
		}, nil
	})
}

// negotiate asks for the cheapest form that the camera has at this size and rate: NV12, YUYV, and else
// MJPEG, which OpenCV decodes into BGR. Format first, as OpenCV sets the others up anew with it.
func negotiate(c *gocv.VideoCapture, width, height, fps int) {
	ask := func(format string, rgb float64) bool {
		c.Set(gocv.VideoCaptureFOURCC, c.ToCodec(format))
		c.Set(gocv.VideoCaptureFrameWidth, float64(width))
		c.Set(gocv.VideoCaptureFrameHeight, float64(height))
		c.Set(gocv.VideoCaptureFPS, float64(fps))
		c.Set(gocv.VideoCaptureConvertRGB, rgb)
		rate := c.Get(gocv.VideoCaptureFPS)
		return c.Get(gocv.VideoCaptureFOURCC) == c.ToCodec(format) &&
			int(c.Get(gocv.VideoCaptureFrameWidth)) == width &&
			int(c.Get(gocv.VideoCaptureFrameHeight)) == height &&
			(rate <= 0 || rate >= 0.9*float64(fps))
	}
	if ask("NV12", 0) || ask("YUYV", 0) || ask("MJPG", 1) {
		return
	}
	// Nothing fits: whatever the camera has nearest to it, scaled here.
	ask("YUYV", 1)
}

// GStreamer returns a pipeline as a source, such as
//
//	libcamerasrc ! video/x-raw,width=1280,height=720,framerate=30/1,format=NV12 ! appsink
//
// An appsink that keeps the newest frame only is added where the text has none. Frames in NV12 or I420
// have to be named by format= in the text: OpenCV does not tell them apart. It may also wait for ever for
// a pipeline that is wrong, so a caller must not wait with it.
func GStreamer(pipeline string) camera.Source {
	return camera.New("gst:"+pipeline, func(width, height, fps int) (raw.Source, error) {
		text := pipeline
		if !strings.Contains(text, "appsink") {
			text += " ! appsink drop=true max-buffers=1"
		}
		planar := i420
		if strings.Contains(text, "NV12") {
			planar = nv12
		}
		c, err := openCapture(text, gocv.VideoCaptureGstreamer)
		if err != nil {
			return nil, fmt.Errorf("the pipeline does not start: %w", err)
		}
		return &device{reader: newReader(c, planar), lost: raw.ErrEnded}, nil
	})
}

// device is a capture that sets its own pace.
type device struct {
	*reader
	skip    int
	stamped bool // the capture's position is the driver's time stamp
	seq     uint64
	lost    error // what it means when no frame comes
}

// Read waits for the device's next frame. The wait is OpenCV's, of at most some seconds, and ends no
// sooner with the context.
func (d *device) Read(ctx context.Context, into *raw.Frame) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := d.grab(); err != nil {
			return fmt.Errorf("%w: %w", d.lost, err)
		}
		if d.skip == 0 {
			break
		}
		d.skip--
	}
	into.At = raw.Now()
	if d.stamped {
		into.At = taken(d.capture, into.At)
	}
	if err := d.put(into); err != nil {
		return err
	}
	d.seq++
	into.Seq = d.seq
	return nil
}

// taken is when the driver says that the frame was taken, where that is on our clock; otherwise now.
func taken(c *gocv.VideoCapture, now time.Duration) time.Duration {
	said := time.Duration(c.Get(gocv.VideoCapturePosMsec) * float64(time.Millisecond))
	if said <= now && now-said < 10*time.Second {
		return said
	}
	return now
}

func (d *device) Close() error { return d.close() }
