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

// reading measures how a camera's forms become I420.
func reading(out io.Writer) error {
	t := newTable("A camera's frame into I420", "", "1280x720", "1920x1080", "allocations")
	var rows [][]string
	for k, size := range sizes() {
		forms, err := cameras(size)
		if err != nil {
			return err
		}
		for i, c := range forms {
			if err := c.read(); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			var fault error
			once := func() { fault = errors.Join(fault, c.read()) }
			times, err := byTurns(once)
			if err := errors.Join(err, fault); err != nil {
				return err
			}
			if k == 0 {
				rows = append(rows, []string{c.name})
			}
			rows[i] = append(rows[i], milli(median(times[0])))
			if k == len(sizes())-1 {
				rows[i] = append(rows[i], fmt.Sprintf("%.2f", garbage(100, once)))
			}
		}
	}
	for _, row := range rows {
		t.add(row...)
	}
	return t.print(out)
}

// form is a way in which a camera gives its frames, and how one is read.
type form struct {
	name string
	read func() error
}

var errLength = errors.New("a frame has the wrong length")

func cameras(size vision.Size) ([]form, error) {
	all, err := frames(size, 1, true)
	if err != nil {
		return nil, err
	}
	f, into := all[0], raw.New(size.Width, size.Height)
	w, h := size.Width, size.Height
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
	forms := []form{
		{"I420", func() error { return known(into.FromI420(i420)) }},
		{"NV12", func() error { return known(into.FromNV12(nv12)) }},
		{"YUYV", func() error { return known(into.FromYUYV(yuyv)) }},
	}
	d, err := jpeg.New()
	if err != nil {
		return nil, err
	}
	for _, thinned := range []string{"4:2:0", "4:2:2"} {
		src, err := asJPEG(f, thinned)
		if err != nil {
			return nil, err
		}
		forms = append(forms,
			form{fmt.Sprintf("MJPEG %s, %d kB", thinned, len(src)/1000), func() error { return d.Decode(src, into) }},
			form{"  for comparison, by way of BGR", func() error { return overBGR(src, into) }})
	}
	return forms, nil
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
