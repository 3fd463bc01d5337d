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
	setup   Setup
	s       State
	now     Now
	coil    Coil
	todo    []Effect
	busy    bool
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
	lazy    bool                                       // the coil does not answer by itself
	net     bool                                       // what link says, every second
	said    time.Duration                              // when it did
	mute    bool                                       // link hangs, and says nothing
	watched bool                                       // somebody wants the camera to see, again and again
	stepped func(before State, e Event, came []Effect) // if set, is told of every step
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
func tell(t testing.TB) *story { return tellOf(t, Setup{}) }

// tellOf tells of another kind of door.
func tellOf(t testing.TB, door Setup) *story {
	b := &story{t: t, setup: door, s: New(0, door), now: Now{Wall: start, Mono: time.Hour, Sure: true}, coil: CoilOff}
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
	if e.kind == netIs {
		b.net, b.said = e.on, b.now.Mono
	}
	before := b.s
	effects := Step(&b.s, e, b.now, nil)
	if b.stepped != nil {
		b.stepped(before, e, effects)
	}
	b.carryOut(effects)
}

// carryOut does what the rule wants, in its order: what comes of it comes after it.
func (b *story) carryOut(effects []Effect) {
	b.t.Helper()
	b.todo = append(b.todo, effects...)
	if b.busy {
		return
	}
	b.busy = true
	for i := 0; i < len(b.todo); i++ {
		e := b.todo[i]
		switch e.Do {
		case Write:
			b.write(e)
		case Energise:
			b.pulses++
			if b.lazy {
				b.say("energise")
				continue
			}
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
		case Hold:
			b.say("held")
		case Sound:
			b.alarm = e.On
			b.say("alarm %v", e.On)
		case Forget:
			b.say("forget %s", e.Delivery)
		case Revert:
			b.say("revert %s", e.Delivery)
		case Amend:
			b.say("amend %s", e.Delivery)
		default:
			b.t.Fatalf("effect %d", e.Do)
		}
	}
	b.todo, b.busy = nil, false
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
		if !b.mute && b.now.Mono-b.said >= time.Second {
			b.step(NetIs(b.net))
			b.attend()
		}
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

// attend is a call by whoever wants the camera to see all the while.
func (b *story) attend() {
	b.t.Helper()
	if b.watched {
		b.step(Called(wire.ByViewer))
	}
}

// wakes begins the window of d1 and waits until the camera is live. It stays so.
func (b *story) wakes() {
	b.t.Helper()
	b.passes(time.Minute)
	b.then("window_opened")
	b.watched = true
	b.attend()
	b.passes(200 * time.Millisecond)
	b.then("power true", "wake d1", "camera_on(by_viewer)")
}

// ready is a story in which d1's window is open and the camera live.
func ready(t testing.TB, change ...func(*Plan)) *story {
	t.Helper()
	return readyOf(t, Setup{}, change...)
}

func readyOf(t testing.TB, door Setup, change ...func(*Plan)) *story {
	t.Helper()
	b := tellOf(t, door)
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
	b.s, b.coil, b.power, b.held, b.slow, b.frame = New(b.s.epoch, b.setup), CoilOff, false, nil, false, 0
	for _, p := range plans {
		if !b.s.Restore(p) {
			b.t.Fatalf("no room for %s", p.Delivery)
		}
	}
	for _, e := range b.journal {
		b.s.Replay(e)
	}
	b.carryOut(Resume(&b.s, b.now, nil))
	for _, e := range []Event{CoilIs(CoilOff), TamperIs(b.s.coverOff), NetIs(true)} {
		b.step(e)
	}
	b.attend()
	b.step(EyeIs(true))
}
