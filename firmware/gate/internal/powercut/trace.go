// Package powercut shows a test what the disk may hold after the power has gone, and what a
// program does when the disk fails it.
//
// The program is run as it is, under strace, which writes down what it asks of the kernel
// ([Record]). From that, [Trace.Each] makes every folder that a loss of power at any moment
// may leave behind: what was fsynced is there, and of the rest any part may be and any part
// may be missing, in any order, the last write torn at any byte. [Fail] runs the program
// again and lets one call fail.
//
// The model is harsher than ext4, btrfs or f2fs are (see Pillai and others, "All File
// Systems Are Not Created Equal", OSDI 2014, whose ALICE does the same): a name is safe only
// when its folder was fsynced after it, data only when its file was, and neither waits for
// the other. A rename is whole or not there. What lies beyond: disks that lie about a flush,
// and bits that rot.
//
// Nothing but tests links this package.
package powercut

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Kind says what an [Op] does.
type Kind uint8

// Kinds.
const (
	Create     Kind = iota + 1 // Name of a new, empty file
	Write                      // Data at Off
	Truncate                   // to Off bytes
	Sync                       // fsync or fdatasync of a file
	SyncFolder                 // fsync of the folder Name
	Rename                     // Name to To
	Link                       // Name, also as To
	Remove                     // Name
	Mkdir                      // Name
	Say                        // Data to something outside the folder: a socket, standard output
)

// Op is one call that succeeded.
type Op struct {
	Kind Kind
	Name string // within the folder; of Say, what strace calls it
	To   string
	Off  int64
	Data []byte
	file int // which file, whatever it is called by now; of Mkdir 0
}

func (o Op) String() string {
	names := [...]string{"", "create", "write", "truncate", "sync", "sync folder", "rename", "link", "remove", "mkdir", "say"}
	return strings.TrimSpace(fmt.Sprintf("%s %s %s", names[o.Kind], o.Name, o.To))
}

// Trace is what a program asked of a folder, in order.
type Trace struct{ Ops []Op }

// Calls are the system calls that are looked at: all by which Go changes a folder.
const Calls = "openat,close,write,pwrite64,writev,pwritev,sendto,sendmsg,fsync,fdatasync,sync_file_range,ftruncate,fallocate,renameat,renameat2,rename," +
	"linkat,link,unlinkat,unlink,mkdirat,mkdir"

// Record runs a program under strace to its end, and returns what it did in folder. It skips
// the test where there is no strace, or where one may not trace. edit, if not nil, is called
// with the command before it is started.
func Record(t testing.TB, folder string, cmd *exec.Cmd) Trace {
	t.Helper()
	text, out, err := run(t, cmd, "-e", "trace="+Calls)
	if err != nil {
		t.Fatalf("the program under strace: %v\n%s", err, out)
	}
	tr, err := parse(bufio.NewScanner(bytes.NewReader(text)), folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(tr.Ops) == 0 {
		t.Fatalf("strace saw nothing in %s; it wrote %d bytes; the program: %s", folder, len(text), out)
	}
	return tr
}

// Fail runs a program and lets its n-th call (from 1) of a kind fail with an error such as
// EIO. Calls are counted by thread, so the program has to keep to one (LockOSThread). It
// returns what the program printed, and false when there was no n-th call.
func Fail(t testing.TB, cmd *exec.Cmd, call, errno string, n int) (out []byte, failed bool) {
	t.Helper()
	text, out, _ := run(t, cmd, "-e", "trace="+call, "-e", fmt.Sprintf("inject=%s:error=%s:when=%d", call, errno, n)) // how it ends is the test's to judge
	return out, bytes.Contains(text, []byte("(INJECTED)"))
}

// Command has a program run under strace, which writes to the file at path, for [Parse].
func Command(t testing.TB, path string, cmd *exec.Cmd, options ...string) {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("no strace here; scripts/setup test installs it")
	}
	if cmd.Path == "/proc/self/exe" {
		if cmd.Path, err = os.Executable(); err != nil { // for strace, that would be strace
			t.Fatal(err)
		}
	}
	cmd.Args = slices.Concat([]string{strace, "-f", "--seccomp-bpf", "-qq", "-y", "-xx", "-s", "1000000", "-o", path}, options, []string{"--", cmd.Path}, cmd.Args[1:])
	cmd.Path = strace
}

func run(t testing.TB, cmd *exec.Cmd, options ...string) (text, out []byte, err error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "strace")
	Command(t, path, cmd, options...)
	out, err = cmd.CombinedOutput()
	if bytes.Contains(out, []byte("PTRACE")) && bytes.Contains(out, []byte("ermitted")) {
		t.Skipf("this machine lets nobody be traced: %s", out)
	}
	text, errRead := os.ReadFile(path)
	if errRead != nil {
		t.Fatalf("%v; the program: %s", errRead, out)
	}
	return text, out, err
}

// Parse reads what strace wrote of a program that Command has started.
func Parse(path, folder string) (Trace, error) {
	f, err := os.Open(path)
	if err != nil {
		return Trace{}, err
	}
	defer f.Close()
	return parse(bufio.NewScanner(f), folder)
}

var line = regexp.MustCompile(`^(\d+) +(?:<\.\.\. )?(\w+)(\(| resumed>)(.*?)(?:\) += (-?\d+)[^=]*| (<unfinished \.\.\.>))$`)

// parser keeps what strace's lines do not repeat.
type parser struct {
	folder string
	open   map[int]int    // descriptor: file; -1 for a folder
	paths  map[int]string // descriptor: path within the folder
	files  map[string]int // name: file
	last   int
	ops    []Op
}

func parse(lines *bufio.Scanner, folder string) (Trace, error) {
	lines.Buffer(nil, 64<<20)
	p := parser{folder: folder, open: map[int]int{}, paths: map[int]string{}, files: map[string]int{}}
	begun := map[string]string{} // thread: the arguments of its call that has not ended yet
	for lines.Scan() {
		m := line.FindStringSubmatch(lines.Text())
		if m == nil {
			continue // a signal, or the end
		}
		thread, call, resumed, args, result, unfinished := m[1], m[2], m[3] != "(", m[4], m[5], m[6] != ""
		if unfinished {
			begun[thread] = args
			if p.says(call, args) { // whoever it is said to may hear it before the call ends
				begun[thread] = ""
				if err := p.take(call, strings.Split(args, ", "), 0); err != nil {
					return Trace{}, err
				}
			}
			continue
		}
		if resumed {
			if args = begun[thread] + args; begun[thread] == "" {
				continue
			}
			delete(begun, thread)
		}
		n, err := strconv.Atoi(result)
		if err != nil || n < 0 {
			continue // it failed, and did nothing
		}
		if err := p.take(call, strings.Split(args, ", "), n); err != nil {
			return Trace{}, fmt.Errorf("powercut: %w in %q", err, lines.Text())
		}
	}
	return Trace{p.ops}, lines.Err()
}

// says reports whether a call tells somebody outside the folder something.
func (p *parser) says(call, args string) bool {
	_, ours := p.open[descriptor(args)]
	return call == "write" && !ours
}

// take understands one call that succeeded with n.
func (p *parser) take(call string, args []string, n int) error {
	add := func(o Op) { p.ops = append(p.ops, o) }
	switch call {
	case "openat":
		name, ours := p.name(args[1])
		if !ours {
			delete(p.open, n)
			return nil
		}
		p.paths[n] = name
		file, known := p.files[name]
		switch {
		case known && strings.Contains(args[2], "O_TRUNC"):
			add(Op{Kind: Truncate, Name: name, file: file})
		case known:
		case strings.Contains(args[2], "O_CREAT"):
			p.last++
			file = p.last
			p.files[name] = file
			add(Op{Kind: Create, Name: name, file: file})
		default:
			file = -1 // a folder, or what was there before
		}
		p.open[n] = file
		return nil
	case "close":
		delete(p.open, descriptor(args[0]))
		return nil
	case "mkdir", "mkdirat":
		if name, ours := p.name(args[len(args)-2]); ours {
			add(Op{Kind: Mkdir, Name: name})
		}
		return nil
	case "rename", "renameat", "renameat2", "link", "linkat":
		return p.move(call, args)
	case "unlink", "unlinkat":
		at := 0
		if call == "unlinkat" {
			at = 1
		}
		if name, ours := p.name(args[at]); ours {
			add(Op{Kind: Remove, Name: name, file: p.files[name]})
			delete(p.files, name)
		}
		return nil
	}
	fd := descriptor(args[0])
	file, ours := p.open[fd]
	switch {
	case !ours && (call == "write" || call == "sendto"):
		data, err := text(args[1])
		add(Op{Kind: Say, Name: args[0], Data: data})
		return err
	case !ours:
		return nil
	case call == "fsync" && file < 0:
		add(Op{Kind: SyncFolder, Name: p.paths[fd]})
	case call == "fsync" || call == "fdatasync":
		add(Op{Kind: Sync, Name: p.paths[fd], file: file})
	case call == "ftruncate":
		size, err := strconv.ParseInt(args[1], 10, 64)
		add(Op{Kind: Truncate, Name: p.paths[fd], Off: size, file: file})
		return err
	case call == "write" || call == "pwrite64":
		data, err := text(args[1])
		if err != nil {
			return err
		}
		off := int64(-1) // at the end
		if call == "pwrite64" {
			if off, err = strconv.ParseInt(args[3], 10, 64); err != nil {
				return err
			}
		}
		add(Op{Kind: Write, Name: p.paths[fd], Off: off, Data: data[:n], file: file})
	default:
		return fmt.Errorf("%s is not understood", call)
	}
	return nil
}

func (p *parser) move(call string, args []string) error {
	from, to := 0, 1
	if strings.HasSuffix(call, "at") || strings.HasSuffix(call, "at2") {
		from, to = 1, 3
	}
	a, ours := p.name(args[from])
	b, too := p.name(args[to])
	if !ours && !too {
		return nil
	}
	if ours != too {
		return fmt.Errorf("a file leaves or enters the folder")
	}
	o := Op{Kind: Link, Name: a, To: b, file: p.files[a]}
	p.files[b] = o.file
	if strings.HasPrefix(call, "rename") {
		o.Kind = Rename
		delete(p.files, a)
	}
	p.ops = append(p.ops, o)
	return nil
}

// name is a path within the folder.
func (p *parser) name(arg string) (string, bool) {
	path, err := text(arg)
	if err != nil {
		return "", false
	}
	if string(path) == p.folder {
		return ".", true
	}
	return strings.CutPrefix(string(path), p.folder+"/")
}

// text is a string as strace writes it: \x68\x65\x6c\x6c\x6f.
func text(arg string) ([]byte, error) {
	if len(arg) < 2 || arg[0] != '"' || arg[len(arg)-1] != '"' {
		return nil, fmt.Errorf("%.40q is no string", arg)
	}
	return hex.DecodeString(strings.ReplaceAll(arg[1:len(arg)-1], `\x`, ""))
}

// descriptor is the number before "<path>".
func descriptor(arg string) int {
	number, _, _ := strings.Cut(arg, "<")
	n, err := strconv.Atoi(number)
	if err != nil {
		return -1
	}
	return n
}
