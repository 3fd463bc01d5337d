//go:build !race

// The race detector would take minutes to look through a program's memory: make walls runs these without it.

package firmware_test

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
)

// visit is a real eye, behind its walls, that looks at a film of dye for a delivery.
type visit struct {
	t    *testing.T
	dir  string
	eye  *running
	gate *pipe.Conn
	dye  dye

	owner, device ed25519.PrivateKey

	mu    sync.Mutex
	out   bytes.Buffer // all that eye has said, by both sockets
	sent  []byte       // the access units, one after the other
	count int
}

func key(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	_, k, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newVisit(t *testing.T, bin string) *visit {
	t.Helper()
	v := &visit{t: t, dir: t.TempDir(), owner: key(t), device: key(t)}
	for name, k := range map[string]ed25519.PrivateKey{"owner.pub": v.owner, "device.pub": v.device} {
		put(t, filepath.Join(v.dir, name), pass.EncodeKey(k.Public().(ed25519.PublicKey))+"\n")
	}
	path := filepath.Join(v.dir, "dye.avi")
	v.dye = film(t, path)
	gate := neighbour(t, v.dir, "eye")
	v.eye = start(t, v.dir, true, []string{"view"}, bin, "-gate", "eye.sock", "-trust", v.dir, "-source", "file:"+path, "-size", "640x480")
	accepted := make(chan *pipe.Conn, 1)
	go func() {
		if c, err := gate.Accept(); err == nil {
			accepted <- c
		}
	}()
	select {
	case v.gate = <-accepted:
	case <-v.eye.done:
		t.Fatalf("eye ended: %v\n%s", v.eye.err, v.eye.said())
	case <-time.After(20 * time.Second):
		t.Fatalf("eye does not come\n%s", v.eye.said())
	}
	view, err := pipe.Dial(filepath.Join(v.dir, "view.sock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = v.gate.Close(), view.Close() })
	go v.listen(v.gate)
	if err := view.Send(pipe.TypeHello, pipe.Hello{Program: "link", Version: pipe.Version}); err != nil {
		t.Fatal(err)
	}
	go v.listen(view)
	return v
}

// listen plays gate and link: it keeps all that eye says, and lets it have the colours that it asks for.
func (v *visit) listen(c *pipe.Conn) {
	for {
		f, err := c.Receive()
		if err != nil {
			return
		}
		v.mu.Lock()
		v.out.Write(f.Body)
		switch f.Type {
		case pipe.TypeUnit:
			if u, err := pipe.ParseUnit(f.Body); err == nil {
				v.sent = append(v.sent, u.Data...)
				v.count++
			}
		case pipe.TypeTint:
			var tint pipe.Tint
			if f.JSON(&tint) == nil {
				_ = v.gate.Send(pipe.TypeTint, tint)
			}
		}
		v.mu.Unlock()
	}
}

// wake opens the camera for a delivery of this mode.
func (v *visit) wake(mode pass.Mode) {
	v.t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	seal, err := pass.NewSealKey()
	if err != nil {
		v.t.Fatal(err)
	}
	secret, err := pass.NewSecret()
	if err != nil {
		v.t.Fatal(err)
	}
	device := pass.KeyID(v.device.Public().(ed25519.PublicKey))
	sealed, err := pass.Seal(secret, device, "d1", seal.Public())
	if err != nil {
		v.t.Fatal(err)
	}
	note, err := pass.SignPass(pass.Terms{
		Device: device, Delivery: "d1", From: now.Add(-time.Minute), Until: now.Add(time.Hour), Mode: mode, Shadow: true,
		Zones: [][]pass.Point{{{X: 3750, Y: 500}, {X: 6500, Y: 500}, {X: 6500, Y: 9500}, {X: 3750, Y: 9500}}},
		Lamp:  pass.Box{Min: pass.Point{X: 4500, Y: 3000}, Max: pass.Point{X: 5000, Y: 3500}}, Sealed: sealed, Entries: 1,
		Watchers: []string{pass.KeyID(v.owner.Public().(ed25519.PublicKey))},
	}, v.owner)
	if err != nil {
		v.t.Fatal(err)
	}
	if err := v.gate.Send(pipe.TypeWake, pipe.Wake{Pass: note, Visit: true, Now: now}); err != nil {
		v.t.Fatal(err)
	}
}

// until waits for something that should happen soon.
func (v *visit) until(what string, ok func() bool) {
	v.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; {
		if ok() {
			return
		}
		select {
		case <-v.eye.done:
			v.t.Fatalf("eye ended before %s: %v\n%s", what, v.eye.err, v.eye.said())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(end) {
			v.t.Fatalf("no %s\n%s", what, v.eye.said())
		}
	}
}

func (v *visit) seen(units int) func() bool { return func() bool { return v.units() >= units } }

func (v *visit) units() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.count
}

// Once a delivery has ended, nothing of the interior is left in a running eye: not in its memory, not in what
// it said, not on the disk. While the delivery lasts the same search finds it, so the search is a good one.
func TestNoTraceOfTheInteriorIsLeft(t *testing.T) {
	if os.Geteuid() != 0 {
		const why = "only root may read a program's memory that does not want to be read"
		if os.Getenv("VESTIBULE_ATTACK") != "" {
			t.Fatal("R15 was not run: " + why + ". Run it as root.")
		}
		t.Skip(why + ": not shown here")
	}
	bin := build(t, t.TempDir(), "eye")
	for _, mode := range []pass.Mode{pass.Blur, pass.Frosted} {
		t.Run(string(mode), func(t *testing.T) {
			v := newVisit(t, bin)
			for delivery := range 2 {
				before := v.units()
				v.wake(mode)
				v.until("picture", v.seen(before+40))
				during, _ := v.dye.traces(t, v.eye.cmd.Process.Pid)
				if during.fine == 0 || during.coarse == 0 {
					t.Errorf("the search finds no dye while eye looks at it, or none that is averaged: it proves nothing: %+v", during)
				}
				for range 4 { // a frame's one plane of blue is wiped just before the search comes by, now and then
					if during.colour > 0 {
						break
					}
					during, _ = v.dye.traces(t, v.eye.cmd.Process.Pid)
				}
				if during.colour == 0 {
					t.Errorf("the search finds no dye in colour while eye looks at it: it proves nothing of that: %+v", during)
				}
				if err := v.gate.Send(pipe.TypeSleep, nil); err != nil {
					t.Fatal(err)
				}
				v.until("end", func() bool { return strings.Count(v.eye.said(), "the camera is closed") > delivery })
				after, where := v.dye.traces(t, v.eye.cmd.Process.Pid)
				t.Logf("delivery %d: dye found while eye looked: %+v, and after: %+v", delivery+1, during, after)
				if after != (found{}) {
					t.Errorf("after the delivery dye is left:\n%s", strings.Join(where, "\n"))
				}
			}
			v.said()
			v.disk()
		})
	}
}

// said looks for dye in all that eye has sent, as it is and as a decoder plays it.
func (v *visit) said() {
	v.t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	f := finder{dye: v.dye}
	_, _ = f.Write(v.out.Bytes())
	cmd := exec.Command("ffmpeg", "-v", "error", "-f", "h264", "-i", "pipe:0", "-f", "rawvideo", "-pix_fmt", "yuv420p", "pipe:1")
	cmd.Stdin = bytes.NewReader(v.sent)
	played, err := cmd.Output()
	if err != nil {
		v.t.Fatalf("play what eye sent: %v", err)
	}
	const frame = dyeWidth * dyeHeight * 3 / 2
	f.forget()
	_, _ = f.Write(played)
	if f.hits > 0 || len(played) < 40*frame {
		v.t.Errorf("dye %d times in the %d bytes that eye sent and the %d pictures they play", f.hits, v.out.Len(), len(played)/frame)
	}
	v.t.Logf("%d bytes sent and %d pictures played, dye found %d times", v.out.Len(), len(played)/frame, f.hits)
}

// disk looks for files that eye has written.
func (v *visit) disk() {
	v.t.Helper()
	err := filepath.WalkDir(v.dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() && e.Name() != "dye.avi" && !strings.HasSuffix(path, ".pub") {
			v.t.Errorf("eye left %s", path)
		}
		return err
	})
	if err != nil {
		v.t.Error(err)
	}
}

// An eye that breaks down in the middle of a delivery leaves no core behind.
func TestACrashLeavesNoCore(t *testing.T) {
	v := newVisit(t, build(t, t.TempDir(), "eye"))
	v.wake(pass.Blur)
	v.until("picture", v.seen(10))
	if err := v.eye.cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	select {
	case <-v.eye.done:
	case <-time.After(20 * time.Second):
		t.Fatal("eye survives")
	}
	if ws, ok := v.eye.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || ws.CoreDump() {
		t.Errorf("eye dumped its core: %v", v.eye.cmd.ProcessState)
	}
	v.disk()
	// Go says where each goroutine stood; that is in the log and must hold no picture.
	f := finder{dye: v.dye}
	fmt.Fprint(&f, v.eye.said())
	if f.hits > 0 {
		t.Errorf("dye %d times in what it said at the end", f.hits)
	}
}
