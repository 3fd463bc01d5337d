// Package contact reads a switch that is open or closed: the door's contact, the bolt's contact, the
// feedback of a relay.
//
// A contact is open, closed, or unknown. Unknown is what a failed reading gives, what a contact
// gives that will not hold still, and what every contact is until it has held still once. Nobody may
// take unknown for closed.
//
// Wire contacts in the quiescent way: closed to ground while the door is shut, with a pull-up, so
// that a cut wire reads as open.
package contact

import (
	"fmt"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"

	"vestibule/hardware/level"
)

// State is what is known of a contact. The zero value is Unknown.
type State uint8

// The states of a contact.
const (
	Unknown State = iota
	Open
	Closed
)

// String returns "unknown", "open" or "closed".
func (s State) String() string {
	switch s {
	case Open:
		return "open"
	case Closed:
		return "closed"
	default:
		return "unknown"
	}
}

// Options say how a contact is wired. The zero value is the usual wiring: closed to ground, internal
// pull-up, 20 ms of quiet.
type Options struct {
	// Closed is the pin's level while the contact is closed.
	Closed gpio.Level
	// Pull is the pin's resistor; PullNoChange means PullUp if Closed is Low and PullDown if it is
	// High, so that a cut wire reads as open.
	Pull gpio.Pull
	// Quiet is how long a level must hold to be believed; 0 means 20 ms.
	Quiet time.Duration
	// Patience is how long a contact may go on bouncing before it is unknown; 0 means 1 s.
	Patience time.Duration
	// Refresh is the longest time between two readings while nothing moves, so that a dead pin is
	// noticed; 0 means 10 s.
	Refresh time.Duration
}

func (o Options) filled() Options {
	if o.Pull == gpio.PullNoChange {
		o.Pull = gpio.PullUp
		if o.Closed == gpio.High {
			o.Pull = gpio.PullDown
		}
	}
	if o.Quiet <= 0 {
		o.Quiet = 20 * time.Millisecond
	}
	if o.Patience <= 0 {
		o.Patience = time.Second
	}
	if o.Refresh <= 0 {
		o.Refresh = 10 * time.Second
	}
	return o
}

// Change is a new state and when it was known.
type Change struct {
	State State
	At    time.Time
}

// Contact is a debounced contact. Its methods may be called from any goroutine. A nil Contact is one that
// nobody wired: always Unknown, never a change.
type Contact struct {
	name    string
	pin     gpio.PinIn
	options Options
	changes chan Change
	stop    chan struct{}
	done    chan struct{}
	halt    sync.Once
	haltErr error

	mu    sync.Mutex
	state State
}

// New makes pin an input and begins to watch it. name is for people ("door", "bolt").
func New(name string, pin gpio.PinIn, o Options) (*Contact, error) {
	o = o.filled()
	if err := pin.In(o.Pull, gpio.BothEdges); err != nil {
		return nil, fmt.Errorf("contact %s: make %s an input: %w", name, pin, err)
	}
	c := &Contact{
		name: name, pin: pin, options: o,
		changes: make(chan Change, 16), stop: make(chan struct{}), done: make(chan struct{}),
	}
	go c.run()
	return c, nil
}

// String names the contact and its pin.
func (c *Contact) String() string { return fmt.Sprintf("contact %s (%s)", c.name, c.pin) }

// State returns the settled state. It is Unknown until the contact has held still once, and again
// after Halt.
func (c *Contact) State() State {
	if c == nil {
		return Unknown
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// Changes carries every change of the settled state, the first one included. One goroutine should
// read it; while nobody reads, the newest 16 are kept. It is closed by Halt.
func (c *Contact) Changes() <-chan Change {
	if c == nil {
		return nil
	}
	return c.changes
}

// Halt ends the watching and lets go of the pin; the state is then Unknown.
func (c *Contact) Halt() error {
	c.halt.Do(func() {
		close(c.stop)
		c.haltErr = c.pin.Halt() // ends a wait for an edge
		<-c.done
	})
	return c.haltErr
}

// run owns the filter.
func (c *Contact) run() {
	defer close(c.done)
	defer close(c.changes)
	defer c.tell(Unknown)
	f := filter{quiet: c.options.Quiet, patience: c.options.Patience}
	for edge := false; ; {
		now := time.Now()
		if f.step(c.read(), edge, now) {
			c.tell(f.state)
			c.offer(Change{State: f.state, At: now})
		}
		wait := f.next(now)
		if wait == 0 {
			wait = c.options.Refresh
		}
		edge = c.pin.WaitForEdge(wait)
		// At most a thousand rounds a second, however fast a line chatters or a pin refuses to wait.
		select {
		case <-c.stop:
			return
		case <-time.After(time.Millisecond):
		}
	}
}

// offer sends a change; the oldest makes room. Only run sends.
func (c *Contact) offer(change Change) {
	select {
	case c.changes <- change:
		return
	default:
	}
	select {
	case <-c.changes:
	default:
	}
	c.changes <- change
}

func (c *Contact) read() State {
	l, err := level.Read(c.pin)
	switch {
	case err != nil:
		return Unknown
	case l == c.options.Closed:
		return Closed
	default:
		return Open
	}
}

func (c *Contact) tell(s State) {
	c.mu.Lock()
	c.state = s
	c.mu.Unlock()
}
