package e2e

import (
	"syscall"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// awake waits until the window is open, presses a key, as nobody watches, and waits until the camera sees.
func (p *phone) awake(since int) {
	p.t.Helper()
	p.d.event(since, wire.WindowOpened)
	p.d.wake(since)
}

// wake presses a key at the keypad until the camera has proved itself.
func (d *desk) wake(since int) {
	d.t.Helper()
	for range 4 {
		d.keys("*")
		if _, ok := d.within(since, wire.CameraOn, patience/4); ok {
			return
		}
		d.t.Log("the keypad did not hear the key, or the camera is late; once more")
	}
	d.t.Fatalf("the camera does not wake; in all: %v", d.kinds(0))
}

// enter opens and shuts the unlocked door, as a courier who comes in and leaves does.
func (d *desk) enter(since int) {
	d.t.Helper()
	d.event(since, wire.Unlocked)
	d.door(true)
	d.event(since, wire.DoorOpened)
	d.door(false)
	d.event(since, wire.DoorShut)
	d.event(since, wire.Relocked)
}

// wrong is a code with a right check digit that is not this one.
func wrong(t *testing.T, c pass.Code) string {
	t.Helper()
	for {
		s, err := pass.NewSecret()
		if err != nil {
			t.Fatal(err)
		}
		if !s.Code.Equal(c) {
			return s.Code.Digits()
		}
	}
}

func wants(t *testing.T, what string, got wire.No, want wire.Reason) {
	t.Helper()
	if got.Reason != want {
		t.Errorf("%s: refused with %q, want %q", what, got.Reason, want)
	}
}

// Early, wrong, mistyped, right, once more, and after the end.
func TestCodes(t *testing.T) {
	t.Parallel()
	d := startDesk(t, "-size", "640x480", "-fps", "15")
	p := pairedPhone(t, d)
	start := d.mark()
	later := p.plan(4*time.Hour, time.Hour, nil)
	d.event(start, wire.PassAccepted)
	no := p.try(later, later.secret.Code.Digits())
	wants(t, "a code before its window", no, wire.TooEarly)
	if !no.From.Equal(later.terms.From) {
		t.Errorf("too early, but come at %v; want %v", no.From, later.terms.From)
	}

	now := p.plan(0, time.Hour, nil)
	p.awake(start)
	wants(t, "a wrong code", p.try(now, wrong(t, now.secret.Code)), wire.CodeWrong)
	typo := []byte(now.secret.Code.Digits())
	typo[8] = '0' + (typo[8]-'0'+2)%10 // one higher would be the code under duress
	wants(t, "a mistyped code", p.try(now, string(typo)), wire.CodeTypo)
	wants(t, "another delivery's code", p.try(now, later.secret.Code.Digits()), wire.CodeWrong)
	if d.count(start, wire.Unlocked) != 0 {
		t.Fatal("the door opened to a wrong code")
	}

	m := d.mark()
	d.unlock(m, now.secret.Code.Digits())
	d.event(m, wire.VisitStarted)
	d.enter(m)
	d.event(m, wire.VisitEnded) // the grace is 2 s
	wants(t, "a code whose visit is over", p.try(now, now.secret.Code.Digits()), wire.CodeUsed)
	if n := d.count(m, wire.Unlocked); n != 1 {
		t.Errorf("%d unlockings, want 1", n)
	}

	p.order(pass.Cancel, now.terms.Delivery)
	d.event(m, wire.WindowClosed)
	d.event(m, wire.CameraOff)
	no = p.try(now, now.secret.Code.Digits())
	if no.Reason == "" {
		t.Error("the door opened after the delivery was cancelled")
	}
}

// Eye dies while the courier is inside: the owner is told, no code opens, and the door
// can still be shut and locks.
func TestEyeKilledInMidVisit(t *testing.T) {
	t.Parallel()
	d := startDesk(t, "-size", "640x480", "-fps", "15")
	p := pairedPhone(t, d)
	start := d.mark()
	now := p.plan(0, time.Hour, func(t *pass.Terms) { t.Grace = time.Minute })
	p.awake(start)
	d.unlock(start, now.secret.Code.Digits())
	d.door(true)
	d.event(start, wire.DoorOpened)

	m := d.mark()
	if err := syscall.Kill(d.programs()["eye"].PID, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	d.event(m, wire.CameraFault)
	d.door(false)
	d.event(m, wire.Relocked)
	kept := p.sealTry(now, now.secret.Code.Digits())
	wants(t, "a code while nobody sees", p.refusal(p.carried(kept)), wire.CameraNotSeen)

	d.kill("eye")
	d.event(m, wire.CameraBack)
	// Whoever carried the refused try cannot open with it now that the camera sees again.
	wants(t, "a kept try", p.refusal(p.carried(kept)), wire.TryStale)
	again := d.mark()
	if no := p.try(now, now.secret.Code.Digits()); no.Reason != "" {
		t.Fatalf("re-entry refused with %q", no.Reason)
	}
	d.enter(again)
}

// Link dies, and the network goes, during a visit: the visit goes on at the keypad, and
// every event arrives afterwards, once by its id.
func TestLinkKilledAndNetworkPulled(t *testing.T) {
	t.Parallel()
	d := startDesk(t, "-size", "640x480", "-fps", "15")
	p := pairedPhone(t, d)
	start := d.mark()
	now := p.plan(0, time.Hour, nil)
	p.awake(start)

	m := d.mark()
	d.post("/api/plug", map[string]any{"name": "network", "in": false})
	d.turn(now.secret.Code.Digits())
	d.putDown()
	if d.mark() != m {
		t.Fatal("events arrived over a network that is pulled")
	}
	d.post("/api/plug", map[string]any{"name": "network", "in": true})
	d.kill("link")
	d.event(m, wire.DoorShut)
	d.event(m, wire.VisitEnded)
	d.unbroken(start)
}

// unbroken checks that the events since a mark have no gap, counting repeats once.
func (d *desk) unbroken(since int) {
	d.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	seen := map[uint64]bool{}
	low, high := ^uint64(0), uint64(0)
	for _, e := range d.events[since:] {
		seen[e.Index] = true
		low, high = min(low, e.Index), max(high, e.Index)
	}
	for i := low; i <= high; i++ {
		if !seen[i] {
			d.t.Errorf("event %d is missing between %d and %d", i, low, high)
		}
	}
}

// putDown puts the parcel down inside the open door and shuts it, as fast as a person can.
func (d *desk) putDown() {
	d.t.Helper()
	time.Sleep(time.Second)
	d.door(false)
}

// tryOpen pulls the handle and reports whether the door opened.
func (d *desk) tryOpen() error {
	d.door(true)
	var w struct{ Open bool }
	if err := d.get("/api/house", &w); err != nil {
		return err
	}
	if !w.Open {
		return errLocked
	}
	return nil
}

// The hub stands still for a while: the door works, and what happened arrives later.
func TestHubStopped(t *testing.T) {
	t.Parallel()
	d := startDesk(t, "-size", "640x480", "-fps", "15")
	p := pairedPhone(t, d)
	start := d.mark()
	now := p.plan(0, time.Hour, nil)
	p.awake(start)
	hub := d.programs()["hub"].PID
	if err := syscall.Kill(hub, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	d.turn(now.secret.Code.Digits())
	d.putDown()
	time.Sleep(time.Minute)
	if err := syscall.Kill(hub, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	d.event(start, wire.VisitEnded)
	d.unbroken(start)

	// And a hub that dies: the owner is still logged in, the log is whole.
	d.kill("hub")
	d.wait("the hub knows the whole log again", func() error {
		var log []wire.Event
		if err := p.request("GET", "/api/log?limit=200&device="+p.card.Device, nil, &log); err != nil {
			return err
		}
		ids := map[string]int{}
		for _, e := range log {
			ids[e.ID]++
		}
		for _, e := range d.events {
			if ids[e.ID] != 1 {
				t.Errorf("event %s is %d times in the hub's log", e.ID, ids[e.ID])
			}
		}
		return nil
	})
}

// Gate dies while the courier is inside: the coil is let go, and the door still locks.
func TestGateKilledInMidVisit(t *testing.T) {
	t.Parallel()
	d := startDesk(t, "-size", "640x480", "-fps", "15")
	p := pairedPhone(t, d)
	start := d.mark()
	now := p.plan(0, time.Hour, func(t *pass.Terms) { t.Grace = time.Minute })
	p.awake(start)
	d.unlock(start, now.secret.Code.Digits())
	d.door(true)
	d.event(start, wire.DoorOpened)
	m := d.mark()
	d.kill("gate")
	d.event(m, wire.Started)
	d.door(false)
	d.event(m, wire.DoorShut)
	d.wait("the door is locked", func() error {
		if d.tryOpen() == nil {
			d.door(false)
			return errOpen
		}
		return nil
	})
	d.unbroken(start)
}

// Without credentials the broker lets nobody in, and a reader can't write.
func TestBrokerRefusesStrangers(t *testing.T) {
	t.Parallel()
	d := startDesk(t, "-size", "640x480", "-fps", "15")
	for _, who := range []struct{ name, user, password string }{
		{"nobody", "", ""}, {"a guess", d.user.MQTT.User, "password"}, {"another", "admin", d.user.MQTT.Password},
	} {
		o := mqtt.NewClientOptions().AddBroker(d.user.MQTT.URL).SetUsername(who.user).SetPassword(who.password).SetConnectRetry(false)
		c := mqtt.NewClient(o)
		tok := c.Connect()
		if !tok.WaitTimeout(10*time.Second) || tok.Error() == nil {
			t.Errorf("%s was let in", who.name)
		}
	}
}
