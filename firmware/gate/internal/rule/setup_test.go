package rule

import (
	"testing"
	"time"

	"vestibule/hub/wire"
)

func TestDoorWithoutAContact(t *testing.T) {
	b := readyOf(t, Setup{NoContact: true})
	if v := b.s.View(b.now); v.Door != wire.DoorUnknown || v.Bolt != wire.BoltLocked {
		t.Errorf("%+v", v)
	}
	b.keys(Right)
	b.then("visit_started", "energise", "unlocked", "granted 1/3")
	b.step(BoltIs(Open))
	b.keys(Right)
	b.then("granted 1/3")
	b.passes(5 * time.Second)
	b.then("release")
	b.step(DoorIs(Open)) // a pin that floats: there is no contact
	b.then()
	b.passes(time.Minute) // it stands open, and nothing knows
	b.then()
	if v := b.s.View(b.now); v.Door != wire.DoorUnknown || v.Bolt != wire.BoltUnlocked || v.Alarm != "" {
		t.Errorf("%+v", v)
	}
	b.keys(Right)
	b.then("code_refused(door_unsure)", "denied door_unsure") // nothing holds the bolt
	b.step(BoltIs(Closed))
	b.then("relocked")
	b.keys(Right)
	b.then("unlocked", "energise", "granted 2/3")
	b.step(BoltIs(Open))
	b.passes(5 * time.Second)
	b.step(BoltIs(Closed))
	b.then("release", "relocked")
	b.keys(Right)
	b.then("unlocked", "energise", "granted 3/3")
	b.step(BoltIs(Open))
	b.passes(5 * time.Second)
	b.step(BoltIs(Closed))
	b.then("release", "relocked")
	b.passes(3*time.Minute - 100*time.Millisecond)
	b.then() // whoever is inside may still be
	b.passes(100 * time.Millisecond)
	b.then("visit_ended")
	b.step(BoltIs(Open))
	b.then() // from within, or by force: nothing can tell
}

// Where the bolt stays free, the visit ends by time all the same, and it is not shown as locked.
func TestDoorWithoutAContactLeftOpen(t *testing.T) {
	b := readyOf(t, Setup{NoContact: true})
	b.keys(Right)
	b.step(BoltIs(Open))
	b.passes(5*time.Second + 3*time.Minute)
	b.then("visit_started", "energise", "unlocked", "granted 1/3", "release", "visit_ended")
	if v := b.s.View(b.now); v.Bolt != wire.BoltUnlocked {
		t.Errorf("bolt %q", v.Bolt)
	}
	b.step(BoltIs(Closed))
	b.then("relocked")
}

func TestDoorWithoutAContactAfterARestart(t *testing.T) {
	b := ready(t)
	b.keys(Right)
	b.bolt()
	b.opens()
	b.passes(31 * time.Second)
	b.setup = Setup{NoContact: true} // its contact was taken off
	b.alarm = false
	b.log = nil
	b.restart(time.Second, plan())
	b.step(BoltIs(Closed))
	b.then("power true", "wake d1", "relocked")
	if v := b.s.View(b.now); v.Alarm != "" || b.alarm {
		t.Errorf("alarm %q", v.Alarm)
	}
	b.passes(3 * time.Minute)
	b.then("camera_on", "visit_ended")
}

func TestDoorWithoutABoltSwitch(t *testing.T) {
	b := readyOf(t, Setup{NoBolt: true})
	b.keys(Right)
	b.then("visit_started", "energise", "unlocked", "granted 1/3")
	if v := b.s.View(b.now); v.Bolt != wire.BoltUnlocked {
		t.Errorf("bolt %q", v.Bolt)
	}
	b.step(BoltIs(Open)) // a pin that floats
	b.step(DoorIs(Open))
	b.step(DoorIs(Closed))
	b.then("door_opened", "release", "door_shut")
	b.passes(5 * time.Second)
	b.then()
	if v := b.s.View(b.now); v.Bolt != wire.BoltUnknown || v.Door != wire.DoorClosed {
		t.Errorf("%+v", v)
	}
	b.passes(3 * time.Minute)
	b.then("visit_ended")
	b.step(DoorIs(Open))
	b.then("door_opened") // leaves
	b.step(DoorIs(Closed))
	b.passes(3 * time.Minute)
	b.log = nil
	b.step(DoorIs(Open))
	b.then("door_opened", "forced_open", "alarm true")
	b = readyOf(t, Setup{NoBolt: true, NoContact: true})
	b.keys(Right)
	b.passes(5*time.Second + 3*time.Minute)
	b.then("visit_started", "energise", "unlocked", "granted 1/3", "release", "visit_ended")
	if v := b.s.View(b.now); v.Bolt != wire.BoltUnknown || v.Door != wire.DoorUnknown {
		t.Errorf("%+v", v)
	}
}

// A motor answers when it has begun to move, says nothing while it waits for the door, and
// takes its time to throw the bolt.
func TestMotorLock(t *testing.T) {
	b := readyOf(t, Setup{Lock: Motor})
	b.lazy = true
	b.keys(Right)
	b.then("visit_started", "energise")
	b.step(CoilIs(CoilUnknown))
	b.passes(time.Second)
	b.then()
	b.coil = CoilOn
	b.step(BoltIs(Open))
	b.step(CoilIs(CoilOn))
	b.then("unlocked", "granted 1/3")
	b.step(DoorIs(Open))
	b.passes(5 * time.Second)
	b.then("door_opened", "release")
	b.step(CoilIs(CoilUnknown)) // it waits for the door
	b.passes(10 * time.Second)
	b.then()
	if v := b.s.View(b.now); v.Bolt != wire.BoltUnlocked || v.Door != wire.DoorAjar {
		t.Errorf("%+v", v)
	}
	b.step(DoorIs(Closed))
	b.passes(2 * time.Second)
	b.then("release", "door_shut") // once more, which does nothing
	if b.s.Locked() {
		t.Error("locked before the bolt is out")
	}
	b.step(BoltIs(Closed))
	b.step(CoilIs(CoilOff))
	b.then("relocked")
	b.coil = CoilOff
}

func TestMotorLockJams(t *testing.T) {
	b := readyOf(t, Setup{Lock: Motor})
	b.lazy = true
	b.keys(Right)
	b.step(CoilIs(CoilUnknown))
	b.passes(4 * time.Second)
	b.then("visit_started", "energise", "code_refused(door_unsure)", "denied door_unsure", "release", "sensor_unsure(door_unsure)")
	if v := b.s.View(b.now); v.Bolt != wire.BoltUnknown {
		t.Errorf("bolt %q", v.Bolt)
	}
	b = readyOf(t, Setup{Lock: Motor})
	b.keys(Right)
	b.step(BoltIs(Open))
	b.opens()
	b.shuts()
	b.log = nil
	b.step(BoltIs(Open))
	b.step(CoilIs(CoilUnknown))
	b.passes(4 * time.Second)
	b.then("sensor_unsure(door_unsure)") // the bolt does not arrive
	b.keys(Right)
	b.then("code_refused(door_unsure)", "denied door_unsure")
}

// Somebody pushes the door while the motor is already throwing the bolt.
func TestMotorLockLatePush(t *testing.T) {
	b := readyOf(t, Setup{Lock: Motor})
	b.keys(Right)
	b.bolt()
	b.passes(5 * time.Second)
	b.step(CoilIs(CoilUnknown))
	b.log = nil
	b.passes(2 * time.Second)
	b.step(DoorIs(Open))
	b.then("door_opened")
}

// A magnet is free while the power is away: that it holds again is said.
func TestFailSafeAfterThePowerWasAway(t *testing.T) {
	b := readyOf(t, Setup{Lock: FailSafe})
	b.log = nil
	b.restart(time.Second, plan())
	b.then("power true", "wake d1")
	b.step(DoorIs(Closed))
	b.step(BoltIs(Closed))
	b.then("relocked")
	b.passes(time.Second)
	b.keys(Right)
	b.then("camera_on(by_viewer)", "visit_started", "energise", "unlocked", "granted 1/3")
	b = tellOf(t, Setup{Lock: FailSafe})
	b.log = nil
	b.journal = append(b.journal, wire.Event{Kind: wire.DoorShut})
	b.restart(time.Hour)
	b.opens()
	b.then("door_opened", "forced_open") // as with any other lock
}
