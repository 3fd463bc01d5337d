// Package egress reads the request-to-exit button: somebody inside asks to be let out, so that the
// door that opens next is not a forced one.
//
// The button only tells. The way out is mechanical, or the button's second contact in the lock's own
// circuit (hardware/README.md), and works with no program at all. So it is wired like any other
// contact here, closed to ground while it is pressed, and a cut wire merely tells nothing.
package egress

import (
	"time"

	"periph.io/x/conn/v3/gpio"

	"vestibule/hardware/contact"
)

// Press is when the button was pressed.
type Press struct{ At time.Time }

// Button is a request-to-exit button. Its methods may be called from any goroutine.
type Button struct {
	contact *contact.Contact
	presses chan Press
	done    chan struct{}
}

// New begins to watch a button that is closed to ground while it is pressed.
func New(pin gpio.PinIn) (*Button, error) {
	c, err := contact.New("exit", pin, contact.Options{})
	if err != nil {
		return nil, err
	}
	b := &Button{contact: c, presses: make(chan Press, 4), done: make(chan struct{})}
	go b.run()
	return b, nil
}

// String names the button and its pin.
func (b *Button) String() string { return b.contact.String() }

// Presses carries a value for each press. A button that is held, or stuck, was pressed once; one that
// is held when the program starts was not pressed. Presses that nobody reads are dropped after 4. It
// is closed by Halt. Those of a nil Button, one that nobody wired, never come.
func (b *Button) Presses() <-chan Press {
	if b == nil {
		return nil
	}
	return b.presses
}

// Held reports whether the button is pressed now.
func (b *Button) Held() bool { return b != nil && b.contact.State() == contact.Closed }

// Halt ends the watching and lets go of the pin.
func (b *Button) Halt() error {
	err := b.contact.Halt()
	<-b.done
	return err
}

func (b *Button) run() {
	defer close(b.done)
	defer close(b.presses)
	was := contact.Unknown
	for c := range b.contact.Changes() {
		if was == contact.Open && c.State == contact.Closed {
			select {
			case b.presses <- Press{At: c.At}:
			default:
			}
		}
		was = c.State
	}
}
