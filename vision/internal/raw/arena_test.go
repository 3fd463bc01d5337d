package raw

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// flags returns what the kernel says of the mapping that holds b (proc(5), smaps); nil when there is none.
func flags(t *testing.T, b []byte) []string {
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

func has(words []string, word string) bool {
	for _, w := range words {
		if w == word {
			return true
		}
	}
	return false
}

// Frames of an arena lie in memory that is in no core dump and in no child and is locked, and the kernel has it
// back after Close.
func TestArena(t *testing.T) {
	a := &Arena{}
	f, g := a.Frame(320, 240), a.Frame(320, 240)
	for _, f := range []*Frame{f, g} {
		if err := f.Check(320, 240); err != nil || f.Y[0] != 16 || f.Cr[0] != 128 {
			t.Errorf("%v, black %d %d", err, f.Y[0], f.Cr[0])
		}
		got := flags(t, f.Y)
		for word, what := range map[string]string{"dd": "left out of core dumps", "dc": "left out of children"} {
			if !has(got, word) {
				t.Errorf("it is not %s: %v", what, got)
			}
		}
		if locked := has(got, "lo"); locked != (a.Loose() == nil) {
			t.Errorf("locked %v, and: %v", locked, a.Loose())
		}
	}
	heap := New(320, 240)
	if has(flags(t, heap.Y), "dd") {
		t.Error("the positive control: Go's heap is left out of core dumps, too")
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if got := flags(t, f.Y); has(got, "dd") {
		t.Errorf("after Close it is still mapped: %v", got)
	}
	if err := a.Close(); err != nil {
		t.Errorf("the second time: %v", err)
	}
}

// What may not be locked is used all the same, and said.
func TestArenaThatCannotLock(t *testing.T) {
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_MEMLOCK, &was); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: 0, Max: was.Max}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := unix.Setrlimit(unix.RLIMIT_MEMLOCK, &was); err != nil {
			t.Error(err)
		}
	}()
	a := &Arena{}
	f := a.Frame(320, 240)
	f.Y[0] = 7
	if err := a.Loose(); err == nil && !has(flags(t, f.Y), "lo") {
		t.Error("it does not say that it is not locked")
	} else if err == nil {
		t.Skip("this user may lock without a limit")
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

// A source that puts other planes into the frame that it is lent gets the frame's own back.
func TestReset(t *testing.T) {
	a := &Arena{}
	defer a.Close()
	f := a.Frame(320, 240)
	own := &f.Y[0]
	f.Width, f.Y, f.Cb = 2, make([]byte, 3), nil
	*own = 99
	if !f.Reset() || f.Check(320, 240) != nil || &f.Y[0] != own || *own != 16 {
		t.Error("it is not what it was")
	}
	if (&Frame{}).Reset() {
		t.Error("a frame that nobody made was made again")
	}
}
