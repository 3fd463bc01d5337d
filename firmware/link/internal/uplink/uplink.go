// Package uplink is link's connection to the hub: MQTT 3.1.1, one [Session] at a time.
//
// A session starts clean and ends with its connection. What a device has to know although
// it was away is retained by the hub and comes with the subscription; what is only true now,
// a letter with a typed code or a viewer's call, must not wait in a queue and open a door a
// minute later. For the same reason a dead connection is noticed within
// keepAlive + pingPatience, well before the hub stops waiting for the answer to a letter,
// and a session whose program stood still for longer than [standstill] takes nothing more:
// what lies in its buffers is old.
//
// Non-goals: to connect again, and to publish again; package relay does both.
package uplink

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"golang.org/x/sys/unix"

	"vestibule/hub/wire"
)

const (
	keepAlive    = 2 * time.Second
	pingPatience = 2 * time.Second
	patience     = 5 * time.Second // for connecting, subscribing and writing
	standstill   = 3 * time.Second
	pulse        = 500 * time.Millisecond
)

// Card is how a device reaches its hub: the file link.json, written when it was enrolled.
type Card struct {
	Device   string `json:"device"`
	Hub      string `json:"hub"` // mqtts://host:port; mqtt:// on this machine only
	User     string `json:"user"`
	Password string `json:"password"`
}

// ReadCard reads link.json in the folder and checks it.
func ReadCard(dir string) (Card, error) {
	path := filepath.Join(dir, "link.json")
	b, err := os.ReadFile(path)
	if err != nil {
		return Card{}, fmt.Errorf("this device is not enrolled at a hub: %w", err)
	}
	var c Card
	if err := wire.Decode(b, &c); err != nil {
		return Card{}, fmt.Errorf("%s: %w", path, err)
	}
	if err := c.check(); err != nil {
		return Card{}, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

func (c Card) check() error {
	if c.Device == "" || c.User == "" || c.Password == "" {
		return errors.New("device, user and password are needed")
	}
	u, err := url.Parse(c.Hub)
	if err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	switch {
	case u.Hostname() == "" || u.Port() == "":
		return fmt.Errorf("hub %q: want mqtts://host:port", c.Hub)
	case u.Scheme == "mqtts":
		return nil
	case u.Scheme != "mqtt":
		return fmt.Errorf("hub %q: want mqtts:// or, on this machine, mqtt://", c.Hub)
	}
	// The password and the household's comings and goings would be on the network to read.
	if a, err := netip.ParseAddr(u.Hostname()); u.Hostname() != "localhost" && (err != nil || !a.IsLoopback()) {
		return fmt.Errorf("hub %q: mqtt:// is for this machine only, elsewhere it has to be mqtts://", c.Hub)
	}
	return nil
}

// Host is the hub's name or address.
func (c Card) Host() string {
	u, err := url.Parse(c.Hub)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// Session is one connection to the hub. Its methods may be called from any goroutine.
type Session struct {
	device string
	client mqtt.Client
	stale  atomic.Bool
	alive  atomic.Pointer[time.Time] // the last pulse
	lost   chan struct{}
	once   sync.Once
	cause  error // to be read once lost is closed
}

// Receipt tells when the hub has taken a message.
type Receipt interface {
	Done() <-chan struct{}
	Error() error // nil when the hub has it; to be asked once Done is closed
}

// Network makes a connection, as a dialer's DialContext does.
type Network func(ctx context.Context, network, address string) (net.Conn, error)

// Dial connects, and subscribes to the leaves (below the device's topic; + and # are
// allowed). deliver gets each message's topic below the device's, from one goroutine; it
// must not wait for long, and payload is its own.
func Dial(ctx context.Context, network Network, c Card, leaves []string, deliver func(leaf string, payload []byte)) (*Session, error) {
	s := &Session{device: c.Device, lost: make(chan struct{})}
	s.beat()
	offline, err := encode(wire.Online{Online: false})
	if err != nil {
		return nil, err
	}
	o := mqtt.NewClientOptions().AddBroker(c.Hub).SetClientID(c.Device).SetUsername(c.User).SetPassword(c.Password).
		SetProtocolVersion(4).SetCleanSession(true).SetAutoReconnect(false).SetConnectRetry(false).
		SetKeepAlive(keepAlive).SetPingTimeout(pingPatience).SetConnectTimeout(patience).SetWriteTimeout(patience).
		SetOrderMatters(true).SetTLSConfig(&tls.Config{MinVersion: tls.VersionTLS12}).
		SetCustomOpenConnectionFn(func(hub *url.URL, o mqtt.ClientOptions) (net.Conn, error) { return open(ctx, network, hub, o) }).
		SetBinaryWill(wire.Topic(c.Device, wire.LeafOnline), offline, 1, true)
	o.SetConnectionLostHandler(func(_ mqtt.Client, err error) { s.end(err) })
	o.SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) {
		device, leaf, ok := wire.SplitTopic(m.Topic())
		if !ok || device != c.Device {
			return
		}
		if s.stood() {
			s.end(fmt.Errorf("this program stood still for more than %v", standstill))
			return
		}
		deliver(leaf, m.Payload())
	})
	s.client = mqtt.NewClient(o)
	if err := s.wait(ctx, s.client.Connect()); err != nil {
		s.client.Disconnect(0)
		return nil, fmt.Errorf("connect to the hub %s: %w", c.Hub, err)
	}
	filters := map[string]byte{}
	for _, leaf := range leaves {
		filters[wire.Topic(c.Device, leaf)] = 1
	}
	if err := s.subscribe(ctx, filters); err != nil {
		s.client.Disconnect(0)
		return nil, fmt.Errorf("subscribe at the hub: %w", err)
	}
	go s.run()
	return s, nil
}

// open makes the connection that MQTT is spoken on. It takes patience at the most.
func open(ctx context.Context, network Network, hub *url.URL, o mqtt.ClientOptions) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, o.ConnectTimeout)
	defer cancel()
	conn, err := network(ctx, "tcp", hub.Host)
	if err != nil || hub.Scheme == "mqtt" {
		return conn, err
	}
	config := o.TLSConfig.Clone()
	config.ServerName = hub.Hostname()
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return secure, nil
}

// Away reports whether a Dial failed because the network is away, or nobody is at the other end of it:
// then there is no hub that would have to be spared, and trying soon again costs nobody anything.
func Away(err error) bool {
	for _, e := range []error{unix.ENETUNREACH, unix.EHOSTUNREACH, unix.ENETDOWN, unix.EADDRNOTAVAIL} {
		if errors.Is(err, e) {
			return true
		}
	}
	if name := (*net.DNSError)(nil); errors.As(err, &name) {
		return true
	}
	dial := (*net.OpError)(nil)
	return errors.As(err, &dial) && dial.Op == "dial" && dial.Timeout()
}

func (s *Session) subscribe(ctx context.Context, filters map[string]byte) error {
	t := s.client.SubscribeMultiple(filters, nil)
	if err := s.wait(ctx, t); err != nil {
		return err
	}
	granted, ok := t.(*mqtt.SubscribeToken)
	if !ok {
		return fmt.Errorf("%T is no subscription", t)
	}
	for filter, code := range granted.Result() {
		if code > 2 { // paho calls that a success
			return fmt.Errorf("the hub refuses %s (0x%02x)", filter, code)
		}
	}
	return nil
}

func (s *Session) wait(ctx context.Context, t mqtt.Token) error {
	late := time.NewTimer(2 * patience)
	defer late.Stop()
	select {
	case <-t.Done():
		return t.Error()
	case <-s.lost:
		return s.cause
	case <-late.C:
		return errors.New("the hub does not answer")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run is the pulse by which a standstill is noticed.
func (s *Session) run() {
	tick := time.NewTicker(pulse)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if s.stood() {
				s.end(fmt.Errorf("this program stood still for more than %v", standstill))
				return
			}
			s.beat()
		case <-s.lost:
			return
		}
	}
}

func (s *Session) beat() {
	now := time.Now()
	s.alive.Store(&now)
}

// stood reports whether the program has stood still since the last pulse, and remembers it:
// what comes after the pulse has resumed is as old as what came before.
func (s *Session) stood() bool {
	if time.Since(*s.alive.Load()) > standstill {
		s.stale.Store(true)
	}
	return s.stale.Load()
}

// Alive reports whether the session goes on: its broker has answered within
// keepAlive + pingPatience, and this program has not stood still. It may take paho another half
// second to notice that the broker has not.
func (s *Session) Alive() bool {
	select {
	case <-s.lost:
		return false
	default:
		return !s.stood()
	}
}

// Publish sends a message at a leaf below the device's topic, QoS 1. payload is encoded as
// JSON. It may wait for the network, for patience at most.
func (s *Session) Publish(leaf string, retained bool, payload any) (Receipt, error) {
	b, err := encode(payload)
	if err != nil {
		return nil, err
	}
	return s.client.Publish(wire.Topic(s.device, leaf), 1, retained, b), nil
}

// Pulse says that the device is there, QoS 0, and when it says so again.
func (s *Session) Pulse(p wire.Pulse) error {
	b, err := encode(p)
	if err != nil {
		return err
	}
	s.client.Publish(wire.Topic(s.device, wire.LeafPulse), 0, false, b)
	return nil
}

// Lost is closed when the session has ended; Cause then says why.
func (s *Session) Lost() <-chan struct{} { return s.lost }

// Cause is why the session ended.
func (s *Session) Cause() error {
	<-s.lost
	return s.cause
}

// Drop ends the session without a goodbye: the hub will say that the device is gone.
func (s *Session) Drop(err error) { s.end(err) }

func (s *Session) end(err error) {
	s.once.Do(func() {
		s.cause = err
		close(s.lost)
		// Not from here: paho calls this from the goroutine that Disconnect waits for.
		go s.client.Disconnect(0)
	})
}

// Close says goodbye to the hub: the device is offline, of its own will.
func (s *Session) Close() error {
	var err error
	select {
	case <-s.lost:
	default:
		var r Receipt
		if r, err = s.Publish(wire.LeafOnline, true, wire.Online{Online: false}); err == nil {
			select {
			case <-r.Done():
				err = r.Error()
			case <-s.lost:
			case <-time.After(time.Second):
				err = errors.New("the hub does not answer")
			}
		}
		s.client.Disconnect(250)
	}
	s.end(errors.New("closed"))
	return err
}
