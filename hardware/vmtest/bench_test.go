//go:build vm

package vmtest

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"vestibule/hardware/board"
	"vestibule/hardware/lock"
	"vestibule/hardware/sim"
	"vestibule/hardware/sim/kernel"
)

// patience is long, for the machine is emulated.
const patience = 20 * time.Second

// TestMain lets the test's own binary be a program that holds the lock and is killed.
func TestMain(m *testing.M) {
	if path := os.Getenv("VESTIBULE_HOLDS"); path != "" {
		if err := hold(path); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// hold frees the door and does not end by itself before its pulse does.
func hold(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	l, err := board.Parse(strings.NewReader(string(text)))
	if err != nil {
		return err
	}
	pins, _, err := l.Open()
	if err != nil {
		return err
	}
	d, err := l.Fit().Open(pins)
	if err != nil {
		return err
	}
	if err := d.Lock.Pulse(lock.Limit); err != nil {
		return err
	}
	fmt.Println("on")
	time.Sleep(time.Hour)
	return nil
}

// door is a door on the kernel's lines.
type door struct {
	*testing.T
	layout board.Layout
	file   string
	house  *sim.Server
	bench  *kernel.Bench
	close  []func() error
}

// example is the board file that is published.
func example(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("/job/raspberrypi.board")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func newDoor(t *testing.T, text string) *door {
	t.Helper()
	d := &door{T: t, house: sim.NewServer(), file: t.TempDir() + "/door.board"}
	if err := os.WriteFile(d.file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if d.layout, err = board.Parse(strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	if d.bench, err = kernel.New(d.layout, d.house); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		var errs []error
		for i := len(d.close) - 1; i >= 0; i-- {
			errs = append(errs, d.close[i]())
		}
		if err := errors.Join(append(errs, d.bench.Close(), d.house.Close())...); err != nil {
			t.Error(err)
		}
	})
	return d
}

// open opens the door's hardware on the kernel's lines.
func (d *door) open() *board.Door {
	d.Helper()
	pins, closeChips, err := d.layout.Open()
	if err != nil {
		d.Fatal(err)
	}
	d.close = append(d.close, closeChips)
	b, err := d.layout.Fit().Open(d.bench.Rows(pins))
	if err != nil {
		d.Fatal(err)
	}
	d.close = append(d.close, b.Halt)
	return b
}

func (d *door) until(what string, ok func() bool) time.Duration {
	d.Helper()
	start := time.Now()
	for !ok() {
		if time.Since(start) > patience {
			d.Fatalf("waited %v until %s; the house: %+v", patience, what, d.house.View())
		}
		time.Sleep(time.Millisecond)
	}
	return time.Since(start)
}

func (d *door) do(f func(h *sim.House, now time.Time)) { d.house.Do(f) }

func (d *door) high(r board.Role) bool {
	d.Helper()
	high, err := d.bench.High(r)
	if err != nil {
		d.Fatal(err)
	}
	return high
}

func (d *door) pull(r board.Role, high bool) {
	d.Helper()
	if err := d.bench.Pull(r, high); err != nil {
		d.Fatal(err)
	}
}

// child starts a program that frees the door, and returns once it has.
func (d *door) child() *exec.Cmd {
	d.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), "VESTIBULE_HOLDS="+d.file)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		d.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		d.Fatal(err)
	}
	if said := bufio.NewScanner(out); !said.Scan() || said.Text() != "on" {
		d.Fatalf("the program says %q", said.Text())
	}
	return cmd
}

// traced returns what the kernel was asked to do with a line while f ran, readings left out.
func (d *door) traced(r board.Role, f func()) []string {
	d.Helper()
	if err := d.bench.Trace(); err != nil {
		d.Fatal(err)
	}
	f()
	all, err := d.bench.Traced(r)
	if err != nil {
		d.Fatal(err)
	}
	return slices.DeleteFunc(all, func(what string) bool { return strings.HasPrefix(what, "get") })
}
