package journal

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

var key = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))

var device = pass.KeyID(key.Public().(ed25519.PublicKey))

func entry(i int) wire.Event {
	return wire.Event{Time: time.Unix(int64(i), 0).UTC(), Kind: wire.DoorOpened, Delivery: "d", Count: i}
}

func mustOpen(t testing.TB, dir string) (*Journal, Report, []wire.Event) {
	t.Helper()
	var all []wire.Event
	j, r, err := Open(dir, device, key, func(e wire.Event) { all = append(all, e) })
	if err != nil {
		t.Fatal(err)
	}
	return j, r, all
}

func mustAppend(t testing.TB, j *Journal, from, n int) {
	t.Helper()
	for i := from; i < from+n; i++ {
		if _, err := j.Append(entry(i)); err != nil {
			t.Fatal(err)
		}
	}
}

// counts checks that the entries are 0, 1, 2 ... want-1.
func counts(t testing.TB, all []wire.Event, want int) {
	t.Helper()
	if len(all) != want {
		t.Fatalf("%d entries, want %d", len(all), want)
	}
	for i, e := range all {
		if e.Count != i || e.Index != uint64(i) || e.ID != wire.EventID(device, uint64(i)) {
			t.Fatalf("entry %d is %+v", i, e)
		}
	}
}

func TestAppendAndReopen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "journal")
	j, r, all := mustOpen(t, dir)
	if r.Entries != 0 || len(all) != 0 {
		t.Fatalf("a new journal has %d entries", r.Entries)
	}
	mustAppend(t, j, 0, 3)
	batch, err := j.Append(entry(3), entry(4))
	if err != nil || len(batch) != 2 || batch[1].Index != 4 {
		t.Fatalf("batch %+v, %v", batch, err)
	}
	mustAppend(t, j, 5, 200)
	for _, c := range []struct {
		from  uint64
		limit int
		want  int
	}{{0, 1000, 205}, {0, 10, 10}, {63, 3, 3}, {64, 3, 3}, {204, 3, 1}, {205, 3, 0}, {1 << 62, 3, 0}, {7, 0, 0}} {
		got, err := j.Read(c.from, c.limit)
		if err != nil || len(got) != c.want || c.want > 0 && got[0].Index != c.from {
			t.Errorf("read %d from %d: %d entries, %v; want %d", c.limit, c.from, len(got), err, c.want)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	_, r, all = mustOpen(t, dir)
	counts(t, all, 205)
	if r.Cut != 0 {
		t.Errorf("cut %d bytes of a whole journal", r.Cut)
	}
}

func TestTree(t *testing.T) {
	var f frontier
	var hashes []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, i := range indexes {
			out = append(out, hashes[i])
		}
		return out, nil
	})
	for i := range int64(300) {
		want, err := tlog.TreeHash(i, reader)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.root(); got != want {
			t.Fatalf("%d records: root %v, want %v", i, got, want)
		}
		record := []byte(fmt.Sprint("record ", i))
		more, err := tlog.StoredHashes(i, record, reader)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, more...)
		f.add(record)
	}
}

// The power goes at every byte of a write: what was acknowledged is there, the rest is cut
// and said, and the journal goes on.
func TestTornAtEveryByte(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "journal")
	j, _, _ := mustOpen(t, dir)
	mustAppend(t, j, 0, 5)
	if _, err := j.Checkpoint(); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, j, 5, 2)
	path := filepath.Join(dir, eventsFile)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Append(entry(7), entry(8)); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := len(before); n <= len(after); n++ {
		for _, garbage := range []string{"", "\x00\x00\x00", "\n"} {
			whole := bytes.Count(after[:n], []byte{'\n'})
			if err := os.WriteFile(path, append(bytes.Clone(after[:n]), garbage...), 0o600); err != nil {
				t.Fatal(err)
			}
			j, r, all := mustOpen(t, dir)
			if garbage == "\n" && len(all) == whole+1 {
				whole++ // the newline was all that was missing
			}
			counts(t, all, whole)
			if kept := len(after[:n]) + len(garbage) - int(r.Cut); bytes.Count(append(bytes.Clone(after[:n]), garbage...)[:kept], []byte{'\n'}) != whole {
				t.Fatalf("byte %d: cut %d bytes", n, r.Cut)
			}
			mustAppend(t, j, whole, 1)
			_, r, all = mustOpen(t, dir)
			counts(t, all, whole+1)
			if r.Cut != 0 {
				t.Fatalf("byte %d: still torn after an append", n)
			}
		}
	}
}

// failing is a file that fails, whole or in part, when it is told to.
type failing struct {
	disk
	next *fault
}

type fault struct {
	write    int // bytes that are written before the write fails; -1 for no fault
	sync     bool
	truncate bool
}

var errDisk = errors.New("no space left on device")

func (f failing) WriteAt(p []byte, off int64) (int, error) {
	if f.next.write < 0 {
		return f.disk.WriteAt(p, off)
	}
	n, _ := f.disk.WriteAt(p[:min(f.next.write, len(p))], off)
	return n, errDisk
}

func (f failing) Sync() error {
	if f.next.sync {
		return errDisk
	}
	return f.disk.Sync()
}

func (f failing) Truncate(size int64) error {
	if f.next.truncate {
		return errDisk
	}
	return f.disk.Truncate(size)
}

// Every call to the disk fails in turn: nothing that was acknowledged is lost, nothing that
// failed is there, and once the disk works the journal goes on.
func TestFailingDisk(t *testing.T) {
	for name, f := range map[string]fault{
		"the write fails":                    {write: 0},
		"the write is cut short":             {write: 20},
		"the sync fails":                     {write: -1, sync: true},
		"the write and the cutting fail":     {write: 20, truncate: true},
		"the sync and the cutting fail":      {write: -1, sync: true, truncate: true},
		"a whole line is written, then fail": {write: 200, truncate: true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "journal")
			j, _, _ := mustOpen(t, dir)
			now := fault{write: -1}
			j.open = func(path string) (disk, error) {
				d, err := openFile(path)
				return failing{d, &now}, err
			}
			mustAppend(t, j, 0, 3)
			for range 3 {
				now = f
				changed := j.Changed()
				if _, err := j.Append(entry(99), entry(98)); !errors.Is(err, errDisk) {
					t.Fatalf("append: %v, want the disk's error", err)
				}
				select {
				case <-changed:
					t.Error("followers were told of an entry that failed")
				default:
				}
				if got, err := j.Read(0, 100); err != nil || len(got) != 3 {
					t.Fatalf("read %d entries, %v; want 3", len(got), err)
				}
			}
			now = fault{write: -1}
			mustAppend(t, j, 3, 2)
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			_, r, all := mustOpen(t, dir)
			counts(t, all, 5)
			if r.Cut != 0 {
				t.Errorf("%d bytes of a failed entry are left", r.Cut)
			}
		})
	}
}

func TestRewritten(t *testing.T) {
	for name, c := range map[string]struct{ rewrite func(text []byte) []byte }{
		"an entry is changed":   {rewrite: func(b []byte) []byte { return bytes.Replace(b, []byte(`"count":3`), []byte(`"count":4`), 1) }},
		"an entry is taken out": {rewrite: func(b []byte) []byte { i := bytes.IndexByte(b, '\n'); return b[i+1:] }},
		"the end is cut":        {rewrite: func(b []byte) []byte { return b[:len(b)/2] }},
		"all is gone":           {rewrite: func([]byte) []byte { return nil }},
		"a byte is not JSON":    {rewrite: func(b []byte) []byte { c := bytes.Clone(b); c[5] = 0; return c }},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "journal")
			j, _, _ := mustOpen(t, dir)
			mustAppend(t, j, 0, 8)
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, eventsFile)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, c.rewrite(b), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, _, err := Open(dir, device, key, nil); !errors.Is(err, ErrRewritten) {
				t.Errorf("opened: %v, want ErrRewritten", err)
			}
		})
	}
	t.Run("the file is removed", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "journal")
		j, _, _ := mustOpen(t, dir)
		mustAppend(t, j, 0, 8)
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(dir, eventsFile)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Open(dir, device, key, nil); !errors.Is(err, ErrRewritten) {
			t.Errorf("opened: %v, want ErrRewritten", err)
		}
	})
}

func TestCheckpointIsOfTheJournal(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "journal")
	j, _, _ := mustOpen(t, dir)
	mustAppend(t, j, 0, 11)
	note, err := j.Checkpoint()
	if err != nil || j.Unsigned() != 0 {
		t.Fatalf("checkpoint: %v, %d unsigned", err, j.Unsigned())
	}
	c, err := pass.OpenCheckpoint(note, key.Public().(ed25519.PublicKey))
	if err != nil || c.Size != 11 || c.Device != device {
		t.Fatalf("%+v, %v", c, err)
	}
	text, err := os.ReadFile(filepath.Join(dir, eventsFile))
	if err != nil {
		t.Fatal(err)
	}
	var f frontier
	for line := range bytes.Lines(text) {
		f.add(bytes.TrimSuffix(line, []byte{'\n'}))
	}
	if c.Root != [32]byte(f.root()) {
		t.Error("the root is not that of the file's lines")
	}
}

func TestTooLongEntry(t *testing.T) {
	j, _, _ := mustOpen(t, filepath.Join(t.TempDir(), "journal"))
	e := entry(0)
	e.Who = string(make([]byte, longest))
	if _, err := j.Append(e); !errors.Is(err, ErrTooLong) {
		t.Errorf("%v, want ErrTooLong", err)
	}
	mustAppend(t, j, 0, 1)
	e.Who = ""
	for ; j.Fits(e); e.Who += "x" {
	}
	if _, err := j.Append(e); err == nil && len(e.Who) < longest/2 {
		t.Errorf("with %d bytes it does not fit", len(e.Who))
	}
	e.Who = e.Who[1:]
	if _, err := j.Append(e); err != nil {
		t.Errorf("it fits, and is not taken: %v", err)
	}
	e.Time = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC) // has no form in JSON
	if _, err := j.Append(e); err == nil || j.Fits(e) {
		t.Errorf("the year 10,000 fits: %v", err)
	}
}

// Followers read while entries are written.
func TestReadWhileAppending(t *testing.T) {
	j, _, _ := mustOpen(t, filepath.Join(t.TempDir(), "journal"))
	const all = 300
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for next := uint64(0); next < all; {
				more := j.Changed()
				got, err := j.Read(next, 16)
				if err != nil {
					t.Error(err)
					return
				}
				for _, e := range got {
					if e.Index != next {
						t.Errorf("got %d, want %d", e.Index, next)
						return
					}
					next++
				}
				if len(got) == 0 {
					<-more
				}
			}
		})
	}
	mustAppend(t, j, 0, all)
	wg.Wait()
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte(`{"id":"` + device + `/0","index":0,"time":"1970-01-01T00:00:00Z","kind":"started"}` + "\n"))
	f.Add([]byte("{}\n"))
	f.Add([]byte("\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := filepath.Join(t.TempDir(), "journal")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, eventsFile), b, 0o600); err != nil {
			t.Fatal(err)
		}
		j, r, err := Open(dir, device, key, nil)
		if err != nil {
			return
		}
		if _, err := j.Append(entry(1)); err != nil {
			t.Fatal(err)
		}
		again, r2, err := Open(dir, device, key, nil)
		if err != nil || r2.Entries != r.Entries+1 || again.Len() != r2.Entries {
			t.Fatalf("after an append %d entries, %v; had %d", r2.Entries, err, r.Entries)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	j, _, _ := mustOpen(b, filepath.Join(b.TempDir(), "journal"))
	for b.Loop() {
		mustAppend(b, j, 0, 1)
	}
}

func BenchmarkOpen(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "journal")
	j, _, _ := mustOpen(b, dir)
	for range 100 {
		batch := make([]wire.Event, 100)
		for i := range batch {
			batch[i] = entry(i)
		}
		if _, err := j.Append(batch...); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	for b.Loop() {
		mustOpen(b, dir)
	}
}
