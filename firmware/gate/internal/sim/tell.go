package sim

import (
	"fmt"
	"time"

	"vestibule/firmware/gate/internal/rule"
)

// stamped is a move with the time at which it is made.
func (w *World) stamped(m Move) string {
	return fmt.Sprintf("  %s  %s", time.Unix(0, w.real).UTC().Format("15:04:05.000"), m)
}

// effectText is an effect as a person would tell it.
func effectText(e *rule.Effect) string {
	switch e.Do {
	case rule.Write:
		s := "gate writes " + string(e.Entry.Kind)
		if e.Entry.Reason != "" {
			s += " (" + string(e.Entry.Reason) + ")"
		}
		if e.Entry.Delivery != "" {
			s += " of " + e.Entry.Delivery
		}
		if e.Entry.Count > 0 {
			s += fmt.Sprintf(", %d", e.Entry.Count)
		}
		if e.Ticket != 0 {
			s += ", and waits for the disk"
		}
		return s
	case rule.Energise:
		return "gate gives the coil current"
	case rule.Release:
		return "gate takes the coil's current"
	case rule.Power:
		return "gate switches the camera's power " + onOrOff(e.On)
	case rule.Wake:
		return "gate wakes eye for " + e.Delivery
	case rule.Visit:
		return "gate tells eye that a visit is " + onOrOff(e.On)
	case rule.Sleep:
		return "gate sends eye to sleep"
	case rule.Cut:
		return "gate ends every viewing (" + string(e.Reason) + ")"
	case rule.Grant:
		return fmt.Sprintf("gate grants entry %d of %d", e.Number, e.Entries)
	case rule.Deny:
		s := "gate refuses (" + string(e.Reason) + ")"
		if e.Wait > 0 {
			s += fmt.Sprintf(", wait %v", e.Wait)
		}
		return s
	case rule.Hold:
		return "gate lets a code wait for the camera"
	case rule.Sound:
		return "gate switches the alarm " + onOrOff(e.On)
	case rule.Forget:
		return "gate forgets the pass of " + e.Delivery
	}
	return fmt.Sprintf("effect %d", e.Do)
}

func onOrOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
