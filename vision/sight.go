package vision

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/redact"
	"vestibule/vision/internal/zone"
)

const (
	// stall is how long a camera may give no new frame before the picture is glass. It is also how
	// old a frame may be when it is composed.
	stall = 500 * time.Millisecond
	// glassPace is the time between pictures that are all glass.
	glassPace = 100 * time.Millisecond
	// closeWait is how long Close waits for a camera that blocks.
	closeWait = 3 * time.Second

	maxFPS = 60
)

// ErrClosed is what Next returns after Close.
var ErrClosed = errors.New("vision: the sight is closed")

// redactor is what a Sight needs of redact.Redactor.
type redactor interface {
	Compose(f *raw.Frame) *redact.Picture
	Lamp(f *raw.Frame) uint16
	Full() *redact.Picture
}

// Sight looks through one camera for one delivery. Next is for one goroutine; Close and Trouble may be
// called from others.
type Sight struct {
	clock  func() time.Duration
	red    redactor
	colour func() int
	blind  Reason  // why the zone can never show; then there is no reader
	zone   error   // the cause of blind
	cam    *reader // nil when blind
	timer  *time.Timer

	mu    sync.Mutex
	taken *raw.Frame // Next's own but for Close, which blackens it
	wiped bool
	fault error // of the redactor with the last frame, or the camera's silence since

	number uint64
	seen   time.Duration // when the camera was last seen alive, or began to be waited for
	last   time.Duration // when the last picture was given
	said   Reason        // its reason

	stop    context.CancelFunc
	closing chan struct{}
	once    sync.Once
	closed  error
}

// Open begins to look. It refuses a source that is not set, a size outside 320x240 to 1920x1080 or
// odd, a rate outside 1..60 and an unknown mode. Anything else that is wrong shows as glass with a
// Reason, and in Trouble: with a zone that cannot be used the camera is not even opened, and one that is
// slow to open shows as stalled until its first frame.
func Open(src Source, size Size, fps int, plan Plan) (*Sight, error) {
	return open(src, size, fps, plan, raw.Now)
}

func open(src Source, size Size, fps int, plan Plan, clock func() time.Duration) (*Sight, error) {
	if !src.Set() {
		return nil, errors.New("no source is set")
	}
	if err := size.Check(); err != nil {
		return nil, err
	}
	if fps < 1 || fps > maxFPS {
		return nil, fmt.Errorf("the picture's rate is %d a second: 1 to %d is possible", fps, maxFPS)
	}
	if err := plan.Mode.check(); err != nil {
		return nil, err
	}
	blocks, zoneErr := zone.Shrink(plan.Zones, plan.Large, size.Width, size.Height)
	red := redact.New(redact.Config{
		Width: size.Width, Height: size.Height, Zone: blocks, Lamp: plan.Lamp,
		Blur: plan.Mode == Blur, Nonce: plan.Nonce, Tint: (*glass.Tint)(plan.Tint),
	})
	ctx, stop := context.WithCancel(context.Background())
	s := &Sight{
		clock: clock, red: red, blind: zoneReason(zoneErr), zone: zoneErr, seen: clock(),
		colour: func() int {
			if _, ok := red.Tint(); ok {
				return len(glass.Tint{})
			}
			return 0
		},
		timer: time.NewTimer(time.Hour), stop: stop, closing: make(chan struct{}),
	}
	if s.blind == "" {
		s.cam = newReader(src, size, fps)
		s.taken = raw.New(size.Width, size.Height)
		go s.cam.run(ctx)
	}
	return s, nil
}

// Next waits for the next picture: the camera's next frame, composed, or glass as soon as there is a
// reason for it and then ten times a second. Frames that came while nobody asked are left out, but for
// the newest. It fails only when the context ends or the Sight is closed, with Redacted's zero value.
func (s *Sight) Next(ctx context.Context) (Redacted, Look, error) {
	for {
		if err := s.over(ctx); err != nil {
			return Redacted{}, Look{}, err
		}
		now := s.clock()
		fresh, reason := s.poll(now)
		if fresh {
			return s.show(now)
		}
		due := s.last + glassPace
		switch {
		case reason == "":
			// The camera runs or is being opened: it shows as stalled once it has been silent too long.
			reason, due = CameraStalled, max(due, s.seen+stall)
		case reason != s.said:
			due = now
		}
		if now >= due {
			if reason == CameraStalled {
				s.silent()
			}
			r, l := s.glass(reason, now)
			return r, l, nil
		}
		s.wait(ctx, due-now)
	}
}

// over returns why there is nothing more to give.
func (s *Sight) over(ctx context.Context) error {
	select {
	case <-s.closing:
		return ErrClosed
	default:
		return ctx.Err()
	}
}

// poll exchanges the frame in hand for a newer one. It reports whether that is one to show, and
// otherwise why there is none.
func (s *Sight) poll(now time.Duration) (fresh bool, reason Reason) {
	if s.blind != "" {
		return false, s.blind
	}
	f, lost, reason := s.cam.take(s.taken)
	if f == nil {
		return false, reason
	}
	s.taken = f
	s.number += lost
	if now-f.At >= stall { // it lay about while this program, or the machine, stood still
		s.number++
		return false, ""
	}
	return true, ""
}

// wait sleeps until something may have changed, at most for d.
func (s *Sight) wait(ctx context.Context, d time.Duration) {
	var wake <-chan struct{}
	if s.cam != nil {
		wake = s.cam.wake
	}
	s.timer.Reset(d)
	select {
	case <-wake:
	case <-s.timer.C:
	case <-s.closing:
	case <-ctx.Done():
	}
	s.timer.Stop()
}

// show composes the frame in hand.
func (s *Sight) show(now time.Duration) (Redacted, Look, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wiped {
		return Redacted{}, Look{}, ErrClosed
	}
	var picture *redact.Picture
	var lamp uint16
	if picture, lamp, s.fault = s.compose(); s.fault != nil {
		r, l := s.glass(RedactorFailed, now)
		return r, l, nil
	}
	s.number++
	s.seen, s.last, s.said = now, now, ""
	return Redacted{picture, picture.Turn(), ""},
		Look{Frame: s.number, At: s.taken.At, Lamp: lamp, Colour: s.colour()}, nil
}

func (s *Sight) compose() (p *redact.Picture, lamp uint16, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("the redactor broke down: %v", fault)
		}
	}()
	return s.red.Compose(s.taken), s.red.Lamp(s.taken), nil
}

// silent notes what Trouble says of a camera that says nothing itself.
func (s *Sight) silent() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = nil
	if s.cam.trouble() == nil {
		s.fault = s.cam.silence()
	}
}

func (s *Sight) glass(reason Reason, now time.Duration) (Redacted, Look) {
	s.number++
	s.last, s.said = now, reason
	picture := s.red.Full()
	return Redacted{picture, picture.Turn(), reason},
		Look{Frame: s.number, At: now, Glass: reason, Colour: s.colour()}
}

// Settle gives the glass its colours in the mode Blur, for good. Whoever calls it has written them down
// first, so that they are given away once a delivery and not once a Sight.
func (s *Sight) Settle(t Tint) {}

// Visit says whether a visit is under way: only then is a shadow shown, where the plan asks for one.
func (s *Sight) Visit(underWay bool) {}

// Reference returns how the camera stands now, made of the zone's pixels alone, for a later Plan. It
// fails while there is no steady picture of the zone.
func (s *Sight) Reference() ([]byte, error) { return nil, errors.New("not yet") }

// Trouble returns what is wrong with the zone, the redactor or the camera, for the log; nil when nothing
// is. It names paths and devices, so it is not for a person's page.
func (s *Sight) Trouble() error {
	if s.cam == nil {
		return s.zone
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.fault, s.cam.trouble())
}

// Close lets the camera go and blackens the frames that it filled. It waits for a camera that is slow
// to return and gives up after three seconds; such a camera is let go when it does return.
func (s *Sight) Close() error {
	s.once.Do(func() {
		close(s.closing)
		s.stop()
		if s.cam == nil {
			return
		}
		s.mu.Lock()
		s.taken.Wipe()
		s.wiped = true
		s.mu.Unlock()
		late := time.NewTimer(closeWait)
		defer late.Stop()
		select {
		case <-s.cam.done:
			s.closed = s.cam.left
		case <-late.C:
			s.closed = errors.New("the camera does not return; it is let go when it does")
		}
	})
	return s.closed
}
