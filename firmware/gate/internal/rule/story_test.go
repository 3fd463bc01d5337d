package rule

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vestibule/firmware/gate/internal/challenge"
	"vestibule/hub/wire"
)

// A story is a gate on a fake clock with everything done at once that the rule asks for:
// entries are written, the coil follows, unless a story says otherwise. Each line of a
// story is one step: what happens, and what comes of it.
type story struct {
	t       testing.TB
	s       State
	now     Now
	coil    Coil
	held    []uint64     // tickets that a slow disk has not answered
	slow    bool         // the disk answers only when told
	full    bool         // the disk fails
	journal []wire.Event // what is on the disk
	power   bool
	visit   bool // what eye was told of a visit
	beyond  int  // what eye counts
	alarm   bool
	log     []string // since the last line
	frame   uint64
	blind   bool // eye is stuck
	ref     uint64
	pulses  int
	stepped func(before State, e Event) // if set, is told of every step
}

const start = int64(1_780_000_000_000)

func plan(change ...func(*Plan)) Plan {
	p := Plan{Delivery: "d1", From: start + 60_000, Until: start + 3_600_000, Entries: 3, Grace: 3 * time.Minute, Camera: true, Offline: true}
	for _, c := range change {
		c(&p)
	}
	return p
}

// tell begins a story at a shut door, everything in order, no pass known.
func tell(t testing.TB) *story {
	b := &story{t: t, s: New(0), now: Now{Wall: start, Mono: time.Hour, Sure: true}, coil: CoilOff}
	b.boot()
	b.log = nil
	return b
}

// boot says what a gate says when it has come up.
func (b *story) boot() {
	for _, e := range []Event{CoilIs(CoilOff), DoorIs(Closed), BoltIs(Closed), TamperIs(false), NetIs(true), EyeIs(true)} {
		b.step(e)
	}
}

func (b *story) step(e Event) {
	b.t.Helper()
	before := b.s
	effects := Step(&b.s, e, b.now, nil)
	if b.stepped != nil {
		b.stepped(before, e)
	}
	b.carryOut(effects)
}

// carryOut does what the rule wants, in its order.
func (b *story) carryOut(effects []Effect) {
	b.t.Helper()
	for _, e := range effects {
		switch e.Do {
		case Write:
			b.write(e)
		case Energise:
			b.pulses++
			b.coil = CoilOn
			b.say("energise")
			b.step(CoilIs(CoilOn))
		case Release:
			b.say("release")
			if b.coil == CoilOn {
				b.coil = CoilOff
				b.step(CoilIs(CoilOff))
			}
		case Power:
			b.power = e.On
			b.say("power %v", e.On)
		case Wake:
			b.visit = e.On
			b.say("wake %s", e.Delivery)
		case Visit:
			if b.visit == e.On || !b.power {
				b.t.Fatalf("eye is told of a visit, %v, and it was %v", e.On, b.visit)
			}
			b.visit = e.On
		case Sleep:
			b.say("sleep")
		case Cut:
			b.say("cut %s", e.Reason)
		case Grant:
			b.say("granted %d/%d", e.Number, e.Entries)
		case Deny:
			b.say("denied %s", e.Reason)
			if e.Wait > 0 {
				b.say("wait %v", e.Wait)
			}
		case Sound:
			b.alarm = e.On
			b.say("alarm %v", e.On)
		case Forget:
			b.say("forget %s", e.Delivery)
		default:
			b.t.Fatalf("effect %d", e.Do)
		}
	}
}

func (b *story) write(e Effect) {
	b.t.Helper()
	text := string(e.Entry.Kind)
	if e.Entry.Reason != "" {
		text += "(" + string(e.Entry.Reason) + ")"
	}
	if e.Ticket != 0 && b.slow {
		b.held = append(b.held, e.Ticket)
		b.say("writing %s", text)
		return
	}
	if b.full {
		b.say("lost %s", text)
		if e.Ticket != 0 {
			b.step(Written(e.Ticket, false))
		}
		return
	}
	b.say("%s", text)
	b.onDisk(e.Entry)
	if e.Ticket != 0 {
		b.step(Written(e.Ticket, true))
	}
}

func (b *story) onDisk(e Entry) {
	b.journal = append(b.journal, wire.Event{Index: uint64(len(b.journal)), Time: time.UnixMilli(b.now.Wall).UTC(), Kind: e.Kind,
		Delivery: e.Delivery, Reason: e.Reason, Via: string(e.Via), Count: e.Count})
}

func (b *story) say(format string, a ...any) { b.log = append(b.log, fmt.Sprintf(format, a...)) }

// passes lets time go by in small steps, with eye's frames and the rule's own ticks.
func (b *story) passes(d time.Duration) {
	b.t.Helper()
	for end := b.now.Mono + d; b.now.Mono < end; {
		d := min(100*time.Millisecond, end-b.now.Mono)
		b.now.Mono += d
		b.now.Wall += d.Milliseconds()
		if b.power && !b.blind {
			b.frame++
			b.step(b.lookNow(b.beyond))
		} else {
			b.step(Tick())
		}
		if n := b.s.Next(b.now); n < 0 || n > 24*time.Hour*365 {
			b.t.Fatalf("next tick in %v", n)
		}
	}
}

// lookNow is a good frame of this moment.
func (b *story) lookNow(beyond int) Event {
	return LookCame(b.frame, b.now.Mono, "", challenge.Seen, beyond)
}

// then checks what has come of the steps since the last line: exactly this, in this order.
func (b *story) then(want ...string) {
	b.t.Helper()
	if !slices.Equal(b.log, want) {
		b.t.Fatalf("came:\n  %s\nwant:\n  %s", strings.Join(b.log, "\n  "), strings.Join(want, "\n  "))
	}
	b.log = nil
}

func (b *story) keys(v Verdict)           { b.t.Helper(); b.ref++; b.step(Tried("", v, Keypad, b.ref)) }
func (b *story) page(d string, v Verdict) { b.t.Helper(); b.ref++; b.step(Tried(d, v, Page, b.ref)) }
func (b *story) scan(v Verdict)           { b.t.Helper(); b.ref++; b.step(Tried("d1", v, QR, b.ref)) }
func (b *story) disk(ok bool)             { b.t.Helper(); b.full = !ok; b.step(DiskIs(ok)) }

// opens and shuts move the door as a spring latch does.
func (b *story) opens() { b.t.Helper(); b.step(BoltIs(Open)); b.step(DoorIs(Open)) }
func (b *story) shuts() { b.t.Helper(); b.step(DoorIs(Closed)); b.step(BoltIs(Closed)) }

// bolt follows the coil, as the bolt's contact does while the door is shut.
func (b *story) bolt() {
	b.t.Helper()
	if b.coil == CoilOn {
		b.step(BoltIs(Open))
	} else {
		b.step(BoltIs(Closed))
	}
}

// wakes begins the window of d1 and waits until the camera is live.
func (b *story) wakes() {
	b.t.Helper()
	b.passes(time.Minute + 200*time.Millisecond)
	b.then("window_opened", "power true", "wake d1", "camera_on")
}

// ready is a story in which d1's window is open and the camera live.
func ready(t testing.TB, change ...func(*Plan)) *story {
	t.Helper()
	b := tell(t)
	b.step(PassCame(plan(change...)))
	b.then("pass_accepted")
	b.wakes()
	return b
}

// restart forgets everything but the disk and comes up again after d.
func (b *story) restart(d time.Duration, plans ...Plan) {
	b.t.Helper()
	b.now.Mono += d
	b.now.Wall += d.Milliseconds()
	b.s, b.coil, b.power, b.held, b.slow, b.frame = New(b.s.epoch), CoilOff, false, nil, false, 0
	for _, p := range plans {
		if !b.s.Restore(p) {
			b.t.Fatalf("no room for %s", p.Delivery)
		}
	}
	for _, e := range b.journal {
		b.s.Replay(e)
	}
	b.carryOut(Resume(&b.s, b.now, nil))
	for _, e := range []Event{CoilIs(CoilOff), TamperIs(b.s.coverOff), NetIs(true), EyeIs(true)} {
		b.step(e)
	}
}

func TestWholeVisit(t *testing.T) {
	b := tell(t)
	b.step(PassCame(plan()))
	b.then("pass_accepted")
	b.passes(59 * time.Second)
	b.keys(Right)
	b.then() // outside the window the keypad answers nothing
	b.passes(1200 * time.Millisecond)
	b.then("window_opened", "power true", "wake d1", "camera_on")
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
	b.keys(Right)
	b.then("code_refused(code_used)", "denied code_used")
	b.passes(time.Hour)
	b.then("window_closed(time_up)", "cut time_up", "sleep", "power false", "camera_off", "forget d1")
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

func TestWrongCodes(t *testing.T) {
	b := ready(t)
	for i, seconds := range []int{0, 0, 2, 4, 8, 16, 30, 30, 30} {
		b.keys(Wrong)
		b.then("code_refused(code_wrong)", "denied code_wrong")
		if seconds == 0 {
			continue
		}
		wait := time.Duration(seconds) * time.Second
		b.keys(Typo)
		b.then("code_refused(code_slowed)", "denied code_slowed", fmt.Sprintf("wait %v", wait))
		b.passes(wait - 100*time.Millisecond)
		b.keys(Right) // neither a wrong nor a right one lengthens the delay or says which it was
		b.then("code_refused(code_slowed)", "denied code_slowed", "wait 100ms")
		b.passes(100 * time.Millisecond)
		if i == 5 {
			b.keys(Typo)
			b.then("code_refused(code_typo)", "denied code_typo")
		}
	}
	b.keys(Wrong)
	b.then("code_refused(code_wrong)", "denied code_wrong")
	b.passes(time.Minute)
	b.keys(Right)
	b.then("code_refused(code_spent)", "denied code_spent")
	for range 20 {
		b.scan(Wrong) // 2^128 is its own throttle
		b.then("code_refused(code_wrong)", "denied code_wrong")
	}
	b.scan(Right)
	b.then("visit_started", "energise", "unlocked", "granted 1/3")
}

// The real courier's digits wait 30 s at most while somebody guesses without a pause.
func TestGuesserDelaysAtMostHalfAMinute(t *testing.T) {
	b := ready(t)
	worst := time.Duration(0)
	for range 3000 {
		b.keys(Wrong)
		worst = max(worst, b.s.current().slow-b.now.Mono)
		b.passes(100 * time.Millisecond)
	}
	if b.s.current().wrong != MaxWrong || worst > 30*time.Second {
		t.Errorf("%d wrong ones counted, longest delay %v", b.s.current().wrong, worst)
	}
}

func TestEarlyLateUnknown(t *testing.T) {
	b := tell(t)
	b.step(PassCame(plan()))
	b.then("pass_accepted")
	b.page("d1", Right)
	b.then("code_refused(too_early)", "denied too_early")
	b.page("d2", Wrong)
	b.then("code_refused(no_delivery)", "denied no_delivery")
	b.wakes()
	b.page("d2", Wrong)
	b.then("code_refused(no_delivery)", "denied no_delivery")
	if b.s.current().wrong != 0 {
		t.Error("a try for another delivery was counted")
	}
	b.page("d1", Right)
	b.then("visit_started", "energise", "unlocked", "granted 1/3")
}

// One condition is missing at a time: the right code is refused with its name, a wrong one
// only ever as wrong.
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
			b.keys(Wrong)
			b.then("code_refused(code_wrong)", "denied code_wrong")
			b.keys(Right)
			b.then("code_refused("+string(c.why)+")", "denied "+string(c.why))
			if b.s.current().wrong != 1 {
				t.Errorf("%d counted as wrong, want 1", b.s.current().wrong)
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
	b.then("code_refused(door_unsure)", "denied door_unsure")
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

// The coil's own limit and the rule's: whatever the driver does, Release is asked for.
func TestCoilLimit(t *testing.T) {
	b := ready(t)
	b.keys(Right)
	b.bolt()
	b.log = nil
	b.passes(4900 * time.Millisecond)
	b.then()
	s := b.s
	effects := Step(&s, Tick(), Now{b.now.Wall, b.now.Mono + 100*time.Millisecond, true}, nil)
	if len(effects) != 1 || effects[0].Do != Release {
		t.Fatalf("after 5 s: %+v", effects)
	}
	effects = Step(&s, Tick(), Now{b.now.Wall, b.now.Mono + 1200*time.Millisecond, true}, nil)
	if !slices.ContainsFunc(effects, func(e Effect) bool { return e.Do == Release }) {
		t.Fatalf("after 6 s with current still on: %+v", effects)
	}
}

func TestHeldOpen(t *testing.T) {
	b := ready(t)
	b.keys(Right)
	b.bolt()
	b.opens()
	b.log = nil
	b.passes(30 * time.Second)
	b.then("release", "held_open", "alarm true")
	if v := b.s.View(b.now); v.Alarm != wire.HeldOpen || v.Bolt != wire.BoltUnlocked {
		t.Errorf("%+v", v)
	}
	b.passes(time.Minute)
	b.then()
	b.shuts()
	b.then("door_shut", "alarm false", "relocked")
	b.passes(3 * time.Minute)
	b.then("visit_ended")
}

func TestForced(t *testing.T) {
	b := tell(t)
	b.opens()
	b.then("door_opened", "forced_open") // no window: the household's phones are told, nothing sounds
	b.shuts()
	b.then("door_shut", "relocked")
	b = ready(t)
	b.opens()
	b.then("door_opened", "forced_open", "alarm true")
	if v := b.s.View(b.now); v.Alarm != wire.ForcedOpen {
		t.Errorf("alarm %q", v.Alarm)
	}
	b.shuts()
	b.then("door_shut", "alarm false", "relocked")
	b.keys(Right)
	b.bolt()
	b.passes(5 * time.Second) // nobody came in
	b.bolt()
	b.log = nil
	b.passes(2 * time.Second)
	b.opens()
	b.then("door_opened", "forced_open", "alarm true") // under way, but nobody is inside
}

func TestWindowEndsInMidVisit(t *testing.T) {
	b := ready(t)
	b.passes(58*time.Minute + 50*time.Second)
	b.keys(Right)
	b.bolt()
	b.opens()
	b.log = nil
	b.passes(11 * time.Second)
	b.then("release", "window_closed(time_up)", "cut time_up", "sleep", "power false", "camera_off")
	v := b.s.View(b.now)
	if v.Visit != wire.VisitUnderWay || v.Door != wire.DoorAjar {
		t.Errorf("%+v", v)
	}
	b.passes(10 * time.Second)
	b.shuts()
	b.then("door_shut", "relocked", "visit_ended(time_up)", "forget d1")
	b.opens()
	b.then("door_opened") // he was inside: out he goes
}

func TestWindowEndsWhileShut(t *testing.T) {
	b := ready(t)
	b.passes(58 * time.Minute)
	b.keys(Right)
	b.bolt()
	b.opens()
	b.shuts()
	b.log = nil
	b.passes(time.Minute)
	b.then("window_closed(time_up)", "cut time_up", "sleep", "power false", "camera_off", "visit_ended(time_up)", "forget d1")
}

func TestCancel(t *testing.T) {
	b := ready(t)
	b.keys(Right)
	b.bolt()
	b.log = nil
	b.step(CancelCame("d1"))
	b.then("cancelled(by_owner)", "window_closed(by_owner)", "cut by_owner", "release", "sleep", "power false", "camera_off")
	b.bolt()
	b.then("relocked", "visit_ended(by_owner)")
	b.step(CancelCame("d1"))
	b.then() // twice is once
	b.page("d1", Right)
	b.then("code_refused(too_late)", "denied too_late")
	if why := b.s.Judge(plan(func(p *Plan) { p.Delivery = "d2" }), b.now); why != "" {
		t.Errorf("a cancelled window still takes its time: %q", why)
	}
}

func TestCancelBeforeItsPass(t *testing.T) {
	b := tell(t)
	b.step(CancelCame("d1"))
	b.step(CancelCame("d1"))
	b.then("cancelled(by_owner)")
	b.restart(time.Second)
	b.shuts()
	b.log = nil
	b.step(PassCame(plan()))
	b.then("pass_accepted")
	b.passes(2 * time.Minute)
	b.then() // its window never opens
}

func TestLock(t *testing.T) {
	b := ready(t)
	b.keys(Right)
	b.bolt()
	b.opens()
	b.log = nil
	b.step(LockCame("d1"))
	b.then("owner_locked(by_owner)", "release")
	b.step(LockCame("d1"))
	b.then()
	b.shuts()
	b.then("door_shut", "relocked", "visit_ended(by_owner)")
	b.keys(Right)
	b.then("code_refused(code_used)", "denied code_used")
	b.opens() // a courier inside is never locked in
	b.then("door_opened")
}

func TestLockBeforeTheVisit(t *testing.T) {
	b := ready(t)
	b.step(LockCame("d1"))
	b.then("owner_locked(by_owner)")
	b.keys(Right)
	b.then("code_refused(code_used)", "denied code_used")
}

func TestTamper(t *testing.T) {
	b := ready(t)
	b.step(TamperIs(true))
	b.then("tamper(tampered)", "alarm true")
	b.step(TamperIs(false))
	b.then("tamper_over", "alarm false")
	if v := b.s.View(b.now); v.Alarm != wire.Tamper {
		t.Errorf("alarm %q, want tamper until the next window", v.Alarm)
	}
	b.passes(time.Hour)
	b.step(PassCame(plan(func(p *Plan) { p.Delivery, p.From, p.Until = "d2", start+4_000_000, start+5_000_000 })))
	b.passes(10 * time.Minute)
	b.log = nil
	b.keys(Right)
	b.then("visit_started", "energise", "unlocked", "granted 1/3")
	b.bolt()
	b.step(TamperIs(true))
	b.then("tamper(tampered)", "alarm true", "release")
}

func TestCameraLostInMidVisit(t *testing.T) {
	b := ready(t)
	b.keys(Right)
	b.bolt()
	b.opens()
	b.log = nil
	b.blind = true
	b.passes(1100 * time.Millisecond)
	b.then("camera_fault(camera_stalled)")
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
	b.then("camera_back")
	b.keys(Right)
	b.then("unlocked", "energise", "granted 2/3")
}

func TestCameraNeverComes(t *testing.T) {
	b := tell(t)
	b.step(EyeIs(false))
	b.step(PassCame(plan()))
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
	b.then("camera_on")
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

func TestLink(t *testing.T) {
	b := tell(t)
	b.step(NetIs(false))
	b.passes(4 * time.Second)
	b.step(NetIs(true))
	b.passes(10 * time.Second)
	b.then() // a hiccup
	b.step(NetIs(false))
	b.passes(5 * time.Second)
	b.then("link_lost")
	b.step(NetIs(false))
	b.passes(time.Minute)
	b.step(NetIs(true))
	b.then("link_back")
}

func TestSensorsContradict(t *testing.T) {
	for name, c := range map[string]struct{ break_, mend func(b *story) }{
		"the strike holds the bolt of an open door": {
			func(b *story) { b.step(DoorIs(Open)) }, func(b *story) { b.step(BoltIs(Open)) }},
		"shut, and nothing holds the bolt": {
			func(b *story) { b.step(BoltIs(Open)) }, func(b *story) { b.step(BoltIs(Closed)) }},
		"the contact says nothing": {
			func(b *story) { b.step(DoorIs(Unknown)) }, func(b *story) { b.step(DoorIs(Closed)) }},
		"the relay is welded": {
			func(b *story) { b.step(CoilIs(CoilUnknown)) }, func(b *story) { b.step(CoilIs(CoilOff)) }},
	} {
		t.Run(name, func(t *testing.T) {
			b := ready(t)
			c.break_(b)
			b.passes(1900 * time.Millisecond)
			c.mend(b)
			b.passes(5 * time.Second)
			for _, l := range b.log {
				if strings.HasPrefix(l, "sensor_unsure") {
					t.Error("a movement is taken for a contradiction")
				}
			}
			b = ready(t)
			c.break_(b)
			b.log = nil
			b.passes(2100 * time.Millisecond)
			b.then("sensor_unsure(door_unsure)")
			if v := b.s.View(b.now); v.Bolt != wire.BoltUnknown {
				t.Errorf("bolt %q, want unknown", v.Bolt)
			}
			b.passes(time.Minute)
			c.mend(b)
			if b.s.View(b.now).Bolt == wire.BoltUnknown {
				t.Error("still unknown after it was mended")
			}
		})
	}
}

func TestJudge(t *testing.T) {
	b := tell(t)
	b.step(PassCame(plan(func(p *Plan) { p.Epoch = 5 })))
	other := func(p *Plan) { p.Delivery, p.Epoch = "d2", 5 }
	for name, c := range map[string]struct {
		change func(*Plan)
		want   wire.Reason
	}{
		"after it":        {func(p *Plan) { p.From, p.Until = start+3_600_000, start+7_200_000 }, ""},
		"before it":       {func(p *Plan) { p.From, p.Until = start, start+60_000 }, ""},
		"inside it":       {func(p *Plan) { p.From, p.Until = start+120_000, start+180_000 }, wire.Overlaps},
		"into its begin":  {func(p *Plan) { p.From, p.Until = start, start+60_001 }, wire.Overlaps},
		"over":            {func(p *Plan) { p.From, p.Until = start-60_000, start }, wire.WindowOver},
		"older epoch":     {func(p *Plan) { p.Epoch = 4 }, wire.OldEpoch},
		"newer epoch":     {func(p *Plan) { p.Epoch = 6 }, ""},
		"same, new terms": {func(p *Plan) { p.Delivery = "d1"; p.Entries = 2 }, wire.Overlaps},
		"no entries":      {func(p *Plan) { p.Entries = 0 }, wire.Unreadable},
		"zero plan":       {func(p *Plan) { *p = Plan{Epoch: 5} }, wire.Unreadable},
	} {
		if got := b.s.Judge(plan(other, c.change), b.now); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	for i := range MaxPasses - 1 {
		at := start + int64(i+2)*7_200_000
		p := plan(other, func(p *Plan) { p.Delivery, p.From, p.Until = fmt.Sprint("x", i), at, at+3_600_000 })
		if why := b.s.Judge(p, b.now); why != "" {
			t.Fatalf("pass %d: %q", i, why)
		}
		b.step(PassCame(p))
	}
	far := plan(other, func(p *Plan) { p.From, p.Until = start+100*7_200_000, start+101*7_200_000 })
	if why := b.s.Judge(far, b.now); why != wire.TooMany {
		t.Errorf("one more: %q, want too_many", why)
	}
}

func TestNewerEpochEndsOlderPasses(t *testing.T) {
	b := ready(t)
	b.step(PassCame(plan(func(p *Plan) { p.Delivery, p.Epoch, p.From, p.Until = "d2", 1, start+7_200_000, start+7_300_000 })))
	b.then("pass_accepted", "cancelled(old_epoch)", "window_closed(old_epoch)", "cut old_epoch", "sleep", "power false", "camera_off")
}

func TestWindowAfterWindow(t *testing.T) {
	b := ready(t)
	b.step(PassCame(plan(func(p *Plan) { p.Delivery, p.From, p.Until = "d2", start+3_600_000, start+7_200_000 })))
	b.then("pass_accepted")
	b.passes(time.Hour)
	b.then("window_closed(time_up)", "cut time_up", "window_opened", "sleep", "power false", "camera_off", "power true", "wake d2", "forget d1", "camera_on")
}

// The clock is unsure: nothing new opens, what is open still ends.
func TestUnsureClock(t *testing.T) {
	b := tell(t)
	b.step(PassCame(plan()))
	b.then("pass_accepted")
	b.now.Sure = false
	b.passes(2 * time.Minute)
	b.page("d1", Right)
	b.then("code_refused(clock_unsure)", "denied clock_unsure")
	b.now.Sure = true
	b.passes(100 * time.Millisecond)
	b.then("window_opened", "power true", "wake d1")
	b.now.Sure = false
	b.log = nil
	b.passes(time.Hour)
	b.then("camera_on", "window_closed(time_up)", "cut time_up", "sleep", "power false", "camera_off", "forget d1")
}

func TestRestartInEveryState(t *testing.T) {
	p := plan()
	for _, c := range []struct {
		name  string
		until func(b *story) // what happened before the power went
		door  Contact        // as it is found
		came  []string       // at the start
		then  func(b *story)
	}{
		{"planned", nil, Closed, nil, func(b *story) { b.wakes() }},
		{"the window is open", func(b *story) { b.wakes() }, Closed, []string{"power true", "wake d1"}, func(b *story) {
			b.passes(time.Second)
			b.keys(Right)
			b.then("camera_on", "visit_started", "energise", "unlocked", "granted 1/3")
		}},
		{"wrong codes were typed", func(b *story) {
			b.wakes()
			for range 3 {
				b.keys(Wrong)
			}
		}, Closed, []string{"power true", "wake d1"}, func(b *story) {
			b.passes(time.Second)
			b.keys(Right)
			b.then("camera_on", "code_refused(code_slowed)", "denied code_slowed", "wait 1s")
			b.passes(time.Second)
			b.keys(Wrong)
			b.keys(Right)
			b.then("code_refused(code_wrong)", "denied code_wrong", "code_refused(code_slowed)", "denied code_slowed", "wait 4s")
		}},
		{"burned, and the coil never moved", func(b *story) {
			b.wakes()
			b.onDisk(Entry{Kind: wire.VisitStarted, Delivery: "d1", Via: Keypad, Count: 1})
		}, Closed, []string{"power true", "wake d1"}, func(b *story) {
			b.passes(10 * time.Second)
			b.then("camera_on") // and no second opening from one try
			b.keys(Right)
			b.then("unlocked", "energise", "granted 2/3")
		}},
		{"the coil had current", func(b *story) { b.wakes(); b.keys(Right) }, Closed, []string{"power true", "wake d1", "relocked"}, func(b *story) {
			b.passes(3 * time.Minute)
			b.then("camera_on", "visit_ended")
		}},
		{"the courier is inside, the door open", func(b *story) { b.wakes(); b.keys(Right); b.bolt(); b.opens() }, Open,
			[]string{"power true", "wake d1"}, func(b *story) {
				b.passes(time.Second)
				b.then("camera_on")
				b.shuts()
				b.then("door_shut", "relocked")
				b.opens()
				b.then("door_opened")
				b.passes(30 * time.Second)
				b.then("held_open", "alarm true")
			}},
		{"the courier is inside, the door shut", func(b *story) { b.wakes(); b.keys(Right); b.bolt(); b.opens(); b.shuts() }, Closed,
			[]string{"power true", "wake d1"}, func(b *story) {
				b.opens()
				b.then("door_opened")
			}},
		{"shut while the power was away", func(b *story) { b.wakes(); b.keys(Right); b.bolt(); b.opens() }, Closed,
			[]string{"power true", "wake d1", "door_shut", "relocked"}, nil},
		{"opened while the power was away", nil, Open, []string{"door_opened", "forced_open"}, nil},
		{"the visit is over", func(b *story) {
			b.wakes()
			b.keys(Right)
			b.bolt()
			b.opens()
			b.shuts()
			b.passes(3 * time.Minute)
		}, Closed, []string{"power true", "wake d1"}, func(b *story) {
			b.passes(time.Second)
			b.keys(Right)
			b.then("camera_on", "code_refused(code_used)", "denied code_used")
		}},
		{"cancelled", func(b *story) { b.wakes(); b.step(CancelCame("d1")) }, Closed, nil, func(b *story) {
			b.step(CancelCame("d1"))
			b.page("d1", Right)
			b.then("code_refused(too_late)", "denied too_late")
		}},
		{"locked by the owner", func(b *story) { b.wakes(); b.keys(Right); b.step(LockCame("d1")) }, Closed,
			[]string{"power true", "wake d1"}, func(b *story) {
				b.passes(time.Second)
				b.keys(Right)
				b.then("camera_on", "code_refused(code_used)", "denied code_used")
			}},
		{"tampered", func(b *story) { b.wakes(); b.step(TamperIs(true)); b.step(TamperIs(false)) }, Closed,
			[]string{"power true", "wake d1"}, func(b *story) {
				b.passes(time.Second)
				b.keys(Right)
				b.then("camera_on", "code_refused(tampered)", "denied tampered")
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := tell(t)
			b.step(PassCame(p))
			b.then("pass_accepted")
			if c.until != nil {
				c.until(b)
			}
			// What the door's contact said before is in the journal only from its first change on.
			if !slices.ContainsFunc(b.journal, func(e wire.Event) bool { return e.Kind == wire.DoorOpened }) {
				b.journal = slices.Insert(b.journal, 0, wire.Event{Kind: wire.DoorShut, Time: time.UnixMilli(start).UTC()})
			}
			b.log = nil
			b.restart(time.Second, p)
			b.step(DoorIs(c.door))
			if c.door == Open {
				b.step(BoltIs(Open))
			} else {
				b.step(BoltIs(Closed))
			}
			b.then(c.came...)
			if c.then != nil {
				c.then(b)
			}
		})
	}
}

func TestRestartAfterTheGrace(t *testing.T) {
	b := ready(t)
	b.keys(Right)
	b.bolt()
	b.opens()
	b.shuts()
	b.log = nil
	b.restart(4*time.Minute, plan())
	b.step(DoorIs(Closed))
	b.step(BoltIs(Closed))
	b.then("power true", "wake d1", "visit_ended")
}

func TestRestartAfterTheWindow(t *testing.T) {
	b := ready(t)
	b.log = nil
	b.restart(2*time.Hour, plan())
	b.then("window_closed(time_up)", "cut time_up", "forget d1")
	b.restart(time.Second)
	if !b.s.Known("d1") {
		t.Error("a pass that was carried out would be refused when the hub sends it again")
	}
}

func TestPassKeptButNotLogged(t *testing.T) {
	b := tell(t)
	b.restart(time.Second, plan())
	b.then("pass_accepted")
	b.restart(time.Second, plan())
	b.then()
}
