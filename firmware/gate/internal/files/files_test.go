package files

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestReplaceKeepsOldOrNew(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	if err := Folder(dir); err != nil {
		t.Fatal(err)
	}
	p := filepath.Join(dir, "key")
	for _, text := range []string{"one", "two"} {
		if err := Replace(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if b, err := Read(p, 3); err != nil || string(b) != text {
			t.Fatalf("read %q, %v; want %q", b, err, text)
		}
	}
	info, err := os.Stat(p)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
	if _, err := Read(p, 2); err == nil {
		t.Error("a file over the limit was read")
	}
	if err := os.Mkdir(filepath.Join(dir, "taken"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Replace(filepath.Join(dir, "taken"), nil, 0o600); err == nil {
		t.Error("a folder was replaced by a file")
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 {
		t.Errorf("%d files are left, want 2: a failed write leaves nothing", len(left))
	}
}

func TestCreateHasOneWinner(t *testing.T) {
	p := filepath.Join(t.TempDir(), "key")
	var wins, losses int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			err := Create(p, []byte{byte('0' + i)}, 0o600)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				wins++
			case errors.Is(err, os.ErrExist):
				losses++
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if wins != 1 || losses != 7 {
		t.Errorf("%d wins and %d losses, want 1 and 7", wins, losses)
	}
}
