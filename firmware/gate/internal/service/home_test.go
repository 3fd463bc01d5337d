package service

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vestibule/firmware/gate/internal/keys"
	"vestibule/firmware/pipe"
	"vestibule/hardware/board"
	"vestibule/hardware/sim"
	"vestibule/hardware/wiegand"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// TestMain lets more tests run at once than there are processors: they mostly wait, 3 s for
// a lamp to be believed.
func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		if err := f.Value.Set("8"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// patience bounds every wait for something that should happen soon. It is long, because only a test that
// fails waits for it: a busy machine under the race detector is ten times slower than an idle one.
const patience = 2 * time.Minute

// home is a gate at a simulated door, with an eye that really looks at the lamp and a link
// that the test plays.
type home struct {
	t     testing.TB
	dir   string
	socks string
	house *sim.Server
	owner ed25519.PrivateKey
	ahead atomic.Int64 // what the wall clock is set off by
	loose atomic.Bool  // the kernel does not say that the clock is synchronised
	boot  string
	cards chan wiegand.Card // if not nil, the reader's
	bite  bool              // the watchdog started the machine
	wrap  func(board.Pins) board.Pins
	keys  *keys.Keys
	disk  *disk // of the gate that runs

	stop func() error // ends the gate
	eye  *eye
	link *link
}

func newHome(t testing.TB) *home {
	t.Helper()
	_, owner, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	socks, err := os.MkdirTemp("", "gate-") //nolint:usetesting // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	h := &home{t: t, dir: t.TempDir(), socks: socks, house: sim.NewServer(), owner: owner}
	t.Cleanup(func() {
		if h.stop != nil {
			h.end()
		}
		if err := h.house.Close(); err != nil {
			t.Error(err)
		}
		if err := os.RemoveAll(socks); err != nil {
			t.Error(err)
		}
	})
	return h
}

// start brings the gate up, and an eye and a link to it.
func (h *home) start() {
	h.t.Helper()
	h.startAlone()
	h.eye = h.openEye()
	h.link = h.openLink(0)
}

// build makes a gate at the door, which does not run yet.
func (h *home) build() (s *Service, door *board.Door, client io.Closer) {
	h.t.Helper()
	k, err := keys.Open(filepath.Join(h.dir, "gate", "keys"))
	if err != nil {
		h.t.Fatal(err)
	}
	h.keys = k
	house, err := sim.Dial(h.house.Connect())
	if err != nil {
		h.t.Fatal(err)
	}
	pins := house.Pins()
	if h.wrap != nil {
		pins = h.wrap(pins)
	}
	if door, err = board.Open(pins); err != nil {
		h.t.Fatal(err)
	}
	listen := func(name string) *pipe.Listener {
		path := filepath.Join(h.socks, name)
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			h.t.Fatal(err)
		}
		l, err := pipe.Listen(path)
		if err != nil {
			h.t.Fatal(err)
		}
		return l
	}
	clocks := System()
	clocks.Synced, clocks.Boot = func() bool { return !h.loose.Load() }, h.boot
	clocks.Wall = func() time.Time { return time.Now().Round(0).UTC().Add(time.Duration(h.ahead.Load())) }
	if s, err = New(Setting{State: filepath.Join(h.dir, "gate"), Trust: filepath.Join(h.dir, "trust"), Keys: k, Door: door,
		Eye: listen("eye"), Link: listen("link"), Clocks: clocks, Bitten: h.bite, Log: slog.New(slog.NewTextHandler(testLog{h.t}, nil))}); err != nil {
		h.t.Fatal(err)
	}
	if h.cards != nil {
		s.cards = h.cards
	}
	return s, door, house
}

func (h *home) startAlone() {
	h.t.Helper()
	s, door, client := h.build()
	h.disk = s.disk
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	h.stop = func() error {
		cancel()
		select {
		case err := <-ended:
			_ = door.Halt() // a test may have broken the pins
			_ = client.Close()
			return err
		case <-time.After(patience):
			return fmt.Errorf("gate does not stop")
		}
	}
}

// end stops the gate and what is connected to it.
func (h *home) end() {
	h.t.Helper()
	if h.eye != nil {
		h.eye.close()
	}
	if h.link != nil {
		h.link.close()
	}
	err := h.stop()
	h.stop, h.eye, h.link = nil, nil, nil
	if err != nil {
		h.t.Errorf("gate ended with %v", err)
	}
}

// testLog sends a program's log to the test's.
type testLog struct{ t testing.TB }

func (l testLog) Write(p []byte) (int, error) {
	if os.Getenv("VESTIBULE_TEST_LOG") != "" {
		fmt.Fprintf(os.Stderr, "%s: %s", l.t.Name(), p)
	}
	return len(p), nil
}

// dial connects to one of gate's sockets.
func (h *home) dial(name string, hello pipe.Hello) *pipe.Conn {
	h.t.Helper()
	c, err := pipe.Dial(filepath.Join(h.socks, name))
	if err != nil {
		h.t.Fatal(err)
	}
	if err := c.Send(pipe.TypeHello, hello); err != nil {
		h.t.Fatal(err)
	}
	return c
}

// link collects what gate sends.
type link struct {
	t    testing.TB
	conn *pipe.Conn
	done sync.WaitGroup
	mute atomic.Bool   // it says no more whether there is a hub
	quit chan struct{} // closed with the connection

	mu      sync.Mutex
	more    chan struct{}
	letters map[string]wire.Letter
	events  []wire.Event
	states  []wire.State
	beats   [][]byte
	admits  map[string]pipe.Admit
	cuts    []wire.Reason
	ends    []pipe.Until
	drills  []pipe.Drill
	gone    bool
	next    int
}

func (h *home) openLink(follow uint64) *link {
	h.t.Helper()
	l := &link{t: h.t, conn: h.dial("link", pipe.Hello{Program: "link", Version: pipe.Version}), more: make(chan struct{}), quit: make(chan struct{}),
		letters: map[string]wire.Letter{}, admits: map[string]pipe.Admit{}}
	l.send(pipe.TypeFollow, pipe.Follow{Next: follow})
	l.send(pipe.TypeNet, pipe.Net{Online: true})
	l.done.Go(l.sayNet)
	l.done.Go(func() {
		defer close(l.quit)
		for {
			f, err := l.conn.Receive()
			l.mu.Lock()
			if err != nil {
				l.gone = true
			} else {
				l.take(f)
			}
			close(l.more)
			l.more = make(chan struct{})
			l.mu.Unlock()
			if err != nil {
				return
			}
		}
	})
	return l
}

// sayNet says every second that there is a hub.
func (l *link) sayNet() {
	each := time.NewTicker(time.Second)
	defer each.Stop()
	for {
		select {
		case <-each.C:
			if !l.mute.Load() && l.conn.Send(pipe.TypeNet, pipe.Net{Online: true}) != nil {
				return // the connection has ended
			}
		case <-l.quit:
			return
		}
	}
}

func (l *link) take(f pipe.Frame) {
	var err error
	switch f.Type {
	case pipe.TypeMail:
		var v wire.Letter
		if v, err = wire.ParseLetter(f.Body); err == nil {
			v.Body = slices.Clone(v.Body)
			l.letters[v.ID] = v
		}
	case pipe.TypeEvent:
		var v wire.Event
		err = f.JSON(&v)
		l.events = append(l.events, v)
	case pipe.TypeState:
		var v wire.State
		err = f.JSON(&v)
		l.states = append(l.states, v)
	case pipe.TypeBeat:
		l.beats = append(l.beats, slices.Clone(f.Body))
	case pipe.TypeAdmit:
		var v pipe.Admit
		err = f.JSON(&v)
		l.admits[v.ID] = v
	case pipe.TypeCut:
		var v pipe.Cut
		err = f.JSON(&v)
		l.cuts = append(l.cuts, v.Reason)
	case pipe.TypeUntil:
		var v pipe.Until
		err = f.JSON(&v)
		l.ends = append(l.ends, v)
	case pipe.TypeDrill:
		var v pipe.Drill
		err = f.JSON(&v)
		l.drills = append(l.drills, v)
	default:
		err = fmt.Errorf("link is sent %s", f.Type)
	}
	if err != nil {
		l.t.Error(err)
	}
}

func (l *link) send(t pipe.Type, v any) {
	l.t.Helper()
	if err := l.conn.Send(t, v); err != nil {
		l.t.Fatal(err)
	}
}

func (l *link) close() {
	_ = l.conn.Close() // it may be closed already
	l.done.Wait()
}

// await waits until ok, called with the lock held, says so.
func (l *link) await(what string, ok func() bool) {
	l.t.Helper()
	late := time.After(patience)
	for {
		l.mu.Lock()
		more, got := l.more, ok()
		kinds := l.kinds(0)
		l.mu.Unlock()
		if got {
			return
		}
		select {
		case <-more:
		case <-late:
			l.t.Fatalf("waited %v for %s; events: %v", patience, what, kinds)
		}
	}
}

func (l *link) kinds(from int) []wire.Kind {
	var out []wire.Kind
	for _, e := range l.events[from:] {
		out = append(out, e.Kind)
	}
	return out
}

// event waits for the next event of a kind, after those already waited for.
func (l *link) event(kind wire.Kind) wire.Event {
	l.t.Helper()
	var e wire.Event
	l.await(string(kind), func() bool {
		for i := l.next; i < len(l.events); i++ {
			if l.events[i].Kind == kind {
				e, l.next = l.events[i], i+1
				return true
			}
		}
		return false
	})
	return e
}

// state waits for a state that is as wanted.
func (l *link) state(what string, ok func(wire.State) bool) {
	l.t.Helper()
	l.await(what, func() bool { return len(l.states) > 0 && ok(l.states[len(l.states)-1]) })
}

func (l *link) count(kind wire.Kind) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, e := range l.events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// refused counts the codes that were refused for a reason.
func (l *link) refused(why wire.Reason) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, e := range l.events {
		if e.Kind == wire.CodeRefused && e.Reason == why {
			n++
		}
	}
	return n
}

var letterID atomic.Int64

// ask sends a letter and waits for its answer.
func (l *link) ask(kind wire.LetterKind, body any) wire.Letter {
	l.t.Helper()
	id := l.write(kind, body)
	l.await("an answer to "+string(kind), func() bool { return l.letters[id].ID != "" })
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.letters[id]
}

// write sends a letter and returns its id.
func (l *link) write(kind wire.LetterKind, body any) string {
	l.t.Helper()
	id := fmt.Sprint("l", letterID.Add(1))
	letter, err := wire.NewLetter(id, kind, body)
	if err != nil {
		l.t.Fatal(err)
	}
	l.send(pipe.TypeMail, letter)
	return id
}

func into[T any](t testing.TB, l wire.Letter) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(l.Body, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// no is the reason of a refusal; "" when the letter was not refused.
func no(t testing.TB, l wire.Letter) wire.No {
	t.Helper()
	if l.Kind != wire.LetterNo {
		return wire.No{}
	}
	return into[wire.No](t, l)
}

// pair makes the test's owner the device's.
func (h *home) pair() {
	h.t.Helper()
	pub := h.owner.Public().(ed25519.PublicKey)
	l := h.link.ask(wire.LetterPair, wire.Pair{Owner: pass.EncodeKey(pub), Name: "Test", MAC: pass.PairMAC(h.keys.Pairing(), h.keys.Device(), pub)})
	if l.Kind != wire.LetterPaired {
		h.t.Fatalf("pairing: %s %s", l.Kind, l.Body)
	}
	card, err := pass.OpenCard([]byte(into[wire.PairedBody](h.t, l).Card), h.keys.SignPublic())
	if err != nil || card.Owner != pass.KeyID(pub) {
		h.t.Fatalf("card %+v, %v", card, err)
	}
	h.link.event(wire.Paired)
}

// delivery is what an owner has in hand after planning one.
type delivery struct {
	terms  pass.Terms
	secret pass.Secret
}

func (h *home) terms(change ...func(*pass.Terms)) delivery {
	h.t.Helper()
	d := delivery{}
	var err error
	if d.secret, err = pass.NewSecret(); err != nil {
		h.t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Second)
	d.terms = pass.Terms{
		Device: h.keys.Device(), Delivery: fmt.Sprint("d-", letterID.Add(1)), From: now, Until: now.Add(time.Hour),
		Zones: [][]pass.Point{{{X: 0, Y: 0}, {X: 5000, Y: 0}, {X: 5000, Y: 5000}}}, Lamp: pass.Box{Max: pass.Point{X: 500, Y: 500}},
		Mode: pass.Blur, Entries: 3, Grace: time.Second, Retention: 72 * time.Hour,
		Watchers: []string{pass.KeyID(h.owner.Public().(ed25519.PublicKey))}, Offline: true, Camera: true,
	}
	if _, err := rand.Read(d.terms.Nonce[:]); err != nil {
		h.t.Fatal(err)
	}
	for _, c := range change {
		c(&d.terms)
	}
	if d.terms.Sealed == nil {
		if d.terms.Sealed, err = pass.Seal(d.secret, h.keys.Device(), d.terms.Delivery, h.keys.Seal().Public()); err != nil {
			h.t.Fatal(err)
		}
	}
	return d
}

func (h *home) sign(t pass.Terms) []byte {
	h.t.Helper()
	note, err := pass.SignPass(t, h.owner)
	if err != nil {
		h.t.Fatal(err)
	}
	return note
}

// plan hands gate a pass of the owner's.
func (h *home) plan(change ...func(*pass.Terms)) delivery {
	h.t.Helper()
	d := h.terms(change...)
	h.link.send(pipe.TypeNote, h.sign(d.terms))
	if e := h.link.event(wire.PassAccepted); e.Delivery != d.terms.Delivery {
		h.t.Fatalf("accepted %+v", e)
	}
	return d
}

func (h *home) order(verb, name string) {
	h.t.Helper()
	h.link.send(pipe.TypeNote, h.signOrder(verb, name, h.owner, nil))
}

func (h *home) signOrder(verb, name string, by ed25519.PrivateKey, change func(*pass.Order)) []byte {
	h.t.Helper()
	o := pass.Order{Device: h.keys.Device(), Verb: verb, Delivery: name, At: time.Now().UTC().Truncate(time.Second)}
	if _, err := rand.Read(o.Nonce[:]); err != nil {
		h.t.Fatal(err)
	}
	if change != nil {
		change(&o)
	}
	note, err := pass.SignOrder(o, by)
	if err != nil {
		h.t.Fatal(err)
	}
	return note
}

// try sends a code as a courier's page does.
func (h *home) try(d delivery, typed string) wire.Letter {
	h.t.Helper()
	return h.link.ask(wire.LetterTry, h.sealTry(d, typed))
}

// sealTry asks for a nonce and seals a code with it.
func (h *home) sealTry(d delivery, typed string) wire.Try {
	h.t.Helper()
	knock := into[wire.Ready](h.t, h.link.ask(wire.LetterKnock, wire.Knock{Delivery: d.terms.Delivery})).Knock
	sealed, err := pass.SealTry(typed, h.keys.Device(), d.terms.Delivery, knock, h.keys.Seal().Public())
	if err != nil {
		h.t.Fatal(err)
	}
	return wire.Try{Delivery: d.terms.Delivery, Knock: knock, Sealed: sealed}
}

// keyPress holds a key down a little longer than the keypad's debounce.
const keyPress = 40 * time.Millisecond

// types presses keys as a quick person does.
func (h *home) types(text string) {
	h.t.Helper()
	for _, k := range []byte(text) {
		h.house.Do(func(house *sim.House, now time.Time) {
			if err := house.Press(k, keyPress, now); err != nil {
				h.t.Error(err)
			}
		})
		time.Sleep(2 * keyPress) // a finger's own pace; the keypad tells presses apart by their gap
	}
}

// opens types a code, and types it again as a person would if the busy machine that this
// test runs on has missed a key.
func (h *home) opens(d delivery) {
	h.t.Helper()
	before := h.energised()
	h.typesUntil(d.secret.Code.Digits(), func() bool { return h.energised() > before })
}

func (h *home) typesUntil(text string, ok func() bool) {
	h.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		h.types("*" + text)
		for late := time.Now().Add(2 * time.Second); time.Now().Before(late); time.Sleep(5 * time.Millisecond) {
			if ok() {
				return
			}
		}
	}
	h.t.Fatalf("typed for %v for nothing", patience)
}

func (h *home) pull() bool {
	ok := false
	h.house.Do(func(house *sim.House, now time.Time) { ok = house.Pull(false, now) })
	return ok
}

// enter waits until the handle turns, opens the door and shuts it.
func (h *home) enter() {
	h.t.Helper()
	h.until("the handle turns", h.pull)
	h.until("the door is well open", func() bool { return h.house.World().Door > 0.3 })
	h.shut()
}

func (h *home) shut() { h.house.Do(func(house *sim.House, now time.Time) { house.Shut(now) }) }

func (h *home) energised() int {
	n := 0
	h.house.Do(func(house *sim.House, _ time.Time) { n = house.Energised() })
	return n
}

// live waits until the window is open, presses a key, and waits until the camera is live.
func (h *home) live() {
	h.t.Helper()
	h.link.event(wire.WindowOpened)
	h.wakes()
}

// calls presses a key until the camera has power: nobody else has called it.
func (h *home) calls() {
	h.t.Helper()
	h.until("the camera has power", func() bool {
		if h.house.World().Power {
			return true
		}
		h.types("*")
		time.Sleep(keyPress)
		return h.house.World().Power
	})
}

// wakes calls the camera and waits until it is live.
func (h *home) wakes() {
	h.t.Helper()
	h.calls()
	h.link.event(wire.CameraOn)
}

// until polls for something that no message announces.
func (h *home) until(what string, ok func() bool) {
	h.t.Helper()
	for late := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(late) {
			h.t.Fatalf("waited %v until %s", patience, what)
		}
	}
}

// ready is a home in which a delivery's window is open and the camera is live.
func ready(t testing.TB, change ...func(*pass.Terms)) (*home, delivery) {
	t.Helper()
	h := newHome(t)
	h.start()
	h.pair()
	d := h.plan(change...)
	h.live()
	return h, d
}

// wrongCode is a code with a right check digit that is not this one.
func wrongCode(t testing.TB, c pass.Code) string {
	t.Helper()
	for {
		s, err := pass.NewSecret()
		if err != nil {
			t.Fatal(err)
		}
		if !s.Code.Equal(c) {
			return s.Code.Digits()
		}
	}
}
