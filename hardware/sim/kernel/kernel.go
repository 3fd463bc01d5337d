// Package kernel puts a simulated house behind the kernel's simulated GPIO lines, so that drivers and programs
// can be tried on the kernel's own pins with a door at their other end.
//
// The kernel's gpio-sim makes a chip whose lines are pulled and read from outside by files in /sys.
// Here a [Bench] plays the wires: what an output says is read from there and told to the house, and
// what the house's switches say is pulled there. It looks every 4 ms, so what is shorter may be missed;
// a key matrix, whose driver reads its columns at once, needs [Bench.Rows].
//
// It needs root and the module gpio-sim (Linux 5.17), as scripts/vm has them.
package kernel

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"vestibule/hardware/board"
	"vestibule/hardware/sim"
)

const (
	configfs = "/sys/kernel/config/gpio-sim"
	lines    = 28 // of a Raspberry Pi, on its header
	every    = 4 * time.Millisecond
)

// Bench is a simulated chip, wired to a house. Its methods may be called from any goroutine.
type Bench struct {
	house  *sim.Server
	config string
	places map[board.Role]board.Place
	pins   map[board.Role]*wire
	stop   chan struct{}
	done   chan struct{}

	mu   sync.Mutex
	hand map[board.Role]bool // lines that are moved by hand and not by the house
	err  error
}

// wire is one simulated line, from outside.
type wire struct{ value, pull *os.File }

// New makes a chip with the label that the layout names, which has to be the same for all pins, and
// wires it to house. Lines that the house does not have are moved by hand.
func New(layout board.Layout, house *sim.Server) (_ *Bench, err error) {
	b := &Bench{
		house: house, config: filepath.Join(configfs, "door"), pins: map[board.Role]*wire{}, hand: map[board.Role]bool{},
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("bench: %w", errors.Join(err, b.remove()))
		}
	}()
	b.places = layout.Places()
	var label string
	for _, p := range b.places {
		label = p.Chip
	}
	chip, err := b.chip(label)
	if err != nil {
		return nil, err
	}
	for role, p := range b.places {
		if p.Chip != label {
			return nil, fmt.Errorf("two chips: %s and %s", label, p.Chip)
		}
		w := &wire{}
		b.pins[role] = w
		line := filepath.Join(chip, "sim_gpio"+strconv.Itoa(p.Offset))
		w.value, err = os.Open(filepath.Join(line, "value"))
		if err != nil {
			return nil, err
		}
		w.pull, err = os.OpenFile(filepath.Join(line, "pull"), os.O_WRONLY, 0)
		if err != nil {
			return nil, err
		}
	}
	go b.run()
	return b, nil
}

// chip makes the chip and returns where its lines are.
func (b *Bench) chip(label string) (string, error) {
	bank := filepath.Join(b.config, "bank0")
	if err := os.MkdirAll(bank, 0o755); err != nil {
		return "", err
	}
	for _, set := range [][2]string{{bank + "/num_lines", strconv.Itoa(lines)}, {bank + "/label", label}, {b.config + "/live", "1"}} {
		if err := os.WriteFile(set[0], []byte(set[1]), 0); err != nil {
			return "", err
		}
	}
	device, err := os.ReadFile(b.config + "/dev_name")
	if err != nil {
		return "", err
	}
	chip, err := os.ReadFile(bank + "/chip_name")
	if err != nil {
		return "", err
	}
	return filepath.Join("/sys/devices/platform", strings.TrimSpace(string(device)), strings.TrimSpace(string(chip))), nil
}

// Close removes the chip. Programs that have lines of it must have ended.
func (b *Bench) Close() error {
	close(b.stop)
	<-b.done
	return errors.Join(b.err, b.remove())
}

func (b *Bench) remove() error {
	var errs []error
	for _, w := range b.pins {
		for _, f := range []*os.File{w.value, w.pull} {
			if f != nil {
				errs = append(errs, f.Close())
			}
		}
	}
	if _, err := os.Stat(b.config); err != nil {
		return errors.Join(errs...)
	}
	errs = append(errs, os.WriteFile(b.config+"/live", []byte("0"), 0))
	return errors.Join(append(errs, os.Remove(filepath.Join(b.config, "bank0")), os.Remove(b.config))...)
}

// High reads the level that a line has, driven or pulled.
func (b *Bench) High(r board.Role) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.high(r)
}

func (b *Bench) high(r board.Role) (bool, error) {
	w := b.pins[r]
	if w == nil {
		return false, fmt.Errorf("bench: no line for %s", r)
	}
	var level [1]byte
	if _, err := w.value.ReadAt(level[:], 0); err != nil {
		return false, fmt.Errorf("bench: %s: %w", r, err)
	}
	return level[0] == '1', nil
}

// Pull moves a line by hand, as a stuck or chattering switch would; from then on the house does not
// move it any more, until [Bench.Free].
func (b *Bench) Pull(r board.Role, high bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hand[r] = true
	return b.pull(r, high)
}

func (b *Bench) pull(r board.Role, high bool) error {
	w, how := b.pins[r], "pull-down"
	if high {
		how = "pull-up"
	}
	if w == nil {
		return fmt.Errorf("bench: no line for %s", r)
	}
	if _, err := w.pull.WriteAt([]byte(how), 0); err != nil {
		return fmt.Errorf("bench: %s: %w", r, err)
	}
	return nil
}

// Free gives a line back to the house.
func (b *Bench) Free(r board.Role) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.hand, r)
}

func (b *Bench) run() {
	defer close(b.done)
	for {
		select {
		case <-b.stop:
			return
		case <-time.After(every):
			b.Forward()
		}
	}
}

// Forward makes all wires carry what is at their ends now.
func (b *Bench) Forward() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.house.Do(func(h *sim.House, now time.Time) {
		for _, r := range []board.Role{board.Coil, board.Lamp, board.Courtesy, board.Camera, board.Buzzer} {
			if b.pins[r] == nil {
				continue
			}
			high, err := b.high(r)
			b.keep(err)
			d := sim.Low
			if high {
				d = sim.High
			}
			b.keep(h.Drive(r, d, now))
		}
		levels := h.Levels()
		for _, r := range sim.Inputs() {
			if b.pins[r] == nil || b.hand[r] {
				continue
			}
			// A program that takes a line with a resistor overrides the pull, so what counts is the level.
			is, err := b.high(r)
			b.keep(err)
			if want := levels.High(r); is != want {
				b.keep(b.pull(r, want))
			}
		}
	})
}

// keep remembers the first error for Close. Call with mu held.
func (b *Bench) keep(err error) {
	if b.err == nil {
		b.err = err
	}
}

// Rows returns pins with those of a key matrix's rows wrapped: what a driver does with a row is carried to the
// columns before the driver goes on, as a wire would.
func (b *Bench) Rows(pins board.Pins) board.Pins {
	wrapped := board.Pins{}
	for role, pin := range pins {
		if slices.Contains([]board.Role{board.Row1, board.Row2, board.Row3, board.Row4}, role) {
			pin = &row{PinIO: pin, bench: b, role: role}
		}
		wrapped[role] = pin
	}
	return wrapped
}
