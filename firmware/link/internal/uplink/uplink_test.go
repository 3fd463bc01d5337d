package uplink

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestReadCard(t *testing.T) {
	for _, c := range []struct {
		name, text, wants string // wants: in the error; empty for none
	}{
		{"at a desk", `{"device":"d","hub":"mqtt://127.0.0.1:1883","user":"u","password":"p"}`, ""},
		{"at a desk, by name", `{"device":"d","hub":"mqtt://localhost:1883","user":"u","password":"p"}`, ""},
		{"IPv6", `{"device":"d","hub":"mqtt://[::1]:1883","user":"u","password":"p"}`, ""},
		{"elsewhere", `{"device":"d","hub":"mqtts://hub.example:8883","user":"u","password":"p"}`, ""},
		{"elsewhere in the clear", `{"device":"d","hub":"mqtt://hub.example:1883","user":"u","password":"p"}`, "has to be mqtts"},
		{"not this machine", `{"device":"d","hub":"mqtt://127.0.0.1.example:1883","user":"u","password":"p"}`, "has to be mqtts"},
		{"no port", `{"device":"d","hub":"mqtts://hub.example","user":"u","password":"p"}`, "host:port"},
		{"another scheme", `{"device":"d","hub":"http://hub.example:80","user":"u","password":"p"}`, "mqtts://"},
		{"no password", `{"device":"d","hub":"mqtts://hub.example:8883","user":"u"}`, "password"},
		{"unknown field", `{"device":"d","hub":"mqtts://hub.example:8883","user":"u","password":"p","x":1}`, "unknown field"},
		{"nothing", ``, "EOF"},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "link.json"), []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := ReadCard(dir)
		switch {
		case c.wants == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.wants != "" && (err == nil || !strings.Contains(err.Error(), c.wants)):
			t.Errorf("%s: got %v, want an error with %q", c.name, err, c.wants)
		}
	}
	if _, err := ReadCard(t.TempDir()); err == nil || !strings.Contains(err.Error(), "not enrolled") {
		t.Errorf("no file: %v", err)
	}
}

// What lay in the buffers of a program that was stopped is old, also once it goes on.
func TestAStandstillMakesASessionStale(t *testing.T) {
	s := &Session{lost: make(chan struct{})}
	s.beat()
	if s.stood() {
		t.Fatal("stale from the start")
	}
	past := time.Now().Add(-2 * standstill)
	s.alive.Store(&past)
	if !s.stood() {
		t.Fatal("the standstill is not noticed")
	}
	s.beat() // the pulse goes on
	if !s.stood() {
		t.Fatal("the standstill is forgotten")
	}
}

// What Dial says of a network that is away, and of a hub that is there and has to be spared.
func TestAway(t *testing.T) {
	refused := Card{Device: "d", Hub: "mqtt://" + unused(t), User: "u", Password: "p"}
	if _, err := Dial(t.Context(), new(net.Dialer).DialContext, refused, nil, nil); err == nil || Away(err) {
		t.Errorf("a hub that refuses is away: %v", err)
	}
	for what, err := range map[string]error{
		"no route": &net.OpError{Op: "dial", Err: unix.ENETUNREACH},
		"no name":  &net.DNSError{Err: "no such host", Name: "hub.example"},
		"silence":  &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded},
	} {
		if !Away(fmt.Errorf("connect: %w", err)) {
			t.Errorf("%s is not taken for a network that is away", what)
		}
	}
	for what, err := range map[string]error{
		"a slow handshake": context.DeadlineExceeded,
		"a slow answer":    &net.OpError{Op: "read", Err: os.ErrDeadlineExceeded},
		"nothing":          nil,
	} {
		if Away(err) {
			t.Errorf("%s is taken for a network that is away", what)
		}
	}
}

// unused is an address where nobody listens.
func unused(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
