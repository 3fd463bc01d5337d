// Package references keeps how the camera has stood when its owner said that it stands well
// (see vision.Sight.Reference): edges of the visible zone, a few kB each, under their SHA-256.
// They never leave the device; a pass asks for one by its sum.
//
// A [Shelf] is in memory, and belongs to one goroutine; only [Change.Write] touches the disk,
// and may be called on another. What is read back has to have the sum that it is named by.
//
// Non-goals: what is in a reference, and whether a pass may ask for it.
package references

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"vestibule/firmware/gate/internal/files"
	"vestibule/firmware/pipe"
)

// Most is how many references are kept.
const Most = 8

// ErrFull means that as many are kept as can be, and each is asked for by a pass.
var ErrFull = errors.New("references: no room, each is asked for by a pass")

// Sum names a reference.
type Sum [sha256.Size]byte

type kept struct {
	sum  Sum
	data []byte
	at   time.Time // written; only while they are read in
}

// Shelf is what is kept, the oldest first.
type Shelf struct {
	dir  string
	kept []kept
}

// Open reads what is kept in dir. What is damaged is removed and named in the error, beside
// the rest; so is what cannot be read. A folder that does not exist yet is empty.
func Open(dir string) (*Shelf, error) {
	s := &Shelf{dir: dir}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	var errs []error
	if err != nil {
		errs = append(errs, err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if files.Leftover(e.Name()) {
			errs = append(errs, files.Remove(path))
		}
		if len(e.Name()) != hex.EncodedLen(len(Sum{})) {
			continue // none of ours
		}
		k, err := load(path)
		if errors.Is(err, errDamaged) {
			err = errors.Join(err, files.Remove(path))
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		s.kept = append(s.kept, k)
	}
	slices.SortFunc(s.kept, func(a, b kept) int { return cmp.Or(a.at.Compare(b.at), bytes.Compare(a.sum[:], b.sum[:])) })
	if err := errors.Join(errs...); err != nil {
		return s, fmt.Errorf("references: %w", err)
	}
	return s, nil
}

var errDamaged = errors.New("it is not what it is named by")

func load(path string) (kept, error) {
	data, err := files.Read(path, pipe.MaxReference)
	if err != nil {
		return kept{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return kept{}, err
	}
	k := kept{sha256.Sum256(data), data, info.ModTime()}
	if hex.EncodeToString(k.sum[:]) != filepath.Base(path) {
		return kept{}, fmt.Errorf("%s: %w", path, errDamaged)
	}
	return k, nil
}

// Get returns what has a sum, nil if nothing has.
func (s *Shelf) Get(sum []byte) []byte {
	for _, k := range s.kept {
		if bytes.Equal(k.sum[:], sum) {
			return k.data
		}
	}
	return nil
}

// Change is one reference more, and those that have to go for it.
type Change struct {
	dir  string
	more kept
	gone []Sum
}

// Sum names the new one.
func (c Change) Sum() Sum { return c.more.sum }

// Prepare makes room for a reference: the oldest that nobody wants goes. It changes nothing
// yet.
func (s *Shelf) Prepare(data []byte, wanted func(Sum) bool) (Change, error) {
	if len(data) == 0 || len(data) > pipe.MaxReference {
		return Change{}, fmt.Errorf("references: one of %d bytes", len(data))
	}
	c := Change{dir: s.dir, more: kept{sum: sha256.Sum256(data), data: data}}
	room := Most - len(s.kept)
	if s.Get(c.more.sum[:]) != nil {
		room++
	}
	for _, k := range s.kept {
		if room > 0 {
			break
		}
		if k.sum != c.more.sum && !wanted(k.sum) {
			c.gone = append(c.gone, k.sum)
			room++
		}
	}
	if room <= 0 {
		return Change{}, ErrFull
	}
	return c, nil
}

// Write does a change on the disk. When it returns nil the new one survives a loss of power.
func (c Change) Write() error {
	err := files.Folder(c.dir)
	if err == nil {
		err = files.Replace(c.path(c.more.sum), c.more.data, 0o600)
	}
	for _, sum := range c.gone {
		if err == nil {
			err = files.Remove(c.path(sum))
		}
	}
	if err != nil {
		return fmt.Errorf("references: %w", err)
	}
	return nil
}

func (c Change) path(sum Sum) string { return filepath.Join(c.dir, hex.EncodeToString(sum[:])) }

// Done takes note of a change that was written.
func (s *Shelf) Done(c Change) {
	s.kept = slices.DeleteFunc(s.kept, func(k kept) bool { return k.sum == c.more.sum || slices.Contains(c.gone, k.sum) })
	s.kept = append(s.kept, c.more)
}
