package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"vestibule/hub/wire"
)

// patience bounds every wait for something that should happen at once. It is long
// because two cores may be encoding, decoding and testing at the same time.
const patience = 30 * time.Second

// TestMain builds the programs as a desk has them, once. Tests that judge how soon something happens, or how much
// it takes, come first and have the machine to themselves; the others mostly wait, so they are parallel: two at a
// time on two cores.
func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "vestibule-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	for _, b := range []struct{ pkg, cgo string }{
		{"./firmware/eye", "1"}, {"./firmware/gate", "0"}, {"./firmware/link", "0"}, {"./scripts/dev", "0"}, {"./hub", "0"},
	} {
		cmd := exec.Command("go", "build", "-tags", "desk", "-o", dir+"/", b.pkg)
		cmd.Dir = "../.."
		cmd.Env = append(os.Environ(), "CGO_ENABLED="+b.cgo)
		if out, err := cmd.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build %s: %v\n%s", b.pkg, err, out)
			return 1
		}
	}
	if err := os.Setenv("VESTIBULE_E2E_BIN", dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// desk is a running launcher with everything under it, as `make run` starts it.
type desk struct {
	t           *testing.T
	cmd         *exec.Cmd
	out         *tail
	done        chan error
	dir         string
	hub         string // http://127.0.0.1:PORT
	desk        string
	web, broker string // the hub's HOST:PORT
	user        links

	mu     sync.Mutex
	events []wire.Event
	more   chan struct{} // closed and replaced when an event comes
	mqtt   mqtt.Client
}

type links struct {
	Owner string `json:"owner"`
	Hub   string `json:"hub"`
	MQTT  struct{ URL, User, Password string }
}

// pairing is what the owner's link says, as long as the device has no owner.
func (d *desk) pairing() url.Values {
	d.t.Helper()
	_, query, _ := strings.Cut(d.user.Owner, "?")
	q, err := url.ParseQuery(query)
	if err != nil || q.Get("device") == "" {
		d.t.Fatalf("no device in %s: %v", d.user.Owner, err)
	}
	return q
}

// tail keeps what a program printed.
type tail struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.Write(p)
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// startDesk starts the launcher on free ports and waits until it says it is ready.
func startDesk(t *testing.T, args ...string) *desk {
	t.Helper()
	return launch(t, freePort(t), freePort(t), args...)
}

// beside starts one more door of the same home.
func (d *desk) beside(args ...string) *desk {
	d.t.Helper()
	return launch(d.t, d.web, d.broker, append(args, "-beside", d.dir)...)
}

// launch starts a launcher whose hub is at these addresses.
func launch(t *testing.T, web, broker string, args ...string) *desk {
	t.Helper()
	bin := os.Getenv("VESTIBULE_E2E_BIN")
	d := &desk{t: t, dir: filepath.Join(t.TempDir(), "run"), out: &tail{}, more: make(chan struct{}), done: make(chan error, 1), web: web, broker: broker}
	page := freePort(t)
	d.hub, d.desk = "http://"+web, "http://"+page
	all := append([]string{"-run", d.dir, "-bin", bin, "-http", web, "-mqtt", broker, "-desk", page}, args...)
	d.cmd = exec.Command(filepath.Join(bin, "dev"), all...)
	d.cmd.Stdout, d.cmd.Stderr = d.out, d.out
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { d.done <- d.cmd.Wait() }()
	t.Cleanup(d.stop)
	d.wait("the desk answers", func() error { return d.get("/api/links", &d.user) })
	d.listen()
	return d
}

// stop ends the launcher as Ctrl-C does and checks that nothing is left behind.
func (d *desk) stop() {
	if d.cmd.ProcessState != nil {
		return
	}
	if d.mqtt != nil {
		d.mqtt.Disconnect(100)
	}
	var pids []int
	for _, p := range d.programs() {
		pids = append(pids, p.PID)
	}
	_ = d.cmd.Process.Signal(os.Interrupt)
	select {
	case err := <-d.done:
		if err != nil {
			d.t.Errorf("the launcher ended with %v", err)
		}
	case <-time.After(15 * time.Second):
		d.t.Error("the launcher does not stop on Ctrl-C")
		_ = d.cmd.Process.Kill()
	}
	for _, pid := range pids {
		if pid > 0 && syscall.Kill(pid, 0) == nil {
			d.t.Errorf("process %d is still there after Ctrl-C", pid)
		}
	}
	if d.t.Failed() {
		d.t.Logf("the launcher printed:\n%s", d.out)
		logs, _ := filepath.Glob(filepath.Join(d.dir, "log", "*"))
		for _, l := range logs {
			b, _ := os.ReadFile(l)
			d.t.Logf("%s:\n%s", filepath.Base(l), b[max(0, len(b)-4000):])
		}
	}
}

// wait polls until try succeeds.
func (d *desk) wait(what string, try func() error) {
	d.t.Helper()
	waitFor(d.t, what, try)
}

func waitFor(t *testing.T, what string, try func() error) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited %v for: %s: %v", patience, what, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (d *desk) get(path string, v any) error {
	resp, err := http.Get(d.desk + path)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return answer(resp, v)
}

func (d *desk) post(path string, body any) {
	d.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		d.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, d.desk+path, bytes.NewReader(b))
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", d.desk)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := answer(resp, nil); err != nil {
		d.t.Fatalf("POST %s %s: %v", path, b, err)
	}
}

func answer(resp *http.Response, v any) error {
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s: %s", resp.Status, b)
	}
	if v == nil {
		return nil
	}
	return json.Unmarshal(b, v)
}

// program is one line of the launcher's list.
type program struct {
	Name     string  `json:"name"`
	PID      int     `json:"pid"`
	Restarts int     `json:"restarts"`
	RSS      int     `json:"rss_kb"`
	CPU      float64 `json:"cpu_s"`
}

func (d *desk) programs() map[string]program {
	var list []program
	if err := d.get("/api/programs", &list); err != nil {
		d.t.Logf("programs: %v", err)
		return nil
	}
	all := map[string]program{}
	for _, p := range list {
		all[p.Name] = p
	}
	return all
}

// kill ends a program with SIGKILL and waits until the launcher has it running again.
func (d *desk) kill(name string) {
	d.t.Helper()
	old := d.programs()[name].PID
	d.post("/api/kill", map[string]string{"name": name})
	d.wait(name+" is back", func() error {
		if p := d.programs()[name]; p.PID <= 0 || p.PID == old {
			return errors.New("not yet")
		}
		return nil
	})
}

// keys types at the simulated keypad, as a person does.
func (d *desk) keys(text string) {
	d.t.Helper()
	for _, k := range []byte(text) {
		d.press(k)
		time.Sleep(160 * time.Millisecond) // a person's pause; the keypad debounces
	}
}

func (d *desk) press(key byte) {
	d.t.Helper()
	d.post("/api/key", map[string]any{"key": string(key), "ms": 80})
}

// unlock types digits until the door is unlocked.
func (d *desk) unlock(since int, digits string) {
	d.t.Helper()
	d.typed(digits, func() bool {
		_, ok := d.within(since, wire.Unlocked, 6*time.Second)
		return ok
	})
}

// turn types digits until the handle turns, where no event can tell.
func (d *desk) turn(digits string) {
	d.t.Helper()
	d.typed(digits, func() bool {
		for range 60 {
			if d.tryOpen() == nil {
				return true
			}
			time.Sleep(100 * time.Millisecond)
		}
		return false
	})
}

// typed types until it is answered. On a machine with too much to do the simulated matrix can be
// looked at too late to see a short press; then nothing answers, and the courier types again, as
// at any keypad.
func (d *desk) typed(digits string, answered func() bool) {
	d.t.Helper()
	for range 3 {
		d.keys("*" + digits)
		if answered() {
			return
		}
		d.t.Log("the keypad did not answer; the courier types again")
	}
	d.t.Fatalf("the door does not open to its code; in all: %v", d.kinds(0))
}

func (d *desk) door(open bool) { d.t.Helper(); d.post("/api/door", map[string]bool{"open": open}) }

// listen collects the events that a reader of the broker sees.
func (d *desk) listen() {
	d.t.Helper()
	o := mqtt.NewClientOptions().AddBroker(d.user.MQTT.URL).SetUsername(d.user.MQTT.User).SetPassword(d.user.MQTT.Password).
		SetClientID("e2e " + d.desk).SetAutoReconnect(true).SetMaxReconnectInterval(time.Second).SetOrderMatters(true)
	o.SetOnConnectHandler(func(c mqtt.Client) {
		c.Subscribe(wire.Topic("+", wire.LeafEvent, "#"), 1, func(_ mqtt.Client, m mqtt.Message) {
			var e wire.Event
			if err := wire.Decode(m.Payload(), &e); err != nil {
				d.t.Errorf("event on %s: %v", m.Topic(), err)
				return
			}
			d.mu.Lock()
			defer d.mu.Unlock()
			d.events = append(d.events, e)
			close(d.more)
			d.more = make(chan struct{})
		})
	})
	d.mqtt = mqtt.NewClient(o)
	d.wait("the broker lets the reader in", func() error {
		tok := d.mqtt.Connect()
		tok.Wait()
		return tok.Error()
	})
}

// mark is a place in the stream of events.
func (d *desk) mark() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.events)
}

// event waits for the first event of a kind since a mark.
func (d *desk) event(since int, kind wire.Kind) wire.Event {
	d.t.Helper()
	e, ok := d.within(since, kind, patience)
	if !ok {
		d.t.Fatalf("no event %q within %v; since then: %v", kind, patience, d.kinds(since))
	}
	return e
}

// kinds is what came since a mark.
func (d *desk) kinds(since int) []wire.Kind {
	d.mu.Lock()
	defer d.mu.Unlock()
	seen := []wire.Kind{}
	for _, e := range d.events[min(since, len(d.events)):] {
		seen = append(seen, e.Kind)
	}
	return seen
}

// within is event for one that need not come.
func (d *desk) within(since int, kind wire.Kind, patience time.Duration) (wire.Event, bool) {
	late := time.After(patience)
	for {
		d.mu.Lock()
		more := d.more
		for _, e := range d.events[min(since, len(d.events)):] {
			if e.Kind == kind {
				d.mu.Unlock()
				return e, true
			}
		}
		d.mu.Unlock()
		select {
		case <-more:
		case <-late:
			return wire.Event{}, false
		}
	}
}

// count says how many different events of a kind came since a mark.
func (d *desk) count(since int, kind wire.Kind) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	ids := map[string]bool{}
	for _, e := range d.events[min(since, len(d.events)):] {
		if e.Kind == kind {
			ids[e.ID] = true
		}
	}
	return len(ids)
}

var (
	errLocked = errors.New("the door is locked")
	errOpen   = errors.New("the door is open")
)
