package lab

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// pace is how often a terminal's line is drawn anew.
const pace = 250 * time.Millisecond

// teller says how far a run is. It may be called from several goroutines.
type teller struct {
	mu       sync.Mutex
	out      io.Writer
	terminal bool
	drawn    time.Time
}

func newTeller(out io.Writer, terminal bool) *teller {
	if out == nil {
		out = io.Discard
	}
	return &teller{out: out, terminal: terminal}
}

// begin says that an attack begins; what it returns says that it has ended, and how many seconds it took.
func (t *teller) begin(a *Attack, nth, of int, seed uint64) func() float64 {
	start := time.Now()
	if !t.terminal {
		fmt.Fprintf(t.out, "%-4s %s, seed %d (%d of %d)\n", a.ID, a.Name, seed, nth+1, of)
	}
	return func() float64 {
		s := time.Since(start).Seconds()
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.terminal {
			fmt.Fprintf(t.out, "\r\x1b[K%-4s %s, seed %d (%d of %d): %.1f s\n", a.ID, a.Name, seed, nth+1, of, s)
		} else {
			fmt.Fprintf(t.out, "%-4s took %.1f s\n", a.ID, s)
		}
		return s
	}
}

func (t *teller) progress(id, what string, done, of int) {
	if !t.terminal {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := time.Now(); now.Sub(t.drawn) >= pace {
		t.drawn = now
		fmt.Fprintf(t.out, "\r\x1b[K%-4s %s: %d %%", id, what, done*100/max(of, 1))
	}
}
