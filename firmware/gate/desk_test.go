//go:build desk

package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"vestibule/firmware/gate/internal/keys"
	"vestibule/firmware/gate/internal/powercut"
	"vestibule/firmware/pipe"
	"vestibule/hardware/sim"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

const (
	patience = 20 * time.Second
	again    = 100 // entries that each life of gate has to send once more
)

// TestMain lets the test's own binary be the gate, so that the true program is started.
func TestMain(m *testing.M) {
	if os.Getenv("VESTIBULE_BE_GATE") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// desk starts the true program, as a launcher does: sockets handed down, pins by a socket.
type desk struct {
	t       testing.TB
	dir     string
	program string // that is the gate
	pins    string // of the gate
	house   *sim.Server
	files   []*os.File // eye, link
	cmd     *exec.Cmd
	log     *bytes.Buffer
	owner   ed25519.PrivateKey
	id      keys.Identity
	card    pass.Card
	note    []byte // the last pass
	// watched, if set, has gate run under strace, which writes to this file.
	watched string

	eye, link *pipe.Conn
	awake     atomic.Bool
	mu        sync.Mutex
	events    []wire.Event
	letters   map[string]wire.Letter
	tints     []string // that eye was told
	states    []wire.State
	readers   sync.WaitGroup
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	return newDeskIn(t, "")
}

// newDeskIn has all of its files in a folder.
func newDeskIn(t testing.TB, parent string) *desk {
	t.Helper()
	dir, err := os.MkdirTemp(parent, "gate-") //nolint:usetesting // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	_, owner, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, dir: dir, program: "/proc/self/exe", pins: "sim:" + filepath.Join(dir, "desk.sock"), house: sim.NewServer(), owner: owner, letters: map[string]wire.Letter{}}
	pins, err := pipe.Listen(filepath.Join(dir, "desk.sock"))
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			c, err := pins.Accept()
			if err != nil {
				return
			}
			served.Go(func() { _ = d.house.Serve(c) }) // gate's death ends it
		}
	})
	for _, name := range []string{"eye.sock", "link.sock"} {
		d.files = append(d.files, d.listen(name))
	}
	t.Cleanup(func() {
		d.kill()
		for _, f := range d.files {
			_ = f.Close()
		}
		_ = pins.Close()
		_ = d.house.Close()
		served.Wait()
		_ = os.RemoveAll(dir)
	})
	out, err := d.gate("identity", "-state", filepath.Join(dir, "gate")).Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &d.id); err != nil {
		t.Fatal(err)
	}
	return d
}

// listen makes a listening socket to hand down.
func (d *desk) listen(name string) *os.File {
	d.t.Helper()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		d.t.Fatal(err)
	}
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: filepath.Join(d.dir, name)}); err != nil {
		d.t.Fatal(err)
	}
	if err := unix.Listen(fd, 8); err != nil {
		d.t.Fatal(err)
	}
	return os.NewFile(uintptr(fd), name)
}

func (d *desk) gate(args ...string) *exec.Cmd {
	cmd := exec.Command(d.program, args...)
	cmd.Env = append(os.Environ(), "VESTIBULE_BE_GATE=1", "LISTEN_FDS=2", "LISTEN_FDNAMES=eye:link")
	cmd.ExtraFiles = d.files
	return cmd
}

// start starts gate in an empty network namespace and connects an eye and a link.
func (d *desk) start() {
	d.t.Helper()
	d.cmd = d.gate("-state", filepath.Join(d.dir, "gate"), "-trust", filepath.Join(d.dir, "trust"), "-pins", d.pins)
	d.log = &bytes.Buffer{}
	d.cmd.Stderr = d.log
	d.cmd.SysProcAttr = &syscall.SysProcAttr{
		Pdeathsig: syscall.SIGKILL, Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}},
	}
	if d.watched != "" {
		powercut.Command(d.t, d.watched, d.cmd, "-e", "trace="+powercut.Calls)
	}
	if err := d.cmd.Start(); err != nil {
		d.t.Skipf("this machine gives no empty network namespace: %v", err)
	}
	d.link = d.dial("link")
	d.mu.Lock()
	next := uint64(max(0, len(d.events)-again)) // the end is compared with what was sent before
	d.mu.Unlock()
	d.send(pipe.TypeFollow, pipe.Follow{Next: next})
	link := d.link
	gone := make(chan struct{})
	d.readers.Go(func() {
		defer close(gone)
		d.collect(link)
	})
	d.readers.Go(func() { // as link does
		for link.Send(pipe.TypeNet, pipe.Net{Online: true}) == nil {
			select {
			case <-time.After(time.Second):
			case <-gone:
				return
			}
		}
	})
	d.openEye()
}

func (d *desk) dial(program string) *pipe.Conn {
	d.t.Helper()
	c, err := pipe.Dial(filepath.Join(d.dir, program+".sock"))
	if err != nil {
		d.t.Fatal(err)
	}
	if err := c.Send(pipe.TypeHello, pipe.Hello{Program: program, Version: pipe.Version}); err != nil {
		d.t.Fatal(err)
	}
	return c
}

// openEye looks at the lamp while it is told to.
func (d *desk) openEye() {
	c := d.dial("eye")
	d.eye = c
	d.awake.Store(false)
	var delivery atomic.Value // string
	delivery.Store("")
	stop := make(chan struct{})
	d.readers.Go(func() {
		defer close(stop)
		for {
			f, err := c.Receive()
			if err != nil {
				return
			}
			switch f.Type {
			case pipe.TypeWake:
				var w pipe.Wake
				if err := f.JSON(&w); err != nil {
					d.t.Error(err)
				}
				d.told(w.Tint)
				p, err := pass.OpenPass(w.Pass, d.owner.Public().(ed25519.PublicKey))
				if err != nil {
					d.t.Error(err)
				}
				delivery.Store(p.Terms().Delivery)
				d.awake.Store(true)
			case pipe.TypeSleep:
				d.awake.Store(false)
			case pipe.TypeTint:
				var v pipe.Tint
				if err := f.JSON(&v); err != nil {
					d.t.Error(err)
				}
				d.told(v.Colours)
			}
		}
	})
	d.readers.Go(func() {
		for frame := uint64(1); ; frame++ {
			select {
			case <-stop:
				return
			case <-time.After(40 * time.Millisecond): // 25 frames a second
			}
			w := d.house.World()
			if !d.awake.Load() || !w.Power {
				continue
			}
			look := pipe.Look{Delivery: delivery.Load().(string), Frame: frame, At: monotonic(), Lamp: 80 << 8}
			if w.Lamp {
				look.Lamp = 140 << 8
			}
			if c.Send(pipe.TypeLook, look) != nil {
				return
			}
		}
	})
}

// told takes note of the colours that eye may show.
func (d *desk) told(tint []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if tint != nil {
		d.tints = append(d.tints, string(tint))
	}
}

func monotonic() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		panic(err)
	}
	return time.Duration(ts.Nano())
}

// collect keeps entries, each once, and letters.
func (d *desk) collect(c *pipe.Conn) {
	for {
		f, err := c.Receive()
		if err != nil {
			return
		}
		d.mu.Lock()
		switch f.Type {
		case pipe.TypeEvent:
			var e wire.Event
			if err := f.JSON(&e); err != nil {
				d.t.Error(err)
			}
			if e.Index == uint64(len(d.events)) {
				d.events = append(d.events, e)
			} else if e.Index > uint64(len(d.events)) || !cmp.Equal(d.events[e.Index], e) {
				d.t.Errorf("entry %d is now %+v", e.Index, e)
			}
		case pipe.TypeMail:
			l, err := wire.ParseLetter(f.Body)
			if err != nil {
				d.t.Error(err)
			}
			l.Body = slices.Clone(l.Body)
			d.letters[l.ID] = l
		case pipe.TypeState:
			var s wire.State
			if err := f.JSON(&s); err != nil {
				d.t.Error(err)
			}
			d.states = append(d.states, s)
		}
		d.mu.Unlock()
	}
}

func (d *desk) send(t pipe.Type, v any) {
	d.t.Helper()
	if err := d.link.Send(t, v); err != nil {
		d.t.Fatalf("%v; gate says: %s", err, d.log)
	}
}

func (d *desk) until(what string, ok func() bool) {
	d.t.Helper()
	for late := time.Now().Add(patience); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(late) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.t.Fatalf("waited %v until %s; the last of %d entries %+v; gate says: %s", patience, what, len(d.events), d.events[max(0, len(d.events)-20):], d.log)
		}
	}
}

// count is the number of entries of a kind.
func (d *desk) count(kind wire.Kind) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	for _, e := range d.events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

var ids atomic.Int64

func (d *desk) ask(kind wire.LetterKind, body any) wire.Letter {
	d.t.Helper()
	id := fmt.Sprint("l", ids.Add(1))
	l, err := wire.NewLetter(id, kind, body)
	if err != nil {
		d.t.Fatal(err)
	}
	d.send(pipe.TypeMail, l)
	d.until("an answer to "+string(kind), func() bool { d.mu.Lock(); defer d.mu.Unlock(); return d.letters[id].ID != "" })
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.letters[id]
}

func (d *desk) pair() {
	d.t.Helper()
	secret, err := b64(d.id.Pairing)
	if err != nil {
		d.t.Fatal(err)
	}
	pub := d.owner.Public().(ed25519.PublicKey)
	l := d.ask(wire.LetterPair, wire.Pair{Owner: pass.EncodeKey(pub), MAC: pass.PairMAC(secret, d.id.Device, pub)})
	var p wire.PairedBody
	if err := json.Unmarshal(l.Body, &p); err != nil || l.Kind != wire.LetterPaired {
		d.t.Fatalf("%s %s %v", l.Kind, l.Body, err)
	}
	device, err := pass.DecodeKey(d.id.Sign)
	if err != nil {
		d.t.Fatal(err)
	}
	if d.card, err = pass.OpenCard([]byte(p.Card), device); err != nil {
		d.t.Fatal(err)
	}
}

func b64(text string) ([]byte, error) {
	var b []byte
	err := json.Unmarshal([]byte(`"`+strings.NewReplacer("-", "+", "_", "/").Replace(text)+strings.Repeat("=", -len(text)&3)+`"`), &b)
	return b, err
}

// plan permits a delivery from now on, wakes the camera, waits until it is live, and returns its terms and its code.
func (d *desk) plan(entries int, change ...func(*pass.Terms)) (pass.Terms, pass.Secret) {
	d.t.Helper()
	live, opened := d.count(wire.CameraOn), d.count(wire.WindowOpened)
	t, secret := d.permit(entries, change...)
	d.until("the window is open", func() bool { return d.count(wire.WindowOpened) > opened })
	d.wake(t)
	d.until("the camera is live", func() bool { return d.count(wire.CameraOn) > live })
	return t, secret
}

// wake calls the camera by a wrong 128-bit key from the page, which is not counted. Its answer waits for the camera.
func (d *desk) wake(t pass.Terms) {
	d.t.Helper()
	d.send(pipe.TypeMail, d.sealTry(t, pass.Secret{Key: [pass.KeySize]byte{1}}.Scanned()))
}

// permit sends a pass and does not wait.
func (d *desk) permit(entries int, change ...func(*pass.Terms)) (pass.Terms, pass.Secret) {
	d.t.Helper()
	secret, err := pass.NewSecret()
	if err != nil {
		d.t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Second)
	t := pass.Terms{Device: d.id.Device, Delivery: fmt.Sprint("d-", ids.Add(1)), From: now, Until: now.Add(time.Hour),
		Zones: [][]pass.Point{{{X: 0, Y: 0}, {X: 5000, Y: 0}, {X: 5000, Y: 5000}}}, Lamp: pass.Box{Max: pass.Point{X: 500, Y: 500}},
		Mode: pass.Frosted, Entries: entries, Grace: 15 * time.Minute, Watchers: []string{d.card.Owner}, Offline: true, Camera: true}
	for _, c := range change {
		c(&t)
	}
	if t.Sealed, err = pass.Seal(secret, d.id.Device, t.Delivery, d.card.Seal); err != nil {
		d.t.Fatal(err)
	}
	note, err := pass.SignPass(t, d.owner)
	if err != nil {
		d.t.Fatal(err)
	}
	d.note = note
	d.send(pipe.TypeNote, note)
	return t, secret
}

func (d *desk) cancel(delivery string) {
	d.t.Helper()
	closed := d.count(wire.WindowClosed)
	d.revoke(delivery)
	d.until("the window is closed", func() bool { return d.count(wire.WindowClosed) > closed })
}

// revoke sends an order that a delivery's window ends, and does not wait.
func (d *desk) revoke(delivery string) {
	d.t.Helper()
	o := pass.Order{Device: d.id.Device, Verb: pass.Cancel, Delivery: delivery, At: time.Now().UTC().Truncate(time.Second)}
	note, err := pass.SignOrder(o, d.owner)
	if err != nil {
		d.t.Fatal(err)
	}
	d.send(pipe.TypeNote, note)
}

// sealTry prepares a try, so that only the sending is timed.
func (d *desk) sealTry(t pass.Terms, typed string) wire.Letter {
	d.t.Helper()
	var ready wire.Ready
	if l := d.ask(wire.LetterKnock, wire.Knock{Delivery: t.Delivery}); json.Unmarshal(l.Body, &ready) != nil {
		d.t.Fatalf("no nonce: %s %s", l.Kind, l.Body)
	}
	sealed, err := pass.SealTry(typed, d.id.Device, t.Delivery, ready.Knock, d.card.Seal)
	if err != nil {
		d.t.Fatal(err)
	}
	l, err := wire.NewLetter(fmt.Sprint("l", ids.Add(1)), wire.LetterTry, wire.Try{Delivery: t.Delivery, Knock: ready.Knock, Sealed: sealed})
	if err != nil {
		d.t.Fatal(err)
	}
	return l
}

func (d *desk) coil() (on bool, energised int) {
	v := d.house.View()
	return v.Coil, v.Energised
}

// process is gate's, also where it is watched.
func (d *desk) process() *os.Process {
	if d.watched == "" {
		return d.cmd.Process
	}
	pid := d.cmd.Process.Pid
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		d.t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		d.t.Fatalf("strace has no child: %q", b)
	}
	p, err := os.FindProcess(child)
	if err != nil {
		d.t.Fatal(err)
	}
	return p
}

// kill ends gate as a crash does.
func (d *desk) kill() {
	if d.cmd != nil {
		_ = d.process().Kill()
		_ = d.wait() // it was killed
	}
}

// end ends gate as systemd does.
func (d *desk) end() error {
	d.t.Helper()
	if err := d.process().Signal(syscall.SIGTERM); err != nil {
		d.t.Fatal(err)
	}
	return d.wait()
}

// wait waits until gate has ended.
func (d *desk) wait() error {
	err := d.cmd.Wait()
	d.cmd = nil
	_ = d.eye.Close()
	_ = d.link.Close()
	d.readers.Wait()
	return err
}

// rss is the memory that gate has in use now, in kB.
func (d *desk) rss() int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	if err != nil {
		d.t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(v), "kB")))
			if err != nil {
				d.t.Fatal(err)
			}
			return n
		}
	}
	d.t.Fatal("no VmRSS")
	return 0
}
