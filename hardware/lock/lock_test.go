package lock_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"pgregory.net/rapid"

	"vestibule/hardware/contact"
	"vestibule/hardware/internal/pintest"
	"vestibule/hardware/lock"
)

func open(t *testing.T, pin gpio.PinOut, relay *contact.Contact) *lock.Lock {
	t.Helper()
	l, err := lock.New(pin, relay)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// driven fails unless the coil's pin is an output at this level.
func driven(t *testing.T, pin *pintest.Pin, want gpio.Level) {
	t.Helper()
	if l, out := pin.Driven(); l != want || !out {
		t.Errorf("coil %v (output: %v), want %v", l, out, want)
	}
}

func TestPulse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := pintest.New("GPIO17")
		l := open(t, pin, nil)
		driven(t, pin, gpio.Low)
		if err := l.Pulse(3 * time.Second); err != nil {
			t.Fatal(err)
		}
		driven(t, pin, gpio.High)
		if s := l.State(); s != lock.On {
			t.Errorf("state %v, want on", s)
		}
		time.Sleep(3*time.Second - time.Millisecond)
		driven(t, pin, gpio.High)
		time.Sleep(2 * time.Millisecond)
		driven(t, pin, gpio.Low)
		if s := l.State(); s != lock.Off {
			t.Errorf("state %v, want off", s)
		}
		for _, want := range []lock.State{lock.On, lock.Off} {
			if got := <-l.Changes(); got.State != want {
				t.Errorf("change %v, want %v", got.State, want)
			}
		}
		if err := l.Pulse(time.Second); err != nil {
			t.Errorf("a second pulse: %v", err)
		}
		if err := l.Halt(); err != nil {
			t.Fatal(err)
		}
		if err := l.Pulse(time.Second); !errors.Is(err, lock.ErrHalted) {
			t.Errorf("a pulse after Halt: %v", err)
		}
		if l, out := pin.Driven(); l != gpio.Low || out {
			t.Errorf("after Halt the pin is %v, output %v; want it let go", l, out)
		}
	})
}

func TestPulseLimits(t *testing.T) {
	pin := pintest.New("GPIO17")
	l := open(t, pin, nil)
	for _, d := range []time.Duration{-1, 0, lock.Limit + 1, time.Hour} {
		if err := l.Pulse(d); err == nil {
			t.Errorf("a pulse of %v was taken", d)
		}
	}
	for _, o := range pin.Orders() {
		if o.Level == gpio.High {
			t.Error("the coil had current")
		}
	}
}

func TestPulsesDoNotAddUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := pintest.New("GPIO17")
		l := open(t, pin, nil)
		if err := l.Pulse(lock.Limit); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for time.Since(start) < lock.Limit {
			if err := l.Pulse(lock.Limit); !errors.Is(err, lock.ErrEnergised) {
				t.Fatalf("a pulse during a pulse: %v", err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(time.Millisecond)
		driven(t, pin, gpio.Low)
	})
}

func TestReleaseEndsAPulseAndItsTimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := pintest.New("GPIO17")
		l := open(t, pin, nil)
		for range 2 { // the first pulse's timers must not end the second
			if err := l.Pulse(3 * time.Second); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Second)
			driven(t, pin, gpio.High)
			if err := l.Release(); err != nil {
				t.Fatal(err)
			}
			driven(t, pin, gpio.Low)
		}
		if err := l.Release(); err != nil {
			t.Errorf("releasing a coil without current: %v", err)
		}
	})
}

func TestCoilThatWillNotSwitchOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := pintest.New("GPIO17")
		l := open(t, pin, nil)
		if err := l.Pulse(time.Second); err != nil {
			t.Fatal(err)
		}
		pin.Fail(errors.New("input/output error"))
		time.Sleep(1500 * time.Millisecond)
		if s := l.State(); s != lock.Unknown {
			t.Errorf("state %v, want unknown", s)
		}
		if err := l.Pulse(time.Second); !errors.Is(err, lock.ErrEnergised) {
			t.Errorf("a pulse on a coil that may have current: %v", err)
		}
		if err := l.Release(); err == nil {
			t.Error("Release says that it worked")
		}
		pin.Fail(nil)
		time.Sleep(50 * time.Millisecond)
		driven(t, pin, gpio.Low)
		if s := l.State(); s != lock.Off {
			t.Errorf("state %v, want off", s)
		}
		for _, want := range []lock.State{lock.On, lock.Unknown, lock.Off} {
			if got := <-l.Changes(); got.State != want {
				t.Errorf("change %v, want %v", got.State, want)
			}
		}
	})
}

func TestCoilThatWillNotSwitchOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := pintest.New("GPIO17")
		l := open(t, pin, nil)
		cause := errors.New("input/output error")
		pin.Fail(cause)
		if err := l.Pulse(time.Second); !errors.Is(err, cause) {
			t.Fatalf("%v, want the cause", err)
		}
		if s := l.State(); s != lock.Unknown {
			t.Errorf("state %v, want unknown", s)
		}
		pin.Fail(nil)
		time.Sleep(time.Second)
		driven(t, pin, gpio.Low)
	})
}

func TestRelayContradicts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin, feedback := pintest.New("GPIO17"), pintest.New("GPIO27")
		relay, err := contact.New("relay", feedback, contact.Options{Closed: gpio.High})
		if err != nil {
			t.Fatal(err)
		}
		l := open(t, pin, relay)
		time.Sleep(time.Second)
		if s := l.State(); s != lock.Off {
			t.Errorf("at rest: %v, want off", s)
		}
		if err := l.Pulse(2 * time.Second); err != nil {
			t.Fatal(err)
		}
		feedback.Set(gpio.High)
		time.Sleep(time.Second)
		if s := l.State(); s != lock.On {
			t.Errorf("with current: %v, want on", s)
		}
		time.Sleep(1050 * time.Millisecond)
		if s := l.State(); s != lock.Off {
			t.Errorf("while the relay travels: %v, want off", s)
		}
		time.Sleep(time.Second) // welded
		if s := l.State(); s != lock.Unknown {
			t.Errorf("with a welded relay: %v, want unknown", s)
		}
		if err := errors.Join(l.Halt(), relay.Halt()); err != nil {
			t.Fatal(err)
		}
	})
}

// Whatever is called, and however often the pin fails for a while: no current for longer than the
// limit (and the time that the pin was dead).
func TestNeverLongerThanTheLimit(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		synctest.Test(t, func(*testing.T) {
			pin := pintest.New("GPIO17")
			l, err := lock.New(pin, nil)
			if err != nil {
				rt.Fatal(err)
			}
			for range rapid.IntRange(1, 30).Draw(rt, "steps") {
				switch rapid.IntRange(0, 4).Draw(rt, "step") {
				case 0, 1:
					_ = l.Pulse(time.Duration(rapid.IntRange(-1, 6000).Draw(rt, "pulse")) * time.Millisecond)
				case 2:
					_ = l.Release()
				case 3:
					pin.Fail(errors.New("dead"))
					time.Sleep(time.Duration(rapid.IntRange(0, 500).Draw(rt, "dead")) * time.Millisecond)
					pin.Fail(nil)
				case 4:
					time.Sleep(time.Duration(rapid.IntRange(0, 6000).Draw(rt, "pause")) * time.Millisecond)
				}
			}
			time.Sleep(lock.Limit + time.Second)
			if level, _ := pin.Driven(); level == gpio.High {
				rt.Fatal("the coil still has current")
			}
			var since time.Time
			for _, o := range pin.Orders() {
				if o.Level == gpio.High && since.IsZero() {
					since = o.At
				}
				if o.Level == gpio.Low && !since.IsZero() {
					if on := o.At.Sub(since); on > lock.Limit+600*time.Millisecond {
						rt.Fatalf("current for %v", on)
					}
					since = time.Time{}
				}
			}
		})
	})
}
