package board

import (
	"fmt"
	"slices"
)

// LockKind is what holds the door. Its text is what a board file says; the zero value is none.
type LockKind string

// The kinds of lock. Pumped ones are behind a charge pump, whose pin has to keep toggling.
const (
	Strike       LockKind = "strike"        // fail-secure: a power cut locks
	PumpedStrike LockKind = "strike-pumped" // the same
	Magnet       LockKind = "magnet"        // fail-safe: a power cut opens
	PumpedMagnet LockKind = "magnet-pumped" // the same
	Motor        LockKind = "motor"         // a power cut leaves the bolt where it is
)

func lockKinds() []LockKind {
	return []LockKind{Strike, PumpedStrike, Magnet, PumpedMagnet, Motor}
}

// FailSafe reports whether a power cut opens the door.
func (k LockKind) FailSafe() bool { return k == Magnet || k == PumpedMagnet }

// KeypadKind is what codes are typed on. Its text is what a board file says; the zero value is none.
type KeypadKind string

// The kinds of keypad.
const (
	Matrix  KeypadKind = "matrix"  // 4x3 keys
	Wiegand KeypadKind = "wiegand" // one that speaks Wiegand, perhaps with a card reader
)

func keypadKinds() []KeypadKind { return []KeypadKind{Matrix, Wiegand} }

// Fit is what a door is fitted with. The zero value is nothing and opens nothing.
type Fit struct {
	Lock      LockKind
	Keypad    KeypadKind
	NoContact bool   // nobody wired a door contact: whether the door is shut is never known
	NoBolt    bool   // nobody wired a bolt contact: whether it is locked is never known
	Watchdog  string // the hardware watchdog's device node; "" for none
}

// Usual is the door that most people have: a strike, a matrix keypad, both contacts, and no watchdog.
func Usual() Fit { return Fit{Lock: Strike, Keypad: Matrix} }

// Needed returns the roles that a door with this fit must have a pin for.
func (f Fit) Needed() []Role {
	roles := []Role{Tamper, Lamp, Camera, Buzzer}
	if f.Lock == Motor {
		roles = append(roles, Draw, Throw, Drawn)
	} else {
		roles = append(roles, Coil)
	}
	if f.Keypad == Wiegand {
		roles = append(roles, Data0, Data1)
	} else {
		roles = append(roles, Row1, Row2, Row3, Row4, Column1, Column2, Column3)
	}
	if !f.NoBolt {
		roles = append(roles, Bolt)
	}
	if !f.NoContact {
		roles = append(roles, Contact)
	}
	return inOrder(roles)
}

// Optional returns the roles that it may have a pin for besides.
func (f Fit) Optional() []Role {
	roles := []Role{Exit, Courtesy}
	if f.Lock != Motor {
		roles = append(roles, Relay)
	}
	return inOrder(roles)
}

// check refuses a fit that is none.
func (f Fit) check() error {
	switch {
	case !slices.Contains(lockKinds(), f.Lock):
		return fmt.Errorf("%q is no kind of lock", f.Lock)
	case !slices.Contains(keypadKinds(), f.Keypad):
		return fmt.Errorf("%q is no kind of keypad", f.Keypad)
	case f.Lock == Motor && f.NoBolt:
		return fmt.Errorf("a motor lock needs the switch at its bolt's end (%s)", Bolt)
	}
	return nil
}

// missing returns the needed roles for which has says no.
func (f Fit) missing(has func(Role) bool) []Role {
	return slices.DeleteFunc(f.Needed(), has)
}

// inOrder sorts roles as people wire them.
func inOrder(roles []Role) []Role {
	all := Roles()
	slices.SortFunc(roles, func(a, b Role) int { return slices.Index(all, a) - slices.Index(all, b) })
	return roles
}
