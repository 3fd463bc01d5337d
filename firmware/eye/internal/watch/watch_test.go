package watch

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"vestibule/firmware/eye/internal/view"
	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
	"vestibule/vision"
	"vestibule/vision/encode"
	"vestibule/vision/scene"
)

// bench is a Service with a fake gate, a real camera (the scene) and a clock of its own.
type bench struct {
	t             *testing.T
	owner, device ed25519.PrivateKey
	stream        *view.Stream
	gates         chan *pipe.Conn // the far end of each connection to gate
	gate          *pipe.Conn
	ahead         atomic.Int64 // the clock's, in nanoseconds
	drawn         atomic.Int64 // frames that the camera gave
	opened        atomic.Int64 // how often the camera was
	power         atomic.Bool
	guest         atomic.Bool // the door is open, and whoever comes goes inside
}

func key(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	_, k, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newBench(t *testing.T) *bench { return newLoggedBench(t, io.Discard) }

func newLoggedBench(t *testing.T, written io.Writer) *bench {
	b := &bench{t: t, owner: key(t), device: key(t), gates: make(chan *pipe.Conn, 8)}
	b.power.Store(true)
	dir := b.trust()
	log := slog.New(slog.NewTextHandler(written, nil))
	b.stream = view.New(log)
	source := scene.Source(1, func() scene.World {
		b.drawn.Add(1)
		w := scene.World{Lamp: true, Light: 1, Power: b.power.Load()}
		if b.guest.Load() {
			w.Door, w.Inside = 1, 1
		}
		return w
	}, false)
	s := New(Camera{
		Encoder: encode.X264,
		Source:  func(vision.Plan) (vision.Source, error) { b.opened.Add(1); return source, nil },
		Size:    vision.Size{Width: 320, Height: 240}, FPS: 30, Kbit: 500,
	}, Trust{dir}, b.stream, func() time.Time { return time.Now().Add(time.Duration(b.ahead.Load())) }, log)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Run(ctx, func() (*pipe.Conn, error) {
			near, far, err := pipe.Pair()
			if err == nil {
				b.gates <- far
			}
			return near, err
		})
	}()
	t.Cleanup(func() { cancel(); <-done })
	b.accept()
	return b
}

// trust makes the folder of what eye believes.
func (b *bench) trust() (dir string) {
	b.t.Helper()
	dir = b.t.TempDir()
	for name, k := range map[string]ed25519.PrivateKey{"owner.pub": b.owner, "device.pub": b.device} {
		text := pass.EncodeKey(k.Public().(ed25519.PublicKey)) + "\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
	return dir
}

// accept takes eye's next connection to gate.
func (b *bench) accept() {
	b.t.Helper()
	b.gate = <-b.gates
	var h pipe.Hello
	if f := b.next(pipe.TypeHello); f.JSON(&h) != nil || h.Program != "eye" || h.Version != pipe.Version {
		b.t.Fatalf("hello %+v", h)
	}
}

// next reads what eye tells gate until a frame of the type comes.
func (b *bench) next(want pipe.Type) pipe.Frame {
	b.t.Helper()
	late := time.AfterFunc(time.Minute, func() { _ = b.gate.Close() })
	defer late.Stop()
	for range 1000 {
		f, err := b.gate.Receive()
		if err != nil {
			b.t.Fatal(err)
		}
		if f.Type == want {
			return f
		}
	}
	b.t.Fatalf("no %v comes", want)
	return pipe.Frame{}
}

func (b *bench) look() pipe.Look {
	b.t.Helper()
	var l pipe.Look
	f := b.next(pipe.TypeLook)
	if err := f.JSON(&l); err != nil {
		b.t.Fatal(err)
	}
	return l
}

func (b *bench) trouble() pipe.Trouble {
	b.t.Helper()
	var tr pipe.Trouble
	f := b.next(pipe.TypeTrouble)
	if err := f.JSON(&tr); err != nil {
		b.t.Fatal(err)
	}
	return tr
}

// send sends what gate says; of the time it says the right one, but where a test says otherwise.
func (b *bench) send(t pipe.Type, v any) {
	b.t.Helper()
	if w, ok := v.(pipe.Wake); ok && w.Now.IsZero() {
		w.Now = time.Now()
		v = w
	}
	if err := b.gate.Send(t, v); err != nil {
		b.t.Fatal(err)
	}
}

// terms are a window that opened a minute ago and closes after left.
func (b *bench) terms(left time.Duration) pass.Terms {
	now := time.Now().UTC().Truncate(time.Second)
	t := pass.Terms{
		Device: pass.KeyID(b.device.Public().(ed25519.PublicKey)), Delivery: "d1",
		From: now.Add(-time.Minute), Until: now.Add(left), Mode: pass.Blur,
		Sealed:  make([]byte, sealedSize(b.t)),
		Entries: 1, Watchers: []string{pass.KeyID(b.owner.Public().(ed25519.PublicKey))},
		Lamp: pass.Box{Min: pass.Point(scene.Lamp.Min), Max: pass.Point(scene.Lamp.Max)},
	}
	var zone []pass.Point
	for _, p := range scene.Zone {
		zone = append(zone, pass.Point(p))
	}
	t.Zones = [][]pass.Point{zone}
	return t
}

func sealedSize(t *testing.T) int {
	t.Helper()
	k, err := pass.NewSealKey()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := pass.Seal(must(pass.NewSecret()), "d", "d", k.Public())
	if err != nil {
		t.Fatal(err)
	}
	return len(sealed)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func sign(t *testing.T, terms pass.Terms, k ed25519.PrivateKey) []byte {
	t.Helper()
	note, err := pass.SignPass(terms, k)
	if err != nil {
		t.Fatal(err)
	}
	return note
}

// closed waits until the camera gives no frames any more, and returns how long that took.
func (b *bench) closed(within time.Duration) {
	b.t.Helper()
	start := time.Now()
	last, since := b.drawn.Load(), start
	for time.Since(since) < 300*time.Millisecond {
		time.Sleep(5 * time.Millisecond)
		if n := b.drawn.Load(); n != last {
			last, since = n, time.Now()
		}
		if since.Sub(start) > within {
			b.t.Fatalf("the camera still runs after %v", within)
		}
	}
}

func TestAPassOpensTheCameraAndSleepClosesIt(t *testing.T) {
	b := newBench(t)
	if b.drawn.Load() != 0 {
		t.Fatal("the camera runs unasked")
	}
	note := sign(t, b.terms(time.Hour), b.owner)
	b.send(pipe.TypeWake, pipe.Wake{Pass: note})
	var last pipe.Look
	for range 20 {
		l := b.look()
		if l.Frame <= last.Frame || l.At <= last.At || l.Unit != 0 {
			t.Fatalf("after %+v came %+v", last, l)
		}
		last = l
	}
	if last.Glass != "" || last.Lamp < 100<<8 || last.Delivery != "d1" || last.Spent.Colour != 0 {
		t.Fatalf("the 20th look is %+v", last)
	}
	b.send(pipe.TypeWake, pipe.Wake{Pass: note}) // again: nothing changes
	if l := b.look(); l.Frame > last.Frame+10 || l.Glass != "" {
		t.Fatalf("woken twice: %+v after %+v", l, last)
	}
	b.send(pipe.TypeSleep, nil)
	b.closed(time.Second)
	b.send(pipe.TypeWake, pipe.Wake{Pass: note})
	for range 100 {
		if l := b.look(); l.Frame <= last.Frame {
			t.Fatalf("frame %d after %d: numbers count up over the whole run", l.Frame, last.Frame)
		} else if last = l; l.Glass == "" {
			return
		}
	}
	t.Fatal("the zone does not show again")
}

// mono is CLOCK_MONOTONIC, as frames have it.
func mono(t *testing.T) time.Duration {
	t.Helper()
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		t.Fatal(err)
	}
	return time.Duration(ts.Nano())
}

// locked is how much of this process's memory is kept from the disk, as the kernel has it: a camera's frames are.
func locked(t *testing.T) string {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(status), "VmLck:")
	of, _, _ := strings.Cut(after, "\n")
	return strings.TrimSpace(of)
}

// A camera that sleeps and wakes several times in a delivery shows the same glass each time, for the same 216 bytes, and
// gives its memory back each time.
func TestWokenAgainAndAgain(t *testing.T) {
	b := newBench(t)
	before, running := locked(t), runtime.NumGoroutine()
	w := pipe.Wake{Pass: sign(t, b.terms(time.Hour), b.owner)}
	b.send(pipe.TypeWake, w)
	tint := b.tint()
	w.Tint = tint.Colours
	b.send(pipe.TypeTint, tint)
	b.spends(pipe.TintSize)
	w.Cut = b.look().Cut
	var took []time.Duration
	for n := range 5 {
		b.send(pipe.TypeSleep, nil)
		b.closed(time.Second)
		if now, more := locked(t), runtime.NumGoroutine()-running; now != before || more > 0 {
			t.Errorf("asleep for time %d: %s of memory locked, and before the first %s; %d goroutines more", n+1, now, before, more)
		}
		woken, since := time.Now(), mono(t)
		b.send(pipe.TypeWake, w)
		first := b.look()
		for first.At < since { // what was still on its way
			first = b.look()
		}
		took = append(took, time.Since(woken))
		if first.Spent.Colour > pipe.TintSize {
			t.Errorf("%+v", first)
		}
		if last, offers := b.looks(15); offers != 0 || last.Spent.Colour != pipe.TintSize || last.Glass != "" || last.Cut != w.Cut {
			t.Errorf("waking %d: %d offers, %+v", n+1, offers, last)
		}
	}
	t.Logf("from wake to the first look: %v", took)
}

// Where memory cannot be locked the camera is used all the same, and the log says so, once.
func TestMemoryThatCannotBeLockedIsSaidOnce(t *testing.T) {
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_MEMLOCK, &was); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: 0, Max: was.Max}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Setrlimit(unix.RLIMIT_MEMLOCK, &was); err != nil {
			t.Error(err)
		}
	})
	if unix.Mlock(make([]byte, os.Getpagesize())) == nil {
		t.Skip("this user may lock without a limit")
	}
	var log bytes.Buffer
	t.Cleanup(func() { // once eye has ended
		if n := strings.Count(log.String(), "LimitMEMLOCK"); n != 1 {
			t.Errorf("it is said %d times:\n%s", n, log.String())
		}
	})
	b := newLoggedBench(t, &log)
	for range 2 {
		b.send(pipe.TypeWake, pipe.Wake{Pass: sign(t, b.terms(time.Hour), b.owner)})
		b.look()
		b.send(pipe.TypeSleep, nil)
	}
}

func TestEyeVerifiesThePassItself(t *testing.T) {
	b := newBench(t)
	change := func(f func(*pass.Terms)) []byte {
		terms := b.terms(time.Hour)
		f(&terms)
		return sign(t, terms, b.owner)
	}
	good := sign(t, b.terms(time.Hour), b.owner)
	for _, c := range []struct {
		name string
		note []byte
		want wire.Reason
	}{
		{"nothing", nil, wire.BadSignature},
		{"junk", bytes.Repeat([]byte("junk "), 200_000), wire.TooLarge},
		{"a foreign signature", sign(t, b.terms(time.Hour), key(t)), wire.BadSignature},
		{"gate's own signature", sign(t, b.terms(time.Hour), b.device), wire.BadSignature},
		{"a changed letter", bytes.Replace(good, []byte("mode blur"), []byte("mode blux"), 1), wire.BadSignature},
		{"another device", change(func(t *pass.Terms) { t.Device = "other" }), wire.OtherDevice},
		{"too early", change(func(t *pass.Terms) { t.From = t.From.Add(2 * time.Minute) }), wire.TooEarly},
		{"over", change(func(t *pass.Terms) { t.From, t.Until = t.From.Add(-time.Hour), t.From }), wire.WindowOver},
	} {
		b.send(pipe.TypeWake, pipe.Wake{Pass: c.note})
		if got := b.trouble(); got.Reason != c.want {
			t.Errorf("%s: got %+v, want %s", c.name, got, c.want)
		}
	}
	if n := b.drawn.Load(); n != 0 {
		t.Fatalf("the camera gave %d frames", n)
	}
	b.send(pipe.TypeWake, pipe.Wake{Pass: good})
	b.look()
}

func TestWithoutAnOwnerThereIsNoPicture(t *testing.T) {
	_, err := Trust{t.TempDir()}.admit(pipe.Wake{Now: time.Now()}, 0)
	if r, ok := err.(*refusal); !ok || r.reason != wire.NotPaired {
		t.Fatalf("got %v", err)
	}
}

// The window is judged by gate's time. Eye's own clock, which a device without a synchronised one begins
// in 1970, changes nothing, however it is set.
func TestTheWindowIsByGatesTime(t *testing.T) {
	for name, own := range map[string]time.Time{
		"right": time.Now(), "in 1970": time.Unix(0, 0), "after the window": time.Now().Add(24 * time.Hour),
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.ahead.Store(int64(time.Until(own)))
			terms := b.terms(4 * time.Second)
			b.send(pipe.TypeWake, pipe.Wake{Pass: sign(t, terms, b.owner)})
			b.look()
			b.ahead.Add(int64(time.Hour)) // set while the camera is open
			b.look()
			b.ahead.Add(-int64(2 * time.Hour))
			b.closed(4500 * time.Millisecond)
		})
	}
}

func TestGatesTimeIsNeeded(t *testing.T) {
	b := newBench(t)
	terms := b.terms(time.Hour)
	note := sign(t, terms, b.owner)
	for _, c := range []struct {
		now  time.Time
		want wire.Reason
	}{
		{terms.From.Add(-time.Second), wire.TooEarly},
		{terms.Until, wire.WindowOver},
		{time.Unix(0, 0), wire.TooEarly},
	} {
		b.send(pipe.TypeWake, pipe.Wake{Pass: note, Now: c.now})
		if got := b.trouble(); got.Reason != c.want {
			t.Errorf("at %v: %+v, want %s", c.now, got, c.want)
		}
	}
	if err := b.gate.Send(pipe.TypeWake, pipe.Wake{Pass: note}); err != nil {
		t.Fatal(err)
	}
	if got := b.trouble(); got.Reason != wire.ClockUnsure {
		t.Errorf("a gate that does not say the time: %+v", got)
	}
	if n := b.drawn.Load(); n != 0 {
		t.Errorf("the camera gave %d frames", n)
	}
	// By gate's time there are three seconds left, whatever is left by the sun's.
	b.send(pipe.TypeWake, pipe.Wake{Pass: note, Now: terms.Until.Add(-3 * time.Second)})
	b.look()
	b.closed(3500 * time.Millisecond)
}

func TestWithoutGateTheCameraCloses(t *testing.T) {
	b := newBench(t)
	note := sign(t, b.terms(time.Hour), b.owner)
	b.send(pipe.TypeWake, pipe.Wake{Pass: note})
	b.look()
	// Gate dies and is back at once: the picture goes on.
	if err := b.gate.Close(); err != nil {
		t.Fatal(err)
	}
	b.accept()
	b.send(pipe.TypeWake, pipe.Wake{Pass: note})
	if l := b.look(); l.Glass != "" {
		t.Fatalf("look %+v", l)
	}
	// It comes back again and again, and never says wake.
	if err := b.gate.Close(); err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	hungUp := make(chan struct{})
	go func() {
		defer close(hungUp)
		for {
			select {
			case c := <-b.gates:
				_ = c.Close()
			case <-over:
				return
			}
		}
	}()
	b.closed(gatePatience + time.Second)
	close(over)
	<-hungUp
}

func TestACameraThatFailsSaysSo(t *testing.T) {
	b := newBench(t)
	b.power.Store(false)
	b.send(pipe.TypeWake, pipe.Wake{Pass: sign(t, b.terms(time.Hour), b.owner)})
	if got := b.trouble(); got.Reason != wire.CameraFailed || got.Detail == "" {
		t.Fatalf("got %+v", got)
	}
	if l := b.look(); l.Glass != wire.CameraFailed || l.Lamp != 0 {
		t.Fatalf("look %+v", l)
	}
	b.power.Store(true)
	for range 200 {
		if b.look().Glass == "" {
			return
		}
	}
	t.Fatal("the camera has power again, and the picture does not come back")
}

func TestUnitsGoToThoseConnected(t *testing.T) {
	b := newBench(t)
	b.send(pipe.TypeWake, pipe.Wake{Pass: sign(t, b.terms(time.Hour), b.owner)})
	b.look()
	near, far, err := pipe.Pair()
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() { defer close(served); _ = b.stream.Serve(t.Context(), near) }()
	if err := far.Send(pipe.TypeHello, pipe.Hello{Program: "link", Version: pipe.Version}); err != nil {
		t.Fatal(err)
	}
	hashes := map[uint64]uint64{}
	unit := func() pipe.Unit {
		t.Helper()
		for {
			f, err := far.Receive()
			if err != nil {
				t.Fatal(err)
			}
			if f.Type == pipe.TypeUnit {
				u, err := pipe.ParseUnit(f.Body)
				if err != nil {
					t.Fatal(err)
				}
				for hashes[u.Frame] == 0 { // what gate was told of this very unit
					l := b.look()
					hashes[l.Frame] = l.Unit
					if l.Frame > u.Frame {
						t.Fatalf("no look of frame %d had a unit", u.Frame)
					}
				}
				if hashes[u.Frame] != pipe.Name(u.Data) {
					t.Fatalf("frame %d: the look's hash is %x, the unit's %x", u.Frame, hashes[u.Frame], pipe.Name(u.Data))
				}
				return u
			}
		}
	}
	if !unit().Key {
		t.Fatal("the first unit is no key frame")
	}
	for range 30 {
		if unit().Key {
			t.Fatal("a key frame that nobody asked for")
		}
	}
	if err := far.Send(pipe.TypeKeyPlease, nil); err != nil {
		t.Fatal(err)
	}
	for n := 0; !unit().Key; n++ {
		if n > 15 {
			t.Fatal("no key frame comes on demand")
		}
	}
	if err := far.Close(); err != nil {
		t.Fatal(err)
	}
	<-served
	for range 100 { // Looks go on, unencoded
		if b.look().Unit == 0 {
			return
		}
	}
	t.Fatal("pictures are encoded for nobody")
}
