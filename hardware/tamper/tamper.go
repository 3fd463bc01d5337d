// Package tamper reads the switch under the device's cover.
//
// The switch is closed to ground while the cover is on. A cut wire, a switch that chatters and a pin
// that cannot be read all count as a cover that is off: for a tamper switch, not knowing is alarm
// enough. Remembering that it was off once is not this package's task: the gate keeps the latch, on
// disk.
package tamper

import (
	"time"

	"periph.io/x/conn/v3/gpio"

	"vestibule/hardware/contact"
)

// Change says whether the cover is off, and since when that is known.
type Change struct {
	Off bool
	At  time.Time
}

// Switch is a tamper switch. Its methods may be called from any goroutine.
type Switch struct {
	contact *contact.Contact
	changes chan Change
	done    chan struct{}
	stop    chan struct{}
}

// New begins to watch a switch that is closed to ground while the cover is on.
func New(pin gpio.PinIn) (*Switch, error) {
	c, err := contact.New("tamper", pin, contact.Options{})
	if err != nil {
		return nil, err
	}
	s := &Switch{contact: c, changes: make(chan Change, 16), done: make(chan struct{}), stop: make(chan struct{})}
	go s.run()
	return s, nil
}

// String names the switch and its pin.
func (s *Switch) String() string { return s.contact.String() }

// Off reports whether the cover is off, or may be: true until the switch has been read once.
func (s *Switch) Off() bool { return s.contact.State() != contact.Closed }

// Changes carries the first reading and every change after it. It is closed by Halt.
func (s *Switch) Changes() <-chan Change { return s.changes }

// Halt ends the watching and lets go of the pin.
func (s *Switch) Halt() error {
	err := s.contact.Halt()
	select {
	case <-s.stop:
	default:
		close(s.stop)
	}
	<-s.done
	return err
}

func (s *Switch) run() {
	defer close(s.done)
	defer close(s.changes)
	first, off := true, false
	for c := range s.contact.Changes() {
		now := c.State != contact.Closed
		if !first && now == off {
			continue
		}
		first, off = false, now
		select {
		case s.changes <- Change{Off: off, At: c.At}:
		case <-s.stop:
			return
		}
	}
}
