package kernel

import (
	"errors"
	"time"

	"vestibule/hardware/board"
)

// Send sends bits as a Wiegand reader does: '0' is a pulse on D0, any other a pulse on D1. Both lines have to be
// [Bench.Pull]ed high before. On a machine that is late the bits may be torn apart and then mean nothing.
func (b *Bench) Send(bits string) error {
	for _, c := range bits {
		r := board.Data1
		if c == '0' {
			r = board.Data0
		}
		if err := errors.Join(b.Pull(r, false), b.Pull(r, true)); err != nil {
			return err
		}
		time.Sleep(time.Millisecond)
	}
	return nil
}
