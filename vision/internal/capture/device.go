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
	"vestibule/vision/internal/jpeg"
	"vestibule/vision/internal/raw"
)

// mostBroken is how many broken pictures in a row are left out before the camera counts as failed. A cable that
// is touched breaks one or two.
const mostBroken = 10

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
		opened := raw.Now()
		c, err := openCapture(node, gocv.VideoCaptureV4L2)
		if err != nil {
			return nil, fmt.Errorf("%s is in use or no camera: %w", node, err)
		}
		negotiate(c, width, height, fps)
		return &device{
			reader: newReader(c, nv12), skip: warmUp, stamps: stamps{opened: opened},
			lost: errors.New("the camera gives no frames"),
		}, nil
	})
}

// negotiate asks for the cheapest form that the camera has at this size and rate: NV12, YUYV, and else MJPEG as
// it comes, for put to decode. Format first, as OpenCV sets the others up anew with it.
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
	if ask("NV12", 0) || ask("YUYV", 0) || ask("MJPG", 0) {
		return
	}
	// Nothing fits: whatever the camera has nearest to it, scaled here.
	ask("YUYV", 1)
}

// GStreamer returns a pipeline as a source, such as
//
//	libcamerasrc ! video/x-raw,width=1280,height=720,framerate=30/1,format=NV12 ! appsink
//
// A pipeline may hold only what is known to write no picture elsewhere; the error says which word is not. An appsink that
// keeps the newest frame only is added where the text has none. Frames in NV12 or I420
// have to be named by format= in the text: OpenCV does not tell them apart. A pipeline that ends in image/jpeg
// has to give the size asked for. OpenCV may also wait for ever for a pipeline that is wrong, so a caller must not
// wait with it.
func GStreamer(pipeline string) (camera.Source, error) {
	text, err := chain(pipeline)
	if err != nil {
		return camera.Source{}, err
	}
	return launch(pipeline, text), nil
}

// launch returns a pipeline that has been checked, by the name that it was given.
func launch(name, text string) camera.Source {
	return camera.New("gst:"+name, func(width, height, fps int) (raw.Source, error) {
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
	skip   int
	stamps stamps
	seq    uint64
	lost   error         // what it means when no frame comes
	jpeg   *jpeg.Decoder // made with the first JPEG
}

// Read waits for the device's next frame that is whole. The wait is OpenCV's, of at most some seconds, and ends no
// sooner with the context.
func (d *device) Read(ctx context.Context, into *raw.Frame) error {
	for broken := 0; ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := d.grab(into); err != nil {
			return fmt.Errorf("%w: %w", d.lost, err)
		}
		if d.skip > 0 {
			d.skip--
			continue
		}
		d.seq++
		into.Seq, into.At = d.seq, raw.Now()
		if d.stamps.opened > 0 {
			said := time.Duration(d.capture.Get(gocv.VideoCapturePosMsec) * float64(time.Millisecond))
			into.At = d.stamps.taken(said, into.At)
		}
		err := d.put(into)
		if !errors.Is(err, errBroken) {
			return err
		}
		if broken++; broken == mostBroken {
			return fmt.Errorf("%d pictures in a row: %w", broken, err)
		}
	}
}

// errBroken says that a picture came and was spoilt on its way.
var errBroken = errors.New("the picture is broken")

// put writes the frame in hand into the lent one. OpenCV gives a JPEG that it has not decoded as a single row.
func (d *device) put(into *raw.Frame) error {
	if d.frame.Rows() != 1 || d.frame.Type() != gocv.MatTypeCV8UC1 {
		return d.reader.put(into)
	}
	if d.jpeg == nil {
		var err error
		if d.jpeg, err = jpeg.New(); err != nil {
			return err
		}
	}
	data, err := d.frame.DataPtrUint8()
	if err != nil {
		return err
	}
	switch err := d.jpeg.Decode(data, into); {
	case errors.Is(err, raw.ErrResized):
		return err
	case err != nil:
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	into.SensorWidth, into.SensorHeight = into.Width, into.Height
	return nil
}

// stamps says when frames were taken, by the driver's time stamps where those are on our clock. A frame comes after
// the device was opened, so the first one tells, and it holds from then on: a driver that gives an old frame says
// how old it is, and is believed however old that is. The zero value believes none.
type stamps struct {
	opened time.Duration // when the device was; zero where it has no stamps
	asked  bool
	ours   bool
}

// taken returns when a frame was taken that came now and of which the driver has said when that was.
func (s *stamps) taken(said, now time.Duration) time.Duration {
	if !s.asked {
		s.asked, s.ours = true, s.opened > 0 && s.opened <= said && said <= now
	}
	if s.ours {
		return min(said, now)
	}
	return now
}

func (d *device) Close() error {
	var err error
	if d.jpeg != nil {
		err = d.jpeg.Close()
	}
	return errors.Join(err, d.close())
}
