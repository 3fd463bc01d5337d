package vision

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"vestibule/vision/internal/camera"
	"vestibule/vision/internal/frozen"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/zone"
)

const (
	// firstWait and lastWait bound the pause before a failed camera is opened again.
	firstWait = 250 * time.Millisecond
	lastWait  = 5 * time.Second
	// jump is how far back a frame's time may be before the camera's clock was set, and no old frame given again.
	jump = time.Second
)

// reader owns the camera, on one goroutine, so that a capture that blocks stops nobody else. It keeps
// the newest frame only: whoever is slow loses frames, and learns how many.
//
// Three frames are in use: one that the camera writes, one that waits, one that take has handed out.
type reader struct {
	source camera.Source
	arena  *raw.Arena // of all frames, Next's as well; closed at the end of the goroutine
	size   Size
	fps    int
	done   chan struct{} // closed when the goroutine has let the camera go
	wake   chan struct{} // one token: something below has changed

	mu      sync.Mutex
	waiting *raw.Frame
	fresh   bool   // waiting has not been taken
	lost    uint64 // frames overwritten before they were taken, since the last take
	reason  Reason // why there is no camera now; empty while it is being opened and while it runs
	opening bool   // camera.Open has not returned yet
	cause   error  // the last trouble, kept while the camera is being opened again
	again   int    // frames since the last new one whose number or time was no new one
	cut     string // what the zone is for; once set it stays

	// The goroutine's own; left may be read once done is closed.
	writing          *raw.Frame
	left             error  // from closing the source last opened
	pinned           string // the geometry that the zone is for; empty until there is a good frame
	checked          string // that of the last frame
	sensorW, sensorH int    // which is of this sensor
	frozen           *frozen.Watch
}

func newReader(source camera.Source, size Size, fps int, shown *zone.Blocks, cut string) *reader {
	arena := &raw.Arena{}
	return &reader{
		source: source, arena: arena, size: size, fps: fps,
		done: make(chan struct{}), wake: make(chan struct{}, 1), frozen: frozen.New(shown, size.Width, size.Height), pinned: cut,
		waiting: arena.Frame(size.Width, size.Height), writing: arena.Frame(size.Width, size.Height),
	}
}

// run opens, reads and opens again until the context ends. It takes a thread of its own, and ends it: what a
// driver left on its stack, or in its part of C's heap, goes with it.
func (r *reader) run(ctx context.Context) {
	runtime.LockOSThread()
	raw.Quiet()
	defer close(r.done)
	defer r.wipe()
	wait := firstWait
	for {
		good, err := r.session(ctx)
		if ctx.Err() != nil {
			return
		}
		if good {
			wait = firstWait
		}
		r.fail(err)
		pause := time.NewTimer(wait)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return
		}
		wait = min(2*wait, lastWait)
	}
}

// session reads one opened camera until it fails. It reports whether any frame came.
func (r *reader) session(ctx context.Context) (good bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the camera's driver broke down: %v", p)
		}
	}()
	r.set(true)
	src, err := camera.Open(r.source, r.size.Width, r.size.Height, r.fps)
	if err != nil {
		return false, fmt.Errorf("the camera %v cannot be opened: %w", r.source, err)
	}
	r.set(false)
	defer func() { r.left = src.Close() }()
	var seq uint64
	var at time.Duration
	for {
		f := r.writing
		f.SensorWidth, f.SensorHeight = 0, 0
		if err := src.Read(ctx, f); err != nil {
			return good, fmt.Errorf("the camera %v cannot be read: %w", r.source, err)
		}
		if err := r.check(f); err != nil {
			return good, fmt.Errorf("the camera %v: %w", r.source, err)
		}
		// A frame that was given before is no new one: a frozen camera has to show as stalled.
		if good && (f.Seq <= seq || f.At <= at && at-f.At < jump) {
			r.repeat()
			continue
		}
		seq, at, good = f.Seq, f.At, true
		if r.frozen.Look(f) {
			r.fail(fmt.Errorf("the camera %v: %w", r.source, r.frozen.Why()))
			continue
		}
		r.publish()
	}
}

// check refuses a frame of another geometry than the delivery's first.
func (r *reader) check(f *raw.Frame) error {
	if err := f.Check(r.size.Width, r.size.Height); err != nil {
		if !r.writing.Reset() { // the source has spoilt the one it was lent
			r.writing = r.arena.Frame(r.size.Width, r.size.Height)
		}
		return err
	}
	if r.checked == "" || f.SensorWidth != r.sensorW || f.SensorHeight != r.sensorH {
		r.checked = fmt.Sprintf("%dx%d to %v", f.SensorWidth, f.SensorHeight, r.size)
		r.sensorW, r.sensorH = f.SensorWidth, f.SensorHeight
	}
	if r.pinned == "" {
		r.pinned = r.checked
	}
	if r.checked != r.pinned {
		return fmt.Errorf("%w: it was cut from %s, and is from %s", raw.ErrResized, r.pinned, r.checked)
	}
	return nil
}

// publish makes the frame that was written the one that waits.
func (r *reader) publish() {
	r.mu.Lock()
	if r.fresh {
		r.lost++
	}
	r.waiting, r.writing = r.writing, r.waiting
	r.fresh, r.reason, r.cause, r.again, r.cut = true, "", nil, 0, r.pinned
	r.mu.Unlock()
	r.signal()
}

// fail says that there is no picture now, and why. It takes back the frame that waits, so that nothing older than the trouble is shown after it.
func (r *reader) fail(err error) {
	reason := CameraFailed
	switch {
	case errors.Is(err, raw.ErrResized):
		reason = CameraResized
	case errors.Is(err, raw.ErrEnded):
		reason = CameraEnded
	case errors.Is(err, frozen.Err):
		reason = CameraStalled
	}
	r.mu.Lock()
	r.fresh, r.reason, r.cause = false, reason, err
	r.mu.Unlock()
	r.signal()
}

// repeat notes a frame that says itself that it was given before.
func (r *reader) repeat() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.again++
}

func (r *reader) signal() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// take returns the newest frame if there is one that was not taken yet, in exchange for the one taken
// before, how many were lost since, and why there is none.
func (r *reader) take(back *raw.Frame) (f *raw.Frame, lost uint64, reason Reason) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.fresh {
		return nil, 0, r.reason
	}
	f, r.waiting, r.fresh = r.waiting, back, false
	lost, r.lost = r.lost, 0
	return f, lost, ""
}

func (r *reader) set(opening bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.opening = opening
}

// shownCut is the geometry of the frames that were given.
func (r *reader) shownCut() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cut
}

// trouble returns what is known of why there is no picture; nil when the last frame was good.
func (r *reader) trouble() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cause
}

// silence says what the camera is doing when it gives no new frames and no error.
func (r *reader) silence() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.opening {
		return fmt.Errorf("the camera %v has been opening for too long", r.source)
	}
	if r.again > 0 {
		return fmt.Errorf("the camera %v gives no new frames: their numbers or their times stand still", r.source)
	}
	return fmt.Errorf("the camera %v gives no frames", r.source)
}

// wipe gives the frames' memory back. The Sight has let go of its own before it ended the goroutine.
func (r *reader) wipe() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fresh, r.waiting, r.writing = false, nil, nil
	r.left = errors.Join(r.left, r.arena.Close())
}
