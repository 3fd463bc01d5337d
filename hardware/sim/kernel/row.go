package kernel

import (
	"time"

	"periph.io/x/conn/v3/gpio"

	"vestibule/hardware/board"
	"vestibule/hardware/sim"
)

// row is a row of a key matrix. Whether it is driven is told by its driver and not read from the line,
// for a simulated line that floats keeps its level.
type row struct {
	gpio.PinIO
	bench *Bench
	role  board.Role
}

func (r *row) Out(l gpio.Level) error {
	if err := r.PinIO.Out(l); err != nil {
		return err
	}
	d := sim.Low
	if l == gpio.High {
		d = sim.High
	}
	return r.carry(d)
}

func (r *row) In(pull gpio.Pull, edge gpio.Edge) error {
	if err := r.PinIO.In(pull, edge); err != nil {
		return err
	}
	return r.carry(sim.Float)
}

func (r *row) Halt() error {
	if err := r.PinIO.Halt(); err != nil {
		return err
	}
	return r.carry(sim.Float)
}

func (r *row) carry(d sim.Drive) error {
	var err error
	r.bench.house.Do(func(h *sim.House, now time.Time) { err = h.Drive(r.role, d, now) })
	r.bench.Forward()
	return err
}
