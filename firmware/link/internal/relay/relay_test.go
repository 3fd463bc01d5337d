package relay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"vestibule/firmware/link/internal/radio"
	"vestibule/firmware/link/internal/uplink"
	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

const device = "device1"

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// broker is a hub's broker, with what the hub hears of the device.
type broker struct {
	t      *testing.T
	server *mqtt.Server
	addr   string

	mu      sync.Mutex
	events  []wire.Event // in the order of arrival, each time it arrives
	letters []wire.Letter
	online  []bool
	states  []wire.State
	pulses  []wire.Pulse
}

// welcome lets everybody in; who may do what is the hub's business. As the hub does, it
// keeps the broker from locking itself up over send quotas, and from refusing packet ids
// that only seem to be in use.
type welcome struct{ mqtt.HookBase }

func (*welcome) ID() string { return "welcome" }
func (*welcome) Provides(b byte) bool {
	return b == mqtt.OnConnectAuthenticate || b == mqtt.OnACLCheck || b == mqtt.OnSubscribe
}
func (*welcome) OnACLCheck(*mqtt.Client, string, bool) bool { return true }
func (*welcome) OnConnectAuthenticate(cl *mqtt.Client, _ packets.Packet) bool {
	cl.State.Inflight.ResetSendQuota(0)
	return true
}
func (*welcome) OnSubscribe(cl *mqtt.Client, pk packets.Packet) packets.Packet {
	cl.State.Inflight.Delete(pk.PacketID)
	return pk
}

// startBroker starts one at addr; port 0 takes a free one.
func startBroker(t *testing.T, addr string) *broker {
	t.Helper()
	b := &broker{t: t, server: mqtt.New(&mqtt.Options{InlineClient: true, Logger: quiet()})}
	if err := b.server.AddHook(new(welcome), nil); err != nil {
		t.Fatal(err)
	}
	l := listeners.NewTCP(listeners.Config{ID: "t", Address: addr})
	if err := b.server.AddListener(l); err != nil {
		t.Fatal(err)
	}
	if err := b.server.Serve(); err != nil {
		t.Fatal(err)
	}
	b.addr = l.Address()
	t.Cleanup(b.stop)
	if err := b.server.Subscribe(wire.Topic(device, "#"), 1, func(_ *mqtt.Client, _ packets.Subscription, pk packets.Packet) { b.hear(pk) }); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *broker) stop() {
	if b.server != nil {
		if err := b.server.Close(); err != nil {
			b.t.Error(err)
		}
		b.server = nil
	}
}

func (b *broker) hear(pk packets.Packet) {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, leaf, _ := wire.SplitTopic(pk.TopicName)
	switch {
	case strings.HasPrefix(leaf, wire.LeafEvent+"/"):
		e := decode[wire.Event](b.t, pk.Payload)
		if leaf != wire.LeafEvent+"/"+string(e.Kind) {
			b.t.Errorf("event %s at %s", e.Kind, leaf)
		}
		b.events = append(b.events, e)
	case leaf == wire.LeafLetterOut:
		b.letters = append(b.letters, decode[wire.Letter](b.t, pk.Payload))
	case leaf == wire.LeafOnline:
		b.online = append(b.online, decode[wire.Online](b.t, pk.Payload).Online)
	case leaf == wire.LeafPulse:
		b.pulses = append(b.pulses, decode[wire.Pulse](b.t, pk.Payload))
	case leaf == wire.LeafState:
		b.states = append(b.states, decode[wire.State](b.t, pk.Payload))
	}
}

func decode[T any](t *testing.T, b []byte) (v T) {
	if err := wire.Decode(b, &v); err != nil {
		t.Error(err)
	}
	return v
}

func (b *broker) publish(leaf string, retained bool, payload any) {
	b.t.Helper()
	raw, ok := payload.([]byte)
	if !ok {
		var err error
		if raw, err = json.Marshal(payload); err != nil {
			b.t.Fatal(err)
		}
	}
	if err := b.server.Publish(wire.Topic(device, leaf), raw, retained, 1); err != nil {
		b.t.Fatal(err)
	}
}

func (b *broker) lastOnline() (online, said bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.online) == 0 {
		return false, false
	}
	return b.online[len(b.online)-1], true
}

// has checks that the hub has events 0 to n-1, none before the one before it.
func (b *broker) has(n uint64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	next := uint64(0)
	for _, e := range b.events {
		if e.Index > next || e.ID != wire.EventID(device, e.Index) {
			b.t.Errorf("event %s came when %d was next", e.ID, next)
			return true
		}
		next = max(next, e.Index+1)
	}
	return next >= n
}

// gate is a scripted gate with a journal that lives on while its connections die.
type gate struct {
	t    *testing.T
	dial chan *pipe.Conn // the near ends that link will get

	mu      sync.Mutex
	conn    *pipe.Conn
	journal uint64
	next    uint64
	follows bool
	heard   []pipe.Frame // all but Hello and Follow, copied
	nets    []bool
}

func newGate(t *testing.T) *gate { return &gate{t: t, dial: make(chan *pipe.Conn, 1)} }

// start lets link connect.
func (g *gate) start() {
	g.t.Helper()
	near, far, err := pipe.Pair()
	if err != nil {
		g.t.Fatal(err)
	}
	g.mu.Lock()
	g.conn, g.follows = far, false
	g.mu.Unlock()
	g.dial <- near
	go g.run(far)
}

func (g *gate) stop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.conn != nil {
		_ = g.conn.Close()
		g.conn = nil
	}
}

func (g *gate) dialled() (*pipe.Conn, error) {
	select {
	case c := <-g.dial:
		return c, nil
	default:
		return nil, errors.New("gate is dead")
	}
}

func (g *gate) run(c *pipe.Conn) {
	for {
		f, err := c.Receive()
		if err != nil {
			return
		}
		g.mu.Lock()
		switch f.Type {
		case pipe.TypeHello:
		case pipe.TypeFollow:
			var m pipe.Follow
			if err := f.JSON(&m); err != nil {
				g.t.Error(err)
			}
			if g.follows {
				g.t.Error("gate is asked twice in one connection")
			}
			g.next, g.follows = m.Next, true
			g.say()
		case pipe.TypeNet:
			var m pipe.Net
			if err := f.JSON(&m); err != nil {
				g.t.Error(err)
			}
			g.nets = append(g.nets, m.Online)
		default:
			g.heard = append(g.heard, pipe.Frame{Type: f.Type, Body: bytes.Clone(f.Body)})
		}
		g.mu.Unlock()
	}
}

// say says what link follows; the lock is held.
func (g *gate) say() {
	for ; g.follows && g.conn != nil && g.next < g.journal; g.next++ {
		e := wire.Event{ID: wire.EventID(device, g.next), Index: g.next, Kind: wire.DoorOpened, Time: time.Unix(int64(g.next), 0).UTC()}
		if err := g.conn.Send(pipe.TypeEvent, e); err != nil {
			return
		}
	}
}

func (g *gate) happens(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.journal += uint64(n)
	g.say()
}

func (g *gate) send(t pipe.Type, v any) {
	g.t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.conn.Send(t, v); err != nil {
		g.t.Error(err)
	}
}

// bodies are those of what gate heard, of one type.
func (g *gate) bodies(t pipe.Type) [][]byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	var found [][]byte
	for _, f := range g.heard {
		if f.Type == t {
			found = append(found, f.Body)
		}
	}
	return found
}

func (g *gate) length() uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.journal
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	// Longer than the outbox doubts a hub (30 s): what was lost on a busy machine comes then.
	for deadline := time.Now().Add(45 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never: " + what)
		}
	}
}

func radioFor(t *testing.T) *radio.Radio {
	t.Helper()
	r := radio.New(quiet())
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// startLink runs a Relay without an eye; stop ends it.
func startLink(t *testing.T, addr string, g *gate) (stop func()) {
	t.Helper()
	return startLinkAndEye(t, addr, g, func() (*pipe.Conn, error) { return nil, errors.New("no eye here") })
}

func startLinkAndEye(t *testing.T, addr string, g *gate, eye func() (*pipe.Conn, error)) (stop func()) {
	t.Helper()
	r, err := New(Config{
		Card:     uplink.Card{Device: device, Hub: "mqtt://" + addr, User: "u", Password: "p"},
		Gate:     g.dialled,
		View:     eye,
		Radio:    radioFor(t),
		Loopback: true, Log: quiet(),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); r.Run(ctx) }()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

// Every event arrives, known by its id, whatever was dead when it happened.
func TestEventsArriveWhateverWasDead(t *testing.T) {
	b := startBroker(t, "127.0.0.1:0")
	g := newGate(t)
	g.start()
	g.happens(3) // before link
	stop := startLink(t, b.addr, g)
	until(t, "the first three are there", func() bool { return b.has(3) })
	g.happens(200)
	until(t, "200 more are there", func() bool { return b.has(203) })
	b.publish(wire.LeafSeen, true, wire.Seen{Next: 203})

	g.stop() // gate dies and is back
	g.happens(5)
	g.start()
	until(t, "gate's return", func() bool { return b.has(208) })
	b.publish(wire.LeafSeen, true, wire.Seen{Next: 208})

	addr := b.addr // the hub dies; its events are lost with it but what it has seen
	b.stop()
	g.happens(7)
	b2 := startBroker(t, addr)
	b2.events = slices.Clone(b.events)
	b2.publish(wire.LeafSeen, true, wire.Seen{Next: 208})
	until(t, "the hub's return", func() bool { return b2.has(215) })
	b2.publish(wire.LeafSeen, true, wire.Seen{Next: 215})

	stop() // link dies
	g.happens(9)
	g.stop()
	g.start()
	startLink(t, addr, g)
	until(t, "link's return", func() bool { return b2.has(224) })

	b2.publish(wire.LeafSeen, true, wire.Seen{Next: 220}) // the hub's disk was restored
	b2.mu.Lock()
	b2.events = b2.events[:0]
	for i := range uint64(220) {
		b2.events = append(b2.events, wire.Event{ID: wire.EventID(device, i), Index: i})
	}
	b2.mu.Unlock()
	b2.publish(wire.LeafSeen, true, wire.Seen{Next: 219})
	until(t, "what the hub lost", func() bool { return b2.has(g.length()) })
}

func TestPresenceAndState(t *testing.T) {
	b := startBroker(t, "127.0.0.1:0")
	g := newGate(t)
	g.start()
	stop := startLink(t, b.addr, g)
	until(t, "online", func() bool { on, _ := b.lastOnline(); return on })
	until(t, "gate knows", func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		return len(g.nets) > 0 && g.nets[len(g.nets)-1]
	})
	want := wire.State{Time: time.Unix(5, 0).UTC(), Door: wire.DoorClosed, Bolt: wire.BoltLocked, Camera: wire.CameraIsOff, Visit: wire.NoWindow}
	g.send(pipe.TypeState, want)
	until(t, "state", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.states) == 1 && b.states[0] == want
	})
	var retained []string
	for _, pk := range b.server.Topics.Messages(wire.Topic(device, "#")) {
		retained = append(retained, pk.TopicName)
	}
	slices.Sort(retained)
	if !slices.Equal(retained, []string{wire.Topic(device, wire.LeafOnline), wire.Topic(device, wire.LeafState)}) {
		t.Errorf("retained: %v", retained)
	}
	// The hub dies and forgets: it is told again.
	addr := b.addr
	b.stop()
	until(t, "gate hears of it", func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		return !g.nets[len(g.nets)-1]
	})
	b = startBroker(t, addr)
	until(t, "the state again", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.states) == 1 && b.states[0] == want
	})
	stop()
	until(t, "offline, said by itself", func() bool { on, said := b.lastOnline(); return said && !on })
}

// cable is a way to a broker that can be cut so that neither end is told.
type cable struct {
	addr string
	cut  atomic.Bool
}

func newCable(t *testing.T, to string) *cable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{addr: l.Addr().String()}
	var mu sync.Mutex
	var ends []net.Conn
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		defer mu.Unlock()
		for _, e := range ends {
			_ = e.Close()
		}
	})
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				_ = near.Close()
				continue
			}
			mu.Lock()
			ends = append(ends, near, far)
			mu.Unlock()
			go c.carry(near, far)
			go c.carry(far, near)
		}
	}()
	return c
}

// carry swallows what comes once the cable is cut.
func (c *cable) carry(to, from net.Conn) {
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		if c.cut.Load() {
			continue
		}
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}

// Gate hears every second that the hub is there, and within about 5 s that it is not, though
// nobody closed the connection.
func TestGateIsToldOfACutCable(t *testing.T) {
	b := startBroker(t, "127.0.0.1:0")
	c := newCable(t, b.addr)
	g := newGate(t)
	g.start()
	startLink(t, c.addr, g)
	words := func() []bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		return slices.Clone(g.nets)
	}
	until(t, "gate is told again and again", func() bool {
		w := words()
		return len(w) > 3 && !slices.Contains(w[len(w)-3:], false)
	})
	c.cut.Store(true)
	before := len(words())
	until(t, "gate is told that the hub is not there", func() bool { return slices.Contains(words()[before:], false) })
	if said := slices.Index(words()[before:], false); said > 6 {
		t.Errorf("%d more times, a second apart, gate was told of a hub", said)
	}
}

func TestALinkThatDiesIsOffline(t *testing.T) {
	b := startBroker(t, "127.0.0.1:0")
	startLink(t, b.addr, newGate(t))
	until(t, "online", func() bool { on, _ := b.lastOnline(); return on })
	c, ok := b.server.Clients.Get(device)
	if !ok {
		t.Fatal("the broker does not know the device")
	}
	c.Stop(errors.New("the cable is cut"))
	until(t, "the last will", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return slices.Contains(b.online, false)
	})
}

func TestNotesGoToGateVerbatim(t *testing.T) {
	b := startBroker(t, "127.0.0.1:0")
	kept := []byte("a pass\n\n— key sig==\n")
	junk := bytes.Repeat([]byte{0xff, 0}, 512<<10)
	b.publish(wire.LeafPass+"/d1", true, kept) // before the device was there
	g := newGate(t)
	g.start()
	startLink(t, b.addr, g)
	notes := func() [][]byte { return g.bodies(pipe.TypeNote) }
	until(t, "the retained pass", func() bool { return len(notes()) == 1 })
	b.publish(wire.LeafOrder+"/o1", false, []byte("an order"))
	b.publish(wire.LeafPass+"/d2", true, junk)
	b.publish(wire.LeafPass+"/d1", true, []byte{}) // over: nothing to say
	b.publish(wire.LeafAmend+"/d3", true, []byte("an amendment"))
	b.publish(wire.LeafGrant+"/key", true, []byte("a grant"))
	b.publish(wire.LeafRevoke+"/key", true, []byte("a revocation"))
	b.publish(wire.LeafPass+"/d3", true, []byte("last"))
	until(t, "all notes", func() bool { return len(notes()) == 7 })
	for i, want := range [][]byte{kept, []byte("an order"), junk[:pass.MaxSize+1], []byte("an amendment"), []byte("a grant"),
		[]byte("a revocation"), []byte("last")} {
		if got := notes()[i]; !bytes.Equal(got, want) {
			t.Errorf("note %d: %d bytes %.20q, want %d bytes %.20q", i, len(got), got, len(want), want)
		}
	}
	// A gate that was dead hears what still holds: who may sign before what was signed.
	g.stop()
	g.mu.Lock()
	g.heard = nil
	g.mu.Unlock()
	g.start()
	until(t, "the notes again", func() bool { return len(notes()) == 6 })
	again := map[string]int{}
	for i, n := range notes() {
		again[string(n)] = i
	}
	want := map[string]int{"a revocation": 0, "a grant": 1, "last": again["last"], string(junk[:pass.MaxSize+1]): 5 - again["last"], "an amendment": 4, "an order": 5}
	if !maps.Equal(again, want) {
		t.Errorf("the notes that hold came again as %d, in another order: %v", len(again), again["a grant"])
	}
}

func TestLettersGoToGateAndBack(t *testing.T) {
	b := startBroker(t, "127.0.0.1:0")
	g := newGate(t)
	g.start()
	startLink(t, b.addr, g)
	until(t, "online", func() bool { on, _ := b.lastOnline(); return on })
	mails := func() [][]byte { return g.bodies(pipe.TypeMail) }
	for i, want := range []wire.Letter{
		{ID: "l0", Kind: wire.LetterRemember, Body: json.RawMessage(`{"order":"vestibule/order/v1"}`)},
		{ID: "l14", Kind: wire.LetterDrill, Body: json.RawMessage(`{"order":"vestibule/order/v1"}`)},
		{ID: "l9", Kind: wire.LetterTime, Body: json.RawMessage(`{"word":"vestibule/time/v1"}`)},
		{ID: "lock", Kind: wire.LetterLock, Body: json.RawMessage(`{}`)},
		{ID: "l1", Kind: wire.LetterTry, Body: json.RawMessage(`{"delivery":"d1","sealed":"AAAA"}`)},
	} {
		b.publish(wire.LeafLetterIn, false, want)
		until(t, "the letter", func() bool { return len(mails()) == i+1 })
		if got := decode[wire.Letter](t, mails()[i]); got.ID != want.ID || got.Kind != want.Kind || !bytes.Equal(got.Body, want.Body) {
			t.Errorf("gate got %+v", got)
		}
	}
	reply, err := wire.NewLetter("l1", wire.LetterNo, wire.No{Reason: wire.TooEarly})
	if err != nil {
		t.Fatal(err)
	}
	g.send(pipe.TypeMail, reply)
	letters := func() []wire.Letter {
		b.mu.Lock()
		defer b.mu.Unlock()
		return slices.Clone(b.letters)
	}
	until(t, "the reply", func() bool { return len(letters()) == 1 })
	if got := letters()[0]; got.ID != "l1" || got.Kind != wire.LetterNo {
		t.Errorf("the hub got %+v", got)
	}
	// What is no letter, or is for nobody, harms nobody.
	for _, junk := range []any{[]byte("{"), []byte{}, bytes.Repeat([]byte("x"), 1<<20), wire.Letter{ID: "l2", Kind: "dance", Body: []byte("{}")},
		wire.Letter{ID: "l3", Kind: wire.LetterBye, Body: []byte("7")}} {
		b.publish(wire.LeafLetterIn, false, junk)
	}
	b.publish(wire.LeafLetterIn, false, wire.Letter{ID: "l4", Kind: wire.LetterOffer, Body: []byte(`{"sdp":"v=0","call":"","key":""}`)})
	until(t, "the refusal", func() bool { return len(letters()) == 2 })
	if got := letters()[1]; got.ID != "l4" || got.Kind != wire.LetterNo || !strings.Contains(string(got.Body), string(wire.Unreadable)) {
		t.Errorf("an offer without a form got %+v", got)
	}
	// A code typed while gate is dead is not tried when gate is back.
	g.stop()
	time.Sleep(50 * time.Millisecond) // link may not have noticed; a letter is then lost in the pipe, which is as good
	b.publish(wire.LeafLetterIn, false, wire.Letter{ID: "late", Kind: wire.LetterTry, Body: []byte(`{}`)})
	b.publish(wire.LeafPass+"/x", false, []byte("afterwards")) // in order: when this is there, the letter was
	g.start()
	until(t, "gate is back", func() bool { return len(g.bodies(pipe.TypeNote)) > 0 })
	b.publish(wire.LeafLetterIn, false, wire.Letter{ID: "now", Kind: wire.LetterTry, Body: []byte(`{}`)})
	until(t, "the next letter", func() bool { return len(mails()) > 5 })
	if len(mails()) != 6 || decode[wire.Letter](t, mails()[5]).ID != "now" {
		t.Errorf("gate got %s", fmt.Sprintf("%s", mails()))
	}
}
