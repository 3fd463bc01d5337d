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
	"vestibule/vision/internal/shadow"
	"vestibule/vision/internal/stand"
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
	SetShadow(s glass.Shadow)
	ClearShadow()
	Prepare(t glass.Tint) redact.Prepared
	Take(p redact.Prepared)
	Tint() (glass.Tint, bool)
	Wipe()
}

// stander is what it needs of stand.Watch.
type stander interface {
	Look(f *raw.Frame) (moved bool)
	Doubt() bool
	Reference() ([]byte, error)
}

// caster is what it needs of shadow.Watch.
type caster interface {
	Look(f *raw.Frame, underWay bool) (s glass.Shadow, fresh bool)
	Beyond() int
	Close()
}

// Sight looks through one camera for one delivery. Next is for one goroutine; everything else may be called
// from others.
type Sight struct {
	clock  func() time.Duration
	blur   bool
	vouch  bool         // as the plan's
	blocks *zone.Blocks // what is shown
	blind  Reason       // why the zone can never show; then there is no reader
	why    error        // the cause of blind
	cam    *reader      // nil when blind
	timer  *time.Timer

	mu       sync.Mutex
	red      redactor
	stand    stander
	shadow   caster          // nil when the plan asks for none: then nobody looks at the interior
	sample   *redact.Sampler // nil when the glass has its colours, or takes none
	offer    *Tint           // what was measured
	offered  bool            // somebody was told of it: it stays as it is
	measured time.Duration   // the time of the last frame that it is of
	settled  bool            // Settle was called
	unlit    bool            // the lamp has to be seen, and is not
	underWay bool            // a visit is
	cast     time.Duration   // when the frame of the last shadow was taken
	spent    int             // bytes of shadows that were shown
	taken    *raw.Frame      // Next's own but for Close, which blackens it
	wiped    bool
	fault    error // of the redactor with the last frame, or the camera's silence since

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
	blocks, err := zone.Shrink(plan.Zones, plan.Large, size.Width, size.Height)
	ctx, stop := context.WithCancel(context.Background())
	fade := 0
	if plan.Shadow {
		fade = max(fps*2/5, 1) // 0.4 s
	}
	s := &Sight{
		clock: clock, blur: plan.Mode == Blur, blind: ZoneReason(err), why: err, seen: clock(),
		vouch: plan.Vouch, unlit: plan.Vouch, blocks: blocks,
		red: redact.New(redact.Config{
			Width: size.Width, Height: size.Height, Zone: blocks, Lamp: plan.Lamp,
			Blur: plan.Mode == Blur, Nonce: plan.Nonce, Tint: (*glass.Tint)(plan.Tint), Fade: fade,
		}),
		timer: time.NewTimer(time.Hour), stop: stop, closing: make(chan struct{}),
	}
	if s.blind == "" {
		watch, err := stand.New(blocks, size.Width, size.Height, plan.Reference)
		if err != nil {
			s.blind, s.why = ReferenceBad, err
		}
		s.stand = watch
	}
	if s.blind != "" {
		return s, nil
	}
	if plan.Shadow {
		s.shadow = shadow.New(blocks, size.Width, size.Height)
	}
	switch {
	case !s.blur || plan.Tint != nil:
	case plan.Offer != nil:
		offer := *plan.Offer
		s.offer, s.offered = &offer, true
	default:
		s.sample = redact.NewSampler(blocks)
	}
	s.cam = newReader(src, size, fps, blocks, plan.Cut)
	s.taken = s.cam.arena.Frame(size.Width, size.Height)
	go s.cam.run(ctx)
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
			return s.glass(reason, now)
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
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wiped {
		return false, ""
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

// Trouble returns what is wrong with the zone, the redactor or the camera, for the log; nil when nothing
// is. It names paths and devices, so it is not for a person's page.
func (s *Sight) Trouble() error {
	if s.cam == nil {
		return s.why
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.fault, s.cam.trouble())
}

// Loose returns why the memory of the camera's frames may be written to a disk, for the log; nil when it may not. What
// OpenCV has of a frame is known, and locked, with the first one, so it is to be asked then. It takes leave to lock
// (RLIMIT_MEMLOCK, 8 MB where nobody says otherwise) three frames and the camera's own: of YUYV 6 MB at 1280x720 and
// 13.5 MB at 1920x1080, and up to 30 MB where 1920x1080 has to be scaled over BGR. See "Memory" for what it does not know of.
func (s *Sight) Loose() error {
	if s.cam == nil {
		return nil
	}
	return s.cam.arena.Loose()
}

// Close lets the camera go, blackens the frames that it filled and ends every picture that was given out. It
// waits for a camera that is slow to return and gives up after three seconds; such a camera is let go when
// it does return.
func (s *Sight) Close() error {
	s.once.Do(func() {
		close(s.closing)
		s.wipe()
		s.stop() // after which the frames' memory goes
		if s.cam == nil {
			return
		}
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
