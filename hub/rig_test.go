package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"vestibule/hub/house"
	"vestibule/hub/pass"
	"vestibule/hub/sqlite"
	"vestibule/hub/wire"
)

// patience is how long a test waits for what must happen at once.
const patience = 10 * time.Second

// clock is the hub's clock in a test; it stands still until it is moved.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// rig is a running hub, the true one, with its state in a temporary folder.
type rig struct {
	*hub
	t     *testing.T
	clock *clock
	store *sqlite.Store
	path  string
	log   *buffer
	relay string // where the relay listens; empty for none
	base  string // of URLs
	ended chan error
	quit  context.CancelFunc
}

type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func newRig(t *testing.T, pragmas ...string) *rig {
	t.Helper()
	r := &rig{t: t, clock: &clock{t: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}, path: filepath.Join(t.TempDir(), "state", "hub.db"), log: &buffer{}}
	r.start(pragmas...)
	t.Cleanup(func() {
		if r.hub != nil {
			r.end()
		}
		if t.Failed() {
			t.Logf("the hub's log:\n%s", r.log)
		}
	})
	return r
}

func (r *rig) start(pragmas ...string) {
	r.t.Helper()
	var err error
	if r.store, err = sqlite.Open(context.Background(), r.path, pragmas...); err != nil {
		r.t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	r.hub, err = newHub(options{http: "127.0.0.1:0", mqtt: "localhost:0", origin: "https://home.example", relay: r.relay, now: r.clock.now, log: log}, r.store)
	if err != nil {
		r.t.Fatal(err)
	}
	r.base = "http://" + r.web.Addr().String()
	ctx, quit := context.WithCancel(context.Background())
	r.quit, r.ended = quit, make(chan error, 1)
	h := r.hub
	serving := strings.Count(r.log.String(), "msg=serving")
	go func() { r.ended <- h.Run(ctx) }()
	eventually(r.t, "serving", func() bool { return strings.Count(r.log.String(), "msg=serving") > serving })
}

// end stops the hub as SIGTERM does.
func (r *rig) end() {
	r.t.Helper()
	r.quit()
	if err := <-r.ended; err != nil {
		r.t.Errorf("run: %v", err)
	}
	if err := r.Close(); err != nil {
		r.t.Errorf("close: %v", err)
	}
	if err := r.store.Close(); err != nil {
		r.t.Errorf("close: %v", err)
	}
	r.hub = nil
}

func newKey(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func publicOf(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

// device plays a device over a real MQTT client: it keeps keys, answers letters and
// hears passes, orders and seen.
type device struct {
	t      *testing.T
	id     string
	key    ed25519.PrivateKey
	seal   pass.SealKey
	login  house.Login
	client paho.Client
	said   chan string // "pass/ID note", "order/ID note", "seen {...}"

	mu     sync.Mutex
	answer func(wire.Letter) (wire.LetterKind, any) // "" for silence
	asked  []wire.Letter
}

// enrol makes a new device known; it is not connected yet.
func (r *rig) enrol() *device {
	r.t.Helper()
	d := &device{t: r.t, key: newKey(r.t), said: make(chan string, 1000)}
	d.id = pass.KeyID(publicOf(d.key))
	d.answer = d.pairTo
	var err error
	if d.seal, err = pass.NewSealKey(); err != nil {
		r.t.Fatal(err)
	}
	identity, err := house.ParseIdentity([]byte(fmt.Sprintf(`{"device":%q,"sign":%q,"hpke":"x","pairing":"secret"}`, d.id, pass.EncodeKey(publicOf(d.key)))))
	if err != nil {
		r.t.Fatal(err)
	}
	if d.login, err = house.Enrol(context.Background(), r.store, identity, r.clock.now()); err != nil {
		r.t.Fatal(err)
	}
	return d
}

func (d *device) topic(levels ...string) string { return wire.Topic(d.id, levels...) }

// connect connects as a device does: will, subscriptions, then online.
func (d *device) connect(r *rig) {
	d.t.Helper()
	o := paho.NewClientOptions().AddBroker("mqtt://"+r.broker.Addr().String()).SetClientID(d.id).SetUsername(d.login.User).
		SetPassword(d.login.Password).SetAutoReconnect(false).SetConnectTimeout(patience).SetProtocolVersion(4).
		SetWill(d.topic(wire.LeafOnline), `{"online":false}`, 1, true)
	d.client = paho.NewClient(o)
	done := func(tok paho.Token) {
		d.t.Helper()
		if !tok.WaitTimeout(patience) || tok.Error() != nil {
			d.t.Fatalf("mqtt: %v", tok.Error())
		}
	}
	done(d.client.Connect())
	d.t.Cleanup(func() { d.client.Disconnect(0) })
	hear := func(_ paho.Client, m paho.Message) {
		_, rest, _ := wire.SplitTopic(m.Topic())
		d.said <- rest + " " + string(m.Payload())
	}
	for _, leaf := range []string{wire.LeafRevoke + "/#", wire.LeafGrant + "/#", wire.LeafPass + "/#", wire.LeafAmend + "/#", wire.LeafOrder + "/#", wire.LeafSeen} {
		done(d.client.Subscribe(d.topic(leaf), 1, hear))
	}
	done(d.client.Subscribe(d.topic(wire.LeafLetterIn), 1, func(_ paho.Client, m paho.Message) { d.reply(m.Payload()) }))
	d.publish(wire.LeafOnline, wire.Online{Online: true}, true)
}

func (d *device) publish(leaf string, v any, retain bool) {
	d.t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		d.t.Fatal(err)
	}
	if tok := d.client.Publish(d.topic(leaf), 1, retain, b); !tok.WaitTimeout(patience) || tok.Error() != nil {
		d.t.Fatalf("publish %s: %v", leaf, tok.Error())
	}
}

func (d *device) reply(b []byte) {
	l, err := wire.ParseLetter(b)
	if err != nil {
		d.t.Errorf("the hub sent an unreadable letter: %v", err)
		return
	}
	d.mu.Lock()
	d.asked = append(d.asked, l)
	answer := d.answer
	d.mu.Unlock()
	kind, body := answer(l)
	if kind == "" {
		return
	}
	re, err := wire.NewLetter(l.ID, kind, body)
	if err != nil {
		d.t.Error(err)
		return
	}
	out, _ := json.Marshal(re)
	d.client.Publish(d.topic(wire.LeafLetterOut), 1, false, out) // in a callback: not to be waited for
}

func (d *device) setAnswer(f func(wire.Letter) (wire.LetterKind, any)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answer = f
}

// letters is how many letters reached the device.
func (d *device) letters() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.asked)
}

// card is the device's card for an owner, signed by key.
func (d *device) card(owner string, key ed25519.PrivateKey) string {
	b, err := pass.SignCard(pass.Card{Device: d.id, Sign: publicOf(d.key), Seal: d.seal.Public(), Owner: owner}, key)
	if err != nil {
		d.t.Error(err)
	}
	return string(b)
}

// pairTo obeys whoever asks.
func (d *device) pairTo(l wire.Letter) (wire.LetterKind, any) {
	var p wire.Pair
	if l.Kind != wire.LetterPair || wire.Decode(l.Body, &p) != nil {
		return wire.LetterNo, wire.No{Reason: wire.Unreadable}
	}
	key, err := pass.DecodeKey(p.Owner)
	if err != nil {
		return wire.LetterNo, wire.No{Reason: wire.Unreadable}
	}
	return wire.LetterPaired, wire.PairedBody{Card: d.card(pass.KeyID(key), d.key)}
}

// event tells one event.
func (d *device) event(index uint64, kind wire.Kind, delivery string) {
	d.t.Helper()
	d.tell(wire.Event{Index: index, Kind: kind, Delivery: delivery})
}

func (d *device) tell(e wire.Event) {
	d.t.Helper()
	e.ID, e.Time = wire.EventID(d.id, e.Index), time.Date(2026, 11, 22, 12, 0, int(e.Index%60), 0, time.UTC)
	d.publish(wire.LeafEvent+"/"+string(e.Kind), e, false)
}

// hears waits until the device hears something that begins so.
func (d *device) hears(prefix string) string {
	d.t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case s := <-d.said:
			if strings.HasPrefix(s, prefix) {
				return s
			}
		case <-timeout:
			d.t.Fatalf("the device never heard %q", prefix)
		}
	}
}

// phone is a browser of one person: a key, cookies, and the origin of the hub's page.
type phone struct {
	t      *testing.T
	r      *rig
	key    ed25519.PrivateKey
	client *http.Client
	base   string
}

func (r *rig) phone() *phone {
	r.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		r.t.Fatal(err)
	}
	p := &phone{t: r.t, r: r, key: newKey(r.t), client: &http.Client{Jar: jar, Timeout: 2 * patience, Transport: &http.Transport{}}, base: r.base}
	r.t.Cleanup(p.client.CloseIdleConnections)
	return p
}

func (p *phone) id() string { return pass.KeyID(publicOf(p.key)) }

// do sends a request as the hub's own page would.
func (p *phone) do(method, path string, body any) (int, []byte) {
	p.t.Helper()
	status, b, _ := p.send(method, path, body, nil)
	return status, b
}

func (p *phone) send(method, path string, body any, change func(*http.Request)) (int, []byte, http.Header) {
	p.t.Helper()
	var in io.Reader
	switch v := body.(type) {
	case nil:
	case []byte:
		in = bytes.NewReader(v)
	default:
		b, err := json.Marshal(v)
		if err != nil {
			p.t.Fatal(err)
		}
		in = bytes.NewReader(b)
	}
	q, err := http.NewRequestWithContext(p.t.Context(), method, p.base+path, in)
	if err != nil {
		p.t.Fatal(err)
	}
	if in != nil {
		q.Header.Set("Content-Type", "application/json")
		q.Header.Set("Origin", p.base)
		q.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if change != nil {
		change(q)
	}
	a, err := p.client.Do(q)
	if err != nil {
		p.t.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return a.StatusCode, b, a.Header
}

// want asks and takes the answer into v, or fails.
func (p *phone) want(status int, method, path string, body, v any) {
	p.t.Helper()
	got, b := p.do(method, path, body)
	if got != status {
		p.t.Fatalf("%s %s: %d %s, want %d", method, path, got, b, status)
	}
	if v != nil {
		if err := json.Unmarshal(b, v); err != nil {
			p.t.Fatalf("%s %s: %v in %s", method, path, err, b)
		}
	}
}

// refused asks and checks the error: status, code, and a sentence in each language.
func (p *phone) refused(status int, code, method, path string, body any) {
	p.t.Helper()
	got, b := p.do(method, path, body)
	checkError(p.t, method+" "+path, got, b, status, code)
}

func checkError(t *testing.T, what string, got int, b []byte, status int, code string) {
	t.Helper()
	var e struct {
		Error struct{ Code, En, Fr string }
	}
	if err := json.Unmarshal(b, &e); err != nil {
		t.Errorf("%s: %d %.200q, want an error", what, got, b)
		return
	}
	if got != status || e.Error.Code != code {
		t.Errorf("%s: %d %s, want %d %s", what, got, e.Error.Code, status, code)
	}
	for _, s := range []string{e.Error.En, e.Error.Fr} {
		if !strings.HasSuffix(s, ".") || len(s) < 20 {
			t.Errorf("%s: %q is no sentence for a person", what, s)
		}
	}
}

func (p *phone) pairBody() any {
	return map[string]any{"kind": wire.LetterPair, "body": wire.Pair{Owner: pass.EncodeKey(publicOf(p.key)), Name: "Camille", MAC: []byte("mac")}}
}

// pair makes the phone the device's owner.
func (p *phone) pair(d *device) {
	p.t.Helper()
	var l wire.Letter
	p.want(200, "POST", "/api/letters/"+d.id, p.pairBody(), &l)
	if l.Kind != wire.LetterPaired {
		p.t.Fatalf("pairing was answered with %s %s", l.Kind, l.Body)
	}
}

func (p *phone) challenge() (c [32]byte) {
	p.t.Helper()
	var a struct{ Challenge string }
	p.want(200, "POST", "/api/login/challenge", struct{}{}, &a)
	b, err := base64.RawURLEncoding.DecodeString(a.Challenge)
	if err != nil || copy(c[:], b) != len(c) {
		p.t.Fatalf("challenge %q", a.Challenge)
	}
	return c
}

func (p *phone) loginNote(origin string, c [32]byte, key ed25519.PrivateKey) any {
	p.t.Helper()
	b, err := pass.SignLogin(pass.Login{Origin: origin, Challenge: c}, key)
	if err != nil {
		p.t.Fatal(err)
	}
	return map[string]string{"note": string(b)}
}

func (p *phone) logIn() {
	p.t.Helper()
	p.want(200, "POST", "/api/login", p.loginNote(p.base, p.challenge(), p.key), nil)
}

// household is the usual case: a paired device that is connected, and its owner, logged in.
func (r *rig) household() (*device, *phone) {
	r.t.Helper()
	d, p := r.enrol(), r.phone()
	d.connect(r)
	p.pair(d)
	p.logIn()
	return d, p
}

// terms is a delivery that begins in an hour.
func (p *phone) terms(d *device, delivery string) pass.Terms {
	sealed, err := pass.Seal(must(pass.NewSecret()), d.id, delivery, d.seal.Public())
	if err != nil {
		p.t.Fatal(err)
	}
	from := p.r.clock.now().Add(time.Hour)
	return pass.Terms{
		Device: d.id, Delivery: delivery, From: from, Until: from.Add(2 * time.Hour),
		Zones: [][]pass.Point{{{X: 1, Y: 1}, {X: 9, Y: 1}, {X: 9, Y: 9}}}, Lamp: pass.Box{Max: pass.Point{X: 5, Y: 5}},
		Mode: pass.Blur, Shadow: true, Sealed: sealed, Entries: 3, Grace: time.Minute, Retention: 72 * time.Hour, Watchers: []string{p.id()}, Camera: true,
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (p *phone) sign(t pass.Terms) string {
	p.t.Helper()
	b, err := pass.SignPass(t, p.key)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(b)
}

func planBody(note string) any {
	return map[string]any{"note": note, "courier": map[string]string{"name": "Poste", "note": "a parcel"}}
}

// plan posts a delivery and waits until the device has its pass.
func (p *phone) plan(d *device, delivery string) string {
	p.t.Helper()
	note := p.sign(p.terms(d, delivery))
	p.want(201, "POST", "/api/deliveries", planBody(note), nil)
	if got := d.hears("pass/" + delivery + " "); got != "pass/"+delivery+" "+note {
		p.t.Fatalf("the device got another pass: %q", got)
	}
	return note
}

func (p *phone) order(d *device, verb, delivery string) pass.Order {
	p.t.Helper()
	o := pass.Order{Device: d.id, Verb: verb, Delivery: delivery, At: p.r.clock.now()}
	if _, err := rand.Read(o.Nonce[:]); err != nil {
		p.t.Fatal(err)
	}
	b, err := pass.SignOrder(o, p.key)
	if err != nil {
		p.t.Fatal(err)
	}
	p.want(201, "POST", "/api/orders", map[string]string{"note": string(b)}, nil)
	return o
}

type shown struct {
	Delivery, Device, Status, Reason, Name, Note string
	Cancelling, Shadow, Over                     bool
	Until                                        time.Time
	Revision                                     uint64
}

// delivery is one delivery of the owner's list.
func (p *phone) delivery(id string) shown {
	p.t.Helper()
	var all []shown
	p.want(200, "GET", "/api/deliveries", nil, &all)
	for _, d := range all {
		if d.Delivery == id {
			return d
		}
	}
	p.t.Fatalf("delivery %s is not listed", id)
	return shown{}
}

// stream is an open stream of server-sent events.
type stream struct {
	t    *testing.T
	said chan string // "event data"; closed at its end
	stop context.CancelFunc
}

func (p *phone) stream(path string) *stream {
	p.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	client := *p.client
	client.Timeout = 0
	a, err := client.Do(q)
	if err != nil {
		p.t.Fatal(err)
	}
	if kind := a.Header.Get("Content-Type"); a.StatusCode != http.StatusOK || kind != "text/event-stream" {
		p.t.Fatalf("GET %s: %d %s", path, a.StatusCode, kind)
	}
	s := &stream{p.t, make(chan string, 1000), stop}
	go func() {
		defer a.Body.Close()
		defer close(s.said)
		event := ""
		for lines := bufio.NewScanner(a.Body); lines.Scan(); {
			if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				event = name
			}
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				s.said <- event + " " + data
			}
		}
	}()
	p.t.Cleanup(stop)
	return s
}

// next is the next event of the stream; ok is false at its end.
func (s *stream) next() (string, bool) {
	s.t.Helper()
	select {
	case e, ok := <-s.said:
		return e, ok
	case <-time.After(patience):
		s.t.Fatal("nothing came")
		return "", false
	}
}

// until reads on until an event contains all the words.
func (s *stream) until(words ...string) string {
	s.t.Helper()
next:
	for {
		e, ok := s.next()
		if !ok {
			s.t.Fatalf("the stream ended before %q", words)
		}
		for _, w := range words {
			if !strings.Contains(e, w) {
				continue next
			}
		}
		return e
	}
}

// eventually polls for what must become true at once.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}
