package board_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"periph.io/x/conn/v3/gpio"

	"vestibule/hardware/board"
	"vestibule/hardware/internal/pintest"
)

func example(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("raspberrypi.board")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestParseExample(t *testing.T) {
	l, err := board.Parse(strings.NewReader(example(t)))
	if err != nil {
		t.Fatal(err)
	}
	places := l.Places()
	for _, r := range board.Roles() {
		if _, ok := places[r]; !ok {
			t.Errorf("no pin for %s", r)
		}
	}
	if got := places[board.Coil].String(); got != "pinctrl-bcm2835 17" {
		t.Errorf("coil at %s", got)
	}
}

func TestParseRefuses(t *testing.T) {
	good := example(t)
	replace := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("the example has no %q", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	const coil = "lock.coil     pinctrl-bcm2835 17"
	for name, c := range map[string]struct{ text, want string }{
		"empty":       {"", "no pin for lock.coil, bolt,"},
		"missing":     {replace(coil, ""), "no pin for lock.coil"},
		"pulled high": {replace(coil, "lock.coil pinctrl-bcm2835 4"), "GPIO 4 is pulled high when the board is switched on; use 9 to 27"},
		"too far":     {replace(coil, "lock.coil pinctrl-bcm2835 28"), "GPIO 28: use 9 to 27"},
		"negative":    {replace(coil, "lock.coil pinctrl-bcm2835 -1"), "GPIO -1: use 9 to 27"},
		"console":     {replace(coil, "lock.coil pinctrl-bcm2835 14"), "the serial console writes on GPIO 14 and 15"},
		"word":        {replace(coil, "lock.coil pinctrl-bcm2835 x"), `"x" is not a number`},
		"twice":       {good + "\n" + coil + "\n", "lock.coil is said twice"},
		"same pin":    {replace(coil, "lock.coil pinctrl-bcm2835 22"), "is at pinctrl-bcm2835 22, and so is"},
		"no role":     {good + "\nkettle gpiochip0 12\n", `"kettle" is no role; the roles are lock.coil,`},
		"no chip":     {replace(coil, "lock.coil 17"), "want a role, a chip and an offset"},
		"large":       {strings.Repeat("#", 1<<17), "larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := board.Parse(strings.NewReader(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v\nwant %q", err, c.want)
			}
		})
	}
	_, err := board.Parse(strings.NewReader("bolt gpiochip0 3\nkettle gpiochip0 12\n"))
	if err == nil || !strings.Contains(err.Error(), "line 1:") || !strings.Contains(err.Error(), "line 2:") {
		t.Errorf("%v: want every mistake with its line", err)
	}
}

func TestRelayIsOptional(t *testing.T) {
	text := strings.Replace(example(t), "lock.relay", "# lock.relay", 1)
	l, err := board.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := l.Places()[board.Relay]; ok {
		t.Error("a relay out of a comment")
	}
}

func TestEmptyLayoutOpensNothing(t *testing.T) {
	if _, err := (board.Layout{}).Open(); err == nil {
		t.Error("an empty layout was opened")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(example(f))
	f.Add("lock.coil gpiochip0 17 # comment\n\n\tbolt x 9")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := board.Parse(strings.NewReader(text))
		if err != nil {
			return
		}
		seen := map[board.Place]bool{}
		for role, p := range l.Places() {
			if p.Offset < 9 || p.Offset > 27 || seen[p] || !slices.Contains(board.Roles(), role) {
				t.Fatalf("%s at %s", role, p)
			}
			seen[p] = true
		}
	})
}

func pins() (board.Pins, map[board.Role]*pintest.Pin) {
	p, byRole := board.Pins{}, map[board.Role]*pintest.Pin{}
	for _, r := range board.Roles() {
		byRole[r] = pintest.New(string(r))
		p[r] = byRole[r]
	}
	return p, byRole
}

func TestOpenAndHaltAreInert(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, byRole := pins()
		d, err := board.Open(p)
		if err != nil {
			t.Fatal(err)
		}
		outputs := []board.Role{board.Coil, board.Camera, board.Lamp, board.Buzzer}
		for _, r := range outputs {
			if l, out := byRole[r].Driven(); l != gpio.Low || !out {
				t.Errorf("%s is not driven Low after Open", r)
			}
		}
		if err := errors.Join(d.Lock.Pulse(5e9), d.Camera.Set(true), d.Lamp.Set(true)); err != nil {
			t.Fatal(err)
		}
		if err := d.Halt(); err != nil {
			t.Fatal(err)
		}
		for r, pin := range byRole {
			if _, out := pin.Driven(); out || pin.Halted() == 0 {
				t.Errorf("%s was not let go", r)
			}
		}
		for _, r := range outputs {
			o := byRole[r].Orders()
			if o[len(o)-1].Level != gpio.Low {
				t.Errorf("%s was let go without being switched off", r)
			}
		}
		if err := d.Halt(); err != nil {
			t.Errorf("second Halt: %v", err)
		}
	})
}

func TestOpenFailsWhole(t *testing.T) {
	for _, broken := range board.Roles() {
		t.Run(string(broken), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, byRole := pins()
				cause := errors.New("held by another program")
				byRole[broken].Fail(cause)
				_, err := board.Open(p)
				if !errors.Is(err, cause) {
					t.Fatalf("%v, want the cause", err)
				}
				for r, pin := range byRole {
					if l, out := pin.Driven(); out || l == gpio.High {
						t.Errorf("%s was left driven", r)
					}
				}
				// A goroutine left behind would make the bubble fail.
			})
		})
	}
}

func TestOpenNeedsItsPins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := pins()
		delete(p, board.Relay)
		d, err := board.Open(p)
		if err != nil {
			t.Fatalf("without the optional relay: %v", err)
		}
		if d.Relay != nil {
			t.Error("a relay out of nothing")
		}
		if err := d.Halt(); err != nil {
			t.Fatal(err)
		}
		delete(p, board.Bolt)
		if _, err := board.Open(p); err == nil || !strings.Contains(err.Error(), "no pin for bolt") {
			t.Errorf("%v", err)
		}
	})
}
