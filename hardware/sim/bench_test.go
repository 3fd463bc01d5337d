package sim_test

import (
	"testing"

	"periph.io/x/conn/v3/gpio"

	"vestibule/hardware/board"
	"vestibule/hardware/sim"
)

// One order to a pin and its answer, over a connection inside the program.
func BenchmarkOut(b *testing.B) {
	s := sim.NewServer()
	c, err := sim.Dial(s.Connect())
	if err != nil {
		b.Fatal(err)
	}
	pin := c.Pins()[board.Lamp]
	level := gpio.Low
	for b.Loop() {
		level = !level
		if err := pin.Out(level); err != nil {
			b.Fatal(err)
		}
	}
	if err := c.Close(); err != nil {
		b.Fatal(err)
	}
}
