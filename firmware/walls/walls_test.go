package walls

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Walls are for good, so each case raises them in a process of its own: this test binary,
// started again with the case's name in the environment.
const caseVar = "VESTIBULE_WALLS_CASE"

func TestMain(m *testing.M) {
	name := os.Getenv(caseVar)
	if name == "" {
		os.Exit(m.Run())
	}
	if err := cases()[name](os.Getenv("VESTIBULE_WALLS_DIR")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func cases() map[string]func(dir string) error {
	return map[string]func(string) error{
		"eye":  func(dir string) error { return inside(Eye, dir) },
		"gate": func(dir string) error { return inside(Gate, dir) },
		"link": func(dir string) error { return inside(Link, dir) },
		"nobody": func(string) error {
			return Raise(0, Needs{})
		},
		"no such file": func(dir string) error {
			return Raise(Gate, Needs{Read: []string{filepath.Join(dir, "missing")}})
		},
		"everything granted": func(string) error {
			return Raise(Gate, Needs{Read: []string{"/"}})
		},
		// The trial has to notice when a wall is left out.
		"no seccomp": func(dir string) error {
			return errors.Join(restrictFiles(must(plan(Gate)), Needs{Write: []string{dir}}), try(must(plan(Gate))))
		},
		"no landlock": func(string) error {
			return errors.Join(restrictCalls(must(plan(Gate))), try(must(plan(Gate))))
		},
		"link's sockets for gate": func(dir string) error {
			p := must(plan(Gate))
			p.families = append(p.families, unix.AF_INET)
			return errors.Join(restrictFiles(p, Needs{Write: []string{dir}}), restrictCalls(p), try(must(plan(Gate))))
		},
	}
}

func must(l layout, err error) layout {
	if err != nil {
		panic(err)
	}
	return l
}

// inside raises a program's walls and tries them from where an attacker would stand.
func inside(p Program, dir string) error {
	before, err := os.Open("/etc/passwd") // a file that is open stays usable
	if err != nil {
		return err
	}
	secret, given := filepath.Join(dir, "secret"), filepath.Join(dir, "given")
	if err := Raise(p, Needs{Read: []string{filepath.Join(given, "read")}, Write: []string{filepath.Join(given, "write")}}); err != nil {
		return err
	}
	var errs []error
	want := func(what string, got, want error) {
		if !errors.Is(got, want) {
			errs = append(errs, fmt.Errorf("%s: %v, want %v", what, got, want))
		}
	}
	_, err = before.Read(make([]byte, 1))
	want("read what was open", err, nil)
	_, err = os.ReadFile(secret)
	want("read a secret", err, unix.EACCES)
	_, err = os.ReadFile(filepath.Join(given, "read", "f"))
	want("read what was given", err, nil)
	want("write to what was given to read", os.WriteFile(filepath.Join(given, "read", "f"), nil, 0o600), unix.EACCES)
	want("write to what was given to write", os.WriteFile(filepath.Join(given, "write", "f"), nil, 0o600), nil)
	want("make a file elsewhere", os.WriteFile(filepath.Join(dir, "new"), nil, 0o600), unix.EACCES)
	want("start a program", exec.Command("/bin/true").Run(), unix.EPERM)
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	want("a pair of Unix sockets", err, nil)
	want("close it", errors.Join(unix.Close(pair[0]), unix.Close(pair[1])), nil)
	_, err = unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	want("a Unix socket", err, nil)
	_, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	_, err6 := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM, 0)
	if p == Link {
		want("a TCP socket", err, nil)
		want("a UDP socket", err6, nil)
	} else {
		want("a TCP socket", err, unix.EPERM)
		want("a UDP socket", err6, unix.EPERM)
	}
	dumpable, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	if err != nil || dumpable != 0 {
		errs = append(errs, fmt.Errorf("dumpable: %d, %v", dumpable, err))
	}
	return errors.Join(errs...)
}

func TestRaise(t *testing.T) {
	for _, c := range []struct {
		name    string
		network bool
		wants   string // in the error; empty for none
	}{
		{"eye", false, ""},
		{"gate", false, ""},
		{"link", true, ""},
		{"eye", true, "there is a network"},
		{"gate", true, "there is a network"},
		{"nobody", false, "has no walls"},
		{"no such file", false, "missing"},
		{"everything granted", false, "opening /etc/passwd is not stopped"},
		{"no seccomp", false, "execve is not stopped"},
		{"no landlock", false, "opening / is not stopped"},
		{"link's sockets for gate", false, "IPv4 is not stopped"},
	} {
		t.Run(fmt.Sprintf("%s, network %v", c.name, c.network), func(t *testing.T) {
			dir := t.TempDir()
			for _, d := range []string{"given/read", "given/write"} {
				if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			for _, f := range []string{"secret", "given/read/f"} {
				if err := os.WriteFile(filepath.Join(dir, f), []byte("x"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.Command("/proc/self/exe")
			cmd.Env = append(os.Environ(), caseVar+"="+c.name, "VESTIBULE_WALLS_DIR="+dir)
			if !c.network {
				cmd.SysProcAttr = &syscall.SysProcAttr{
					Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
					UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
					GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
				}
			}
			out, err := cmd.CombinedOutput()
			switch {
			case c.wants == "" && err != nil:
				t.Fatalf("%v\n%s", err, out)
			case c.wants != "" && (err == nil || !strings.Contains(string(out), c.wants)):
				t.Fatalf("got %v, want an error with %q\n%s", err, c.wants, out)
			}
		})
	}
}

func TestInterfaces(t *testing.T) {
	const head = "Inter-|   Receive                |  Transmit\n face |bytes    packets |bytes\n"
	for _, c := range []struct {
		text string
		want string
		ok   bool
	}{
		{head, "", true},
		{head + "    lo:       0       0\n", "lo", true},
		{head + "    lo: 1 2\n  eth0:1 2\n", "lo eth0", true},
		{"", "", false},
		{head + "garbage\n", "", false},
	} {
		names, err := interfaces(c.text)
		if (err == nil) != c.ok || strings.Join(names, " ") != c.want {
			t.Errorf("%q: got %v, %v", c.text, names, err)
		}
	}
}
