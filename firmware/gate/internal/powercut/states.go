package powercut

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// most is how many unsynced calls are kept and dropped in every combination; of more, only
// runs from the first on, and each alone.
const most = 6

// State is what a loss of power may leave behind.
type State struct {
	Done  int    // calls that were made before the power went
	What  string // which of them are not there any more
	Said  []Op   // what had been said by then
	names map[string]int
	files map[int][]byte
}

// Each calls f with every state that a loss of power may leave: after each call, with every
// part of what was not fsynced missing, and the last write torn at every byte.
func (tr Trace) Each(f func(State)) {
	for done := range len(tr.Ops) + 1 {
		ops := tr.Ops[:done]
		if done < len(tr.Ops) && tr.Ops[done].Kind == Say {
			continue // the same files come again, and more was said
		}
		loose := unsynced(ops)
		for _, drop := range choices(loose) {
			f(tr.state(done, drop, -1, 0))
		}
		if n := len(loose); n > 0 && ops[loose[n-1]].Kind == Write {
			last := loose[n-1]
			for at := range len(ops[last].Data) {
				f(tr.state(done, nil, last, at))
			}
		}
	}
}

// Killed is the state after done calls when only the program died, and not the machine.
func (tr Trace) Killed(done int) State { return tr.state(done, nil, -1, 0) }

// unsynced are the calls that a loss of power may undo.
func unsynced(ops []Op) []int {
	var loose []int
	for i, o := range ops {
		safe := false
		for _, later := range ops[i+1:] {
			switch o.Kind {
			case Write, Truncate:
				safe = safe || later.Kind == Sync && later.file == o.file
			case Create, Link, Remove, Mkdir, Rename:
				safe = safe || later.Kind == SyncFolder && later.Name == filepath.Dir(o.Name)
			case Sync, SyncFolder, Say:
			}
		}
		if !safe && o.Kind != Sync && o.Kind != SyncFolder && o.Kind != Say {
			loose = append(loose, i)
		}
	}
	return loose
}

// choices are the sets of calls to drop.
func choices(loose []int) [][]int {
	var all [][]int
	if len(loose) <= most {
		for mask := range 1 << len(loose) {
			var drop []int
			for i, op := range loose {
				if mask>>i&1 == 1 {
					drop = append(drop, op)
				}
			}
			all = append(all, drop)
		}
		return all
	}
	for i := range loose {
		all = append(all, loose[i:], loose[i:i+1], slices.Concat(loose[:i], loose[i+1:]))
	}
	return append(all, nil)
}

// state replays the calls but those in drop. The write torn is there up to byte at; what is
// behind is zeros, as where the length was written before the data.
func (tr Trace) state(done int, drop []int, torn, at int) State {
	s := State{Done: done, names: map[string]int{}, files: map[int][]byte{}}
	var gone []string
	for i, o := range tr.Ops[:done] {
		if o.Kind == Say {
			s.Said = append(s.Said, o)
			continue
		}
		if slices.Contains(drop, i) {
			gone = append(gone, o.String())
			continue
		}
		if i == torn {
			o.Data = slices.Concat(o.Data[:at], make([]byte, (len(o.Data)-at)*(at&1))) // every other one with zeros
			gone = append(gone, fmt.Sprintf("%s from byte %d on", o, at))
		}
		s.replay(o)
	}
	s.What = strings.Join(gone, ", ")
	return s
}

func (s *State) replay(o Op) {
	switch o.Kind {
	case Create:
		s.names[o.Name] = o.file
	case Write:
		b := s.files[o.file]
		if o.Off < 0 {
			o.Off = int64(len(b))
		}
		if end := int(o.Off) + len(o.Data); end > len(b) {
			b = append(b, make([]byte, end-len(b))...)
		}
		copy(b[o.Off:], o.Data)
		s.files[o.file] = b
	case Truncate:
		b := s.files[o.file]
		if int(o.Off) > len(b) {
			b = append(b, make([]byte, int(o.Off)-len(b))...)
		}
		s.files[o.file] = b[:o.Off]
	case Rename:
		delete(s.names, o.Name)
		s.names[o.To] = o.file
	case Link:
		s.names[o.To] = o.file
	case Remove:
		delete(s.names, o.Name)
	case Mkdir:
		s.names[o.Name] = 0
	case Sync, SyncFolder, Say:
	}
}

func (s State) String() string {
	return fmt.Sprintf("after %d calls, without (%s)", s.Done, s.What)
}

// Put makes folder hold the state and nothing else.
func (s State) Put(t testing.TB, folder string) {
	t.Helper()
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(s.names)) {
		// A folder whose making is lost takes with it what is in it.
		path := filepath.Join(folder, name)
		if s.names[name] == 0 {
			if err := os.Mkdir(path, 0o700); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			continue
		}
		if err := os.WriteFile(path, s.files[s.names[name]], 0o600); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
}

// SaidLines are the lines that had been said to standard output.
func (s State) SaidLines() []string {
	var b bytes.Buffer
	for _, o := range s.Said {
		if strings.HasPrefix(o.Name, "1<") || o.Name == "1" {
			b.Write(o.Data)
		}
	}
	return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
}

// Fast is a folder in memory where there is one, for states by the thousand.
func Fast(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "vestibule-") //nolint:usetesting // not on a disk
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // nobody is left to tell
	return dir
}
