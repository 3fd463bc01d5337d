package sim

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"

	"vestibule/hardware/board"
)

// pin is one pin of a house.
type pin struct {
	client *Client
	role   board.Role
	number int
	input  bool // the house answers on it

	mu    sync.Mutex
	drive string // what it drives, "" for nothing yet
	pull  gpio.Pull
	want  gpio.Edge
	edges chan gpio.Level
	halt  chan struct{} // closed to end waits
}

func newPin(c *Client, role board.Role, number int) *pin {
	return &pin{
		client: c, role: role, number: number, input: slices.Contains(Inputs(), role),
		edges: make(chan gpio.Level, 64), halt: make(chan struct{}),
	}
}

func (p *pin) String() string { return fmt.Sprintf("%s (simulated)", p.role) }
func (p *pin) Name() string   { return string(p.role) }
func (p *pin) Number() int    { return p.number }

func (p *pin) Function() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch p.drive {
	case "":
		return ""
	case "float":
		return "In"
	default:
		return "Out"
	}
}

// Halt lets the pin go and ends waits for an edge.
func (p *pin) Halt() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unblock()
	p.want = gpio.NoEdge
	if p.drive == "" || p.drive == "float" {
		return nil
	}
	p.drive = "float"
	if p.client.Err() != nil {
		return nil // the house has let it go
	}
	return p.client.drive(p.role, p.drive)
}

func (p *pin) unblock() {
	close(p.halt)
	p.halt = make(chan struct{})
}

func (p *pin) Out(l gpio.Level) error {
	if p.input {
		return fmt.Errorf("sim: %s is an input", p.role)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drive = "low"
	if l == gpio.High {
		p.drive = "high"
	}
	return p.client.drive(p.role, p.drive)
}

func (p *pin) In(pull gpio.Pull, edge gpio.Edge) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.input {
		if edge != gpio.NoEdge {
			return fmt.Errorf("sim: %s has no edges", p.role)
		}
		p.drive = "float"
		return p.client.drive(p.role, p.drive)
	}
	if err := p.client.Err(); err != nil {
		return err
	}
	p.unblock()
	for len(p.edges) > 0 {
		<-p.edges
	}
	p.drive, p.pull, p.want = "float", pull, edge
	return nil
}

// Level returns an input's level, or what an output was last told.
func (p *pin) Level() (gpio.Level, error) {
	if p.input {
		return p.client.level(p.role)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.drive == "high", p.client.Err()
}

func (p *pin) Read() gpio.Level {
	l, err := p.Level()
	return l && err == nil
}

// edge is told by the client when the level has changed.
func (p *pin) edge(l gpio.Level) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.want == gpio.BothEdges || (p.want == gpio.RisingEdge && bool(l)) || (p.want == gpio.FallingEdge && !bool(l)) {
		select {
		case p.edges <- l:
		default: // the waiter is awake and will read the level
		}
	}
}

// WaitForEdge waits for an edge; false means that the time was over, that In or Halt was called, or
// that the house has gone while it waited. Once the house is gone it waits for the whole time-out, so
// that nobody who waits again and again does so in vain and in haste.
func (p *pin) WaitForEdge(timeout time.Duration) bool {
	p.mu.Lock()
	halt, wanted := p.halt, p.want != gpio.NoEdge
	p.mu.Unlock()
	gone := p.client.Done()
	select {
	case <-gone:
		gone = nil
	default:
	}
	if !wanted {
		return false
	}
	var late <-chan time.Time
	if timeout >= 0 {
		t := time.NewTimer(timeout)
		defer t.Stop()
		late = t.C
	}
	select {
	case <-p.edges:
		return true
	case <-halt:
	case <-gone:
	case <-late:
	}
	return false
}

func (p *pin) Pull() gpio.Pull {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pull
}

func (p *pin) DefaultPull() gpio.Pull { return gpio.PullDown }

func (p *pin) PWM(gpio.Duty, physic.Frequency) error {
	return fmt.Errorf("sim: %s: PWM is not offered", p.role)
}

var _ gpio.PinIO = (*pin)(nil)
