// Package lock drives a fail-secure electric strike: the door can be opened while the coil has
// current, and is locked without. Losing power locks; the way out is mechanical and never asks here.
//
// # How the coil is kept from staying on
//
// A pulse has a length of at most [Limit]. Two timers end it: the pulse's own, and a guard that is
// started before the coil gets current and that goes on trying until the pin has taken its Low. If
// the program dies, the kernel lets go of the line and the pull-down ends the pulse; if the
// processor hangs, the hardware's one-shot does (hardware/README.md).
//
// A second pulse during one is refused, never added to it.
//
// # Non-goals
//
// Whether the door may be opened is not decided here. Motor locks and fail-safe magnets, which lock
// by current, are other drivers.
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
	// Limit is the longest time the coil may have current without a break.
	Limit = 5 * time.Second

	retry  = 20 * time.Millisecond  // between two tries to take a current that would not go
	settle = 100 * time.Millisecond // a relay's travel: before that its feedback says nothing
)

var (
	// ErrEnergised refuses a pulse while the coil has current, or may have.
	ErrEnergised = errors.New("lock: the coil has current already")
	// ErrHalted refuses a pulse after Halt.
	ErrHalted = errors.New("lock: halted")
)

// State is what is known of the coil. The zero value is Unknown.
type State uint8

// The states of the coil.
const (
	Unknown State = iota // a pin failed, or the feedback contradicts what was ordered
	Off                  // no current: locked once the door is shut
	On                   // current: the strike is free
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

// Change is a new order to the coil and when it was carried out.
type Change struct {
	State State
	At    time.Time
}

// Lock is a strike. Its methods may be called from any goroutine.
type Lock struct {
	relay   *contact.Contact
	changes chan Change

	mu     sync.Mutex
	coil   gpio.PinOut
	order  gpio.Level // what the coil was last told to be
	failed error      // why the last order did not arrive, if it did not
	since  time.Time  // when the order was given
	pulse  uint64     // counts pulses, so that an old timer does not end a new pulse
	halted bool
	timers []*time.Timer
}

// New takes the coil's current and returns the lock. relay is the feedback of the coil's driver,
// closed while the coil has current; nil if none is wired. The lock does not halt it.
func New(coil gpio.PinOut, relay *contact.Contact) (*Lock, error) {
	if err := coil.Out(gpio.Low); err != nil {
		return nil, fmt.Errorf("lock: switch the coil %s off: %w", coil, err)
	}
	return &Lock{coil: coil, relay: relay, since: time.Now(), changes: make(chan Change, 16)}, nil
}

// String names the lock and its pin.
func (l *Lock) String() string { return fmt.Sprintf("lock (%s)", l.coil) }

// Pulse gives the coil current for d, more than 0 and at most [Limit], and returns as soon as it has
// it. On an error the coil has none, or is being switched off (State says Unknown until it is).
func (l *Lock) Pulse(d time.Duration) error {
	if d <= 0 || d > Limit {
		return fmt.Errorf("lock: a pulse of %v: it must be above 0 and at most %v", d, Limit)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.halted:
		return ErrHalted
	case l.order == gpio.High || l.failed != nil:
		return ErrEnergised
	}
	// Both timers run before there is any current.
	l.pulse++
	n := l.pulse
	l.timers = []*time.Timer{
		time.AfterFunc(d, func() { l.end(n) }),
		time.AfterFunc(Limit, func() { l.end(n) }),
	}
	l.order, l.since = gpio.High, time.Now()
	if err := l.coil.Out(gpio.High); err != nil {
		// It may have got current all the same.
		err = fmt.Errorf("lock: switch the coil %s on: %w", l.coil, err)
		l.off()
		return err
	}
	l.tell(On)
	return nil
}

// Release takes the coil's current now. Releasing a coil without current does nothing.
func (l *Lock) Release() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.order == gpio.Low && l.failed == nil {
		return nil
	}
	l.off()
	return l.failed
}

// State returns what is known of the coil: the last order, unless the order did not arrive or the
// relay's feedback, 100 ms after it, says otherwise; then Unknown.
func (l *Lock) State() State {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := Off
	if l.order == gpio.High {
		s = On
	}
	if l.failed != nil {
		return Unknown
	}
	if l.relay == nil || time.Since(l.since) < settle {
		return s
	}
	if is := l.relay.State(); (is == contact.Closed && s == On) || (is == contact.Open && s == Off) {
		return s
	}
	return Unknown
}

// Changes carries every switching of the coil, whoever caused it. While nobody reads, the oldest are
// dropped after 16: a pulse never waits for a reader. It is not closed.
func (l *Lock) Changes() <-chan Change { return l.changes }

// Halt takes the coil's current for good and lets go of the pin.
func (l *Lock) Halt() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.halted {
		return nil
	}
	l.halted = true
	l.off()
	// Letting go of the line is the second way to no current: the pull-down takes over.
	return errors.Join(l.failed, l.coil.Halt())
}

// end is what the timers call.
func (l *Lock) end(pulse uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if pulse != l.pulse || (l.order == gpio.Low && l.failed == nil) {
		return
	}
	l.off()
}

// off takes the current; if the pin refuses, it tries again until it does not. Call with mu held.
func (l *Lock) off() {
	err := l.coil.Out(gpio.Low)
	if l.order == gpio.High {
		l.order, l.since = gpio.Low, time.Now()
	}
	if err != nil {
		if l.failed == nil {
			l.tell(Unknown)
		}
		l.failed = fmt.Errorf("lock: switch the coil %s off: %w", l.coil, err)
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
