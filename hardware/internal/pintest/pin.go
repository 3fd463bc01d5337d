// Package pintest is a pin for tests of drivers: its level can be set, it can be made to fail, and it
// remembers what it was told. Its waits work in a testing/synctest bubble.
package pintest

import (
	"errors"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"
)

// ErrOutput is what reading an output gives: a real pin could let go of the coil.
var ErrOutput = errors.New("pintest: an output was read")

// Order is something a pin was told.
type Order struct {
	Level gpio.Level
	At    time.Time
}

// Pin is a pin. Make one with New.
type Pin struct {
	name string

	mu     sync.Mutex
	level  gpio.Level
	output bool
	want   gpio.Edge
	pull   gpio.Pull
	fail   error
	orders []Order
	halted int
	waits  int
	short  int // waits with a time-out of zero or below
	edges  chan struct{}
	halt   chan struct{}
}

// New returns a pin that nobody has configured.
func New(name string) *Pin {
	return &Pin{name: name, edges: make(chan struct{}, 16), halt: make(chan struct{})}
}

// Set sets the level of an input, as the world outside does.
func (p *Pin) Set(l gpio.Level) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.level == l {
		return
	}
	p.level = l
	if p.want == gpio.BothEdges || (p.want == gpio.RisingEdge) == bool(l) && p.want != gpio.NoEdge {
		select {
		case p.edges <- struct{}{}:
		default:
		}
	}
}

// Fail makes every call fail with err from now on; nil mends the pin.
func (p *Pin) Fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fail = err
}

// Orders returns all levels that Out took.
func (p *Pin) Orders() []Order {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Order(nil), p.orders...)
}

// Driven returns the level an output has; false if the pin is no output.
func (p *Pin) Driven() (gpio.Level, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.level, p.output
}

// Halted returns how often Halt was called.
func (p *Pin) Halted() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.halted
}

// Waits returns how often somebody waited for an edge, and how often without a positive time-out.
func (p *Pin) Waits() (all, endless int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.waits, p.short
}

// Resistor returns what In asked for.
func (p *Pin) Resistor() gpio.Pull {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pull
}

// String implements conn.Resource.
func (p *Pin) String() string { return p.name }

// Name implements pin.Pin.
func (p *Pin) Name() string { return p.name }

// Number implements pin.Pin.
func (p *Pin) Number() int { return -1 }

// Function implements pin.Pin; drivers must not call it.
func (p *Pin) Function() string { panic("pintest: Function was called") }

// Halt implements conn.Resource: it ends waits and lets go.
func (p *Pin) Halt() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.halted++
	close(p.halt)
	p.halt = make(chan struct{})
	if p.output {
		p.output, p.level = false, gpio.Low
	}
	return nil
}

// In implements gpio.PinIn.
func (p *Pin) In(pull gpio.Pull, edge gpio.Edge) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail != nil {
		return p.fail
	}
	p.pull, p.want, p.output = pull, edge, false
	return nil
}

// Level reads the pin with an error.
func (p *Pin) Level() (gpio.Level, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.output {
		return gpio.Low, ErrOutput
	}
	return p.level, p.fail
}

// Read implements gpio.PinIn.
func (p *Pin) Read() gpio.Level {
	l, err := p.Level()
	if errors.Is(err, ErrOutput) {
		panic(err)
	}
	return l
}

// WaitForEdge implements gpio.PinIn.
func (p *Pin) WaitForEdge(timeout time.Duration) bool {
	p.mu.Lock()
	p.waits++
	if timeout <= 0 {
		p.short++
	}
	halt := p.halt
	p.mu.Unlock()
	select {
	case <-p.edges:
		return true
	case <-halt:
		return false
	case <-time.After(timeout):
		return false
	}
}

// Pull implements gpio.PinIn.
func (p *Pin) Pull() gpio.Pull { return p.Resistor() }

// DefaultPull implements gpio.PinIn.
func (p *Pin) DefaultPull() gpio.Pull { return gpio.PullNoChange }

// Out implements gpio.PinOut.
func (p *Pin) Out(l gpio.Level) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail != nil {
		return p.fail
	}
	p.output, p.level = true, l
	p.orders = append(p.orders, Order{Level: l, At: time.Now()})
	return nil
}

// PWM implements gpio.PinOut.
func (p *Pin) PWM(gpio.Duty, physic.Frequency) error { return errors.New("pintest: no PWM") }

var _ gpio.PinIO = (*Pin)(nil)
