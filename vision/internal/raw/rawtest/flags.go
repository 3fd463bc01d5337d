// Package rawtest tells tests what the kernel says of a frame's memory.
package rawtest

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Flags are those of a mapping (proc(5), smaps, VmFlags), such as lo for locked and dd for left out of core dumps.
type Flags []string

// Of returns what the kernel says of the mapping that holds b; nil when there is none.
func Of(t *testing.T, b []byte) Flags {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	at, here := uintptr(unsafe.Pointer(&b[0])), false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var from, to uintptr
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x ", &from, &to); n == 2 {
			here = from <= at && at < to
		}
		if words := strings.Fields(lines.Text()); here && words[0] == "VmFlags:" {
			return words[1:]
		}
	}
	return nil
}

// Has reports whether a flag is set.
func (f Flags) Has(flag string) bool { return slices.Contains(f, flag) }

// LockNoMore takes leave to lock any more memory from the program, until the test ends. Where its user needs no leave the
// test is skipped.
func LockNoMore(t *testing.T) {
	t.Helper()
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_MEMLOCK, &was); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: 0, Max: was.Max}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Setrlimit(unix.RLIMIT_MEMLOCK, &was); err != nil {
			t.Error(err)
		}
	})
	if page := make([]byte, os.Getpagesize()); unix.Mlock(page) == nil {
		t.Skip("this user may lock without a limit")
	}
}
