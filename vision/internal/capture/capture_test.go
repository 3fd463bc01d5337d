package capture

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gocv.io/x/gocv"

	"vestibule/vision/internal/camera"
	"vestibule/vision/internal/raw"
)

// vtest is real footage, from Debian's opencv-doc: 768x576, 10 frames a second.
const vtest = "/usr/share/doc/opencv-doc/examples/data/vtest.avi"

// film writes an MJPEG video whose n-th frame is grey of luma 40+10n, with a red left half.
func film(t *testing.T, w, h, frames int, fps float64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "film.avi")
	out, err := gocv.VideoWriterFile(path, "MJPG", fps, w, h, true)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	for n := range frames {
		m := picture(w, h, n)
		if err := out.Write(m); err != nil {
			t.Fatal(err)
		}
		m.Close()
	}
	return path
}

func picture(w, h, n int) gocv.Mat {
	v := float64(40 + 10*n)
	m := gocv.NewMatWithSizeFromScalar(gocv.NewScalar(v, v, v, 0), h, w, gocv.MatTypeCV8UC3)
	gocv.Rectangle(&m, image.Rect(0, 0, w/2-1, h-1), color.RGBA{R: 255}, -1)
	return m
}

func open(t *testing.T, src camera.Source, w, h, fps int) raw.Source {
	t.Helper()
	s, err := camera.Open(src, w, h, fps)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func read(t *testing.T, s raw.Source, f *raw.Frame) {
	t.Helper()
	if err := s.Read(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

func luma(f *raw.Frame, x, y int) int { return int(f.Y[y*f.Width+x]) }

func TestFileInRealTimeOverAndOver(t *testing.T) {
	path := film(t, 320, 240, 5, 25)
	start := raw.Now()
	s := open(t, File(path), 320, 240, 30)
	f := raw.New(320, 240)
	var times []time.Duration
	var lumas []int
	for n := range 15 {
		read(t, s, f)
		if f.Seq != uint64(n+1) {
			t.Errorf("frame %d has the number %d", n, f.Seq)
		}
		if f.SensorWidth != 320 || f.SensorHeight != 240 {
			t.Errorf("the file's size is given as %dx%d", f.SensorWidth, f.SensorHeight)
		}
		times, lumas = append(times, f.At), append(lumas, luma(f, 240, 120))
	}
	// 14 gaps of 40 ms; the machine may be busy, but it cannot be early.
	if d := times[14] - start; d < 560*time.Millisecond || d > 1500*time.Millisecond {
		t.Errorf("15 frames at 25 a second took %v", d)
	}
	for i := range 5 {
		if want := 16 + (40+10*i)*219/255; lumas[i] < want-4 || lumas[i] > want+4 {
			t.Errorf("frame %d has luma %d, want %d", i, lumas[i], want)
		}
		if lumas[i+5] != lumas[i] || lumas[i+10] != lumas[i] {
			t.Errorf("the rounds differ: %v", lumas)
		}
	}
}

// A file of 60 frames a second, asked for at 20, gives every third.
func TestFastFileIsThinned(t *testing.T) {
	s := open(t, File(film(t, 320, 240, 18, 60)), 320, 240, 20)
	f := raw.New(320, 240)
	for i := range 5 {
		read(t, s, f)
		if got, want := luma(f, 240, 120), 16+(40+30*i)*219/255; got < want-4 || got > want+4 {
			t.Errorf("frame %d has luma %d, want %d", i, got, want)
		}
	}
}

// Scaled to cover: the middle stays the middle, nothing is squeezed, colours stay.
func TestScaling(t *testing.T) {
	path := film(t, 320, 240, 2, 30)
	for _, size := range [][2]int{{320, 240}, {640, 480}, {1280, 720}, {720, 1280}, {1920, 1080}} {
		w, h := size[0], size[1]
		s := open(t, File(path), w, h, 30)
		f := raw.New(w, h)
		read(t, s, f)
		left, right := luma(f, w/2-w/16, h/2), luma(f, w/2+w/16, h/2)
		if left < 70 || left > 92 || right < 46 || right > 56 {
			t.Errorf("%dx%d: luma %d left and %d right of the middle", w, h, left, right)
		}
		c := h/4*w/2 + w/8
		if f.Cr[c] < 220 || f.Cb[c] > 110 {
			t.Errorf("%dx%d: red came as %d %d", w, h, f.Cb[c], f.Cr[c])
		}
	}
}

func TestRealFootage(t *testing.T) {
	start := raw.Now() // the film plays from when it is opened
	s := open(t, File(vtest), 1280, 720, 30)
	f := raw.New(1280, 720)
	for range 4 {
		read(t, s, f)
	}
	if d := raw.Now() - start; d < 230*time.Millisecond {
		t.Errorf("three gaps of a tenth of a second took %v", d)
	}
	if f.SensorWidth != 768 || f.SensorHeight != 576 {
		t.Errorf("the file's size is given as %dx%d", f.SensorWidth, f.SensorHeight)
	}
}

func TestBadFiles(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.avi")
	if err := os.WriteFile(text, []byte(strings.Repeat("this is no video\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "empty.mp4")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(film(t, 320, 240, 3, 25))
	if err != nil {
		t.Fatal(err)
	}
	head := filepath.Join(dir, "head.avi")
	if err := os.WriteFile(head, whole[:600], 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, path string }{
		{"missing", filepath.Join(dir, "none.avi")}, {"a folder", dir}, {"text", text}, {"empty", empty}, {"cut off", head},
	} {
		s, err := camera.Open(File(c.path), 320, 240, 30)
		if err == nil {
			err = s.Read(context.Background(), raw.New(320, 240))
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.path) {
			t.Errorf("%s: %v", c.name, err)
		}
		if c.name == "missing" && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the cause is not wrapped: %v", err)
		}
	}
}

// A file that vanishes while it plays ends in an error, and no old frame is given for a new one.
func TestFileVanishes(t *testing.T) {
	path := film(t, 320, 240, 3, 30)
	s := open(t, File(path), 320, 240, 30)
	f := raw.New(320, 240)
	read(t, s, f)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	var err error
	for range 10 {
		if err = s.Read(context.Background(), f); err != nil {
			break
		}
	}
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the end is %v", err)
	}
	if err := s.Read(context.Background(), f); err == nil {
		t.Error("it goes on after an error")
	}
}

func TestReadEndsWithTheContext(t *testing.T) {
	s := open(t, File(film(t, 320, 240, 3, 1)), 320, 240, 30)
	f := raw.New(320, 240)
	read(t, s, f)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := s.Read(ctx, f); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

func TestBadDevices(t *testing.T) {
	file := filepath.Join(t.TempDir(), "video0")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, src := range []camera.Source{
		V4L2("/dev/video-none"), V4L2(file), V4L2("/dev/null"),
	} {
		s, err := camera.Open(src, 320, 240, 30)
		if err == nil {
			s.Close()
			t.Errorf("%v was opened", src)
		} else if errors.Unwrap(err) == nil && !strings.Contains(err.Error(), "no camera") {
			t.Errorf("%v: no cause in %v", src, err)
		}
	}
}

// Each of a capture's raw forms lands in the same planes.
func TestForms(t *testing.T) {
	const w, h = 64, 48
	want := raw.New(w, h)
	m := picture(w, h, 8)
	defer m.Close()
	yuv := gocv.NewMat()
	defer yuv.Close()
	gocv.CvtColor(m, &yuv, gocv.ColorBGRToYUVI420)
	planar := yuv.ToBytes()
	want.FromI420(planar)
	interleaved, packed := append([]byte(nil), planar[:w*h]...), make([]byte, 0, w*h*2)
	for i := range want.Cb {
		interleaved = append(interleaved, want.Cb[i], want.Cr[i])
	}
	for y := range h {
		for x := 0; x < w; x += 2 {
			c := y/2*w/2 + x/2
			packed = append(packed, want.Y[y*w+x], want.Cb[c], want.Y[y*w+x+1], want.Cr[c])
		}
	}
	for _, c := range []struct {
		name   string
		planar layout
		rows   int
		mt     gocv.MatType
		data   []byte
	}{
		{"BGR", i420, h, gocv.MatTypeCV8UC3, m.ToBytes()},
		{"I420", i420, h * 3 / 2, gocv.MatTypeCV8UC1, planar},
		{"NV12", nv12, h * 3 / 2, gocv.MatTypeCV8UC1, interleaved},
		{"YUYV", nv12, h, gocv.MatTypeCV8UC2, packed},
	} {
		for _, size := range [][2]int{{w, h}, {2 * w, 2 * h}} { // as it is, and scaled over BGR
			mat, err := gocv.NewMatFromBytes(c.rows, w, c.mt, c.data)
			if err != nil {
				t.Fatal(err)
			}
			r := &reader{planar: c.planar, rows: h, frame: mat, colour: gocv.NewMat(), scaled: gocv.NewMat(), yuv: gocv.NewMat()}
			got := raw.New(size[0], size[1])
			if err := r.put(got); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			for _, at := range [][2]int{{1, 1}, {3, 3}, {1, 3}} {
				x, y := got.Width*at[0]/4, got.Height*at[1]/4
				if a, b := luma(got, x, y), luma(want, w*at[0]/4, h*at[1]/4); a < b-3 || a > b+3 {
					t.Errorf("%s at %v: luma %d at %v, want %d", c.name, size, a, at, b)
				}
				a, b := got.Cr[y/2*got.Width/2+x/2], want.Cr[h*at[1]/8*w/2+w*at[0]/8]
				if int(a) < int(b)-4 || int(a) > int(b)+4 {
					t.Errorf("%s at %v: Cr %d at %v, want %d", c.name, size, a, at, b)
				}
			}
			for _, m := range []*gocv.Mat{&r.frame, &r.colour, &r.scaled, &r.yuv} {
				m.Close()
			}
		}
	}
}

func TestCover(t *testing.T) {
	for _, c := range []struct {
		size, want image.Point
		cut        image.Rectangle
	}{
		{image.Pt(640, 480), image.Pt(1280, 720), image.Rect(0, 60, 640, 420)},
		{image.Pt(1280, 720), image.Pt(640, 480), image.Rect(160, 0, 1120, 720)},
		{image.Pt(640, 480), image.Pt(320, 240), image.Rect(0, 0, 640, 480)},
		{image.Pt(2, 2), image.Pt(1920, 1080), image.Rect(0, 0, 2, 1)},
	} {
		if got := cover(c.size, c.want); got != c.cut {
			t.Errorf("%v to %v: %v, want %v", c.size, c.want, got, c.cut)
		}
	}
}

// GStreamer pipelines in the forms that cameras give, at the size asked for and at another, and their end.
func TestPipelines(t *testing.T) {
	haveGStreamer(t)
	for _, format := range []string{"NV12", "I420", "YUY2", "BGR"} {
		for _, size := range [][2]int{{320, 240}, {640, 480}} {
			s, err := camera.Open(pipeline(t, fmt.Sprintf("videotestsrc num-buffers=5 pattern=red ! video/x-raw,width=320,height=240,framerate=30/1,format=%s", format)), size[0], size[1], 30)
			if err != nil {
				t.Errorf("%s: %v", format, err)
				continue
			}
			f := raw.New(size[0], size[1])
			n := 0
			for err = s.Read(context.Background(), f); err == nil; err = s.Read(context.Background(), f) {
				n++
				if y, cb, cr := luma(f, 100, 100), int(f.Cb[40*f.Width/2+50]), int(f.Cr[40*f.Width/2+50]); y < 76 || y > 86 || cb < 85 || cb > 96 || cr < 235 {
					t.Errorf("%s at %v: red came as %d %d %d", format, size, y, cb, cr)
				}
				if f.SensorWidth != 320 || f.SensorHeight != 240 {
					t.Errorf("%s: the camera's size is given as %dx%d", format, f.SensorWidth, f.SensorHeight)
				}
				if age := raw.Now() - f.At; age < 0 || age > 5*time.Second {
					t.Errorf("%s: taken %v ago", format, age)
				}
			}
			if n == 0 || !errors.Is(err, raw.ErrEnded) {
				t.Errorf("%s: %d frames and then %v", format, n, err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
