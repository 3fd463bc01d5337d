package keypad_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"

	"vestibule/hardware/board"
	"vestibule/hardware/internal/pintest"
	"vestibule/hardware/keypad"
	"vestibule/hardware/sim"
)

// onHouse opens a keypad on a simulated house.
func onHouse(t *testing.T) (*sim.Server, *keypad.Keypad) {
	t.Helper()
	s := sim.NewServer()
	c, err := sim.Dial(s.Connect())
	if err != nil {
		t.Fatal(err)
	}
	p := c.Pins()
	k, err := keypad.New(
		[keypad.Rows]gpio.PinIO{p[board.Row1], p[board.Row2], p[board.Row3], p[board.Row4]},
		[keypad.Columns]gpio.PinIn{p[board.Column1], p[board.Column2], p[board.Column3]})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(k.Halt(), c.Close(), s.Close()); err != nil {
			t.Error(err)
		}
	})
	return s, k
}

func press(t *testing.T, s *sim.Server, key byte, hold time.Duration) {
	t.Helper()
	var err error
	s.Do(func(h *sim.House, now time.Time) { err = h.Press(key, hold, now) })
	if err != nil {
		t.Fatal(err)
	}
}

// typed collects the keys that went down until nothing comes any more.
func typed(k *keypad.Keypad) string {
	var b strings.Builder
	for {
		select {
		case e := <-k.Events():
			if e.Down {
				b.WriteByte(e.Key)
			}
		case <-time.After(time.Second):
			return b.String()
		}
	}
}

func TestTyping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, k := onHouse(t)
		const text = "0123456789*#5500"
		go func() {
			for i := range len(text) {
				press(t, s, text[i], 80*time.Millisecond)
				time.Sleep(140 * time.Millisecond)
			}
		}()
		if got := typed(k); got != text {
			t.Errorf("typed %q, read %q", text, got)
		}
		s.Do(func(h *sim.House, _ time.Time) {
			if n := h.Fights(); n > 0 {
				t.Errorf("two outputs were connected with each other %d times", n)
			}
		})
	})
}

func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, k := onHouse(t)
		time.Sleep(time.Hour)
		start := time.Now()
		press(t, s, '5', 80*time.Millisecond)
		e := <-k.Events()
		if took := e.At.Sub(start); took > 20*time.Millisecond {
			t.Errorf("a key is known after %v, want 20 ms at most, its bouncing included", took)
		}
		up := <-k.Events()
		if up.Key != '5' || up.Down {
			t.Errorf("then %+v, want the release", up)
		}
	})
}

func TestOverlapAndGhosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, k := onHouse(t)
		press(t, s, '1', 200*time.Millisecond)
		time.Sleep(100 * time.Millisecond)
		press(t, s, '4', 200*time.Millisecond) // same column
		if got := typed(k); got != "14" {
			t.Errorf("overlapping: %q, want 14", got)
		}
		// 1, 2 and 4 down: the matrix shows 5, too.
		for _, key := range []byte("124") {
			press(t, s, key, 300*time.Millisecond)
		}
		if got := typed(k); got != "" {
			t.Errorf("ghosts: %q, want nothing", got)
		}
		press(t, s, '5', 80*time.Millisecond)
		if got := typed(k); got != "5" {
			t.Errorf("afterwards: %q, want 5", got)
		}
		s.Do(func(h *sim.House, _ time.Time) {
			if n := h.Fights(); n > 0 {
				t.Errorf("two outputs were connected with each other %d times", n)
			}
		})
	})
}

// pins returns a keypad on pins that a test can break.
func onPins(t *testing.T) (rows [keypad.Rows]*pintest.Pin, columns [keypad.Columns]*pintest.Pin, k *keypad.Keypad) {
	t.Helper()
	var r [keypad.Rows]gpio.PinIO
	var c [keypad.Columns]gpio.PinIn
	for i := range r {
		rows[i] = pintest.New("row")
		r[i] = rows[i]
	}
	for i := range c {
		columns[i] = pintest.New("column")
		c[i] = columns[i]
	}
	k, err := keypad.New(r, c)
	if err != nil {
		t.Fatal(err)
	}
	return rows, columns, k
}

func TestIdleCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows, columns, k := onPins(t)
		time.Sleep(time.Second) // the first look
		scans := len(rows[0].Orders())
		var before, endless int
		for _, c := range columns {
			n, _ := c.Waits()
			before += n
		}
		time.Sleep(time.Hour)
		var after int
		for _, c := range columns {
			n, e := c.Waits()
			after, endless = after+n, endless+e
		}
		if n := after - before; n > 3*61 {
			t.Errorf("%d wakings in an hour, want one a minute and column", n)
		}
		if endless > 0 {
			t.Errorf("%d waits without a positive time-out", endless)
		}
		// One look a minute and column, each a few scans long.
		if n := len(rows[0].Orders()) - scans; n > 3*61*10 {
			t.Errorf("%d scans in an idle hour", n)
		}
		for i, r := range rows {
			if l, out := r.Driven(); l != gpio.High || !out {
				t.Errorf("row %d is not driven while idle", i)
			}
		}
		if err := k.Halt(); err != nil {
			t.Fatal(err)
		}
		for i, r := range rows {
			if _, out := r.Driven(); out {
				t.Errorf("row %d is driven after Halt", i)
			}
		}
		if _, more := <-k.Events(); more {
			t.Error("events after Halt")
		}
	})
}

func TestColumnStuckHigh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows, columns, k := onPins(t)
		columns[1].Set(gpio.High)
		time.Sleep(time.Minute)
		select {
		case e := <-k.Events():
			t.Errorf("key %c from a shorted column", e.Key)
		default:
		}
		before := len(rows[0].Orders())
		time.Sleep(time.Minute)
		if n := len(rows[0].Orders()) - before; n > 600 {
			t.Errorf("%d scans a minute for a stuck column, want 600 at most", n)
		}
		if err := k.Halt(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestDeadColumn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, columns, k := onPins(t)
		time.Sleep(time.Second)
		columns[0].Fail(errors.New("the chip has gone"))
		columns[1].Set(gpio.High)
		time.Sleep(time.Second)
		if k.Err() == nil {
			t.Error("a keypad that cannot be read says that it can")
		}
		columns[0].Fail(nil)
		columns[1].Set(gpio.Low)
		time.Sleep(2 * time.Minute)
		if err := k.Err(); err != nil {
			t.Errorf("mended: %v", err)
		}
		if err := k.Halt(); err != nil {
			t.Fatal(err)
		}
	})
}
