// Package watchdog feeds the machine's hardware watchdog: a timer outside the processor that restarts
// the machine unless a program says often enough that it is alive.
//
// It speaks to the kernel's watchdog device by writing alone (Documentation/watchdog/watchdog-api.rst):
// any byte feeds it, and a 'V' as the last byte before the file is closed, the magic close, disarms
// it. There is no ioctl, so the timeout is the driver's own: 15 s on a Raspberry Pi
// (bcm2835_wdt), 60 s for softdog, unless a module parameter says otherwise.
//
// Opening arms it. From then on only feeding or Halt keep the machine from restarting: a program
// that dies without Halt takes the machine with it, and the machine that comes up has its lock's pin
// low. A driver built or loaded with nowayout ignores Halt, too.
//
// What the kernel says of why the machine started ([Bit]) is read from sysfs for the same reason. Not every
// driver knows: of one that does not, nobody learns that its watchdog bit. Not measured on a
// Raspberry Pi.
//
// Non-goals: the goroutine to feed from. Feeding must follow from the work being done, so it belongs into
// the loop that does the work; a goroutine of its own would feed for a loop that hangs.
package watchdog

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// ErrHalted refuses to feed after Halt.
var ErrHalted = errors.New("watchdog: halted")

// Sysfs is where the kernel says of each watchdog what it knows (CONFIG_WATCHDOG_SYSFS).
const Sysfs = "/sys/class/watchdog"

// Bit reports whether the watchdog at a device node, such as /dev/watchdog, restarted the machine
// the last time it started: WDIOF_CARDRESET in what sysfs calls bootstatus. The error is
// os.ErrNotExist where the kernel does not say.
func Bit(sysfs, path string) (bool, error) {
	const cardReset = 0x20 // linux/watchdog.h
	name := filepath.Base(path)
	if name == "watchdog" {
		name = "watchdog0" // the old name of the first
	}
	text, err := os.ReadFile(filepath.Join(sysfs, name, "bootstatus"))
	if err != nil {
		return false, fmt.Errorf("watchdog: %w", err)
	}
	status, err := strconv.ParseUint(strings.TrimSpace(string(text)), 0, 32)
	if err != nil {
		return false, fmt.Errorf("watchdog: bootstatus of %s: %w", name, err)
	}
	return status&cardReset != 0, nil
}

// Watchdog is an armed watchdog. Its methods may be called from any goroutine. A nil Watchdog is one
// that is not there; feeding it does nothing.
type Watchdog struct {
	name string

	mu   sync.Mutex
	file io.WriteCloser
}

// Open arms the watchdog at a device node, such as /dev/watchdog. Only one program can have it.
func Open(path string) (*Watchdog, error) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("watchdog: %w", err)
	}
	return &Watchdog{name: path, file: f}, nil
}

// String names the watchdog.
func (w *Watchdog) String() string { return "watchdog (" + w.name + ")" }

// Feed says that the program is alive. Feed it at least three times as often as the timeout asks.
func (w *Watchdog) Feed() error {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.file == nil {
		return ErrHalted
	}
	if _, err := w.file.Write([]byte{0}); err != nil {
		return fmt.Errorf("watchdog: feed %s: %w", w.name, err)
	}
	return nil
}

// Halt disarms the watchdog, for a program that ends as it should.
func (w *Watchdog) Halt() error {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.file == nil {
		return nil
	}
	_, err := w.file.Write([]byte{'V'})
	err = errors.Join(err, w.file.Close())
	w.file = nil
	if err != nil {
		return fmt.Errorf("watchdog: disarm %s: %w", w.name, err)
	}
	return nil
}
