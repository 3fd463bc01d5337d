package rule

import (
	"testing"
	"time"

	"vestibule/hub/wire"
)

// stays lets a courier come in with the only entry, shut the door and stay there until the visit is over.
func (b *story) stays() {
	b.keys(Right)
	b.passes(200 * time.Millisecond)
	b.bolt()
	b.opens()
	b.passes(10 * time.Second)
	b.shuts()
	b.passes(3*time.Minute + time.Second)
}

// As long as an opening from within is no alarm because somebody may be there, the camera sees: also for the
// grace after a visit that ended by its grace, and also over a restart.
func TestSeesWhoMayBeWithin(t *testing.T) {
	b := asleep(t)
	b.stays()
	b.log = nil
	b.passes(2 * time.Minute)
	b.then()
	if !b.power {
		t.Error("the camera sleeps, and whoever comes out is no alarm")
	}
	b.opens()
	if b.log = nil; b.s.forced {
		t.Error("leaving is an alarm")
	}
	b.shuts()
	b.passes(20 * time.Second)
	if !b.power {
		t.Error("the camera sleeps within the call of a door that was shut")
	}
	b.passes(time.Minute)
	if b.power {
		t.Error("nobody is within any more, and the camera sees")
	}

	b = asleep(t)
	b.stays()
	b.restart(time.Second, plan())
	b.step(DoorIs(Closed))
	b.step(BoltIs(Closed))
	b.passes(2*time.Minute + 50*time.Second)
	if !b.power {
		t.Error("after a restart the camera sleeps while somebody may be within")
	}
	b.passes(20 * time.Second)
	if b.power {
		t.Error("after a restart the camera sees for longer than somebody may be within")
	}
}

// The camera does not go dark while the local alarm sounds, nor while the sensors say nothing or contradict
// one another.
func TestAlarmKeepsItAwake(t *testing.T) {
	for name, c := range map[string]struct {
		does func(b *story)
		ends func(b *story)
		last time.Duration // it may take to end
	}{
		"the case is open":      {func(b *story) { b.step(TamperIs(true)) }, func(b *story) { b.step(TamperIs(false)) }, 30 * time.Second},
		"a call for help":       {func(b *story) { b.step(PanicCame()) }, func(*story) {}, time.Minute + 10*time.Second},
		"the contact's wire":    {func(b *story) { b.step(DoorIs(Unknown)) }, func(b *story) { b.step(DoorIs(Closed)) }, 0},
		"the bolt's wire":       {func(b *story) { b.step(BoltIs(Unknown)) }, func(b *story) { b.step(BoltIs(Closed)) }, 0},
		"forced, then the wire": {func(b *story) { b.opens(); b.passes(time.Second); b.step(DoorIs(Unknown)) }, func(b *story) { b.shuts() }, 30 * time.Second},
	} {
		b := asleep(t)
		c.does(b)
		b.passes(50 * time.Second)
		if !b.power {
			t.Errorf("%s: the camera sleeps", name)
		}
		c.ends(b)
		b.passes(c.last + time.Second)
		if b.power {
			t.Errorf("%s is over, and the camera sees", name)
		}
	}
	// A case that was opened before the window is a reason in it, and after a restart.
	b := tell(t)
	b.step(PassCame(plan()))
	b.step(TamperIs(true))
	b.passes(time.Minute + 40*time.Second)
	if !b.power {
		t.Error("the case is open, and the camera sleeps")
	}
	b.restart(time.Second, plan())
	b.passes(40 * time.Second)
	if !b.power {
		t.Error("after a restart the camera sleeps, and the case is open")
	}
}

// Without a contact nobody knows who is within when the visit is over.
func TestSeesWithoutAContact(t *testing.T) {
	b := asleepOf(t, Setup{NoContact: true})
	b.keys(Right)
	b.passes(300 * time.Millisecond)
	b.step(BoltIs(Open))
	b.passes(10 * time.Second)
	b.step(BoltIs(Closed))
	b.passes(time.Second)
	b.step(LockCame("d1"))
	b.passes(2*time.Minute + 50*time.Second)
	if !b.power {
		t.Error("the owner locks, and the camera sleeps on whoever is within")
	}
	b.step(PanicCame())
	if !b.alarm {
		t.Error("whoever is within calls for help, and nobody hears")
	}
	b.passes(3 * time.Minute)
	if b.power {
		t.Error("a grace has passed, and the camera sees")
	}
	// One that the owner locks before anybody came is no visit.
	b = asleepOf(t, Setup{NoContact: true})
	b.step(LockCame("d1"))
	b.passes(time.Second)
	if b.power {
		t.Error("nobody came, and the camera sees")
	}
}

// What costs nothing on a page wakes nobody: whoever has a courier's link could keep the camera awake by it, and
// anybody could by guesses that are not looked at.
func TestWhatCostsNothingCallsNobody(t *testing.T) {
	b := asleep(t)
	b.page("d1", Typo)
	if b.then("code_refused(code_typo)", "denied code_typo"); b.power {
		t.Error("a slip on a page wakes the camera")
	}
	b.keys(Typo)
	if !b.power {
		t.Error("a slip at the keypad does not")
	}
	b = asleep(t)
	for b.s.current().left(Page) > 0 {
		b.page("d1", Wrong)
		b.passes(30 * time.Second)
	}
	b.passes(31 * time.Second)
	b.log = nil
	b.page("d1", Wrong)
	if b.then("code_refused(code_spent)", "denied code_spent"); b.power {
		t.Error("a page's code that is spent wakes the camera")
	}
	b.scan(Wrong)
	if !b.power || b.s.caller != wire.ByPage {
		t.Error("a key does not")
	}
}
