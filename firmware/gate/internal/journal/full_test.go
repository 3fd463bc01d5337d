package journal

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A disk that is really full, and one that is really read-only: a small tmpfs in a mount
// namespace of the test's own. Where a machine forbids that, the test says so and passes
// over; the failing disk of TestFailingDisk covers the same on every machine.
func TestRealFullDisk(t *testing.T) {
	const child = "VESTIBULE_FULL_DISK"
	if os.Getenv(child) == "" {
		cmd := exec.Command("/proc/self/exe", "-test.run=^TestRealFullDisk$", "-test.v")
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
	if err := unix.Mount("none", mount, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("this machine allows no mount: %v", err)
	}
	dir := filepath.Join(mount, "journal")
	j, _, _ := mustOpen(t, dir)
	n := 0
	var err error
	for ; n < 10000; n++ {
		if _, err = j.Append(entry(n)); err != nil {
			break
		}
	}
	if !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("after %d entries: %v, want ENOSPC", n, err)
	}
	t.Logf("full after %d entries: %v", n, err)
	_, _, all := mustOpen(t, dir)
	counts(t, all, n)

	if err := unix.Mount("", mount, "", unix.MS_REMOUNT, "size=128k"); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, j, n, 10)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}

	if err := unix.Mount("", mount, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	j, r, all := mustOpen(t, dir)
	counts(t, all, n+10)
	if r.Cut != 0 {
		t.Errorf("%d bytes are left over", r.Cut)
	}
	if _, err := j.Append(entry(0)); !errors.Is(err, unix.EROFS) {
		t.Errorf("append to a read-only disk: %v, want EROFS", err)
	}
	if err := unix.Mount("", mount, "", unix.MS_REMOUNT, ""); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, j, n+10, 1)
}
