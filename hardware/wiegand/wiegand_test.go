package wiegand_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"

	"vestibule/hardware/internal/pintest"
	"vestibule/hardware/keypad"
	"vestibule/hardware/level"
	"vestibule/hardware/wiegand"
)

// stamped is a pin whose edges carry their time but come late, as those of a busy machine do.
type stamped struct {
	*pintest.Pin
	start time.Time
	edges chan level.Edge
	late  time.Duration
}

func newStamped(name string, late time.Duration) *stamped {
	p := &stamped{Pin: pintest.New(name), start: time.Now(), edges: make(chan level.Edge, 64), late: late}
	p.Set(gpio.High)
	return p
}

func (p *stamped) pulse() { p.edges <- level.Edge{Level: gpio.Low, At: time.Since(p.start)} }

func (p *stamped) Next(timeout time.Duration) (level.Edge, bool) {
	select {
	case e := <-p.edges:
		time.Sleep(p.late)
		return e, true
	case <-time.After(min(timeout, 50*time.Millisecond)): // so that Halt does not wait for long
		return level.Edge{}, false
	}
}

func transmit(d0, d1 func(), bits string) {
	for _, c := range strings.ReplaceAll(bits, " ", "") {
		if c == '1' {
			d1()
		} else {
			d0()
		}
		time.Sleep(2 * time.Millisecond)
	}
	time.Sleep(100 * time.Millisecond)
}

func TestReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d0, d1 := pintest.New("GPIO16"), pintest.New("GPIO19")
		pulse := func(p *pintest.Pin) func() {
			p.Set(gpio.High)
			return func() { p.Set(gpio.Low); p.Set(gpio.High) }
		}
		zero, one := pulse(d0), pulse(d1)
		r, err := wiegand.New(d0, d1)
		if err != nil {
			t.Fatal(err)
		}
		if d0.Resistor() != gpio.PullUp || d1.Resistor() != gpio.PullUp {
			t.Error("the lines have no pull-up")
		}
		transmit(zero, one, "0101")
		down, up := <-r.Events(), <-r.Events()
		if down.Key != '5' || !down.Down || up.Key != '5' || up.Down {
			t.Errorf("key 5 came as %+v, %+v", down, up)
		}
		transmit(zero, one, card(123<<16|45678, 26))
		if c := <-r.Cards(); c.Bits != 26 || c.Number != 123<<16|45678 {
			t.Errorf("card %+v", c)
		}
		transmit(zero, one, "010")
		if err := r.Err(); !errors.Is(err, wiegand.ErrLength) {
			t.Errorf("three bits: %v", err)
		}
		for range 100 { // more than anybody reads
			transmit(zero, one, "1011")
			transmit(zero, one, card(1, 37))
		}
		for range 1000 { // chatter without an end
			zero()
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Second)
		if err := r.Err(); !errors.Is(err, wiegand.ErrLength) {
			t.Errorf("chatter: %v", err)
		}
		if err := r.Halt(); err != nil {
			t.Fatal(err)
		}
		keys := 0
		for e := range r.Events() {
			if e.Down != (keys%2 == 0) {
				t.Fatal("a key without its release")
			}
			keys++
		}
		if keys != 32 {
			t.Errorf("%d events were kept", keys)
		}
		if d0.Halted() == 0 || d1.Halted() == 0 {
			t.Error("the lines were not let go")
		}
		if _, endless := d0.Waits(); endless > 0 {
			t.Error("waited without a time-out")
		}
	})
}

// One line's edges come 5 ms later than the other's; the kernel's stamps put them in order.
func TestStampsKeepTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d0, d1 := newStamped("GPIO16", 5*time.Millisecond), newStamped("GPIO19", 0)
		r, err := wiegand.New(d0, d1)
		if err != nil {
			t.Fatal(err)
		}
		var got []keypad.Event
		for _, key := range []string{"0011", "1100 0011"} {
			transmit(d0.pulse, d1.pulse, key)
			got = append(got, <-r.Events(), <-r.Events())
		}
		if got[0].Key != '3' || got[2].Key != '3' {
			t.Errorf("keys %q %q", got[0].Key, got[2].Key)
		}
		if err := r.Halt(); err != nil {
			t.Fatal(err)
		}
	})
}

// A machine that is late by more than the silence gets the rest of a card afterwards, and its stamps
// say so; what comes later by its stamps, too, is another transmission.
func TestLateEdgesAreJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d0, d1 := newStamped("GPIO16", 0), newStamped("GPIO19", 0)
		r, err := wiegand.New(d0, d1)
		if err != nil {
			t.Fatal(err)
		}
		send := func(bits string, from time.Duration) {
			for i, c := range bits {
				e := level.Edge{Level: gpio.Low, At: from + time.Duration(i)*2*time.Millisecond}
				if c == '1' {
					d1.edges <- e
				} else {
					d0.edges <- e
				}
			}
			time.Sleep(200 * time.Millisecond)
		}
		bits := card(123<<16|45678, 26)
		send(bits[:11], 0)
		if err := r.Err(); !errors.Is(err, wiegand.ErrLength) {
			t.Errorf("half a card: %v", err)
		}
		send(bits[11:], 22*time.Millisecond)
		if c := <-r.Cards(); c.Number != 123<<16|45678 {
			t.Errorf("card %+v", c)
		}
		send("011", time.Second) // the rest of this one is lost
		send("0111", 2*time.Second)
		if e := <-r.Events(); e.Key != '7' {
			t.Errorf("key %q", e.Key)
		}
		if err := r.Halt(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestReaderNeedsItsPins(t *testing.T) {
	for i := range 2 {
		pins := [2]*pintest.Pin{pintest.New("GPIO16"), pintest.New("GPIO19")}
		cause := errors.New("held by another program")
		pins[i].Fail(cause)
		if _, err := wiegand.New(pins[0], pins[1]); !errors.Is(err, cause) {
			t.Errorf("%v", err)
		}
	}
}
