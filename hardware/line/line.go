// Package line is a real pin: gpio.PinIO over one line of the kernel's GPIO character device.
//
// It exists because periph's own driver for the character device is not fit for a lock (host/v3
// 3.8.5, seen with traced lines): it drives Low before the High that Out(High) asks for, and Read
// or Function on an output turns the line into an input, which lets go of the coil. Here direction
// and value are one request to the kernel; an output's value is read without touching it; edges
// carry the kernel's time stamp.
//
// A line is taken when the pin first becomes an input or an output, and let go by Halt; then, or
// when the program dies, the line is an input with the board's own resistor again.
//
// Not measured on real hardware yet.
package line

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/warthog618/go-gpiocdev"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"

	"vestibule/hardware/level"
)

const (
	consumer = "vestibule"
	backlog  = 64 // edges kept while nobody waits
)

// ErrHalted says that the pin was let go: no level is known.
var ErrHalted = errors.New("the line is not taken")

// handle is what the kernel gives for a line; *gpiocdev.Line is one.
type handle interface {
	SetValue(int) error
	Value() (int, error)
	Reconfigure(...gpiocdev.LineConfigOption) error
	Close() error
}

type request func(offset int, o ...gpiocdev.LineReqOption) (handle, error)

// Chip is a GPIO chip that is open. Its lines are asked for on that open file and on no path, so a
// program that has opened its chips may lock itself out of /dev and /sys before it takes a line.
type Chip struct {
	chip *gpiocdev.Chip
}

// Open opens a chip, given by name ("gpiochip0"), path or label ("pinctrl-bcm2835"). No line is
// touched.
func Open(chip string) (*Chip, error) {
	name, err := find(chip)
	if err != nil {
		return nil, err
	}
	c, err := gpiocdev.NewChip(name)
	if err != nil {
		return nil, fmt.Errorf("GPIO chip %q: %w", chip, err)
	}
	return &Chip{c}, nil
}

// Pin returns the pin at offset. It does not touch the line. name is for people.
func (c *Chip) Pin(offset int, name string) *Pin {
	return newPin(c.chip.Name, offset, name, func(offset int, o ...gpiocdev.LineReqOption) (handle, error) {
		l, err := c.chip.RequestLine(offset, o...)
		if err != nil {
			return nil, err
		}
		return l, nil
	})
}

// Close closes the chip. Lines that are taken stay taken; no other can be taken any more.
func (c *Chip) Close() error {
	if err := c.chip.Close(); err != nil {
		return fmt.Errorf("GPIO chip %s: %w", c.chip.Name, err)
	}
	return nil
}

type mode uint8

const (
	released mode = iota
	input         // without edges
	watched       // an input with edges
	output
)

// Pin is one line of a [Chip]. Its methods may be called from any goroutine.
type Pin struct {
	chip   string
	offset int
	name   string
	ask    request

	// Debounce is how long the kernel waits for an input with edges to hold still; 0 leaves that to
	// the drivers. Set it before In.
	Debounce time.Duration

	mu    sync.Mutex
	h     handle
	mode  mode
	pull  gpio.Pull
	level gpio.Level // what an output was last told
	edges chan level.Edge
	halt  chan struct{} // closed to end waits
}

func newPin(chip string, offset int, name string, ask request) *Pin {
	return &Pin{chip: chip, offset: offset, name: name, ask: ask, halt: make(chan struct{})}
}

// find returns the name of a chip that is given by name, path or label.
func find(chip string) (string, error) {
	base := strings.TrimPrefix(chip, "/dev/")
	if filepath.Base(base) == base && gpiocdev.IsChip(base) == nil {
		return base, nil
	}
	var labels []string
	for _, name := range gpiocdev.Chips() {
		c, err := gpiocdev.NewChip(name)
		if err != nil {
			continue
		}
		label := c.Label
		err = c.Close()
		if label == chip && err == nil {
			return name, nil
		}
		labels = append(labels, fmt.Sprintf("%s (%s)", name, label))
	}
	if len(labels) == 0 {
		return "", fmt.Errorf("no GPIO chip %q: this machine has none, or this user may not open it", chip)
	}
	return "", fmt.Errorf("no GPIO chip %q; there is %s", chip, strings.Join(labels, ", "))
}

// String names the pin, its chip and its offset.
func (p *Pin) String() string { return fmt.Sprintf("%s (%s %d)", p.name, p.chip, p.offset) }

// Name returns what the pin is for.
func (p *Pin) Name() string { return p.name }

// Number returns the offset on the chip.
func (p *Pin) Number() int { return p.offset }

// Function returns "In", "Out" or "" from memory; it does not touch the line.
func (p *Pin) Function() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch p.mode {
	case input, watched:
		return "In"
	case output:
		return "Out"
	default:
		return ""
	}
}

// Halt lets go of the line and ends waits for an edge. In or Out take it again.
func (p *Pin) Halt() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.release()
}

// release closes the line. Call with mu held.
func (p *Pin) release() error {
	close(p.halt)
	p.halt = make(chan struct{})
	h := p.h
	p.h, p.mode, p.edges = nil, released, nil
	if h == nil {
		return nil
	}
	if err := h.Close(); err != nil {
		return fmt.Errorf("line %s: let go: %w", p, err)
	}
	return nil
}

// Out makes the line an output with level l, in one request to the kernel, so that no other level is
// seen in between.
func (p *Pin) Out(l gpio.Level) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	v := 0
	if l == gpio.High {
		v = 1
	}
	var err error
	switch p.mode {
	case output:
		err = p.h.SetValue(v)
	case input:
		err = p.h.Reconfigure(gpiocdev.AsOutput(v))
	default: // a line with edges cannot be changed in place
		err = p.take(gpiocdev.AsOutput(v))
	}
	if err != nil {
		return fmt.Errorf("line %s: drive %v: %w", p, l, err)
	}
	p.mode, p.level, p.pull = output, l, gpio.PullNoChange
	return nil
}

// In makes the line an input and forgets edges seen before.
func (p *Pin) In(pull gpio.Pull, edge gpio.Edge) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var bias gpiocdev.LineBias
	switch pull {
	case gpio.PullNoChange:
		bias = gpiocdev.WithBiasAsIs
	case gpio.Float:
		bias = gpiocdev.WithBiasDisabled
	case gpio.PullDown:
		bias = gpiocdev.WithPullDown
	case gpio.PullUp:
		bias = gpiocdev.WithPullUp
	default:
		return fmt.Errorf("line %s: no such resistor: %v", p, pull)
	}
	var err error
	switch {
	case edge != gpio.NoEdge:
		err = p.watch(bias, edge)
	case p.mode == input || p.mode == output:
		err = p.h.Reconfigure(gpiocdev.AsInput, bias)
	default:
		err = p.take(gpiocdev.AsInput, bias)
	}
	if err != nil {
		return fmt.Errorf("line %s: make it an input: %w", p, err)
	}
	p.mode, p.pull = input, pull
	if edge != gpio.NoEdge {
		p.mode = watched
	}
	return nil
}

// watch takes the line with edge detection. Call with mu held.
func (p *Pin) watch(bias gpiocdev.LineBias, edge gpio.Edge) error {
	var which gpiocdev.LineEdge
	switch edge {
	case gpio.RisingEdge:
		which = gpiocdev.WithRisingEdge
	case gpio.FallingEdge:
		which = gpiocdev.WithFallingEdge
	case gpio.BothEdges:
		which = gpiocdev.WithBothEdges
	default:
		return fmt.Errorf("no such edge: %v", edge)
	}
	edges := make(chan level.Edge, backlog)
	options := []gpiocdev.LineReqOption{
		gpiocdev.AsInput, bias, which, gpiocdev.WithMonotonicEventClock, gpiocdev.WithEventBufferSize(backlog),
		gpiocdev.WithEventHandler(func(e gpiocdev.LineEvent) {
			// With a full backlog the newest is dropped: the waiter is awake and reads the level.
			select {
			case edges <- level.Edge{Level: e.Type == gpiocdev.LineEventRisingEdge, At: e.Timestamp}:
			default:
			}
		}),
	}
	if p.Debounce > 0 {
		options = append(options, gpiocdev.WithDebounce(p.Debounce))
	}
	if err := p.take(options...); err != nil {
		return err
	}
	p.edges = edges
	return nil
}

// take requests the line anew. Call with mu held.
func (p *Pin) take(options ...gpiocdev.LineReqOption) error {
	if err := p.release(); err != nil {
		return err
	}
	h, err := p.ask(p.offset, append(options, gpiocdev.WithConsumer(consumer+" "+p.name))...)
	if err != nil {
		return err
	}
	p.h = h
	return nil
}

// Level returns the line's level. For an output it is the level on the line, read without letting go.
func (p *Pin) Level() (gpio.Level, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.h == nil {
		return gpio.Low, fmt.Errorf("line %s: %w", p, ErrHalted)
	}
	v, err := p.h.Value()
	if err != nil {
		return gpio.Low, fmt.Errorf("line %s: read: %w", p, err)
	}
	return v == 1, nil
}

// Read returns the level, Low if it cannot be read; [Pin.Level] tells the two apart.
func (p *Pin) Read() gpio.Level {
	l, _ := p.Level()
	return l
}

// WaitForEdge waits for an edge; false means that the time was over, that In or Halt was called, or
// that In did not ask for edges. A time-out below zero is none.
func (p *Pin) WaitForEdge(timeout time.Duration) bool {
	_, ok := p.Next(timeout)
	return ok
}

// Next is WaitForEdge with the edge and the kernel's time stamp.
func (p *Pin) Next(timeout time.Duration) (level.Edge, bool) {
	p.mu.Lock()
	edges, halt := p.edges, p.halt
	p.mu.Unlock()
	if edges == nil {
		return level.Edge{}, false
	}
	var late <-chan time.Time
	if timeout >= 0 {
		t := time.NewTimer(timeout)
		defer t.Stop()
		late = t.C
	}
	select {
	case e := <-edges:
		return e, true
	case <-halt:
	case <-late:
	}
	return level.Edge{}, false
}

// Pull returns the resistor that In asked for.
func (p *Pin) Pull() gpio.Pull {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pull
}

// DefaultPull returns PullDown, which is what a Raspberry Pi has at GPIO 9 to 27, the only ones a
// board file may name.
func (p *Pin) DefaultPull() gpio.Pull { return gpio.PullDown }

// PWM is not offered.
func (p *Pin) PWM(gpio.Duty, physic.Frequency) error {
	return fmt.Errorf("line %s: PWM is not offered", p)
}

var (
	_ gpio.PinIO    = (*Pin)(nil)
	_ level.Checked = (*Pin)(nil)
	_ level.Timed   = (*Pin)(nil)
)
