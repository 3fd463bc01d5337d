package journal

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"vestibule/firmware/gate/internal/files"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

const (
	eventsFile     = "events"
	checkpointFile = "checkpoint"

	longest = 4096     // bytes of an entry's line
	tail    = 64 << 10 // bytes after the last whole entry that a torn write may leave
	sparse  = 64       // every so many entries their place in the file is remembered
)

var (
	// ErrRewritten means that the journal is not the one that was written.
	ErrRewritten = errors.New("the journal was damaged or rewritten")
	// ErrTooLong refuses an entry that would not fit into a line.
	ErrTooLong = errors.New("the entry is too long for the journal")
)

// disk is a file to append to; *os.File with fdatasync, or a test's that fails.
type disk interface {
	WriteAt(p []byte, off int64) (int, error)
	Sync() error
	Truncate(size int64) error
	Close() error
}

// Journal is the device's journal. Append, Checkpoint and Close must not be called at the
// same time; the rest may be called from any goroutine.
type Journal struct {
	dir    string
	device string
	key    ed25519.PrivateKey
	open   func(path string) (disk, error)
	shut   error // why it takes nothing; see Shut

	// Of whoever appends.
	file    disk // nil until the first append, and after a failure
	dirty   bool // the file may be longer than size
	tree    frontier
	signed  uint64 // size of the last checkpoint on disk
	scratch []byte

	mu     sync.Mutex
	size   int64   // bytes that are acknowledged
	next   uint64  // entries that are acknowledged
	unsure bool    // the disk may not have what Open read; set by Open and the first append only
	places []int64 // of entries 0, sparse, 2*sparse ...
	more   chan struct{}
}

// Report says what Open found.
type Report struct {
	Entries uint64
	Cut     int64 // bytes of a torn last write, which are no entry
	// Unsure is why the disk would not say that it has the entries; nil as a rule. They count,
	// and are shown to nobody until it does.
	Unsure error
}

// Open reads the journal of a device in dir, and calls each with every entry in order. key
// signs checkpoints. Nothing is written yet, so a full or read-only disk can be opened.
//
// What it reads is fsynced: a gate that was killed may have written an entry and died before
// the disk had it, and what is once shown to somebody must not be lost with the power.
func Open(dir, device string, key ed25519.PrivateKey, each func(wire.Event)) (*Journal, Report, error) {
	j := &Journal{dir: dir, device: device, key: key, open: openFile, more: make(chan struct{})}
	if err := files.Folder(dir); err != nil && !errors.Is(err, unix.EROFS) {
		return nil, Report{}, fmt.Errorf("journal: %w", err)
	}
	r, err := j.load(each)
	if err != nil {
		return nil, Report{}, fmt.Errorf("journal in %s: %w", dir, err)
	}
	return j, r, nil
}

// Shut is the journal of a device that has one and cannot open it, because of err. It has no entries, takes
// none, and touches nothing: what is on the disk stays there for whoever may read it.
func Shut(device string, err error) *Journal {
	return &Journal{device: device, shut: err, more: make(chan struct{})}
}

// IsShut says why a journal is [Shut]; nil if it is not.
func (j *Journal) IsShut() error { return j.shut }

func (j *Journal) load(each func(wire.Event)) (Report, error) {
	want, err := j.readCheckpoint()
	if err != nil {
		return Report{}, err
	}
	f, err := os.Open(filepath.Join(j.dir, eventsFile))
	if errors.Is(err, os.ErrNotExist) {
		if want.Size > 0 {
			return Report{}, fmt.Errorf("%w: it is gone, and had %d entries", ErrRewritten, want.Size)
		}
		return Report{}, nil
	}
	if err != nil {
		return Report{}, err
	}
	defer f.Close() // only read from
	lines := bufio.NewReaderSize(f, longest)
	for {
		line, err := lines.ReadSlice('\n')
		if err == nil {
			err = j.take(line, each)
		}
		if err == nil {
			if j.tree.size == want.Size && [32]byte(j.tree.root()) != want.Root {
				return Report{}, fmt.Errorf("%w: the first %d entries are not the ones that were signed", ErrRewritten, want.Size)
			}
			continue
		}
		if errors.Is(err, io.EOF) && len(line) == 0 {
			break
		}
		// Nothing is whole from here on.
		info, errStat := f.Stat()
		if errStat != nil {
			return Report{}, errStat
		}
		left := info.Size() - j.size
		if left > tail {
			return Report{}, fmt.Errorf("%w: entry %d: %w", ErrRewritten, j.next, err)
		}
		j.dirty = true
		break
	}
	if j.tree.size < want.Size {
		return Report{}, fmt.Errorf("%w: %d entries, and it had %d", ErrRewritten, j.tree.size, want.Size)
	}
	r := Report{Entries: j.next}
	if info, err := f.Stat(); err == nil {
		r.Cut = info.Size() - j.size
	}
	r.Unsure = errors.Join(f.Sync(), files.SyncFolder(j.dir))
	j.unsure = r.Unsure != nil
	return r, nil
}

// take checks one line and counts it.
func (j *Journal) take(line []byte, each func(wire.Event)) error {
	var e wire.Event
	if err := wire.Decode(line, &e); err != nil {
		return err
	}
	if e.Index != j.next || e.ID != wire.EventID(j.device, e.Index) {
		return fmt.Errorf("it says %s", e.ID)
	}
	j.count(line)
	if each != nil {
		each(e)
	}
	return nil
}

// count makes a line that is on disk part of the journal. Call with mu held, or alone.
func (j *Journal) count(line []byte) {
	j.tree.add(bytes.TrimSuffix(line, []byte{'\n'}))
	if j.next%sparse == 0 {
		j.places = append(j.places, j.size)
	}
	j.size += int64(len(line))
	j.next++
}

func (j *Journal) readCheckpoint() (pass.Checkpoint, error) {
	b, err := files.Read(filepath.Join(j.dir, checkpointFile), pass.MaxSize)
	if errors.Is(err, os.ErrNotExist) {
		return pass.Checkpoint{}, nil
	}
	if err != nil {
		return pass.Checkpoint{}, err
	}
	c, err := pass.OpenCheckpoint(b, j.key.Public().(ed25519.PublicKey))
	if err != nil {
		return pass.Checkpoint{}, fmt.Errorf("%w: checkpoint: %w", ErrRewritten, err)
	}
	j.signed = c.Size
	return c, nil
}

// Append gives entries their index and id and writes them. When it returns nil they
// survive a loss of power, and are what it returns; otherwise none of them is in the
// journal, and the error says why.
func (j *Journal) Append(entries ...wire.Event) ([]wire.Event, error) {
	done, err := j.append(entries)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	return done, nil
}

// Fits reports whether an entry has a form that Append takes, whatever index it gets.
func (j *Journal) Fits(e wire.Event) bool {
	e.Index = math.MaxInt64 // as ParseEventID reads it
	e.ID = wire.EventID(j.device, e.Index)
	line, err := json.Marshal(e)
	return err == nil && len(line) < longest
}

func (j *Journal) append(entries []wire.Event) ([]wire.Event, error) {
	if err := j.ready(); err != nil {
		return nil, err
	}
	done := make([]wire.Event, len(entries))
	text := j.scratch[:0]
	var ends []int
	for i, e := range entries {
		e.Index = j.next + uint64(i)
		e.ID = wire.EventID(j.device, e.Index)
		line, err := json.Marshal(e)
		if err != nil {
			return nil, err
		}
		if len(line) >= longest {
			return nil, fmt.Errorf("%w: %d bytes", ErrTooLong, len(line))
		}
		text = append(append(text, line...), '\n')
		ends = append(ends, len(text))
		done[i] = e
	}
	j.scratch = text
	j.dirty = true
	if _, err := j.file.WriteAt(text, j.size); err != nil {
		return nil, errors.Join(err, j.repair())
	}
	if err := j.file.Sync(); err != nil {
		return nil, errors.Join(err, j.repair())
	}
	j.dirty = false

	j.mu.Lock()
	defer j.mu.Unlock()
	j.unsure = false
	from := 0
	for _, end := range ends {
		j.count(text[from:end])
		from = end
	}
	close(j.more)
	j.more = make(chan struct{})
	return done, nil
}

// ready opens the file to append to, and cuts what a failure or a crash left behind.
func (j *Journal) ready() error {
	if j.shut != nil {
		return j.shut
	}
	if j.file == nil {
		path := filepath.Join(j.dir, eventsFile)
		f, err := j.open(path)
		if err != nil {
			return err
		}
		if j.size == 0 || j.unsure {
			// The file may be new: its name has to survive too.
			if err := files.SyncFolder(j.dir); err != nil {
				return errors.Join(err, f.Close())
			}
		}
		j.file = f
	}
	if j.dirty {
		return j.repair()
	}
	return nil
}

// repair cuts the file back to what is acknowledged.
func (j *Journal) repair() error {
	err := j.file.Truncate(j.size)
	if err == nil {
		err = j.file.Sync()
	}
	if err == nil {
		j.dirty = false
		return nil
	}
	// A file that can't be cut is opened again next time.
	err = errors.Join(fmt.Errorf("cut back: %w", err), j.file.Close())
	j.file = nil
	return err
}

// Len is the number of entries.
func (j *Journal) Len() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.next
}

// Changed returns a channel that is closed at the next append.
func (j *Journal) Changed() <-chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.more
}

// Read returns at most limit entries from an index on; none when there are no more.
func (j *Journal) Read(from uint64, limit int) ([]wire.Event, error) {
	j.mu.Lock()
	next, size, place := j.next, j.size, int64(0)
	if j.unsure {
		next = 0
	}
	if from < next {
		place = j.places[from/sparse]
	}
	j.mu.Unlock()
	if from >= next || limit <= 0 {
		return nil, nil
	}
	f, err := os.Open(filepath.Join(j.dir, eventsFile))
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	defer f.Close() // only read from
	lines := bufio.NewReaderSize(io.NewSectionReader(f, place, size-place), longest)
	var events []wire.Event
	for i := from / sparse * sparse; i < next && len(events) < limit; i++ {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			return nil, fmt.Errorf("journal: entry %d: %w", i, err)
		}
		if i < from {
			continue
		}
		var e wire.Event
		if err := wire.Decode(line, &e); err != nil {
			return nil, fmt.Errorf("journal: entry %d: %w", i, err)
		}
		if e.Index != i {
			return nil, fmt.Errorf("journal: %w: entry %d says %s", ErrRewritten, i, e.ID)
		}
		events = append(events, e)
	}
	return events, nil
}

// Checkpoint signs what the journal is now, puts that on disk, and returns it. It does
// nothing but sign when nothing was appended since. What the disk may lose is not signed: the
// next start would take the loss for a rewriting.
func (j *Journal) Checkpoint() ([]byte, error) {
	if j.shut != nil {
		return nil, fmt.Errorf("journal: checkpoint: %w", j.shut)
	}
	if j.unsure {
		return nil, errors.New("journal: checkpoint: the disk has not said that it has the entries")
	}
	c := pass.Checkpoint{Device: j.device, Size: j.tree.size, Root: j.tree.root()}
	b, err := pass.SignCheckpoint(c, j.key)
	if err == nil && c.Size != j.signed {
		if err = files.Replace(filepath.Join(j.dir, checkpointFile), b, 0o600); err == nil {
			j.signed = c.Size
		}
	}
	if err != nil {
		return nil, fmt.Errorf("journal: checkpoint: %w", err)
	}
	return b, nil
}

// Unsigned is how many entries the checkpoint on disk does not cover.
func (j *Journal) Unsigned() uint64 { return j.tree.size - j.signed }

// Close signs a last checkpoint and closes the file.
func (j *Journal) Close() error {
	var err error
	if j.shut == nil {
		_, err = j.Checkpoint()
	}
	if j.file != nil {
		err = errors.Join(err, j.file.Close())
		j.file = nil
	}
	return err
}

// file is a file whose Sync writes data and size, but not the times.
type file struct{ *os.File }

func (f file) Sync() error {
	for {
		err := unix.Fdatasync(int(f.Fd()))
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

func openFile(path string) (disk, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	return file{f}, nil
}
