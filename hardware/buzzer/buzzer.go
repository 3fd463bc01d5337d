// Package buzzer makes short sounds on an active buzzer, one that sounds while its pin is High.
package buzzer

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"

	"vestibule/hardware/internal/drive"
)

// Longest is the longest a sound may be; a longer one is refused, so that no mistake leaves a house
// with a whining door.
const Longest = time.Minute

// Sound is a row of lengths, sounding and silent by turns, beginning with sounding.
type Sound []time.Duration

// Key is the short click for a key that was taken.
func Key() Sound { return Sound{30 * time.Millisecond} }

// Accepted is the sound of a code that opens.
func Accepted() Sound {
	return Sound{80 * time.Millisecond, 60 * time.Millisecond, 160 * time.Millisecond}
}

// Refused is the sound of a code that does not open.
func Refused() Sound { return Sound{400 * time.Millisecond} }

// Alarm is ten seconds of warning.
func Alarm() Sound {
	var s Sound
	for range 20 {
		s = append(s, 250*time.Millisecond, 250*time.Millisecond)
	}
	return s
}

func (s Sound) check() error {
	var sum time.Duration
	for _, d := range s {
		if d <= 0 {
			return errors.New("buzzer: a sound's lengths must be above zero")
		}
		if sum += d; sum > Longest {
			return fmt.Errorf("buzzer: a sound may last %v at most", Longest)
		}
	}
	return nil
}

// Buzzer plays one sound at a time. Its methods may be called from any goroutine.
type Buzzer struct {
	out  *drive.Output
	play chan Sound
	stop chan struct{}
	done chan struct{}
	once sync.Once
}

// New silences the buzzer and returns it.
func New(pin gpio.PinOut) (*Buzzer, error) {
	out, err := drive.New("buzzer", pin)
	if err != nil {
		return nil, err
	}
	b := &Buzzer{out: out, play: make(chan Sound), stop: make(chan struct{}), done: make(chan struct{})}
	go b.run()
	return b, nil
}

// String names the buzzer and its pin.
func (b *Buzzer) String() string { return b.out.String() }

// Play begins a sound and returns; it replaces one that is still playing. An empty sound is silence.
func (b *Buzzer) Play(s Sound) error {
	if err := s.check(); err != nil {
		return err
	}
	select {
	case b.play <- append(Sound(nil), s...):
		return nil
	case <-b.done:
		return fmt.Errorf("buzzer: %w", drive.ErrHalted)
	}
}

// Halt silences the buzzer for good.
func (b *Buzzer) Halt() error {
	b.once.Do(func() { close(b.stop) })
	<-b.done
	return b.out.Halt()
}

func (b *Buzzer) run() {
	defer close(b.done)
	var (
		rest Sound
		loud bool
		next <-chan time.Time
	)
	for {
		select {
		case <-b.stop:
			return
		case rest = <-b.play:
			loud = false
		case <-next:
		}
		// A buzzer that cannot be switched is not worth failing a visit for; Set keeps it off.
		if len(rest) == 0 {
			next = nil
			_ = b.out.Set(false)
			continue
		}
		loud = !loud
		_ = b.out.Set(loud)
		next = time.After(rest[0])
		rest = rest[1:]
	}
}
