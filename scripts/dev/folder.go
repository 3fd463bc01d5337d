package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// folder is the launcher's state folder, held by one launcher at a time.
type folder struct {
	path string
	lock *os.File
	dir  *os.File // the folder sock, for sockets with long paths
}

// fits refuses a folder that holds something else. A folder is the launcher's if its lock is there;
// scripts/home has the same rule, and a test compares them.
func fits(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at the state folder: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("-run: %s is not a folder: choose another with -run (make run RUN=folder)", path)
	}
	if lock, err := os.Stat(filepath.Join(path, "lock")); err == nil && lock.Mode().IsRegular() {
		return nil
	}
	things, err := os.ReadDir(path)
	if err != nil {
		return fmt.Errorf("look at the state folder: %w", err)
	}
	if len(things) > 0 {
		return fmt.Errorf("-run: %s holds something else, so no home is made in it: choose another with -run (make run RUN=folder)", path)
	}
	return nil
}

// makePrivate makes a folder that only this user can enter.
func makePrivate(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("make the state folder: %w", err)
	}
	if err := os.Chmod(path, 0o700); err != nil {
		return fmt.Errorf("keep the state folder private: %w", err)
	}
	return nil
}

// openFolder makes the folder with all its rooms, for this user only, and locks it.
func openFolder(path string) (_ *folder, err error) {
	if err := fits(path); err != nil {
		return nil, err
	}
	if err := makePrivate(path); err != nil {
		return nil, err
	}
	f := &folder{path: path}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	if f.lock, err = os.OpenFile(filepath.Join(path, "lock"), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, fmt.Errorf("lock the state folder: %w", err)
	}
	if err := unix.Flock(int(f.lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock the state folder: %w", err)
		}
		who := make([]byte, 20)
		n, _ := f.lock.Read(who) // only to be helpful
		return nil, fmt.Errorf("a launcher (process %s) already runs on %s: stop it with Ctrl-C, or use another folder with -run (make run RUN=folder) and other ports",
			strings.TrimSpace(string(who[:n])), path)
	}
	if err := errors.Join(f.lock.Truncate(0), writeAt0(f.lock, strconv.Itoa(os.Getpid())+"\n")); err != nil {
		return nil, fmt.Errorf("lock the state folder: %w", err)
	}
	// After the lock, which says whose folder it is, however early this ends.
	for _, room := range []string{"hub", "gate", "eye", "link", "trust", "sock", "log"} {
		if err := makePrivate(f.room(room)); err != nil {
			return nil, err
		}
	}
	if f.dir, err = os.Open(filepath.Join(path, "sock")); err != nil {
		return nil, fmt.Errorf("open the folder of sockets: %w", err)
	}
	return f, nil
}

func writeAt0(f *os.File, text string) error {
	_, err := f.WriteAt([]byte(text), 0)
	return err
}

// Close unlocks the folder. State stays.
func (f *folder) Close() error {
	var errs []error
	for _, file := range []*os.File{f.dir, f.lock} {
		if file != nil {
			errs = append(errs, file.Close())
		}
	}
	return errors.Join(errs...)
}

// room returns the path of something in the folder.
func (f *folder) room(name ...string) string {
	return filepath.Join(append([]string{f.path}, name...)...)
}

// hubAt is where a hub is, each as HOST:PORT. A launcher keeps it in its folder, for doors beside it.
type hubAt struct {
	HTTP string `json:"http"`
	MQTT string `json:"mqtt"`
}

const hubAtFile = "hub.json"

// of returns where the hub of the launcher with this folder is or was last, else the receiver.
func (h hubAt) of(folder string) hubAt {
	var at hubAt
	text, err := os.ReadFile(filepath.Join(folder, hubAtFile))
	if err != nil || json.Unmarshal(text, &at) != nil || at.HTTP == "" || at.MQTT == "" {
		return h
	}
	return at
}

func (f *folder) keepHub(at hubAt) error {
	text, err := json.Marshal(at)
	if err == nil {
		err = f.save(append(text, '\n'), hubAtFile)
	}
	if err != nil {
		return fmt.Errorf("keep where the hub is: %w", err)
	}
	return nil
}

// hub returns the path of something that the hub keeps: the hub of the home that this door is beside, if it is.
func (f *folder) hub(o options, name ...string) string {
	if o.beside == "" {
		return f.room(append([]string{"hub"}, name...)...)
	}
	return filepath.Join(append([]string{o.beside, "hub"}, name...)...)
}

// listen makes a listening Unix socket in the folder sock that only this user can reach. A program in
// the folder reaches it as sock/NAME.
func (f *folder) listen(name string) (*net.UnixListener, error) {
	if err := os.Remove(f.room("sock", name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("make the socket %s: %w", name, err)
	}
	// A socket's path may be 107 bytes long; the folder's may be longer.
	short := fmt.Sprintf("/proc/self/fd/%d/%s", f.dir.Fd(), name)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: short, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("make the socket %s: %w", name, err)
	}
	if err := os.Chmod(f.room("sock", name), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("keep the socket %s private: %w", name, err), l.Close())
	}
	return l, nil
}

// save writes a private file whole or not at all.
func (f *folder) save(text []byte, name ...string) error {
	path := f.room(name...)
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
