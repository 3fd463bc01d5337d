//go:build desk

package main

import (
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"vestibule/firmware/pipe"
	"vestibule/hardware/sim"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// The true program on a disk that is really full, in mid-visit and at its start, and on one
// that is really read-only: no code opens, the alarm says why, the way out is free; and with
// room again it goes on where it was. The disk is a small tmpfs in a mount namespace of the
// test's own.
func TestDiskOfNoUse(t *testing.T) {
	const child = "VESTIBULE_DISK_OF_NO_USE"
	mount := os.Getenv(child)
	if mount == "" {
		t.Parallel()
		inNamespace(t, child)
		return
	}
	if err := unix.Mount("none", mount, "tmpfs", 0, "size=512k"); err != nil {
		t.Skipf("this machine allows no mount: %v", err)
	}
	d := newDeskIn(t, mount)
	d.start()
	d.pair()
	terms, secret := d.permit(9, func(t *pass.Terms) { t.Camera = false })
	d.until("the window is open", func() bool { return d.count(wire.WindowOpened) > 0 })
	opens := func() {
		t.Helper()
		relocked := d.count(wire.Relocked)
		d.until("the code opens", func() bool { return d.tries(terms, secret) == "" })
		d.house.Do(func(h *sim.House, now time.Time) { h.Pull(false, now) })
		d.until("the door is open", func() bool { return d.house.View().Contact == "open" })
		d.house.Do(func(h *sim.House, now time.Time) { h.Shut(now) })
		d.until("it is locked", func() bool { return d.count(wire.Relocked) > relocked })
	}
	// useless is what has to be true as long as the disk is of no use.
	useless := func() {
		t.Helper()
		d.until("the alarm says why", func() bool { return d.state().Alarm == wire.JournalBroken })
		_, before := d.coil()
		for range 3 {
			if why := d.tries(terms, secret); why == "" {
				t.Error("a code opened the door")
			}
		}
		d.until("the refusal says why", func() bool { return d.tries(terms, secret) == wire.DiskTrouble })
		d.house.Do(func(h *sim.House, now time.Time) {
			if !h.Pull(true, now) {
				t.Error("the way out is barred")
			}
		})
		d.until("the owner sees that the door is open", func() bool { return d.state().Door == wire.DoorAjar })
		d.house.Do(func(h *sim.House, now time.Time) { h.Shut(now) })
		d.until("the owner sees that it is shut and locked", func() bool {
			s := d.state()
			return s.Door == wire.DoorClosed && s.Bolt == wire.BoltLocked && s.Alarm == wire.JournalBroken
		})
		if _, after := d.coil(); after != before {
			t.Errorf("the coil had current %d times", after-before)
		}
	}
	opens()

	filler := filepath.Join(mount, "filler")
	fill(t, filler)
	d.until("the journal's last block is full, too", func() bool {
		junk := make([]byte, 64)
		_, _ = rand.Read(junk) // never fails
		d.send(pipe.TypeNote, junk)
		d.tries(terms, secret)
		d.house.Do(func(h *sim.House, now time.Time) { h.Shut(now) })
		return d.state().Alarm == wire.JournalBroken
	})
	d.until("the door is locked", func() bool { s := d.state(); return s.Door == wire.DoorClosed && s.Bolt == wire.BoltLocked })
	useless()

	d.kill()
	fill(t, filepath.Join(d.dir, "gate", "journal", "events")) // what is behind the last entry counts as torn
	d.start()
	useless()
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	d.until("no alarm", func() bool { return d.state().Alarm == "" })
	opens()

	d.kill()
	if err := unix.Mount("", mount, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	d.start()
	useless()
	if err := unix.Mount("", mount, "", unix.MS_REMOUNT, ""); err != nil {
		t.Fatal(err)
	}
	d.until("no alarm", func() bool { return d.state().Alarm == "" })
	opens()
	if err := d.end(); err != nil {
		t.Errorf("ended with %v: %s", err, d.log)
	}
	if all, err := d.onDisk(); err != nil || len(all) < len(d.events) {
		t.Errorf("%d entries on the disk, %d were sent; %v", len(all), len(d.events), err)
	}
}

// inNamespace runs this test again in a mount namespace of its own, with a folder's name in
// the environment.
func inNamespace(t *testing.T, name string) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), name+"="+t.TempDir())
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
}

// fill makes a file longer until the disk is full.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, size := range []int{1 << 20, 1} {
		for err = nil; err == nil; _, err = f.Write(make([]byte, size)) {
		}
		if !errors.Is(err, unix.ENOSPC) {
			t.Fatalf("the disk is not full: %v", err)
		}
	}
}

// tries types the code on a page and returns why it is refused, nothing if it opens.
func (d *desk) tries(t pass.Terms, s pass.Secret) wire.Reason {
	d.t.Helper()
	l := d.sealTry(t, s.Code.Digits())
	answer := d.ask(wire.LetterTry, l.Body)
	if answer.Kind == wire.LetterTried {
		return ""
	}
	var no wire.No
	if err := wire.Decode(answer.Body, &no); err != nil {
		d.t.Fatal(err)
	}
	return no.Reason
}

// state is what gate said last of its door.
func (d *desk) state() wire.State {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.states) == 0 {
		return wire.State{}
	}
	return d.states[len(d.states)-1]
}
