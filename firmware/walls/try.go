package walls

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// try does what must not work. Each call is harmless where the wall is missing, and fails
// there in another way or not at all.
func try(plan layout) error {
	return errors.Join(tryCalls(), trySockets(plan.families), tryFiles(plan.forbid), tryThreads())
}

// tryCalls calls with arguments that the kernel, if it were asked, would find wrong.
func tryCalls() error {
	const none = ^uintptr(0) // no descriptor, no address, no process
	var errs []error
	for _, c := range []struct {
		name   string
		number uintptr
		a, b   uintptr
	}{
		{"execve", unix.SYS_EXECVE, none, 0},
		{"execveat", unix.SYS_EXECVEAT, none, none},
		{"ptrace", unix.SYS_PTRACE, none, none},
		{"process_vm_readv", unix.SYS_PROCESS_VM_READV, none, 0},
		{"process_vm_writev", unix.SYS_PROCESS_VM_WRITEV, none, 0},
		{"pidfd_getfd", unix.SYS_PIDFD_GETFD, none, none},
		{"io_uring_setup", unix.SYS_IO_URING_SETUP, 0, none},
		{"io_uring_enter", unix.SYS_IO_URING_ENTER, none, 0},
		{"bpf", unix.SYS_BPF, none, none},
		{"perf_event_open", unix.SYS_PERF_EVENT_OPEN, none, none},
		{"userfaultfd", unix.SYS_USERFAULTFD, none, 0},
		{"init_module", unix.SYS_INIT_MODULE, none, 0},
		{"kexec_load", unix.SYS_KEXEC_LOAD, none, none},
		{"mount", unix.SYS_MOUNT, none, none},
		{"chroot", unix.SYS_CHROOT, none, 0},
		{"open_by_handle_at", unix.SYS_OPEN_BY_HANDLE_AT, none, none},
		{"setns", unix.SYS_SETNS, none, 0},
		{"unshare", unix.SYS_UNSHARE, none, 0},
		{"keyctl", unix.SYS_KEYCTL, none, 0},
		{"clone", unix.SYS_CLONE, unix.CLONE_NEWUSER | unix.CLONE_SIGHAND, 0}, // SIGHAND without VM is EINVAL
	} {
		if _, _, errno := unix.Syscall6(c.number, c.a, c.b, 0, 0, 0, 0); errno != unix.EPERM {
			errs = append(errs, fmt.Errorf("%s is not stopped: it says %w", c.name, errno))
		}
	}
	return errors.Join(errs...)
}

func trySockets(families []uint64) error {
	var errs []error
	for _, f := range []struct {
		name   string
		family int
	}{
		{"IPv4", unix.AF_INET}, {"IPv6", unix.AF_INET6}, {"netlink", unix.AF_NETLINK}, {"packet", unix.AF_PACKET},
		{"vsock", unix.AF_VSOCK}, {"bluetooth", unix.AF_BLUETOOTH}, {"alg", unix.AF_ALG}, {"can", unix.AF_CAN},
	} {
		if slices.Contains(families, uint64(f.family)) {
			continue
		}
		fd, err := unix.Socket(f.family, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		if err == nil {
			err = unix.Close(fd)
		}
		if !errors.Is(err, unix.EPERM) {
			errs = append(errs, fmt.Errorf("a socket for %s is not stopped: it says %s", f.name, said(err)))
		}
	}
	return errors.Join(errs...)
}

func tryFiles(paths []string) error {
	var errs []error
	for _, p := range paths {
		f, err := os.Open(p)
		if err == nil {
			err = f.Close()
		}
		if !errors.Is(err, unix.EACCES) && !errors.Is(err, unix.ENOENT) {
			errs = append(errs, fmt.Errorf("opening %s is not stopped: it says %s", p, said(err)))
		}
	}
	return errors.Join(errs...)
}

// tryThreads checks that the filter reached every thread, C's among them.
func tryThreads() error {
	paths, err := filepath.Glob("/proc/self/task/*/status")
	if err != nil {
		return fmt.Errorf("see this process's threads: %w", err)
	}
	if len(paths) == 0 {
		return errors.New("see this process's threads: /proc shows none")
	}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			continue // it has ended
		}
		if err != nil {
			return fmt.Errorf("see this process's threads: %w", err)
		}
		if !strings.Contains(string(b), "\nSeccomp:\t2\n") || !strings.Contains(string(b), "\nNoNewPrivs:\t1\n") {
			return fmt.Errorf("%s: the thread is not confined", p)
		}
	}
	return nil
}

// said is what a forbidden call answered; nothing at all means that it worked.
func said(err error) string {
	if err == nil {
		return "yes"
	}
	return err.Error()
}
