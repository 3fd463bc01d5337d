package challenge

import (
	"fmt"
	"io"
	"math/bits"
)

// How the lamp may blink, for the bits and for people's eyes.
const (
	MaxRun  = 6 // the same chip in a row
	Changes = 6 // in any second: three flashes

	// second is how many chips can begin within a second, even if the timer is 40 ms late with the first.
	second = 13
	// change is how many of 256 draws change the lamp, where it may change.
	change = 102
)

// Dealer draws chips. It is not safe for concurrent use.
type Dealer struct {
	random io.Reader // crypto/rand's Reader, except in tests
	lit    bool
	run    int
	turned uint16 // with which of the last chips the lamp changed; the newest is the lowest bit
}

// NewDealer draws from random.
func NewDealer(random io.Reader) *Dealer { return &Dealer{random: random} }

// Next draws the next chip.
func (d *Dealer) Next() (lit bool, err error) {
	var b [1]byte
	if _, err := io.ReadFull(d.random, b[:]); err != nil {
		return false, fmt.Errorf("draw a chip: %w", err)
	}
	d.turned = d.turned << 1 & (1<<second - 1)
	d.run++
	if d.free() && (b[0] < change || d.run > MaxRun) {
		d.lit, d.run, d.turned = !d.lit, 1, d.turned|1
	}
	return d.lit, nil
}

// free reports whether the lamp may change.
func (d *Dealer) free() bool { return bits.OnesCount16(d.turned) < Changes }
