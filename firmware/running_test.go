package firmware_test

import (
	"bytes"
	"crypto/ed25519"
	"debug/buildinfo"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vestibule/firmware/pipe"
	"vestibule/hardware/sim"
	"vestibule/hub/pass"
)

// build builds a program once for all tests.
func build(t *testing.T, dir, program string, tags ...string) string {
	t.Helper()
	bin := filepath.Join(dir, program+strings.Join(tags, ""))
	cmd := exec.Command("go", "build", "-tags", strings.Join(tags, ","), "-o", bin, "./firmware/"+program)
	cmd.Dir = root(t)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", program, err, out)
	}
	return bin
}

// running is a program that runs as the launcher and systemd start it.
type running struct {
	t      *testing.T
	cmd    *exec.Cmd
	done   chan struct{}
	err    error
	mu     sync.Mutex
	stderr bytes.Buffer
}

func (r *running) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stderr.Write(p)
}

func (r *running) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stderr.String()
}

// start starts bin in dir with listening sockets handed down, in an empty network
// namespace if alone.
func start(t *testing.T, dir string, alone bool, sockets []string, bin string, args ...string) *running {
	t.Helper()
	r := &running{t: t, cmd: exec.Command(bin, args...), done: make(chan struct{})}
	r.cmd.Dir, r.cmd.Stderr = dir, r
	for _, name := range sockets {
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, name+".sock"), Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		f, err := l.File()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _, _ = f.Close(), l.Close() })
		r.cmd.ExtraFiles = append(r.cmd.ExtraFiles, f)
	}
	r.cmd.Env = append(os.Environ(), fmt.Sprintf("LISTEN_FDS=%d", len(sockets)), "LISTEN_FDNAMES="+strings.Join(sockets, ":"))
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if alone {
		r.cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWNET
		if os.Geteuid() != 0 {
			r.cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
			r.cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}}
			r.cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}}
		}
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { defer close(r.done); r.err = r.cmd.Wait() }()
	t.Cleanup(func() { _ = r.cmd.Process.Kill(); <-r.done })
	return r
}

// refuses waits until the program has ended by itself, with an error that says why.
func (r *running) refuses(why string) {
	r.t.Helper()
	select {
	case <-r.done:
	case <-time.After(20 * time.Second):
		r.t.Fatalf("it runs; want an error with %q\n%s", why, r.said())
	}
	if r.err == nil || !strings.Contains(r.said(), why) {
		r.t.Fatalf("it ended with %v; want an error with %q\n%s", r.err, why, r.said())
	}
}

func (r *running) proc(name string) string {
	r.t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", r.cmd.Process.Pid, name))
	if err != nil {
		r.t.Fatalf("%v\n%s", err, r.said())
	}
	return string(b)
}

// confined checks what the kernel says of the program, thread by thread.
func (r *running) confined() {
	r.t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", r.cmd.Process.Pid))
	if err != nil || len(tasks) == 0 {
		r.t.Fatalf("%d threads, %v\n%s", len(tasks), err, r.said())
	}
	for _, path := range tasks {
		b, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // a thread that ended
		}
		if err != nil {
			r.t.Fatal(err)
		}
		for _, want := range []string{"\nSeccomp:\t2\n", "\nNoNewPrivs:\t1\n"} {
			if !strings.Contains(string(b), want) {
				r.t.Errorf("%s: no %q", path, strings.TrimSpace(want))
			}
		}
	}
	for _, l := range strings.Split(r.proc("limits"), "\n") {
		if f := strings.Fields(l); strings.HasPrefix(l, "Max core file size") && (f[4] != "0" || f[5] != "0") {
			r.t.Errorf("core dumps: %s", l)
		}
	}
}

// alone checks that the program has no network: no interface but lo, no socket of any
// family but Unix.
func (r *running) alone() {
	r.t.Helper()
	for _, l := range strings.Split(strings.TrimSpace(r.proc("net/dev")), "\n")[2:] {
		if name, _, _ := strings.Cut(l, ":"); strings.TrimSpace(name) != "lo" {
			r.t.Errorf("it has a network: %s", l)
		}
	}
	for _, table := range []string{"tcp", "tcp6", "udp", "udp6", "raw", "raw6", "netlink", "packet"} {
		rows := strings.Split(strings.TrimSpace(r.proc("net/"+table)), "\n")[1:]
		// The kernel's own ends of netlink belong to process 0.
		if table == "netlink" {
			rows = slices.DeleteFunc(rows, func(row string) bool { f := strings.Fields(row); return len(f) > 2 && f[2] == "0" })
		}
		if len(rows) > 0 {
			r.t.Errorf("%s sockets: %q", table, rows)
		}
	}
}

// maps checks which libraries the program has, and has not, in its memory.
func (r *running) maps(has, not []string) {
	r.t.Helper()
	maps := r.proc("maps")
	for _, lib := range has {
		if !strings.Contains(maps, "/"+lib) {
			r.t.Errorf("%s is not loaded: is that still its name?", lib)
		}
	}
	for _, lib := range not {
		if strings.Contains(maps, "/"+lib) {
			r.t.Errorf("%s is loaded", lib)
		}
	}
}

// modules checks which modules a program was built from.
func modules(t *testing.T, bin string, has, not []string) {
	t.Helper()
	info, err := buildinfo.ReadFile(bin)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range info.Deps {
		all = append(all, m.Path)
	}
	linked := func(path string) bool {
		return slices.ContainsFunc(all, func(m string) bool { return m == path || strings.HasPrefix(m, path+"/") })
	}
	for _, m := range has {
		if !linked(m) {
			t.Errorf("%s is not built from %s: is that still its name?", filepath.Base(bin), m)
		}
	}
	for _, m := range not {
		if linked(m) {
			t.Errorf("%s is built from %s", filepath.Base(bin), m)
		}
	}
}

// neighbour is a socket that a program connects to.
func neighbour(t *testing.T, dir, name string) *pipe.Listener {
	t.Helper()
	l, err := pipe.Listen(filepath.Join(dir, name+".sock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// greeted waits until the program says hello: then its walls stand.
func (r *running) greeted(l *pipe.Listener, program string) {
	r.t.Helper()
	got := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			got <- err
			return
		}
		f, err := c.Receive()
		var h pipe.Hello
		if err == nil {
			err = f.JSON(&h)
		}
		if err == nil && h.Program != program {
			err = fmt.Errorf("hello from %q", h.Program)
		}
		got <- err // the connection stays open until the test's process ends
	}()
	select {
	case err := <-got:
		if err != nil {
			r.t.Fatalf("%v\n%s", err, r.said())
		}
	case <-r.done:
		r.t.Fatalf("it ended: %v\n%s", r.err, r.said())
	case <-time.After(20 * time.Second):
		r.t.Fatalf("no hello\n%s", r.said())
	}
}

func trust(t *testing.T, dir string) {
	t.Helper()
	_, k, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"owner.pub", "device.pub"} {
		put(t, filepath.Join(dir, name), pass.EncodeKey(k.Public().(ed25519.PublicKey))+"\n")
	}
}

func TestProgramsRunBehindTheirWalls(t *testing.T) {
	bin := t.TempDir()
	eye, eyeDesk := build(t, bin, "eye"), build(t, bin, "eye", "desk")
	gateDesk, link := build(t, bin, "gate", "desk"), build(t, bin, "link")
	const opencv, x264, gocv, pion, paho = "libopencv_core", "libx264", "gocv.io/x/gocv", "github.com/pion", "github.com/eclipse"

	for _, b := range []string{eye, eyeDesk} {
		t.Run(filepath.Base(b), func(t *testing.T) {
			modules(t, b, []string{gocv}, []string{pion, paho})
			dir := t.TempDir()
			trust(t, dir)
			gate := neighbour(t, dir, "eye")
			r := start(t, dir, true, []string{"view"}, b, "-gate", "eye.sock", "-trust", dir, "-source", "file:none.avi")
			r.greeted(gate, "eye")
			r.confined()
			r.alone()
			r.maps([]string{opencv, x264}, nil)
		})
	}
	t.Run("eye with a network", func(t *testing.T) {
		dir := t.TempDir()
		r := start(t, dir, false, []string{"view"}, eye, "-gate", "eye.sock", "-trust", dir, "-source", "file:none.avi")
		r.refuses("there is a network")
	})
	t.Run("a device's eye without walls", func(t *testing.T) {
		dir := t.TempDir()
		r := start(t, dir, true, []string{"view"}, eye, "-gate", "eye.sock", "-trust", dir, "-walls=off")
		r.refuses("not defined: -walls")
	})
	t.Run("a device's eye and a scene", func(t *testing.T) {
		dir := t.TempDir()
		r := start(t, dir, true, []string{"view"}, eye, "-gate", "eye.sock", "-trust", dir, "-source", "scene")
		r.refuses(`the source is "scene"`)
	})
	t.Run("a desk's eye without walls says so", func(t *testing.T) {
		dir := t.TempDir()
		gate := neighbour(t, dir, "eye")
		r := start(t, dir, false, []string{"view"}, eyeDesk, "-gate", "eye.sock", "-trust", dir, "-walls=off")
		r.greeted(gate, "eye")
		// It was said before the hello, and comes by another way.
		const warning = "RUNS WITHOUT WALLS"
		for late := time.Now().Add(20 * time.Second); !strings.Contains(r.said(), warning) && time.Now().Before(late); {
			time.Sleep(10 * time.Millisecond)
		}
		if !strings.Contains(r.said(), warning) {
			t.Errorf("it says only\n%s", r.said())
		}
	})

	t.Run("gate", func(t *testing.T) {
		modules(t, gateDesk, []string{"golang.org/x/mod"}, []string{gocv, pion, paho})
		dir := t.TempDir()
		desk := neighbour(t, dir, "desk")
		house := sim.NewServer()
		t.Cleanup(func() { _ = house.Close() })
		go func() {
			for {
				c, err := desk.Accept()
				if err != nil {
					return
				}
				go func() { _ = house.Serve(c) }()
			}
		}()
		args := []string{"-state", filepath.Join(dir, "state"), "-trust", filepath.Join(dir, "trust"), "-pins", "sim:desk.sock"}
		r := start(t, dir, true, []string{"eye", "link"}, gateDesk, args...)
		// It takes connections once its walls stand.
		c, err := pipe.Dial(filepath.Join(dir, "link.sock"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.Send(pipe.TypeHello, pipe.Hello{Program: "link", Version: pipe.Version}); err != nil {
			t.Fatal(err)
		}
		state := make(chan error, 1)
		go func() { _, err := c.Receive(); state <- err }()
		select {
		case err := <-state:
			if err != nil {
				t.Fatalf("%v\n%s", err, r.said())
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("gate says nothing\n%s", r.said())
		}
		r.confined()
		r.alone()
		r.maps(nil, []string{"libopencv", "libx264", "libavcodec"})
	})

	t.Run("link", func(t *testing.T) {
		modules(t, link, []string{pion, paho}, []string{gocv, "periph.io/x/conn/v3", "github.com/warthog618/go-gpiocdev"})
		dir := t.TempDir()
		put(t, filepath.Join(dir, "link.json"), `{"device":"d","hub":"mqtt://127.0.0.1:9","user":"u","password":"p"}`)
		gate := neighbour(t, dir, "link")
		r := start(t, dir, false, nil, link, "-gate", "link.sock", "-view", "view.sock", "-state", dir, "-loopback")
		r.greeted(gate, "link")
		r.confined()
		r.maps(nil, []string{"libopencv", "libx264", "libavcodec"})
	})
}
