// Package lock drives what holds a door: an electric strike, a holding magnet, or a motor that moves a
// bolt. One [Lock] drives all of them: it frees the door for a while, and holds it at all other times.
//
//   - [New]: a strike (fail-secure: free while its coil has current, locked without) or a magnet
//     behind a relay's normally closed contact (fail-safe: the relay's coil having current takes the
//     magnet's). For both the pin is High to free the door, and a dead program frees nothing; they
//     differ in what a power cut does.
//   - [NewPumped]: the same behind a charge pump, whose pin has to keep toggling.
//   - [NewMotor]: a motor lock with end switches, which stays where it is in a power cut.
//
// The way out is mechanical, or a button in the magnet's own circuit, and never asks here.
//
// # How the door is kept from staying free
//
// A pulse has a length of at most [Limit]. Two timers end it: the pulse's own, and a guard that is
// started before the door is freed and that goes on trying until the pin has taken its Low. If the
// program dies, the kernel lets go of the line and the pull-down ends the pulse; if the
// processor hangs, the hardware's one-shot does (hardware/README.md), and so does a charge pump.
//
// A second pulse during one is refused, never added to it.
//
// # Non-goals
//
// Whether the door may be opened is not decided here.
package lock

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"

	"vestibule/hardware/contact"
)

const (
	// Limit is the longest time the door may be freed without a break.
	Limit = 5 * time.Second

	retry  = 20 * time.Millisecond  // between two tries to hold a door that would not be held
	settle = 100 * time.Millisecond // a relay's travel: before that its feedback says nothing
)

var (
	// ErrEnergised refuses a pulse while the coil has current, or may have.
	ErrEnergised = errors.New("lock: the coil has current already")
	// ErrHalted refuses a pulse after Halt.
	ErrHalted = errors.New("lock: halted")
)

// State is what is known of the lock. The zero value is Unknown.
type State uint8

// The states of a lock.
const (
	Unknown State = iota // a pin failed, the feedback contradicts what was ordered, or a bolt is on its way
	Off                  // it holds the door: locked once that is shut. A coil has no current
	On                   // it frees the door. A coil has current
)

// String returns "unknown", "off" or "on".
func (s State) String() string {
	switch s {
	case Off:
		return "off"
	case On:
		return "on"
	default:
		return "unknown"
	}
}

// Change is a new order to the lock, or its bolt's arrival, and when that was.
type Change struct {
	State State
	At    time.Time
}

// actor moves what holds the door. Lock calls it with its own mutex held, so it may not wait.
type actor interface {
	// set frees the door or holds it.
	set(free bool) error
	// state says what is known, given the last order and how old it is.
	state(free bool, age time.Duration) State
	// halt lets go of the pins.
	halt() error
}

// Lock holds a door. Its methods may be called from any goroutine.
type Lock struct {
	name    string
	changes chan Change

	mu     sync.Mutex
	actor  actor
	free   bool      // the last order
	failed error     // why the last order did not arrive, if it did not
	since  time.Time // when the order was given
	pulse  uint64    // counts pulses, so that an old timer does not end a new pulse
	halted bool
	timers []*time.Timer
}

// New takes the coil's current and returns the lock. relay is the feedback of the coil's driver,
// closed while the coil has current; nil if none is wired. The lock does not halt it.
func New(pin gpio.PinOut, relay *contact.Contact) (*Lock, error) {
	c := &coil{pin: pin, relay: relay}
	if err := c.set(false); err != nil {
		return nil, err
	}
	return newLock(pin.String(), c), nil
}

func newLock(name string, a actor) *Lock {
	return &Lock{name: name, actor: a, since: time.Now(), changes: make(chan Change, 16)}
}

// String names the lock and its pin.
func (l *Lock) String() string { return fmt.Sprintf("lock (%s)", l.name) }

// Pulse frees the door for d, more than 0 and at most [Limit], and returns as soon as that is
// ordered: a coil has current then, a motor begins to run. On an error the door is held, or is being
// held again (State says Unknown until it is).
func (l *Lock) Pulse(d time.Duration) error {
	if d <= 0 || d > Limit {
		return fmt.Errorf("lock: a pulse of %v: it must be above 0 and at most %v", d, Limit)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.halted:
		return ErrHalted
	case l.free || l.failed != nil:
		return ErrEnergised
	}
	// Both timers run before there is any current.
	l.pulse++
	n := l.pulse
	l.timers = []*time.Timer{
		time.AfterFunc(d, func() { l.end(n) }),
		time.AfterFunc(Limit, func() { l.end(n) }),
	}
	l.free, l.since = true, time.Now()
	if err := l.actor.set(true); err != nil {
		l.off() // it may be free all the same
		return err
	}
	l.tell(On)
	return nil
}

// Release holds the door now. On a lock that is known to hold it, that does nothing; one that was told to
// and is not known to is told again: a bolt that jammed is thrown anew.
func (l *Lock) Release() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.free && l.failed == nil && (l.halted || l.actor.state(false, time.Since(l.since)) == Off) {
		return nil
	}
	l.off()
	return l.failed
}

// State returns what is known of the lock. Of a coil that is the last order, unless the order did not
// arrive or the relay's feedback, 100 ms after it, says otherwise; then Unknown. Of a motor it is what
// the end switches say.
func (l *Lock) State() State {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed != nil {
		return Unknown
	}
	return l.actor.state(l.free, time.Since(l.since))
}

// Changes carries every switching of the lock, whoever caused it. While nobody reads, the oldest are
// dropped after 16: a pulse never waits for a reader. It is not closed.
func (l *Lock) Changes() <-chan Change { return l.changes }

// Halt holds the door for good and lets go of the pins.
func (l *Lock) Halt() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.halted {
		return nil
	}
	l.halted = true
	l.off()
	// Letting go of the line is the second way to no current: the pull-down takes over.
	return errors.Join(l.failed, l.actor.halt())
}

// end is what the timers call.
func (l *Lock) end(pulse uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if pulse != l.pulse || (!l.free && l.failed == nil) {
		return
	}
	l.off()
}

// off holds the door; if a pin refuses, it tries again until it does not. Call with mu held.
func (l *Lock) off() {
	err := l.actor.set(false)
	if l.free {
		l.free, l.since = false, time.Now()
	}
	if err != nil {
		if l.failed == nil {
			l.tell(Unknown)
		}
		l.failed = err
		if !l.halted {
			n := l.pulse
			time.AfterFunc(retry, func() { l.end(n) })
		}
		return
	}
	l.failed = nil
	for _, t := range l.timers {
		t.Stop()
	}
	l.timers = nil
	l.tell(Off)
}

func (l *Lock) tell(s State) {
	c := Change{State: s, At: time.Now()}
	for {
		select {
		case l.changes <- c:
			return
		default:
		}
		select {
		case <-l.changes:
		default:
		}
	}
}

// coil is one pin, High while the door is free.
type coil struct {
	pin   gpio.PinOut
	relay *contact.Contact
}

func (c *coil) set(free bool) error {
	if err := c.pin.Out(gpio.Level(free)); err != nil {
		return fmt.Errorf("lock: switch the coil %s %s: %w", c.pin, ordered(free), err)
	}
	return nil
}

func (c *coil) state(free bool, age time.Duration) State { return believe(c.relay, free, age) }

func (c *coil) halt() error { return c.pin.Halt() }

// believe returns the order, unless the feedback of the coil's driver contradicts it.
func believe(relay *contact.Contact, free bool, age time.Duration) State {
	s, want := Off, contact.Open
	if free {
		s, want = On, contact.Closed
	}
	if relay == nil || age < settle || relay.State() == want {
		return s
	}
	return Unknown
}

func ordered(free bool) State {
	if free {
		return On
	}
	return Off
}
