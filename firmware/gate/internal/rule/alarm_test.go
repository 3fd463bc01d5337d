package rule

import (
	"testing"
	"time"

	"vestibule/hub/wire"
)

func TestPanic(t *testing.T) {
	b := tell(t)
	b.step(PanicCame())
	b.then() // outside a window the keypad is dead
	b = ready(t)
	b.step(PanicCame())
	b.then("panic", "alarm true")
	if v := b.s.View(b.now); v.Alarm != wire.Panic {
		t.Errorf("alarm %q", v.Alarm)
	}
	if b.pulses != 0 {
		t.Error("it opened the door")
	}
	b.passes(time.Minute)
	b.step(PanicCame())
	b.then() // longer, and no second entry
	b.passes(PanicFor - 100*time.Millisecond)
	b.then()
	b.passes(100 * time.Millisecond)
	b.then("alarm false")
	b.keys(Right)
	b.then("visit_started", "energise", "unlocked", "granted 1/3") // it bars nothing
}

// Whoever is inside may call for help as long as they may leave, also when the window is over.
func TestPanicFromInside(t *testing.T) {
	b := ready(t, func(p *Plan) { p.Until = p.From + 300_000 })
	b.keys(Right)
	b.bolt()
	b.opens()
	b.shuts()
	b.passes(5 * time.Minute) // the visit is over, and then the window
	b.log = nil
	b.step(PanicCame())
	b.then("panic", "alarm true")
	b.opens() // the way out is free
	b.then("door_opened")
	b.shuts()
	b.then("door_shut")
	b.passes(10 * time.Minute)
	b.then("alarm false")
	b.step(PanicCame())
	b.then()
}

func TestPanicGoesOnAfterARestart(t *testing.T) {
	for _, c := range []struct {
		away time.Duration
		loud bool
	}{{time.Second, true}, {PanicFor - time.Second, true}, {PanicFor, false}, {time.Hour, false}} {
		b := ready(t, func(p *Plan) { p.Until += 7_200_000 })
		b.step(PanicCame())
		b.alarm = false
		b.restart(c.away, plan(func(p *Plan) { p.Until += 7_200_000 }))
		if b.alarm != c.loud {
			t.Errorf("after %v: alarm %v, want %v", c.away, b.alarm, c.loud)
		}
		b.shuts()
		b.passes(PanicFor)
		if b.alarm {
			t.Errorf("after %v: the alarm does not end", c.away)
		}
	}
}

func TestExitButton(t *testing.T) {
	b := tellOf(t, Setup{Exit: true})
	b.step(ExitCame())
	b.then("exit_pressed")
	if b.coil == CoilOn {
		t.Error("the button energises")
	}
	b.step(ExitCame())
	b.then() // leaning on it
	b.passes(ExitFor - 100*time.Millisecond)
	b.opens()
	b.then("door_opened")
	b.shuts()
	b.then("door_shut")
	b.opens() // one press, one opening
	b.then("door_opened", "forced_open")
	b.shuts()
	b.then("door_shut", "relocked")
	b.step(ExitCame())
	b.passes(ExitFor)
	b.opens()
	b.then("exit_pressed", "door_opened", "forced_open")
	b = tell(t)
	b.step(ExitCame())
	b.opens()
	b.then("door_opened", "forced_open") // there is no button: a pin that floats is none either
}

// A door that is held open is an alarm whoever opened it.
func TestExitHeldOpen(t *testing.T) {
	b := readyOf(t, Setup{Exit: true})
	b.step(ExitCame())
	b.opens()
	b.passes(HeldAfter)
	b.then("exit_pressed", "door_opened", "held_open", "alarm true")
}

// Anybody may ask that the door is locked now. It takes the current; it burns nothing, bars
// nothing and fills no journal.
func TestLetGo(t *testing.T) {
	b := ready(t)
	for range 100 {
		b.step(LetGoCame())
	}
	b.then()
	b.keys(Right)
	b.bolt()
	b.log = nil
	b.step(LetGoCame())
	b.then("release")
	b.bolt()
	b.then("relocked")
	b.keys(Right)
	b.then("unlocked", "energise", "granted 2/3")
	b.slow = true
	b = ready(t)
	b.slow = true
	b.keys(Right)
	b.step(LetGoCame()) // there is nothing to let go of yet
	b.log = nil
	b.slow = false
	b.step(Written(b.held[0], true))
	b.then("energise", "unlocked", "granted 1/3")
}

// An alarm that the power cut off goes on.
func TestAlarmsAfterARestart(t *testing.T) {
	for name, c := range map[string]struct {
		happens func(b *story)
		quiet   func(b *story)
	}{
		"held open": {func(b *story) { b.keys(Right); b.bolt(); b.opens(); b.passes(31 * time.Second) }, func(b *story) { b.shuts() }},
		"forced":    {func(b *story) { b.opens() }, func(b *story) { b.shuts() }},
		"tampered":  {func(b *story) { b.step(TamperIs(true)) }, func(b *story) { b.step(TamperIs(false)) }},
	} {
		t.Run(name, func(t *testing.T) {
			b := ready(t)
			c.happens(b)
			b.alarm = false
			b.restart(time.Second, plan())
			if !b.alarm {
				t.Fatal("the alarm is silent after a restart")
			}
			if b.s.shown == Open {
				b.step(BoltIs(Open))
				b.step(DoorIs(Open))
			} else {
				b.shuts()
			}
			if !b.alarm {
				t.Fatal("the alarm ends as soon as the sensors speak")
			}
			c.quiet(b)
			if b.alarm {
				t.Error("the alarm does not end")
			}
		})
	}
}

// Whoever was inside when a visit ended may leave without an alarm, also after a restart.
func TestLeavingAfterARestart(t *testing.T) {
	b := ready(t)
	b.keys(Right)
	b.bolt()
	b.opens()
	b.shuts()
	b.passes(3*time.Minute + time.Second)
	b.restart(time.Second, plan())
	b.shuts()
	b.log = nil
	b.opens()
	b.then("door_opened")
	b.shuts()
	b.restart(3*time.Minute, plan())
	b.shuts()
	b.log = nil
	b.opens()
	b.then("door_opened", "forced_open", "alarm true")
}
