//go:build desk && vm

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"vestibule/firmware/pipe"
	"vestibule/hardware/board"
	"vestibule/hardware/sim"
	"vestibule/hardware/sim/kernel"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// A door with a strike and a Wiegand keypad, which can be typed on from outside: a key matrix cannot, its driver
// reads the columns sooner than a test could carry the rows to them.
const vmBoard = `
lock          strike
keypad        wiegand
lock.coil     pinctrl-bcm2835 17
lock.relay    pinctrl-bcm2835 27
bolt          pinctrl-bcm2835 22
contact       pinctrl-bcm2835 23
tamper        pinctrl-bcm2835 24
lamp          pinctrl-bcm2835 18
camera.power  pinctrl-bcm2835 25
buzzer        pinctrl-bcm2835 13
keypad.d0     pinctrl-bcm2835 16
keypad.d1     pinctrl-bcm2835 19
watchdog      /dev/watchdog
`

// newKernelDesk is a desk whose gate is the one that a device runs, on the kernel's own lines. Run by `make vm`.
func newKernelDesk(t *testing.T) (*desk, *kernel.Bench) {
	t.Helper()
	synchronise(t)
	d := newDesk(t)
	file := filepath.Join(d.dir, "door.board")
	if err := os.WriteFile(file, []byte(vmBoard), 0o600); err != nil {
		t.Fatal(err)
	}
	d.program, d.pins = "/job/gate", "board:"+file
	layout, err := board.Parse(strings.NewReader(vmBoard))
	if err != nil {
		t.Fatal(err)
	}
	b, err := kernel.New(layout, d.house)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.kill()
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	// A reader's lines are high at rest, whatever resistor is asked for.
	for _, r := range []board.Role{board.Data0, board.Data1} {
		if err := b.Pull(r, true); err != nil {
			t.Fatal(err)
		}
	}
	return d, b
}

// synchronise tells the guest's kernel that its clock is right, as an NTP daemon does: without that, and without an
// owner's word, no window opens.
func synchronise(t *testing.T) {
	t.Helper()
	if _, err := unix.Adjtimex(&unix.Timex{Modes: unix.ADJ_STATUS | unix.ADJ_MAXERROR | unix.ADJ_ESTERROR, Status: unix.STA_PLL}); err != nil {
		t.Fatal(err)
	}
}

// typeKeys types on the Wiegand keypad, four bits a key, each again until gate's buzzer clicks: a machine that is
// late tears bits apart.
func typeKeys(t *testing.T, b *kernel.Bench, keys string) {
	t.Helper()
	for _, key := range keys {
		if err := b.Trace(); err != nil {
			t.Fatal(err)
		}
		clicked := func() bool {
			done, err := b.Traced(board.Buzzer)
			if err != nil {
				t.Fatal(err)
			}
			return slices.Contains(done, "set 1")
		}
		for again := 0; !clicked(); again++ {
			if again == 20 {
				t.Fatalf("key %q is not taken", key)
			}
			if err := b.Send(fmt.Sprintf("%04b", strings.IndexRune("0123456789*#", key))); err != nil {
				t.Fatal(err)
			}
			for late := time.Now().Add(time.Second); !clicked() && time.Now().Before(late); {
				time.Sleep(20 * time.Millisecond)
			}
		}
		time.Sleep(100 * time.Millisecond) // the click ends
	}
}

// A whole visit of the true gate, within its walls, by pins alone.
func TestVisitOnLines(t *testing.T) {
	d, b := newKernelDesk(t)
	d.start()
	d.pair()
	_, secret := d.plan(3)
	high := func(r board.Role) bool {
		h, err := b.High(r)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	if !high(board.Camera) || high(board.Coil) {
		t.Error("in the window the camera has no power, or the coil has current")
	}
	typeKeys(t, b, "*"+secret.Code.Digits())
	d.until("the coil has current", func() bool { on, n := d.coil(); return on && n == 1 && high(board.Coil) })
	d.house.Do(func(h *sim.House, now time.Time) { h.Pull(false, now) })
	d.until("the door is open", func() bool { return d.count(wire.DoorOpened) == 1 })
	d.house.Do(func(h *sim.House, now time.Time) { h.Shut(now) })
	d.until("it is locked", func() bool { return d.count(wire.Relocked) == 1 && !high(board.Coil) })
	state, err := os.ReadFile("/sys/class/watchdog/watchdog0/state")
	if err != nil || strings.TrimSpace(string(state)) != "active" || watchdogBit(t) {
		t.Errorf("the watchdog is %s, %v; it bit: %v", state, err, watchdogBit(t))
	}
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Wait(); err != nil {
		t.Errorf("ended with %v: %s", err, d.log)
	}
	if state, err = os.ReadFile("/sys/class/watchdog/watchdog0/state"); err != nil || strings.TrimSpace(string(state)) != "inactive" {
		t.Errorf("after the end the watchdog is %s, %v", state, err)
	}
	for _, r := range []board.Role{board.Coil, board.Camera, board.Lamp, board.Buzzer} {
		if high(r) {
			t.Errorf("%s is high after the end", r)
		}
	}
}

// watchdogBit reports whether the watchdog, which only says so here, found a program that did not feed it.
func watchdogBit(t *testing.T) bool {
	t.Helper()
	b := make([]byte, 1<<20)
	n, err := unix.Klogctl(unix.SYSLOG_ACTION_READ_ALL, b)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(b[:n]), "softdog: Triggered")
}

// Gate is killed in mid-pulse: the kernel lets the line go, and what starts again opens nothing.
func TestKilledOnLines(t *testing.T) {
	d, b := newKernelDesk(t)
	d.start()
	d.pair()
	const rounds = 3
	terms, secret := d.plan(rounds + 1) // the visit goes on, and with it the camera
	for round := range rounds {
		d.send(pipe.TypeMail, d.sealTry(terms, secret.Code.Digits()))
		on := func() bool {
			h, err := b.High(board.Coil)
			if err != nil {
				t.Fatal(err)
			}
			return h
		}
		d.until("the coil has current", on)
		if err := d.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		killed := time.Now()
		d.until("the line is let go", func() bool { return !on() })
		t.Logf("let go %v after the kill", time.Since(killed).Round(100*time.Microsecond))
		d.kill() // takes note of its end
		d.until("the house knows", func() bool { on, _ := d.coil(); return !on })
		_, before := d.coil()
		live := d.count(wire.CameraOn)
		d.start()
		d.until("the camera is live", func() bool { return d.count(wire.CameraOn) > live })
		if _, n := d.coil(); n != before || on() {
			t.Fatalf("round %d: opened by itself after the restart", round)
		}
	}
	d.cancel(terms.Delivery)
}

// The walls leave nothing of /dev and /sys, and gate can take its lines all the same; a second gate is told
// that they are taken.
func TestSecondGateOnLines(t *testing.T) {
	d, b := newKernelDesk(t)
	d.start()
	d.pair()
	_, _ = d.plan(1, func(t *pass.Terms) { t.Mode = pass.Blur })
	out, err := d.gate("-state", filepath.Join(d.dir, "other"), "-trust", filepath.Join(d.dir, "othertrust"), "-pins", d.pins).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "lock.coil (gpiochip0 17)") || !strings.Contains(string(out), "busy") {
		t.Errorf("%v: %s", err, out)
	}
	if high, err := b.High(board.Camera); !high || err != nil {
		t.Errorf("the second gate took the camera from the first: %v, %v", high, err)
	}
}
