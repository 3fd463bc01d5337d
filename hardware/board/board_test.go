package board_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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
	if l.Fit() != board.Usual() {
		t.Errorf("fitted with %+v", l.Fit())
	}
	places := l.Places()
	for _, r := range append(board.Usual().Needed(), board.Usual().Optional()...) {
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
		"empty":       {"", "no line says the kind of lock"},
		"no keypad":   {replace("keypad        matrix", ""), "no line says the kind of keypad"},
		"kettle lock": {replace("lock          strike", "lock kettle"), "lock: want one of strike, strike-pumped, magnet,"},
		"kind twice":  {good + "\nkeypad wiegand\n", "keypad is said twice, here and in line"},
		"no kind":     {replace("lock          strike", "lock"), "lock: want one of"},
		"two kinds":   {replace("lock          strike", "lock strike motor"), "lock: want one of"},
		"foreign":     {good + "\nkeypad.d0 pinctrl-bcm2835 14\n", "with lock strike and keypad matrix has no keypad.d0"},
		"motor":       {replace("lock          strike", "lock motor"), "no pin for lock.draw, lock.throw, lock.drawn"},
		"motor, blind": {
			strings.Replace(replace("lock          strike", "lock motor"), "bolt          pinctrl-bcm2835 22", "bolt none", 1),
			"a motor lock needs the switch at its bolt's end",
		},
		"none":             {replace("tamper        pinctrl-bcm2835 24", "tamper none"), "tamper cannot be none"},
		"no dog":           {good + "\nwatchdog yes\n", "watchdog: want a device node"},
		"motor on console": {good + "\nlock.throw pinctrl-bcm2835 15\n", "lock.throw: the serial console writes on GPIO 14 and 15"},
		"missing":          {replace(coil, ""), "no pin for lock.coil"},
		"pulled high":      {replace(coil, "lock.coil pinctrl-bcm2835 4"), "GPIO 4 is pulled high when the board is switched on; use 9 to 27"},
		"last pulled high": {replace(coil, "lock.coil pinctrl-bcm2835 8"), "GPIO 8 is pulled high when the board is switched on"},
		"too far":          {replace(coil, "lock.coil pinctrl-bcm2835 28"), "GPIO 28: use 9 to 27"},
		"negative":         {replace(coil, "lock.coil pinctrl-bcm2835 -1"), "GPIO -1: use 9 to 27"},
		"console":          {replace(coil, "lock.coil pinctrl-bcm2835 14"), "the serial console writes on GPIO 14 and 15"},
		"word":             {replace(coil, "lock.coil pinctrl-bcm2835 x"), `"x" is not a number`},
		"twice":            {good + "\n" + coil + "\n", "lock.coil is said twice"},
		"same pin":         {replace(coil, "lock.coil pinctrl-bcm2835 22"), "is at pinctrl-bcm2835 22, and so is"},
		"no role":          {good + "\nkettle gpiochip0 12\n", `"kettle" is no role; the roles are lock.coil,`},
		"no chip":          {replace(coil, "lock.coil 17"), "want a role, a chip and an offset"},
		"large":            {strings.Repeat("#", 1<<17), "larger than"},
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

func TestKinds(t *testing.T) {
	const common = "tamper g 24\nlamp g 18\ncamera.power g 25\nbuzzer g 13\n"
	const reader = "keypad wiegand\nkeypad.d0 g 16\nkeypad.d1 g 19\n"
	for text, want := range map[string]board.Fit{
		common + reader + "lock motor\nlock.draw g 17\nlock.throw g 27\nlock.drawn g 10\nbolt g 22\ncontact g 23\n": {
			Lock: board.Motor, Keypad: board.Wiegand,
		},
		common + reader + "lock magnet-pumped\nlock.coil g 17\nbolt none\ncontact none\nwatchdog /dev/watchdog0": {
			Lock: board.PumpedMagnet, Keypad: board.Wiegand, NoContact: true, NoBolt: true, Watchdog: "/dev/watchdog0",
		},
	} {
		l, err := board.Parse(strings.NewReader(text))
		if err != nil || l.Fit() != want {
			t.Errorf("%+v, %v, want %+v", l.Fit(), err, want)
		}
	}
	if board.Strike.FailSafe() || board.Motor.FailSafe() || !board.Magnet.FailSafe() || !board.PumpedMagnet.FailSafe() {
		t.Error("a power cut opens magnets and nothing else")
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
	if _, _, err := (board.Layout{}).Open(); err == nil {
		t.Error("an empty layout was opened")
	}
	if _, err := (board.Fit{}).Open(board.Pins{}); err == nil {
		t.Error("an empty fit was opened")
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
		for _, role := range l.Fit().Needed() {
			if _, ok := l.Places()[role]; !ok {
				t.Fatalf("%+v has no %s", l.Fit(), role)
			}
		}
	})
}

// fits are doors of every kind, by name.
func fits() map[string]board.Fit {
	return map[string]board.Fit{
		"usual":  board.Usual(),
		"pumped": {Lock: board.PumpedStrike, Keypad: board.Wiegand},
		"magnet": {Lock: board.Magnet, Keypad: board.Matrix, NoContact: true},
		"motor":  {Lock: board.Motor, Keypad: board.Wiegand},
		"blind":  {Lock: board.PumpedMagnet, Keypad: board.Matrix, NoContact: true, NoBolt: true},
	}
}

func pins(f board.Fit) (board.Pins, map[board.Role]*pintest.Pin) {
	p, byRole := board.Pins{}, map[board.Role]*pintest.Pin{}
	for _, r := range append(f.Needed(), f.Optional()...) {
		byRole[r] = pintest.New(string(r))
		p[r] = byRole[r]
	}
	return p, byRole
}

func TestOpenAndHaltAreInert(t *testing.T) {
	for name, f := range fits() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { openAndHalt(t, f) })
		})
	}
}

func openAndHalt(t *testing.T, f board.Fit) {
	p, byRole := pins(f)
	stranger := pintest.New("of no role that this door has")
	for _, r := range board.Roles() {
		if p[r] == nil {
			p[r] = stranger
		}
	}
	d, err := f.Open(p)
	if err != nil {
		t.Fatal(err)
	}
	var outputs []board.Role
	for _, r := range []board.Role{board.Coil, board.Draw, board.Throw, board.Camera, board.Lamp, board.Courtesy, board.Buzzer} {
		if byRole[r] != nil {
			outputs = append(outputs, r)
		}
	}
	for _, r := range outputs {
		if l, out := byRole[r].Driven(); l != gpio.Low || !out {
			t.Errorf("%s is not driven Low after Open", r)
		}
	}
	if err := errors.Join(d.Lock.Pulse(5e9), d.Camera.Set(true), d.Lamp.Set(true), d.Courtesy.Set(true)); err != nil {
		t.Fatal(err)
	}
	if d.Contact == nil != f.NoContact || d.Bolt == nil != f.NoBolt || d.Reader == nil != (f.Keypad == board.Matrix) {
		t.Error("the door has what it is not fitted with, or the other way round")
	}
	if err := errors.Join(d.Halt(), d.Keypad.Err()); err != nil {
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
	if n := stranger.Halted() + len(stranger.Orders()); n > 0 {
		t.Error("a pin of a role that the door does not have was touched")
	}
	if err := d.Halt(); err != nil {
		t.Errorf("second Halt: %v", err)
	}
}

func TestOpenFailsWhole(t *testing.T) {
	for name, f := range fits() {
		for _, broken := range append(f.Needed(), f.Optional()...) {
			t.Run(name+" "+string(broken), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p, byRole := pins(f)
					cause := errors.New("held by another program")
					byRole[broken].Fail(cause)
					_, err := f.Open(p)
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
}

func TestWatchdogIsArmedLastAndDisarmed(t *testing.T) {
	f := board.Usual()
	f.Watchdog = filepath.Join(t.TempDir(), "watchdog")
	said := func() string {
		b, err := os.ReadFile(f.Watchdog)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if err := os.WriteFile(f.Watchdog, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		p, byRole := pins(f)
		d, err := f.Open(p)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(d.Watchdog.Feed(), d.Halt()); err != nil {
			t.Fatal(err)
		}
		if said() != "\x00V" {
			t.Errorf("fed and halted: %q", said())
		}
		if err := os.WriteFile(f.Watchdog, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if d, err = f.Open(p); err != nil {
			t.Fatal(err)
		}
		byRole[board.Coil].Fail(errors.New("input/output error"))
		if err := errors.Join(d.Lock.Pulse(time.Second), d.Halt()); err == nil {
			t.Error("no error from a dead coil")
		}
		if said() != "" {
			t.Error("disarmed although the coil may have current")
		}
	})
}

func TestOpenNeedsItsPins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := pins(board.Usual())
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
