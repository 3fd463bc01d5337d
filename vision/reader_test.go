package vision

import (
	"slices"
	"strings"
	"testing"
	"time"

	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/sealed"
)

// Each way for a camera to freeze while frames keep coming shows as stalled within a second, says what it is, and
// ends when the camera sees again.
func TestFrozenCameras(t *testing.T) {
	var kept []*raw.Frame // the last pictures of the camera
	live := func(p *play, f *raw.Frame) error {
		err := good(90)(p, f)
		kept = append(kept, &raw.Frame{Y: slices.Clone(f.Y), Seq: f.Seq, At: f.At})
		return err
	}
	// stuck gives a new frame, and of the kept ones in turn what take takes.
	stuck := func(n int, take func(f, old *raw.Frame)) func() []act {
		return func() []act {
			k := 0
			return times(90, func(p *play, f *raw.Frame) error {
				err := good(90)(p, f)
				take(f, kept[len(kept)-n+k%n])
				k++
				return err
			})
		}
	}
	number := func(f, old *raw.Frame) { f.Seq = old.Seq }
	stamp := func(f, old *raw.Frame) { f.At = old.At }
	picture := func(f, old *raw.Frame) { copy(f.Y, old.Y) }
	all := func(f, old *raw.Frame) { number(f, old); stamp(f, old); picture(f, old) }
	for _, c := range []struct {
		name  string
		acts  func() []act
		cause string
	}{
		{"the number stands still", stuck(1, number), "numbers or their times"},
		{"numbers repeat", stuck(4, number), "numbers or their times"},
		{"the time stands still", stuck(1, stamp), "numbers or their times"},
		{"times repeat", stuck(3, stamp), "numbers or their times"},
		{"the picture stands still", stuck(1, picture), "no picture is another"},
		{"two pictures repeat", stuck(2, picture), "the same 2 pictures"},
		{"eight pictures repeat", stuck(8, picture), "the same 8 pictures"},
		{"four frames repeat in all", stuck(4, all), "numbers or their times"},
	} {
		t.Run(c.name, func(t *testing.T) {
			kept = nil
			// What the camera does depends on what it has done, so it is made when it comes to that.
			var trick []act
			acts := append(times(20, live), times(90, func(p *play, f *raw.Frame) error {
				if trick == nil {
					trick = c.acts()
				}
				a := trick[0]
				trick = trick[1:]
				return a(p, f)
			})...)
			stage(t, doorPlan(Frosted), func(t *testing.T, s *Sight) {
				for range 20 {
					if _, l := next(t, s); l.Glass != "" {
						t.Fatalf("glass before anything has happened: %s", l.Glass)
					}
				}
				turn := time.Now()
				_, r, _ := until(t, s, CameraStalled)
				if d := time.Since(turn); d > time.Second {
					t.Errorf("stalled after %v", d)
				}
				isGlass(t, r, 90)
				if err := s.Trouble(); err == nil || !strings.Contains(err.Error(), c.cause) {
					t.Errorf("the cause is %v, want %q", err, c.cause)
				}
				// It stays so until the camera sees again.
				for time.Since(turn) < 2500*time.Millisecond {
					if _, l := next(t, s); l.Glass != CameraStalled {
						t.Fatalf("%q after %v", l.Glass, time.Since(turn))
					}
				}
				until(t, s, "")
				if d := time.Since(turn); d > 90*33*time.Millisecond+200*time.Millisecond {
					t.Errorf("back %v after the freeze, which took 90 frames", d)
				}
				if err := s.Trouble(); err != nil {
					t.Errorf("trouble is left: %v", err)
				}
			}, append(acts, times(20, good(90))...))
		})
	}
}

// A camera that stutters, or whose clock is set, is not frozen.
func TestStutter(t *testing.T) {
	set := func(by time.Duration) act {
		return func(p *play, f *raw.Frame) error { err := good(90)(p, f); f.At += by; return err }
	}
	twice := func(p *play, f *raw.Frame) error {
		err := good(90)(p, f)
		p.seq--
		f.Seq--
		f.At -= 33 * time.Millisecond
		return err
	}
	for _, c := range []struct {
		name   string
		acts   []act
		glass  bool // for a moment
		within time.Duration
	}{
		{"every third frame comes twice", slices.Repeat([]act{good(90), good(90), twice}, 40), false, 0},
		{"one time is an hour ahead", append([]act{set(time.Hour)}, times(60, good(90))...), false, 0},
		{"times are set back for a moment", append(times(20, set(-2*time.Second)), times(60, good(90))...), true, time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			stage(t, doorPlan(Frosted), func(t *testing.T, s *Sight) {
				turn, last := time.Now(), time.Time{}
				for time.Since(turn) < 2*time.Second {
					if _, l := next(t, s); l.Glass != "" {
						last = time.Now()
						if !c.glass {
							t.Fatalf("%s after %v", l.Glass, last.Sub(turn))
						}
					}
				}
				if c.glass && last.Sub(turn) > 10*33*time.Millisecond+c.within {
					t.Errorf("glass until %v", last.Sub(turn))
				}
			}, append(times(10, good(90)), c.acts...))
		})
	}
}

// In the mode Frosted and without a shadow two homes that differ only inside give the same pictures, also where the
// doorway of both is the same to the bit: dark at night, or what a frozen camera shows.
func TestFrozenIsNotToldByTheInterior(t *testing.T) {
	look := func(luma byte, restless bool) (reasons []Reason, pictures [][]byte) {
		home := func(p *play, f *raw.Frame) error {
			err := good(luma)(p, f)
			f.Y[noisy] = luma
			f.Y[0] = luma
			if restless {
				f.Y[0] = byte(p.seq)
			}
			return err
		}
		stage(t, doorPlan(Frosted), func(t *testing.T, s *Sight) {
			for range 40 {
				r, l := next(t, s)
				y, _, _ := sealed.Planes(r.Sealed())
				reasons, pictures = append(reasons, l.Glass), append(pictures, slices.Clone(y))
			}
		}, times(80, home))
		return reasons, pictures
	}
	for luma, frozen := range map[byte]bool{16: false, 90: true} {
		g1, p1 := look(luma, false)
		g2, p2 := look(luma, true)
		for i := range g1 {
			if g1[i] != g2[i] || !slices.Equal(p1[i], p2[i]) {
				t.Fatalf("luma %d, picture %d: %q and %q, the same bytes: %v", luma, i, g1[i], g2[i], slices.Equal(p1[i], p2[i]))
			}
		}
		if got := g1[len(g1)-1] == CameraStalled; got != frozen {
			t.Errorf("luma %d: at last %q", luma, g1[len(g1)-1])
		}
	}
}
