package sqlite_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"vestibule/hub/house"
	"vestibule/hub/pass"
	"vestibule/hub/sqlite"
	"vestibule/hub/storetest"
	"vestibule/hub/wire"
)

func open(t *testing.T, path string, pragmas ...string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(context.Background(), path, pragmas...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Store { return open(t, filepath.Join(t.TempDir(), "hub.db")) })
}

func newDevice(t *testing.T, s *sqlite.Store) house.Device {
	t.Helper()
	seed := sha256.Sum256([]byte("door"))
	key := ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey)
	d := house.Device{ID: pass.KeyID(key), Sign: key, Enrolled: time.Unix(0, 0).UTC()}
	if err := s.AddDevice(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestFileIsTheOwnersOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder with spaces & more?")
	path := filepath.Join(dir, "hub.db")
	s := open(t, path)
	newDevice(t, s)
	for file, want := range map[string]os.FileMode{dir: 0o700 | os.ModeDir, path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600} {
		i, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if i.Mode() != want {
			t.Errorf("%s has mode %v, want %v", filepath.Base(file), i.Mode(), want)
		}
	}
}

// TestTwoProcessesShareTheFile: `hub enrol` beside a running `hub serve`.
func TestTwoProcessesShareTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	a, b := open(t, path), open(t, path)
	d := newDevice(t, a)
	ctx := context.Background()
	done := make(chan error)
	for i, s := range []*sqlite.Store{a, b} {
		go func() {
			for n := range uint64(25) {
				index := 2*n + uint64(i)
				if _, _, err := s.AddEvent(ctx, d.ID, wire.Event{Index: index, Time: time.Unix(0, 0), Kind: wire.Started}); err != nil {
					done <- fmt.Errorf("event %d: %w", index, err)
					return
				}
			}
			done <- nil
		}()
	}
	if err := errors.Join(<-done, <-done); err != nil {
		t.Fatal(err)
	}
	if got, err := b.Device(ctx, d.ID); err != nil || got.Next != 50 {
		t.Errorf("next is %d, %v; want 50", got.Next, err)
	}
}

// TestReopen: what was written is there after the file was closed.
func TestReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	ctx := context.Background()
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	d := newDevice(t, s)
	if _, _, err := s.AddEvent(ctx, d.ID, wire.Event{Index: 0, Time: time.Unix(0, 0), Kind: wire.Started}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := open(t, path).Device(ctx, d.ID); err != nil || got.Next != 1 {
		t.Errorf("after opening again: %+v, %v", got, err)
	}
}

// TestTermsOfOldPasses: a database of before what was signed were columns tells of each pass what was.
func TestTermsOfOldPasses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	ctx := context.Background()
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	d := newDevice(t, s)
	owner := house.Owner{ID: d.ID, Key: d.Sign, Name: "Camille"}
	if err := s.Pair(ctx, d.ID, owner, "card"); err != nil {
		t.Fatal(err)
	}
	type terms struct{ shadow, offline, watched, camera bool }
	want := map[string]terms{}
	for _, c := range []struct {
		name, note string
		terms
	}{
		{"all", "vestibule/pass/v1\nmode blur\nshadow on\noffline allow\nwatched required\ncamera required\nnonce x\n", terms{true, true, true, true}},
		{"none", "vestibule/pass/v1\nmode blur\nshadow off\noffline deny\nwatched optional\ncamera optional\nnonce x\n", terms{}},
		{"in a name", "vestibule/pass/v1\ndelivery shadow on\nshadow off\n", terms{camera: true}},
	} {
		want[c.name] = c.terms
		p := house.Delivery{ID: c.name, Device: d.ID, Owner: owner.ID, Pass: c.note, Mode: pass.Blur,
			Shadow: !c.shadow, Offline: !c.offline, Watched: !c.watched, Camera: !c.camera}
		if err := s.AddDelivery(ctx, p); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Delivery(ctx, c.name); err != nil || got.Offline == c.offline || got.Watched == c.watched || got.Camera == c.camera {
			t.Errorf("pass %q comes back as %+v, %v", c.name, got, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	back(t, path, 2)
	again := open(t, path)
	for name, want := range want {
		got, err := again.Delivery(ctx, name)
		if have := (terms{got.Shadow, got.Offline, got.Watched, got.Camera}); err != nil || have != want {
			t.Errorf("pass %q: %+v, %v; want %+v", name, have, err, want)
		}
	}
}

// back takes a database's tables back to how a version had them.
func back(t *testing.T, path string, version int64) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS("migrations"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.DownTo(context.Background(), version); err != nil {
		t.Fatal(err)
	}
}

// TestDiskFull lets SQLite run out of pages, which is what it makes of a full disk. An
// event that can't be written leaves nothing behind and does not move next; once there is
// room again, it is taken.
func TestDiskFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	ctx := context.Background()
	d := newDevice(t, open(t, path))
	i, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	pages := i.Size()/4096 + 12
	small := open(t, path, fmt.Sprintf("max_page_count(%d)", pages))
	fat := func(n uint64) wire.Event {
		return wire.Event{Index: n, Time: time.Unix(0, 0).UTC(), Kind: wire.DoorOpened, Who: strings.Repeat("x", 4000)}
	}
	var n uint64
	for ; ; n++ {
		fresh, next, err := small.AddEvent(ctx, d.ID, fat(n))
		if err != nil {
			if !errors.Is(err, house.ErrDisk) {
				t.Fatalf("event %d: %v, want ErrDisk", n, err)
			}
			if fresh || next != 0 {
				t.Errorf("a failed write says fresh %v, next %d", fresh, next)
			}
			break
		}
		if n > 1000 {
			t.Fatal("the disk never fills")
		}
	}
	if got, err := small.Device(ctx, d.ID); err != nil || got.Next != n {
		t.Errorf("after the disk was full, next is %d, %v; want %d", got.Next, err, n)
	}
	if _, _, err := small.AddEvent(ctx, d.ID, fat(n)); !errors.Is(err, house.ErrDisk) {
		t.Errorf("a second try: %v, want ErrDisk", err)
	}
	if fresh, next, err := open(t, path).AddEvent(ctx, d.ID, fat(n)); err != nil || !fresh || next != n+1 {
		t.Errorf("with room again: fresh %v, next %d, %v; want true, %d", fresh, next, err, n+1)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	junk := filepath.Join(dir, "junk.db")
	if err := os.WriteFile(junk, []byte(strings.Repeat("this is no database ", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, path := range map[string]string{"junk": junk, "a folder": dir} {
		if s, err := sqlite.Open(context.Background(), path); err == nil {
			s.Close()
			t.Errorf("%s was opened as a database", what)
		}
	}
}
