package rule

import (
	"testing"
	"time"

	"vestibule/firmware/gate/internal/challenge"
	"vestibule/hub/wire"
)

// asleep is a story in which d1's window is open, and nobody has called.
func asleep(t testing.TB, change ...func(*Plan)) *story { return asleepOf(t, Setup{}, change...) }

func asleepOf(t testing.TB, door Setup, change ...func(*Plan)) *story {
	t.Helper()
	b := tellOf(t, door)
	b.step(PassCame(plan(change...)))
	b.passes(time.Minute + time.Second)
	b.then("pass_accepted", "window_opened")
	return b
}

func TestWindowAloneDoesNotWake(t *testing.T) {
	b := asleep(t)
	b.passes(50 * time.Minute)
	b.then()
	if v := b.s.View(b.now); v.Camera != wire.CameraIsOff || v.Visit != wire.VisitAwaited {
		t.Errorf("%+v", v)
	}
	if why, _, _, ok := b.s.Picture(b.now); why != wire.CameraAsleep || ok {
		t.Errorf("picture %q, %v", why, ok)
	}
	b.passes(10 * time.Minute)
	b.then("window_closed(time_up)", "cut time_up", "forget d1")
}

// Each reason, and what it says of itself.
func TestCalls(t *testing.T) {
	for name, c := range map[string]struct {
		does func(b *story)
		by   string
		too  []string // what else comes of it
	}{
		"a viewer":              {func(b *story) { b.step(Called(wire.ByViewer)) }, "by_viewer", nil},
		"a key":                 {func(b *story) { b.step(Called(wire.ByKeypad)) }, "by_keypad", nil},
		"a slip at the keypad":  {func(b *story) { b.keys(Typo) }, "by_keypad", []string{"code_refused(code_typo)", "denied code_typo"}},
		"the bolt":              {func(b *story) { b.step(BoltIs(Open)) }, "by_door", nil},
		"the bolt says nothing": {func(b *story) { b.step(BoltIs(Unknown)) }, "by_door", nil},
	} {
		t.Run(name, func(t *testing.T) {
			b := asleep(t)
			c.does(b)
			b.then(append(c.too, "power true", "wake d1")...)
			b.bolt()
			b.passes(200 * time.Millisecond)
			b.then("camera_on(" + c.by + ")")
			b.passes(stayFor - 300*time.Millisecond)
			b.then()
			b.passes(100 * time.Millisecond)
			b.then("sleep", "power false", "camera_off")
		})
	}
	b := asleep(t)
	b.step(TamperIs(true))
	b.passes(100 * time.Millisecond)
	b.then("tamper(tampered)", "alarm true", "power true", "wake d1", "camera_on(by_door)")
	b = asleep(t)
	b.step(PanicCame())
	b.passes(100 * time.Millisecond)
	b.then("panic", "alarm true", "power true", "wake d1", "camera_on(by_keypad)")
	for name, e := range map[string]Event{
		"a code for another delivery": Tried("d2", Right, Page, 9), "the hub": NetIs(true), "nobody watches": ViewersAre(0), "eye": EyeIs(true),
		"the door says the same": DoorIs(Closed), "a wish that it be locked": LetGoCame(), "the disk": DiskIs(true), "the clock": ClockJumped(),
	} {
		b := asleep(t)
		b.step(e)
		if b.power {
			t.Errorf("%s wakes the camera", name)
		}
	}
	b = tell(t)
	b.step(PassCame(plan()))
	b.passes(59 * time.Second)
	for _, e := range []Event{Called(wire.ByViewer), DoorIs(Open), DoorIs(Closed), TamperIs(true), TamperIs(false), PanicCame()} {
		b.step(e)
	}
	b.passes(2 * time.Second)
	if b.s.Delivery() != "d1" || b.power {
		t.Errorf("window %q, power %v: a call before the window wakes the camera in it", b.s.Delivery(), b.power)
	}
}

// The camera sees as long as the door is open, however long that is.
func TestOpenDoorKeepsItAwake(t *testing.T) {
	b := asleep(t)
	b.opens()
	b.passes(10 * time.Minute)
	b.then("power true", "wake d1", "door_opened", "forced_open", "alarm true", "camera_on(by_door)", "held_open", "alarm true")
	b.shuts()
	b.log = nil
	b.passes(29900 * time.Millisecond)
	b.then()
	b.passes(100 * time.Millisecond)
	b.then("sleep", "power false", "camera_off")
	// One that was opened before the window is a reason in it.
	b = tell(t)
	b.step(PassCame(plan()))
	b.opens()
	b.passes(time.Minute)
	if !b.power {
		t.Error("the door is open, and the camera sleeps")
	}
}

// Who watches keeps it awake while link speaks of them, and for stayFor after: a line that breaks comes back
// to a camera that is awake.
func TestWatchingKeepsItAwake(t *testing.T) {
	b := asleep(t)
	b.step(Called(wire.ByViewer))
	b.step(ViewersAre(1))
	b.passes(5 * time.Minute)
	b.then("power true", "wake d1", "camera_on(by_viewer)")
	b.step(ViewersAre(0))
	b.passes(29900 * time.Millisecond)
	b.then()
	b.step(ViewersAre(1))
	b.passes(40 * time.Second)
	b.then()
	b.mute = true // link hangs: it has spoken of them for the last time
	b.passes(29 * time.Second)
	b.log = nil
	b.passes(2 * time.Second)
	b.then("sleep", "power false", "camera_off")
}

// Their leaving with their window is no call in the next one.
func TestViewersOfAnEarlierWindow(t *testing.T) {
	b := asleep(t, func(p *Plan) { p.Until = start + 120_000 })
	b.step(PassCame(plan(func(p *Plan) { p.Delivery, p.From, p.Until = "d2", start+120_000, start+7_200_000 })))
	b.step(ViewersAre(2))
	b.passes(time.Minute)
	if b.s.Delivery() != "d2" || b.power {
		t.Fatalf("window %q, power %v", b.s.Delivery(), b.power)
	}
	b.step(ViewersAre(0))
	if b.power {
		t.Error("their leaving wakes the camera")
	}
}

// A visit that ends because all its entries are used is seen for a grace more: somebody may be within.
func TestSeesAfterTheVisit(t *testing.T) {
	b := asleep(t, func(p *Plan) { p.Entries = 1 })
	b.keys(Right)
	b.passes(200 * time.Millisecond)
	b.bolt()
	b.opens()
	b.passes(20 * time.Second)
	b.log = nil
	b.shuts()
	b.then("door_shut", "relocked", "visit_ended(entries_used)")
	b.passes(3*time.Minute - 100*time.Millisecond)
	b.then()
	b.passes(100 * time.Millisecond)
	b.then("sleep", "power false", "camera_off")
}

// A code for a sleeping camera waits for it, and for nothing else.
func TestCodeWaitsForTheCamera(t *testing.T) {
	b := asleep(t)
	b.blind = true
	b.keys(Right)
	b.then("held", "power true", "wake d1")
	b.step(b.undecided())
	b.passes(3 * time.Second)
	b.then() // frames alone are not enough
	if v := b.s.View(b.now); v.Camera != wire.CameraStarting {
		t.Errorf("camera %q", v.Camera)
	}
	b.frame++
	b.step(b.lookNow(0))
	b.then("camera_on(by_keypad)", "visit_started", "energise", "unlocked", "granted 1/3")
}

// undecided is a frame of this moment of which nobody can tell yet whether it shows the lamp.
func (b *story) undecided() Event {
	b.frame++
	return LookCame(b.frame, b.now.Mono, "", challenge.Undecided, 0)
}

// Waiting tells nobody whether a code is right: whatever it is, it waits, and is answered at the same time.
func TestWaitingTellsNothing(t *testing.T) {
	for name, c := range map[string]struct {
		tries func(b *story, v Verdict)
		right []string
		wrong []string
	}{
		"keypad": {func(b *story, v Verdict) { b.keys(v) }, []string{"visit_started", "energise", "unlocked", "granted 1/3"}, []string{"code_refused(code_wrong)", "denied code_wrong"}},
		"page":   {func(b *story, v Verdict) { b.page("d1", v) }, []string{"visit_started", "energise", "unlocked", "granted 1/3"}, []string{"code_refused(code_wrong)", "denied code_wrong"}},
		"key":    {func(b *story, v Verdict) { b.scan(v) }, []string{"visit_started", "energise", "unlocked", "granted 1/3"}, []string{"code_refused(code_wrong)", "denied code_wrong"}},
	} {
		for _, v := range []Verdict{Right, Forced, Wrong} {
			b := asleep(t)
			b.blind = true
			c.tries(b, v)
			b.then("held", "power true", "wake d1")
			b.passes(4 * time.Second)
			b.then()
			b.frame++
			b.step(b.lookNow(0))
			by, want := "by_page", c.wrong
			if name == "keypad" {
				by = "by_keypad"
			}
			switch v {
			case Forced:
				want = append([]string{c.right[0], "duress"}, c.right[1:]...)
			case Right:
				want = c.right
			}
			b.then(append([]string{"camera_on(" + by + ")"}, want...)...)
		}
	}
}

// One waits; others are told to, whatever they are. A slip of the one that comes first costs no wait.
func TestOneCodeWaits(t *testing.T) {
	b := asleep(t)
	b.blind = true
	b.keys(Typo)
	b.then("code_refused(code_typo)", "denied code_typo", "power true", "wake d1")
	b.keys(Wrong)
	b.then("held")
	for _, v := range []Verdict{Right, Wrong, Typo} {
		b.keys(v)
		b.page("d1", v)
		b.scan(v)
		b.then("denied code_slowed", "wait 1s", "denied code_slowed", "wait 1s", "denied code_slowed", "wait 1s")
	}
	b.frame++
	b.step(b.lookNow(0))
	b.then("camera_on(by_keypad)", "code_refused(code_wrong)", "denied code_wrong")
	b.keys(Right)
	b.then("visit_started", "energise", "unlocked", "granted 1/3")
}

// What ends the waiting without a picture.
func TestWaitingEnds(t *testing.T) {
	for name, c := range map[string]struct {
		happens func(b *story)
		right   []string // what comes of it, of the right code
		wrong   []string // and of a wrong one
	}{
		"no picture comes": {func(b *story) { b.passes(7900 * time.Millisecond); b.then(); b.passes(100 * time.Millisecond) },
			[]string{"code_refused(camera_unseen)", "denied camera_unseen"}, []string{"code_refused(code_wrong)", "denied code_wrong"}},
		"the window is cancelled": {func(b *story) { b.step(CancelCame("d1")) },
			[]string{"cancelled(by_owner)", "window_closed(by_owner)", "cut by_owner", "code_refused(too_late)", "denied too_late", "sleep", "power false", "forget d1"}, nil},
		"the disk is full": {func(b *story) { b.step(DiskIs(false)); b.passes(8 * time.Second) },
			[]string{"code_refused(disk_trouble)", "denied disk_trouble"}, nil},
		"the owner locks": {func(b *story) { b.step(LockCame("d1")); b.frame++; b.step(b.lookNow(0)) },
			[]string{"owner_locked(by_owner)", "camera_on(by_page)", "code_refused(code_used)", "denied code_used"},
			[]string{"owner_locked(by_owner)", "camera_on(by_page)", "code_refused(code_wrong)", "denied code_wrong"}},
		"the case is opened": {func(b *story) { b.step(TamperIs(true)); b.frame++; b.step(b.lookNow(0)) },
			[]string{"tamper(tampered)", "alarm true", "camera_on(by_page)", "code_refused(tampered)", "denied tampered"},
			[]string{"tamper(tampered)", "alarm true", "camera_on(by_page)", "code_refused(code_wrong)", "denied code_wrong"}},
	} {
		for _, v := range []Verdict{Right, Wrong} {
			b := asleep(t)
			b.blind = true
			b.page("d1", v)
			b.then("held", "power true", "wake d1")
			c.happens(b)
			want := c.right
			if v == Wrong && c.wrong != nil {
				want = c.wrong
			}
			b.then(want...)
			n := len(b.journal)
			b.passes(time.Second)
			for _, e := range b.journal[n:] {
				if e.Kind == wire.CodeRefused {
					t.Errorf("%s: answered twice", name)
				}
			}
		}
	}
	// At the window's end.
	b := asleep(t)
	b.blind = true
	b.passes(58*time.Minute + 58*time.Second)
	b.then()
	b.keys(Right)
	b.passes(time.Second)
	b.then("held", "power true", "wake d1", "window_closed(time_up)", "cut time_up", "code_refused(too_late)", "denied too_late", "sleep", "power false", "forget d1")
}

// A camera that was live and failed is not waited for, nor one that has had its time to rise, nor one that the
// owner does not ask for, nor one that can't be woken.
func TestCodeDoesNotWait(t *testing.T) {
	b := ready(t)
	b.blind = true
	b.passes(1100 * time.Millisecond)
	b.log = nil
	b.keys(Right)
	b.then("code_refused(camera_unseen)", "denied camera_unseen")

	b = asleep(t)
	b.blind = true
	b.step(Called(wire.ByKeypad))
	b.passes(8 * time.Second)
	b.log = nil
	b.keys(Right)
	b.then("code_refused(camera_unseen)", "denied camera_unseen")

	b = asleep(t, func(p *Plan) { p.Camera = false })
	b.keys(Right)
	b.then("visit_started", "power true", "wake d1", "energise", "unlocked", "granted 1/3")

	b = asleep(t)
	b.now.Sure = false
	b.keys(Right)
	b.then("code_refused(clock_unsure)", "denied clock_unsure")
	b.now.Sure = true // and the call still holds
	b.passes(100 * time.Millisecond)
	b.then("power true", "wake d1")
}

// Each waking is a camera of its own: what was seen before counts for nothing, and no fault is carried over.
func TestEachWakingProvesItself(t *testing.T) {
	b := ready(t)
	b.blind = true
	b.passes(2 * time.Second)
	b.watched = false
	b.passes(30 * time.Second)
	b.log = nil
	b.keys(Right)
	b.then("held", "power true", "wake d1")
	if v := b.s.View(b.now); v.Camera != wire.CameraStarting || v.Why != "" {
		t.Errorf("%+v", v)
	}
	// While it sleeps, no picture is missed.
	b = asleep(t)
	b.step(EyeIs(false))
	b.passes(20 * time.Minute)
	b.then()
}

// After a restart the camera sleeps unless there is a reason that outlives it.
func TestRestartAsleep(t *testing.T) {
	b := ready(t)
	b.watched = false
	b.restart(time.Second, plan())
	b.step(DoorIs(Closed))
	b.step(BoltIs(Closed))
	b.then()
	b.passes(time.Minute)
	b.then()

	b = ready(t, func(p *Plan) { p.Entries = 1 })
	b.watched = false
	b.keys(Right)
	b.bolt()
	b.opens()
	b.passes(20 * time.Second)
	b.shuts()
	b.passes(2 * time.Second)
	b.log = nil
	b.restart(time.Second, plan())
	b.step(DoorIs(Closed))
	b.step(BoltIs(Closed))
	b.then("power true", "wake d1") // somebody may be within: a grace more
	b.passes(177 * time.Second)
	b.then("camera_on", "sleep", "power false", "camera_off")
}

// An amendment tells eye of another end only where eye looks.
func TestAmendAsleep(t *testing.T) {
	b := asleep(t)
	b.amend(1, 90)
	b.then("amended")
	b.keys(Right)
	b.then("held", "power true", "wake d1")
}
