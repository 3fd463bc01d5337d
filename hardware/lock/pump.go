package lock

import (
	"fmt"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"

	"vestibule/hardware/contact"
)

// Beat is how long a charge pump's pin stays at each level: 250 Hz. The pump's capacitor has to bridge
// a few missed beats, 20 ms is right, and no more.
const Beat = 2 * time.Millisecond

// pump keeps a pin toggling while the door is free. A capacitor between the pin and the coil's driver
// lets only change through, so that a pin stuck at either level, a hung processor and a short to the
// supply all hold the door.
type pump struct {
	pin   gpio.PinOut
	relay *contact.Contact
	stop  chan struct{} // nil at rest
	done  chan struct{}

	mu  sync.Mutex
	err error // why the pin stopped toggling by itself
}

// NewPumped is [New] for a coil behind a charge pump.
func NewPumped(pin gpio.PinOut, relay *contact.Contact) (*Lock, error) {
	p := &pump{pin: pin, relay: relay}
	if err := p.set(false); err != nil {
		return nil, err
	}
	return newLock(pin.String()+", pumped", p), nil
}

func (p *pump) set(free bool) error {
	if p.stop != nil {
		close(p.stop)
		<-p.done // at most one switching of the pin
		p.stop = nil
	}
	p.fail(nil)
	if err := p.pin.Out(gpio.Level(free)); err != nil {
		return fmt.Errorf("lock: switch the coil %s %s: %w", p.pin, ordered(free), err)
	}
	if free {
		p.stop, p.done = make(chan struct{}), make(chan struct{})
		go p.run(p.stop, p.done)
	}
	return nil
}

// run toggles. It ends by itself after [Limit], whatever became of the timers.
func (p *pump) run(stop <-chan struct{}, done chan<- struct{}) {
	defer close(done)
	beats := time.NewTicker(Beat)
	defer beats.Stop()
	start := time.Now()
	for l := gpio.Low; time.Since(start) < Limit; l = !l {
		select {
		case <-beats.C:
		case <-stop:
			return
		}
		if err := p.pin.Out(l); err != nil {
			p.fail(err)
			return
		}
	}
}

func (p *pump) fail(err error) {
	p.mu.Lock()
	p.err = err
	p.mu.Unlock()
}

func (p *pump) state(free bool, age time.Duration) State {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return Unknown
	}
	return believe(p.relay, free, age)
}

func (p *pump) halt() error { return p.pin.Halt() }
