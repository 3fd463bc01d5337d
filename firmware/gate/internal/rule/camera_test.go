package rule

import (
	"testing"
	"time"

	"vestibule/firmware/gate/internal/challenge"
	"vestibule/hub/wire"
)

func TestCameraLostInMidVisit(t *testing.T) {
	b := ready(t)
	b.keys(Right)
	b.bolt()
	b.opens()
	b.log = nil
	b.blind = true
	b.passes(1100 * time.Millisecond)
	b.then("camera_fault(camera_stalled)", "alarm true")
	if v := b.s.View(b.now); v.Alarm != wire.CameraFault {
		t.Errorf("alarm %q", v.Alarm)
	}
	b.shuts()
	b.then("release", "door_shut", "relocked")
	b.keys(Right)
	b.then("code_refused(camera_unseen)", "denied camera_unseen")
	b.step(EyeIs(false))
	b.step(EyeIs(true))
	b.blind, b.frame = false, 0
	b.passes(2900 * time.Millisecond)
	b.then("wake d1")
	b.passes(200 * time.Millisecond)
	b.then("camera_back", "alarm false")
	b.keys(Right)
	b.then("unlocked", "energise", "granted 2/3")
}

// The alarm is a visit's: it ends with it, and does not begin where the owner does without a
// picture, or before the code.
func TestCameraLostElsewhere(t *testing.T) {
	b := ready(t)
	b.blind = true
	b.passes(1100 * time.Millisecond)
	b.then("camera_fault(camera_stalled)")
	b.blind = false
	b.passes(time.Second)
	b.keys(Right) // the picture is back, and not yet steady
	b.then("visit_started", "energise", "unlocked", "granted 1/3")
	b.bolt()
	b.opens()
	b.shuts()
	b.passes(time.Second)
	b.blind = true
	b.log = nil
	b.passes(1100 * time.Millisecond)
	b.then("alarm true") // camera_fault was not over yet
	b.passes(3 * time.Minute)
	b.then("visit_ended", "alarm false")
	b = ready(t, func(p *Plan) { p.Camera = false })
	b.keys(Right)
	b.bolt()
	b.opens()
	b.log = nil
	b.blind = true
	b.passes(1100 * time.Millisecond)
	b.then("camera_fault(camera_stalled)")
	b = ready(t)
	b.keys(Right)
	b.bolt()
	b.opens()
	b.blind = true
	b.passes(2 * time.Second)
	b.log = nil
	b.step(CancelCame("d1"))
	b.then("cancelled(by_owner)", "window_closed(by_owner)", "cut by_owner", "release", "sleep", "power false", "camera_off", "alarm false")
}

func TestCameraNeverComes(t *testing.T) {
	b := tell(t)
	b.step(EyeIs(false))
	b.step(PassCame(plan()))
	b.watched = true
	b.passes(time.Minute)
	b.then("pass_accepted", "window_opened", "power true")
	b.passes(14900 * time.Millisecond)
	if v := b.s.View(b.now); v.Camera != wire.CameraStarting {
		t.Errorf("camera %q", v.Camera)
	}
	b.then()
	b.passes(100 * time.Millisecond)
	b.then("camera_fault(eye_gone)")
	b.step(EyeIs(true))
	b.step(TroubleCame(wire.CameraFailed))
	b.then("wake d1")
	if v := b.s.View(b.now); v.Camera != wire.CameraFaulty || v.Why != wire.CameraFailed {
		t.Errorf("camera %q, why %q", v.Camera, v.Why)
	}
	b.passes(100 * time.Millisecond)
	b.then("camera_on(by_viewer)")
}

// Frames that are old, repeated or from the future are no fresh picture.
func TestOldFrames(t *testing.T) {
	b := ready(t)
	at := b.now.Mono
	b.now.Mono += 1100 * time.Millisecond
	for _, e := range []Event{
		LookCame(b.frame, b.now.Mono, "", challenge.Seen, 0),                   // the same frame again
		LookCame(b.frame+1, at, "", challenge.Seen, 0),                         // the same moment again
		LookCame(b.frame+1, b.now.Mono+time.Second, "", challenge.Seen, 0),     // from the future
		LookCame(b.frame+1, at-100*time.Millisecond, "", challenge.Seen, 0),    // older
		LookCame(b.frame-1, b.now.Mono, "", challenge.Seen, 0), Tick(), Tick(), // counted back
	} {
		b.step(e)
		b.log = nil
		if why, _, _, _ := b.s.Picture(b.now); why != wire.CameraStalled {
			t.Errorf("%+v: picture %q, want camera_stalled", e, why)
		}
	}
}

// A visit that outlives its window has nothing to do with the next window's picture. Found by
// package sim.
func TestPictureIsOfTheWindowThatIsOpen(t *testing.T) {
	b := ready(t, func(p *Plan) { p.Until = start + 120_000 })
	b.step(PassCame(plan(func(p *Plan) { p.Delivery, p.From, p.Until = "d2", start+120_000, start+7_200_000 })))
	b.keys(Right)
	b.bolt()
	b.opens()
	b.passes(time.Minute)
	for _, e := range b.journal {
		switch e.Kind {
		case wire.CameraOn, wire.CameraOff:
			want := "d1"
			if e.Kind == wire.CameraOn && e.Time.UnixMilli() >= start+120_000 {
				want = "d2"
			}
			if e.Delivery != want {
				t.Errorf("%s is of %q, want %q", e.Kind, e.Delivery, want)
			}
		}
	}
	if b.s.Delivery() != "d2" || b.s.View(b.now).Delivery != "d1" {
		t.Errorf("the window of %q, a visit of %q: the story is wrong", b.s.Delivery(), b.s.View(b.now).Delivery)
	}
}
