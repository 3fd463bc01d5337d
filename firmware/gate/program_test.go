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
	"vestibule/firmware/pipe"
	"vestibule/hardware/sim"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

const patience = 20 * time.Second

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
	t       *testing.T
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

	eye, link *pipe.Conn
	awake     atomic.Bool
	mu        sync.Mutex
	events    []wire.Event
	letters   map[string]wire.Letter
	tints     []string // that eye was told
	readers   sync.WaitGroup
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	dir, err := os.MkdirTemp("", "gate-") //nolint:usetesting // a socket's path must be short
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
	if err := d.cmd.Start(); err != nil {
		d.t.Skipf("this machine gives no empty network namespace: %v", err)
	}
	d.link = d.dial("link")
	d.send(pipe.TypeFollow, pipe.Follow{})
	d.send(pipe.TypeNet, pipe.Net{Online: true})
	link := d.link
	d.readers.Go(func() { d.collect(link) })
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
			d.t.Fatalf("waited %v until %s; entries %+v; gate says: %s", patience, what, d.events, d.log)
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

// plan permits a delivery from now on and returns its terms and its code.
func (d *desk) plan(entries int, change ...func(*pass.Terms)) (pass.Terms, pass.Secret) {
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
	live := d.count(wire.CameraOn)
	d.send(pipe.TypeNote, note)
	d.until("the camera is live", func() bool { return d.count(wire.CameraOn) > live })
	return t, secret
}

func (d *desk) cancel(delivery string) {
	d.t.Helper()
	o := pass.Order{Device: d.id.Device, Verb: pass.Cancel, Delivery: delivery, At: time.Now().UTC().Truncate(time.Second)}
	note, err := pass.SignOrder(o, d.owner)
	if err != nil {
		d.t.Fatal(err)
	}
	closed := d.count(wire.WindowClosed)
	d.send(pipe.TypeNote, note)
	d.until("the window is closed", func() bool { return d.count(wire.WindowClosed) > closed })
}

// sealTry prepares a try, so that only the sending is timed.
func (d *desk) sealTry(t pass.Terms, s pass.Secret) wire.Letter {
	d.t.Helper()
	var ready wire.Ready
	if l := d.ask(wire.LetterKnock, wire.Knock{Delivery: t.Delivery}); json.Unmarshal(l.Body, &ready) != nil {
		d.t.Fatalf("no nonce: %s %s", l.Kind, l.Body)
	}
	sealed, err := pass.SealTry(s.Code.Digits(), d.id.Device, t.Delivery, ready.Knock, d.card.Seal)
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

// kill ends gate as a crash does.
func (d *desk) kill() {
	if d.cmd == nil || d.cmd.Process == nil {
		return
	}
	_ = d.cmd.Process.Kill()
	_ = d.cmd.Wait() // it was killed
	d.cmd = nil
	_ = d.eye.Close()
	_ = d.link.Close()
	d.readers.Wait()
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

// The true program within its walls: a visit, its memory, and a quiet end.
func TestProgram(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.start()
	d.pair()
	terms, secret := d.plan(3)
	if l := d.ask(wire.LetterTry, d.sealTry(terms, secret).Body); l.Kind != wire.LetterTried {
		t.Fatalf("%s %s; gate says: %s", l.Kind, l.Body, d.log)
	}
	if on, _ := d.coil(); !on {
		t.Error("the coil has no current")
	}
	kb := d.rss()
	t.Logf("memory in a visit: %d kB", kb)
	if kb > 30<<10 && !raced {
		t.Errorf("%d kB of memory, want at most 30 MB", kb)
	}
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	err := d.cmd.Wait()
	if err != nil {
		t.Errorf("ended with %v: %s", err, d.log)
	}
	if v := d.house.View(); v.Coil || v.Power || v.Lamp || v.Buzzer {
		t.Errorf("after the end: %+v", v)
	}
	out, err := d.gate("identity", "-state", filepath.Join(d.dir, "gate")).Output()
	var id keys.Identity
	if err != nil || json.Unmarshal(out, &id) != nil || id.Pairing != "" || id.Device != d.id.Device {
		t.Errorf("identity after pairing: %s, %v", out, err)
	}
}

// Gate is killed again and again around the moment at which a code is burned and the coil
// moves. However it falls: the coil has no current afterwards, the burning is on the disk
// before any opening, and what opens, over all lives, is never more than the entries.
func TestKilledAroundTheCoil(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.start()
	d.pair()
	const rounds, entries = 7, 9
	terms, secret := d.plan(entries)
	for round := range rounds {
		_, before := d.coil()
		d.send(pipe.TypeMail, d.sealTry(terms, secret))
		time.Sleep(time.Duration(round) * 250 * time.Microsecond) // the instant of the crash is what is varied
		d.kill()
		d.until("the pins are let go", func() bool { on, _ := d.coil(); return !on })
		_, after := d.coil()
		if after > before+1 {
			t.Fatalf("round %d: opened %d times by one try", round, after-before)
		}
		begin := time.Now()
		on := d.count(wire.CameraOn)
		d.start()
		started := d.count(wire.Started)
		d.until("gate is up", func() bool { return d.count(wire.Started) > started || d.count(wire.CameraOn) > on })
		if round == 0 {
			t.Logf("the camera is asked for again or live %v after the start", time.Since(begin).Round(time.Millisecond))
		}
		d.until("the camera is live", func() bool { return d.count(wire.CameraOn) > on })
		if _, n := d.coil(); n != after {
			t.Fatalf("round %d: opened by itself after the restart", round)
		}
		used := 0
		d.mu.Lock()
		for _, e := range d.events {
			if e.Kind == wire.VisitStarted || e.Kind == wire.Unlocked {
				used = max(used, e.Count)
			}
		}
		d.mu.Unlock()
		if after > used {
			t.Fatalf("round %d: opened %d times, and the disk knows of %d", round, after, used)
		}
	}
	_, n := d.coil()
	t.Logf("%d kills, opened %d times, %d entries in the journal", rounds, n, len(d.events))
	if n == 0 || n > entries {
		t.Errorf("opened %d times of %d", n, entries)
	}
}

// Gate is killed again and again around the moment at which a tint is written, and each eye
// has measured another. However it falls: one tint is on the disk, and eye is never told any
// other.
func TestKilledAroundTheTint(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.start()
	d.pair()
	const deliveries, rounds = 3, 5
	for i := range deliveries {
		terms, _ := d.plan(1, func(t *pass.Terms) { t.Mode = pass.Blur })
		d.mu.Lock()
		d.tints = nil
		d.mu.Unlock()
		for round := range rounds {
			d.until("eye is awake", d.awake.Load)
			offer := pipe.Tint{Delivery: terms.Delivery, Colours: bytes.Repeat([]byte{byte(round + 1)}, pipe.TintSize)}
			if err := d.eye.Send(pipe.TypeTint, offer); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(i*rounds+round) * 200 * time.Microsecond) // the instant of the crash is what is varied
			d.kill()
			d.start()
		}
		d.until("eye is awake", d.awake.Load)
		if err := d.eye.Send(pipe.TypeTint, pipe.Tint{Delivery: terms.Delivery, Colours: bytes.Repeat([]byte{99}, pipe.TintSize)}); err != nil {
			t.Fatal(err)
		}
		d.until("eye is told a tint", func() bool { d.mu.Lock(); defer d.mu.Unlock(); return len(d.tints) > 0 })
		kept, err := os.ReadFile(filepath.Join(d.dir, "gate", "passes", terms.Delivery+".tint"))
		if err != nil || len(kept) != pipe.TintSize {
			t.Fatalf("%d bytes on the disk, %v", len(kept), err)
		}
		d.mu.Lock()
		for _, told := range d.tints {
			if told != string(kept) {
				t.Errorf("eye was told %x..., on the disk is %x...", told[:2], kept[:2])
			}
		}
		t.Logf("tint %d stands, told %d times", kept[0], len(d.tints))
		d.mu.Unlock()
		d.cancel(terms.Delivery)
	}
}

// From a code's arrival at gate's socket to current in the coil, fsync included.
func TestTryToCoil(t *testing.T) {
	d := newDesk(t)
	d.start()
	d.pair()
	var took []time.Duration
	for range 3 {
		terms, secret := d.plan(9)
		for range 9 {
			l := d.sealTry(terms, secret)
			_, before := d.coil()
			begin := time.Now()
			d.send(pipe.TypeMail, l)
			for {
				if _, n := d.coil(); n > before {
					break
				}
				if time.Since(begin) > patience {
					t.Fatalf("nothing opened: %s", d.log)
				}
				time.Sleep(100 * time.Microsecond)
			}
			took = append(took, time.Since(begin))
			d.until("the answer", func() bool { d.mu.Lock(); defer d.mu.Unlock(); return d.letters[l.ID].ID != "" })
			// The door is opened and shut, which ends the pulse.
			d.house.Do(func(h *sim.House, now time.Time) { h.Pull(false, now) })
			d.until("the door is open", func() bool { return d.house.World().Door > 0.2 })
			d.house.Do(func(h *sim.House, now time.Time) { h.Shut(now) })
			relocked := d.count(wire.Relocked)
			d.until("it is locked", func() bool { return d.count(wire.Relocked) > relocked })
		}
		d.cancel(terms.Delivery)
	}
	slices.Sort(took)
	t.Logf("try to coil, %d times: median %v, 99th percentile %v", len(took), took[len(took)/2], took[len(took)*99/100])
	if took[len(took)/2] > 20*time.Millisecond {
		t.Errorf("median %v, want at most 20 ms", took[len(took)/2])
	}
}

func TestArguments(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "-state and -trust"},
		{[]string{"-state", "x", "-trust", "y"}, "-pins"},
		{[]string{"-state", "x", "-trust", "y", "-pins", "real"}, "sim:PATH or board:FILE"},
		{[]string{"-state", "x", "-trust", "y", "-pins", "board:z", "-walls=off"}, "without walls"},
		{[]string{"identity"}, "-state DIR"},
		{[]string{"extra"}, "unexpected"},
	} {
		err := run(c.args, func(string) string { return "" }, &bytes.Buffer{}, &bytes.Buffer{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q in it", c.args, err, c.want)
		}
	}
}
