package challenge

import (
	"fmt"
	"io"
)

// MaxRun is how often the same chip may come in a row.
const MaxRun = 3

// Dealer draws chips. It is not safe for concurrent use.
type Dealer struct {
	random io.Reader // crypto/rand's Reader, except in tests
	pool   byte
	left   int
	last   bool
	run    int
}

// NewDealer draws from random.
func NewDealer(random io.Reader) *Dealer { return &Dealer{random: random} }

// Next draws the next chip.
func (d *Dealer) Next() (lit bool, err error) {
	if d.left == 0 {
		var b [1]byte
		if _, err := io.ReadFull(d.random, b[:]); err != nil {
			return false, fmt.Errorf("draw a chip: %w", err)
		}
		d.pool, d.left = b[0], 8
	}
	lit = d.pool&1 == 1
	d.pool >>= 1
	d.left--
	if lit == d.last && d.run >= MaxRun {
		lit = !lit
	}
	if lit != d.last {
		d.last, d.run = lit, 0
	}
	d.run++
	return lit, nil
}

// Watch keeps the last seconds of chips and samples and judges them. Its zero value is
// ready. It is not safe for concurrent use.
type Watch struct {
	chips   []Chip
	samples []Sample
	verdict Verdict
}

// keep is how long anything is remembered: a chip stands until the next, so a little more
// than what is compared.
const keep = (Chips+2)*Period + 2*Latest

// most bounds what is remembered, whatever the rate.
const most = 512

// Lamp says what the lamp was set to.
func (w *Watch) Lamp(c Chip) {
	w.chips = append(w.chips, c)
	for len(w.chips) > most || len(w.chips) > 2 && w.chips[1].At < c.At-keep {
		w.chips = w.chips[1:]
	}
}

// Look takes a frame's sample and judges. A sample that is not newer than the last is
// ignored.
func (w *Watch) Look(s Sample) Verdict {
	if n := len(w.samples); n > 0 && s.At <= w.samples[n-1].At {
		return w.verdict
	}
	w.samples = append(w.samples, s)
	for len(w.samples) > most || w.samples[0].At < s.At-keep {
		w.samples = w.samples[1:]
	}
	w.verdict = Judge(w.chips, w.samples, w.verdict)
	return w.verdict
}

// Verdict is the last judgement.
func (w *Watch) Verdict() Verdict { return w.verdict }

// Reset forgets everything, for a camera that was without power or an eye that is new.
func (w *Watch) Reset() { *w = Watch{chips: w.chips[:0], samples: w.samples[:0]} }
