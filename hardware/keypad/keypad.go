// Package keypad reads a 4x3 key matrix (1 to 9, *, 0, #).
//
// # How it scans
//
// While nobody types, all rows are driven High and the driver sleeps until the kernel reports an
// edge on a column: an idle keypad costs nothing and answers at once. Then it drives one row at a
// time and lets the others float, so that two keys pressed together never connect two outputs. It
// scans every 4 ms while a key is down; a key that is held for long (or stuck) is looked at less
// often. Once all keys are up it goes back to sleep.
//
// Columns have pull-downs (the pin's own will do for a short cable).
//
// # Non-goals
//
// What the keys mean, how long a code may take, and what is answered is the gate's business. Nothing
// here stores or logs a key.
package keypad

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"

	"vestibule/hardware/level"
)

const (
	pressTime   = 8 * time.Millisecond
	releaseTime = 24 * time.Millisecond

	every     = 4 * time.Millisecond   // between two scans while a key is down
	slow      = 100 * time.Millisecond // the same once nothing has changed for slowAfter
	slowAfter = 10 * time.Second
	refresh   = time.Minute // the longest sleep, in case an edge was lost
)

// Event is a key that goes down or up.
type Event struct {
	Key  byte // '0' to '9', '*' or '#'
	Down bool
	At   time.Time
}

// Keypad is a key matrix. Its methods may be called from any goroutine.
type Keypad struct {
	rows    [Rows]gpio.PinIO
	columns [Columns]gpio.PinIn
	events  chan Event
	wake    chan struct{}
	stop    chan struct{}
	once    sync.Once
	wait    sync.WaitGroup
	haltErr error

	mu  sync.Mutex
	err error
}

// New takes the pins and begins to listen. Rows are driven or left floating, columns are read.
func New(rows [Rows]gpio.PinIO, columns [Columns]gpio.PinIn) (*Keypad, error) {
	k := &Keypad{
		rows: rows, columns: columns,
		events: make(chan Event, 32), wake: make(chan struct{}, 1), stop: make(chan struct{}),
	}
	for _, c := range columns {
		if err := c.In(gpio.PullDown, gpio.BothEdges); err != nil {
			return nil, fmt.Errorf("keypad: make column %s an input: %w", c, err)
		}
	}
	if err := k.drive(); err != nil {
		return nil, err
	}
	k.wait.Add(1 + Columns)
	go k.run()
	for _, c := range columns {
		go k.listen(c)
	}
	return k, nil
}

// String names the keypad.
func (k *Keypad) String() string { return fmt.Sprintf("keypad (%s ...)", k.rows[0]) }

// Events carries keys as they go down and up. One goroutine should read it. It is closed by Halt.
func (k *Keypad) Events() <-chan Event { return k.events }

// Err returns why the keypad cannot be read at the moment, nil if it can.
func (k *Keypad) Err() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.err
}

// Halt ends the listening and lets go of the pins.
func (k *Keypad) Halt() error {
	k.once.Do(func() {
		close(k.stop)
		var errs []error
		for _, c := range k.columns {
			errs = append(errs, c.Halt()) // ends a wait for an edge
		}
		k.wait.Wait()
		for _, r := range k.rows {
			errs = append(errs, r.Halt())
		}
		k.haltErr = errors.Join(errs...)
	})
	return k.haltErr
}

// listen wakes the scanner when a column moves. The scan itself moves the columns of pressed keys;
// those edges are taken here too, so that none is left over when the keypad goes to sleep.
func (k *Keypad) listen(column gpio.PinIn) {
	defer k.wait.Done()
	for {
		column.WaitForEdge(refresh)
		select {
		case k.wake <- struct{}{}:
		default:
		}
		// At most a thousand rounds a second, however fast a line chatters or a pin refuses to wait.
		select {
		case <-time.After(time.Millisecond):
		case <-k.stop:
			return
		}
	}
}

// run owns the matrix.
func (k *Keypad) run() {
	defer k.wait.Done()
	defer close(k.events)
	m := matrix{press: pressTime, release: releaseTime}
	for k.scanning(&m) {
		select {
		case <-k.wake:
		case <-k.stop:
			return
		}
	}
}

// scanning scans until all keys are up; false means Halt.
func (k *Keypad) scanning(m *matrix) bool {
	var events []Event
	for {
		p, err := k.scan()
		k.tell(err)
		now := time.Now()
		if err != nil {
			p = 0 // a matrix that cannot be read has no key down
		}
		events = m.step(p, now, events[:0])
		for _, e := range events {
			select {
			case k.events <- e:
			case <-k.stop:
				return false
			}
		}
		if m.idle(now) {
			if err := k.drive(); err != nil {
				k.tell(err)
			}
			// A key pressed between the scan and the driving made its edge too early to wake us.
			if any, err := k.any(); !any || err != nil {
				return true
			}
		}
		pause := every
		if m.still(now) > slowAfter {
			pause = slow
		}
		select {
		case <-time.After(pause):
		case <-k.stop:
			return false
		}
	}
}

// drive drives all rows, so that any key moves a column.
func (k *Keypad) drive() error {
	for _, r := range k.rows {
		if err := r.Out(gpio.High); err != nil {
			return fmt.Errorf("keypad: drive row %s: %w", r, err)
		}
	}
	return nil
}

// any reports whether a column is High.
func (k *Keypad) any() (bool, error) {
	for _, c := range k.columns {
		l, err := level.Read(c)
		if err != nil {
			return false, fmt.Errorf("keypad: read column %s: %w", c, err)
		}
		if l == gpio.High {
			return true, nil
		}
	}
	return false, nil
}

// scan drives one row at a time and reads the columns. It leaves all rows floating.
func (k *Keypad) scan() (picture, error) {
	for _, r := range k.rows {
		if err := r.In(gpio.Float, gpio.NoEdge); err != nil {
			return 0, fmt.Errorf("keypad: let row %s float: %w", r, err)
		}
	}
	var p picture
	for row, r := range k.rows {
		if err := r.Out(gpio.High); err != nil {
			return 0, fmt.Errorf("keypad: drive row %s: %w", r, err)
		}
		for column, c := range k.columns {
			l, err := level.Read(c)
			if err != nil {
				return 0, fmt.Errorf("keypad: read column %s: %w", c, err)
			}
			if l == gpio.High {
				p |= bit(row, column)
			}
		}
		if err := r.In(gpio.Float, gpio.NoEdge); err != nil {
			return 0, fmt.Errorf("keypad: let row %s float: %w", r, err)
		}
	}
	return p, nil
}

func (k *Keypad) tell(err error) {
	k.mu.Lock()
	k.err = err
	k.mu.Unlock()
}
