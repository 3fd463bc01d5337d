package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"vestibule/vision/attack/internal/attacks"
)

// build makes the command as it is run by hand. The race detector would make its loops ten times slower; the
// parts are tested under it on their own.
func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "attack")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

// run runs the command and returns what it writes to the terminal, with its status.
func run1(t *testing.T, bin string, args ...string) (string, int) {
	t.Helper()
	var status *exec.ExitError
	out, err := exec.Command(bin, args...).CombinedOutput()
	if err != nil && !errors.As(err, &status) {
		t.Fatal(err)
	}
	if status != nil {
		return string(out), status.ExitCode()
	}
	return string(out), 0
}

// TestQuick is the quick form: nothing tells more than it may, and every control breaks.
func TestQuick(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	bin, dir := build(t), t.TempDir()
	out, status := run1(t, bin, "-quick", "-o", dir)
	t.Logf("%s", out)
	if status != 0 {
		t.Errorf("status %d", status)
	}
	for _, name := range []string{"attack.md", "attack.png"} {
		if s, err := os.Stat(filepath.Join(dir, name)); err != nil || s.Size() < 1000 {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, a := range attacks.All() {
		if !strings.Contains(out, "\n"+a.ID+" "+a.Name) {
			t.Errorf("%s is not in the table", a.ID)
		}
	}
}

// TestRehearsal sees that what several seeds find can be put together, for every attack: the full form does that
// after an hour, when it is late to learn that it cannot. R0 and R2, which take as long as all others, are left to the
// full form's own rehearsal.
func TestRehearsal(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes a third of a minute")
	}
	var ids []string
	for _, a := range attacks.All() {
		if a.ID != "R0" && a.ID != "R2" {
			ids = append(ids, a.ID)
		}
	}
	if out, status := run1(t, build(t), "-rehearse", "-only", strings.Join(ids, ",")); status != 0 {
		t.Errorf("status %d\n%s", status, out)
	}
}

// The table has the attacks in the order of their numbers.
func TestOrder(t *testing.T) {
	last := -1
	for _, a := range attacks.All() {
		n, err := strconv.Atoi(strings.TrimPrefix(a.ID, "R"))
		if err != nil || n <= last {
			t.Errorf("%s comes after R%d", a.ID, last)
		}
		last = n
	}
}

// TestWeakerRedactionsAreNoticed puts blurred glass in the place of the frosted one and a mosaic in that of the
// blurred one. A suite that finds nothing then finds nothing ever.
func TestWeakerRedactionsAreNoticed(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	out, status := run1(t, build(t), "-quick", "-weak", "-only", "R0,R3,R6,R7,R9", "-o", t.TempDir())
	if status != 1 {
		t.Errorf("status %d", status)
	}
	noticed := map[string]bool{}
	attack, whom := "", ""
	for line := range strings.SplitSeq(out, "\n") {
		if f := strings.Fields(line); len(f) > 1 {
			if strings.HasPrefix(line, "R") {
				attack = f[0]
			}
			for _, s := range []string{"frosted", "blur"} {
				if strings.Contains(line, "  "+s+"  ") {
					whom = s
				}
			}
			if strings.HasSuffix(line, "LEAKS") {
				noticed[attack+" "+whom] = true
			}
		}
	}
	for _, want := range []string{"R0 frosted", "R0 blur", "R3 frosted", "R6 frosted", "R6 blur", "R7 frosted", "R7 blur", "R9 blur"} {
		if !noticed[want] {
			t.Errorf("%s does not leak:\n%s", want, out)
		}
	}
}

func TestFlags(t *testing.T) {
	bin := build(t)
	for _, args := range [][]string{{"-only", "R99"}, {"-no-such-flag"}, {"word"}} {
		if out, status := run1(t, bin, args...); status != 2 {
			t.Errorf("%v: status %d\n%s", args, status, out)
		}
	}
}
