package rule

import (
	"testing"
	"time"

	"vestibule/firmware/gate/internal/challenge"
	"vestibule/hub/wire"
)

func TestWholeVisit(t *testing.T) {
	b := tell(t)
	b.step(PassCame(plan()))
	b.then("pass_accepted")
	b.passes(59 * time.Second)
	b.keys(Right)
	b.then() // outside the window the keypad answers nothing
	b.passes(1200 * time.Millisecond)
	b.then("window_opened")
	b.step(Called(wire.ByKeypad))
	b.then("power true", "wake d1")
	b.passes(200 * time.Millisecond)
	b.then("camera_on(by_keypad)")
	b.keys(Right)
	b.then("visit_started", "energise", "unlocked", "granted 1/3")
	b.bolt()
	b.opens()
	b.then("door_opened")
	b.passes(3 * time.Second)
	b.then()
	b.shuts()
	b.then("release", "door_shut", "relocked")
	b.passes(3*time.Minute - 100*time.Millisecond)
	b.then()
	b.passes(100 * time.Millisecond)
	b.then("visit_ended")
	b.passes(3*time.Minute - 100*time.Millisecond)
	b.then() // somebody may still be within
	b.passes(100 * time.Millisecond)
	b.then("sleep", "power false", "camera_off")
	b.keys(Right)
	b.passes(100 * time.Millisecond)
	b.then("held", "power true", "wake d1", "camera_on(by_keypad)", "code_refused(code_used)", "denied code_used")
	b.passes(time.Hour)
	b.then("sleep", "power false", "camera_off", "window_closed(time_up)", "cut time_up", "forget d1")
	b.page("d1", Right)
	b.then("code_refused(too_late)", "denied too_late")
	if b.s.Known("d1") != true || b.s.Delivery() != "" {
		t.Error("a past delivery is not known, or still open")
	}
}

func TestReentry(t *testing.T) {
	b := ready(t)
	b.keys(Right)
	b.then("visit_started", "energise", "unlocked", "granted 1/3")
	b.bolt()
	b.keys(Right)
	b.then("granted 1/3") // the strike is free already
	b.passes(5 * time.Second)
	b.bolt()
	b.then("release", "relocked") // nobody pulled the door
	b.keys(Right)
	b.then("unlocked", "energise", "granted 2/3")
	b.bolt()
	b.opens()
	b.shuts()
	b.then("door_opened", "release", "door_shut", "relocked")
	b.opens()
	b.then("door_opened") // the courier leaves: no alarm
	b.shuts()
	b.then("door_shut")
	b.keys(Right)
	b.then("unlocked", "energise", "granted 3/3")
	b.bolt()
	b.opens()
	b.shuts()
	b.then("door_opened", "release", "door_shut", "relocked", "visit_ended(entries_used)")
	b.keys(Right)
	b.then("code_refused(code_used)", "denied code_used")
	b.opens() // still inside, leaves now
	b.then("door_opened")
	b.shuts()
	b.then("door_shut")
	b.passes(3*time.Minute + time.Second)
	b.opens()
	b.then("door_opened", "forced_open", "alarm true")
	b.shuts()
	b.then("door_shut", "alarm false", "relocked")
}

// Just after a start nobody knows of the case: that is no tampering, and no reason to open.
func TestCaseNotKnownYet(t *testing.T) {
	b := ready(t)
	b.restart(time.Second, plan())
	b.s.coverKnown = false // its switch has not been read yet
	for _, e := range []Event{DoorIs(Closed), BoltIs(Closed)} {
		b.step(e)
	}
	b.passes(500 * time.Millisecond)
	b.log = nil
	b.keys(Right)
	b.then("code_refused(door_unsure)", "denied door_unsure")
	if a := b.s.View(b.now).Alarm; a != "" {
		t.Errorf("the alarm shown is %s", a)
	}
	b.step(TamperIs(false))
	b.then() // and nothing is over that never was
	b.keys(Right)
	b.then("visit_started", "energise", "unlocked", "granted 1/3")
}

// One condition is missing at a time: the right code is refused with its name, a wrong one
// only ever as wrong, unless that can't be counted.
func TestPredicate(t *testing.T) {
	for _, c := range []struct {
		why    wire.Reason
		plan   func(*Plan)
		break_ func(b *story)
		mend   func(b *story)
	}{
		{wire.Tampered, nil, func(b *story) { b.step(TamperIs(true)) }, nil},
		{wire.Tampered, nil, func(b *story) { b.step(TamperIs(true)); b.step(TamperIs(false)) }, nil},
		{wire.DiskTrouble, nil, func(b *story) { b.step(DiskIs(false)) }, func(b *story) { b.step(DiskIs(true)) }},
		{wire.ClockUnsure, nil, func(b *story) { b.now.Sure = false; b.step(ClockJumped()) }, func(b *story) { b.now.Sure = true }},
		{wire.DoorUnsure, nil, func(b *story) { b.step(DoorIs(Unknown)) }, func(b *story) { b.step(DoorIs(Closed)) }},
		{wire.DoorUnsure, nil, func(b *story) { b.step(BoltIs(Unknown)) }, func(b *story) { b.step(BoltIs(Closed)) }},
		{wire.DoorUnsure, nil, func(b *story) { b.step(CoilIs(CoilUnknown)) }, func(b *story) { b.step(CoilIs(CoilOff)) }},
		{wire.DoorUnsure, nil, func(b *story) { b.step(BoltIs(Open)); b.passes(3 * time.Second) }, func(b *story) { b.step(BoltIs(Closed)) }},
		{wire.DoorIsOpen, nil, func(b *story) { b.opens() }, func(b *story) { b.shuts() }},
		{wire.CameraNotSeen, nil, func(b *story) { b.blind = true; b.passes(1100 * time.Millisecond) }, func(b *story) { b.blind = false; b.passes(100 * time.Millisecond) }},
		{wire.CameraNotSeen, nil, func(b *story) { b.step(EyeIs(false)) }, func(b *story) { b.step(EyeIs(true)); b.passes(100 * time.Millisecond) }},
		{wire.CameraNotSeen, nil, func(b *story) { b.seesNow("", challenge.Unseen) }, func(b *story) { b.passes(100 * time.Millisecond) }},
		{wire.CameraNotSeen, nil, func(b *story) { b.seesNow("", challenge.Undecided) }, func(b *story) { b.passes(100 * time.Millisecond) }},
		{wire.CameraNotSeen, nil, func(b *story) { b.seesNow(wire.CameraFailed, challenge.Seen) }, func(b *story) { b.passes(100 * time.Millisecond) }},
		{wire.Offline, func(p *Plan) { p.Offline = false }, func(b *story) { b.step(NetIs(false)) }, func(b *story) { b.step(NetIs(true)) }},
		{wire.NobodyWatches, func(p *Plan) { p.Watched = true }, nil, func(b *story) { b.step(ViewersAre(1)) }},
	} {
		t.Run(string(c.why), func(t *testing.T) {
			if c.plan == nil {
				c.plan = func(*Plan) {}
			}
			b := ready(t, c.plan)
			if c.break_ != nil {
				c.break_(b)
			}
			b.log = nil
			wrong, counted := wire.CodeWrong, uint8(1)
			if c.why == wire.DiskTrouble {
				wrong, counted = c.why, 0
			}
			b.keys(Wrong)
			b.then("code_refused("+string(wrong)+")", "denied "+string(wrong))
			b.keys(Right)
			b.then("code_refused("+string(c.why)+")", "denied "+string(c.why))
			if b.s.current().wrong() != counted {
				t.Errorf("%d counted as wrong, want %d", b.s.current().wrong(), counted)
			}
			if c.mend == nil {
				return
			}
			c.mend(b)
			b.log = nil
			b.keys(Right)
			b.then("visit_started", "energise", "unlocked", "granted 1/3")
		})
	}
}

// seesNow is one frame with a glass reason and a verdict of the lamp.
func (b *story) seesNow(glass wire.Reason, lamp challenge.Verdict) {
	b.now.Mono += 10 * time.Millisecond
	b.frame++
	b.step(LookCame(b.frame, b.now.Mono, glass, lamp, 0))
}

func TestOptionalCamera(t *testing.T) {
	b := ready(t, func(p *Plan) { p.Camera = false })
	b.step(EyeIs(false))
	b.then("camera_fault(eye_gone)")
	b.keys(Right)
	b.then("visit_started", "energise", "unlocked", "granted 1/3")
}

func TestBurnedBeforeCoil(t *testing.T) {
	b := ready(t)
	b.slow = true
	b.keys(Right)
	b.then("writing visit_started")
	if b.coil != CoilOff {
		t.Fatal("the coil has current before the disk has answered")
	}
	b.keys(Right)
	b.then("denied code_slowed", "wait 1s") // only one entry at a time
	b.slow = false
	b.onDisk(Entry{Kind: wire.VisitStarted, Delivery: "d1", Count: 1})
	b.step(Written(b.held[0], true))
	b.then("energise", "unlocked", "granted 1/3")
	b.step(Written(b.held[0], true))
	b.then() // the disk says it twice
}

func TestDiskTooSlow(t *testing.T) {
	b := ready(t)
	b.slow = true
	b.keys(Right)
	b.passes(2 * time.Second)
	b.then("writing visit_started", "code_refused(disk_trouble)", "denied disk_trouble")
	b.slow = false
	b.step(Written(b.held[0], true))
	b.then() // burned, but the courier was told no: nothing opens behind his back
	b.step(DiskIs(true))
	b.then("journal_broken(disk_trouble)")
	b.keys(Right)
	b.then("unlocked", "energise", "granted 2/3")
}

func TestDiskFull(t *testing.T) {
	b := ready(t)
	b.full = true
	b.keys(Right)
	b.then("lost visit_started", "lost code_refused(disk_trouble)", "denied disk_trouble")
	if v := b.s.View(b.now); v.Alarm != wire.JournalBroken || v.Visit != wire.VisitAwaited {
		t.Errorf("alarm %q, visit %q", v.Alarm, v.Visit)
	}
	b.keys(Right)
	b.then("lost code_refused(disk_trouble)", "denied disk_trouble")
	b.disk(true)
	b.then("journal_broken(disk_trouble)")
	b.keys(Right)
	b.then("visit_started", "energise", "unlocked", "granted 1/3")
}

// The disk fills in mid-visit: the door still shuts and locks.
func TestDiskFullInMidVisit(t *testing.T) {
	b := ready(t)
	b.keys(Right)
	b.bolt()
	b.opens()
	b.disk(false)
	b.log = nil
	b.shuts()
	b.then("release", "lost door_shut", "lost relocked")
	b.keys(Right)
	b.then("lost code_refused(disk_trouble)", "denied disk_trouble")
}

func TestConditionLostWhileBurning(t *testing.T) {
	b := ready(t)
	b.slow = true
	b.keys(Right)
	b.step(TamperIs(true))
	b.log = nil
	b.slow = false
	b.step(Written(b.held[0], true))
	b.then("code_refused(tampered)", "denied tampered")
	if b.pulses != 0 {
		t.Error("the coil had current")
	}
}

func TestCoilDoesNotFollow(t *testing.T) {
	b := ready(t)
	b.slow = true
	b.keys(Right)
	b.slow = false
	effects := Step(&b.s, Written(b.held[0], true), b.now, nil)
	if len(effects) != 2 || effects[0].Do != Energise || effects[1].Do != Visit {
		t.Fatalf("%+v", effects)
	}
	b.log = nil
	b.step(CoilIs(CoilUnknown))
	b.then("code_refused(door_unsure)", "denied door_unsure", "release") // it may have current all the same
	b.step(CoilIs(CoilOff))
	b.keys(Right)
	b.then("unlocked", "energise", "granted 2/3") // the first entry is used
}

func TestCoilNeverAnswers(t *testing.T) {
	b := ready(t)
	b.slow = true
	b.keys(Right)
	b.slow = false
	Step(&b.s, Written(b.held[0], true), b.now, nil)
	b.log = nil
	b.passes(time.Second)
	b.then("code_refused(door_unsure)", "denied door_unsure", "release")
}

// That no entries are left is said before what else is amiss: nothing that the courier waits for
// would change it. Found by package sim.
func TestEntriesUsedComesFirst(t *testing.T) {
	b := ready(t, func(p *Plan) { p.Entries = 1 })
	b.keys(Right)
	b.bolt()
	b.opens()
	b.log = nil
	b.keys(Right)
	b.then("code_refused(entries_used)", "denied entries_used")
}

// Current that an earlier visit has left behind burns no code.
func TestCurrentOfAnotherDelivery(t *testing.T) {
	next := start + 60_000 + 600_000
	b := ready(t, func(p *Plan) { p.Until = next })
	b.step(PassCame(plan(func(p *Plan) { p.Delivery, p.From, p.Camera = "d2", next, false })))
	b.passes(9*time.Minute + 58*time.Second)
	b.keys(Right)
	b.step(BoltIs(Open))
	b.coil = CoilOff // it lets go no more
	b.passes(3 * time.Second)
	if b.s.Delivery() != "d2" || b.s.coil != CoilOn {
		t.Fatalf("%q is open, coil %v", b.s.Delivery(), b.s.coil)
	}
	b.log = nil
	b.keys(Right)
	b.then("code_refused(door_unsure)", "denied door_unsure")
	b.step(CoilIs(CoilOff))
	b.bolt()
	b.log = nil
	b.keys(Right)
	b.then("visit_started", "energise", "unlocked", "granted 1/3")
}
