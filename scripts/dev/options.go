package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// options are what the launcher was asked for. Paths are absolute.
type options struct {
	run     string // the folder with all state
	beside  string // the folder of the launcher whose hub this door's is; empty for a hub of its own
	bin     string // the folder with the programs
	http    string // hub, host:port
	mqtt    string
	desk    string
	relay   string // the hub's relay; empty for none
	source  string // where the picture comes from, as eye's -source
	size    string
	fps     int
	encoder string // as eye's -encoder, or vp8
	clock   bool
	seed    int64
	zone    string // x,y_x,y... in 1/10000 of the picture, with ~ between two zones
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
	f.StringVar(&o.beside, "beside", "", "one more door of the home that runs in `folder`: its hub is this door's, too")
	f.StringVar(&o.bin, "bin", "", "the `folder` with the programs eye, gate, link and hub (default: where dev is)")
	f.StringVar(&o.http, "http", "", "`address` of the hub's pages (default: "+pages+", or the other door's beside it)")
	f.StringVar(&o.mqtt, "mqtt", "", "`address` of the hub's MQTT broker (default: "+broker+", or the other door's beside it)")
	f.StringVar(&o.desk, "desk", "", "`address` of the desk page; this machine's own (127.0.0.1) only (default: "+firstDesk+", or "+nextDesk+" beside another door)")
	f.StringVar(&o.relay, "relay", "", "`address` of the hub's relay, as 127.0.0.1:3478, by UDP (default: no relay)")
	f.StringVar(&o.source, "source", "scene", "where the picture comes from: scene, file:PATH, v4l2:/dev/videoN or gst:PIPELINE")
	f.StringVar(&o.size, "size", "1280x720", "the picture's size: `WxH`")
	f.IntVar(&o.fps, "fps", 30, "pictures a second, 15 to 30")
	f.StringVar(&o.encoder, "encoder", "x264", "what encodes the picture: x264, openh264, or vp8; a browser that takes no H.264 gets VP8 anyway")
	f.BoolVar(&o.clock, "clock", false, "draw the time into the scene's visible zone, to measure how old the picture is")
	f.Int64Var(&o.seed, "seed", 0, "which house and which courier the scene draws (default: 1, or 2 beside another door)")
	f.StringVar(&o.zone, "zone", "", "the visible zone that the pairing link proposes: `x,y_x,y...` in 1/10000 of the picture, several with ~ between them (default: the scene's doorway)")
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

// Where the hub is, and where the desk pages of a home's first door and of the next one are.
const pages, broker, firstDesk, nextDesk = "127.0.0.1:8080", "127.0.0.1:1883", "127.0.0.1:8090", "127.0.0.1:8091"

// complete checks the flags and makes paths absolute.
func (o *options) complete() error {
	if o.bin == "" {
		self, err := os.Executable()
		if err != nil {
			return fmt.Errorf("find the programs: %w; say where they are with -bin", err)
		}
		o.bin = filepath.Dir(self)
	}
	if o.beside == "" {
		o.seed, o.desk = cmp.Or(o.seed, 1), cmp.Or(o.desk, firstDesk)
	} else {
		o.seed, o.desk = cmp.Or(o.seed, 2), cmp.Or(o.desk, nextDesk)
	}
	for _, p := range []*string{&o.run, &o.bin, &o.beside} {
		if *p == "" {
			continue // there is none
		}
		abs, err := filepath.Abs(*p)
		if err != nil {
			return err
		}
		*p = abs
	}
	hub := hubAt{pages, broker}
	if o.beside != "" {
		hub = hub.of(o.beside)
	}
	o.http, o.mqtt = cmp.Or(o.http, hub.HTTP), cmp.Or(o.mqtt, hub.MQTT)
	// The programs run in another folder.
	if path, ok := strings.CutPrefix(o.source, "file:"); ok && path != "" {
		abs, err := filepath.Abs(path)
		if err != nil {
			return err
		}
		o.source = "file:" + abs
	}
	if o.zone == "" {
		o.zone = zoneOf(o.clock)
	}
	var wrong error
	if !slices.Contains([]string{"x264", "openh264", "vp8"}, o.encoder) {
		wrong = fmt.Errorf("-encoder %q: it must be x264, openh264 or vp8", o.encoder)
	}
	errs := []error{wrong, checkSource(o.source), checkSize(o.size), checkZone(o.zone), checkLamp(o.lamp)}
	if o.beside != "" {
		if o.beside == o.run {
			errs = append(errs, errors.New("-beside: each door has a folder of its own, so -run must name another (make run RUN=folder)"))
		}
		if o.relay != "" {
			errs = append(errs, errors.New("-relay: the hub is another door's launcher's, so the relay is too"))
		}
	}
	if o.fps < 15 || o.fps > 30 {
		errs = append(errs, fmt.Errorf("-fps %d: it must be 15 to 30", o.fps))
	}
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

// What eye and the owner's page would refuse later is refused here, before anything starts.

// checkSource checks where the picture comes from. Whether it can be played only eye knows.
func checkSource(source string) error {
	kind, rest, _ := strings.Cut(source, ":")
	switch {
	case source == "scene", kind == "gst" && strings.TrimSpace(rest) != "":
		return nil
	case kind == "file" && rest != "":
		info, err := os.Stat(rest)
		if err != nil {
			return fmt.Errorf("-source %q: the file cannot be found (%w)", source, err)
		}
		if info.IsDir() {
			return fmt.Errorf("-source %q: it must be a video file, not a folder", source)
		}
		return nil
	case kind == "v4l2" && strings.HasPrefix(rest, "/dev/"):
		info, err := os.Stat(rest)
		if err != nil {
			return fmt.Errorf("-source %q: the camera cannot be found (%w)", source, err)
		}
		if info.Mode()&os.ModeCharDevice == 0 {
			return fmt.Errorf("-source %q: it must be a camera, as v4l2:/dev/video0", source)
		}
		return nil
	}
	return fmt.Errorf("-source %q: it must be scene, file:PATH, v4l2:/dev/videoN or gst:PIPELINE", source)
}

// checkSize checks the picture's size as vision does, upright pictures included.
func checkSize(size string) error {
	var sides [2]int
	w, h, _ := strings.Cut(size, "x")
	for i, text := range []string{w, h} {
		n, err := strconv.ParseUint(text, 10, 15)
		if err != nil {
			return fmt.Errorf("-size %q: it must be WIDTHxHEIGHT, as 1280x720", size)
		}
		sides[i] = int(n)
	}
	long, short := max(sides[0], sides[1]), min(sides[0], sides[1])
	if long%2 != 0 || short%2 != 0 || long < 320 || short < 240 || long > 1920 || short > 1080 {
		return fmt.Errorf("-size %q: it must be 320x240 to 1920x1080, with an even width and height", size)
	}
	return nil
}

// checkZone checks zones as a pass carries them: up to four, of 32 corners together.
func checkZone(zone string) error {
	parts, corners := strings.Split(zone, "~"), 0
	for _, part := range parts {
		ps, ok := parsePoints(part)
		if !ok || len(ps) < 3 {
			corners = 0
			break
		}
		corners += len(ps)
	}
	if corners == 0 || corners > 32 || len(parts) > 4 {
		return fmt.Errorf("-zone %q: it must be 3 to 32 corners x,y_x,y_x,y, each number from 0 to 10000; or up to four such zones with ~ between them, of 32 corners together", zone)
	}
	return nil
}

func checkLamp(lamp string) error {
	ps, ok := parsePoints(lamp)
	if !ok || len(ps) != 2 || ps[0][0] >= ps[1][0] || ps[0][1] >= ps[1][1] {
		return fmt.Errorf("-lamp %q: it must be the upper left and the lower right corner, x,y_x,y, each number from 0 to 10000", lamp)
	}
	return nil
}

// parsePoints reads x,y_x,y... as the owner's page does.
func parsePoints(text string) (ps [][2]uint64, ok bool) {
	for _, word := range strings.Split(text, "_") {
		var p [2]uint64
		x, y, _ := strings.Cut(word, ",")
		for i, text := range []string{x, y} {
			n, err := strconv.ParseUint(text, 10, 16)
			if err != nil || n > 10_000 || len(text) > 5 {
				return nil, false
			}
			p[i] = n
		}
		ps = append(ps, p)
	}
	return ps, true
}
