//go:build vm

package vmtest

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"vestibule/hardware/board"
	"vestibule/hardware/contact"
	"vestibule/hardware/lock"
	"vestibule/hardware/sim"
	"vestibule/hardware/watchdog"
)

// A whole visit by pins alone: a code on the key matrix, the coil, the door, and the relock.
func TestVisitOnLines(t *testing.T) {
	var err error
	d := newDoor(t, example(t))
	b := d.open()
	d.until("the door is shut and the bolt thrown", func() bool {
		return b.Contact.State() == contact.Closed && b.Bolt.State() == contact.Closed && !b.Tamper.Off()
	})
	for _, key := range []byte("0123456789*#") {
		for _, down := range []bool{true, false} {
			hold := time.Minute // until the machine, which is slow, has seen it
			if !down {
				hold = 0
			}
			d.do(func(h *sim.House, now time.Time) { err = h.Press(key, hold, now) })
			if err != nil {
				t.Fatal(err)
			}
			select {
			case e := <-b.Keypad.Events():
				if e.Key != key || e.Down != down {
					t.Errorf("key %q, down %v, came as %q, %v", key, down, e.Key, e.Down)
				}
			case <-time.After(patience):
				t.Fatalf("nobody saw key %q, down %v: %v", key, down, b.Keypad.Err())
			}
		}
	}
	if err := errors.Join(b.Camera.Set(true), b.Lamp.Set(true), b.Courtesy.Set(true), b.Lock.Pulse(lock.Limit)); err != nil {
		t.Fatal(err)
	}
	d.until("the coil, its relay, the camera and the lamp have current", func() bool {
		v := d.house.View()
		return v.Coil && v.Power && v.Lamp && b.Relay.State() == contact.Closed && b.Lock.State() == lock.On
	})
	d.do(func(h *sim.House, now time.Time) { h.Pull(false, now) })
	d.until("the door is open", func() bool { return b.Contact.State() == contact.Open && b.Bolt.State() == contact.Open })
	d.do(func(h *sim.House, now time.Time) { h.Shut(now) })
	d.until("the door is shut", func() bool { return b.Contact.State() == contact.Closed })
	if err := b.Lock.Release(); err != nil {
		t.Fatal(err)
	}
	d.until("the coil is off and the bolt thrown", func() bool {
		return !d.house.View().Coil && b.Bolt.State() == contact.Closed && b.Relay.State() == contact.Open && b.Lock.State() == lock.Off
	})
	d.do(func(h *sim.House, now time.Time) { h.SetExit(true, now) })
	select {
	case <-b.Exit.Presses():
	case <-time.After(patience):
		t.Error("nobody noticed the exit button")
	}
	d.do(func(h *sim.House, now time.Time) {
		if h.Energised() != 1 || h.Fights() != 0 {
			t.Errorf("the coil got current %d times, two outputs met %d times", h.Energised(), h.Fights())
		}
	})
	if err := b.Halt(); err != nil {
		t.Fatal(err)
	}
	for _, r := range []board.Role{board.Coil, board.Camera, board.Lamp, board.Courtesy, board.Buzzer} {
		if d.high(r) {
			t.Errorf("%s is high after Halt", r)
		}
	}
}

// What the kernel is asked to do with the coil's line, exactly: no other level, no other direction.
func TestPulseIsOnePulseOnLines(t *testing.T) {
	d := newDoor(t, example(t))
	b := d.open()
	d.until("all is settled", func() bool { return b.Bolt.State() == contact.Closed })
	for _, pulse := range []time.Duration{200 * time.Millisecond, lock.Limit} {
		got := d.traced(board.Coil, func() {
			if err := b.Lock.Pulse(pulse); err != nil {
				t.Fatal(err)
			}
			time.Sleep(pulse)
			d.until("the pulse is over", func() bool { return b.Lock.State() == lock.Off })
		})
		if !slices.Equal(got, []string{"set 1", "set 0"}) {
			t.Errorf("a pulse of %v is %q", pulse, got)
		}
	}
	d.do(func(h *sim.House, now time.Time) {
		if l := h.Longest(now); l < lock.Limit-50*time.Millisecond || l > lock.Limit+500*time.Millisecond {
			t.Errorf("the longest pulse was %v", l)
		}
	})
}

// A program that is killed in mid-pulse has its line let go by the kernel, whatever drives the coil.
func TestKilledInMidPulseOnLines(t *testing.T) {
	for name, text := range map[string]string{
		"strike": example(t),
		"pumped": strings.Replace(example(t), "lock          strike", "lock strike-pumped", 1),
	} {
		t.Run(name, func(t *testing.T) {
			d := newDoor(t, text)
			cmd := d.child()
			if d.until("the coil is seen on", func() bool { return d.high(board.Coil) }) > lock.Limit/2 {
				t.Error("seen late")
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			killed := time.Now()
			_ = cmd.Wait() // it was killed
			after := d.until("the coil is let go", func() bool { return !d.high(board.Coil) })
			t.Logf("let go %v after the kill", (time.Since(killed)).Round(100*time.Microsecond))
			for range 100 { // and stays so
				if d.high(board.Coil) {
					t.Fatal("it is high again")
				}
				time.Sleep(time.Millisecond)
			}
			if after > 2*time.Second {
				t.Errorf("the line was let go after %v", after)
			}
			d.open() // the next program can have the lines
		})
	}
}

// toggles counts how often the coil's pin is set while f runs.
func (d *door) toggles(f func()) int {
	d.Helper()
	return len(d.traced(board.Coil, f))
}

// The pin of a pumped coil keeps toggling, and only then.
func TestPumpTogglesOnLines(t *testing.T) {
	d := newDoor(t, strings.Replace(example(t), "lock          strike", "lock strike-pumped", 1))
	b := d.open()
	d.until("all is settled", func() bool { return b.Bolt.State() != contact.Unknown })
	n := d.toggles(func() {
		if err := b.Lock.Pulse(time.Second); err != nil {
			t.Fatal(err)
		}
		time.Sleep(1500 * time.Millisecond)
	})
	t.Logf("%d times in a pulse of 1 s", n)
	// The emulated machine's timers are 4 ms apart, and it may be late.
	if want := int(time.Second / lock.Beat); n < want/20 || n > want+2 {
		t.Errorf("the pin moved %d times, want at most %d and many", n, want)
	}
	if n := d.toggles(func() { time.Sleep(500 * time.Millisecond) }); n != 0 || d.high(board.Coil) {
		t.Errorf("at rest the pin moved %d times", n)
	}
}

func TestLineInUseOnLines(t *testing.T) {
	d := newDoor(t, example(t))
	d.open()
	pins, closeChips, err := d.layout.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = closeChips() }()
	_, err = d.layout.Fit().Open(pins)
	if !errors.Is(err, unix.EBUSY) || !strings.Contains(err.Error(), string(board.Coil)) {
		t.Errorf("a second program: %v; want the pin and that it is busy", err)
	}
	t.Log(err)
	if d.high(board.Coil) {
		t.Error("the coil has current")
	}
}

func TestBouncingAndStuckContactsOnLines(t *testing.T) {
	d := newDoor(t, example(t))
	b := d.open()
	d.until("the door is shut", func() bool { return b.Contact.State() == contact.Closed })
	<-b.Contact.Changes()
	for i := range 60 { // a door that slams
		d.pull(board.Contact, i%2 == 0)
		time.Sleep(time.Millisecond)
	}
	d.pull(board.Contact, true)
	if c := <-b.Contact.Changes(); c.State != contact.Open {
		t.Errorf("after bouncing it is %v", c.State)
	}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() { // a contact that never holds still
		defer close(done)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(3 * time.Millisecond):
				_ = d.bench.Pull(board.Contact, i%2 == 0)
			}
		}
	}()
	d.until("the contact is unknown", func() bool { return b.Contact.State() == contact.Unknown })
	close(stop)
	<-done
	d.bench.Free(board.Contact)
	d.until("the contact is closed", func() bool { return b.Contact.State() == contact.Closed })
	// A welded relay: the coil is told to be off and has current all the same.
	if err := b.Lock.Pulse(200 * time.Millisecond); err != nil {
		t.Fatal(err)
	}
	d.pull(board.Relay, true)
	time.Sleep(time.Second)
	if s := b.Lock.State(); s != lock.Unknown {
		t.Errorf("with a welded relay the lock is %v", s)
	}
	d.pull(board.Tamper, true)
	d.until("the cover is off", b.Tamper.Off)
}

// From a level outside to the settled state inside, which includes 20 ms of quiet.
func TestLatencyOnLines(t *testing.T) {
	d := newDoor(t, example(t))
	b := d.open()
	d.until("the door is shut", func() bool { return b.Contact.State() == contact.Closed })
	<-b.Contact.Changes()
	var took []time.Duration
	for i := range 40 {
		start := time.Now()
		d.pull(board.Contact, i%2 == 0)
		select {
		case <-b.Contact.Changes():
			took = append(took, time.Since(start))
		case <-time.After(patience):
			t.Fatal("no change")
		}
	}
	slices.Sort(took)
	t.Logf("contact: median %v, longest %v", took[len(took)/2], took[len(took)-1])
}

const wiegand = `
lock magnet
keypad wiegand
lock.coil     pinctrl-bcm2835 17
bolt          none
contact       pinctrl-bcm2835 23
tamper        pinctrl-bcm2835 24
lamp          pinctrl-bcm2835 18
camera.power  pinctrl-bcm2835 25
buzzer        pinctrl-bcm2835 13
keypad.d0     pinctrl-bcm2835 16
keypad.d1     pinctrl-bcm2835 19
`

// send sends bits as a reader does.
func (d *door) send(bits string) {
	d.Helper()
	if err := d.bench.Send(bits); err != nil {
		d.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
}

// Two lines, one order of bits: the kernel's time stamps.
func TestWiegandOnLines(t *testing.T) {
	d := newDoor(t, wiegand)
	b := d.open()
	d.pull(board.Data0, true)
	d.pull(board.Data1, true)
	time.Sleep(100 * time.Millisecond)
	for i, bits := range []string{"0000", "0001", "11010010", "0011", "1010", "1011"} {
		for again := range 20 { // a machine that is late tears bits apart
			d.send(bits)
			select {
			case e := <-b.Keypad.Events():
				if want := "0123*#"[i]; e.Key != want {
					t.Errorf("key %q, want %q", e.Key, want)
				}
				<-b.Keypad.Events() // its release
			case <-time.After(500 * time.Millisecond):
				if again == 19 {
					t.Fatalf("no key: %v", b.Keypad.Err())
				}
				continue
			}
			break
		}
	}
	const frames = 20
	lost, why := 0, map[string]int{}
	for range frames {
		d.send("10111101110110010011011101")
		select {
		case c := <-b.Reader.Cards():
			if c.Bits != 26 || c.Number != 123<<16|45678 {
				t.Errorf("card %+v", c)
			}
		case <-time.After(500 * time.Millisecond):
			lost++
			why[fmt.Sprint(b.Keypad.Err())]++
		}
	}
	t.Logf("%d cards of %d lost: %v", lost, frames, why)
	if lost == frames { // one that is lost is no fault; one that is wrong would be
		t.Errorf("%d cards of %d were lost", lost, frames)
	}
}

const motor = `
lock motor
keypad wiegand
lock.draw     pinctrl-bcm2835 17
lock.throw    pinctrl-bcm2835 27
lock.drawn    pinctrl-bcm2835 10
bolt          pinctrl-bcm2835 22
contact       pinctrl-bcm2835 23
tamper        pinctrl-bcm2835 24
lamp          pinctrl-bcm2835 18
camera.power  pinctrl-bcm2835 25
buzzer        pinctrl-bcm2835 13
keypad.d0     pinctrl-bcm2835 16
keypad.d1     pinctrl-bcm2835 19
`

func TestMotorOnLines(t *testing.T) {
	d := newDoor(t, motor)
	d.pull(board.Drawn, true)
	b := d.open()
	d.pull(board.Drawn, true) // the pins' own pull-ups came in between
	d.pull(board.Bolt, false)
	d.until("the bolt is thrown", func() bool { return b.Lock.State() == lock.Off })
	if err := b.Lock.Pulse(2 * time.Second); err != nil {
		t.Fatal(err)
	}
	d.until("the motor draws", func() bool { return d.high(board.Draw) })
	d.pull(board.Bolt, true)
	d.pull(board.Drawn, false)
	d.until("it stops at the end", func() bool { return !d.high(board.Draw) && b.Lock.State() == lock.On })
	d.until("the motor throws", func() bool { return d.high(board.Throw) })
	d.pull(board.Drawn, true)
	d.pull(board.Bolt, false)
	d.until("it stops at the end", func() bool { return !d.high(board.Throw) && b.Lock.State() == lock.Off })
}

// The kernel's own watchdog, which here bites after 7 s and only says so (scripts/vm/init): armed by opening,
// quiet while it is fed, disarmed by Halt, and not by a program that dies.
func TestWatchdogOnLines(t *testing.T) {
	state := func() string {
		b, err := os.ReadFile("/sys/class/watchdog/watchdog0/state")
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(b))
	}
	bites := func() int {
		b := make([]byte, 1<<20)
		n, err := unix.Klogctl(unix.SYSLOG_ACTION_READ_ALL, b)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(b[:n]), "softdog: Triggered")
	}
	w, err := watchdog.Open("/dev/watchdog")
	if err != nil {
		t.Fatal(err)
	}
	if s := state(); s != "active" {
		t.Errorf("after Open it is %s", s)
	}
	if _, err := watchdog.Open("/dev/watchdog"); !errors.Is(err, unix.EBUSY) {
		t.Errorf("opened twice: %v", err)
	}
	before := bites()
	for range 9 {
		time.Sleep(time.Second)
		if err := w.Feed(); err != nil {
			t.Fatal(err)
		}
	}
	if n := bites() - before; n != 0 {
		t.Errorf("fed, it bit %d times", n)
	}
	if err := w.Halt(); err != nil {
		t.Fatal(err)
	}
	if s := state(); s != "inactive" {
		t.Errorf("after Halt it is %s", s)
	}
	f, err := os.OpenFile("/dev/watchdog", os.O_WRONLY, 0) // a program that arms it and dies
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for late := time.Now().Add(patience); bites() == before; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("its program died, and it did not bite")
		}
	}
	if w, err = watchdog.Open("/dev/watchdog"); err != nil {
		t.Fatal(err)
	}
	if err := w.Halt(); err != nil {
		t.Fatal(err)
	}
}
