package relay

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"vestibule/firmware/link/internal/live"
	"vestibule/firmware/link/internal/uplink"
	"vestibule/firmware/pipe"
	"vestibule/hardware/sim"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// home is the true gate, as a process at a simulated door, and a Relay that speaks with it. The test plays
// the hub, and hears what the household would read.
type home struct {
	*Relay
	t      *testing.T
	id     struct{ Device, Sign, Pairing string }
	device ed25519.PublicKey
	owner  ed25519.PrivateKey
	card   pass.Card
	log    *refusals
	kill   func() // gate

	mu      sync.Mutex
	events  []wire.Event
	letters map[string]wire.Letter

	closings int // windows that the test has seen close
}

// refusals counts what link's own log says of viewers who are refused, by reason.
type refusals struct {
	slog.Handler
	mu      sync.Mutex
	by      map[wire.Reason]int
	n       int
	watches int // viewers who came to be connected
}

func (r *refusals) Enabled(context.Context, slog.Level) bool { return true }
func (r *refusals) WithAttrs([]slog.Attr) slog.Handler       { return r }

func (r *refusals) Handle(_ context.Context, record slog.Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch record.Message {
	case "a viewer watches":
		r.watches++
		return nil
	case "a viewer is refused":
		r.n++
	default:
		return nil
	}
	record.Attrs(func(a slog.Attr) bool {
		if err, ok := a.Value.Any().(error); ok {
			if no := (*live.RefusedError)(nil); errors.As(err, &no) {
				r.by[no.Reason]++
			}
		}
		return true
	})
	return nil
}

func (r *refusals) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.n
}

func (r *refusals) watching() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.watches
}

func (r *refusals) reasons() map[wire.Reason]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := map[wire.Reason]int{}
	for k, n := range r.by {
		all[k] = n
	}
	return all
}

func newKey(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func public(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

// newHome builds gate, starts it in an empty network, and pairs it with an owner.
func newHome(t *testing.T) *home {
	t.Helper()
	dir, err := os.MkdirTemp("", "home-") //nolint:usetesting // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	program := filepath.Join(dir, "gate.bin")
	build := exec.Command("go", "build", "-tags", "desk", "-o", program, "vestibule/firmware/gate")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build gate: %v\n%s", err, out)
	}
	h := &home{t: t, owner: newKey(t), log: &refusals{by: map[wire.Reason]int{}}, letters: map[string]wire.Letter{}}
	h.startGate(dir, program)
	if h.Relay, err = New(Config{
		Card: uplink.Card{Device: h.id.Device}, Gate: func() (*pipe.Conn, error) { return pipe.Dial(filepath.Join(dir, "link.sock")) },
		View: func() (*pipe.Conn, error) { return nil, errors.New("no eye here") }, Radio: radioFor(t), Loopback: true, Log: slog.New(h.log),
	}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { h.keepGate(ctx) })
	running.Go(func() { h.hear(ctx) })
	t.Cleanup(func() {
		h.audience.Close()
		cancel()
		running.Wait()
	})
	until(t, "gate is there", func() bool { h.Relay.mu.Lock(); defer h.Relay.mu.Unlock(); return h.gate != nil })
	h.pair()
	return h
}

// startGate starts the true program as a launcher does: sockets handed down, pins by a socket.
func (h *home) startGate(dir, program string) {
	h.t.Helper()
	door := sim.NewServer()
	pins, err := pipe.Listen(filepath.Join(dir, "desk.sock"))
	if err != nil {
		h.t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			c, err := pins.Accept()
			if err != nil {
				return
			}
			served.Go(func() { _ = door.Serve(c) }) // gate's death ends it
		}
	})
	var sockets []*os.File
	for _, name := range []string{"eye", "link"} {
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err = errors.Join(err, unix.Bind(fd, &unix.SockaddrUnix{Name: filepath.Join(dir, name+".sock")}), unix.Listen(fd, 8)); err != nil {
			h.t.Fatal(err)
		}
		sockets = append(sockets, os.NewFile(uintptr(fd), name))
	}
	command := func(args ...string) *exec.Cmd {
		cmd := exec.Command(program, args...)
		cmd.Env = append(os.Environ(), "LISTEN_FDS=2", "LISTEN_FDNAMES=eye:link")
		cmd.ExtraFiles = sockets
		return cmd
	}
	out, err := command("identity", "-state", filepath.Join(dir, "gate")).Output()
	if err = errors.Join(err, json.Unmarshal(out, &h.id)); err != nil {
		h.t.Fatal(err)
	}
	if h.device, err = pass.DecodeKey(h.id.Sign); err != nil {
		h.t.Fatal(err)
	}
	gate := command("-state", filepath.Join(dir, "gate"), "-trust", filepath.Join(dir, "trust"), "-pins", "sim:"+filepath.Join(dir, "desk.sock"))
	gate.SysProcAttr = &syscall.SysProcAttr{
		Pdeathsig: syscall.SIGKILL, Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}},
	}
	if err := gate.Start(); err != nil {
		h.t.Skipf("this machine gives no empty network namespace: %v", err)
	}
	h.kill = sync.OnceFunc(func() {
		_ = gate.Process.Kill()
		_ = gate.Wait()
	})
	h.t.Cleanup(func() {
		h.kill()
		for _, f := range sockets {
			_ = f.Close()
		}
		_, _ = pins.Close(), door.Close()
		served.Wait()
	})
}

// hear takes the place of Run's goroutine: there is no hub but the test.
func (h *home) hear(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case x := <-h.happened:
			h.mu.Lock()
			switch x := x.(type) {
			case gateCame:
				x.line.Send(pipe.TypeFollow, pipe.Follow{})
			case wire.Event:
				h.events = append(h.events, x)
			case gateSaid:
				h.letters[x.letter.ID] = x.letter
			}
			h.mu.Unlock()
		case <-tick.C:
			h.tell(pipe.TypeNet, pipe.Net{Online: true})
		case <-ctx.Done():
			return
		}
	}
}

// tell sends gate something as link does.
func (h *home) tell(t pipe.Type, v any) {
	h.Relay.mu.Lock()
	gate := h.gate
	h.Relay.mu.Unlock()
	if gate != nil {
		gate.Send(t, v)
	}
}

// count is how many events of a kind there are, and for how many they stand.
func (h *home) count(kind wire.Kind) (n, standFor int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.events {
		if e.Kind == kind {
			n++
			standFor += max(e.Count, 1)
		}
	}
	return n, standFor
}

func (h *home) happens(kind wire.Kind, n int) {
	h.t.Helper()
	until(h.t, fmt.Sprint(kind), func() bool { got, _ := h.count(kind); return got >= n })
}

func (h *home) pair() {
	h.t.Helper()
	secret, err := base64.RawURLEncoding.DecodeString(h.id.Pairing)
	if err != nil {
		h.t.Fatal(err)
	}
	pub := public(h.owner)
	l, err := wire.NewLetter("pair", wire.LetterPair, wire.Pair{Owner: pass.EncodeKey(pub), Name: "Camille", MAC: pass.PairMAC(secret, h.id.Device, pub)})
	if err != nil {
		h.t.Fatal(err)
	}
	h.tell(pipe.TypeMail, l)
	until(h.t, "the card", func() bool { h.mu.Lock(); defer h.mu.Unlock(); return h.letters["pair"].ID != "" })
	h.mu.Lock()
	body := h.letters["pair"].Body
	h.mu.Unlock()
	if h.card, err = pass.OpenCard([]byte(decode[wire.PairedBody](h.t, body).Card), h.device); err != nil {
		h.t.Fatal(err)
	}
}

// plan has a window open for those watchers, and waits for it.
func (h *home) plan(name string, length time.Duration, watchers ...ed25519.PrivateKey) pass.Terms {
	h.t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	t := pass.Terms{
		Device: h.id.Device, Delivery: name, From: now, Until: now.Add(length),
		Zones: [][]pass.Point{{{X: 0, Y: 0}, {X: 5000, Y: 0}, {X: 5000, Y: 5000}}}, Lamp: pass.Box{Max: pass.Point{X: 500, Y: 500}},
		Mode: pass.Frosted, Entries: 1, Grace: time.Minute, Retention: time.Hour, Offline: true, Camera: true,
	}
	for _, w := range watchers {
		t.Watchers = append(t.Watchers, pass.KeyID(public(w)))
	}
	slices.Sort(t.Watchers)
	secret, err := pass.NewSecret()
	if err != nil {
		h.t.Fatal(err)
	}
	if t.Sealed, err = pass.Seal(secret, t.Device, t.Delivery, h.card.Seal); err != nil {
		h.t.Fatal(err)
	}
	_, _ = rand.Read(t.Nonce[:])
	opened, _ := h.count(wire.WindowOpened)
	note, err := pass.SignPass(t, h.owner)
	h.note(note, err)
	h.happens(wire.WindowOpened, opened+1)
	return t
}

func (h *home) note(note []byte, err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
	h.tell(pipe.TypeNote, note)
}

// grant lets a key watch.
func (h *home) grant(key ed25519.PrivateKey) {
	h.t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	h.note(pass.SignGrant(pass.Grant{Device: h.id.Device, Key: public(key), Name: "Dominique", Role: pass.Member, May: pass.MayWatch,
		From: now.Add(-time.Minute), Until: now.Add(time.Hour), At: now}, h.owner))
}

// revoke ends whatever was granted to a key.
func (h *home) revoke(key ed25519.PrivateKey) {
	h.t.Helper()
	v := pass.Revocation{Device: h.id.Device, Key: pass.KeyID(public(key)), At: time.Now().UTC().Truncate(time.Second)}
	_, _ = rand.Read(v.Nonce[:])
	h.note(pass.SignRevocation(v, h.owner))
}

func (h *home) cancel(delivery string) {
	h.t.Helper()
	o := pass.Order{Device: h.id.Device, Verb: pass.Cancel, Delivery: delivery, At: time.Now().UTC().Truncate(time.Second)}
	_, _ = rand.Read(o.Nonce[:])
	h.note(pass.SignOrder(o, h.owner))
}
