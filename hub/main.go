// Hub is the server of a Vestibule home: it carries signed passes to devices, keeps what
// they tell, and serves the pages to owners and couriers. It can open no door, read no
// code and see no picture.
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

	"vestibule/hub/house"
	"vestibule/hub/sqlite"
)

const usage = `usage:
  hub serve  -state DIR [-http 127.0.0.1:8080] [-mqtt 127.0.0.1:1883] [-origin https://NAME]
             [-relay 0.0.0.0:3478] [-v]
      serve the pages and the MQTT broker until interrupted; with -relay also a relay (TURN, UDP) for those who
      watch and cannot reach the device: it sees that they do, and nothing of what they see
  hub enrol  -state DIR -identity FILE|- [-mqtt 127.0.0.1:1883]
      make a device known; prints its login as JSON, and voids an older one
  hub reader -state DIR [-name NAME]
      print a login as JSON that may read events and states over MQTT, and void an older one
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, errUsage):
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "hub:", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("usage")

// run does what the arguments say.
func run(ctx context.Context, args []string, in io.Reader, out, log io.Writer) error {
	if len(args) == 0 {
		return errUsage
	}
	f := flag.NewFlagSet("hub "+args[0], flag.ContinueOnError)
	f.SetOutput(log)
	f.Usage = func() {}
	state := f.String("state", "", "")
	mqtt := f.String("mqtt", "127.0.0.1:1883", "")
	o := options{now: time.Now}
	var identity, name string
	verbose := false
	switch args[0] {
	case "serve":
		f.StringVar(&o.http, "http", "127.0.0.1:8080", "")
		f.StringVar(&o.origin, "origin", "", "")
		f.StringVar(&o.relay, "relay", "", "")
		f.BoolVar(&verbose, "v", false, "")
	case "enrol":
		f.StringVar(&identity, "identity", "", "")
	case "reader":
		f.StringVar(&name, "name", "reader", "")
	default:
		return errUsage
	}
	if err := f.Parse(args[1:]); err != nil || f.NArg() > 0 || *state == "" {
		return errUsage
	}
	o.mqtt = *mqtt
	store, err := sqlite.Open(ctx, filepath.Join(*state, "hub.db"))
	if err != nil {
		return err
	}
	switch args[0] {
	case "serve":
		level := slog.LevelInfo
		if verbose {
			level = slog.LevelDebug
		}
		o.log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: level}))
		err = serve(ctx, o, store)
	case "enrol":
		err = enrol(ctx, store, identity, *mqtt, in, out)
	case "reader":
		err = reader(ctx, store, name, out)
	}
	return errors.Join(err, store.Close())
}

// softMemory is where the garbage collector begins to work harder; the hub's own needs
// are far below.
const softMemory = 80 << 20

func serve(ctx context.Context, o options, store *sqlite.Store) error {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(softMemory)
	}
	h, err := newHub(o, store)
	if err != nil {
		return err
	}
	return errors.Join(h.Run(ctx), h.Close())
}

func enrol(ctx context.Context, store *sqlite.Store, identity, mqtt string, in io.Reader, out io.Writer) error {
	if identity == "" {
		return errUsage
	}
	const most = 64 << 10
	if identity != "-" {
		file, err := os.Open(identity)
		if err != nil {
			return fmt.Errorf("identity: %w", err)
		}
		defer file.Close()
		in = file
	}
	b, err := io.ReadAll(io.LimitReader(in, most))
	if err != nil {
		return fmt.Errorf("identity: %w", err)
	}
	id, err := house.ParseIdentity(b)
	if err != nil {
		return err
	}
	login, err := house.Enrol(ctx, store, id, time.Now())
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(struct {
		Device   string `json:"device"`
		Hub      string `json:"hub"`
		User     string `json:"user"`
		Password string `json:"password"`
	}{id.Device, "mqtt://" + mqtt, login.User, login.Password})
}

func reader(ctx context.Context, store *sqlite.Store, name string, out io.Writer) error {
	login, err := house.AddReader(ctx, store, name)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(struct {
		User     string `json:"user"`
		Password string `json:"password"`
	}{login.User, login.Password})
}
