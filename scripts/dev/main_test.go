package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestMain is also the programs that the launcher starts in these tests: the test binary, linked under
// their names, plays each as far as the launcher can tell.
func TestMain(m *testing.M) {
	name := filepath.Base(os.Args[0])
	if play, ok := map[string]func([]string) error{"hub": playHub, "gate": playGate, "eye": playEye, "link": playLink, "dev": playDev}[name]; ok {
		if err := play(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, name+":", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if len(os.Args) > 1 && os.Args[1] == "-h" { // the launcher tries walls with itself
		os.Exit(0)
	}
	// Under the race detector every program would sleep for a second when it ends.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// bin returns a folder with the programs.
func bin(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"hub", "gate", "eye", "link", "dev"} {
		if err := os.Symlink(self, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String()
}

// eventually polls until try succeeds.
func eventually(t *testing.T, what string, try func() error) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %v", what, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// output is what a launcher printed so far.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// launcher is a desk in this process.
type launcher struct {
	*desk
	t    *testing.T
	out  *output
	url  string
	stop func() error
}

func opts(t *testing.T, args ...string) options {
	t.Helper()
	all := append([]string{
		"-run", filepath.Join(t.TempDir(), "run"), "-bin", bin(t),
		"-http", freePort(t), "-mqtt", freePort(t), "-desk", freePort(t),
	}, args...)
	o, err := parseOptions(all)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func launch(t *testing.T, o options) *launcher {
	t.Helper()
	l := &launcher{t: t, out: &output{}, url: "http://" + o.desk}
	l.desk = newDesk(o, l.out)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- errors.Join(l.Run(ctx), l.Close()) }()
	l.stop = sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() {
		if err := l.stop(); err != nil {
			t.Errorf("the launcher ended with %v", err)
		}
		if t.Failed() {
			t.Logf("the launcher printed\n%s", l.out)
		}
	})
	eventually(t, "the desk answers", func() error { return l.get("/api/links", nil) })
	return l
}

func (l *launcher) get(path string, v any) error {
	r, err := http.Get(l.url + path)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		return errors.New(r.Status)
	}
	if v == nil {
		return nil
	}
	return json.NewDecoder(r.Body).Decode(v)
}

func (l *launcher) post(path, body string) world {
	l.t.Helper()
	r, err := http.Post(l.url+path, "application/json", strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	defer r.Body.Close()
	var w world
	if r.StatusCode != http.StatusOK {
		l.t.Fatalf("POST %s %s: %s", path, body, r.Status)
	}
	if err := json.NewDecoder(r.Body).Decode(&w); err != nil {
		l.t.Fatal(err)
	}
	return w
}

// pids returns the running programs.
func (l *launcher) pids() map[string]int {
	l.t.Helper()
	var list []status
	if err := l.get("/api/programs", &list); err != nil {
		l.t.Fatal(err)
	}
	m := map[string]int{}
	for _, s := range list {
		m[s.Name] = s.PID
	}
	return m
}

// noted waits until a program has written down something that it noticed.
func (l *launcher) noted(room, name string) string {
	l.t.Helper()
	var text []byte
	eventually(l.t, room+" notes "+name, func() (err error) {
		text, err = os.ReadFile(l.folder.room(room, name))
		return err
	})
	return string(text)
}

func alive(pid int) bool { return pid > 0 && syscall.Kill(pid, 0) == nil }

// gone waits until a process is no more (or a zombie that waits for another parent).
func gone(t *testing.T, pid int) {
	t.Helper()
	eventually(t, "process "+strconv.Itoa(pid)+" ends", func() error {
		if !alive(pid) {
			return nil
		}
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return nil
		}
		return errors.New("still there")
	})
}
