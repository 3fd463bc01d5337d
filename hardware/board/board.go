// Package board is all of one door: which pin has which role, and the drivers on them.
//
// Pins come from a board file on a device ([Parse], [Layout.Open]) or from the simulated door at a
// desk (hardware/sim). [Open] takes them over and makes everything inert before it returns: no
// current in the coil, no power for the camera, lamp dark, buzzer silent.
package board

import (
	"errors"

	"periph.io/x/conn/v3/gpio"
)

// Role is what a pin is for. Its text is what a board file says.
type Role string

// The roles of a door's pins.
const (
	Coil    Role = "lock.coil"    // output, High gives the strike's coil current
	Relay   Role = "lock.relay"   // input, optional: High while the coil really has current
	Bolt    Role = "bolt"         // input, Low while the latch is held by the strike
	Contact Role = "contact"      // input, Low while the door is shut
	Tamper  Role = "tamper"       // input, Low while the device's cover is on
	Row1    Role = "keypad.row1"  // output or floating, keys 1 2 3
	Row2    Role = "keypad.row2"  // keys 4 5 6
	Row3    Role = "keypad.row3"  // keys 7 8 9
	Row4    Role = "keypad.row4"  // keys * 0 #
	Column1 Role = "keypad.col1"  // input, keys 1 4 7 *
	Column2 Role = "keypad.col2"  // keys 2 5 8 0
	Column3 Role = "keypad.col3"  // keys 3 6 9 #
	Lamp    Role = "lamp"         // output, High lights the lamp in the visible zone
	Camera  Role = "camera.power" // output, High gives the camera power
	Buzzer  Role = "buzzer"       // output, High sounds
)

// Roles returns every role, in the order in which people wire them.
func Roles() []Role {
	return []Role{
		Coil, Relay, Bolt, Contact, Tamper, Row1, Row2, Row3, Row4, Column1, Column2, Column3, Lamp, Camera, Buzzer,
	}
}

// Optional reports whether a door may be without a pin of this role.
func (r Role) Optional() bool { return r == Relay }

// Pins are the pins of one door by role.
type Pins map[Role]gpio.PinIO

// missing returns the roles that must be there and are not.
func (p Pins) missing() []Role {
	var m []Role
	for _, r := range Roles() {
		if p[r] == nil && !r.Optional() {
			m = append(m, r)
		}
	}
	return m
}

// halt lets go of all pins.
func (p Pins) halt() error {
	var errs []error
	for _, r := range Roles() {
		if pin := p[r]; pin != nil {
			errs = append(errs, pin.Halt())
		}
	}
	return errors.Join(errs...)
}
