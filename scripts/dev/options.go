package main

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// options are what the launcher was asked for. Paths are absolute.
type options struct {
	run     string // the folder with all state
	bin     string // the folder with the programs
	http    string // hub, host:port
	mqtt    string
	desk    string
	source  string // where the picture comes from, as eye's -source
	size    string
	fps     int
	clock   bool
	seed    int64
	zone    string // x,y_x,y... in 1/10000 of the picture
	lamp    string
	verbose bool
}

func parseOptions(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("dev", flag.ContinueOnError)
	f.Usage = func() {
		fmt.Fprintln(f.Output(), "Runs the hub, a device and a simulated door on this machine.\n\nUsage: dev [flags]")
		f.PrintDefaults()
	}
	f.StringVar(&o.run, "run", ".run", "the `folder` that keeps all state")
	f.StringVar(&o.bin, "bin", "", "the `folder` with the programs eye, gate, link and hub (default: where dev is)")
	f.StringVar(&o.http, "http", "127.0.0.1:8080", "`address` of the hub's pages")
	f.StringVar(&o.mqtt, "mqtt", "127.0.0.1:1883", "`address` of the hub's MQTT broker")
	f.StringVar(&o.desk, "desk", "127.0.0.1:8090", "`address` of the desk page; this machine's own (127.0.0.1) only")
	f.StringVar(&o.source, "source", "scene", "where the picture comes from: scene, file:PATH, v4l2:/dev/videoN or gst:PIPELINE")
	f.StringVar(&o.size, "size", "1280x720", "the picture's size: `WxH`")
	f.IntVar(&o.fps, "fps", 30, "pictures a second, 15 to 30")
	f.BoolVar(&o.clock, "clock", false, "draw the time into the scene's visible zone, to measure how old the picture is")
	f.Int64Var(&o.seed, "seed", 1, "which house and which courier the scene draws")
	f.StringVar(&o.zone, "zone", "", "the visible zone that the pairing link proposes: `x,y_x,y...` in 1/10000 of the picture (default: the scene's doorway)")
	f.StringVar(&o.lamp, "lamp", sceneLamp, "two corners `x,y_x,y` of the lamp in the picture")
	f.BoolVar(&o.verbose, "v", false, "print all that the programs log, not only warnings")
	if err := f.Parse(args); err != nil {
		return options{}, err
	}
	if f.NArg() > 0 {
		return options{}, fmt.Errorf("%q is no flag; dev -h lists them", f.Arg(0))
	}
	return o, o.complete()
}

// complete checks the flags and makes paths absolute.
func (o *options) complete() error {
	if o.bin == "" {
		self, err := os.Executable()
		if err != nil {
			return fmt.Errorf("find the programs: %w; say where they are with -bin", err)
		}
		o.bin = filepath.Dir(self)
	}
	for _, p := range []*string{&o.run, &o.bin} {
		abs, err := filepath.Abs(*p)
		if err != nil {
			return err
		}
		*p = abs
	}
	// The programs run in another folder.
	if path, ok := strings.CutPrefix(o.source, "file:"); ok {
		abs, err := filepath.Abs(path)
		if err != nil {
			return err
		}
		o.source = "file:" + abs
	}
	if o.fps < 15 || o.fps > 30 {
		return fmt.Errorf("-fps %d: it must be 15 to 30", o.fps)
	}
	if o.zone == "" {
		o.zone = zoneOf(o.clock)
	}
	var errs []error
	for _, a := range []struct{ flag, address string }{{"-http", o.http}, {"-mqtt", o.mqtt}, {"-desk", o.desk}} {
		host, port, err := net.SplitHostPort(a.address)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s %q: it must be like 127.0.0.1:8080", a.flag, a.address))
			continue
		}
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			errs = append(errs, fmt.Errorf("%s %q: a port is a number from 1 to 65535", a.flag, a.address))
		}
		if ip := net.ParseIP(host); a.flag == "-desk" && (ip == nil || !ip.IsLoopback()) {
			errs = append(errs, fmt.Errorf("-desk %q: whoever reaches the desk page opens the door, so it must be 127.0.0.1 or ::1", a.address))
		}
	}
	return errors.Join(errs...)
}
