// Package drive is an output that is on or off: what lamp and camera power have in common.
package drive

import (
	"errors"
	"fmt"
	"sync"

	"periph.io/x/conn/v3/gpio"
)

// ErrHalted is returned by Set after Halt.
var ErrHalted = errors.New("halted")

// Output drives one pin, High for on. Its methods may be called from any goroutine.
type Output struct {
	name string

	mu     sync.Mutex
	pin    gpio.PinOut
	on     bool
	halted bool
}

// New switches the output off and returns it. name is for people.
func New(name string, pin gpio.PinOut) (*Output, error) {
	if err := pin.Out(gpio.Low); err != nil {
		return nil, fmt.Errorf("%s: switch %s off: %w", name, pin, err)
	}
	return &Output{name: name, pin: pin}, nil
}

// String names the output and its pin.
func (o *Output) String() string { return fmt.Sprintf("%s (%s)", o.name, o.pin) }

// Set switches the output on or off. On an error the output counts as off, because nobody may rely
// on its being on.
func (o *Output) Set(on bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.halted {
		return fmt.Errorf("%s: %w", o.name, ErrHalted)
	}
	if err := o.pin.Out(gpio.Level(on)); err != nil {
		o.on = false
		return fmt.Errorf("%s: set %s: %w", o.name, o.pin, err)
	}
	o.on = on
	return nil
}

// On reports what was last set with success. It does not read the pin: reading an output lets go of
// it with some drivers.
func (o *Output) On() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.on
}

// Halt switches the output off for good and lets go of the pin.
func (o *Output) Halt() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.halted {
		return nil
	}
	o.halted, o.on = true, false
	return errors.Join(o.pin.Out(gpio.Low), o.pin.Halt())
}
