// Package wiegand reads a keypad or card reader that speaks Wiegand: two lines, D0 and D1, both High
// at rest; a bit is a Low pulse of 20 to 100 µs on one of them, bits are 0.2 to 20 ms apart.
//
// # How bits keep their order
//
// A pulse is over before any program wakes up, and the two lines are watched apart. So the kernel
// stamps each falling edge with its time; when both lines have been silent for 50 ms the pulses are
// sorted by their stamps and decoded ([Decode], which is pure). Should the machine have been so late that
// the rest only comes then, its stamps say that it belongs to what came before. A transmission with a
// bit too many or too few, a wrong parity or impossible times is dropped whole.
//
// # Non-goals
//
// What a key or a card means is the gate's business; a card's number is no secret, anybody who stood
// near the card has it, so a card alone should never open. A reader's lines are not supervised: with a cut
// cable it is silent. Such keypads tell no release of a key, so nothing can be held down on them.
// OSDP, which is encrypted, is another protocol.
//
// Not measured on real hardware yet.
package wiegand

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"

	"vestibule/hardware/keypad"
	"vestibule/hardware/level"
)

const (
	silence = 50 * time.Millisecond // after which a transmission is over
	refresh = time.Minute           // the longest sleep, in case an edge was lost
	most    = 64                    // pulses that are kept of one transmission
)

// Card is a card that was held to the reader.
type Card struct {
	Bits   int    // 26 to 37
	Number uint64 // without parity
	At     time.Time
}

// Reader is a keypad, a card reader, or both in one. Its methods may be called from any goroutine.
type Reader struct {
	d0, d1  gpio.PinIn
	pulses  chan Pulse
	events  chan keypad.Event
	cards   chan Card
	stop    chan struct{}
	once    sync.Once
	wait    sync.WaitGroup
	haltErr error

	mu  sync.Mutex
	err error
}

// New takes the two lines and begins to listen. The pins' own pull-ups hold the lines High, so that a
// reader that is not there says nothing.
func New(d0, d1 gpio.PinIn) (*Reader, error) {
	for _, p := range []gpio.PinIn{d0, d1} {
		if err := p.In(gpio.PullUp, gpio.FallingEdge); err != nil {
			return nil, fmt.Errorf("wiegand: make %s an input: %w", p, err)
		}
	}
	r := &Reader{
		d0: d0, d1: d1, pulses: make(chan Pulse, 2*most), stop: make(chan struct{}),
		events: make(chan keypad.Event, 32), cards: make(chan Card, 4),
	}
	r.wait.Add(3)
	go r.listen(d0, false)
	go r.listen(d1, true)
	go r.run()
	return r, nil
}

// String names the reader and its lines.
func (r *Reader) String() string { return fmt.Sprintf("wiegand (%s, %s)", r.d0, r.d1) }

// Events carries keys: each goes down and up at once, for the line does not tell more. While nobody
// reads, new keys are dropped after 16. It is closed by Halt.
func (r *Reader) Events() <-chan keypad.Event { return r.events }

// Cards carries cards; while nobody reads, new ones are dropped after 4. It is closed by Halt.
func (r *Reader) Cards() <-chan Card { return r.cards }

// Err returns why the last transmission was dropped, nil if it was not.
func (r *Reader) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Halt ends the listening and lets go of the lines.
func (r *Reader) Halt() error {
	r.once.Do(func() {
		close(r.stop)
		r.haltErr = errors.Join(r.d0.Halt(), r.d1.Halt()) // ends waits for an edge
		r.wait.Wait()
	})
	return r.haltErr
}

// listen passes on the pulses of one line.
func (r *Reader) listen(p gpio.PinIn, one bool) {
	defer r.wait.Done()
	start := time.Now()
	next := func() (time.Duration, bool) { // for a pin without the kernel's stamps
		ok := p.WaitForEdge(refresh)
		return time.Since(start), ok
	}
	if timed, ok := p.(level.Timed); ok {
		next = func() (time.Duration, bool) {
			e, ok := timed.Next(refresh)
			return e.At, ok
		}
	}
	for {
		at, ok := next()
		if !ok {
			// At most a thousand rounds a second, should a pin refuse to wait.
			select {
			case <-time.After(time.Millisecond):
				continue
			case <-r.stop:
				return
			}
		}
		select {
		case r.pulses <- Pulse{One: one, At: at}:
		case <-r.stop:
			return
		}
	}
}

// run owns the transmission that is under way.
func (r *Reader) run() {
	defer r.wait.Done()
	defer close(r.events)
	defer close(r.cards)
	var (
		got  []Pulse
		last time.Duration // the newest stamp among them
		torn bool          // they were no message by themselves
	)
	for {
		var over <-chan time.Time
		if len(got) > 0 && !torn {
			over = time.After(silence)
		}
		select {
		case p := <-r.pulses:
			if len(got) == 0 || torn && p.At-last > tooFar {
				got, last = got[:0], p.At
			}
			torn, last = false, max(last, p.At)
			if len(got) < most { // more than any message has: it will be dropped, however long it is
				got = append(got, p)
			}
		case <-over:
			m, err := Decode(got)
			r.mu.Lock()
			r.err = err
			r.mu.Unlock()
			if torn = errors.Is(err, ErrLength); !torn {
				got = got[:0]
			}
			if err == nil {
				r.tell(m, time.Now())
			}
		case <-r.stop:
			return
		}
	}
}

func (r *Reader) tell(m Message, now time.Time) {
	if m.Key == 0 {
		select {
		case r.cards <- Card{Bits: m.Bits, Number: m.Card, At: now}:
		default:
		}
		return
	}
	if len(r.events)+2 > cap(r.events) {
		return // a key goes down and up, or not at all
	}
	r.events <- keypad.Event{Key: m.Key, Down: true, At: now}
	r.events <- keypad.Event{Key: m.Key, At: now}
}
