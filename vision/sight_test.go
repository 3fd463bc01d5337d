package vision

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vestibule/vision/internal/camera"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/redact"
	"vestibule/vision/internal/sealed"
	"vestibule/vision/internal/zone"
)

var small = Size{320, 240}

func polygon(xy ...int) []Point {
	var out []Point
	for i := 0; i < len(xy); i += 2 {
		out = append(out, Point{X: xy[i], Y: xy[i+1]})
	}
	return out
}

func doorPlan(mode Mode) Plan {
	return Plan{
		Zones: [][]Point{polygon(2000, 1000, 8000, 1000, 8000, 9000, 2000, 9000)},
		Lamp:  Box{Min: Point{X: 4000, Y: 4000}, Max: Point{X: 6000, Y: 6000}}, Mode: mode, Nonce: [16]byte{1},
	}
}

// play is a camera for tests: it does one thing after another, one each 33 ms.
type play struct {
	clock  func() time.Duration
	seq    uint64
	acts   []act
	closed int
}

// noisy is a pixel in doorPlan's zone, where the lamp is not.
const noisy = 40*320 + 80

// act writes a frame, or says why not. It may sleep.
type act func(p *play, f *raw.Frame) error

func good(luma byte) act {
	return func(p *play, f *raw.Frame) error {
		for i := range f.Y {
			f.Y[i] = luma
		}
		p.seq++
		f.Y[0], f.Y[noisy] = byte(p.seq), byte(p.seq) // noise, beside the zone and in it
		f.Seq, f.At = p.seq, p.clock()
		return nil
	}
}

func fails(*play, *raw.Frame) error { return errors.New("the cable is out") }

func times(n int, a act) []act {
	var out []act
	for range n {
		out = append(out, a)
	}
	return out
}

func (p *play) Read(ctx context.Context, f *raw.Frame) error {
	select {
	case <-time.After(33 * time.Millisecond):
	case <-ctx.Done():
		return ctx.Err()
	}
	if len(p.acts) == 0 {
		<-ctx.Done()
		return ctx.Err()
	}
	a := p.acts[0]
	p.acts = p.acts[1:]
	return a(p, f)
}

func (p *play) Close() error { p.closed++; return nil }

// stage runs a test in fake time with a camera that plays the acts, each list in a newly opened one.
func stage(t *testing.T, plan Plan, do func(t *testing.T, s *Sight), rounds ...[]act) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		clock := func() time.Duration { return time.Since(began) + time.Hour }
		p := &play{clock: clock}
		opened := 0
		src := camera.New("a play", func(width, height, fps int) (raw.Source, error) {
			if size := (Size{width, height}); size != small || fps != 30 {
				return nil, fmt.Errorf("asked for %v at %d", size, fps)
			}
			if opened == len(rounds) {
				return nil, errors.New("the play is over")
			}
			p.acts = rounds[opened]
			opened++
			return p, nil
		})
		s, err := open(src, small, 30, plan, clock)
		if err != nil {
			t.Fatal(err)
		}
		do(t, s)
		if err := s.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
		if p.closed != opened {
			t.Errorf("the camera was opened %d times and closed %d times", opened, p.closed)
		}
	})
}

func next(t *testing.T, s *Sight) (Redacted, Look) {
	t.Helper()
	r, l, err := s.Next(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if !r.Valid() || r.Size() != small || r.Glass() != l.Glass {
		t.Fatalf("a picture of %v, valid %v, %q and %q", r.Size(), r.Valid(), r.Glass(), l.Glass)
	}
	return r, l
}

// until calls Next until the reason changes to want, and returns how long after the picture before.
func until(t *testing.T, s *Sight, want Reason) (time.Duration, Redacted, Look) {
	t.Helper()
	last := time.Now()
	for range 1000 {
		r, l := next(t, s)
		if l.Glass == want {
			return time.Since(last), r, l
		}
		last = time.Now()
	}
	t.Errorf("%q did not come", want)
	return 0, Redacted{}, Look{}
}

// isGlass fails if the picture's middle, which is zone, has the camera's luma.
func isGlass(t *testing.T, r Redacted, luma byte) {
	t.Helper()
	y, _, _ := sealed.Planes(r.Sealed())
	n := 0
	for row := 60; row < 180; row++ {
		for col := 100; col < 220; col++ {
			if y[row*small.Width+col] == luma {
				n++
			}
		}
	}
	if n > 120*120/4 {
		t.Errorf("%d of %d pixels of the glass have the camera's luma", n, 120*120)
	}
}

func TestPictures(t *testing.T) {
	for _, mode := range []Mode{Blur, Frosted} {
		stage(t, doorPlan(mode), func(t *testing.T, s *Sight) {
			var last Look
			for range 20 {
				r, l := next(t, s)
				if l.Glass != "" || l.Frame <= last.Frame || l.At <= last.At || l.Lamp != 90*256 {
					t.Fatalf("%+v after %+v", l, last)
				}
				if l.Colour != 0 || l.Shadow != 0 {
					t.Errorf("%s: %d bytes of colour and %d of shadow", mode, l.Colour, l.Shadow)
				}
				y, cb, cr := sealed.Planes(r.Sealed())
				if len(y) != 320*240 || len(cb) != 160*120 || len(cr) != 160*120 {
					t.Fatal("planes of a wrong size")
				}
				if y[120*320+160] != 90 {
					t.Error("the zone is not shown")
				}
				last = l
			}
			if err := s.Trouble(); err != nil {
				t.Error(err)
			}
		}, times(30, good(90)))
	}
}

// Without a zone that can be used nothing is shown and the camera is not even opened.
func TestZones(t *testing.T) {
	triangle := polygon(1000, 1000, 3000, 1000, 3000, 5000)
	for _, c := range []struct {
		name  string
		zones [][]Point
		want  Reason
	}{
		{"none", nil, ZoneMissing},
		{"empty", [][]Point{{}}, ZoneMissing},
		{"two corners", [][]Point{polygon(0, 0, 5000, 5000)}, ZoneInvalid},
		{"crossing", [][]Point{polygon(1000, 1000, 5000, 5000, 5000, 1000, 1000, 5000)}, ZoneInvalid},
		{"one of two crossing", [][]Point{triangle, polygon(1000, 1000, 5000, 5000, 5000, 1000, 1000, 5000)}, ZoneInvalid},
		{"five", [][]Point{triangle, triangle, triangle, triangle, triangle}, ZoneInvalid},
		{"all of it", [][]Point{polygon(0, 0, 10000, 0, 10000, 10000, 0, 10000)}, ZoneTooLarge},
		{"too much together", [][]Point{polygon(0, 0, 10000, 0, 10000, 4000, 0, 4000), polygon(0, 5000, 10000, 5000, 10000, 9000, 0, 9000)}, ZoneTooLarge},
	} {
		plan := doorPlan(Blur)
		plan.Zones = c.zones
		stage(t, plan, func(t *testing.T, s *Sight) {
			start := time.Now()
			for range 10 {
				r, l := next(t, s)
				if l.Glass != c.want || l.Colour != 0 || l.Lamp != 0 {
					t.Fatalf("%s: %+v, want %s", c.name, l, c.want)
				}
				isGlass(t, r, 90)
			}
			if d := time.Since(start); d > 2*time.Second || d < 500*time.Millisecond {
				t.Errorf("%s: ten pictures took %v", c.name, d)
			}
			if s.Trouble() == nil {
				t.Errorf("%s: no cause", c.name)
			}
		}, times(5, good(90))) // would be opened once if it were; stage counts
	}
}

// What the owner signed as large is shown, all of the picture if need be.
func TestLargeZone(t *testing.T) {
	plan := doorPlan(Frosted)
	plan.Zones, plan.Large = [][]Point{polygon(0, 0, 10000, 0, 10000, 10000, 0, 10000)}, true
	stage(t, plan, func(t *testing.T, s *Sight) {
		r, l := next(t, s)
		if y, _, _ := sealed.Planes(r.Sealed()); l.Glass != "" || y[0] != 1 || y[len(y)-1] != 90 {
			t.Errorf("%+v", l)
		}
	}, times(5, good(90)))
}

// A reader that is slow gets the newest frame and a gap in the numbers; one that slept for long, too.
func TestSlowReader(t *testing.T) {
	stage(t, doorPlan(Blur), func(t *testing.T, s *Sight) {
		_, a := next(t, s)
		time.Sleep(1010 * time.Millisecond)
		_, b := next(t, s)
		if b.Glass != "" || b.Frame < a.Frame+25 || b.Frame > a.Frame+35 {
			t.Errorf("frame %d after %d, %q", b.Frame, a.Frame, b.Glass)
		}
	}, times(100, good(90)))
}

// A reopened camera keeps the delivery's tint: the interior is spent once.
func TestTintOutlivesTheCamera(t *testing.T) {
	stage(t, doorPlan(Blur), func(t *testing.T, s *Sight) {
		next(t, s)
		s.Settle(Tint{9, 9, 9})
		_, r, _ := until(t, s, CameraFailed)
		y, _, _ := sealed.Planes(r.Sealed())
		before := bytes.Clone(y)
		until(t, s, "")
		_, r, l := until(t, s, CameraFailed)
		y, _, _ = sealed.Planes(r.Sealed())
		if !bytes.Equal(y, before) || l.Colour != 216 {
			t.Errorf("the glass has changed, %d bytes are spent", l.Colour)
		}
	}, append(times(3, good(90)), fails), append(times(3, good(200)), fails))
}

// breaking panics on the third frame.
type breaking struct {
	*redact.Redactor
	n int
}

func (b *breaking) Compose(f *raw.Frame) *redact.Picture {
	p := b.Redactor.Compose(f)
	if b.n++; b.n == 3 {
		panic("index out of range")
	}
	return p
}

func TestRedactorBreaksDown(t *testing.T) {
	stage(t, doorPlan(Frosted), func(t *testing.T, s *Sight) {
		s.red = &breaking{Redactor: s.red.(*redact.Redactor)}
		for n := range 5 {
			r, l := next(t, s)
			want := Reason("")
			if n == 2 {
				want = RedactorFailed
				isGlass(t, r, 90)
				if err := s.Trouble(); err == nil || !strings.Contains(err.Error(), "index") {
					t.Errorf("the cause is %v", err)
				}
			}
			if l.Glass != want {
				t.Errorf("picture %d: %q, want %q", n, l.Glass, want)
			}
		}
	}, times(30, good(90)))
}

// Memory that is used again is no longer Valid, and then gives no planes.
func TestOldPicturesEnd(t *testing.T) {
	stage(t, doorPlan(Blur), func(t *testing.T, s *Sight) {
		r, _ := next(t, s)
		next(t, s)
		next(t, s)
		if !r.Valid() {
			t.Error("a picture ended too soon")
		}
		next(t, s)
		if y, _, _ := sealed.Planes(r.Sealed()); r.Valid() || y != nil {
			t.Error("a picture whose memory is used again is still valid")
		}
	}, times(30, good(90)))
	if (Redacted{}).Valid() || (Redacted{}).Size() != (Size{}) {
		t.Error("the zero value is a picture")
	}
	if y, cb, cr := sealed.Planes(Redacted{}.Sealed()); y != nil || cb != nil || cr != nil {
		t.Error("the zero value has planes")
	}
}

func TestNextEnds(t *testing.T) {
	stage(t, doorPlan(Blur), func(t *testing.T, s *Sight) {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
		defer cancel()
		if r, _, err := s.Next(ctx); !errors.Is(err, context.DeadlineExceeded) || r.Valid() {
			t.Errorf("%v", err)
		}
		next(t, s)
		done := make(chan error)
		go func() {
			for {
				if _, _, err := s.Next(context.Background()); err != nil {
					done <- err
					return
				}
			}
		}()
		time.Sleep(100 * time.Millisecond)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; !errors.Is(err, ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
		if _, _, err := s.Next(context.Background()); !errors.Is(err, ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
		for _, f := range []*raw.Frame{s.taken, s.cam.waiting, s.cam.writing} {
			if f != nil {
				t.Error("a raw frame is left in memory")
			}
		}
	}, times(100, good(90)))
}

func TestOpenRefuses(t *testing.T) {
	src := camera.New("never", func(_, _, _ int) (raw.Source, error) { return nil, errors.New("never") })
	for _, c := range []struct {
		name string
		src  Source
		size Size
		fps  int
		mode Mode
	}{
		{"no source", Source{}, small, 30, Blur},
		{"odd width", src, Size{641, 480}, 30, Blur},
		{"odd height", src, Size{640, 481}, 30, Blur},
		{"too small", src, Size{318, 240}, 30, Blur},
		{"too low", src, Size{320, 238}, 30, Blur},
		{"too large", src, Size{1922, 1080}, 30, Blur},
		{"too high", src, Size{1920, 1082}, 30, Blur},
		{"nothing", src, Size{}, 30, Blur},
		{"negative", src, Size{-640, -480}, 30, Blur},
		{"huge", src, Size{1 << 40, 1 << 40}, 30, Blur},
		{"no rate", src, small, 0, Blur},
		{"too fast", src, small, 61, Blur},
		{"no mode", src, small, 30, ""},
		{"unknown mode", src, small, 30, "mosaic"},
	} {
		if s, err := Open(c.src, c.size, c.fps, doorPlan(c.mode)); err == nil || s != nil {
			t.Errorf("%s was taken", c.name)
		}
	}
	for _, size := range []Size{{320, 240}, {640, 480}, {1280, 720}, {1920, 1080}, {1080, 1920}, {482, 322}} {
		if err := size.Check(); err != nil {
			t.Error(err)
		}
	}
}

func TestParseSource(t *testing.T) {
	for _, text := range []string{"", "file", "file:", "file: ", "scene", "v4l2:", "gst:", "http://example.org/x", ":x", "FILE:x"} {
		if src, err := ParseSource(text); err == nil || src.Set() {
			t.Errorf("%q was taken", text)
		}
	}
	for _, text := range []string{"file:/tmp/a:b.avi", "v4l2:/dev/video0", "gst:videotestsrc ! appsink"} {
		src, err := ParseSource(text)
		if err != nil || src.String() != text || !src.Set() {
			t.Errorf("%q: %v, %v", text, src, err)
		}
	}
}

// BenchmarkNext counts what a picture allocates from end to end.
func BenchmarkNext(b *testing.B) {
	src := camera.New("endless", func(_, _, _ int) (raw.Source, error) { return &endless{}, nil })
	s, err := Open(src, Size{1280, 720}, 30, doorPlan(Blur))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := s.Next(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

type endless struct{ seq uint64 }

func (e *endless) Read(_ context.Context, f *raw.Frame) error {
	e.seq++
	f.Y[0] = byte(e.seq)
	f.Seq, f.At = e.seq, raw.Now()
	return nil
}
func (e *endless) Close() error { return nil }

func BenchmarkFrozen(b *testing.B) {
	shown, err := zone.Shrink(doorPlan(Frosted).Zones, false, 1280, 720)
	if err != nil {
		b.Fatal(err)
	}
	r := newReader(Source{}, Size{1280, 720}, 30, shown, "")
	for b.Loop() {
		r.frozen.Look(r.writing)
	}
}
