package lock_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"

	"vestibule/hardware/contact"
	"vestibule/hardware/internal/pintest"
	"vestibule/hardware/lock"
)

// bolt is a motor lock's mechanics: a bolt that needs a second from end to end.
type bolt struct {
	draw, throw, drawn, thrown, door *pintest.Pin
	contacts                         [3]*contact.Contact
	jam                              atomic.Bool
	both                             bool // both pins were High at once
	stop, done                       chan struct{}
}

func newBolt(t *testing.T) (*bolt, *lock.Lock) {
	t.Helper()
	b := &bolt{
		draw: pintest.New("draw"), throw: pintest.New("throw"), drawn: pintest.New("drawn"), thrown: pintest.New("thrown"),
		door: pintest.New("door"), stop: make(chan struct{}), done: make(chan struct{}),
	}
	b.drawn.Set(gpio.High)
	for i, p := range []*pintest.Pin{b.drawn, b.thrown, b.door} {
		c, err := contact.New(p.Name(), p, contact.Options{})
		if err != nil {
			t.Fatal(err)
		}
		b.contacts[i] = c
	}
	l, err := lock.NewMotor(lock.Motor{
		Draw: b.draw, Throw: b.throw, Drawn: b.contacts[0], Thrown: b.contacts[1], Door: b.contacts[2],
	})
	if err != nil {
		t.Fatal(err)
	}
	go b.move()
	return b, l
}

func (b *bolt) move() {
	defer close(b.done)
	at := 100 // of 100, thrown
	for {
		select {
		case <-b.stop:
			return
		case <-time.After(10 * time.Millisecond):
		}
		draw, _ := b.draw.Driven()
		throw, _ := b.throw.Driven()
		b.both = b.both || draw == gpio.High && throw == gpio.High
		switch {
		case b.jam.Load():
		case draw == gpio.High:
			at = max(at-1, 0)
		case throw == gpio.High:
			at = min(at+1, 100)
		}
		b.thrown.Set(gpio.Level(at < 100))
		b.drawn.Set(gpio.Level(at > 0))
	}
}

func (b *bolt) halt(t *testing.T, l *lock.Lock) {
	t.Helper()
	err := l.Halt()
	close(b.stop)
	<-b.done
	for _, c := range b.contacts {
		err = errors.Join(err, c.Halt())
	}
	if err != nil {
		t.Error(err)
	}
	for _, p := range []*pintest.Pin{b.draw, b.throw} {
		if _, out := p.Driven(); out {
			t.Errorf("%s was not let go", p)
		}
	}
	if b.both {
		t.Error("both pins of the motor were high at once")
	}
}

func TestMotor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, l := newBolt(t)
		is := func(when string, want lock.State) {
			t.Helper()
			if s := l.State(); s != want {
				t.Errorf("%s: %v, want %v", when, s, want)
			}
		}
		time.Sleep(time.Second)
		is("at rest", lock.Off)
		if err := l.Pulse(3 * time.Second); err != nil {
			t.Fatal(err)
		}
		time.Sleep(500 * time.Millisecond)
		is("on its way back", lock.On)
		time.Sleep(time.Second)
		is("drawn", lock.On)
		if d, _ := b.draw.Driven(); d == gpio.High {
			t.Error("the motor runs on at the end")
		}
		b.door.Set(gpio.High) // the door is open when the pulse ends
		time.Sleep(5 * time.Second)
		is("the door is open", lock.Unknown)
		if th, _ := b.throw.Driven(); th == gpio.High {
			t.Error("the bolt is thrown into the air")
		}
		b.door.Set(gpio.Low)
		time.Sleep(500 * time.Millisecond)
		is("on its way out", lock.Unknown)
		time.Sleep(time.Second)
		is("thrown", lock.Off)
		b.halt(t, l)
	})
}

func TestMotorJams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, l := newBolt(t)
		time.Sleep(time.Second)
		if err := l.Pulse(4 * time.Second); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		b.jam.Store(true)
		time.Sleep(20 * time.Second)
		if s := l.State(); s != lock.Unknown {
			t.Errorf("jammed: %v, want unknown", s)
		}
		var run time.Duration
		var since time.Time
		for _, o := range b.throw.Orders() {
			switch {
			case o.Level == gpio.High && since.IsZero():
				since = o.At
			case o.Level == gpio.Low && !since.IsZero():
				if d := o.At.Sub(since); d > lock.Travel+100*time.Millisecond {
					t.Errorf("the motor ran %v", d)
				}
				run += o.At.Sub(since)
				since = time.Time{}
			}
		}
		if run < 2*lock.Travel || run > lock.Tries*lock.Travel+time.Second {
			t.Errorf("a jammed bolt was pushed for %v", run)
		}
		b.jam.Store(false)
		if err := l.Pulse(2 * time.Second); err != nil { // the next order tries again
			t.Fatal(err)
		}
		time.Sleep(4 * time.Second)
		if s := l.State(); s != lock.Off {
			t.Errorf("after the jam: %v, want off", s)
		}
		b.halt(t, l)
	})
}

// A bolt that jammed, as against a door that was not quite shut, is thrown when that door is shut well, or
// when somebody says lock: else the home stays open until the next visit.
func TestAJammedBoltIsThrownAfterAll(t *testing.T) {
	slam := func(b *bolt, _ *lock.Lock) error {
		b.door.Set(gpio.High)
		time.Sleep(2 * time.Second)
		b.door.Set(gpio.Low)
		return nil
	}
	again := func(_ *bolt, l *lock.Lock) error { return l.Release() }
	for name, c := range map[string]struct {
		act   func(*bolt, *lock.Lock) error
		still bool // it jams again
	}{
		"the door is opened and shut": {slam, false},
		"lock now":                    {again, false},
		"the door is opened and shut, and the bolt is stuck": {slam, true},
		"lock now, and the bolt is stuck":                    {again, true},
		"lock now, over and over, and the bolt is stuck": {func(b *bolt, l *lock.Lock) error {
			for range 50 {
				if err := l.Release(); err != nil {
					return err
				}
				time.Sleep(100 * time.Millisecond)
			}
			return nil
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, l := newBolt(t)
				time.Sleep(time.Second)
				if err := l.Pulse(4 * time.Second); err != nil {
					t.Fatal(err)
				}
				time.Sleep(3 * time.Second)
				b.jam.Store(true)
				time.Sleep(20 * time.Second) // the pulse is over, and so are three tries
				before := len(b.throw.Orders())
				b.jam.Store(c.still)
				if err := c.act(b, l); err != nil {
					t.Fatal(err)
				}
				time.Sleep(20 * time.Second)
				want := lock.Off
				if c.still {
					want = lock.Unknown
				}
				if s := l.State(); s != want {
					t.Errorf("the lock is %v, want %v", s, want)
				}
				runs := 0
				for _, o := range b.throw.Orders()[before:] {
					if o.Level == gpio.High {
						runs++
					}
				}
				if want := map[bool]int{false: 1, true: lock.Tries}[c.still]; runs != want {
					t.Errorf("the motor ran %d times, want %d", runs, want)
				}
				b.halt(t, l)
			})
		})
	}
}

func TestHaltThrowsTheBolt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, l := newBolt(t)
		time.Sleep(time.Second)
		if err := l.Pulse(5 * time.Second); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		b.halt(t, l)
		if thrown, _ := b.thrown.Level(); thrown != gpio.Low {
			t.Error("halted with the bolt drawn")
		}
	})
}

func TestMotorNeedsItsEnds(t *testing.T) {
	if _, err := lock.NewMotor(lock.Motor{Draw: pintest.New("draw"), Throw: pintest.New("throw")}); err == nil {
		t.Error("a motor without end switches was taken")
	}
}

func TestPumped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := pintest.New("GPIO17")
		l, err := lock.NewPumped(pin, nil)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if n := len(pin.Orders()); n != 1 {
			t.Errorf("%d orders at rest", n)
		}
		if err := l.Pulse(3 * time.Second); err != nil {
			t.Fatal(err)
		}
		time.Sleep(4 * time.Second)
		o := pin.Orders()[1:]
		if got, want := o[len(o)-1].At.Sub(o[0].At), 3*time.Second; got != want {
			t.Errorf("toggled for %v, want %v", got, want)
		}
		for i, order := range o[:len(o)-1] {
			if order.Level != (i%2 == 0) || i > 0 && order.At.Sub(o[i-1].At) != lock.Beat {
				t.Fatalf("order %d is %v after %v", i, order.Level, order.At.Sub(o[max(i-1, 0)].At))
			}
		}
		driven(t, pin, gpio.Low)
		if err := l.Pulse(3 * time.Second); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		pin.Fail(errors.New("input/output error"))
		time.Sleep(time.Second)
		if s := l.State(); s != lock.Unknown {
			t.Errorf("with a dead pin: %v, want unknown", s)
		}
		pin.Fail(nil)
		time.Sleep(2 * time.Second)
		if s := l.State(); s != lock.Off {
			t.Errorf("after it: %v, want off", s)
		}
		if err := l.Pulse(5 * time.Second); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if err := l.Halt(); err != nil {
			t.Fatal(err)
		}
		if _, out := pin.Driven(); out {
			t.Error("was not let go")
		}
	})
}
