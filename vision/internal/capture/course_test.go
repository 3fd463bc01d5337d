package capture

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"vestibule/vision/internal/raw"
)

func TestCourse(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name string
		all  float64
		said []float64
		want []time.Duration // at 25 pictures a second
		off  bool
	}{
		{"even", 4, []float64{0, 40, 80, 120}, []time.Duration{0, 40 * ms, 80 * ms, 120 * ms}, false},
		{"uneven", 10, []float64{0, 40, 200, 360}, []time.Duration{0, 40 * ms, 200 * ms, 360 * ms}, false},
		{"in whole milliseconds", 3, []float64{0, 33, 67}, []time.Duration{0, 33 * ms, 67 * ms}, false},
		{"not from 0", 3, []float64{1400.0000000000002, 1440, 1480}, []time.Duration{0, 40 * ms, 80 * ms}, false},
		{"none", 3, []float64{0, 0, 0}, []time.Duration{0, 40 * ms, 80 * ms}, false},
		{"they begin again", 4, []float64{0, 40, 0, 40}, []time.Duration{0, 40 * ms, 80 * ms, 120 * ms}, false},
		{"one of next year", 4, []float64{0, 40, 3e10, 120}, []time.Duration{0, 40 * ms, 80 * ms, 120 * ms}, false},
		{"of unknown length", 0, []float64{0, 40, 3000}, []time.Duration{0, 40 * ms, 3000 * ms}, false},
		{"of no length", -9e18, []float64{0, 40}, []time.Duration{0, 40 * ms}, false},
		{"cut off", 100, []float64{0, 40, 80}, []time.Duration{0, 40 * ms, 80 * ms}, true},
		{"uneven, and cut off", 100, []float64{0, 40, 2000}, []time.Duration{0, 40 * ms, 2000 * ms}, true},
		{"cut off after none", 100, nil, nil, true},
		{"the last two are missing", 5, []float64{0, 40, 80}, []time.Duration{0, 40 * ms, 80 * ms}, false},
	} {
		course := course{rate: 25, all: c.all}
		var got []time.Duration
		for _, said := range c.said {
			course.next(said)
			got = append(got, course.at)
		}
		if !slices.Equal(got, c.want) || course.brokenOff() != c.off {
			t.Errorf("%s: %v, it breaks off %v", c.name, got, course.brokenOff())
		}
	}
}

// uneven is a film of one second that has 25 pictures a second in its first half and every third of them in its second, in a
// container that does not count them (Matroska). It returns their times as well.
func uneven(t *testing.T) (path string, at []time.Duration) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "uneven.mkv")
	cmd := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=1",
		"-vf", `select=lt(n\,13)+not(mod(n\,3))`, "-fps_mode", "vfr", "-c:v", "mjpeg", path)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		t.Skip(err)
	}
	for n := range 25 {
		if n < 13 || n%3 == 0 {
			at = append(at, time.Duration(n)*40*time.Millisecond)
		}
	}
	return path, at
}

// A whole film of uneven pace is whole, keeps its time, and can be played over and over.
func TestUnevenFilm(t *testing.T) {
	path, want := uneven(t)
	film, err := OpenFilm(path)
	if err != nil {
		t.Fatal(err)
	}
	defer film.Close()
	f := raw.New(320, 240)
	var got []time.Duration
	for film.Read(f) == nil {
		got = append(got, f.At)
	}
	if !slices.Equal(got, want) || film.BrokenOff() != 0 {
		t.Errorf("its pictures are due at %v, want %v; it breaks off: %d", got, want, film.BrokenOff())
	}
	s := open(t, File(path), 320, 240, 25)
	var first time.Duration
	for n := range 2*len(want) + 1 {
		read(t, s, f)
		if n == 0 {
			first = f.At
		}
		due := time.Duration(n/len(want))*(want[len(want)-1]+40*time.Millisecond) + want[n%len(want)]
		if early := first + due - f.At; early > 20*time.Millisecond { // than the first, which may have been late
			t.Errorf("frame %d came %v early", n, early)
		}
	}
	thin := open(t, File(path), 320, 240, 10)
	read(t, thin, f)
	was := f.At
	for range 10 {
		read(t, thin, f)
	}
	if f.At-was < 900*time.Millisecond {
		t.Errorf("of 10 frames a second 11 come within %v", f.At-was)
	}
}

// One that is cut off is not whole.
func TestUnevenFilmCutOff(t *testing.T) {
	path, want := uneven(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	film, err := OpenFilm(path)
	if err != nil {
		t.Fatal(err)
	}
	defer film.Close()
	f, n := raw.New(320, 240), 0
	for film.Read(f) == nil {
		n++
	}
	if n == 0 || n >= len(want) || film.BrokenOff() == 0 {
		t.Errorf("of %d pictures %d come, and it breaks off: %d", len(want), n, film.BrokenOff())
	}
	s := open(t, File(path), 320, 240, 60)
	for err, n = nil, 0; err == nil && n < 2*len(want); n++ {
		err = s.Read(t.Context(), f)
	}
	if err == nil {
		t.Error("it is played over and over")
	}
}
