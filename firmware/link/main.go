// Link carries between the hub and the device's other programs, and sends the picture to
// those whom gate admits. It has the network, and no key but its own certificate's.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"vestibule/firmware/link/internal/radio"
	"vestibule/firmware/link/internal/relay"
	"vestibule/firmware/link/internal/uplink"
	"vestibule/firmware/pipe"
	"vestibule/firmware/walls"
)

func main() {
	if err := run(os.Args[1:], os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "link:", err)
		os.Exit(1)
	}
}

// settings is what the command line says.
type settings struct {
	gate, view, state string
	loopback          bool
	format            pipe.Format
	walls             walls.Setting
}

func parse(args []string, stderr io.Writer) (*settings, error) {
	s := &settings{}
	fs := flag.NewFlagSet("link", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&s.gate, "gate", "", "gate's socket `PATH`")
	fs.StringVar(&s.view, "view", "", "eye's socket `PATH`")
	fs.StringVar(&s.state, "state", "", "the folder `DIR` with link.json")
	fs.BoolVar(&s.loopback, "loopback", false, "viewers may be on this machine: for a desk")
	format := fs.String("format", string(pipe.H264), "the picture's format for browsers that take both: h264 or vp8")
	s.walls.Register(fs)
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if fs.NArg() > 0 {
		return nil, fmt.Errorf("unexpected %q", fs.Arg(0))
	}
	if s.gate == "" || s.view == "" || s.state == "" {
		return nil, errors.New("-gate, -view and -state are needed")
	}
	if s.format = pipe.Format(*format); s.format != pipe.H264 && s.format != pipe.VP8 {
		return nil, fmt.Errorf("-format %.20q: want h264 or vp8", *format)
	}
	return s, nil
}

func run(args []string, stderr io.Writer) error {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	card, err := uplink.ReadCard(s.state)
	if err != nil {
		return err
	}
	if err := s.walls.Raise(walls.Link, walls.Needs{}, stderr); err != nil {
		return err
	}
	debug.SetGCPercent(50)
	debug.SetMemoryLimit(56 << 20)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewTextHandler(stderr, nil))
	air := radio.New(log)
	r, err := relay.New(relay.Config{
		Card:     card,
		Radio:    air,
		Gate:     func() (*pipe.Conn, error) { return pipe.Dial(s.gate) },
		View:     func() (*pipe.Conn, error) { return pipe.Dial(s.view) },
		Loopback: s.loopback,
		Format:   s.format,
		Log:      log,
	})
	if err != nil {
		return err
	}
	r.Run(ctx)
	return air.Close()
}
