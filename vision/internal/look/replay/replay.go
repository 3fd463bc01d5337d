// Package replay decodes H.264 as a browser would, for tests that look at what arrives.
package replay

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"gocv.io/x/gocv"
)

// Last returns the last picture of a stream of so many in Annex B, as BGR. It writes into dir.
func Last(dir string, stream []byte, pictures int) (*gocv.Mat, error) {
	path := filepath.Join(dir, "stream.h264")
	if err := os.WriteFile(path, stream, 0o600); err != nil {
		return nil, err
	}
	v, err := gocv.VideoCaptureFile(path)
	if err != nil {
		return nil, err
	}
	last, n := gocv.NewMat(), 0
	next := gocv.NewMat()
	for v.Read(&next) {
		last, next = next, last
		n++
	}
	err = next.Close()
	if n != pictures {
		err = errors.Join(err, fmt.Errorf("%d pictures were decoded, want %d", n, pictures))
	}
	return &last, errors.Join(err, v.Close())
}

// Luma is the luma of a picture in BGR, unrounded (BT.601 limited range), row by row.
func Luma(m *gocv.Mat) ([]float32, error) {
	data, err := m.DataPtrUint8()
	if err != nil {
		return nil, err
	}
	out := make([]float32, len(data)/3)
	for i := range out {
		b, g, r := float32(data[3*i]), float32(data[3*i+1]), float32(data[3*i+2])
		out[i] = 16 + 0.0979*b + 0.5041*g + 0.2568*r
	}
	return out, nil
}
