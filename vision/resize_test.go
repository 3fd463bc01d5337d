package vision_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"gocv.io/x/gocv"

	"vestibule/vision"
)

// A real stream that changes its size in the middle. OpenCV 4.6 does not report it: it goes on to give
// its last picture, over and over, as if all were well. That must show as glass, too.
func TestStreamChangesItsSize(t *testing.T) {
	var stream []byte
	for n := range 75 { // 25 a second
		w, h := 320, 240
		if n >= 25 {
			w, h = 480, 320
		}
		m := gocv.NewMatWithSize(h, w, gocv.MatTypeCV8UC3)
		gocv.RandU(&m, gocv.NewScalar(0, 0, 0, 0), gocv.NewScalar(255, 255, 255, 0))
		jpeg, err := gocv.IMEncode(gocv.JPEGFileExt, m)
		if err != nil {
			t.Fatal(err)
		}
		stream = append(stream, jpeg.GetBytes()...)
		jpeg.Close()
		m.Close()
	}
	path := filepath.Join(t.TempDir(), "stream.mjpeg")
	if err := os.WriteFile(path, stream, 0o600); err != nil {
		t.Fatal(err)
	}
	src, err := vision.ParseSource("file:" + path)
	if err != nil {
		t.Fatal(err)
	}
	var start, changed time.Duration
	watch(t, src, vision.Size{Width: 640, Height: 480}, plan(vision.Frosted), func(r vision.Redacted, l vision.Look) bool {
		if start == 0 && l.Glass == "" {
			start = l.At
		}
		if l.Glass == "" {
			return true
		}
		if l.Glass != vision.CameraStalled && l.Glass != vision.CameraResized {
			t.Errorf("%q", l.Glass)
		}
		changed = l.At - start
		return false
	})
	if changed < 900*time.Millisecond || changed > 1800*time.Millisecond {
		t.Errorf("glass after %v; the size changed after 1 s", changed)
	}
}
