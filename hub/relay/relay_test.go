package relay

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"

	"vestibule/hub/wire"
)

// clock is the hub's, in a test.
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

func start(t *testing.T) (*Relay, *clock) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{t: time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)}
	r, err := New(conn, c.now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r, c
}

// client is somebody who speaks TURN with the relay.
func client(t *testing.T, r *Relay, way wire.Relay) *turn.Client {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := (&net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: r.Port()}).String()
	c, err := turn.NewClient(&turn.ClientConfig{
		STUNServerAddr: at, TURNServerAddr: at, Conn: conn, Username: way.User, Password: way.Password, Realm: realm, RTO: 50 * time.Millisecond,
		LoggerFactory: &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled, ScopeLevels: map[string]logging.LogLevel{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); _ = conn.Close() })
	return c
}

func allocate(t *testing.T, r *Relay, way wire.Relay) net.PacketConn {
	t.Helper()
	conn, err := client(t, r, way).Allocate()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // the relay may have ended it
	return conn
}

// hears returns what comes to an allocation within a while; "" for nothing.
func hears(c net.PacketConn, while time.Duration) string {
	b := make([]byte, 1500)
	_ = c.SetReadDeadline(time.Now().Add(while))
	n, _, err := c.ReadFrom(b)
	if err != nil {
		return ""
	}
	return string(b[:n])
}

// The two who have credentials of one window reach each other, and nobody else: no other window, no address of this
// machine, of its network, or of the world.
func TestWhoIsReached(t *testing.T) {
	r, c := start(t)
	end := c.now().Add(time.Hour)
	device, viewer := allocate(t, r, r.Credentials("d-1", Device, end)), allocate(t, r, r.Credentials("d-1", Viewer, end))
	other := allocate(t, r, r.Credentials("d-2", Viewer, end))
	say := func(from, to net.PacketConn, words string) {
		t.Helper()
		if _, err := from.WriteTo([]byte(words), to.LocalAddr()); err != nil {
			t.Fatal(err)
		}
	}
	say(device, viewer, "permit") // a side hears only whom it has spoken to
	say(viewer, device, "hello")
	if got := hears(device, 5*time.Second); got != "hello" {
		t.Fatalf("the device hears %q", got)
	}
	say(device, viewer, "welcome")
	for got := hears(viewer, 5*time.Second); got != "welcome"; got = hears(viewer, 5*time.Second) {
		if got == "" {
			t.Fatal("the viewer hears nothing")
		}
	}
	say(device, other, "permit")
	say(other, device, "from elsewhere")
	if got := hears(device, 300*time.Millisecond); got != "" {
		t.Errorf("another window's viewer says %q", got)
	}

	secret, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer secret.Close()
	for _, to := range []string{secret.LocalAddr().String(), "192.168.1.1:53", "10.0.0.1:80", "169.254.169.254:80", "8.8.8.8:53", "192.0.2.2:9", "224.0.0.251:5353"} {
		at, err := net.ResolveUDPAddr("udp4", to)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := viewer.WriteTo([]byte("let me in"), at); err == nil {
			t.Errorf("the relay lets a viewer speak to %s", to)
		}
	}
	if got := hears(secret, 200*time.Millisecond); got != "" {
		t.Errorf("a service of this machine hears %q", got)
	}
}

func TestCredentials(t *testing.T) {
	r, c := start(t)
	good := r.Credentials("d-1", Viewer, c.now().Add(time.Hour))
	later := r.Credentials("d-1", Viewer, c.now().Add(2*time.Hour))
	for _, bad := range []wire.Relay{
		{}, {User: good.User, Password: "x"}, {User: later.User, Password: good.Password}, {User: "x", Password: good.Password},
		{User: "99999999999:d-1.viewer", Password: good.Password}, r.Credentials("d-1", Viewer, c.now().Add(-time.Second)), r.Credentials("", Viewer, c.now().Add(time.Hour)),
	} {
		if conn, err := client(t, r, bad).Allocate(); err == nil {
			t.Errorf("%+v allocates %v", bad, conn.LocalAddr())
		}
	}
	allocate(t, r, good)
	c.move(time.Hour)
	if _, err := client(t, r, good).Allocate(); err == nil {
		t.Error("credentials are good after their window")
	}
}

// At the end of a window nothing of it goes on, whether its time is over or its device says so.
func TestAllocationsEndWithTheirWindow(t *testing.T) {
	r, c := start(t)
	for _, way := range []struct {
		name string
		last time.Duration
		end  func()
	}{{"its time is over", 2 * time.Second, func() {}}, {"the device says so", time.Hour, func() { r.End("d-1") }}} {
		end := c.now().Add(way.last)
		one, two := allocate(t, r, r.Credentials("d-1", Device, end)), allocate(t, r, r.Credentials("d-1", Viewer, end))
		for range 2 {
			_, _ = one.WriteTo([]byte("x"), two.LocalAddr())
			_, _ = two.WriteTo([]byte("x"), one.LocalAddr())
		}
		if hears(one, time.Second) == "" || r.board.count() != 2 {
			t.Fatalf("%s: they do not reach each other", way.name)
		}
		way.end()
		for late := time.Now().Add(5 * time.Second); r.board.count() > 0; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(late) {
				t.Fatalf("%s: %d allocations are left", way.name, r.board.count())
			}
		}
	}
}

func TestBounds(t *testing.T) {
	r, c := start(t)
	end := c.now().Add(time.Hour)
	for range maxOfWindow {
		allocate(t, r, r.Credentials("d-1", Viewer, end))
	}
	if _, err := client(t, r, r.Credentials("d-1", Viewer, end)).Allocate(); err == nil {
		t.Errorf("more than %d allocations of one window", maxOfWindow)
	}
	allocate(t, r, r.Credentials("d-2", Viewer, end))
}

func (b *board) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.lines)
}

// FuzzParse: whatever the user's name, no panic, and what is read was said.
func FuzzParse(f *testing.F) {
	f.Add("1795880000:d-1.viewer")
	f.Add(":.")
	f.Fuzz(func(t *testing.T, user string) {
		if _, window, ok := parse(user); ok && window == "" {
			t.Errorf("%q is of no window", user)
		}
	})
}
