package sim

import (
	"time"

	"vestibule/firmware/gate/internal/challenge"
	"vestibule/firmware/gate/internal/clock"
	"vestibule/firmware/gate/internal/rule"
	"vestibule/hub/wire"
)

const (
	start      = int64(1_780_000_000_000) * int64(time.Millisecond) // ns since 1970
	built      = start - int64(30*24*time.Hour)                     // the floor of the trusted time
	oneShot    = rule.Pulse + 500*time.Millisecond                  // the hardware's own limit
	latchLag   = 20 * time.Millisecond                              // the bolt follows the door and the coil
	bootTime   = 5 * time.Second                                    // from the end of one gate to the next
	maxEffects = 96
)

// World is a home: the door and who is at it, the gate and what it keeps, eye, the hub, the
// owner, and the account that is kept of all of it. It is a value but for two buffers that
// are empty between moves: a copy is a world of its own, for the same goroutine. [NewWorld]
// makes one.
type World struct {
	setup   rule.Setup
	state   rule.State
	account account
	clock   clock.Clock

	// Time.
	mono   time.Duration
	real   int64 // what the time is, ns since 1970
	skew   time.Duration
	frozen bool
	stands int64    // where it stands
	read   struct { // of the clocks, last
		wall   int64
		synced bool
		now    rule.Now
	}
	tampered bool // somebody touched the clock
	synced   bool // the kernel says that it is right
	boots    uint8

	// The owner and the hub.
	epoch  uint64
	drawer [deliveries]drawer

	gate gate
	disk disk
	door door
	eye  eye

	net      bool // the hub can be reached
	hung     bool // link stands still, and says nothing
	viewers  int
	ref      uint64
	guessed  [deliveries][digitWays]uint8 // wrong digits that were answered, whatever died since
	owed     [maxOwed]uint64              // tries without an answer
	owing    int
	caller   caller
	stepped  time.Duration // when the rule had its last step
	sight    sight
	sure     bool // of the time, at the last step
	visitors [deliveries]visitor

	alive   bool
	crashIn int8 // effects until gate is killed; 0 for never
	full    bool // a bound of this world is reached: no more moves

	moves  int
	steps  int
	pulses int
	broken Broken
	buf    *[maxEffects]rule.Effect
	head   int // of what is to be carried out
	tail   int
	busy   bool
	tell   func(string)
}

// eye is what eye is doing.
type eye struct {
	on, stalled bool
	lens        uint8
	frame       uint64
	at          time.Duration
	beyond      int
}

// maxOwed is more than gate can owe: one that waits for the camera, and two for the disk.
const maxOwed = 4

// caller is who wanted the camera to see last, and for which window.
type caller struct {
	at time.Duration
	d  int8
	is bool
}

// sight is what eye saw in the newest frame since the camera got its power.
type sight struct {
	at, since time.Duration
	number    uint64
	good      bool
}

// NewWorld is a home in which all is well and nothing is planned.
func NewWorld() *World { return newWorld(rule.Setup{}) }

func newWorld(setup rule.Setup) *World {
	w := &World{setup: setup, mono: time.Hour, real: start, alive: true, buf: new([maxEffects]rule.Effect)}
	w.synced = true
	w.clock = *clock.New(time.Unix(0, built).UTC(), clock.Anchor{}, w.bootName(), w.clocks())
	w.state = rule.New(0, setup)
	w.account.begin(setup)
	w.eye.on, w.net = true, true
	w.boot()
	return w
}

// linked: what the hub sends arrives.
func (w *World) linked() bool { return w.net && !w.hung }

func (w *World) true() time.Time { return time.Unix(0, w.real) }

// wall is what the device's own clock says.
func (w *World) wall() time.Time {
	if w.frozen {
		return time.Unix(0, w.stands).UTC()
	}
	return time.Unix(0, w.real+int64(w.skew)).UTC()
}

func (w *World) clocks() clock.Clocks {
	return clock.Clocks{Wall: w.wall(), Mono: w.mono, Synced: w.synced}
}

// bootNames are those of the machine's boots; a schedule has few.
var bootNames = [...]string{"a", "b", "c", "d", "e", "f", "g", "h"}

func (w *World) bootName() string { return bootNames[int(w.boots)%len(bootNames)] }

// now reads the clocks as gate does.
func (w *World) now() rule.Now {
	wall := w.real + int64(w.skew)
	if w.frozen {
		wall = w.stands
	}
	if w.read.wall == wall && w.read.synced == w.synced && w.read.now.Mono == w.mono {
		return w.read.now // the same moment: it says the same
	}
	r := w.clock.Read(w.clocks())
	w.gate.stamp = r.Stamp.UnixMilli()
	n := rule.Now{Wall: r.Now.UnixMilli(), Mono: w.mono, Sure: r.Sure}
	w.read.wall, w.read.synced, w.read.now = wall, w.synced, n
	if r.Jumped {
		w.stepAt(event{kind: evJumped}, n)
	}
	return n
}

func (w *World) step(e event) {
	if w.alive && w.broken.What == Holds {
		w.stepAt(e, w.now())
	}
}

func (w *World) stepAt(e event, now rule.Now) {
	if !w.alive || w.broken.What != Holds {
		return
	}
	w.steps++
	w.stepped, w.sure = now.Mono, now.Sure
	w.remember(&e)
	var out []rule.Effect
	if e.kind == evResume {
		out = rule.Resume(&w.state, now, w.buf[:w.tail])
	} else {
		out = rule.Step(&w.state, e.rule(), now, w.buf[:w.tail])
	}
	w.account.judge(&e, now, out[w.tail:], w)
	w.answer()
	w.tail = min(len(out), maxEffects)
	if w.busy {
		return // these come after those that are being carried out
	}
	w.busy = true
	for w.head < w.tail && w.broken.What == Holds {
		if w.crashIn > 0 {
			if w.crashIn--; w.crashIn == 0 {
				w.die()
			}
		}
		if !w.alive {
			break
		}
		i := w.head
		w.head++
		w.carryOut(&w.buf[i])
	}
	w.head, w.tail, w.busy = 0, 0, false
}

// carryOut does what the rule wants, as package service does.
func (w *World) carryOut(e *rule.Effect) {
	if w.tell != nil {
		w.tell("    " + effectText(e))
	}
	switch e.Do {
	case rule.Write:
		w.enqueue(job{kind: jobEntry, ticket: e.Ticket, entry: w.entryOf(&e.Entry)})
		if e.Entry.Kind == wire.VisitEnded {
			w.ends(index(e.Entry.Delivery))
		}
	case rule.Energise:
		w.pulses++
		w.checkSeen()
		w.admits()
		w.energise()
	case rule.Release:
		w.release()
	case rule.Power:
		w.gate.power = e.On
		w.sight = sight{since: w.mono}
	case rule.Forget:
		if d := index(e.Delivery); d >= 0 && w.gate.known[d] {
			w.gate.known[d] = false
			w.enqueue(job{kind: jobDrop, d: uint8(d)})
		}
	case rule.Revert:
		if d := index(e.Delivery); d >= 0 {
			w.gate.amended[d] = w.gate.before[d]
			w.enqueue(job{kind: jobAmend, d: uint8(d), amend: w.gate.before[d]})
		}
	case rule.Amend, rule.Wake, rule.Visit, rule.Sleep, rule.Cut, rule.Grant, rule.Deny, rule.Hold, rule.Sound:
	}
}

// pass lets time go by, with a tick whenever the rule asks for one, a few times; then gate was
// busy with something else, and late.
func (w *World) pass(d time.Duration) {
	const faithful = 6
	end := w.mono + d
	for i := 0; w.mono < end && w.broken.What == Holds; i++ {
		d := end - w.mono
		if w.alive {
			now := w.now()
			next := w.state.Next(now)
			if i == 0 && w.moves&1 == 0 {
				w.account.checkNext(next, now, w)
			}
			if next > 0 && i < faithful {
				d = min(d, next)
			}
		}
		if w.door.lagging {
			d = min(d, max(w.door.lagUntil-w.mono, 1))
		}
		if w.door.current && w.door.ill != coilWelded && w.setup.Lock != rule.Motor {
			d = min(d, max(w.door.since+oneShot-w.mono, 1))
		}
		if w.door.moving {
			d = min(d, max(w.door.arrives-w.mono, 1))
		}
		w.mono += d
		w.real += int64(d)
		w.hardware()
		if w.mono-w.account.heard >= time.Second {
			w.linkSays()
		}
		if w.alive && w.eye.on && !w.eye.stalled && w.gate.power && w.mono-w.eye.at >= 100*time.Millisecond {
			w.frame(frameGood)
		} else {
			w.step(event{kind: evTick})
		}
		w.settle()
		w.checkWithin()
	}
}

// settle follows each move: a fast disk has done its work.
func (w *World) settle() {
	for w.disk.mode != diskSlow && w.alive && w.broken.What == Holds && w.disk.n > 0 {
		if !w.work() {
			break
		}
	}
	if w.disk.full() {
		w.full = true
	}
	if w.alive && w.disk.mode == diskFast {
		w.disk.anchor = w.clock.Anchor(w.bootName())
	}
}

// frame is a report of eye's.
func (w *World) frame(how uint8) {
	if !w.eye.on {
		return
	}
	e := event{kind: evLook, lamp: challenge.Seen, count: w.eye.beyond}
	switch w.eye.lens {
	case 1:
		e.lamp = challenge.Unseen
	case 2:
		e.lamp = challenge.Undecided
	case 3:
		e.reason = wire.CameraMoved
	}
	// A frame's number follows its time, so that worlds which differ in nothing else are equal.
	e.number, e.at = uint64(w.mono/time.Millisecond)<<1, w.mono
	switch how {
	case frameAgain:
		e.number, e.at = w.eye.frame, w.eye.at
	case frameOld:
		e.at = w.mono - time.Hour
	case frameFuture:
		e.at = w.mono + time.Second
	case frameLate:
		e.at = w.mono - 900*time.Millisecond
	case frameNear:
		e.at = w.mono + 40*time.Millisecond
	}
	if how == frameGood {
		w.eye.frame, w.eye.at = e.number, e.at
	}
	if w.alive && w.state.Delivery() != "" { // service drops what is of no window
		w.saw(&e)
		w.step(e)
	}
}
