package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// bar shows on a terminal how far a long run is. Elsewhere it says nothing.
type bar struct {
	what  string
	total uint64
	began time.Time

	mu    sync.Mutex
	shown time.Time
	shows bool
}

func newBar(what string, total uint64) *bar {
	info, err := os.Stderr.Stat()
	return &bar{what: what, total: total, began: time.Now(), shows: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

// at says how many are done.
func (b *bar) at(done uint64) {
	if !b.shows || !b.mu.TryLock() {
		return
	}
	defer b.mu.Unlock()
	now := time.Now()
	if now.Sub(b.shown) < time.Second/5 {
		return
	}
	b.shown = now
	const width = 30
	part := min(float64(done)/float64(b.total), 1)
	left := "?"
	if part > 0 {
		left = time.Duration(float64(now.Sub(b.began)) * (1 - part) / part).Round(time.Second).String()
	}
	fill := int(part * width)
	fmt.Fprintf(os.Stderr, "\r%s%s %3.0f %%  %d %s, %s left\x1b[K", strings.Repeat("#", fill), strings.Repeat(".", width-fill), 100*part, done, b.what, left)
}

func (b *bar) end() {
	if b.shows {
		fmt.Fprint(os.Stderr, "\r\x1b[K")
	}
}
