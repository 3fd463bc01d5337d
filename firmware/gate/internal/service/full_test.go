package service

import (
	"crypto/rand"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// The disk is really full, in mid-visit: no code opens, the alarm says why, the door shuts
// and locks; and when there is room again everything that happened is written and codes
// open. The disk is a small tmpfs in a mount namespace of the test's own; a machine that
// forbids that passes over (the rule's and the journal's own tests cover the parts).
func TestDiskFull(t *testing.T) {
	const child = "VESTIBULE_FULL_DISK"
	if os.Getenv(child) == "" {
		t.Parallel()
		cmd := exec.Command("/proc/self/exe", "-test.run=^TestDiskFull$", "-test.v")
		cmd.Env = append(os.Environ(), child+"="+t.TempDir())
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
		}
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Skipf("this machine allows no namespace: %v", err)
		}
		t.Logf("%s", out)
		if err != nil {
			t.Error(err)
		}
		return
	}
	mount := os.Getenv(child)
	if err := unix.Mount("none", mount, "tmpfs", 0, "size=512k"); err != nil {
		t.Skipf("this machine allows no mount: %v", err)
	}
	h := newHome(t)
	h.dir = mount
	h.start()
	h.pair()
	d := h.plan(func(t *pass.Terms) { t.Grace = time.Minute })
	h.live()
	if l := h.try(d, d.secret.Code.Digits()); l.Kind != wire.LetterTried {
		t.Fatalf("%s %s", l.Kind, l.Body)
	}
	h.until("the handle turns", h.pull)
	h.link.event(wire.DoorOpened)

	filler := filepath.Join(mount, "filler")
	if err := os.WriteFile(filler, make([]byte, 1<<20), 0o600); !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	// The journal's last block has room for some entries more.
	broken := func(s wire.State) bool { return s.Alarm == wire.JournalBroken }
	fill := func() bool {
		junk := make([]byte, 64)
		if _, err := rand.Read(junk); err != nil {
			t.Fatal(err)
		}
		h.link.send(pipe.TypeNote, junk)
		h.try(d, "1")
		h.link.mu.Lock()
		defer h.link.mu.Unlock()
		return len(h.link.states) > 0 && broken(h.link.states[len(h.link.states)-1])
	}
	h.until("the journal is full", fill)
	h.eye.mu.Lock()
	h.eye.tint = colours(1)
	h.eye.mu.Unlock()
	h.shut()
	h.link.state("a locked door and the alarm", func(s wire.State) bool {
		return broken(s) && s.Door == wire.DoorClosed && s.Bolt == wire.BoltLocked
	})
	if got := no(t, h.try(d, d.secret.Code.Digits())); got.Reason != wire.DiskTrouble {
		t.Errorf("%+v", got)
	}
	if n := h.link.count(wire.Relocked); n != 0 {
		t.Error("an entry was told that is not on the disk")
	}
	h.eye.standsLike(pipe.Reference{Data: []byte("edges")})
	if got := no(t, h.remember(d)); got.Reason != wire.DiskTrouble {
		t.Errorf("how the camera stands: %+v", got)
	}
	if n := h.eye.answers(); n != 0 {
		t.Error("a tint was answered that is not on the disk")
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	h.eye.shows(h, colours(1)) // it is offered again and again
	h.link.event(wire.DoorShut)
	h.link.event(wire.Relocked)
	h.link.event(wire.JournalBroken)
	h.link.state("no alarm", func(s wire.State) bool { return s.Alarm == "" })
	if l := h.try(d, d.secret.Code.Digits()); l.Kind != wire.LetterTried || into[wire.Tried](t, l).Entry != 2 {
		t.Errorf("with room again: %s %s", l.Kind, l.Body)
	}

	// Full again, and the gate starts like this: it comes up, says what is wrong, and opens
	// nothing.
	if err := os.WriteFile(filler, make([]byte, 1<<20), 0o600); !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	for f, err := os.OpenFile(filepath.Join(mount, "gate", "journal", "events"), os.O_RDWR, 0); ; {
		if err != nil {
			t.Fatal(err)
		}
		// The last block is filled, too; what is behind the last entry counts as torn.
		if _, err := f.Seek(0, io.SeekEnd); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte("x")); errors.Is(err, unix.ENOSPC) {
			_ = f.Close()
			break
		}
	}
	h.eye.close()
	h.link.close()
	if err := h.stop(); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("gate ended with %v, want that it could not sign its journal", err)
	}
	h.start()
	// What was torn has left some room in the last block.
	h.until("the journal is full again", fill)
	if got := no(t, h.try(d, d.secret.Code.Digits())); got.Reason != wire.DiskTrouble {
		t.Errorf("on a full disk: %+v", got)
	}
	if n := h.energised(); n != 2 {
		t.Errorf("opened %d times, want 2", n)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	h.until("the start is in the journal", func() bool { return h.link.count(wire.Started) == 2 })
}
