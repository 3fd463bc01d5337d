// Gate holds the door: its pins, the owner's public key, the device's own keys, and the
// journal. It decides by the lock's rule who is let in and when the camera has power. It
// links no network, no camera and no codec.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"vestibule/firmware/gate/internal/files"
	"vestibule/firmware/gate/internal/keys"
	"vestibule/firmware/gate/internal/service"
	"vestibule/firmware/pipe"
	"vestibule/firmware/walls"
	"vestibule/hardware/board"
	"vestibule/hardware/watchdog"
)

func main() {
	if err := run(os.Args[1:], os.Getenv, os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "gate:", err)
		os.Exit(1)
	}
}

func run(args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	if len(args) > 0 && args[0] == "identity" {
		return identity(args[1:], stdout, stderr)
	}
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	// Little is kept and little is garbage; the limit is a safety net.
	debug.SetGCPercent(50)
	debug.SetMemoryLimit(24 << 20)
	return serve(ctx, s, getenv, stderr)
}

// settings is what the command line says.
type settings struct {
	state string
	trust string
	pins  pinSetting
	walls walls.Setting
}

func parse(args []string, stderr io.Writer) (*settings, error) {
	s := &settings{}
	fs := flag.NewFlagSet("gate", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&s.state, "state", "", "the folder `DIR` of keys, passes and journal")
	fs.StringVar(&s.trust, "trust", "", "the folder `DIR` where eye finds the public keys")
	s.pins.register(fs)
	s.walls.Register(fs)
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if fs.NArg() > 0 {
		return nil, fmt.Errorf("unexpected %q", fs.Arg(0))
	}
	if s.state == "" || s.trust == "" {
		return nil, errors.New("-state and -trust are needed")
	}
	return s, s.pins.check(s.walls.Off())
}

// identity prints who the device is, making its keys on first use.
func identity(args []string, stdout, stderr io.Writer) error {
	fs := flag.NewFlagSet("gate identity", flag.ContinueOnError)
	fs.SetOutput(stderr)
	state := fs.String("state", "", "the folder `DIR` of keys, passes and journal")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if *state == "" || fs.NArg() > 0 {
		return errors.New("identity: -state DIR is needed, and nothing else")
	}
	k, err := openKeys(*state)
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(k.Identity())
}

func openKeys(state string) (*keys.Keys, error) {
	if err := files.Folder(state); err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	return keys.Open(filepath.Join(state, "keys"))
}

// serve runs gate until ctx ends or the pins are gone.
func serve(ctx context.Context, s *settings, getenv func(string) string, stderr io.Writer) (err error) {
	log := slog.New(slog.NewTextHandler(stderr, nil))
	clocks := service.System() // reads the boot's name, which the walls hide
	if s.pins.atDesk() {
		clocks.Synced = func() bool { return true }
	}
	eye, err := pipe.Inherit("eye", getenv)
	if err != nil {
		return err
	}
	link, err := pipe.Inherit("link", getenv)
	if err != nil {
		return errors.Join(err, eye.Close())
	}
	k, err := openKeys(s.state)
	var pins pins
	if err == nil {
		if err := k.Publish(s.trust); err != nil {
			log.Error("eye cannot be told whom to trust", "error", err) // it shows nothing then; the door is no worse
		}
		pins, err = s.pins.open()
	}
	if err != nil {
		return errors.Join(err, eye.Close(), link.Close())
	}
	defer func() { err = errors.Join(err, pins.close()) }()
	bitten := wasBitten(pins.fit.Watchdog, log) // before the walls hide it
	needs := walls.Needs{Write: []string{s.state, s.trust}, Devices: pins.devices}
	if err := s.walls.Raise(walls.Gate, needs, stderr); err != nil {
		return errors.Join(err, eye.Close(), link.Close())
	}
	door, err := pins.fit.Open(pins.pins)
	if err != nil {
		return errors.Join(err, eye.Close(), link.Close())
	}
	defer func() { err = errors.Join(err, door.Halt()) }()
	gate, err := service.New(service.Setting{
		State: s.state, Trust: s.trust, Keys: k, Door: door, Eye: eye, Link: link, Clocks: clocks, Built: built(), Bitten: bitten, Log: log,
	})
	if err != nil {
		return errors.Join(err, eye.Close(), link.Close())
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	go func() {
		select {
		case <-pins.gone:
			stop(errPinsGone)
		case <-ctx.Done():
		}
	}()
	err = gate.Run(ctx)
	if errors.Is(context.Cause(ctx), errPinsGone) {
		// What could not be switched off any more is no news.
		return errPinsGone
	}
	return err
}

// wasBitten says whether the watchdog started this machine.
func wasBitten(node string, log *slog.Logger) bool {
	if node == "" {
		return false
	}
	bitten, err := watchdog.Bit(watchdog.Sysfs, node)
	if err != nil {
		log.Warn("nobody knows whether the watchdog has started this machine", "error", err)
	}
	return bitten
}

var errPinsGone = errors.New("the door's pins are gone")

// pins are a door's pins and what belongs to them.
type pins struct {
	pins    board.Pins
	fit     board.Fit
	devices []string        // nodes that are opened behind the walls
	gone    <-chan struct{} // closed when the pins have gone; nil for never
	close   func() error
}

// built is the date of the sources that this program was built from: time cannot be before
// that. When the build does not say, it is after the day on which the first of them was written.
func built() time.Time {
	first := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return first
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.time" {
			if t, err := time.Parse(time.RFC3339, s.Value); err == nil && t.After(first) {
				return t
			}
		}
	}
	return first
}
