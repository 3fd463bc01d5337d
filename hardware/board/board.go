// Package board is all of one door: which pin has which role, and the drivers on them.
//
// Pins come from a board file on a device ([Parse], [Layout.Open]) or from the simulated door at a
// desk (hardware/sim). [Fit.Open] takes them over and makes everything inert before it returns: the
// door held, no power for the camera, lamps dark, buzzer silent.
package board

import (
	"errors"

	"periph.io/x/conn/v3/gpio"
)

// Role is what a pin is for. Its text is what a board file says.
type Role string

// The roles of a door's pins. Which of them a door has follows from its [Fit].
const (
	Coil     Role = "lock.coil"     // output, High frees the door: a strike's coil has current, a magnet has none
	Relay    Role = "lock.relay"    // input, optional: High while the coil really has current
	Draw     Role = "lock.draw"     // output, High runs a motor lock towards unlocked
	Throw    Role = "lock.throw"    // output, High runs it towards locked
	Drawn    Role = "lock.drawn"    // input, Low while its bolt is all the way back
	Bolt     Role = "bolt"          // input, Low while the strike holds the latch, the magnet its plate, or a bolt is thrown
	Contact  Role = "contact"       // input, Low while the door is shut
	Exit     Role = "exit"          // input, optional: Low while the request-to-exit button is pressed
	Tamper   Role = "tamper"        // input, Low while the device's cover is on
	Row1     Role = "keypad.row1"   // output or floating, keys 1 2 3
	Row2     Role = "keypad.row2"   // keys 4 5 6
	Row3     Role = "keypad.row3"   // keys 7 8 9
	Row4     Role = "keypad.row4"   // keys * 0 #
	Column1  Role = "keypad.col1"   // input, keys 1 4 7 *
	Column2  Role = "keypad.col2"   // keys 2 5 8 0
	Column3  Role = "keypad.col3"   // keys 3 6 9 #
	Data0    Role = "keypad.d0"     // input, a Wiegand keypad's D0: a Low pulse is a 0
	Data1    Role = "keypad.d1"     // its D1: a Low pulse is a 1
	Lamp     Role = "lamp"          // output, High lights the lamp in the visible zone
	Courtesy Role = "lamp.courtesy" // output, optional: High lights the lamp that people see by
	Camera   Role = "camera.power"  // output, High gives the camera power
	Buzzer   Role = "buzzer"        // output, High sounds
)

// Roles returns every role there is, in the order in which people wire them.
func Roles() []Role {
	return []Role{
		Coil, Relay, Draw, Throw, Drawn, Bolt, Contact, Exit, Tamper, Row1, Row2, Row3, Row4, Column1, Column2, Column3,
		Data0, Data1, Lamp, Courtesy, Camera, Buzzer,
	}
}

// Pins are the pins of one door by role.
type Pins map[Role]gpio.PinIO

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
