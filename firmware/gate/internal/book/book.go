// Package book keeps the passes that gate has accepted, as they were signed, and the
// highest epoch among them, so that a device that starts without a network knows what its
// owner permitted. What is read back is verified again by whoever reads it: a book is
// storage, not authority.
package book

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"vestibule/firmware/gate/internal/files"
	"vestibule/hub/pass"
)

const (
	epochFile = "epoch"
	ending    = ".pass"
	most      = 256 // passes that are read back; the rule keeps far fewer
)

// Book is the folder of passes. Its methods must not be called at the same time.
type Book struct {
	dir   string
	epoch uint64
}

// Open reads the epoch in dir, making the folder if it is missing.
func Open(dir string) (*Book, error) {
	if err := files.Folder(dir); err != nil {
		return nil, fmt.Errorf("book of passes: %w", err)
	}
	b := &Book{dir: dir}
	text, err := files.Read(filepath.Join(dir, epochFile), 32)
	if errors.Is(err, os.ErrNotExist) {
		return b, nil
	}
	if err == nil {
		b.epoch, err = strconv.ParseUint(strings.TrimSuffix(string(text), "\n"), 10, 64)
	}
	if err != nil {
		// A lost epoch would bring back what the owner revoked.
		return nil, fmt.Errorf("book of passes: epoch: %w", err)
	}
	return b, nil
}

// Epoch is the highest epoch of any pass ever kept.
func (b *Book) Epoch() uint64 { return b.epoch }

// Keep puts a pass on disk under its delivery's name, and its epoch before it. When it
// returns nil both survive a loss of power.
func (b *Book) Keep(p pass.Pass) error {
	if !p.Valid() {
		return errors.New("book of passes: not a verified pass")
	}
	t := p.Terms()
	if t.Epoch > b.epoch {
		if err := files.Replace(filepath.Join(b.dir, epochFile), []byte(strconv.FormatUint(t.Epoch, 10)+"\n"), 0o600); err != nil {
			return fmt.Errorf("book of passes: epoch: %w", err)
		}
		b.epoch = t.Epoch
	}
	if err := files.Replace(b.path(t.Delivery), p.Note(), 0o600); err != nil {
		return fmt.Errorf("book of passes: %w", err)
	}
	return nil
}

// Drop forgets a delivery's pass.
func (b *Book) Drop(delivery string) error {
	if err := files.Remove(b.path(delivery)); err != nil {
		return fmt.Errorf("book of passes: %w", err)
	}
	return nil
}

// A delivery's name has only a-z, 0-9 and - in it: pass.OpenPass sees to that.
func (b *Book) path(delivery string) string { return filepath.Join(b.dir, delivery+ending) }

// Notes returns what is kept, unverified. What cannot be read is left out and said in the
// error, beside the rest.
func (b *Book) Notes() ([][]byte, error) {
	entries, err := os.ReadDir(b.dir)
	if err != nil {
		return nil, fmt.Errorf("book of passes: %w", err)
	}
	var notes [][]byte
	var errs []error
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ending) {
			continue
		}
		if len(notes) == most {
			errs = append(errs, fmt.Errorf("book of passes: more than %d", most))
			break
		}
		note, err := files.Read(filepath.Join(b.dir, e.Name()), pass.MaxSize)
		if err != nil {
			errs = append(errs, fmt.Errorf("book of passes: %w", err))
			continue
		}
		notes = append(notes, note)
	}
	return notes, errors.Join(errs...)
}
