package sim_test

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"

	"vestibule/hardware/board"
	"vestibule/hardware/contact"
	"vestibule/hardware/level"
	"vestibule/hardware/lock"
	"vestibule/hardware/sim"
)

func dial(t *testing.T, s *sim.Server) *sim.Client {
	t.Helper()
	c, err := sim.Dial(s.Connect())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestVisitByPins opens a whole door on the simulated pins and goes through a visit in fake time.
func TestVisitByPins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sim.NewServer()
		client := dial(t, s)
		door, err := board.Open(client.Pins())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if got := [2]contact.State{door.Contact.State(), door.Bolt.State()}; got != [2]contact.State{contact.Closed, contact.Closed} {
			t.Fatalf("at rest: door %v, bolt %v", got[0], got[1])
		}
		if door.Tamper.Off() {
			t.Error("the cover is on, but the switch says off")
		}
		if err := door.Camera.Set(true); err != nil {
			t.Fatal(err)
		}
		if err := door.Lamp.Set(true); err != nil {
			t.Fatal(err)
		}
		if w := s.World(); !w.Power || !w.Lamp || w.Door != 0 {
			t.Errorf("world %+v", w)
		}
		if err := door.Lock.Pulse(5 * time.Second); err != nil {
			t.Fatal(err)
		}
		if !s.View().Coil {
			t.Error("Pulse returned before the coil had current")
		}
		time.Sleep(200 * time.Millisecond)
		if door.Lock.State() != lock.On || door.Relay.State() != contact.Closed || door.Bolt.State() != contact.Open {
			t.Errorf("with current: lock %v, relay %v, bolt %v", door.Lock.State(), door.Relay.State(), door.Bolt.State())
		}
		s.Do(func(h *sim.House, now time.Time) {
			if !h.Pull(false, now) {
				t.Error("the door did not open")
			}
		})
		time.Sleep(time.Second)
		if door.Contact.State() != contact.Open {
			t.Errorf("door %v, want open", door.Contact.State())
		}
		s.Do(func(h *sim.House, now time.Time) { h.Shut(now) })
		time.Sleep(time.Second)
		if err := door.Lock.Release(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if door.Contact.State() != contact.Closed || door.Bolt.State() != contact.Closed || door.Lock.State() != lock.Off {
			t.Errorf("afterwards: door %v, bolt %v, lock %v", door.Contact.State(), door.Bolt.State(), door.Lock.State())
		}
		if v := s.View(); v.Energised != 1 {
			t.Errorf("the coil had current %d times", v.Energised)
		}
		if err := errors.Join(door.Halt(), client.Close(), s.Close()); err != nil {
			t.Fatal(err)
		}
		if v := s.View(); v.Power || v.Lamp || v.Coil {
			t.Errorf("after Halt: %+v", v)
		}
	})
}

func TestDeadClientLetsGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sim.NewServer()
		conn := s.Connect()
		client, err := sim.Dial(conn)
		if err != nil {
			t.Fatal(err)
		}
		if err := client.Pins()[board.Coil].Out(gpio.High); err != nil {
			t.Fatal(err)
		}
		if err := conn.Close(); err != nil { // as a kill would
			t.Fatal(err)
		}
		synctest.Wait()
		if s.View().Coil {
			t.Error("the coil of a dead program has current")
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestNewestClientHasThePins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sim.NewServer()
		old := dial(t, s)
		if err := old.Pins()[board.Coil].Out(gpio.High); err != nil {
			t.Fatal(err)
		}
		fresh := dial(t, s)
		if s.View().Coil {
			t.Error("the old client's coil has current")
		}
		<-old.Done()
		if err := old.Pins()[board.Coil].Out(gpio.High); !errors.Is(err, sim.ErrGone) {
			t.Errorf("the old client still drives: %v", err)
		}
		if err := fresh.Pins()[board.Lamp].Out(gpio.High); err != nil {
			t.Error(err)
		}
		if !s.World().Lamp {
			t.Error("the new client does not drive")
		}
		if err := errors.Join(fresh.Close(), s.Close()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestDeadHouse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sim.NewServer()
		client := dial(t, s)
		door, err := board.Open(client.Pins())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		<-client.Done()
		time.Sleep(10 * time.Millisecond)
		if door.Contact.State() != contact.Unknown || !door.Tamper.Off() {
			t.Errorf("without a house: door %v, cover off %v", door.Contact.State(), door.Tamper.Off())
		}
		if _, err := level.Read(client.Pins()[board.Bolt]); !errors.Is(err, sim.ErrGone) {
			t.Errorf("reading without a house: %v", err)
		}
		if err := door.Lock.Pulse(time.Second); !errors.Is(err, sim.ErrGone) {
			t.Errorf("a pulse without a house: %v", err)
		}
		start := time.Now()
		if client.Pins()[board.Bolt].WaitForEdge(time.Second) || time.Since(start) != time.Second {
			t.Errorf("a wait without a house took %v, want all of its second", time.Since(start))
		}
		if err := door.Halt(); err == nil {
			t.Error("Halt says that it could switch things off")
		}
	})
}

func TestPins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sim.NewServer()
		client := dial(t, s)
		pin := client.Pins()[board.Tamper]
		tamper := func(off bool) {
			s.Do(func(h *sim.House, now time.Time) { h.SetTamper(off, now) })
			time.Sleep(10 * time.Millisecond) // its bouncing
		}
		if err := pin.In(gpio.PullUp, gpio.RisingEdge); err != nil {
			t.Fatal(err)
		}
		if pin.WaitForEdge(time.Second) {
			t.Error("an edge out of nothing")
		}
		tamper(true)
		if !pin.WaitForEdge(time.Second) || pin.Read() != gpio.High {
			t.Error("no edge, or not High after it")
		}
		if err := pin.In(gpio.PullUp, gpio.BothEdges); err != nil {
			t.Fatal(err)
		}
		if pin.WaitForEdge(time.Millisecond) {
			t.Error("In did not forget old edges")
		}
		woken := make(chan bool)
		go func() { woken <- pin.WaitForEdge(time.Hour) }()
		synctest.Wait()
		if err := pin.Halt(); err != nil {
			t.Fatal(err)
		}
		if <-woken {
			t.Error("Halt made an edge")
		}
		if err := pin.Out(gpio.High); err == nil {
			t.Error("an input was driven")
		}
		if err := client.Pins()[board.Coil].In(gpio.PullUp, gpio.BothEdges); err == nil {
			t.Error("the coil has edges")
		}
		for role, p := range client.Pins() {
			if !strings.Contains(p.String(), string(role)) || p.Name() != string(role) {
				t.Errorf("pin %s is called %s, %s", role, p, p.Name())
			}
			if err := p.PWM(gpio.DutyHalf, 0); err == nil {
				t.Errorf("%s took PWM", role)
			}
		}
		if err := errors.Join(client.Close(), s.Close()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sim.NewServer()
		w, err := sim.Watch(s.Connect())
		if err != nil {
			t.Fatal(err)
		}
		client := dial(t, s)
		if err := client.Pins()[board.Camera].Out(gpio.High); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := w.World(); !got.Power || got.Door != 0 || got.Light != 1 {
			t.Errorf("world %+v", got)
		}
		s.Do(func(h *sim.House, now time.Time) {
			h.SetCovered(true, now)
			h.SetLight(0.25, now)
			h.Bump(8, -300, now)
			h.SetInside(-0.5, now)
			h.SetShade(7, now)
			h.Force(now)
		})
		var last float64
		steps := 0
		for range 30 {
			time.Sleep(sim.Swing / 30)
			synctest.Wait()
			if d := w.World().Door; d > last {
				last = d
				steps++
			}
		}
		time.Sleep(sim.Swing)
		synctest.Wait()
		if got := w.World(); got.Door != 1 || !got.Covered || got.Light != 0.25 || got.Shift != [2]float64{8, -100} || got.Inside != -0.5 || got.Shade != 1 {
			t.Errorf("world %+v", got)
		}
		if steps < 15 {
			t.Errorf("the door was seen to move in %d steps", steps)
		}
		if err := errors.Join(client.Close(), w.Close(), s.Close()); err != nil {
			t.Fatal(err)
		}
		if w.World().Power {
			t.Error("without a house the camera has power")
		}
	})
}

func TestRubbish(t *testing.T) {
	for name, text := range map[string]string{
		"not JSON":   "hello\n",
		"no such":    `{"hello":"kettle"}` + "\n",
		"long":       strings.Repeat("x", 5000) + "\n",
		"bad order":  `{"hello":"pins"}` + "\n{]\n",
		"nothing":    "",
		"half":       `{"hello":`,
		"after that": `{"hello":"pins"}` + "\n" + `{"id":1,"pin":"lock.coil","drive":"high"}` + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			s := sim.NewServer()
			err := s.Serve(conn{strings.NewReader(text)})
			if bad := name != "nothing" && name != "after that" && name != "half"; bad && err == nil {
				t.Error("no error")
			}
			if s.View().Coil {
				t.Error("the coil has current after its client has gone")
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
	s := sim.NewServer()
	c := s.Connect()
	go func() {
		_, _ = io.WriteString(c, `{"hello":"pins"}`+"\n"+`{"id":9,"pin":"door","drive":"sideways"}`+"\n")
	}()
	d := json.NewDecoder(c)
	var a struct{ Error string }
	if err := errors.Join(d.Decode(&a), d.Decode(&a)); err != nil || a.Error == "" {
		t.Errorf("answer %+v, error %v", a, err)
	}
	if err := errors.Join(c.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
}

type conn struct{ io.Reader }

func (conn) Write(p []byte) (int, error) { return len(p), nil }
func (conn) Close() error                { return nil }
