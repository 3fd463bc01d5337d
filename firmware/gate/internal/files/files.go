// Package files writes small files so that after a crash at any moment there is either
// the old one or the new one, whole.
package files

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Folder makes a folder for this user only, if it is missing, and tightens one that is
// open to others. A folder that was there is fsynced: a program that died may have renamed a
// file in it and not have got further, and whoever reads that file now will rely on it.
func Folder(path string) error {
	_, err := os.Lstat(path)
	made := errors.Is(err, os.ErrNotExist)
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	if made {
		path, err = filepath.Abs(path)
		return errors.Join(err, SyncFolder(filepath.Dir(path)))
	}
	if err := SyncFolder(path); err != nil && !errors.Is(err, syscall.EROFS) {
		return err
	}
	// On a disk that has become read-only what is right already has to do.
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() == 0o700 {
		return err
	}
	return os.Chmod(path, 0o700)
}

// Replace puts data at path: a new file beside it, fsynced, then renamed over it, then the
// folder fsynced. When it returns nil the new content survives a loss of power.
func Replace(path string, data []byte, mode os.FileMode) error {
	tmp, err := write(path, data, mode)
	if err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	return SyncFolder(filepath.Dir(path))
}

// Create is Replace for a file that must not exist yet; if it does, the error is
// os.ErrExist and nothing has changed. Of several that create at once, one succeeds.
func Create(path string, data []byte, mode os.FileMode) error {
	tmp, err := write(path, data, mode)
	if err != nil {
		return err
	}
	err = os.Link(tmp, path)
	if err = errors.Join(err, os.Remove(tmp)); err != nil {
		return err
	}
	return SyncFolder(filepath.Dir(path))
}

// Remove removes a file for good; one that is not there is no error.
func Remove(path string) error {
	// A disk that has become read-only refuses to remove even what is not there.
	if _, err := os.Lstat(path); err == nil {
		if err := os.Remove(path); err != nil {
			return err
		}
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return SyncFolder(filepath.Dir(path))
}

// Leftover reports whether a name is that of a file that Replace or Create had not finished
// when the power went.
func Leftover(name string) bool { return strings.HasPrefix(name, ".") }

// Read reads a file of at most limit bytes.
func Read(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return b, nil
}

// SyncFolder makes what was renamed, made or removed in a folder survive a loss of power.
func SyncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// write makes a new, fsynced file beside path and returns its name.
func write(path string, data []byte, mode os.FileMode) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}
