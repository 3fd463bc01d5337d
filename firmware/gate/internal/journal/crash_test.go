package journal

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"vestibule/firmware/gate/internal/powercut"
	"vestibule/hub/wire"
)

// child is set in the program that these tests run under strace: this test's own binary.
const child = "VESTIBULE_JOURNAL_IN"

// long is set to try every error of every call, and not one of them.
const long = "VESTIBULE_LONG"

// The writing that is watched: entries one at a time and several at once, checkpoints, a
// journal that is closed and opened again. Each entry that is acknowledged is said.
func TestWriting(t *testing.T) {
	dir := os.Getenv(child)
	if dir == "" {
		t.Skip("is run by TestEveryCrash and TestEveryFailure")
	}
	runtime.LockOSThread() // strace counts calls by thread
	said := 0
	say := func(n int) {
		for ; said < n; said++ {
			fmt.Printf("entry %d\n", said)
		}
	}
	for life := range 3 {
		j, _, err := Open(dir, device, key, nil)
		if err != nil {
			fmt.Println("no start:", err)
			continue
		}
		read, err := j.Read(0, 1000) // as a follower would be shown
		if err == nil {
			say(len(read))
		}
		for i := range 3 {
			next := int(j.Len())
			batch := []wire.Event{entry(next)}
			if i == 1 {
				batch = append(batch, entry(next+1), entry(next+2))
			}
			if _, err := j.Append(batch...); err != nil {
				fmt.Println("no entry:", err)
				continue
			}
			say(int(j.Len()))
			if i == 1 {
				if _, err := j.Checkpoint(); err != nil {
					fmt.Println("no checkpoint:", err)
				}
			}
		}
		if life == 1 {
			continue // it dies
		}
		if err := j.Close(); err != nil {
			fmt.Println("no end:", err)
		}
	}
}

func writing(dir string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestWriting$", "-test.count=1")
	cmd.Env = append(os.Environ(), child+"="+dir, "GOMAXPROCS=1")
	return cmd
}

// saidOf is how many entries were acknowledged.
func saidOf(lines []string) int {
	n := 0
	for _, l := range lines {
		if strings.HasPrefix(l, "entry ") {
			n++
		}
	}
	return n
}

// The power goes after every call, and of what was not fsynced any part is missing. The
// journal opens, has every entry that was acknowledged, and none that was not written; and
// it goes on.
func TestEveryCrash(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	tr := powercut.Record(t, root, writing(filepath.Join(root, "journal")))
	dir := powercut.Fast(t)
	states, cut := 0, 0
	tr.Each(func(s powercut.State) {
		states++
		s.Put(t, filepath.Join(dir, "s"))
		j, r, all := mustOpenAfter(t, filepath.Join(dir, "s", "journal"), s.String())
		counts(t, all, len(all))
		if acked := saidOf(s.SaidLines()); len(all) < acked {
			t.Fatalf("%v: %d entries, and %d were acknowledged", s, len(all), acked)
		}
		if r.Cut > 0 {
			cut++
		}
		if _, err := j.Append(entry(len(all))); err != nil {
			t.Fatalf("%v: it does not go on: %v", s, err)
		}
		if err := j.Close(); err != nil {
			t.Fatalf("%v: %v", s, err)
		}
		_, r, again := mustOpenAfter(t, filepath.Join(dir, "s", "journal"), s.String())
		counts(t, again, len(all)+1)
		if r.Cut != 0 {
			t.Fatalf("%v: still torn", s)
		}
	})
	t.Logf("%d calls, %d states after a loss of power, %d of them torn", len(tr.Ops), states, cut)
	if cut == 0 {
		t.Error("no state was torn: the test tests nothing")
	}
}

func mustOpenAfter(t *testing.T, dir, what string) (*Journal, Report, []wire.Event) {
	t.Helper()
	var all []wire.Event
	j, r, err := Open(dir, device, key, func(e wire.Event) { all = append(all, e) })
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	return j, r, all
}

// What a killed program wrote and did not fsync is safe before the next one shows it.
func TestReadIsSafe(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	tr := powercut.Record(t, root, writing(filepath.Join(root, "journal")))
	for i, o := range tr.Ops {
		if o.Kind != powercut.Write || o.Name != "journal/events" {
			continue
		}
		// Killed after the write, before the fsync; then opened again.
		tr.Killed(i+1).Put(t, root)
		again := powercut.Record(t, root, writing(filepath.Join(root, "journal")))
		file, folder := false, false
		for _, o := range again.Ops {
			if o.Kind == powercut.Say && strings.HasPrefix(string(o.Data), "entry") {
				break
			}
			synced := o.Kind == powercut.Sync || o.Kind == powercut.SyncFolder
			file = file || synced && o.Name == "journal/events"
			folder = folder || synced && o.Name == "journal"
		}
		if !file || !folder {
			t.Errorf("call %d: entries are shown after a fsync of the file: %v, of the folder: %v", i, file, folder)
		}
		if i > 20 {
			break
		}
	}
}

// Every call fails once. What was acknowledged is in the journal that the next start opens,
// what was refused is not, and there is no gap.
func TestEveryFailure(t *testing.T) {
	t.Parallel()
	// In the short form each call has one of the errors, and what only reads has none.
	calls, errnos := []string{"pwrite64", "write", "fdatasync", "fsync", "ftruncate", "renameat", "mkdirat", "fchmod"}, []string{"EIO", "ENOSPC", "EROFS"}
	all := os.Getenv(long) != ""
	if all {
		calls = append(calls, "openat", "unlinkat", "close", "read", "newfstatat", "fstat")
	}
	runs, step := 0, 1
	if raced && !all {
		step = 4 // a program with the race detector takes a second to start under strace
	}
	for _, call := range calls {
		for n, failed := 1, true; failed; n += step {
			failed = false
			for i, errno := range errnos {
				if !all && i != n%len(errnos) {
					continue
				}
				if failOnce(t, call, errno, n) {
					failed = true
					runs++
				}
			}
		}
	}
	t.Logf("%d failed calls", runs)
	if runs < 40/step {
		t.Errorf("only %d calls failed: the test tests little", runs)
	}
}

// failOnce reports false when there is no n-th call.
func failOnce(t *testing.T, call, errno string, n int) bool {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "journal")
	out, failed := powercut.Fail(t, writing(dir), call, errno, n)
	if !failed {
		return false
	}
	what := fmt.Sprintf("%s, call %d of %s", errno, n, call)
	_, _, all := mustOpenAfter(t, dir, what)
	counts(t, all, len(all))
	acked, ended := saidOf(strings.Split(string(out), "\n")), strings.Contains(string(out), "PASS")
	// A write that failed may have been the saying.
	if len(all) < acked || ended && len(all) != acked && call != "write" {
		t.Errorf("%s: %d entries, and %d were acknowledged: %s", what, len(all), acked, out)
	}
	return true
}
