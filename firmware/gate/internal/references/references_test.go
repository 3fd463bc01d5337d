package references

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vestibule/firmware/pipe"
)

func data(i int) []byte { return fmt.Appendf(nil, "edges %d", i) }

func nobody(Sum) bool { return false }

func keep(t *testing.T, s *Shelf, b []byte, wanted func(Sum) bool) Change {
	t.Helper()
	c, err := s.Prepare(b, wanted)
	if err == nil {
		err = c.Write()
	}
	if err != nil {
		t.Fatal(err)
	}
	s.Done(c)
	return c
}

// holds checks what a shelf has, the oldest first, and that the disk has the same.
func holds(t *testing.T, s *Shelf, want ...int) {
	t.Helper()
	var got []string
	for _, k := range s.kept {
		got = append(got, string(k.data))
		b, err := os.ReadFile(filepath.Join(s.dir, hex.EncodeToString(k.sum[:])))
		if err != nil || !bytes.Equal(b, k.data) || sha256.Sum256(b) != k.sum {
			t.Errorf("on the disk: %q, %v", b, err)
		}
	}
	var names []string
	for _, i := range want {
		names = append(names, string(data(i)))
	}
	if fmt.Sprint(got) != fmt.Sprint(names) {
		t.Errorf("holds %v, want %v", got, names)
	}
	if on, err := os.ReadDir(s.dir); err != nil || len(on) != len(want) {
		t.Errorf("%d files, %v; want %d", len(on), err, len(want))
	}
}

func TestShelf(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "references")
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i := range Most {
		keep(t, s, data(i), nobody)
	}
	holds(t, s, 0, 1, 2, 3, 4, 5, 6, 7)
	zero := sha256.Sum256(data(0))
	keep(t, s, data(8), func(sum Sum) bool { return sum == zero })
	holds(t, s, 0, 2, 3, 4, 5, 6, 7, 8)
	keep(t, s, data(3), nobody) // the camera stands as it did: nothing goes
	holds(t, s, 0, 2, 4, 5, 6, 7, 8, 3)
	keep(t, s, data(9), nobody)
	holds(t, s, 2, 4, 5, 6, 7, 8, 3, 9)
	if got := s.Get(zero[:]); got != nil {
		t.Errorf("what went is still there: %q", got)
	}
	if got := s.Get(nil); got != nil {
		t.Errorf("no sum has %q", got)
	}
	if _, err := s.Prepare(data(10), func(Sum) bool { return true }); !errors.Is(err, ErrFull) {
		t.Errorf("all are asked for: %v", err)
	}
	if _, err := s.Prepare(data(9), func(Sum) bool { return true }); err != nil {
		t.Errorf("one that is there: %v", err)
	}
	for _, n := range []int{0, pipe.MaxReference + 1} {
		if _, err := s.Prepare(make([]byte, n), nobody); err == nil {
			t.Errorf("%d bytes are taken", n)
		}
	}
}

// A change that is not written changes nothing.
func TestDiskFails(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "references")
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := s.Prepare(data(1), nobody)
	if err != nil {
		t.Fatal(err)
	}
	if c.Write() == nil {
		t.Error("written into a file")
	}
	sum := c.Sum()
	if s.Get(sum[:]) != nil {
		t.Error("there although it was not written")
	}
	if again, err := Open(dir); err == nil || again == nil {
		t.Errorf("a file for a folder: %v", err)
	}
}

func TestOpenAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "references")
	s, _ := Open(dir)
	path := func(i int) string {
		sum := sha256.Sum256(data(i))
		return filepath.Join(dir, hex.EncodeToString(sum[:]))
	}
	for i := range 4 {
		keep(t, s, data(i), nobody)
		at := time.Unix(int64(1_700_000_000+(i+2)%4), 0)
		if err := os.Chtimes(path(i), at, at); err != nil {
			t.Fatal(err)
		}
	}
	for name, b := range map[string][]byte{".x.123": data(1), path(9): data(1), path(0): data(7), "README": nil} {
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again, err := Open(dir)
	if !errors.Is(err, errDamaged) {
		t.Errorf("damaged ones: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "README")); err != nil {
		t.Errorf("a file of somebody else's is gone: %v", err)
	}
	holds(t, again, 2, 3, 1)
	if _, err := Open(dir); err != nil {
		t.Errorf("the damaged ones are still there: %v", err)
	}
}

// More than there is room for, from a time that kept more: the oldest go.
func TestTooManyOnTheDisk(t *testing.T) {
	dir := t.TempDir()
	for i := range Most + 3 {
		sum := sha256.Sum256(data(i))
		path := filepath.Join(dir, hex.EncodeToString(sum[:]))
		if err := os.WriteFile(path, data(i), 0o600); err != nil {
			t.Fatal(err)
		}
		at := time.Unix(int64(1_700_000_000+i), 0)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	keep(t, s, data(99), nobody)
	holds(t, s, 4, 5, 6, 7, 8, 9, 10, 99)
}
