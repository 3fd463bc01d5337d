package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// call runs the program with arguments as main does.
func call(t *testing.T, in string, args ...string) (out string, err error) {
	t.Helper()
	var b, log bytes.Buffer
	err = run(t.Context(), args, strings.NewReader(in), &b, &log)
	return b.String(), err
}

func identityOf(t *testing.T) (id, file string) {
	t.Helper()
	key := publicOf(newKey(t))
	id = pass.KeyID(key)
	return id, fmt.Sprintf(`{"device":%q,"sign":%q,"hpke":"AAAA","pairing":"c2VjcmV0"}`, id, pass.EncodeKey(key))
}

func TestEnrolAndReader(t *testing.T) {
	state := filepath.Join(t.TempDir(), "hub")
	id, identity := identityOf(t)
	file := filepath.Join(t.TempDir(), "identity.json")
	if err := os.WriteFile(file, []byte(identity), 0o600); err != nil {
		t.Fatal(err)
	}
	var first, second struct{ Device, Hub, User, Password string }
	out, err := call(t, "", "enrol", "-state", state, "-identity", file, "-mqtt", "127.0.0.1:18883")
	if err != nil {
		t.Fatal(err)
	}
	if err := wire.Decode([]byte(out), &first); err != nil {
		t.Fatal(err)
	}
	if first.Device != id || first.Hub != "mqtt://127.0.0.1:18883" || first.User == "" || len(first.Password) != 22 {
		t.Errorf("enrol printed %s", out)
	}
	out, err = call(t, identity, "enrol", "-state", state, "-identity", "-")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(out), &second); err != nil || second.User != first.User || second.Password == first.Password {
		t.Errorf("enrol again printed %s (%v)", out, err)
	}
	var reader struct{ User, Password string }
	out, err = call(t, "", "reader", "-state", state)
	if err := errors.Join(err, wire.Decode([]byte(out), &reader)); err != nil || len(reader.Password) != 22 {
		t.Errorf("reader printed %s (%v)", out, err)
	}
	b, err := os.ReadFile(filepath.Join(state, "hub.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{first.Password, second.Password, reader.Password, "c2VjcmV0"} {
		if bytes.Contains(b, []byte(secret)) {
			t.Error("a password or the pairing secret is in the database")
		}
	}
}

func TestArguments(t *testing.T) {
	state := t.TempDir()
	_, good := identityOf(t)
	for _, args := range []string{"", "help", "serve", "serve -state", "serve -state X extra", "serve -state X -identity Y", "enrol -state X", "reader", "-state X serve"} {
		if _, err := call(t, "", strings.Fields(strings.ReplaceAll(args, "X", state))...); !errors.Is(err, errUsage) {
			t.Errorf("hub %s: %v, want the usage", args, err)
		}
	}
	for what, identity := range map[string]string{
		"nothing": "", "junk": "junk", "no key": `{"device":"x"}`, "another key": strings.Replace(good, `"sign":"`, `"sign":"A`, 1),
		"another name": strings.Replace(good, `"device":"`, `"device":"x`, 1),
	} {
		if out, err := call(t, identity, "enrol", "-state", state, "-identity", "-"); err == nil || !strings.Contains(err.Error(), "identity") {
			t.Errorf("enrol of %s: %q, %v", what, out, err)
		}
	}
	for flag, addresses := range map[string][]string{
		"-http": {"0.0.0.0:0", ":0", "192.0.2.1:0", "[::]:0", "home.example:80", "127.0.0.1", ""},
		"-mqtt": {"0.0.0.0:0", ":1883", "mqtt://127.0.0.1:0"},
	} {
		for _, address := range addresses {
			args := []string{"serve", "-state", state, "-http", "127.0.0.1:0", "-mqtt", "127.0.0.1:0", flag, address}
			if _, err := call(t, "", args...); err == nil || !strings.Contains(err.Error(), flag+" ") || !strings.Contains(err.Error(), "127.0.0.1:") {
				t.Errorf("%s %q: %v, want a sentence that says what to use", flag, address, err)
			}
		}
	}
	if _, err := call(t, "", "serve", "-state", state, "-http", "127.0.0.1:0", "-mqtt", "127.0.0.1:0", "-origin", "home.example"); err == nil || !strings.Contains(err.Error(), "origin") {
		t.Errorf("a bad origin: %v", err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if _, err := call(t, "", "serve", "-state", state, "-http", taken.Addr().String(), "-mqtt", "127.0.0.1:0"); err == nil || !strings.Contains(err.Error(), "-http") {
		t.Errorf("a taken address: %v", err)
	}
}

// TestStop: the program ends when it is told to, although pages and devices are there,
// and leaves no goroutine behind.
func TestStop(t *testing.T) {
	before := runtime.NumGoroutine()
	func() {
		r := &rig{t: t, clock: &clock{t: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}, path: filepath.Join(t.TempDir(), "hub.db"), log: &buffer{}}
		r.start()
		d, p := r.household()
		r.clock.move(time.Hour)
		p.plan(d, parcel)
		r.clock.move(time.Hour)
		page, visit := p.stream("/api/events"), p.stream("/api/courier/"+parcel+"/events")
		page.until("online")
		visit.until("state")
		silent, err := net.Dial("tcp", r.web.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer silent.Close()
		began := time.Now()
		r.end()
		if d := time.Since(began); d > patience/2 {
			t.Errorf("stopping took %v", d)
		}
		for _, s := range []*stream{page, visit} {
			for ok := true; ok; {
				_, ok = s.next()
			}
		}
		d.client.Disconnect(0)
		p.client.CloseIdleConnections()
	}()
	for deadline := time.Now().Add(patience); runtime.NumGoroutine() > before; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<17)
			t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

// TestServe runs the program from its arguments to its end.
func TestServe(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	log := &buffer{}
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"serve", "-state", t.TempDir(), "-http", "127.0.0.1:0", "-mqtt", "127.0.0.1:0"}, nil, nil, log)
	}()
	eventually(t, "serving", func() bool { return strings.Contains(log.String(), "msg=serving") })
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
