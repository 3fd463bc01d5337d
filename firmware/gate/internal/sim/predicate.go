package sim

import (
	"time"

	"vestibule/firmware/gate/internal/challenge"
	"vestibule/firmware/gate/internal/rule"
	"vestibule/hub/wire"
)

// missing is the first thing that is missing for the right code of a delivery to open the
// door, in the order of the rule's package comment from "the code is right" on; "" if nothing.
func (a *account) missing(d int8) wire.Reason {
	l := &a.led[d]
	switch {
	case l.window != opened || l.cancelled || a.now.Wall < l.plan.From || a.now.Wall >= l.plan.Until:
		return wire.TooLate
	case l.visit == over || l.locked:
		return wire.CodeUsed
	case l.plan.Epoch < a.epoch:
		return wire.OldEpoch
	case l.used >= l.plan.Entries:
		return wire.EntriesUsed
	}
	return a.amiss(l)
}

// amiss is what of the home, rather than of the pass, is not as it has to be.
func (a *account) amiss(l *ledger) wire.Reason {
	switch {
	case a.latch || a.coverOff:
		return wire.Tampered
	case !a.disk:
		return wire.DiskTrouble
	case !a.now.Sure:
		return wire.ClockUnsure
	case a.unsure || a.dumb() || a.coil == rule.CoilUnknown || !a.coverKnown:
		return wire.DoorUnsure
	case a.setup.NoContact && a.coil == rule.CoilOff && a.bolt != rule.Closed:
		return wire.DoorUnsure
	case a.door == rule.Open:
		return wire.DoorIsOpen
	case l.plan.Camera && a.blind() != "":
		return wire.CameraNotSeen
	case !l.plan.Offline && !a.net:
		return wire.Offline
	case l.plan.Watched && (a.viewers == 0 || a.silent()):
		return wire.NobodyWatches
	}
	return ""
}

// blind is why the picture is not fresh, of the zone, and with the lamp in it.
func (a *account) blind() wire.Reason {
	c := &a.cam
	switch stale := a.now.Mono-c.at > freshFor; {
	case !c.power:
		return wire.CameraAsleep
	case !c.eye:
		return wire.EyeGone
	case (!c.looked || stale) && c.trouble != "":
		return c.trouble
	case !c.looked:
		return wire.CameraAsleep
	case stale:
		return wire.CameraStalled
	case c.glass != "":
		return c.glass
	case c.lamp != challenge.Seen:
		return wire.LampUnseen
	}
	return ""
}

// disagrees reports whether contact, bolt and coil contradict one another or say nothing.
func (a *account) disagrees() bool {
	if a.dumb() {
		return true
	}
	if a.coil == rule.CoilUnknown {
		return !a.motor() || a.door != rule.Open // a motor waits for an open door
	}
	if a.setup.NoBolt {
		return false
	}
	free := a.bolt == rule.Open
	if a.setup.NoContact && a.coil == rule.CoilOff {
		return false // open or shut, nobody knows
	}
	mayBeHeld := a.still()
	return free == mayBeHeld
}

// locked is whether the door is known to be locked.
func (a *account) locked() bool {
	return a.still() && a.bolt == rule.Closed && !a.unsure && !a.setup.NoBolt
}

// waitAfter is how long digits have to wait after so many wrong codes.
func waitAfter(wrong uint8) time.Duration {
	switch {
	case wrong < freeTries:
		return 0
	case wrong < freeTries+4:
		return time.Second << (wrong - freeTries + 1) // 2, 4, 8, 16
	}
	return 30 * time.Second
}
