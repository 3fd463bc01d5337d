package vision

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/redact"
	"vestibule/vision/internal/sealed"
)

// stands is a watch over how the camera stands that says what it is told to.
type stands struct {
	moved func(n int) bool
	doubt func(n int) bool
	n     int
}

func (s *stands) Look(*raw.Frame) bool {
	s.n++
	return s.moved != nil && s.moved(s.n)
}
func (s *stands) Doubt() bool { return s.doubt != nil && s.doubt(s.n) }

func (s *stands) Reference() ([]byte, error) { return []byte{byte(s.n)}, nil }

// casts gives a shadow for every frame, though no more than two a second may be shown.
type casts struct {
	n, visits int
	trick     func(n int)
	closed    bool
}

func (c *casts) Close() { c.closed = true }

func (c *casts) Look(_ *raw.Frame, underWay bool) (s glass.Shadow, fresh bool) {
	if c.n++; c.trick != nil {
		c.trick(c.n)
	}
	if underWay {
		c.visits++
	}
	for row := 2; row < 8; row++ {
		s.Set(row, 1)
	}
	return s, true
}
func (c *casts) Beyond() int { return c.visits / 10 }

// The glass is the nonce's until the colours are settled; they are offered in every Look, and spent once.
func TestTintIsOfferedAndSettled(t *testing.T) {
	stage(t, doorPlan(Blur), func(t *testing.T, s *Sight) {
		var offer *Tint
		var frosted []byte
		for n := 0; offer == nil; n++ {
			r, l := next(t, s)
			y, _, _ := sealed.Planes(r.Sealed())
			frosted = bytes.Clone(y[:2000])
			if offer = l.Tint; (offer == nil) != (n+1 < redact.Sampled) || l.Colour != 0 {
				t.Fatalf("picture %d: %+v", n, l)
			}
		}
		for range 5 {
			r, l := next(t, s)
			if y, _, _ := sealed.Planes(r.Sealed()); l.Tint == nil || *l.Tint != *offer || l.Colour != 0 || !bytes.Equal(y[:2000], frosted) {
				t.Fatalf("before it is settled: %+v", l)
			}
		}
		stands := *offer // what gate has on disk
		s.Settle(stands)
		s.Settle(Tint{1, 2, 3})
		var blur []byte
		for n := range 5 {
			r, l := next(t, s)
			y, _, _ := sealed.Planes(r.Sealed())
			if l.Tint != nil || l.Colour != 216 || bytes.Equal(y[:2000], frosted) {
				t.Fatalf("after it is settled: %+v", l)
			}
			if n > 0 && !bytes.Equal(y[:2000], blur) {
				t.Fatal("the glass changes")
			}
			blur = bytes.Clone(y[:2000])
		}
	}, times(redact.Sampled+20, good(90)))
}

// When the tint is offered does not tell what the light does.
func TestTintIsOfferedInTime(t *testing.T) {
	look := func(flicker int) (at int, offer Tint) {
		var acts []act
		for i := range redact.Sampled + 20 {
			acts = append(acts, func(p *play, f *raw.Frame) error {
				err := good(90)(p, f)
				if i < flicker && i%2 == 0 {
					for k := range 24 * 320 { // above the zone
						f.Y[k] = 200
					}
				}
				return err
			})
		}
		stage(t, doorPlan(Blur), func(t *testing.T, s *Sight) {
			for l := (Look{}); l.Tint == nil; at++ {
				if _, l = next(t, s); l.Tint != nil {
					offer = *l.Tint
				}
			}
		}, acts)
		return at, offer
	}
	at, offer := look(0)
	for flicker := 3; flicker < redact.Sampled; flicker += 6 {
		if at2, offer2 := look(flicker); at != at2 || offer != offer2 {
			t.Errorf("a flicker of %d frames: the same tint %v, offered with picture %d and not %d", flicker, offer == offer2, at2, at)
		}
	}
}

// What is settled is what is shown, also where nothing was measured, and frosted glass takes none.
func TestSettleWithoutAnOffer(t *testing.T) {
	given := doorPlan(Blur)
	given.Tint = &Tint{5: 200}
	for _, plan := range []Plan{doorPlan(Blur), given} {
		stage(t, plan, func(t *testing.T, s *Sight) {
			s.Settle(Tint{5: 200})
			if _, l := next(t, s); l.Colour != 216 || l.Tint != nil {
				t.Errorf("%+v", l)
			}
			if tint, _ := s.red.Tint(); tint != (glass.Tint{5: 200}) {
				t.Error("another tint")
			}
			for range redact.Sampled + 10 {
				if _, l := next(t, s); l.Tint != nil {
					t.Fatal("a tint is offered where one is settled")
				}
			}
		}, times(redact.Sampled+20, good(90)))
	}
	stage(t, doorPlan(Frosted), func(t *testing.T, s *Sight) {
		s.Settle(Tint{5: 200})
		for range redact.Sampled + 10 {
			if _, l := next(t, s); l.Colour != 0 || l.Tint != nil {
				t.Fatalf("%+v", l)
			}
		}
	}, times(redact.Sampled+20, good(90)))
}

// Settle, Visit, Reference and Trouble may come from anywhere while pictures are made.
func TestOrdersFromOtherGoroutines(t *testing.T) {
	plan := doorPlan(Blur)
	plan.Shadow = true
	stage(t, plan, func(t *testing.T, s *Sight) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			for n := range 20 {
				s.Visit(n%3 == 0)
				s.Settle(Tint{byte(n)})
				_, _ = s.Reference()
				_ = s.Trouble()
				time.Sleep(20 * time.Millisecond)
			}
		}()
		for range 30 {
			next(t, s)
		}
		<-done
		if tint, ok := s.red.Tint(); !ok || tint != (glass.Tint{}) {
			t.Error("the first tint was not the one that counts")
		}
	}, times(60, good(90)))
}

// A shadow is shown and counted during visits only, at most twice a second, and not while all is glass.
func TestShadowIsCounted(t *testing.T) {
	plan := doorPlan(Frosted)
	plan.Shadow = true
	trouble := func(p *play, f *raw.Frame) error { time.Sleep(2 * time.Second); return good(90)(p, f) }
	stage(t, plan, func(t *testing.T, s *Sight) {
		s.shadow = &casts{}
		for range 10 {
			if _, l := next(t, s); l.Shadow != 0 || l.Beyond != 0 {
				t.Fatalf("without a visit: %+v", l)
			}
		}
		s.Visit(true)
		_, l := next(t, s)
		if l.Shadow != 18 {
			t.Fatalf("with the visit's first picture: %+v", l)
		}
		began := l.At
		for l.At < began+3300*time.Millisecond {
			_, l = next(t, s)
			if most := 18 * (1 + int((l.At-began)/(500*time.Millisecond))); l.Shadow > most || l.Shadow < most-36 {
				t.Fatalf("%d bytes after %v", l.Shadow, l.At-began)
			}
		}
		if l.Beyond == 0 {
			t.Error("nobody went beyond")
		}
		spent := l.Shadow
		s.Visit(false)
		for range 60 {
			if _, l = next(t, s); l.Shadow != spent {
				t.Fatalf("after the visit: %d bytes and then %d", spent, l.Shadow)
			}
		}
		s.Visit(true)
		for l.Glass == "" {
			_, l = next(t, s)
		}
		for spent = l.Shadow; l.Glass != ""; {
			if _, l = next(t, s); l.Glass != "" && l.Shadow != spent {
				t.Fatal("glass has a shadow")
			}
		}
	}, append(append(times(250, good(90)), trouble), times(10, good(90))...))
}

// The end of a visit takes the shadow out of the very next picture.
func TestShadowEndsWithTheVisit(t *testing.T) {
	plan := doorPlan(Frosted)
	plan.Shadow = true
	stage(t, plan, func(t *testing.T, s *Sight) {
		s.shadow = &casts{}
		side := func() []byte { // left of the zone
			r, _ := next(t, s)
			y, _, _ := sealed.Planes(r.Sealed())
			return bytes.Clone(y[200*320 : 200*320+60])
		}
		bare := side()
		s.Visit(true)
		var last []byte
		for range 20 {
			last = side()
		}
		if int(last[30]) > int(bare[30])-20 {
			t.Errorf("in a visit the luma is %d, without %d", last[30], bare[30])
		}
		s.Visit(false)
		if !bytes.Equal(side(), bare) {
			t.Error("the shadow outlives the visit")
		}
	}, times(30, good(90)))
}

// With no shadow asked for nobody looks at the interior, visit or not.
func TestNoShadowIsAskedFor(t *testing.T) {
	stage(t, doorPlan(Frosted), func(t *testing.T, s *Sight) {
		if s.shadow != nil || s.sample != nil {
			t.Error("the interior is looked at")
		}
		s.Visit(true)
		for range 40 {
			if _, l := next(t, s); l.Shadow != 0 || l.Beyond != 0 || l.Colour != 0 {
				t.Fatalf("%+v", l)
			}
		}
	}, times(50, good(90)))
}

// A camera that has moved shows glass at once, and shows again when it stands well. The lamp is measured meanwhile.
func TestCameraMoved(t *testing.T) {
	plan := doorPlan(Blur)
	plan.Shadow = true
	stage(t, plan, func(t *testing.T, s *Sight) {
		s.stand = &stands{moved: func(n int) bool { return n > 20 && n <= 60 }}
		looked := &casts{}
		s.shadow = looked
		s.Visit(true)
		var spent, seen int
		for range 20 {
			_, l := next(t, s)
			if l.Glass != "" {
				t.Fatalf("%+v", l)
			}
			spent, seen = l.Shadow, looked.n
		}
		start := time.Now()
		r, l := next(t, s)
		if d := time.Since(start); l.Glass != CameraMoved || d > 50*time.Millisecond {
			t.Fatalf("%+v after %v", l, d)
		}
		isGlass(t, r, 90)
		if err := s.Trouble(); !errors.Is(err, errMoved) {
			t.Errorf("the cause is %v", err)
		}
		n := 1
		for ; l.Glass != ""; n++ {
			if l.Glass != CameraMoved || l.Lamp != 90*256 || l.Shadow != spent || looked.n != seen {
				t.Fatalf("%+v, looked at the interior %d times and then %d", l, seen, looked.n)
			}
			_, l = next(t, s)
		}
		if n != 41 {
			t.Errorf("%d pictures for 40 frames and the next", n)
		}
		if err := s.Trouble(); err != nil {
			t.Errorf("trouble is left: %v", err)
		}
	}, times(100, good(90)))
}

// Where the plan asks for the lamp, nothing of the zone shows but while somebody vouches that it is seen. What it does is
// measured all the while, and who goes where is followed.
func TestLampUnseen(t *testing.T) {
	plan := doorPlan(Blur)
	plan.Vouch, plan.Shadow = true, true
	stage(t, plan, func(t *testing.T, s *Sight) {
		looked := &casts{}
		s.shadow = looked
		s.Visit(true)
		var last Look
		dark := func(n int) {
			t.Helper()
			for range n {
				r, l := next(t, s)
				if l.Glass != LampUnseen || l.Lamp != 90*256 || l.At <= last.At || l.Tint != nil || l.Shadow != last.Shadow || l.At != s.taken.At {
					t.Fatalf("%+v after %+v", l, last)
				}
				isGlass(t, r, 90)
				last = l
			}
		}
		dark(20)
		if looked.n != 20 || s.Trouble() != nil {
			t.Errorf("looked %d times for somebody, %v", looked.n, s.Trouble())
		}
		for range 3 {
			s.LampSeen(true)
			for range redact.Sampled + 5 { // they may be measured anew
				if _, last = next(t, s); last.Glass != "" {
					t.Fatalf("%+v", last)
				}
			}
			if last.Shadow == 0 || last.Tint == nil {
				t.Errorf("%+v", last)
			}
			s.LampSeen(false)
			dark(5)
		}
	}, times(160, good(90)))

	// The colours are of frames in which the lamp was seen, though they are there as soon as it is.
	plan.Shadow = false
	stage(t, plan, func(t *testing.T, s *Sight) {
		for range 100 {
			next(t, s)
		}
		s.LampSeen(true)
		_, l := next(t, s)
		var late glass.Meter
		f := raw.New(small.Width, small.Height)
		for i := range f.Y {
			f.Y[i] = 200
		}
		late.Add(f, s.blocks)
		if want := late.Tint(); l.Tint == nil || *l.Tint != Tint(want) {
			t.Errorf("the colours are not the late frames': %v", l.Tint)
		}
	}, append(times(50, good(90)), times(60, good(200))...))

	plan.Vouch = false
	stage(t, plan, func(t *testing.T, s *Sight) {
		for range 5 {
			s.LampSeen(false)
			if _, l := next(t, s); l.Glass != "" {
				t.Fatalf("%+v", l)
			}
		}
	}, times(20, good(90)))
}

// Who is offered colours knows them. So there is one offer, however often the lamp is said to be seen and not to be, and
// however often the delivery's camera is opened.
func TestTheOfferIsTheOnlyOne(t *testing.T) {
	plan := doorPlan(Blur)
	plan.Vouch = true
	var offer Tint
	offered := func(t *testing.T, s *Sight, within int) Tint {
		t.Helper()
		s.LampSeen(true)
		for range within {
			if _, l := next(t, s); l.Tint != nil {
				return *l.Tint
			}
		}
		t.Fatal("no colours are offered")
		return Tint{}
	}
	stage(t, plan, func(t *testing.T, s *Sight) {
		offer = offered(t, s, redact.Sampled)
		for range 3 {
			s.LampSeen(false)
			for range 2 * redact.Sampled {
				next(t, s)
			}
			if offered(t, s, 1) != offer {
				t.Error("the lamp was said not to be seen, and then other colours were offered")
			}
		}
	}, append(times(redact.Sampled, good(90)), times(7*redact.Sampled, good(200))...))
	plan.Offer = &offer
	stage(t, plan, func(t *testing.T, s *Sight) {
		if s.sample != nil {
			t.Error("they are measured again")
		}
		for range 2 * redact.Sampled {
			if _, l := next(t, s); l.Tint != nil || l.Colour != 0 {
				t.Fatalf("without the lamp: %+v", l)
			}
		}
		if offered(t, s, 1) != offer {
			t.Error("other colours than those of before")
		}
		s.Settle(offer)
		if _, l := next(t, s); l.Tint != nil || l.Colour != 216 {
			t.Errorf("settled: %+v", l)
		}
	}, times(3*redact.Sampled, good(200)))
	if offer == (Tint{}) {
		t.Error("closing has overwritten the plan's own")
	}
	plan.Mode = Frosted
	stage(t, plan, func(t *testing.T, s *Sight) {
		s.LampSeen(true)
		if _, l := next(t, s); l.Tint != nil {
			t.Error("frosted glass takes no colours")
		}
	}, times(10, good(200)))
}

// A camera of which nobody knows how it stands shows glass at once, and looks no further than the zone.
func TestStandUnseen(t *testing.T) {
	plan := doorPlan(Blur)
	plan.Shadow = true
	stage(t, plan, func(t *testing.T, s *Sight) {
		s.stand = &stands{doubt: func(n int) bool { return n <= 10 || n > 30 && n <= 40 }}
		looked := &casts{}
		s.shadow = looked
		for n := range 60 {
			want := Reason("")
			if n < 10 || n >= 30 && n < 40 {
				want = StandUnseen
			}
			r, l := next(t, s)
			if l.Glass != want || l.Lamp != 90*256 || (s.Trouble() != nil) != (want != "") || n < 10 && looked.n > 0 {
				t.Fatalf("picture %d: %+v, %v", n, l, s.Trouble())
			}
			if want != "" {
				isGlass(t, r, 90)
			}
		}
		if looked.n != 40 {
			t.Errorf("looked at the interior %d times", looked.n)
		}
	}, times(70, good(90)))
}

// A camera that has moved and then falls silent is stalled.
func TestMovedAndSilent(t *testing.T) {
	stage(t, doorPlan(Frosted), func(t *testing.T, s *Sight) {
		s.stand = &stands{moved: func(n int) bool { return n > 3 }}
		until(t, s, CameraMoved)
		until(t, s, CameraStalled)
	}, times(10, good(90)))
}

func TestReferenceThatCannotBeRead(t *testing.T) {
	plan := doorPlan(Blur)
	plan.Reference = []byte("this is no reference")
	stage(t, plan, func(t *testing.T, s *Sight) {
		for range 5 {
			r, l := next(t, s)
			if l.Glass != ReferenceBad {
				t.Fatalf("%+v", l)
			}
			isGlass(t, r, 90)
		}
		if s.Trouble() == nil {
			t.Error("no cause")
		}
		if ref, err := s.Reference(); err == nil || ref != nil {
			t.Error("a reference without a picture")
		}
	})
}

// Whatever breaks down in the watches, the picture is glass, and whole again when they are.
func TestWatchesBreakDown(t *testing.T) {
	plan := doorPlan(Frosted)
	plan.Shadow = true
	for name, breaks := range map[string]func(*Sight){
		"stand": func(s *Sight) {
			s.stand = &stands{moved: func(n int) bool {
				if n == 3 {
					panic("index out of range")
				}
				return false
			}}
		},
		"shadow": func(s *Sight) {
			s.shadow = &casts{trick: func(n int) {
				if n == 3 {
					panic("index out of range")
				}
			}}
		},
	} {
		stage(t, plan, func(t *testing.T, s *Sight) {
			breaks(s)
			for n := range 6 {
				r, l := next(t, s)
				if want := map[bool]Reason{true: RedactorFailed}[n == 2]; l.Glass != want {
					t.Errorf("%s: picture %d is %q, want %q", name, n, l.Glass, want)
				}
				if n == 2 {
					isGlass(t, r, 90)
					if err := s.Trouble(); err == nil || !strings.Contains(err.Error(), "index") {
						t.Errorf("%s: the cause is %v", name, err)
					}
				}
			}
		}, times(30, good(90)))
	}
}

// Closing ends every picture that was given out, also one that was all glass before there were colours.
func TestCloseEndsEarlyGlass(t *testing.T) {
	stage(t, doorPlan(Blur), func(t *testing.T, s *Sight) {
		early, _ := next(t, s) // the cable is out
		s.Settle(Tint{5: 200})
		for range 5 {
			next(t, s)
		}
		y, _, _ := sealed.Planes(early.Sealed())
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if early.Valid() || bytes.Count(y, []byte{0}) != len(y) || len(y) == 0 {
			t.Error("a picture is valid after Close")
		}
	}, []act{fails}, times(40, good(90)))
}

// Closing ends every picture that was given out.
func TestCloseEndsPictures(t *testing.T) {
	plan := doorPlan(Blur)
	plan.Tint = &Tint{44}
	stage(t, plan, func(t *testing.T, s *Sight) {
		looked := &casts{}
		s.shadow = looked
		r, _ := next(t, s)
		y, _, _ := sealed.Planes(r.Sealed())
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if !looked.closed {
			t.Error("what looks for shadows keeps what it has seen")
		}
		if again, _, _ := sealed.Planes(r.Sealed()); r.Valid() || again != nil {
			t.Error("a picture is valid after Close")
		}
		if bytes.Count(y, []byte{0}) != len(y) {
			t.Error("a picture is left in memory")
		}
		s.Settle(Tint{1})
		s.Visit(true)
		if _, err := s.Reference(); err == nil {
			t.Error("a reference after Close")
		}
	}, times(30, good(90)))
}

// Closing ends what was measured of the interior's colours, however far that has come.
func TestCloseForgetsTheColours(t *testing.T) {
	const drawing = redact.Sampled - 2 // the colours are the mean of the last frames before Sampled
	acts := times(redact.Sampled+30, good(90))
	for name, settled := range map[string]bool{"while they are measured": false, "settled while they are measured": true} {
		t.Run(name, func(t *testing.T) {
			stage(t, doorPlan(Blur), func(t *testing.T, s *Sight) {
				for range drawing {
					next(t, s)
				}
				sums := s.sample
				if sums == nil || reflect.DeepEqual(*sums, *redact.NewSampler(s.blocks)) {
					t.Fatal("nothing is being measured")
				}
				if settled {
					s.Settle(Tint{1})
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
				if !reflect.DeepEqual(*sums, *redact.NewSampler(s.blocks)) {
					t.Error("the sums over the interior's cells are left")
				}
			}, acts)
		})
	}
	t.Run("offered", func(t *testing.T) {
		for _, settled := range []bool{false, true} {
			stage(t, doorPlan(Blur), func(t *testing.T, s *Sight) {
				var l Look
				for l.Tint == nil {
					_, l = next(t, s)
				}
				if settled {
					s.Settle(Tint{1})
				}
				if *l.Tint == (Tint{}) {
					t.Error("they are gone before Close")
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
				if *l.Tint != (Tint{}) || s.offer != nil {
					t.Errorf("settled %v: what was offered is left", settled)
				}
			}, acts)
		}
	})
	t.Run("while the glass is drawn", func(t *testing.T) {
		stage(t, doorPlan(Blur), func(t *testing.T, s *Sight) {
			red := &interrupted{Redactor: s.red.(*redact.Redactor), by: func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}}
			s.red = red
			s.Settle(Tint{1})
			other := redact.New(redact.Config{Width: small.Width, Height: small.Height, Zone: s.blocks, Blur: true})
			other.Take(red.drawn)
			if y := other.Full().Y; bytes.Count(y, []byte{0}) != len(y) {
				t.Error("glass that came too late is left")
			}
		}, acts)
	})
}

// interrupted is a redactor that is interrupted when it has drawn the glass.
type interrupted struct {
	*redact.Redactor
	by    func()
	drawn redact.Prepared
}

func (i *interrupted) Prepare(t glass.Tint) redact.Prepared {
	i.drawn = i.Redactor.Prepare(t)
	i.by()
	return i.drawn
}
