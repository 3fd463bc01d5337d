package lock

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"

	"vestibule/hardware/contact"
)

const (
	look   = 5 * time.Millisecond   // between two looks at the switches while there is something to do
	glance = 100 * time.Millisecond // the same while there is nothing
)

// Motor is what a motor lock is made of. The lock halts the two pins and not the contacts.
type Motor struct {
	Draw   gpio.PinOut      // High runs the motor towards unlocked
	Throw  gpio.PinOut      // High runs it towards locked; never both
	Drawn  *contact.Contact // closed while the bolt is all the way back
	Thrown *contact.Contact // closed while the bolt is all the way out
	Door   *contact.Contact // closed while the door is shut; nil if none is wired
}

// motor runs the motor on a goroutine of its own, which owns the travel and the pins.
type motor struct {
	Motor
	orders chan bool // the newest only
	stop   chan struct{}
	done   chan struct{}
	moved  func(State)
	runs   direction // what the pins were last told
	sure   bool      // and took

	mu     sync.Mutex
	err    error // why a pin does not do what it should
	jammed bool
}

// NewMotor stops the motor and returns the lock, which then throws the bolt. Drawn and Thrown must
// be there.
func NewMotor(m Motor) (*Lock, error) {
	if m.Drawn == nil || m.Thrown == nil {
		return nil, errors.New("lock: a motor needs both end switches")
	}
	a := &motor{Motor: m, orders: make(chan bool, 1), stop: make(chan struct{}), done: make(chan struct{})}
	if err := a.run(still); err != nil {
		return nil, err
	}
	l := newLock(fmt.Sprintf("motor %s, %s", m.Draw, m.Throw), a)
	a.moved = l.tell
	go a.loop()
	return l, nil
}

func (m *motor) set(free bool) error {
	select {
	case <-m.orders:
	default:
	}
	m.orders <- free // only Lock sends, one at a time
	return nil
}

func (m *motor) state(free bool, _ time.Duration) State {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.ends().bolt()
	switch {
	case m.err != nil || m.jammed:
		return Unknown
	case free && at == Unknown:
		return On // on its way: it holds nothing any more
	case free != (at == On) && at != Unknown:
		return Unknown // about to move, or moved by somebody else
	}
	return at
}

// halt waits for a bolt that is on its way, or for the door to be shut, one travel at most; then it
// stops the motor and lets go.
func (m *motor) halt() error {
	close(m.stop)
	<-m.done
	return errors.Join(m.run(still), m.Draw.Halt(), m.Throw.Halt())
}

func (m *motor) ends() ends {
	return ends{drawn: m.Drawn.State(), thrown: m.Thrown.State(), door: m.Door.State()}
}

func (m *motor) loop() {
	defer close(m.done)
	t := travel{wait: time.Now().Add(settle)} // the switches have to be read first
	stop, was := m.stop, Unknown
	var until time.Time // when to give up, once halted
	for {
		now := time.Now()
		run, busy := t.step(m.ends(), now)
		err := m.run(run)
		m.mu.Lock()
		m.err, m.jammed = err, t.jammed()
		m.mu.Unlock()
		if is := m.ends().bolt(); is != was {
			was = is
			m.moved(is)
		}
		if !until.IsZero() && (!busy || now.After(until)) {
			return
		}
		pause := glance
		if busy {
			pause = look
		}
		select {
		case free := <-m.orders:
			t.order(free)
		case <-stop:
			stop, until = nil, now.Add(Travel)
		case <-time.After(pause):
		}
	}
}

// run drives the motor's pins. The one that should be Low is set first, so that they are never both High.
func (m *motor) run(d direction) error {
	if d == m.runs && m.sure {
		return nil
	}
	low, other := m.Draw, m.Throw
	if d == drawing {
		low, other = other, low
	}
	err := low.Out(gpio.Low)
	m.runs, m.sure = d, err == nil
	if err = errors.Join(err, other.Out(gpio.Level(m.sure && d != still))); err != nil {
		m.sure = false
		return fmt.Errorf("lock: run the motor: %w", err)
	}
	return nil
}
