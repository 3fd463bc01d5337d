// Package capture reads video files and cameras through OpenCV.
//
// Nothing of OpenCV is exported: a gocv.Mat is filled, copied into the lent I420 frame and stays here.
// A camera that gives YUYV, NV12, I420 or JPEG at the size asked for is read without a detour over BGR;
// everything else is converted, scaled to cover the size asked for, and cut at the middle.
//
// The zone is signed for the picture that comes out, so scaling has to keep what lies beside it out of it: each pixel is
// made of those of the camera's alone that lie under it, be it in part (see scale). Colour is as fine as the camera's
// own is: where it has one sample for two pixels, the two are in the zone with it or not.
package capture

import (
	"errors"
	"fmt"
	"image"

	"gocv.io/x/gocv"

	"vestibule/vision/internal/heap"
	"vestibule/vision/internal/raw"
)

// errNoFrame is all that OpenCV says when it has no frame: an end, a fault and a lost device look alike.
var errNoFrame = errors.New("no frame came")

// layout is how a Mat's bytes are to be read.
type layout int

const (
	bgr layout = iota
	yuyv
	nv12
	i420
	grey
)

// reader holds one opened capture and the Mats that it works in.
type reader struct {
	capture *gocv.VideoCapture
	planar  layout // what a single channel with half again the rows holds: nv12 or i420
	rows    int    // the rows that the capture announces; 0 when it announces none

	frame, colour, scaled, yuv gocv.Mat

	kept [4][]byte // what of each Mat's memory is kept as the lent frame's is
}

// openCapture opens with one of OpenCV's ways and no other.
func openCapture(name string, how gocv.VideoCaptureAPI) (*gocv.VideoCapture, error) {
	heap.Guard()
	c, err := gocv.VideoCaptureFileWithAPI(name, how)
	if err != nil {
		if c != nil {
			err = errors.Join(err, c.Close())
		}
		return nil, err
	}
	return c, nil
}

func newReader(c *gocv.VideoCapture, planar layout) *reader {
	return &reader{
		capture: c, planar: planar, rows: int(c.Get(gocv.VideoCaptureFrameHeight)),
		frame: gocv.NewMat(), colour: gocv.NewMat(), scaled: gocv.NewMat(), yuv: gocv.NewMat(),
	}
}

func (r *reader) mats() [4]*gocv.Mat { return [4]*gocv.Mat{&r.frame, &r.colour, &r.scaled, &r.yuv} }

// keep has the Mats' memory kept as the lent frame's is. OpenCV takes other memory where a picture has another size.
func (r *reader) keep(into *raw.Frame) {
	for i, m := range r.mats() {
		if !m.IsContinuous() { // there is nothing in it
			r.kept[i] = nil
			continue
		}
		mem, err := m.DataPtrUint8()
		if was := r.kept[i]; err == nil && len(mem) > 0 && (len(was) != len(mem) || &was[0] != &mem[0]) {
			into.Keep(mem)
			r.kept[i] = mem
		}
	}
}

func (r *reader) close() error {
	for _, m := range r.mats() {
		m.SetTo(gocv.Scalar{})
	}
	err := errors.Join(r.capture.Close(), r.frame.Close(), r.colour.Close(), r.scaled.Close(), r.yuv.Close())
	heap.Trim()
	return err
}

// grab waits for the next frame, on its way into the lent one.
func (r *reader) grab(into *raw.Frame) error {
	if !r.capture.Read(&r.frame) || r.frame.Empty() {
		return errNoFrame
	}
	r.keep(into)
	return nil
}

// kind tells the layout of the frame in hand, and its size in pixels.
func (r *reader) kind() (layout, image.Point, error) {
	size := image.Pt(r.frame.Cols(), r.frame.Rows())
	switch r.frame.Type() {
	case gocv.MatTypeCV8UC3:
		return bgr, size, nil
	case gocv.MatTypeCV8UC2:
		return yuyv, size, nil
	case gocv.MatTypeCV8UC1:
		if size.Y == r.rows || size.Y%3 != 0 {
			return grey, size, nil
		}
		return r.planar, image.Pt(size.X, size.Y/3*2), nil
	}
	return 0, size, fmt.Errorf("frames come in OpenCV's form %d, which is not known here", r.frame.Type())
}

// put writes the frame in hand into the lent one.
func (r *reader) put(into *raw.Frame) error {
	kind, size, err := r.kind()
	if err != nil {
		return err
	}
	want := image.Pt(into.Width, into.Height)
	if size.X < 2 || size.Y < 2 || size.X*mostScale < want.X || size.Y*mostScale < want.Y {
		return fmt.Errorf("frames come as %dx%d pixels, too few for a picture of %dx%d", size.X, size.Y, want.X, want.Y)
	}
	into.SensorWidth, into.SensorHeight = size.X, size.Y
	if kind != bgr && kind != grey && size == want && r.frame.IsContinuous() {
		data, err := r.frame.DataPtrUint8()
		if err != nil {
			return err
		}
		ok := false
		switch kind {
		case yuyv:
			ok = into.FromYUYV(data)
		case nv12:
			ok = into.FromNV12(data)
		case i420:
			ok = into.FromI420(data)
		}
		if !ok {
			return fmt.Errorf("a frame of %dx%d pixels came as %d bytes", size.X, size.Y, len(data))
		}
		return nil
	}
	return r.convert(into, kind, size, want)
}

// convert goes over BGR, which is where OpenCV scales.
func (r *reader) convert(into *raw.Frame, kind layout, size, want image.Point) error {
	defer r.keep(into)
	src := &r.frame
	if code, ok := toBGR(kind); ok {
		gocv.CvtColor(r.frame, &r.colour, code)
		src = &r.colour
	}
	if cut := cover(size, want); cut != image.Rect(0, 0, size.X, size.Y) {
		part := src.Region(cut)
		defer part.Close()
		src = &part
	}
	if src.Cols() != want.X || src.Rows() != want.Y {
		scale(*src, &r.scaled, want)
		src = &r.scaled
	}
	gocv.CvtColor(*src, &r.yuv, gocv.ColorBGRToYUVI420)
	data, err := r.yuv.DataPtrUint8()
	if err != nil {
		return err
	}
	if !into.FromI420(data) {
		return fmt.Errorf("a frame of %dx%d pixels became %d bytes", want.X, want.Y, len(data))
	}
	return nil
}

// nearestExact is OpenCV's INTER_NEAREST_EXACT (since 4.5), for which gocv has no name.
const nearestExact gocv.InterpolationFlags = 6

// mostScale is how often a camera's pixel may be repeated. Beyond 34 times nearestExact, which reckons in 1/65536
// of a pixel, may take a neighbour's.
const mostScale = 16

// scale makes every pixel of those that lie under it, and of no other: their mean where there are several, and else
// the one under its centre. OpenCV's other ways to enlarge take neighbours in: linear ones by intention,
// INTER_NEAREST and INTER_AREA by a rounding, in one column of some thousand where the ratio is no whole number.
func scale(from gocv.Mat, to *gocv.Mat, want image.Point) {
	how := nearestExact
	if from.Cols() >= want.X && from.Rows() >= want.Y { // cover cuts so that it is both or neither
		how = gocv.InterpolationArea
	}
	gocv.Resize(from, to, want, 0, 0, how)
}

func toBGR(kind layout) (gocv.ColorConversionCode, bool) {
	switch kind {
	case yuyv:
		return gocv.ColorYUVToBGRYUY2, true
	case nv12:
		return gocv.ColorYUVToBGRNV12, true
	case i420:
		return gocv.ColorYUVToBGRIYUV, true
	case grey:
		return gocv.ColorGrayToBGR, true
	}
	return 0, false
}

// cover returns the largest part around the middle of a picture that has the shape wanted.
func cover(size, want image.Point) image.Rectangle {
	w, h := size.X, size.Y
	if w*want.Y > h*want.X {
		w = max(h*want.X/want.Y, 1)
	} else {
		h = max(w*want.Y/want.X, 1)
	}
	at := image.Pt((size.X-w)/2, (size.Y-h)/2)
	return image.Rectangle{at, at.Add(image.Pt(w, h))}
}
