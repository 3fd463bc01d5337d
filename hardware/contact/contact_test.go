package contact_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"

	"vestibule/hardware/contact"
	"vestibule/hardware/internal/pintest"
)

func open(t *testing.T, pin gpio.PinIn, o contact.Options) *contact.Contact {
	t.Helper()
	c, err := contact.New("door", pin, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestContactFollowsTheDoor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := pintest.New("GPIO23")
		c := open(t, pin, contact.Options{})
		if s := c.State(); s != contact.Unknown {
			t.Errorf("before it has held still: %v", s)
		}
		if pin.Resistor() != gpio.PullUp {
			t.Errorf("resistor %v: a cut wire would read as closed", pin.Resistor())
		}
		for i, step := range []struct {
			level gpio.Level
			want  contact.State
		}{{gpio.Low, contact.Closed}, {gpio.High, contact.Open}, {gpio.Low, contact.Closed}} {
			start := time.Now()
			for range 3 { // it bounces first
				pin.Set(step.level)
				time.Sleep(time.Millisecond)
				pin.Set(!step.level)
				time.Sleep(time.Millisecond)
			}
			pin.Set(step.level)
			change := <-c.Changes()
			if change.State != step.want || c.State() != step.want {
				t.Fatalf("step %d: %v, State %v, want %v", i, change.State, c.State(), step.want)
			}
			if took := change.At.Sub(start); i > 0 && (took < 20*time.Millisecond || took > 60*time.Millisecond) {
				t.Errorf("step %d: known after %v, want 20 to 60 ms", i, took)
			}
		}
		if err := c.Halt(); err != nil {
			t.Fatal(err)
		}
		if _, more := <-c.Changes(); more || c.State() != contact.Unknown {
			t.Errorf("after Halt: more changes %v, state %v", more, c.State())
		}
		if err := c.Halt(); err != nil {
			t.Errorf("second Halt: %v", err)
		}
	})
}

func TestContactThatCannotBeReadIsUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := pintest.New("GPIO23")
		c := open(t, pin, contact.Options{})
		<-c.Changes()
		pin.Fail(errors.New("the chip has gone"))
		time.Sleep(11 * time.Second) // no edge tells it: the refresh finds out
		synctest.Wait()
		if s := c.State(); s != contact.Unknown {
			t.Errorf("with a dead pin: %v, want unknown", s)
		}
		if got := <-c.Changes(); got.State != contact.Unknown {
			t.Errorf("change %v, want unknown", got.State)
		}
		pin.Fail(nil)
		if got := <-c.Changes(); got.State != contact.Closed {
			t.Errorf("mended: %v, want closed", got.State)
		}
		if err := c.Halt(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestContactIsIdleWhileNothingMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := pintest.New("GPIO23")
		c := open(t, pin, contact.Options{})
		<-c.Changes()
		before, _ := pin.Waits()
		time.Sleep(time.Hour)
		after, endless := pin.Waits()
		if n := after - before; n > 361 {
			t.Errorf("woke %d times in an hour, want one in 10 s", n)
		}
		if endless > 0 {
			t.Errorf("%d waits without a positive time-out", endless)
		}
		if err := c.Halt(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestContactWithoutAReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := pintest.New("GPIO23")
		c := open(t, pin, contact.Options{})
		for i := range 50 {
			pin.Set(gpio.Level(i%2 == 0))
			time.Sleep(50 * time.Millisecond)
		}
		if s := c.State(); s != contact.Closed {
			t.Errorf("the state stays %v while nobody reads the changes, want closed", s)
		}
		if err := c.Halt(); err != nil { // must not hang
			t.Fatal(err)
		}
	})
}

func TestContactNeedsItsPin(t *testing.T) {
	pin := pintest.New("GPIO23")
	cause := errors.New("held by another program")
	pin.Fail(cause)
	if _, err := contact.New("door", pin, contact.Options{}); !errors.Is(err, cause) {
		t.Errorf("%v, want the cause", err)
	}
}

func TestContactThatIsNotWired(t *testing.T) {
	var c *contact.Contact
	if c.State() != contact.Unknown || c.Changes() != nil {
		t.Error("a contact that is not wired knows something")
	}
}
