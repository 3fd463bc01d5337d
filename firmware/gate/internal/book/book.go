// Package book keeps the passes that gate has accepted, as they were signed, with the latest
// amendment of each, the highest epoch among them, and what the owner granted and revoked, so
// that a device that starts without a network knows what its owner permitted. What is read
// back is verified again by whoever reads it: a book is storage, not authority.
//
// Beside a pass it keeps its delivery's tint: the 216 bytes of the interior that the glass may
// be made from, and how the camera's picture is cut. The first that comes is the only one as long as
// the pass is kept, whatever crashes.
package book

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"vestibule/firmware/gate/internal/files"
	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
)

const (
	epochFile  = "epoch"
	ending     = ".pass"
	tintEnding = ".tint"
	cutEnding  = ".cut"
	amendment  = ".amend"
	grant      = ".grant"
	revocation = ".revoke"
	most       = 256 // notes of one kind that are read back; gate keeps far fewer
)

// ErrUnread means that something may be kept that could not be read this time. What was read and is
// damaged is another error.
var ErrUnread = errors.New("what is kept cannot be read now")

// Book is the folder of passes. Its methods must not be called at the same time.
type Book struct {
	dir   string
	epoch uint64
	blind bool // the epoch is not known: nothing may be kept
}

// Open reads the epoch in dir, making the folder if it is missing. If it cannot, the error is
// [ErrUnread], and the Book takes no pass: a lost epoch would bring back what the owner revoked.
func Open(dir string) (*Book, error) {
	b := &Book{dir: dir, blind: true}
	if err := files.Folder(dir); err != nil {
		return b, fmt.Errorf("book of passes: %w: %w", ErrUnread, err)
	}
	text, err := files.Read(filepath.Join(dir, epochFile), 32)
	if errors.Is(err, os.ErrNotExist) {
		b.blind = false
		return b, nil
	}
	if err == nil {
		b.epoch, err = strconv.ParseUint(strings.TrimSuffix(string(text), "\n"), 10, 64)
	}
	if err != nil {
		return b, fmt.Errorf("book of passes: epoch: %w: %w", ErrUnread, err)
	}
	b.blind = false
	return b, nil
}

// Epoch is the highest epoch that was ever kept.
func (b *Book) Epoch() uint64 { return b.epoch }

// Keep puts a pass on disk under its delivery's name, and its epoch before it. When it
// returns nil both survive a loss of power.
func (b *Book) Keep(p pass.Pass) error {
	if !p.Valid() {
		return errors.New("book of passes: not a verified pass")
	}
	t := p.Terms()
	if err := b.Raise(t.Epoch); err != nil {
		return err
	}
	if err := files.Replace(b.path(t.Delivery), p.Note(), 0o600); err != nil {
		return fmt.Errorf("book of passes: %w", err)
	}
	return nil
}

// Raise puts an epoch on disk, if it is higher than the one there. When it returns nil that survives a
// loss of power.
func (b *Book) Raise(epoch uint64) error {
	if b.blind {
		return fmt.Errorf("book of passes: %w", ErrUnread)
	}
	if epoch <= b.epoch {
		return nil
	}
	if err := files.Replace(filepath.Join(b.dir, epochFile), []byte(strconv.FormatUint(epoch, 10)+"\n"), 0o600); err != nil {
		return fmt.Errorf("book of passes: epoch: %w", err)
	}
	b.epoch = epoch
	return nil
}

// Amend puts the amendment of a pass on disk, in the place of an earlier one; it removes that
// if the pass has none. Keep comes first. When it returns nil that survives a loss of power.
func (b *Book) Amend(p pass.Pass) error {
	if !p.Valid() {
		return errors.New("book of passes: not a verified pass")
	}
	path := filepath.Join(b.dir, p.Terms().Delivery+amendment)
	write := func() error { return files.Remove(path) }
	if note := p.Amendment(); note != nil {
		write = func() error { return files.Replace(path, note, 0o600) }
	}
	if err := write(); err != nil {
		return fmt.Errorf("book of passes: amendment: %w", err)
	}
	return nil
}

// Amendment returns the amendment of a delivery, unverified. The error is os.ErrNotExist if
// it has none, and [ErrUnread] if it may have one.
func (b *Book) Amendment(delivery string) ([]byte, error) {
	return b.read(delivery + amendment)
}

// read reads a note. The error is ErrUnread if it is the disk's, and not that there is none.
func (b *Book) read(name string) ([]byte, error) {
	note, err := files.Read(filepath.Join(b.dir, name), pass.MaxSize)
	if disk := (*fs.PathError)(nil); errors.As(err, &disk) && !errors.Is(err, os.ErrNotExist) {
		err = fmt.Errorf("%w: %w", ErrUnread, err)
	}
	return note, err
}

// KeepGrant puts what the owner granted to a key, or that they revoked it, on disk. It takes
// the place of an earlier word of the same kind about the same key. How many keys there are
// is bounded by pass.Authority. When it returns nil that survives a loss of power.
func (b *Book) KeepGrant(key string, note []byte) error {
	ending := grant
	if pass.KindOf(note) == pass.KindRevoke {
		ending = revocation
	}
	if err := files.Replace(filepath.Join(b.dir, key+ending), note, 0o600); err != nil {
		return fmt.Errorf("book of passes: grant: %w", err)
	}
	return nil
}

// DropGrants removes what is kept about a key, if there is anything.
func (b *Book) DropGrants(key string) error {
	// The grant first: alone, a revocation forbids and permits nothing.
	for _, e := range []string{grant, revocation} {
		if err := files.Remove(filepath.Join(b.dir, key+e)); err != nil {
			return fmt.Errorf("book of passes: grant: %w", err)
		}
	}
	return nil
}

// Grants returns the grants and revocations that are kept, unverified, as Notes does.
func (b *Book) Grants() ([][]byte, error) { return b.notes(grant, revocation) }

// KeepTint puts the first tint of a delivery on disk. It returns what stands there, which is
// an earlier one if there was one; nil if that is damaged: then it was given away, and cannot
// be shown again. When err is nil it survives a loss of power.
func (b *Book) KeepTint(delivery string, colours []byte) (standing []byte, err error) {
	if len(colours) != pipe.TintSize {
		return nil, fmt.Errorf("book of passes: tint of %d bytes", len(colours))
	}
	err = files.Create(b.tint(delivery), colours, 0o600)
	if err == nil {
		return colours, nil
	}
	if errors.Is(err, os.ErrExist) {
		// Whoever made it may have died before its name was safe.
		if err = files.SyncFolder(b.dir); err == nil {
			standing, err = b.Tint(delivery)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("book of passes: tint: %w", err)
	}
	return standing, nil
}

// Tint returns the tint of a delivery, nil if it is damaged. The error is os.ErrNotExist if
// the delivery has none yet; with any other it may have one.
func (b *Book) Tint(delivery string) ([]byte, error) {
	colours, err := files.Read(b.tint(delivery), 1<<20)
	if len(colours) != pipe.TintSize {
		colours = nil
	}
	return colours, err
}

// Damaged is the cut of a delivery that had one which cannot be read. No camera has it.
const Damaged = "damaged"

// KeepCut puts how the camera's picture was cut for a delivery on disk, in few words, unless an earlier one stands
// there. When it returns nil one of them survives a loss of power.
func (b *Book) KeepCut(delivery, cut string) error {
	if cut == "" || len(cut) > pipe.MaxCut {
		return fmt.Errorf("book of passes: cut of %d bytes", len(cut))
	}
	err := files.Create(b.cut(delivery), []byte(cut+"\n"), 0o600)
	if errors.Is(err, os.ErrExist) {
		err = files.SyncFolder(b.dir) // whoever made it may have died before its name was safe
	}
	if err != nil {
		return fmt.Errorf("book of passes: cut: %w", err)
	}
	return nil
}

// Cut returns how the camera's picture was cut for a delivery. The error is os.ErrNotExist if nothing is known of that; with any
// other the cut is Damaged.
func (b *Book) Cut(delivery string) (string, error) {
	text, err := files.Read(b.cut(delivery), pipe.MaxCut+1)
	cut, whole := strings.CutSuffix(string(text), "\n")
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "", err
	case err != nil:
		return Damaged, fmt.Errorf("book of passes: cut: %w", err)
	case !whole || cut == "":
		return Damaged, errors.New("book of passes: cut: it breaks off")
	}
	return cut, nil
}

// Drop forgets a delivery's pass, and then what belongs to it: without a pass there is no
// picture to spend another tint on, and no window that was longer before it was amended.
func (b *Book) Drop(delivery string) error {
	for _, e := range []string{ending, tintEnding, cutEnding, amendment} {
		if err := files.Remove(filepath.Join(b.dir, delivery+e)); err != nil {
			return fmt.Errorf("book of passes: %w", err)
		}
	}
	return nil
}

// Tidy removes tints, cuts and amendments without a pass, and what a write that was cut off has left.
func (b *Book) Tidy() error {
	entries, err := os.ReadDir(b.dir)
	if err != nil {
		return fmt.Errorf("book of passes: %w", err)
	}
	var errs []error
	for _, e := range entries {
		delivery, alone := "", false
		for _, of := range []string{tintEnding, cutEnding, amendment} {
			if !alone {
				delivery, alone = strings.CutSuffix(e.Name(), of)
			}
		}
		if alone {
			_, err := os.Stat(b.path(delivery))
			alone = errors.Is(err, os.ErrNotExist)
		}
		if alone || files.Leftover(e.Name()) {
			errs = append(errs, files.Remove(filepath.Join(b.dir, e.Name())))
		}
	}
	return errors.Join(errs...)
}

// A delivery's name has only a-z, 0-9 and - in it: pass.OpenPass sees to that.
func (b *Book) path(delivery string) string { return filepath.Join(b.dir, delivery+ending) }

func (b *Book) tint(delivery string) string { return filepath.Join(b.dir, delivery+tintEnding) }

func (b *Book) cut(delivery string) string { return filepath.Join(b.dir, delivery+cutEnding) }

// Notes returns the passes that are kept, unverified. What cannot be read is left out and said
// in the error, beside the rest; it is [ErrUnread] if anything might be read another time.
func (b *Book) Notes() ([][]byte, error) { return b.notes(ending) }

func (b *Book) notes(endings ...string) ([][]byte, error) {
	entries, err := os.ReadDir(b.dir)
	if err != nil {
		return nil, fmt.Errorf("book of passes: %w: %w", ErrUnread, err)
	}
	var notes [][]byte
	var errs []error
	for _, e := range entries {
		if files.Leftover(e.Name()) || !slices.Contains(endings, filepath.Ext(e.Name())) {
			continue
		}
		if len(notes) == most {
			errs = append(errs, fmt.Errorf("book of passes: %w: more than %d of a kind", ErrUnread, most))
			break
		}
		note, err := b.read(e.Name())
		if err != nil {
			errs = append(errs, fmt.Errorf("book of passes: %w", err))
			continue
		}
		notes = append(notes, note)
	}
	return notes, errors.Join(errs...)
}
