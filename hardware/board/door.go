package board

import (
	"errors"
	"fmt"

	"periph.io/x/conn/v3/gpio"

	"vestibule/hardware/buzzer"
	"vestibule/hardware/contact"
	"vestibule/hardware/egress"
	"vestibule/hardware/keypad"
	"vestibule/hardware/lamp"
	"vestibule/hardware/lock"
	"vestibule/hardware/power"
	"vestibule/hardware/tamper"
	"vestibule/hardware/watchdog"
	"vestibule/hardware/wiegand"
)

// Door is a door's hardware, every part of it taken over. Each part may be used from any goroutine.
// Parts that the fit says are not there are nil; contacts, the exit button and the watchdog may be
// used all the same, they know and do nothing then.
type Door struct {
	Fit      Fit
	Lock     *lock.Lock
	Relay    *contact.Contact // closed while the coil really has current; nil if none is wired
	Bolt     *contact.Contact // closed while the door is held; nil if none is wired
	Contact  *contact.Contact // closed while the door is shut; nil if none is wired
	Exit     *egress.Button   // nil if none is wired
	Tamper   *tamper.Switch
	Keypad   Keys
	Reader   *wiegand.Reader // the keypad again, for its cards; nil if it is a matrix
	Lamp     *lamp.Lamp
	Courtesy *lamp.Lamp // nil if none is wired
	Camera   *power.Switch
	Buzzer   *buzzer.Buzzer
	Watchdog *watchdog.Watchdog // armed; nil if there is none

	pins  Pins
	parts []halter // in the order in which they were opened
}

// Keys is a keypad of any kind.
type Keys interface {
	// Events carries keys as they go down and up. It is closed when the keypad is halted.
	Events() <-chan keypad.Event
	// Err returns why the keypad cannot be read at the moment, nil if it can.
	Err() error
}

type halter interface{ Halt() error }

// Open is [Fit.Open] for the usual door.
func Open(pins Pins) (*Door, error) { return Usual().Open(pins) }

// Open takes over the pins of a door, outputs first: what could be dangerous is inert before
// anything is read. If a part fails, what was opened is made inert again. Pins of roles that the door does not have
// are not touched.
func (f Fit) Open(pins Pins) (_ *Door, err error) {
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("board: %w", err)
	}
	if m := f.missing(func(r Role) bool { return pins[r] != nil }); len(m) > 0 {
		return nil, fmt.Errorf("board: no pin for %s", list(m))
	}
	d := &Door{Fit: f, pins: Pins{}}
	for _, r := range append(f.Needed(), f.Optional()...) {
		if pins[r] != nil {
			d.pins[r] = pins[r]
		}
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("board: %w", errors.Join(err, d.Halt()))
		}
	}()
	// The coil's current goes before all else, and a motor stops; the lock's maker says the same
	// again once the feedback is there.
	for _, r := range []Role{Coil, Draw, Throw} {
		if pin := d.pins[r]; pin != nil {
			if err := pin.Out(gpio.Low); err != nil {
				return nil, fmt.Errorf("switch the lock off, %s: %w", r, err)
			}
		}
	}
	for _, open := range []func() error{
		d.openLock, d.openOutputs, d.openInputs, d.openKeypad, d.openWatchdog,
	} {
		if err := open(); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// openLock opens the lock and the contacts that it looks at, those first, so that they are halted after it.
func (d *Door) openLock() (err error) {
	if d.Relay, err = d.contact("relay", Relay, contact.Options{Closed: gpio.High}); err != nil {
		return err
	}
	if d.Contact, err = d.contact("door", Contact, contact.Options{}); err != nil {
		return err
	}
	if d.Bolt, err = d.contact("bolt", Bolt, contact.Options{}); err != nil {
		return err
	}
	drawn, err := d.contact("drawn", Drawn, contact.Options{})
	if err != nil {
		return err
	}
	d.Lock, err = take(d, func() (*lock.Lock, error) {
		switch d.Fit.Lock {
		case Motor:
			return lock.NewMotor(lock.Motor{
				Draw: d.pins[Draw], Throw: d.pins[Throw], Drawn: drawn, Thrown: d.Bolt, Door: d.Contact,
			})
		case PumpedStrike, PumpedMagnet:
			return lock.NewPumped(d.pins[Coil], d.Relay)
		default: // Strike, Magnet
			return lock.New(d.pins[Coil], d.Relay)
		}
	})
	return err
}

func (d *Door) openOutputs() (err error) {
	if d.Camera, err = take(d, func() (*power.Switch, error) { return power.New(d.pins[Camera]) }); err != nil {
		return err
	}
	if d.Lamp, err = take(d, func() (*lamp.Lamp, error) { return lamp.New(d.pins[Lamp]) }); err != nil {
		return err
	}
	if d.pins[Courtesy] != nil {
		if d.Courtesy, err = take(d, func() (*lamp.Lamp, error) { return lamp.New(d.pins[Courtesy]) }); err != nil {
			return err
		}
	}
	d.Buzzer, err = take(d, func() (*buzzer.Buzzer, error) { return buzzer.New(d.pins[Buzzer]) })
	return err
}

func (d *Door) openInputs() (err error) {
	if d.Tamper, err = take(d, func() (*tamper.Switch, error) { return tamper.New(d.pins[Tamper]) }); err != nil {
		return err
	}
	if d.pins[Exit] != nil {
		d.Exit, err = take(d, func() (*egress.Button, error) { return egress.New(d.pins[Exit]) })
	}
	return err
}

func (d *Door) openKeypad() (err error) {
	if d.Fit.Keypad == Wiegand {
		if d.Reader, err = take(d, func() (*wiegand.Reader, error) { return wiegand.New(d.pins[Data0], d.pins[Data1]) }); err != nil {
			return err
		}
		d.Keypad = d.Reader
		return nil
	}
	k, err := take(d, func() (*keypad.Keypad, error) {
		return keypad.New(
			[keypad.Rows]gpio.PinIO{d.pins[Row1], d.pins[Row2], d.pins[Row3], d.pins[Row4]},
			[keypad.Columns]gpio.PinIn{d.pins[Column1], d.pins[Column2], d.pins[Column3]})
	})
	if err != nil {
		return err
	}
	d.Keypad = k
	return nil
}

// openWatchdog comes last: once it is armed it has to be fed.
func (d *Door) openWatchdog() (err error) {
	if d.Fit.Watchdog != "" {
		d.Watchdog, err = watchdog.Open(d.Fit.Watchdog)
	}
	return err
}

// contact opens a contact; nil if none is wired.
func (d *Door) contact(name string, r Role, o contact.Options) (*contact.Contact, error) {
	if d.pins[r] == nil {
		return nil, nil //nolint:nilnil // a nil Contact is one that nobody wired
	}
	return take(d, func() (*contact.Contact, error) { return contact.New(name, d.pins[r], o) })
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
// first to be opened and would be the last to be halted, so the door is held before anything else.
// The watchdog is disarmed if all that went well; if not, it restarts the machine, which lets go of every pin.
func (d *Door) Halt() error {
	var errs []error
	if d.Lock != nil {
		errs = append(errs, d.Lock.Release())
	}
	for i := len(d.parts) - 1; i >= 0; i-- {
		errs = append(errs, d.parts[i].Halt())
	}
	d.parts = nil
	if err := errors.Join(append(errs, d.pins.halt())...); err != nil {
		return err
	}
	return d.Watchdog.Halt()
}
