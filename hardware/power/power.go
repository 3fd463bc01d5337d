// Package power switches the camera's power, and with it the lamp on the same rail that shows
// everybody that the camera is on.
//
// The switch is a load switch or relay that is off while its input is low or open, so that a dead
// processor, a released line and a pulled plug all leave the camera without power.
package power

import (
	"periph.io/x/conn/v3/gpio"

	"vestibule/hardware/internal/drive"
)

// Switch gives or takes the camera's power. Its methods may be called from any goroutine.
type Switch struct{ out *drive.Output }

// New takes the camera's power and returns the switch.
func New(pin gpio.PinOut) (*Switch, error) {
	out, err := drive.New("camera power", pin)
	if err != nil {
		return nil, err
	}
	return &Switch{out: out}, nil
}

// String names the switch and its pin.
func (s *Switch) String() string { return s.out.String() }

// Set gives the camera power or takes it. A camera needs a moment after it has got power before it
// gives a picture; how long is the camera's affair.
func (s *Switch) Set(on bool) error { return s.out.Set(on) }

// On reports what was last set with success.
func (s *Switch) On() bool { return s.out.On() }

// Halt takes the camera's power for good.
func (s *Switch) Halt() error { return s.out.Halt() }
