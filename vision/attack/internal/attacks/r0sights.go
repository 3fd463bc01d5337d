package attacks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"vestibule/vision"
	"vestibule/vision/attack/internal/lab"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/redact"
	"vestibule/vision/internal/sealed"
)

// wholeSights opens two Sights as eye does, on two homes that differ in the interior only, and compares the pictures and all
// that is said beside them. No visit is under way, so no shadow may fall. Where the tint is measured the homes are twins;
// it is settled as soon as it is offered.
func wholeSights(ctx context.Context, l *lab.Lab) ([]lab.Row, error) {
	h, err := newHomes(l, 4, [2]int{320, 240}, [2]int{328, 248}, [2]int{240, 320})
	if err != nil {
		return nil, err
	}
	var rows []lab.Row
	for _, c := range []struct {
		on, what string
		n        int
		tell     telling
	}{
		{"frosted", "deliveries of a whole sight that differ", l.Pick(20, 400), telling{mode: vision.Frosted, frames: 12}},
		{"blur", "deliveries of a whole sight that differ, one tint given", l.Pick(20, 400), telling{mode: vision.Blur, frames: 12}},
		{"blur", "deliveries of a whole sight that differ, tints measured and equal", l.Pick(10, 200), telling{mode: vision.Blur, frames: redact.Sampled + 8, twins: true}},
	} {
		found, err := l.Count(ctx, c.on+", "+c.what, c.n, func(rnd *rand.Rand) (differ bool, err error) {
			seed := [2]uint64{rnd.Uint64(), rnd.Uint64()}
			for range 8 { // on a machine so busy that a frame is half a second old before it is looked at
				differ, err = h.watchBoth(ctx, l, c.tell, rand.New(rand.NewPCG(seed[0], seed[1])))
				if !errors.Is(err, errStalled) {
					break
				}
			}
			return differ, err
		})
		if err != nil {
			return nil, err
		}
		rows = append(rows, lab.Row{Subject: c.on, Metric: c.what, Unit: lab.Count, Found: found, Rule: lab.None()})
	}
	return rows, nil
}

// telling is how two Sights are compared.
type telling struct {
	mode   vision.Mode
	frames int
	twins  bool // of one tint, which is measured
}

var errStalled = errors.New("this machine is too busy to show a camera's frames within half a second")

// watchBoth takes one delivery through two Sights and reports whether anything differs.
func (h *homes) watchBoth(ctx context.Context, l *lab.Lab, how telling, rnd *rand.Rand) (differ bool, err error) {
	a := h.draw(l, rnd, "sights")
	plan := vision.Plan{
		Zones: a.zones, Lamp: a.delivery.Lamp, Mode: how.mode, Shadow: a.shade, Nonce: a.delivery.Nonce,
	}
	if how.mode == vision.Blur && !how.twins {
		plan.Tint = (*vision.Tint)(anyTint(rnd))
	}
	var films [2]*fed
	var sights [2]*vision.Sight
	defer func() {
		for _, s := range sights {
			if s != nil {
				err = errors.Join(err, s.Close())
			}
		}
	}()
	for i := range sights {
		films[i] = newFed()
		if sights[i], err = vision.Open(films[i].source(), vision.Size{Width: a.Width, Height: a.Height}, 30, plan); err != nil {
			return false, err
		}
	}
	door := raw.New(a.Width, a.Height)
	pair := [2]*raw.Frame{raw.New(a.Width, a.Height), raw.New(a.Width, a.Height)}
	for n := range how.frames {
		s := a.doorway(door, rnd, n)
		a.interior(pair[0], door, s, rnd, n)
		if how.twins {
			pair[1].CopyFrom(pair[0])
			a.Twin(pair[1], rnd)
		} else {
			a.interior(pair[1], door, s, rnd, n+1)
		}
		at := raw.Now()
		var seen [2]said
		for i, s := range sights {
			pair[i].Seq, pair[i].At = uint64(n), at
			if seen[i], err = films[i].show(ctx, s, pair[i]); err != nil {
				return false, err
			}
		}
		if how.twins && seen[0].tint != seen[1].tint {
			return differ, nil // the mean of eight twins need not be one tint; then they are two
		}
		differ = differ || !seen[0].same(seen[1])
		if seen[0].tint != (vision.Tint{}) {
			for _, s := range sights {
				s.Settle(seen[0].tint)
			}
		}
	}
	return differ, nil
}

// said is what comes out of a Sight for a frame.
type said struct {
	planes [3][]byte
	look   vision.Look
	tint   vision.Tint // that it offers; zero for none
}

func (s said) same(as said) bool {
	for i := range s.planes {
		if !bytes.Equal(s.planes[i], as.planes[i]) {
			return false
		}
	}
	return s.look == as.look && s.tint == as.tint
}

// show gives the camera a frame, and takes what comes of it.
func (f *fed) show(ctx context.Context, s *vision.Sight, frame *raw.Frame) (out said, err error) {
	ctx, stop := context.WithTimeout(ctx, 20*time.Second)
	defer stop()
	select {
	case <-ctx.Done():
		return out, fmt.Errorf("the sight does not read its camera: %w", ctx.Err())
	case <-f.asked:
	}
	f.frames <- func(into *raw.Frame) {
		into.CopyFrom(frame)
		into.Seq, into.At = frame.Seq, frame.At
	}
	r, look, err := s.Next(ctx)
	if err != nil {
		return out, err
	}
	if look.Glass == vision.CameraStalled {
		return out, errStalled
	}
	y, cb, cr := sealed.Planes(r.Sealed())
	out.planes = [3][]byte{bytes.Clone(y), bytes.Clone(cb), bytes.Clone(cr)}
	if look.Tint != nil {
		out.tint = *look.Tint
	}
	out.look, out.look.Tint = look, nil
	return out, nil
}
