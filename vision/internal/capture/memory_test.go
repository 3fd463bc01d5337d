package capture

import (
	"testing"

	"gocv.io/x/gocv"

	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/raw/rawtest"
)

// What OpenCV has of a frame is locked and in no core dump, like the frame itself, whatever way it comes: as it is, scaled, and as a
// JPEG that is decoded here.
func TestMatsAreKept(t *testing.T) {
	path := film(t, 640, 480, 4, 100)
	for _, c := range []struct {
		name string
		d    *device
		w, h int
		mats int // in use
	}{
		{"as it is", decoded(t, path), 640, 480, 2},
		{"scaled", decoded(t, path), 960, 720, 3},
		{"a JPEG", undecoded(t, path), 640, 480, 1},
	} {
		arena := &raw.Arena{}
		f := arena.Frame(c.w, c.h)
		for round := range 2 {
			read(t, c.d, f)
			n := 0
			for _, m := range c.d.mats() {
				if m.Empty() {
					continue
				}
				mem, err := m.DataPtrUint8()
				if err != nil {
					t.Fatal(err)
				}
				n++
				for _, at := range [][]byte{mem, mem[len(mem)/2:], mem[len(mem)-1:]} {
					got := rawtest.Of(t, at)
					if !got.Has("dd") || got.Has("lo") != (arena.Loose() == nil) {
						t.Errorf("%s, frame %d: one of %d bytes is %v, and %v", c.name, round+1, len(mem), got, arena.Loose())
					}
				}
			}
			if n != c.mats {
				t.Errorf("%s: %d Mats are in use, want %d", c.name, n, c.mats)
			}
		}
		if err := arena.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Where what OpenCV has cannot be locked, the arena of the frames says so: theirs is here within the limit, and its not.
func TestMatsThatCannotBeLocked(t *testing.T) {
	arena := &raw.Arena{}
	defer arena.Close()
	f := arena.Frame(320, 240)
	if err := arena.Loose(); err != nil {
		t.Skip(err)
	}
	rawtest.LockNoMore(t)
	read(t, open(t, File(film(t, 320, 240, 2, 25)), 320, 240, 25), f)
	if arena.Loose() == nil {
		t.Error("it does not say that OpenCV's memory is not locked")
	}
}

// A running camera allocates nothing in Go's heap. A film's own wait for its time does.
func TestNoGarbage(t *testing.T) {
	path := film(t, 640, 480, 10, 25)
	for _, c := range []struct {
		name string
		d    *device
		w, h int
	}{
		{"as it is", decoded(t, path), 640, 480},
		{"scaled", decoded(t, path), 960, 720},
		{"a JPEG", undecoded(t, path), 640, 480},
	} {
		arena := &raw.Arena{}
		f := arena.Frame(c.w, c.h)
		read(t, c.d, f)
		if n := testing.AllocsPerRun(5, func() { read(t, c.d, f) }); n > 0 {
			t.Errorf("%s: %v allocations a frame", c.name, n)
		}
		if err := arena.Close(); err != nil {
			t.Error(err)
		}
	}
}

// decoded is a device that gives a film's pictures without waiting for their time.
func decoded(t *testing.T, path string) *device {
	t.Helper()
	c, err := openCapture(path, gocv.VideoCaptureFFmpeg)
	if err != nil {
		t.Fatal(err)
	}
	d := &device{reader: newReader(c, i420), lost: raw.ErrEnded}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}
