package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	logLimit = 8 << 20 // bytes of a log file before it makes room for a new one
	lastSaid = 6       // lines that are kept to be told when a program dies
)

// journal takes what a program prints: all of it goes to a file, warnings (or all) to the terminal
// with the program's name before each line.
type journal struct {
	name    string
	path    string
	term    io.Writer
	verbose bool

	mu   sync.Mutex
	file *os.File
	size int64
	rest []byte // a line that has not ended
	tail []string
	lost bool // the file could not be written, and somebody was told
}

func openJournal(name, path string, term io.Writer, verbose bool) (*journal, error) {
	j := &journal{name: name, path: path, term: term, verbose: verbose}
	if err := j.open(); err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", name, err)
	}
	return j, nil
}

func (j *journal) open() error {
	f, err := os.OpenFile(j.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	j.file, j.size = f, info.Size()
	return nil
}

// Close closes the file.
func (j *journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.file.Close()
}

// begin marks that the program is started.
func (j *journal) begin() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.tail = nil
	j.write([]byte(fmt.Sprintf("--- %s started %s\n", j.name, time.Now().Format(time.RFC3339))))
}

// Write takes output of the program. It never fails: a full disk must not stop a program by its log.
func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.write(p)
	j.rest = append(j.rest, p...)
	for {
		line, rest, ok := bytes.Cut(j.rest, []byte("\n"))
		if !ok && len(j.rest) < 4096 {
			return len(p), nil
		}
		j.line(string(line))
		j.rest = append(j.rest[:0], rest...)
	}
}

func (j *journal) line(text string) {
	j.tail = append(j.tail, text)
	if len(j.tail) > lastSaid {
		j.tail = j.tail[1:]
	}
	if j.verbose || warns(text) {
		fmt.Fprintf(j.term, "%-4s | %s\n", j.name, text)
	}
}

// warns reports whether a line of a structured log is a warning or worse.
func warns(line string) bool {
	for _, mark := range []string{"level=WARN", "level=ERROR", `"level":"WARN"`, `"level":"ERROR"`} {
		if strings.Contains(line, mark) {
			return true
		}
	}
	return false
}

// last returns the program's last lines, each on a new line.
func (j *journal) last() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var b strings.Builder
	for _, l := range j.tail {
		fmt.Fprintf(&b, "\n     | %s", l)
	}
	return b.String()
}

func (j *journal) write(p []byte) {
	if j.size > logLimit {
		if err := errors.Join(j.file.Close(), os.Rename(j.path, j.path+".old"), j.open()); err != nil {
			j.complain(err)
			return
		}
	}
	n, err := j.file.Write(p)
	j.size += int64(n)
	if err != nil {
		j.complain(err)
	}
}

func (j *journal) complain(err error) {
	if !j.lost {
		j.lost = true
		fmt.Fprintf(j.term, "dev: the log of %s cannot be written: %v\n", j.name, err)
	}
}
