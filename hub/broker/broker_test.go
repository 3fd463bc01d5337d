package broker

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	mqtt "github.com/mochi-mqtt/server/v2"

	"vestibule/hub/house"
	"vestibule/hub/sqlite"
	"vestibule/hub/wire"
)

const patience = 10 * time.Second

// rig is a broker on a real listener with users in a real database.
type rig struct {
	*Broker
	t     *testing.T
	store *sqlite.Store
	said  chan string // "topic payload" and "gone device", as the inbox got it
	log   *safeBuffer
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

type inbox chan string

func (c inbox) Receive(topic string, payload []byte) { c <- topic + " " + string(payload) }
func (c inbox) Gone(device string)                   { c <- "gone " + device }

func newRig(t *testing.T) *rig {
	t.Helper()
	store, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "hub.db"))
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, store: store, said: make(chan string, 1000), log: &safeBuffer{}}
	if r.Broker, err = New(ln, store, slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))); err != nil {
		t.Fatal(err)
	}
	if err := r.Serve(inbox(r.said)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// user adds a user and returns their login.
func (r *rig) user(name string, role house.Role, device string) house.Login {
	r.t.Helper()
	u, login, err := house.NewUser(name, role, device)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.store.PutUser(context.Background(), u); err != nil {
		r.t.Fatal(err)
	}
	return login
}

func (r *rig) options(l house.Login) *paho.ClientOptions {
	return paho.NewClientOptions().AddBroker("mqtt://" + r.Addr().String()).SetClientID("test").SetUsername(l.User).SetPassword(l.Password).
		SetAutoReconnect(false).SetConnectTimeout(patience).SetProtocolVersion(4)
}

// connect connects a real client; nil and the error when it is not let in.
func (r *rig) connect(o *paho.ClientOptions) (paho.Client, error) {
	r.t.Helper()
	c := paho.NewClient(o)
	tok := c.Connect()
	if !tok.WaitTimeout(patience) {
		r.t.Fatal("no answer to CONNECT")
	}
	if tok.Error() != nil {
		return nil, tok.Error()
	}
	r.t.Cleanup(func() { c.Disconnect(0) })
	return c, nil
}

func (r *rig) mustConnect(l house.Login) paho.Client {
	r.t.Helper()
	c, err := r.connect(r.options(l))
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

// hear subscribes and returns what comes, "topic payload"; ok is false when refused.
func hear(t *testing.T, c paho.Client, filter string) (said chan string, ok bool) {
	t.Helper()
	said = make(chan string, 100)
	tok := c.Subscribe(filter, 1, func(_ paho.Client, m paho.Message) { said <- m.Topic() + " " + string(m.Payload()) })
	if !tok.WaitTimeout(patience) {
		t.Fatal("no SUBACK")
	}
	code, there := tok.(*paho.SubscribeToken).Result()[filter]
	return said, tok.Error() == nil && there && code < 0x80
}

func next(t *testing.T, said chan string) string {
	t.Helper()
	select {
	case s := <-said:
		return s
	case <-time.After(patience):
		t.Fatal("nothing was heard")
		return ""
	}
}

func publish(t *testing.T, c paho.Client, topic string, qos byte, retain bool, payload string) {
	t.Helper()
	if tok := c.Publish(topic, qos, retain, payload); !tok.WaitTimeout(patience) || tok.Error() != nil {
		t.Fatalf("publish to %s: %v", topic, tok.Error())
	}
}

func TestWhoIsLetIn(t *testing.T) {
	r := newRig(t)
	device, reader := r.user("device-a", house.RoleDevice, "a"), r.user("reader-x", house.RoleReader, "")
	norole := r.user("odd", "admin", "")
	will := func(l house.Login, topic string) *paho.ClientOptions {
		return r.options(l).SetWill(topic, `{"online":false}`, 1, true)
	}
	for _, c := range []struct {
		what string
		o    *paho.ClientOptions
		ok   bool
	}{
		{"device", r.options(device), true},
		{"device with its will", will(device, "vestibule/v1/a/online"), true},
		{"device with a long client id", r.options(device).SetClientID(strings.Repeat("c", 100)), true},
		{"reader", r.options(reader), true},
		{"reader without a client id", r.options(reader).SetClientID(""), true},
		{"reader with the hub's client id", r.options(reader).SetClientID(mqtt.InlineClientId), true},
		{"nobody", r.options(house.Login{}), false},
		{"nobody with the hub's client id", r.options(house.Login{}).SetClientID(mqtt.InlineClientId), false},
		{"device without password", r.options(house.Login{User: device.User}), false},
		{"device with a wrong password", r.options(house.Login{User: device.User, Password: reader.Password}), false},
		{"unknown user", r.options(house.Login{User: "device-b", Password: device.Password}), false},
		{"user of no role", r.options(norole), false},
		{"device with a will about its state", will(device, "vestibule/v1/a/state"), false},
		{"device with a will about another", will(device, "vestibule/v1/b/online"), false},
		{"device with a will about the system", will(device, "$SYS/broker/version"), false},
		{"reader with a will", will(reader, "vestibule/v1/a/online"), false},
		{"reader with a will of nothing", will(reader, "vestibule/v1//online"), false},
	} {
		if _, err := r.connect(c.o); (err == nil) != c.ok {
			t.Errorf("%s: %v, want let in: %v", c.what, err, c.ok)
		}
	}
	if log := r.log.String(); strings.Contains(log, device.Password) || strings.Contains(log, reader.Password) {
		t.Error("the log shows a password")
	}
}

// TestOldPasswordIsVoid: logins are looked up, not remembered.
func TestOldPasswordIsVoid(t *testing.T) {
	r := newRig(t)
	old := r.user("device-a", house.RoleDevice, "a")
	r.mustConnect(old)
	fresh := r.user("device-a", house.RoleDevice, "a")
	if _, err := r.connect(r.options(old)); err == nil {
		t.Error("the old password is good")
	}
	r.mustConnect(fresh)
}

// rules is who may do what, in full. Filters that end in a wild card stand for
// themselves; x is any delivery or order.
var rules = []struct {
	topic                          string
	deviceSays, deviceHears, reads bool
}{
	{"vestibule/v1/a/online", true, false, true},
	{"vestibule/v1/a/state", true, false, true},
	{"vestibule/v1/a/event/door_opened", true, false, true},
	{"vestibule/v1/a/event/a_kind_of_tomorrow", true, false, true},
	{"vestibule/v1/a/event/panic", true, false, true},
	{"vestibule/v1/a/event/duress", true, false, false},
	{"vestibule/v1/+/event/duress", false, false, false},
	{"vestibule/v1/a/event/UPPER", false, false, true},
	{"vestibule/v1/a/event", false, false, false},
	{"vestibule/v1/a/event/x/y", false, false, false},
	{"vestibule/v1/a/event/#", false, false, true},
	{"vestibule/v1/+/event/#", false, false, true},
	{"vestibule/v1/+/event/+", false, false, true},
	{"vestibule/v1/+/state", false, false, true},
	{"vestibule/v1/+/online", false, false, true},
	{"vestibule/v1/a/letter/out", true, false, false},
	{"vestibule/v1/a/pulse", true, false, false},
	{"vestibule/v1/b/pulse", false, false, false},
	{"vestibule/v1/a/letter/in", false, true, false},
	{"vestibule/v1/a/letter/#", false, false, false},
	{"vestibule/v1/a/pass/x", false, true, false},
	{"vestibule/v1/a/pass/#", false, true, false},
	{"vestibule/v1/a/pass/+", false, true, false},
	{"vestibule/v1/+/pass/+", false, false, false},
	{"vestibule/v1/a/pass/x/y", false, false, false},
	{"vestibule/v1/a/order/x", false, true, false},
	{"vestibule/v1/a/amend/x", false, true, false},
	{"vestibule/v1/a/grant/+", false, true, false},
	{"vestibule/v1/a/revoke/+", false, true, false},
	{"vestibule/v1/b/grant/x", false, false, false},
	{"vestibule/v1/a/order/#", false, true, false},
	{"vestibule/v1/a/seen", false, true, false},
	{"vestibule/v1/a/lock", false, false, false}, // which a reader may say, for the hub
	{"vestibule/v2/a/lock", false, false, false},
	{"vestibule/v1/b/online", false, false, true},
	{"vestibule/v1/b/state", false, false, true},
	{"vestibule/v1/b/event/started", false, false, true},
	{"vestibule/v1/b/letter/in", false, false, false},
	{"vestibule/v1/b/letter/out", false, false, false},
	{"vestibule/v1/b/pass/x", false, false, false},
	{"vestibule/v1/b/seen", false, false, false},
	{"vestibule/v1/a/#", false, false, true}, // and yet they hear only what they may: TestWideReader
	{"vestibule/v1/+/#", false, false, true},
	{"vestibule/v1/#", false, false, true},
	{"vestibule/#", false, false, true},
	{"#", false, false, true},
	{"vestibule/v1/a/pass/#x", false, false, false},
	{"vestibule/v2/#", false, false, false},
	{"+/#", false, false, false},
	{"+/+/+/state", false, false, false},
	{"$share/g/vestibule/v1/a/state", false, false, false},
	{"$SYS/#", false, false, false},
	{"$SYS/broker/version", false, false, false},
	{"vestibule/v2/a/state", false, false, false},
	{"elsewhere", false, false, false},
}

// readerSays: a reader may say lock to a device, and nothing else.
func readerSays(topic string) bool { return topic == "vestibule/v1/a/lock" }

func TestRules(t *testing.T) {
	for _, c := range rules {
		for what, got := range map[string][2]bool{
			"device publishes":  {permits("device:a", c.topic, true), c.deviceSays},
			"device subscribes": {permits("device:a", c.topic, false), c.deviceHears},
			"reader subscribes": {permits("reader:reader-x:c", c.topic, false), c.reads},
			"reader publishes":  {permits("reader:reader-x:c", c.topic, true), readerSays(c.topic)},
			"nobody subscribes": {permits("c", c.topic, false), false},
			"nobody publishes":  {permits("", c.topic, true), false},
			"a name of nothing": {permits("device:", c.topic, true), false},
		} {
			if got[0] != got[1] {
				t.Errorf("%s, %s: %v, want %v", what, c.topic, got[0], got[1])
			}
		}
	}
}

// TestRulesOnTheWire asks the running broker the same, with a real client.
func TestRulesOnTheWire(t *testing.T) {
	r := newRig(t)
	device, reader := r.user("device-a", house.RoleDevice, "a"), r.user("reader-x", house.RoleReader, "")
	d, x := r.mustConnect(device), r.mustConnect(reader)
	for _, c := range rules {
		if _, ok := hear(t, d, c.topic); ok != c.deviceHears {
			t.Errorf("device subscribes to %s: %v, want %v", c.topic, ok, c.deviceHears)
		}
		if _, ok := hear(t, x, c.topic); ok != c.reads {
			t.Errorf("reader subscribes to %s: %v, want %v", c.topic, ok, c.reads)
		}
	}
	// Everything that must not be said, and after it something that may: only that is heard.
	for _, c := range rules {
		if strings.ContainsAny(c.topic, "+#$") {
			continue
		}
		if !readerSays(c.topic) {
			publish(t, x, c.topic, 0, false, "by a reader")
		}
		if !c.deviceSays {
			publish(t, d, c.topic, 0, false, "by a device")
		}
	}
	publish(t, x, "vestibule/v1/a/state", 0, false, "by a reader")
	publish(t, d, "vestibule/v1/a/state", 1, false, "last")
	if got := next(t, r.said); got != "vestibule/v1/a/state last" {
		t.Errorf("the hub heard %q", got)
	}
}

// TestCourse: a device hears the hub, the hub and a reader hear the device.
func TestCourse(t *testing.T) {
	r := newRig(t)
	d := r.mustConnect(r.user("device-a", house.RoleDevice, "a"))
	x := r.mustConnect(r.user("reader-x", house.RoleReader, ""))
	read, _ := hear(t, x, "vestibule/v1/+/event/#")
	if err := r.Publish(wire.Topic("a", wire.LeafPass, "one"), []byte("pass one"), true); err != nil {
		t.Fatal(err)
	}
	passes, _ := hear(t, d, "vestibule/v1/a/pass/#")
	letters, _ := hear(t, d, "vestibule/v1/a/letter/in")
	if got := next(t, passes); got != "vestibule/v1/a/pass/one pass one" {
		t.Errorf("the device got %q", got)
	}
	if err := r.Publish(wire.Topic("a", wire.LeafLetterIn), []byte("letter"), false); err != nil {
		t.Fatal(err)
	}
	if got := next(t, letters); got != "vestibule/v1/a/letter/in letter" {
		t.Errorf("the device got %q", got)
	}
	publish(t, d, "vestibule/v1/a/event/started", 1, false, "event")
	for what, said := range map[string]chan string{"reader": read, "hub": r.said} {
		if got := next(t, said); got != "vestibule/v1/a/event/started event" {
			t.Errorf("the %s got %q", what, got)
		}
	}
	// Taken away, it is not there for a later subscriber.
	if err := r.Publish(wire.Topic("a", wire.LeafPass, "one"), nil, true); err != nil {
		t.Fatal(err)
	}
	if err := r.Publish(wire.Topic("a", wire.LeafPass, "two"), []byte("pass two"), true); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"one ", "two pass two"} {
		if got := next(t, passes); got != "vestibule/v1/a/pass/"+want {
			t.Errorf("the device got %q, want %q", got, want)
		}
	}
	later, ok := hear(t, d, "vestibule/v1/a/pass/+")
	if !ok {
		t.Fatal("the device may not subscribe any more")
	}
	if got := next(t, later); got != "vestibule/v1/a/pass/two pass two" {
		t.Errorf("the device got %q", got)
	}
}

// TestWideReader: a reader who asks for everything gets what readers get.
func TestWideReader(t *testing.T) {
	r := newRig(t)
	d := r.mustConnect(r.user("device-a", house.RoleDevice, "a"))
	kept := func(topic string) {
		t.Helper()
		if err := r.Publish("vestibule/v1/a/"+topic, []byte("secret"), true); err != nil {
			t.Fatal(err)
		}
	}
	for _, topic := range []string{"pass/x", "order/x", "seen"} {
		kept(topic)
	}
	publish(t, d, "vestibule/v1/a/state", 1, true, "kept state")
	next(t, r.said)
	for i, filter := range []string{"#", "vestibule/#", "vestibule/v1/#", "vestibule/v1/+/#", "vestibule/v1/a/#"} {
		x, err := r.connect(r.options(r.user(fmt.Sprint("reader-", i), house.RoleReader, "")))
		if err != nil {
			t.Fatal(err)
		}
		said, ok := hear(t, x, filter)
		if !ok {
			t.Fatalf("%s is refused", filter)
		}
		if got := next(t, said); got != "vestibule/v1/a/state kept state" {
			t.Errorf("by %s a reader heard %q", filter, got)
		}
		kept("pass/y")
		kept("letter/in")
		publish(t, d, "vestibule/v1/a/letter/out", 1, false, "secret")
		next(t, r.said)
		publish(t, d, "vestibule/v1/a/event/started", 1, false, "event")
		next(t, r.said)
		if got := next(t, said); got != "vestibule/v1/a/event/started event" {
			t.Errorf("by %s a reader heard %q", filter, got)
		}
		x.Disconnect(0)
	}
}

// A speaker in the home that reads events aloud must not say that a code was typed under duress. The
// hub, and so the household's page, hears it.
func TestDuressIsNotForReaders(t *testing.T) {
	r := newRig(t)
	d := r.mustConnect(r.user("device-a", house.RoleDevice, "a"))
	heard := map[string]chan string{}
	for i, filter := range []string{"#", "vestibule/#", "vestibule/v1/#", "vestibule/v1/+/#", "vestibule/v1/a/#",
		"vestibule/v1/a/event/#", "vestibule/v1/a/event/+", "vestibule/v1/+/event/#", "vestibule/v1/+/event/+"} {
		x, err := r.connect(r.options(r.user(fmt.Sprint("reader-", i), house.RoleReader, "")))
		if err != nil {
			t.Fatal(err)
		}
		said, ok := hear(t, x, filter)
		if !ok {
			t.Fatalf("%s is refused", filter)
		}
		heard[filter] = said
	}
	for _, kind := range []wire.Kind{wire.Unlocked, wire.Duress, wire.DoorOpened} {
		topic := wire.Topic("a", wire.LeafEvent, string(kind))
		publish(t, d, topic, 1, true, "x")
		if got := next(t, r.said); got != topic+" x" {
			t.Errorf("the hub heard %q", got)
		}
		if _, ok := r.server.Topics.Retained.Get(topic); ok {
			t.Errorf("%s is retained", topic)
		}
	}
	for filter, said := range heard {
		for _, kind := range []wire.Kind{wire.Unlocked, wire.DoorOpened} {
			if got := next(t, said); got != wire.Topic("a", wire.LeafEvent, string(kind))+" x" {
				t.Errorf("by %s a reader heard %q", filter, got)
			}
		}
	}
}

// TestPacketIDsAreTwoCounts: the client's ids and the broker's are not the same ids.
func TestPacketIDsAreTwoCounts(t *testing.T) {
	r := newRig(t)
	d, err := r.connect(r.options(r.user("device-a", house.RoleDevice, "a")).SetAutoAckDisabled(true))
	if err != nil {
		t.Fatal(err)
	}
	passes, _ := hear(t, d, "vestibule/v1/a/pass/#")
	for i := range 8 { // ids 1 to 8 of the broker, never acknowledged
		if err := r.Publish(wire.Topic("a", wire.LeafPass, fmt.Sprint(i)), []byte("pass"), false); err != nil {
			t.Fatal(err)
		}
		next(t, passes)
	}
	for _, filter := range []string{"order/#", "seen", "letter/in"} { // ids 2 to 4 of the client
		if _, ok := hear(t, d, "vestibule/v1/a/"+filter); !ok {
			t.Errorf("%s is refused", filter)
		}
	}
}

// TestOnlyStandingWordsAreRetained: a device can't fill the broker with retained events.
func TestOnlyStandingWordsAreRetained(t *testing.T) {
	r := newRig(t)
	d := r.mustConnect(r.user("device-a", house.RoleDevice, "a"))
	for _, topic := range []string{"event/started", "letter/out", "state", "online"} {
		publish(t, d, "vestibule/v1/a/"+topic, 1, true, topic)
		next(t, r.said)
	}
	x := r.mustConnect(r.user("reader-x", house.RoleReader, ""))
	events, _ := hear(t, x, "vestibule/v1/+/event/#")
	states, _ := hear(t, x, "vestibule/v1/+/state")
	if got := next(t, states); got != "vestibule/v1/a/state state" {
		t.Errorf("retained %q", got)
	}
	if len(events) != 0 {
		t.Errorf("retained %q", <-events)
	}
	for topic := range r.server.Topics.Retained.GetAll() {
		if !strings.HasPrefix(topic, mqtt.SysPrefix) && topic != "vestibule/v1/a/state" && topic != "vestibule/v1/a/online" {
			t.Errorf("%s is retained", topic)
		}
	}
}

func TestTooLarge(t *testing.T) {
	r := newRig(t)
	l := r.user("device-a", house.RoleDevice, "a")
	d := r.mustConnect(l)
	publish(t, d, "vestibule/v1/a/state", 1, true, strings.Repeat("x", maxSaying+1))
	publish(t, d, "vestibule/v1/a/letter/out", 1, false, strings.Repeat("x", wire.MaxLetter))
	if got := next(t, r.said); !strings.HasPrefix(got, "vestibule/v1/a/letter/out ") {
		t.Errorf("the hub heard %.60q", got)
	}
	if _, ok := r.server.Topics.Retained.Get("vestibule/v1/a/state"); ok {
		t.Error("what is too large is retained")
	}
	lost := make(chan struct{})
	d, err := r.connect(r.options(l).SetConnectionLostHandler(func(paho.Client, error) { close(lost) }))
	if err != nil {
		t.Fatal(err)
	}
	d.Publish("vestibule/v1/a/letter/out", 0, false, strings.Repeat("x", MaxPacket+1))
	select {
	case <-lost:
	case <-time.After(patience):
		t.Error("a packet beyond the limit did not end the connection")
	}
}

// TestWills: a device that vanishes is offline; one that came back in the meantime is not.
func TestWills(t *testing.T) {
	r := newRig(t)
	l := r.user("device-a", house.RoleDevice, "a")
	o := func(id string) *paho.ClientOptions {
		return r.options(l).SetClientID(id).SetWill("vestibule/v1/a/online", `{"online":false}`, 1, true)
	}
	first, err := r.connect(o("first"))
	if err != nil {
		t.Fatal(err)
	}
	publish(t, first, "vestibule/v1/a/online", 1, true, `{"online":true}`)
	next(t, r.said)
	second, err := r.connect(o("second")) // takes over, whatever its client id
	if err != nil {
		t.Fatal(err)
	}
	publish(t, second, "vestibule/v1/a/state", 1, false, "here")
	if got := next(t, r.said); got != "vestibule/v1/a/state here" {
		t.Fatalf("after a take-over the hub heard %q", got)
	}
	for deadline := time.Now().Add(patience); first.IsConnectionOpen(); {
		if time.Now().After(deadline) {
			t.Fatal("the first connection lives on")
		}
		time.Sleep(time.Millisecond)
	}
	r.drop("device:a")
	if got := next(t, r.said); got != `vestibule/v1/a/online {"online":false}` {
		t.Errorf("after the connection broke the hub heard %q", got)
	}
	if got := next(t, r.said); got != "gone a" {
		t.Errorf("then %q", got)
	}
}

// drop breaks a session's connection as a cut cable would.
func (r *rig) drop(session string) {
	r.t.Helper()
	cl, ok := r.server.Clients.Get(session)
	if !ok {
		r.t.Fatalf("no session %s", session)
	}
	cl.Net.Conn.Close()
}

// TestJunkAndSilence: what comes before a CONNECT must not hold up
// the broker, nor its end.
func TestJunkAndSilence(t *testing.T) {
	r := newRig(t)
	for _, junk := range []string{"", "GET / HTTP/1.1\r\n\r\n", "\x10\xff\xff\xff\x7f", "\x30\x05\x00\x03abc", strings.Repeat("\x00", 1<<20)} {
		c, err := net.Dial("tcp", r.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		_ = c.SetWriteDeadline(time.Now().Add(patience))
		_, _ = c.Write([]byte(junk)) // the broker may hang up in the middle
	}
	r.mustConnect(r.user("device-a", house.RoleDevice, "a"))
	done := make(chan error)
	go func() { done <- r.Close() }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Fatal("a silent connection keeps the broker from closing")
	}
}

func TestTooManyConnections(t *testing.T) {
	r := newRig(t)
	var conns []net.Conn
	for range MaxClients + 5 {
		c, err := net.Dial("tcp", r.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		conns = append(conns, c)
	}
	last := conns[len(conns)-1]
	_ = last.SetReadDeadline(time.Now().Add(patience))
	if _, err := last.Read(make([]byte, 1)); err == nil || strings.Contains(err.Error(), "timeout") {
		t.Errorf("one connection too many: %v, want it closed", err)
	}
	for _, c := range conns {
		c.Close()
	}
	deadline := time.Now().Add(patience)
	l := r.user("device-a", house.RoleDevice, "a")
	for {
		if _, err := r.connect(r.options(l)); err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("nobody is let in after the crowd has left")
		}
	}
}

// TestOneHookGivesPermission: mochi lets in whom any hook lets in.
func TestOneHookGivesPermission(t *testing.T) {
	r := newRig(t)
	hooks := reflect.ValueOf(r.server).Elem().FieldByName("hooks")
	if n := hooks.Elem().FieldByName("qty").Int(); n != 1 {
		t.Errorf("%d hooks, want 1", n)
	}
	source, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	added := 0
	for _, file := range source {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(file, "_test.go") {
			added += len(regexp.MustCompile(`\.AddHook`).FindAll(b, -1))
		}
	}
	if added != 1 {
		t.Errorf("hooks are added in %d places, want 1", added)
	}
}

// TestGuardHasWhatItProvides: a method that HookBase lacks would be called on nil.
func TestGuardHasWhatItProvides(t *testing.T) {
	base := reflect.TypeFor[*mqtt.HookBase]()
	hook := reflect.TypeFor[mqtt.Hook]()
	for i := range hook.NumMethod() {
		if _, ok := base.MethodByName(hook.Method(i).Name); !ok {
			t.Errorf("HookBase has no %s", hook.Method(i).Name)
		}
	}
}

func TestCloseLeavesNothingBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	store, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "hub.db"))
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b, err := New(ln, store, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Serve(make(inbox, 10)); err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", b.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 2 { // closing twice is closing once
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
	for deadline := time.Now().Add(patience); runtime.NumGoroutine() > before; {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
		time.Sleep(time.Millisecond)
	}
}

func ExampleBroker() {
	fmt.Println(permits("device:a", "vestibule/v1/a/event/started", true))
	fmt.Println(permits("device:a", "vestibule/v1/b/event/started", true))
	fmt.Println(permits("reader:reader-x:c", "vestibule/v1/+/event/#", false))
	// Output:
	// true
	// false
	// true
}
