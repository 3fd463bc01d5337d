package vision

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vestibule/vision/internal/camera"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/sealed"
)

func TestCameraTrouble(t *testing.T) {
	broken := errors.New("the cable is out")
	resized := func(p *play, f *raw.Frame) error { f.SensorWidth, f.SensorHeight = 999, 99; return good(90)(p, f) }
	cut := func(p *play, f *raw.Frame) error { err := good(90)(p, f); f.Width /= 2; return err }
	for _, c := range []struct {
		name   string
		trick  act
		want   Reason
		within time.Duration
		cause  error
	}{
		{"fails", func(*play, *raw.Frame) error { return broken }, CameraFailed, 60 * time.Millisecond, broken},
		{"ends", func(*play, *raw.Frame) error { return fmt.Errorf("over: %w", raw.ErrEnded) }, CameraEnded, 60 * time.Millisecond, raw.ErrEnded},
		{"says that it is resized", func(*play, *raw.Frame) error { return raw.ErrResized }, CameraResized, 60 * time.Millisecond, raw.ErrResized},
		{"sensor resized", resized, CameraResized, 60 * time.Millisecond, raw.ErrResized},
		{"frame resized", cut, CameraResized, 60 * time.Millisecond, raw.ErrResized},
		{"driver breaks down", func(*play, *raw.Frame) error { panic("bad memory") }, CameraFailed, 60 * time.Millisecond, nil},
	} {
		stage(t, doorPlan(Frosted), func(t *testing.T, s *Sight) {
			for range 5 {
				next(t, s)
			}
			d, r, l := until(t, s, c.want)
			if d > c.within {
				t.Errorf("%s: shown as %s after %v", c.name, c.want, d)
			}
			isGlass(t, r, 90)
			if cause := s.Trouble(); cause == nil || c.cause != nil && !errors.Is(cause, c.cause) {
				t.Errorf("%s: the cause is %v", c.name, cause)
			}
			// It is opened again, and shows again.
			frame, start := l.Frame, time.Now()
			_, r, l = until(t, s, "")
			if d := time.Since(start); d > time.Second || l.Frame <= frame {
				t.Errorf("%s: back after %v with frame %d after %d", c.name, d, l.Frame, frame)
			}
			if y, _, _ := sealed.Planes(r.Sealed()); y[120*320+160] != 40 {
				t.Errorf("%s: the picture is not the new camera's", c.name)
			}
			if err := s.Trouble(); err != nil {
				t.Errorf("%s: trouble is left: %v", c.name, err)
			}
		}, append(times(10, good(90)), c.trick), times(10, good(40)))
	}
}

// A camera that never opens gives glass with its reason, at once and then steadily, from the nonce alone.
func TestCameraThatNeverOpens(t *testing.T) {
	stage(t, doorPlan(Blur), func(t *testing.T, s *Sight) {
		start := time.Now()
		for range 50 {
			_, l := next(t, s)
			if l.Glass != CameraFailed || l.Colour != 0 {
				t.Fatalf("%+v", l)
			}
		}
		if d := time.Since(start); d > 10*time.Second || d < 2*time.Second {
			t.Errorf("50 pictures of glass took %v", d)
		}
		if err := s.Trouble(); err == nil || !strings.Contains(err.Error(), "a play") {
			t.Errorf("the cause is %v", err)
		}
	})
}

// Silence, frames given again and frames that are old all show as stalled within half a second.
func TestStalls(t *testing.T) {
	again := func(p *play, f *raw.Frame) error { err := good(90)(p, f); p.seq = 5; f.Seq = 5; return err }
	old := func(p *play, f *raw.Frame) error {
		err := good(90)(p, f)
		f.At -= 600 * time.Millisecond
		return err
	}
	same := func(p *play, f *raw.Frame) error { err := good(90)(p, f); f.Y[noisy] = 5; return err }
	for name, acts := range map[string][]act{
		"silent": nil, "numbers stand still": times(100, again), "late": times(100, old), "frozen": times(100, same),
	} {
		plan := doorPlan(Blur)
		plan.Tint = &Tint{1, 2, 3}
		stage(t, plan, func(t *testing.T, s *Sight) {
			for range 5 {
				next(t, s)
			}
			d, r, _ := until(t, s, CameraStalled)
			if d > 600*time.Millisecond {
				t.Errorf("%s: shown as stalled after %v", name, d)
			}
			isGlass(t, r, 90)
			if s.Trouble() == nil {
				t.Errorf("%s: no cause", name)
			}
			start := time.Now()
			for range 10 {
				_, l := next(t, s)
				if l.Glass != CameraStalled || l.Colour != 216 {
					t.Fatalf("%s: %+v", name, l)
				}
			}
			if d := time.Since(start); d > 2*time.Second {
				t.Errorf("%s: ten pictures of glass took %v", name, d)
			}
		}, append(times(5, good(90)), acts...))
	}
}

// A camera that hangs, in opening or in reading, stops neither Next nor Close.
func TestCameraHangs(t *testing.T) {
	for _, opening := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			hang := make(chan struct{})
			p := &play{clock: func() time.Duration { return time.Since(began) }}
			p.acts = append(times(3, good(90)), func(p *play, f *raw.Frame) error {
				<-hang
				return errors.Join(good(90)(p, f), errors.New("late")) // into memory that is still there
			})
			src := camera.New("hangs", func(_, _, _ int) (raw.Source, error) {
				if opening {
					<-hang
				}
				return p, nil
			})
			s, err := open(src, small, 30, doorPlan(Blur), p.clock)
			if err != nil {
				t.Fatal(err)
			}
			if d, _, _ := until(t, s, CameraStalled); d > 600*time.Millisecond {
				t.Errorf("shown as stalled after %v", d)
			}
			if err := s.Trouble(); err == nil || strings.Contains(err.Error(), "opening") != opening {
				t.Errorf("the cause is %v", err)
			}
			start := time.Now()
			if err := s.Close(); err == nil || time.Since(start) != closeWait {
				t.Errorf("closing took %v: %v", time.Since(start), err)
			}
			if s.cam.writing == nil {
				t.Error("the frame was taken away from a camera that may be writing it")
			}
			close(hang)
			synctest.Wait()
			if p.closed != 1 || s.cam.writing != nil {
				t.Error("the camera was not let go when it came back, or its frames are kept")
			}
		})
	}
}

// The zone is for the cut with which its delivery first showed it, also for a Sight that is opened anew.
func TestAnotherCut(t *testing.T) {
	of := func(w, h int) act {
		return func(p *play, f *raw.Frame) error {
			err := good(90)(p, f)
			f.SensorWidth, f.SensorHeight = w, h
			return err
		}
	}
	plan := doorPlan(Frosted)
	stage(t, plan, func(t *testing.T, s *Sight) {
		for range 10 {
			_, l := next(t, s)
			plan.Cut = l.Cut
		}
	}, times(20, of(1280, 720)))
	if plan.Cut != "1280x720 to 320x240" {
		t.Fatalf("the cut is %q", plan.Cut)
	}
	for _, c := range []struct {
		cut  string
		w, h int
		want Reason
	}{
		{plan.Cut, 1280, 720, ""},
		{plan.Cut, 640, 480, CameraResized},
		{plan.Cut, 720, 1280, CameraResized},
		{plan.Cut, 0, 0, CameraResized},
		{"1280x720 to 640x480", 1280, 720, CameraResized},
		{"damaged", 1280, 720, CameraResized},
		{"", 640, 480, ""},
	} {
		plan.Cut = c.cut
		stage(t, plan, func(t *testing.T, s *Sight) {
			for range 10 {
				r, l := next(t, s)
				if l.Glass != c.want || (l.Cut == "") != (c.want != "") {
					t.Fatalf("%q and %dx%d: %+v", c.cut, c.w, c.h, l)
				}
				if c.want != "" {
					isGlass(t, r, 90)
				}
			}
		}, times(20, of(c.w, c.h)), times(20, of(c.w, c.h)), times(20, of(c.w, c.h)))
	}
}
