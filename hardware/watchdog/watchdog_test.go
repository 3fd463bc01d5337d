package watchdog_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"vestibule/hardware/watchdog"
)

// A pipe stands for the device: what is written is what the kernel would see. On the kernel's own
// softdog it is tested in a virtual machine (hardware/vmtest).
func TestWatchdog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "watchdog")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	said := make(chan []byte)
	go func() {
		f, err := os.Open(path)
		if err != nil {
			close(said)
			return
		}
		defer f.Close()
		all, _ := io.ReadAll(f)
		said <- all
	}()
	w, err := watchdog.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := w.Feed(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Halt(); err != nil {
		t.Fatal(err)
	}
	if got := string(<-said); got != "\x00\x00\x00V" {
		t.Errorf("said %q", got)
	}
	if err := w.Feed(); !errors.Is(err, watchdog.ErrHalted) {
		t.Errorf("fed after Halt: %v", err)
	}
	if err := w.Halt(); err != nil {
		t.Errorf("second Halt: %v", err)
	}
}

func TestErrors(t *testing.T) {
	if _, err := watchdog.Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v: want that it does not exist", err)
	}
	w, err := watchdog.Open("/dev/full")
	if err != nil {
		t.Skip(err)
	}
	if err := w.Feed(); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("feeding a broken watchdog: %v", err)
	}
	if err := w.Halt(); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("disarming a broken watchdog: %v", err)
	}
}

func TestNoWatchdog(t *testing.T) {
	var w *watchdog.Watchdog
	if err := errors.Join(w.Feed(), w.Halt()); err != nil {
		t.Error(err)
	}
}

func TestBit(t *testing.T) {
	sys := t.TempDir()
	for name, text := range map[string]string{"watchdog0": "32\n", "watchdog1": "0\n", "watchdog2": "8224", "watchdog3": "1\n", "watchdog4": "bad", "watchdog5": ""} {
		if err := os.Mkdir(filepath.Join(sys, name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(sys, name, "bootstatus"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]bool{"/dev/watchdog": true, "/dev/watchdog0": true, "/dev/watchdog1": false, "/dev/watchdog2": true, "/dev/watchdog3": false} {
		if got, err := watchdog.Bit(sys, path); err != nil || got != want {
			t.Errorf("%s: %v, %v", path, got, err)
		}
	}
	for _, path := range []string{"/dev/watchdog4", "/dev/watchdog5"} {
		if _, err := watchdog.Bit(sys, path); err == nil {
			t.Errorf("%s: no error", path)
		}
	}
	if _, err := watchdog.Bit(sys, "/dev/watchdog9"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("none: %v", err)
	}
}
