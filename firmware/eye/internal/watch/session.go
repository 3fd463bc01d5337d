package watch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"time"

	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
	"vestibule/vision"
)

// session is one camera open for one pass. The nil session is none, and does nothing.
type session struct {
	wake     pipe.Wake // what it was opened with
	delivery string
	known    *delivery
	blur     bool // the glass may take colours
	sight    *vision.Sight
	left     *time.Timer // to the window's end, by a clock that nobody sets; calls stop
	lapse    *time.Timer // to where gate's word that the lamp is seen holds no longer
	stop     context.CancelFunc
	done     chan struct{}
	// What came of it, to be read once done is closed.
	why     string // it ended by itself
	offered *vision.Tint
	cut     string // the zone was shown with
}

// start opens a session for a pass that was admitted; nil when it cannot be.
func (s *Service) start(ctx context.Context, p pass.Pass, o order) *session {
	terms := p.Terms()
	plan, known := planOf(terms, o.wake), s.known.delivery(terms.Delivery)
	if known == nil {
		s.log.Error("too many deliveries to know all of them: the glass of new ones has no colours until eye is started anew", "known", len(s.known))
	}
	if known.bind(&plan) {
		s.refused(terms.Delivery)
	}
	known.until(o.ends(terms))
	source, err := s.camera.Source(plan)
	if err != nil {
		s.trouble(wire.CameraFailed, err)
		return nil
	}
	sight, err := vision.Open(source, s.camera.Size, s.camera.FPS, plan)
	if err != nil {
		s.trouble(wire.CameraFailed, err)
		return nil
	}
	s.tellLoose(sight)
	ctx, stop := context.WithCancel(ctx)
	run := &session{wake: o.wake, delivery: terms.Delivery, known: known, blur: plan.Mode == vision.Blur, sight: sight, stop: stop, done: make(chan struct{})}
	run.left = time.AfterFunc(o.left(terms), stop)
	run.lapse = time.AfterFunc(pipe.LampHolds, func() { sight.LampSeen(false) })
	s.log.Info("the camera is opened", "delivery", terms.Delivery, "until", terms.Until)
	go func() {
		defer close(run.done)
		defer stop()
		defer run.left.Stop()
		defer run.lapse.Stop()
		run.why = s.look(ctx, terms, run)
	}()
	return run
}

// tellLoose says, once, that frames may be written to a disk. What of the camera's own they pass through is known with
// the first one.
func (s *Service) tellLoose(sight *vision.Sight) {
	if err := sight.Loose(); err != nil {
		s.loose.Do(func() {
			s.log.Warn("the camera's frames may be written to a disk (LimitMEMLOCK= in eye's unit)", "err", err)
		})
	}
}

// amend gives a running session another end.
func (s *Service) amend(run *session, p pass.Pass, o order) {
	terms := p.Terms()
	run.wake = o.wake
	run.known.until(o.ends(terms))
	run.left.Reset(o.left(terms))
	s.log.Info("the window has another end", "delivery", terms.Delivery, "until", terms.Until)
}

// left is the time to the window's end: by gate's word on the time, and by CLOCK_MONOTONIC since it
// came.
func (o order) left(terms pass.Terms) time.Duration {
	return terms.Until.Sub(o.wake.Now) - time.Since(o.at)
}

// ends is when that is, by CLOCK_MONOTONIC.
func (o order) ends(terms pass.Terms) time.Time { return time.Now().Add(o.left(terms)) }

// endsAs reports whether a session's end is the one that gate asks for.
func (run *session) endsAs(w pipe.Wake) bool { return bytes.Equal(run.wake.Amendment, w.Amendment) }

// planOf says in vision's words what the pass permits. A reference that is not the one that
// was signed, or is not there, is one that cannot be read: then all is glass.
func planOf(t pass.Terms, w pipe.Wake) vision.Plan {
	p := vision.Plan{
		Zones: make([][]vision.Point, len(t.Zones)), Large: t.Large,
		Lamp:  vision.Box{Min: vision.Point(t.Lamp.Min), Max: vision.Point(t.Lamp.Max)},
		Vouch: t.Camera, Mode: vision.Mode(t.Mode), Shadow: t.Shadow, Nonce: t.Nonce,
		Cut: w.Cut,
	}
	for i, zone := range t.Zones {
		for _, c := range zone {
			p.Zones[i] = append(p.Zones[i], vision.Point(c))
		}
	}
	if t.Mode == pass.Blur && len(w.Tint) == len(vision.Tint{}) {
		tint := vision.Tint(w.Tint)
		p.Tint = &tint
	}
	if len(t.Reference) > 0 {
		p.Reference = []byte{}
		if sum := sha256.Sum256(w.Reference); bytes.Equal(sum[:], t.Reference) {
			p.Reference = w.Reference
		}
	}
	return p
}

// isFor reports whether a session is the one that gate asks for.
func (run *session) isFor(w pipe.Wake) bool {
	return run != nil && bytes.Equal(run.wake.Pass, w.Pass) && bytes.Equal(run.wake.Reference, w.Reference)
}

// settle gives the glass the colours that gate has on its disk, if they are the delivery's first.
func (s *Service) settle(run *session, colours []byte) {
	if run == nil || !run.blur || len(colours) != len(vision.Tint{}) {
		return
	}
	tint := vision.Tint(colours)
	if !run.known.settle(&tint) {
		s.refused(run.delivery)
		return
	}
	run.sight.Settle(*run.known.colours)
}

func (s *Service) refused(delivery string) {
	s.log.Error("gate wants another tint for a delivery than its first, which stays", "delivery", delivery)
}

func (run *session) visit(underWay bool) {
	if run != nil {
		run.sight.Visit(underWay)
	}
}

// lamp says whether gate sees the lamp in the pictures. That it does not is sure at once; that it does holds for a while.
func (run *session) lamp(seen bool) {
	if run == nil {
		return
	}
	if seen {
		run.lapse.Reset(pipe.LampHolds)
	}
	run.sight.LampSeen(seen)
}

// remember tells gate how the camera stands, once for each time that gate asks. Making that
// of the picture may take a while, so gate's other orders do not wait for it.
func (s *Service) remember(run *session) {
	if run == nil {
		s.report(pipe.TypeReference, pipe.Reference{Reason: wire.CameraAsleep})
		return
	}
	s.asked.Go(func() {
		data, err := run.sight.Reference()
		if err != nil || len(data) == 0 || len(data) > pipe.MaxReference {
			s.log.Warn("how the camera stands cannot be told", "bytes", len(data), "err", err)
			s.report(pipe.TypeReference, pipe.Reference{Reason: wire.CameraNotSeen})
			return
		}
		s.report(pipe.TypeReference, pipe.Reference{Data: data})
	})
}

// offer is a tint that gate has not answered yet.
type offer struct {
	at   time.Time
	made bool
}

// due reports whether to offer the tint now: at once, and again while there is no answer.
func (o *offer) due(now time.Time) bool {
	if o.made && now.Sub(o.at).Abs() < offerSpacing {
		return false
	}
	o.at, o.made = now, true
	return true
}
