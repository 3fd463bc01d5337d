package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"vestibule/hardware/sim"
)

const (
	stopWithin  = 5 * time.Second
	stopEach    = 1500 * time.Millisecond // so that one that does not listen leaves time for the others
	startWithin = 30 * time.Second        // for the hub to answer
)

// desk is a running launcher.
type desk struct {
	o     options
	out   io.Writer
	spawn *spawner
	house *sim.Server

	device   device
	folder   *folder
	logs     []*journal
	sockets  map[string]*net.UnixListener
	handed   []*os.File
	programs []*program // in the order in which they start
	doors    *connections
	web      *http.Server
	serving  sync.WaitGroup

	mu      sync.Mutex // guards what follows and keeps pulling plugs in order
	network bool       // the network plug is in
	mains   bool       // the power plug is in
}

func newDesk(o options, out io.Writer) *desk {
	return &desk{
		o: o, out: &oneAtATime{w: out}, spawn: newSpawner(), house: sim.NewServer(),
		sockets: map[string]*net.UnixListener{}, doors: newConnections(), network: true, mains: true,
	}
}

// oneAtATime keeps lines of several programs apart.
type oneAtATime struct {
	mu sync.Mutex
	w  io.Writer
}

func (o *oneAtATime) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.w.Write(p)
}

// say tells the person at the terminal something.
func (d *desk) say(format string, a ...any) { fmt.Fprintf(d.out, "dev: "+format+"\n", a...) }

// Run starts everything, says where to look, and returns when ctx ends. Close must follow.
func (d *desk) Run(ctx context.Context) error {
	if err := d.start(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	<-ctx.Done()
	d.say("stopping ...")
	return nil
}

func (d *desk) start(ctx context.Context) error {
	for _, p := range []string{"hub", "gate", "eye", "link"} {
		if _, err := os.Stat(filepath.Join(d.o.bin, p)); err != nil {
			return fmt.Errorf("the program %s is not in %s: build it first (make build), or say where it is with -bin", p, d.o.bin)
		}
	}
	var err error
	if d.folder, err = openFolder(d.o.run); err != nil {
		return err
	}
	page, err := d.ports()
	if err != nil {
		return err
	}
	if d.device, err = enrol(ctx, d.o, d.folder); err != nil {
		return errors.Join(err, page.Close())
	}
	if err := d.listen(); err != nil {
		return errors.Join(err, page.Close())
	}
	if err := d.prepare(); err != nil {
		return errors.Join(err, page.Close())
	}
	d.serveHouse()
	if d.o.beside != "" {
		err = d.waitForHub(ctx, nil)
	} else {
		err = d.folder.keepHub(hubAt{d.o.http, d.o.mqtt})
	}
	if err != nil {
		return errors.Join(err, page.Close())
	}
	for _, p := range d.programs {
		p.begin()
		if p.name == "hub" {
			if err := d.waitForHub(ctx, p); err != nil {
				return errors.Join(err, page.Close())
			}
		}
	}
	d.serveDesk(page)
	link, err := d.device.id.ownerLink(d.o)
	if err != nil {
		return err
	}
	d.welcome(link)
	return nil
}

// ports takes the desk's port and makes sure that the hub will find its own.
func (d *desk) ports() (net.Listener, error) {
	if d.o.beside != "" {
		return takePort("-desk", d.o.desk, "the desk page")
	}
	for _, p := range []struct{ flag, address, what string }{{"-http", d.o.http, "the hub's pages"}, {"-mqtt", d.o.mqtt, "the MQTT broker"}} {
		l, err := takePort(p.flag, p.address, p.what)
		if err != nil {
			return nil, err
		}
		if err := l.Close(); err != nil {
			return nil, err
		}
	}
	return takePort("-desk", d.o.desk, "the desk page")
}

func takePort(flag, address, what string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s cannot use %s, probably because another program does: choose another port with %s (make run ARGS=\"%s 127.0.0.1:PORT\"): %w", what, address, flag, flag, err)
	}
	return l, nil
}

// listen makes the sockets. They stay open while programs die and come back, so that whoever
// connects in between waits instead of failing.
func (d *desk) listen() error {
	for _, name := range []string{"eye", "link", "view", "desk"} {
		l, err := d.folder.listen(name + ".sock")
		if err != nil {
			return err
		}
		d.sockets[name] = l
	}
	return nil
}

// prepare says how each program is started.
func (d *desk) prepare() error {
	wall, why := d.spawn.tryWalls()
	if wall == withoutTheWall {
		d.say("WARNING: this system gives no empty network namespace (%v).", why)
		d.say("WARNING: eye and gate run WITHOUT their walls. Fine to try things out, not for a real door.")
	}
	room := d.folder.room
	gate := []string{"-state", room("gate"), "-trust", room("trust"), "-pins", "sim:sock/desk.sock"}
	eye := []string{
		"-gate", "sock/eye.sock", "-trust", room("trust"), "-world", "sock/desk.sock",
		"-source", d.o.source, "-size", d.o.size, "-fps", strconv.Itoa(d.o.fps),
		"-seed", strconv.FormatInt(d.o.seed, 10), "-clock=" + strconv.FormatBool(d.o.clock), "-encoder", d.o.encoder,
	}
	format := "h264"
	if d.o.encoder == "vp8" {
		format = "vp8"
	}
	if wall == withoutTheWall {
		gate, eye = append(gate, "-walls=off"), append(eye, "-walls=off")
	}
	hub := []string{"serve", "-state", room("hub"), "-http", d.o.http, "-mqtt", d.o.mqtt}
	if d.o.relay != "" {
		hub = append(hub, "-relay", d.o.relay)
	}
	all := []*program{
		{name: "hub", args: hub},
		{name: "gate", args: gate, names: []string{"eye", "link"}, alone: true},
		{name: "eye", args: eye, names: []string{"view"}, alone: true},
		{name: "link", args: []string{
			"-gate", "sock/link.sock", "-view", "sock/view.sock", "-state", room("link"), "-loopback", "-format", format,
		}},
	}
	if d.o.beside != "" {
		all = all[1:]
	}
	for _, p := range all {
		log, err := openJournal(p.name, room("log", p.name+".log"), d.out, d.o.verbose)
		if err != nil {
			return err
		}
		d.logs = append(d.logs, log)
		for _, name := range p.names {
			f, err := d.sockets[name].File()
			if err != nil {
				return fmt.Errorf("hand the socket %s to %s: %w", name, p.name, err)
			}
			d.handed = append(d.handed, f)
			p.files = append(p.files, f)
		}
		p.bin, p.dir, p.wall, p.log, p.spawn, p.say = filepath.Join(d.o.bin, p.name), d.o.run, wall, log, d.spawn, d.say
		d.programs = append(d.programs, p)
	}
	return nil
}

// waitForHub waits until the hub answers, so that nobody opens a link that leads nowhere. A nil hub is another launcher's.
func (d *desk) waitForHub(ctx context.Context, hub *program) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	for {
		for _, address := range []string{d.o.http, d.o.mqtt} {
			c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
			if err == nil {
				err = c.Close()
			}
			if err == nil && address == d.o.mqtt {
				return nil
			}
			if err != nil {
				break
			}
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			switch late := errors.Is(ctx.Err(), context.DeadlineExceeded); {
			case late && hub == nil:
				return fmt.Errorf("-beside: no hub answers at %s and %s within %v: start the home in %s first, and say where its hub is with -http and -mqtt if not there", d.o.http, d.o.mqtt, startWithin, d.o.beside)
			case late:
				return fmt.Errorf("the hub does not answer within %v; its last words are in %s:%s", startWithin, hub.log.path, hub.log.last())
			}
			return ctx.Err() // stopped while starting
		}
	}
}

// serveHouse gives gate its pins and eye its world.
func (d *desk) serveHouse() {
	d.serving.Go(func() {
		for {
			conn, err := d.sockets["desk"].Accept()
			if err != nil {
				return // closed
			}
			d.serving.Go(func() {
				defer d.doors.add(conn)()
				if err := d.house.Serve(conn); err != nil {
					d.say("the simulated door: %v", err)
				}
			})
		}
	})
}

// connections are open connections, to be closed at the end.
type connections struct {
	mu   sync.Mutex
	all  map[io.Closer]struct{}
	shut bool
}

func newConnections() *connections { return &connections{all: map[io.Closer]struct{}{}} }

// add remembers a connection and returns what forgets it.
func (c *connections) add(conn io.Closer) func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all[conn] = struct{}{}
	if c.shut {
		_ = conn.Close()
	}
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.all, conn)
	}
}

func (c *connections) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shut = true
	for conn := range c.all {
		_ = conn.Close()
	}
}

// program returns the program of this name, nil if there is none.
func (d *desk) program(name string) *program {
	for _, p := range d.programs {
		if p.name == name {
			return p
		}
	}
	return nil
}

// plugPower pulls the device's power plug or puts it in: everything on the device stops dead, and
// every pin is let go.
func (d *desk) plugPower(in bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.mains == in {
		return
	}
	d.mains = in
	d.house.Do(func(h *sim.House, now time.Time) { h.SetMains(in, now) })
	for _, name := range []string{"gate", "eye", "link"} {
		d.program(name).Want(in)
	}
}

// plugNetwork pulls the device's network plug or puts it in. Only link has a network; stopping it
// where it stands stops its packets and nothing else.
func (d *desk) plugNetwork(in bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.network = in
	err := d.program("link").Freeze(!in)
	d.house.Do(func(*sim.House, time.Time) {}) // tells watchers
	return err
}

func (d *desk) networkPlugged() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.network
}

// Close stops the programs in the reverse order of their start, within five seconds, and then
// everything else. State stays.
func (d *desk) Close() error {
	deadline := time.Now().Add(stopWithin)
	for i := len(d.programs) - 1; i >= 0; i-- {
		if p := d.programs[i]; p.done != nil {
			each := time.Now().Add(stopEach)
			if i == 0 || each.After(deadline) {
				each = deadline
			}
			p.Stop(each)
		}
	}
	var errs []error
	if d.web != nil {
		errs = append(errs, d.web.Close())
	}
	for name, l := range d.sockets {
		errs = append(errs, l.Close())
		if err := os.Remove(d.folder.room("sock", name+".sock")); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	d.doors.close()
	errs = append(errs, d.house.Close())
	d.serving.Wait()
	d.spawn.close()
	for _, f := range d.handed {
		errs = append(errs, f.Close())
	}
	for _, l := range d.logs {
		errs = append(errs, l.Close())
	}
	if d.folder != nil {
		errs = append(errs, d.folder.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	if len(d.programs) > 0 {
		d.say("stopped. All state is in %s.", d.o.run)
	}
	return nil
}
