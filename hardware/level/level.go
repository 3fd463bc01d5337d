// Package level reads a pin's level in a way that can fail, and its edges with their time.
//
// gpio.PinIn.Read has no error: a pin whose chip has gone answers Low like any other. A lock must
// know the difference, so pins of this project also have a Level method, and drivers read through
// this package.
package level

import (
	"time"

	"periph.io/x/conn/v3/gpio"
)

// Checked is a pin that can say that it could not be read.
type Checked interface {
	// Level returns the pin's level now, or why it is not known.
	Level() (gpio.Level, error)
}

// Read returns the level of an input pin. The error is always nil for a pin that is not [Checked].
func Read(p gpio.PinIn) (gpio.Level, error) {
	if c, ok := p.(Checked); ok {
		return c.Level()
	}
	return p.Read(), nil
}

// Edge is an edge with the time at which it happened.
type Edge struct {
	Level gpio.Level    // the level after it
	At    time.Duration // on a clock that never jumps; only differences mean something
}

// Timed is a pin whose edges carry the time at which they happened, not the time at which somebody
// woke up to see them.
type Timed interface {
	// Next waits for an edge, like WaitForEdge.
	Next(timeout time.Duration) (Edge, bool)
}
