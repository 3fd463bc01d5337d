package vision_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"gocv.io/x/gocv"

	"vestibule/vision"
)

// A real stream that changes its size in the middle. OpenCV 4.6 does not report it: of one in Motion JPEG it goes on to
// give its last picture, over and over, as if all were well. That must show as glass, too. One in H.264 it scales to
// the first size, which nobody can see (see "Failure" in the package's words).
func TestStreamChangesItsSize(t *testing.T) {
	// OpenCV draws its noise for each thread from the beginning: on another thread the same pictures come again.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
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
	s, err := vision.Open(src, vision.Size{Width: 640, Height: 480}, 30, plan(vision.Frosted))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	good := 0
	for {
		_, l, err := s.Next(t.Context())
		switch {
		case err != nil:
			t.Fatal(err)
		case l.Glass == "":
			// One second of good pictures, and half a one until a frozen picture counts as one.
			if good++; good > 25+13+5 {
				t.Fatal("the old picture is shown on and on after the size has changed")
			}
		case good == 0: // it is being opened
		case l.Glass == vision.CameraStalled || l.Glass == vision.CameraResized:
			return
		default:
			t.Fatalf("%q", l.Glass)
		}
	}
}
