package walls

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Program says whose walls to raise. The zero Program has none, and Raise refuses it.
type Program int

// The device's programs.
const (
	Eye Program = iota + 1
	Gate
	Link
)

func (p Program) String() string {
	switch p {
	case Eye:
		return "eye"
	case Gate:
		return "gate"
	case Link:
		return "link"
	}
	return fmt.Sprintf("program %d", int(p))
}

// Needs lists what a program opens after the walls stand, beside what Go's runtime and its
// libraries need. Files or folders; a folder stands for all that is in it. Each has to exist.
type Needs struct {
	Read    []string // read only
	Write   []string // read, write, make, rename and remove
	Devices []string // device nodes: read and write
}

// ErrDown is wrapped by every error of Raise: a wall that the program must not run without
// is missing.
var ErrDown = errors.New("the walls do not stand")

// Raise confines this process, all its threads, for good, and tries whether it holds.
// Sockets and files that are open already stay usable. When it fails the process may be
// half confined; the program must end.
func Raise(p Program, n Needs) error {
	if err := raise(p, n); err != nil {
		return fmt.Errorf("%s: %w: %w", p, ErrDown, err)
	}
	return nil
}

func raise(p Program, n Needs) error {
	plan, err := plan(p)
	if err != nil {
		return err
	}
	if plan.lonely {
		if err := alone(); err != nil {
			return err
		}
	}
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return fmt.Errorf("forbid core dumps: %w", err)
	}
	if err := restrictFiles(plan, n); err != nil {
		return err
	}
	if err := restrictCalls(plan); err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("forbid reading this process's memory: %w", err)
	}
	return try(plan)
}

// layout is what one program's walls are made of.
type layout struct {
	families []uint64 // the only address families that it may open sockets of
	lonely   bool     // has to find itself in a network namespace with lo only
	read     []string // what its libraries open, where present
	forbid   []string // opening these has to fail; they need not exist
}

func plan(p Program) (layout, error) {
	// What Go's runtime opens, and what the trial below reads.
	read := []string{"/dev/urandom", "/usr/share/zoneinfo", "/etc/localtime", "/proc/self"}
	forbid := []string{"/", "/etc/passwd", "/dev/mem", "/dev/vcio"}
	const video, pins = "/dev/video0", "/dev/gpiochip0"
	switch p {
	case Eye:
		return layout{
			families: []uint64{unix.AF_UNIX}, lonely: true,
			// OpenCV loads its plug-ins, FFmpeg's and GStreamer's, when a camera is opened. They
			// count processors and look at what the kernel says of cameras.
			read: append(read, "/lib", "/lib64", "/usr/lib", "/usr/share/gstreamer-1.0", "/etc/ld.so.cache",
				"/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/sys/devices/system/cpu", "/sys/class/video4linux",
				"/sys/dev/char"),
			forbid: append(forbid, pins),
		}, nil
	case Gate:
		return layout{families: []uint64{unix.AF_UNIX}, lonely: true, read: read, forbid: append(forbid, video)}, nil
	case Link:
		return layout{
			// netlink: Go's package net asks the kernel for the interfaces by it.
			families: []uint64{unix.AF_UNIX, unix.AF_INET, unix.AF_INET6, unix.AF_NETLINK},
			// Names and certificates; with cgo the C library resolves names by libraries of its own.
			read: append(read, "/lib", "/lib64", "/usr/lib", "/etc/ld.so.cache", "/etc/resolv.conf", "/run/systemd/resolve",
				"/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/services", "/etc/protocols",
				"/etc/ssl", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates", "/proc/sys/net", "/proc/net"),
			forbid: append(forbid, video, pins),
		}, nil
	}
	return layout{}, fmt.Errorf("%s has no walls", p)
}

// alone checks that the only network interface is lo. It needs no package net, and lo may
// be up: systemd brings it up in a namespace of its own.
func alone() error {
	b, err := os.ReadFile("/proc/self/net/dev")
	if err != nil {
		return fmt.Errorf("see which networks there are: %w", err)
	}
	names, err := interfaces(string(b))
	if err != nil {
		return err
	}
	for _, n := range names {
		if n != "lo" {
			return fmt.Errorf("there is a network, %q: this program has to be started in an empty network namespace", n)
		}
	}
	return nil
}
