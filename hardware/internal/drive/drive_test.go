package drive_test

import (
	"errors"
	"testing"

	"periph.io/x/conn/v3/gpio"

	"vestibule/hardware/internal/drive"
	"vestibule/hardware/internal/pintest"
	"vestibule/hardware/lamp"
	"vestibule/hardware/power"
)

// output is what lamp, camera power and the bare output have in common.
type output interface {
	Set(bool) error
	Halt() error
	String() string
}

func TestOutputs(t *testing.T) {
	for name, open := range map[string]func(gpio.PinOut) (output, func() bool, error){
		"output": func(p gpio.PinOut) (output, func() bool, error) {
			o, err := drive.New("kettle", p)
			if err != nil {
				return nil, nil, err
			}
			return o, o.On, nil
		},
		"lamp": func(p gpio.PinOut) (output, func() bool, error) {
			l, err := lamp.New(p)
			if err != nil {
				return nil, nil, err
			}
			return l, l.Lit, nil
		},
		"camera power": func(p gpio.PinOut) (output, func() bool, error) {
			s, err := power.New(p)
			if err != nil {
				return nil, nil, err
			}
			return s, s.On, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			pin := pintest.New("GPIO25")
			cause := errors.New("held by another program")
			pin.Fail(cause)
			if _, _, err := open(pin); !errors.Is(err, cause) {
				t.Errorf("a dead pin: %v", err)
			}
			pin.Fail(nil)
			o, on, err := open(pin)
			if err != nil {
				t.Fatal(err)
			}
			expect := func(want gpio.Level) {
				t.Helper()
				if l, out := pin.Driven(); l != want || !out || on() != bool(want) {
					t.Errorf("pin %v (output %v), said %v, want %v", l, out, on(), want)
				}
			}
			expect(gpio.Low)
			if err := o.Set(true); err != nil {
				t.Fatal(err)
			}
			expect(gpio.High)
			pin.Fail(cause)
			if err := o.Set(true); !errors.Is(err, cause) || on() {
				t.Errorf("a dead pin: %v, on %v", err, on())
			}
			pin.Fail(nil)
			if err := errors.Join(o.Set(true), o.Halt(), o.Halt()); err != nil {
				t.Fatal(err)
			}
			if l, out := pin.Driven(); l == gpio.High || out || on() {
				t.Error("not inert after Halt")
			}
			if err := o.Set(true); !errors.Is(err, drive.ErrHalted) {
				t.Errorf("after Halt: %v", err)
			}
			if o.String() == "" {
				t.Error("no name")
			}
		})
	}
}
