package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"periph.io/x/conn/v3/gpio"

	"vestibule/hardware/board"
	"vestibule/hardware/sim"
)

// The parts that the test binary plays for the launcher.

func note(dir, name, text string) error {
	path := filepath.Join(dir, name)
	return errors.Join(os.WriteFile(path+".new", []byte(text), 0o600), os.Rename(path+".new", path))
}

// untilTerm waits for the polite signal.
func untilTerm() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	<-ctx.Done()
}

func playHub(args []string) error {
	f := flag.NewFlagSet("hub", flag.ContinueOnError)
	state := f.String("state", "", "")
	id := f.String("identity", "", "")
	web := f.String("http", "", "")
	mqtt := f.String("mqtt", "", "")
	name := f.String("name", "", "")
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	switch args[0] {
	case "enrol":
		var card identity
		if err := json.NewDecoder(os.Stdin).Decode(&card); err != nil || *id != "-" {
			return fmt.Errorf("no identity: %w", err)
		}
		if err := note(*state, hubStore, ""); err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(map[string]string{
			"device": card.Device, "hub": "mqtt://elsewhere:1", "user": card.Device, "password": "link's secret",
		})
	case "reader":
		given, err := os.ReadFile(filepath.Join(*state, "readers")) // a letter for each login
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		if err := note(*state, "readers", string(given)+"x"); err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(login{User: "reader-" + *name, Password: fmt.Sprintf("reader's secret %d", len(given)+1)})
	case "serve":
		for _, a := range []string{*web, *mqtt} {
			l, err := net.Listen("tcp", a)
			if err != nil {
				return err
			}
			defer l.Close()
		}
		fmt.Fprintln(os.Stderr, `time=now level=INFO msg="nobody needs to see this"`)
		fmt.Fprintln(os.Stderr, `time=now level=WARN msg="everybody should see this"`)
		untilTerm()
		return note(*state, "stopped", time.Now().Format(time.RFC3339Nano))
	}
	return errors.New("no such command")
}

func playGate(args []string) error {
	f := flag.NewFlagSet("gate", flag.ContinueOnError)
	state := f.String("state", "", "")
	f.String("trust", "", "")
	pins := f.String("pins", "", "")
	f.String("walls", "", "")
	if len(args) > 0 && args[0] == "identity" {
		if err := f.Parse(args[1:]); err != nil {
			return err
		}
		id := map[string]string{"device": "d1", "sign": "+/+/+w==", "hpke": "AAAA", "pairing": "c2VjcmV0c2VjcmV0c2VjcmV0"}
		if _, err := os.Stat(filepath.Join(*state, "paired")); err == nil {
			delete(id, "pairing")
		}
		return json.NewEncoder(os.Stdout).Encode(id)
	}
	if err := f.Parse(args); err != nil {
		return err
	}
	conn, err := net.Dial("unix", strings.TrimPrefix(*pins, "sim:"))
	if err != nil {
		return err
	}
	client, err := sim.Dial(conn)
	if err != nil {
		return err
	}
	if err := client.Pins()[board.Lamp].Out(gpio.High); err != nil {
		return err
	}
	nets, err := net.Interfaces()
	if err != nil {
		return err
	}
	if err := note(*state, "handed", fmt.Sprintf("%s %s pid%s interfaces %d", os.Getenv("LISTEN_FDS"), os.Getenv("LISTEN_FDNAMES"), os.Getenv("LISTEN_PID"), len(nets))); err != nil {
		return err
	}
	file := os.NewFile(3, "eye") // the first that was handed down
	l, err := net.FileListener(file)
	if err != nil {
		return err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = fmt.Fprintln(c, "gate", os.Getpid())
			_ = c.Close()
		}
	}()
	untilTerm()
	_, err = os.Stat(filepath.Join(*state, "..", "hub", "stopped"))
	return note(*state, "stopped", fmt.Sprint("hub was up: ", errors.Is(err, os.ErrNotExist)))
}

func playEye(args []string) error {
	dir := ""
	for i, a := range args {
		if a == "-trust" {
			dir = filepath.Join(args[i+1], "..", "eye")
		}
	}
	if err := note(dir, "args", strings.Join(args, "\n")); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, "deaf")); err == nil {
		signal.Ignore(syscall.SIGTERM)
		time.Sleep(time.Hour)
	}
	untilTerm()
	return nil
}

func playLink(args []string) error {
	dir := args[5]
	ticks := time.NewTicker(5 * time.Millisecond)
	for range ticks.C {
		if err := note(dir, "heartbeat", time.Now().Format(time.RFC3339Nano)); err != nil {
			return err
		}
	}
	return nil
}

// playDev is the launcher itself, as a program.
func playDev(args []string) error {
	os.Args = append([]string{"dev"}, args...)
	if code := run(); code != 0 {
		return fmt.Errorf("exit code %d", code)
	}
	return nil
}
