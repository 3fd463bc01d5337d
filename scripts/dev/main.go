// Dev runs the whole of Vestibule at a desk: the hub, the three programs of a device, and a
// simulated door with its page. It is what `make run` starts.
//
// # What it does
//
// It keeps everything in one folder, so that removing the folder removes everything. It enrols the
// device at the hub, makes the sockets that the programs speak over and hands them down as systemd
// would (so a program can die and come back and find its peers), gives eye and gate an empty network
// namespace, starts all four, starts again what dies, and stops all on Ctrl-C. Nothing it starts
// outlives it, however it ends.
//
// It owns the simulated door (hardware/sim) and serves the desk page with which people pull its
// handle, type at its keypad and pull its plugs. The page can only be reached from this machine, and
// nothing of this program is in what a device runs.
//
// # Non-goals
//
// It is no init system and no installer: on a device systemd does this work. It offers no second
// device and no access from the network.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(run()) }

func run() int {
	o, err := parseOptions(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "dev:", err)
		return 2
	}
	// The first signal stops in order; a second one finds no handler and ends everything at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop)
	d := newDesk(o, os.Stdout)
	if err := errors.Join(d.Run(ctx), d.Close()); err != nil {
		fmt.Fprintln(os.Stderr, "dev:", err)
		return 1
	}
	return 0
}
