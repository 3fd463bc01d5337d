package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// bar shows how far the film has got, on a terminal, from two seconds on. A nil bar shows nothing.
type bar struct {
	out          io.Writer
	total        int
	start, shown time.Time
}

const (
	patience = 2 * time.Second
	pace     = 100 * time.Millisecond
	wide     = 30
)

func newBar(out io.Writer, total int) *bar {
	file, ok := out.(*os.File)
	if !ok {
		return nil
	}
	if _, err := unix.IoctlGetTermios(int(file.Fd()), unix.TCGETS); err != nil {
		return nil
	}
	return &bar{out: out, total: total, start: time.Now()}
}

func (b *bar) at(n int) {
	if b == nil || time.Since(b.start) < patience || time.Since(b.shown) < pace {
		return
	}
	b.shown = time.Now()
	fmt.Fprintf(b.out, "\r\x1b[K%s", line(n, b.total, time.Since(b.start)))
}

func (b *bar) clear() {
	if b != nil && !b.shown.IsZero() {
		fmt.Fprint(b.out, "\r\x1b[K")
	}
}

// line is the bar after n pictures of total, which may be unknown (0) or wrong.
func line(n, total int, since time.Duration) string {
	each := since / time.Duration(max(n, 1))
	if total < n {
		return fmt.Sprintf("%d pictures, %.0f a second", n, 1/each.Seconds())
	}
	done := n * wide / total
	left := (each * time.Duration(total-n)).Round(time.Second)
	return fmt.Sprintf("[%s%s] %d of %d pictures, %v left", strings.Repeat("#", done), strings.Repeat(".", wide-done), n, total, left)
}
