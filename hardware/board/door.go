package board

import (
	"errors"
	"fmt"

	"periph.io/x/conn/v3/gpio"

	"vestibule/hardware/buzzer"
	"vestibule/hardware/contact"
	"vestibule/hardware/keypad"
	"vestibule/hardware/lamp"
	"vestibule/hardware/lock"
	"vestibule/hardware/power"
	"vestibule/hardware/tamper"
)

// Door is a door's hardware, every part of it taken over. Each part may be used from any goroutine.
type Door struct {
	Lock    *lock.Lock
	Relay   *contact.Contact // closed while the coil really has current; nil if none is wired
	Bolt    *contact.Contact // closed while the latch is held by the strike
	Contact *contact.Contact // closed while the door is shut
	Tamper  *tamper.Switch
	Keypad  *keypad.Keypad
	Lamp    *lamp.Lamp
	Camera  *power.Switch
	Buzzer  *buzzer.Buzzer

	pins  Pins
	parts []halter // in the order in which they were opened
}

type halter interface{ Halt() error }

// Open takes over the pins of a door, outputs first: what could be dangerous is inert before
// anything is read. If a part fails, what was opened is made inert again.
func Open(pins Pins) (_ *Door, err error) {
	if m := pins.missing(); len(m) > 0 {
		return nil, fmt.Errorf("board: no pin for %s", list(m))
	}
	d := &Door{pins: pins}
	defer func() {
		if err != nil {
			err = fmt.Errorf("board: %w", errors.Join(err, d.Halt()))
		}
	}()
	// The coil's current goes before all else; New says the same again once the feedback is there.
	if err := pins[Coil].Out(gpio.Low); err != nil {
		return nil, fmt.Errorf("switch the lock's coil off: %w", err)
	}
	if pins[Relay] != nil {
		if d.Relay, err = take(d, func() (*contact.Contact, error) {
			return contact.New("relay", pins[Relay], contact.Options{Closed: gpio.High})
		}); err != nil {
			return nil, err
		}
	}
	if d.Lock, err = take(d, func() (*lock.Lock, error) { return lock.New(pins[Coil], d.Relay) }); err != nil {
		return nil, err
	}
	if d.Camera, err = take(d, func() (*power.Switch, error) { return power.New(pins[Camera]) }); err != nil {
		return nil, err
	}
	if d.Lamp, err = take(d, func() (*lamp.Lamp, error) { return lamp.New(pins[Lamp]) }); err != nil {
		return nil, err
	}
	if d.Buzzer, err = take(d, func() (*buzzer.Buzzer, error) { return buzzer.New(pins[Buzzer]) }); err != nil {
		return nil, err
	}
	if d.Tamper, err = take(d, func() (*tamper.Switch, error) { return tamper.New(pins[Tamper]) }); err != nil {
		return nil, err
	}
	if d.Contact, err = take(d, func() (*contact.Contact, error) {
		return contact.New("door", pins[Contact], contact.Options{})
	}); err != nil {
		return nil, err
	}
	if d.Bolt, err = take(d, func() (*contact.Contact, error) {
		return contact.New("bolt", pins[Bolt], contact.Options{})
	}); err != nil {
		return nil, err
	}
	d.Keypad, err = take(d, func() (*keypad.Keypad, error) {
		return keypad.New(
			[keypad.Rows]gpio.PinIO{pins[Row1], pins[Row2], pins[Row3], pins[Row4]},
			[keypad.Columns]gpio.PinIn{pins[Column1], pins[Column2], pins[Column3]})
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// take opens a part and remembers to halt it.
func take[T halter](d *Door, open func() (T, error)) (T, error) {
	part, err := open()
	if err == nil {
		d.parts = append(d.parts, part)
	}
	return part, err
}

// Halt makes every part inert, the last opened first, and lets go of all pins. The lock is among the
// first to be opened and would be the last to be halted, so its current is taken before anything else.
func (d *Door) Halt() error {
	var errs []error
	if d.Lock != nil {
		errs = append(errs, d.Lock.Release())
	}
	for i := len(d.parts) - 1; i >= 0; i-- {
		errs = append(errs, d.parts[i].Halt())
	}
	d.parts = nil
	return errors.Join(append(errs, d.pins.halt())...)
}
