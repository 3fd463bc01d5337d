package main

import (
	"errors"
	"fmt"
	"io"

	"gocv.io/x/gocv"

	"vestibule/vision"
	"vestibule/vision/internal/jpeg"
	"vestibule/vision/internal/jpeg/jpegtest"
	"vestibule/vision/internal/raw"
)

// quality is what cameras' JPEGs have, more or less.
const quality = 85

// reading measures how a camera's forms become I420. The detours come first, as decoding JPEG has the C library
// overwrite all that it frees from then on, and come last in the table.
func reading(out io.Writer) error {
	detours, forms := map[vision.Size][]form{}, map[vision.Size][]form{}
	for _, size := range sizes() {
		all, err := frames(size, 1, true)
		if err != nil {
			return err
		}
		if detours[size], forms[size], err = cameras(all[0]); err != nil {
			return err
		}
	}
	last, err := each(detours)
	if err != nil {
		return err
	}
	first, err := each(forms)
	if err != nil {
		return err
	}
	t := newTable("A camera's frame into I420", "", "1280x720", "1920x1080", "allocations")
	for _, row := range append(first, last...) {
		t.add(row...)
	}
	return t.print(out)
}

// each measures forms, which are the same for each size, and returns a row for each.
func each(forms map[vision.Size][]form) ([][]string, error) {
	var rows [][]string
	for i := range forms[sizes()[0]] {
		var row []string
		var left float64
		for _, size := range sizes() {
			c := forms[size][i]
			var fault error
			once := func() { fault = errors.Join(fault, c.read()) }
			times, err := byTurns(once)
			left = garbage(100, once)
			if err := errors.Join(err, fault); err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			if row == nil {
				row = []string{c.name}
			}
			row = append(row, milli(median(times[0])))
		}
		rows = append(rows, append(row, fmt.Sprintf("%.2f", left)))
	}
	return rows, nil
}

// form is a way in which a camera gives its frames, and how one is read.
type form struct {
	name string
	read func() error
}

var errLength = errors.New("a frame has the wrong length")

// cameras returns how a frame is read in each form, and how OpenCV by itself would read a JPEG: by way of BGR.
func cameras(f *raw.Frame) (detours, forms []form, err error) {
	w, h, into := f.Width, f.Height, raw.New(f.Width, f.Height)
	var nv12, yuyv, i420 []byte
	i420 = append(append(append(i420, f.Y...), f.Cb...), f.Cr...)
	nv12 = append(nv12, f.Y...)
	for i := range f.Cb {
		nv12 = append(nv12, f.Cb[i], f.Cr[i])
	}
	for i := 0; i < w*h; i += 2 {
		c := i/w/2*w/2 + i%w/2
		yuyv = append(yuyv, f.Y[i], f.Cb[c], f.Y[i+1], f.Cr[c])
	}
	known := func(ok bool) error {
		if !ok {
			return errLength
		}
		return nil
	}
	forms = []form{
		{"I420", func() error { return known(into.FromI420(i420)) }},
		{"NV12", func() error { return known(into.FromNV12(nv12)) }},
		{"YUYV", func() error { return known(into.FromYUYV(yuyv)) }},
	}
	for _, thinned := range []string{"4:2:0", "4:2:2"} {
		src, err := asJPEG(f, thinned)
		if err != nil {
			return nil, nil, err
		}
		var d *jpeg.Decoder // made with the first picture
		forms = append(forms, form{"MJPEG " + thinned, func() error {
			if d == nil {
				if d, err = jpeg.New(); err != nil {
					return err
				}
			}
			return d.Decode(src, into)
		}})
		detours = append(detours, form{"for comparison: MJPEG " + thinned + " by way of BGR", func() error { return overBGR(src, into) }})
	}
	return detours, forms, nil
}

// asJPEG encodes a frame as a camera would.
func asJPEG(f *raw.Frame, thinned string) ([]byte, error) {
	cb, cr := f.Cb, f.Cr
	if thinned == "4:2:2" {
		cb, cr = twice(cb, f.Width/2), twice(cr, f.Width/2)
	}
	return jpegtest.Encode(thinned, f.Width, f.Height, f.Y, cb, cr, quality, false)
}

func twice(plane []byte, width int) []byte {
	var out []byte
	for i := 0; i < len(plane); i += width {
		out = append(append(out, plane[i:i+width]...), plane[i:i+width]...)
	}
	return out
}

// overBGR is the detour that OpenCV makes by default.
func overBGR(src []byte, into *raw.Frame) error {
	bgr, err := gocv.IMDecode(src, gocv.IMReadColor)
	if err != nil {
		return err
	}
	defer bgr.Close()
	yuv := gocv.NewMat()
	defer yuv.Close()
	gocv.CvtColor(bgr, &yuv, gocv.ColorBGRToYUVI420)
	data, err := yuv.DataPtrUint8()
	if err != nil {
		return err
	}
	if !into.FromI420(data) {
		return errLength
	}
	return nil
}
