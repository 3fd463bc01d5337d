package capture

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gocv.io/x/gocv"

	"vestibule/vision/internal/raw"
)

// undecoded is a device that gives the JPEGs of a film as they are, as a camera's MJPEG comes.
func undecoded(t *testing.T, path string) *device {
	t.Helper()
	c, err := openCapture(path, gocv.VideoCaptureFFmpeg)
	if err != nil {
		t.Fatal(err)
	}
	c.Set(gocv.VideoCaptureFormat, -1)
	d := &device{reader: newReader(c, nv12), lost: raw.ErrEnded}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// spoil overwrites the picture data of some of a film's frames: 00dc is the chunk that holds one.
func spoil(t *testing.T, path string, which func(n int) bool) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for at := bytes.Index(b, []byte("movi")); at >= 0 && at+8 < len(b); {
		next := bytes.Index(b[at+4:], []byte("00dc"))
		if next < 0 {
			break
		}
		at += 4 + next
		size := int(binary.LittleEndian.Uint32(b[at+4:]))
		if at+8+size > len(b) {
			break // the index at the file's end names them again
		}
		if size > 400 && which(n) {
			clear(b[at+8+size/2 : at+8+size]) // its second half never arrived
		}
		n++
		at += 4
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A camera's JPEGs become frames, and are the pictures that OpenCV finds in them.
func TestMJPEG(t *testing.T) {
	path := film(t, 320, 240, 6, 25)
	d := undecoded(t, path)
	got, want := raw.New(320, 240), raw.New(320, 240)
	s := open(t, File(path), 320, 240, 25)
	for n := range 6 {
		read(t, d, got)
		read(t, s, want)
		if got.Seq != uint64(n+1) || got.SensorWidth != 320 || got.SensorHeight != 240 {
			t.Errorf("frame %d: number %d of %dx%d", n, got.Seq, got.SensorWidth, got.SensorHeight)
		}
		for _, at := range [][2]int{{10, 10}, {80, 120}, {240, 60}, {300, 200}} {
			if a, b := luma(got, at[0], at[1]), luma(want, at[0], at[1]); a < b-2 || a > b+2 {
				t.Errorf("frame %d at %v: luma %d, want %d", n, at, a, b)
			}
			c := at[1]/2*160 + at[0]/2
			if a, b := int(got.Cr[c]), int(want.Cr[c]); a < b-3 || a > b+3 {
				t.Errorf("frame %d at %v: Cr %d, want %d", n, at, a, b)
			}
		}
	}
	if err := d.Read(context.Background(), got); !errors.Is(err, raw.ErrEnded) {
		t.Errorf("at the end: %v", err)
	}
}

// Broken pictures are left out; too many in a row are a fault of the camera's.
func TestBrokenMJPEG(t *testing.T) {
	path := film(t, 320, 240, 12, 25)
	spoil(t, path, func(n int) bool { return n == 1 || n == 2 || n == 7 })
	d := undecoded(t, path)
	f := raw.New(320, 240)
	for _, n := range []int{0, 3, 4, 5, 6, 8, 9, 10, 11} {
		read(t, d, f)
		if want := 16 + (40+10*n)*219/255; luma(f, 240, 120) < want-4 || luma(f, 240, 120) > want+4 {
			t.Errorf("luma %d, want %d of frame %d", luma(f, 240, 120), want, n)
		}
		if f.Seq != uint64(n+1) {
			t.Errorf("frame %d has the number %d", n, f.Seq)
		}
	}

	path = film(t, 320, 240, 2*mostBroken, 25)
	spoil(t, path, func(n int) bool { return n > 0 && n <= mostBroken })
	d = undecoded(t, path)
	read(t, d, f)
	if err := d.Read(context.Background(), f); !errors.Is(err, errBroken) || errors.Is(err, raw.ErrEnded) {
		t.Errorf("after %d broken pictures: %v", mostBroken, err)
	}
}

// JPEGs of another size than the zone was signed for say so at once.
func TestMJPEGOfAnotherSize(t *testing.T) {
	d := undecoded(t, film(t, 320, 240, 2, 25))
	if err := d.Read(context.Background(), raw.New(640, 480)); !errors.Is(err, raw.ErrResized) {
		t.Errorf("%v", err)
	}
}

// What the first frame says of the driver's clock holds for all that follow.
func TestTimeStamps(t *testing.T) {
	const opened = time.Hour
	for _, c := range []struct {
		name               string
		first, said, taken time.Duration // of a first frame that came after 1 s, and of one that came after 60 s
	}{
		{"ours, new", time.Second, 59 * time.Second, 59 * time.Second},
		{"ours, 9 s old", time.Second, 51 * time.Second, 51 * time.Second},
		{"ours, 11 s old", time.Second, 49 * time.Second, 49 * time.Second},
		{"ours, the first one again", time.Second, time.Second, time.Second},
		{"ours, before it was opened", time.Second, -time.Hour, -time.Hour},
		{"ours, of the future", time.Second, time.Hour, 60 * time.Second},
		{"none", -opened, -opened, 60 * time.Second},
		{"from the beginning", 1*time.Second - opened, 60*time.Second - opened, 60 * time.Second},
		{"since 1970", 50 * 365 * 24 * time.Hour, 50 * 365 * 24 * time.Hour, 60 * time.Second},
		{"ours only later", -time.Second, 55 * time.Second, 60 * time.Second},
	} {
		s := stamps{opened: opened}
		s.taken(opened+c.first, opened+time.Second)
		if got := s.taken(opened+c.said, opened+60*time.Second); got != opened+c.taken {
			t.Errorf("%s: taken %v after it was opened, want %v", c.name, got-opened, c.taken)
		}
	}
	var none stamps
	if got := none.taken(time.Second, time.Minute); got != time.Minute {
		t.Errorf("a device without stamps: %v", got)
	}
}

// A pipeline that ends in image/jpeg is read the same way.
func TestJPEGPipeline(t *testing.T) {
	haveGStreamer(t)
	m := picture(320, 240, 8)
	defer m.Close()
	b, err := gocv.IMEncode(gocv.JPEGFileExt, m)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	path := filepath.Join(t.TempDir(), "picture.jpg")
	if err := os.WriteFile(path, b.GetBytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, launch("a file", fmt.Sprintf("filesrc location=%s blocksize=%d ! image/jpeg,width=320,height=240,framerate=30/1 ! appsink",
		strings.ReplaceAll(path, " ", `\ `), b.Len())), 320, 240, 30)
	f := raw.New(320, 240)
	read(t, s, f)
	if got, want := luma(f, 240, 120), 16+120*219/255; got < want-3 || got > want+3 {
		t.Errorf("luma %d, want %d", got, want)
	}
}
