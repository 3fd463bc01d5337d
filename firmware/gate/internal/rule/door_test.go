package rule

import (
	"slices"
	"strings"
	"testing"
	"time"

	"vestibule/hub/wire"
)

// The coil's own limit and the rule's: whatever the driver does, Release is asked for.
func TestCoilLimit(t *testing.T) {
	b := ready(t)
	b.keys(Right)
	b.bolt()
	b.log = nil
	b.passes(4900 * time.Millisecond)
	b.then()
	s := b.s
	effects := Step(&s, Tick(), Now{b.now.Wall, b.now.Mono + 100*time.Millisecond, true}, nil)
	if len(effects) != 1 || effects[0].Do != Release {
		t.Fatalf("after 5 s: %+v", effects)
	}
	effects = Step(&s, Tick(), Now{b.now.Wall, b.now.Mono + 1200*time.Millisecond, true}, nil)
	if !slices.ContainsFunc(effects, func(e Effect) bool { return e.Do == Release }) {
		t.Fatalf("after 6 s with current still on: %+v", effects)
	}
}

func TestHeldOpen(t *testing.T) {
	b := ready(t)
	b.keys(Right)
	b.bolt()
	b.opens()
	b.log = nil
	b.passes(30 * time.Second)
	b.then("release", "held_open", "alarm true")
	if v := b.s.View(b.now); v.Alarm != wire.HeldOpen || v.Bolt != wire.BoltUnlocked {
		t.Errorf("%+v", v)
	}
	b.passes(time.Minute)
	b.then()
	b.shuts()
	b.then("door_shut", "alarm false", "relocked")
	b.passes(3 * time.Minute)
	b.then("visit_ended")
}

func TestForced(t *testing.T) {
	b := tell(t)
	b.opens()
	b.then("door_opened", "forced_open") // no window: the household's phones are told, nothing sounds
	b.shuts()
	b.then("door_shut", "relocked")
	b = ready(t)
	b.opens()
	b.then("door_opened", "forced_open", "alarm true")
	if v := b.s.View(b.now); v.Alarm != wire.ForcedOpen {
		t.Errorf("alarm %q", v.Alarm)
	}
	b.shuts()
	b.then("door_shut", "alarm false", "relocked")
	b.keys(Right)
	b.bolt()
	b.passes(5 * time.Second) // nobody came in
	b.bolt()
	b.log = nil
	b.passes(2 * time.Second)
	b.opens()
	b.then("door_opened", "forced_open", "alarm true") // under way, but nobody is inside
}

func TestTamper(t *testing.T) {
	b := ready(t)
	b.step(TamperIs(true))
	b.then("tamper(tampered)", "alarm true")
	b.step(TamperIs(false))
	b.then("tamper_over", "alarm false")
	if v := b.s.View(b.now); v.Alarm != wire.Tamper {
		t.Errorf("alarm %q, want tamper until the next window", v.Alarm)
	}
	b.passes(time.Hour)
	b.step(PassCame(plan(func(p *Plan) { p.Delivery, p.From, p.Until = "d2", start+4_000_000, start+5_000_000 })))
	b.passes(10 * time.Minute)
	b.log = nil
	b.keys(Right)
	b.then("visit_started", "energise", "unlocked", "granted 1/3")
	b.bolt()
	b.step(TamperIs(true))
	b.then("tamper(tampered)", "alarm true", "release")
}

func TestSensorsContradict(t *testing.T) {
	for name, c := range map[string]struct{ break_, mend func(b *story) }{
		"the strike holds the bolt of an open door": {
			func(b *story) { b.step(DoorIs(Open)) }, func(b *story) { b.step(BoltIs(Open)) }},
		"shut, and nothing holds the bolt": {
			func(b *story) { b.step(BoltIs(Open)) }, func(b *story) { b.step(BoltIs(Closed)) }},
		"the contact says nothing": {
			func(b *story) { b.step(DoorIs(Unknown)) }, func(b *story) { b.step(DoorIs(Closed)) }},
		"the relay is welded": {
			func(b *story) { b.step(CoilIs(CoilUnknown)) }, func(b *story) { b.step(CoilIs(CoilOff)) }},
	} {
		t.Run(name, func(t *testing.T) {
			b := ready(t)
			c.break_(b)
			b.passes(1900 * time.Millisecond)
			c.mend(b)
			b.passes(5 * time.Second)
			for _, l := range b.log {
				if strings.HasPrefix(l, "sensor_unsure") {
					t.Error("a movement is taken for a contradiction")
				}
			}
			b = ready(t)
			c.break_(b)
			b.log = nil
			b.passes(2100 * time.Millisecond)
			b.then("sensor_unsure(door_unsure)")
			if v := b.s.View(b.now); v.Bolt != wire.BoltUnknown {
				t.Errorf("bolt %q, want unknown", v.Bolt)
			}
			b.passes(time.Minute)
			c.mend(b)
			if b.s.View(b.now).Bolt == wire.BoltUnknown {
				t.Error("still unknown after it was mended")
			}
		})
	}
}

// A feedback that contradicts the coil, worn or unplugged, keeps no door free: the coil lets go of
// current that it may have.
func TestReleasedThoughNobodyKnows(t *testing.T) {
	for name, act := range map[string]func(b *story){
		"the door shuts":       func(b *story) { b.step(DoorIs(Closed)) },
		"anybody's wish":       func(b *story) { b.step(LetGoCame()) },
		"the owner's lock":     func(b *story) { b.step(LockCame("d1")) },
		"tampering":            func(b *story) { b.step(TamperIs(true)) },
		"the owner's cancel":   func(b *story) { b.step(CancelCame("d1")) },
		"the window's end":     func(b *story) { b.now.Wall += 3_600_000; b.step(Tick()) },
		"the end of its time":  func(b *story) { b.passes(5 * time.Second) },
		"and when it was said": func(b *story) { b.step(CoilIs(CoilOn)); b.step(CoilIs(CoilUnknown)); b.passes(5 * time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			b := ready(t)
			b.keys(Right)
			b.step(BoltIs(Open))
			b.step(CoilIs(CoilUnknown))
			b.step(DoorIs(Open))
			b.log = nil
			act(b)
			if n := slices.Index(b.log, "release"); n < 0 || slices.Contains(b.log[n+1:], "release") {
				t.Errorf("released once? %s", strings.Join(b.log, ", "))
			}
		})
	}
}
