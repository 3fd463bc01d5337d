package powercut

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const child = "VESTIBULE_POWERCUT_IN"

// TestWriting is what the other tests watch.
func TestWriting(t *testing.T) {
	dir := os.Getenv(child)
	if dir == "" {
		t.Skip("is run by the other tests")
	}
	f, err := os.Create(filepath.Join(dir, "a"))
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		func() error { _, err := f.WriteString("abc"); return err }(), f.Sync(),
		func() error { _, err := f.WriteAt([]byte("XY"), 1); return err }(), f.Truncate(2), f.Close(),
		os.Rename(f.Name(), filepath.Join(dir, "b")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	fmt.Println("done")
}

// A small program is understood, and what it may leave behind is all of that and no more.
func TestEach(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestWriting$", "-test.count=1")
	cmd.Env = append(os.Environ(), child+"="+root)
	tr := Record(t, root, cmd)
	var what []string
	for _, o := range tr.Ops {
		if o.Kind == Say {
			break
		}
		what = append(what, o.String())
	}
	if got, want := strings.Join(what, ", "), "create a, write a, sync a, write a, truncate a, rename a b"; got != want {
		t.Fatalf("seen: %s; want: %s", got, want)
	}
	dir, left := Fast(t), map[string]int{}
	tr.Each(func(s State) {
		s.Put(t, filepath.Join(dir, "s"))
		all := "nothing"
		for _, name := range []string{"a", "b"} {
			if b, err := os.ReadFile(filepath.Join(dir, "s", name)); err == nil {
				all = strings.TrimPrefix(all+" "+name+":"+string(b), "nothing ")
			}
		}
		left[all]++
	})
	for _, want := range []string{"nothing", "a:", "a:a\x00\x00", "a:ab", "a:abc", "a:aXY", "a:aX", "b:aX", "b:abc", "b:ab", "b:aXY"} {
		if left[want] == 0 {
			t.Errorf("%q may be left, and was not tried", want)
		}
	}
	for got := range left {
		if strings.Contains(got, "a:") && strings.Contains(got, "b:") || strings.Contains(got, "b:a") && len(got) < len("b:aX") {
			t.Errorf("%q cannot be left", got)
		}
	}
}

// strace's lines, as they are when threads get in each other's way.
func TestParse(t *testing.T) {
	hex := func(text string) string {
		var b strings.Builder
		for _, c := range []byte(text) {
			fmt.Fprintf(&b, `\x%02x`, c)
		}
		return `"` + b.String() + `"`
	}
	lines := strings.Join([]string{
		`10 openat(AT_FDCWD</>, ` + hex("/d/x") + `, O_RDWR|O_CREAT|O_CLOEXEC, 0600) = 7</d/x>`,
		`10 pwrite64(7</d/x>, ` + hex("hello") + `, 5, 0 <unfinished ...>`,
		`11 write(8<UNIX:[77]>, ` + hex("early") + `, 5 <unfinished ...>`,
		`10 <... pwrite64 resumed>)             = 5`,
		`10 fdatasync(7</d/x> <unfinished ...>`,
		`11 <... write resumed>)               = 5`,
		`12 write(8<UNIX:[77]>, ` + hex("before") + `, 6) = 6`,
		`10 <... fdatasync resumed>)            = 0`,
		`12 write(8<UNIX:[77]>, ` + hex("behind") + `, 6) = 6`,
		`10 pwrite64(7</d/x>, ` + hex("more") + `, 4, 5) = -1 ENOSPC (No space left on device)`,
		`10 pwrite64(7</d/x>, ` + hex("more") + `, 4, 5) = 2`,
		`10 --- SIGURG {si_signo=SIGURG} ---`,
		`10 openat(AT_FDCWD</>, ` + hex("/d") + `, O_RDONLY|O_CLOEXEC) = 9</d>`,
		`10 fsync(9</d>) = 0`,
		`10 close(9</d>) = 0`,
		`10 openat(AT_FDCWD</>, ` + hex("/elsewhere") + `, O_RDWR|O_CREAT, 0600) = 9</elsewhere>`,
		`10 pwrite64(9</elsewhere>, ` + hex("no") + `, 2, 0) = 2`,
		`10 unlinkat(AT_FDCWD</>, ` + hex("/d/x") + `, 0) = 0`,
		`10 +++ exited with 0 +++`,
	}, "\n")
	tr, err := parse(bufio.NewScanner(strings.NewReader(lines)), "/d")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range tr.Ops {
		got = append(got, fmt.Sprintf("%v %q", o, o.Data))
	}
	want := []string{
		`create x ""`, `say 8<UNIX:[77]> "early"`, `write x "hello"`, `say 8<UNIX:[77]> "before"`, `sync x ""`, `say 8<UNIX:[77]> "behind"`,
		`write x "mo"`, `sync folder . ""`, `remove x ""`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "; "), strings.Join(want, "; "))
	}
}
