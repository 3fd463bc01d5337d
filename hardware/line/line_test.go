package line

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warthog618/go-gpiocdev"
	"periph.io/x/conn/v3/gpio"

	"vestibule/hardware/level"
)

// kernel stands for the kernel: it writes down what it is asked.
type kernel struct {
	asked []string
	level int
	fail  error
	event gpiocdev.EventHandler
}

func (k *kernel) say(format string, a ...any) { k.asked = append(k.asked, fmt.Sprintf(format, a...)) }

func (k *kernel) request(offset int, options ...gpiocdev.LineReqOption) (handle, error) {
	if k.fail != nil {
		return nil, k.fail
	}
	var s []string
	for _, o := range options {
		switch o := o.(type) {
		case gpiocdev.EventHandler:
			k.event = o
		case gpiocdev.OutputOption:
			s = append(s, fmt.Sprintf("out %v", o))
			k.level = o[0]
		default:
			s = append(s, fmt.Sprintf("%T(%v)", o, o))
		}
	}
	k.say("request %d: %s", offset, strings.ReplaceAll(strings.Join(s, ", "), "gpiocdev.", ""))
	return k, nil
}

func (k *kernel) SetValue(v int) error { k.say("set %d", v); k.level = v; return k.fail }
func (k *kernel) Value() (int, error)  { k.say("value"); return k.level, k.fail }
func (k *kernel) Close() error         { k.say("close"); return nil }
func (k *kernel) Reconfigure(options ...gpiocdev.LineConfigOption) error {
	var s []string
	for _, o := range options {
		if out, ok := o.(gpiocdev.OutputOption); ok {
			k.level = out[0]
		}
		s = append(s, fmt.Sprintf("%T(%v)", o, o))
	}
	k.say("reconfigure %s", strings.ReplaceAll(strings.Join(s, ", "), "gpiocdev.", ""))
	return k.fail
}

func (k *kernel) expect(t *testing.T, want ...string) {
	t.Helper()
	if got := strings.Join(k.asked, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("the kernel was asked\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	k.asked = nil
}

func TestOutIsOneRequest(t *testing.T) {
	k := &kernel{}
	p := newPin("gpiochip0", 17, "lock.coil", k.request)
	if err := errors.Join(p.Out(gpio.High), p.Out(gpio.Low)); err != nil {
		t.Fatal(err)
	}
	k.expect(t, "request 17: out [1], ConsumerOption(vestibule lock.coil)", "set 0")
	// Reading an output or asking for its function must not touch its direction.
	if l, err := p.Level(); l != gpio.Low || err != nil {
		t.Errorf("level %v, %v", l, err)
	}
	if f := p.Function(); f != "Out" {
		t.Errorf("function %q", f)
	}
	if p.String() != "lock.coil (gpiochip0 17)" {
		t.Errorf("called %s", p)
	}
	k.expect(t, "value")
	if err := p.Halt(); err != nil {
		t.Fatal(err)
	}
	k.expect(t, "close")
	if _, err := p.Level(); !errors.Is(err, ErrHalted) {
		t.Errorf("level of a line let go: %v", err)
	}
	if err := p.Halt(); err != nil {
		t.Errorf("second Halt: %v", err)
	}
}

func TestInWithoutEdgesChangesInPlace(t *testing.T) {
	k := &kernel{}
	p := newPin("gpiochip0", 16, "keypad.row1", k.request)
	if err := errors.Join(p.Out(gpio.High), p.In(gpio.Float, gpio.NoEdge), p.Out(gpio.High)); err != nil {
		t.Fatal(err)
	}
	k.expect(t,
		"request 16: out [1], ConsumerOption(vestibule keypad.row1)",
		"reconfigure InputOption(0), LineBias(1)",
		"reconfigure OutputOption([1])")
	if p.WaitForEdge(time.Minute) {
		t.Error("an edge on an output")
	}
}

func TestEdges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &kernel{}
		p := newPin("gpiochip0", 23, "contact", k.request)
		p.Debounce = 5 * time.Millisecond
		if err := p.In(gpio.PullUp, gpio.BothEdges); err != nil {
			t.Fatal(err)
		}
		k.expect(t, "request 23: InputOption(0), LineBias(2), LineEdge(3), LineEventClock(0), EventBufferSizeOption(64), DebounceOption(5000000), ConsumerOption(vestibule contact)")
		if p.Pull() != gpio.PullUp || p.Function() != "In" {
			t.Errorf("pull %v, function %s", p.Pull(), p.Function())
		}
		start := time.Now()
		if p.WaitForEdge(time.Second) || time.Since(start) != time.Second {
			t.Error("an edge out of nothing, or the wrong time-out")
		}
		k.event(gpiocdev.LineEvent{Type: gpiocdev.LineEventRisingEdge, Timestamp: 42})
		if e, ok := p.Next(time.Second); !ok || e != (level.Edge{Level: gpio.High, At: 42}) {
			t.Errorf("edge %+v, %v", e, ok)
		}
		for range 1000 { // nobody waits: the kernel's handler must not hang
			k.event(gpiocdev.LineEvent{Type: gpiocdev.LineEventFallingEdge})
		}
		woken := make(chan bool)
		if err := p.In(gpio.PullUp, gpio.BothEdges); err != nil {
			t.Fatal(err)
		}
		go func() { woken <- p.WaitForEdge(-1) }()
		synctest.Wait()
		if err := p.Halt(); err != nil {
			t.Fatal(err)
		}
		if <-woken {
			t.Error("Halt made an edge, or In kept old ones")
		}
	})
}

func TestErrorsNameThePin(t *testing.T) {
	cause := errors.New("device or resource busy")
	k := &kernel{fail: cause}
	p := newPin("gpiochip0", 17, "lock.coil", k.request)
	for _, err := range []error{p.Out(gpio.High), p.In(gpio.PullUp, gpio.BothEdges), p.In(gpio.Float, gpio.NoEdge)} {
		if !errors.Is(err, cause) || !strings.Contains(err.Error(), "lock.coil (gpiochip0 17)") {
			t.Errorf("%v: want the pin and the cause", err)
		}
	}
	if err := p.In(9, gpio.NoEdge); err == nil {
		t.Error("took a resistor that does not exist")
	}
	if err := p.PWM(gpio.DutyHalf, 0); err == nil {
		t.Error("took PWM")
	}
	k.fail = nil
	if err := p.In(gpio.PullUp, gpio.NoEdge); err != nil {
		t.Fatal(err)
	}
	k.fail = cause
	if _, err := p.Level(); !errors.Is(err, cause) {
		t.Errorf("a failed reading: %v", err)
	}
	if p.Read() != gpio.Low {
		t.Error("a failed reading is High")
	}
}

func TestNoSuchChip(t *testing.T) {
	for _, chip := range []string{"no-such-chip", "../../etc/passwd", ""} {
		if _, err := Open(chip); err == nil || !strings.Contains(err.Error(), "no GPIO chip") {
			t.Errorf("%q: %v", chip, err)
		}
	}
}
