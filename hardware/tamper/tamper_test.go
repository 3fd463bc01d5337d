package tamper_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"

	"vestibule/hardware/internal/pintest"
	"vestibule/hardware/tamper"
)

func TestTamper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := pintest.New("GPIO24") // Low: the cover is on
		s, err := tamper.New(pin)
		if err != nil {
			t.Fatal(err)
		}
		if !s.Off() {
			t.Error("the cover counts as on before it was read")
		}
		if c := <-s.Changes(); c.Off || s.Off() {
			t.Errorf("cover on: %+v, Off %v", c, s.Off())
		}
		pin.Set(gpio.High)
		if c := <-s.Changes(); !c.Off || !s.Off() {
			t.Errorf("cover off (or the wire cut): %+v, Off %v", c, s.Off())
		}
		pin.Fail(errors.New("the chip has gone")) // from off to unknown: no change
		time.Sleep(time.Minute)
		pin.Fail(nil)
		pin.Set(gpio.Low)
		if c := <-s.Changes(); c.Off {
			t.Errorf("cover on again: %+v", c)
		}
		pin.Fail(errors.New("the chip has gone"))
		if c := <-s.Changes(); !c.Off {
			t.Errorf("a switch that cannot be read: %+v, want off", c)
		}
		if err := errors.Join(s.Halt(), s.Halt()); err != nil {
			t.Fatal(err)
		}
		if _, more := <-s.Changes(); more || !s.Off() {
			t.Error("after Halt: more changes, or the cover counts as on")
		}
	})
}

func TestHaltWithoutAReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := pintest.New("GPIO24")
		s, err := tamper.New(pin)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 60 {
			pin.Set(gpio.Level(i%2 == 0))
			time.Sleep(50 * time.Millisecond)
		}
		if err := s.Halt(); err != nil {
			t.Fatal(err)
		}
	})
}
