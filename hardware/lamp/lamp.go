// Package lamp switches a small lamp: the one in the visible zone whose blinking proves that the
// picture is of here and now, or a courtesy light.
//
// What to blink is not decided here: the gate sets the lamp chip by chip, because only it knows the
// nonce, and only it times the answer.
package lamp

import (
	"periph.io/x/conn/v3/gpio"

	"vestibule/hardware/internal/drive"
)

// Lamp is a lamp on an output pin, lit while the pin is High. Its methods may be called from any
// goroutine.
type Lamp struct{ out *drive.Output }

// New makes the lamp dark and returns it.
func New(pin gpio.PinOut) (*Lamp, error) {
	out, err := drive.New("lamp", pin)
	if err != nil {
		return nil, err
	}
	return &Lamp{out: out}, nil
}

// String names the lamp and its pin.
func (l *Lamp) String() string { return l.out.String() }

// Set lights the lamp or makes it dark.
func (l *Lamp) Set(lit bool) error { return l.out.Set(lit) }

// Lit reports what was last set with success.
func (l *Lamp) Lit() bool { return l.out.On() }

// Halt makes the lamp dark for good.
func (l *Lamp) Halt() error { return l.out.Halt() }
