package attacks

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"

	"vestibule/vision/attack/internal/lab"
	"vestibule/vision/attack/internal/subject"
	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
)

// Digests is the word on the command line by which the program is asked for one side of the deliveries that two
// programs make.
const Digests = "digests"

// twoPrograms has deliveries made twice, by two programs, of which each sees one home of the pair: what a program has seen
// of a home before must not show either.
func twoPrograms(ctx context.Context, l *lab.Lab) ([]lab.Row, error) {
	n := l.Pick(100, 2000)
	var sums [2][]string
	var failed [2]error
	var all sync.WaitGroup
	for side := range sums {
		all.Go(func() { sums[side], failed[side] = digests(ctx, l.Seed, side, n) })
	}
	all.Wait()
	if err := errors.Join(failed[:]...); err != nil {
		return nil, fmt.Errorf("what two programs make of the homes: %w", err)
	}
	var rows []lab.Row
	for k, on := range []struct{ name, given string }{{"frosted", ""}, {"blur", ", one tint given"}} {
		found := lab.Share{Of: n}
		for i := range n {
			if sums[0][2*i+k] != sums[1][2*i+k] {
				found.Hits++
			}
		}
		rows = append(rows, lab.Row{Subject: on.name, Metric: "deliveries by two programs that differ" + on.given, Unit: lab.Count, Found: found, Rule: lab.None()})
	}
	return rows, nil
}

// digests asks this program, started anew, for its side.
func digests(ctx context.Context, seed uint64, side, n int) (sums []string, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, Digests, strconv.FormatUint(seed, 10), strconv.Itoa(side), strconv.Itoa(n))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		sums = append(sums, lines.Text())
	}
	if err := errors.Join(lines.Err(), cmd.Wait()); err != nil {
		return nil, err
	}
	if len(sums) != 2*n {
		return nil, fmt.Errorf("%d digests instead of %d", len(sums), 2*n)
	}
	return sums, nil
}

// WriteDigests writes what this program makes of its side of the pairs: for each delivery a line of frosted glass, and
// one of blurred. Its arguments are a seed, the side, and how many.
func WriteDigests(to io.Writer, args []string) error {
	var numbers [3]uint64
	for i := range numbers {
		if len(args) != len(numbers) {
			return fmt.Errorf("%s SEED SIDE N, and not %q", Digests, args)
		}
		var err error
		if numbers[i], err = strconv.ParseUint(args[i], 10, 64); err != nil {
			return err
		}
	}
	seed, side, n := numbers[0], numbers[1], int(numbers[2])
	l := &lab.Lab{Seed: seed}
	h, err := newHomes(l, 4, [2]int{320, 240}, [2]int{240, 320})
	if err != nil {
		return err
	}
	for i := range uint64(n) {
		outside, inside := rand.New(rand.NewPCG(seed, i)), rand.New(rand.NewPCG(seed+side+1, ^i))
		a := h.draw(l, outside, "programs")
		tint := anyTint(outside)
		for _, on := range []subject.Redaction{subject.Frosted(), subject.Blur()} {
			if a.delivery.Tint = nil; on.Name == "blur" {
				a.delivery.Tint = tint
			}
			if _, err := fmt.Fprintf(to, "%x\n", a.digest(on, outside, inside)); err != nil {
				return err
			}
		}
	}
	return nil
}

// digest is of all that comes out of a delivery of a few frames.
func (a *home) digest(on subject.Redaction, outside, inside *rand.Rand) []byte {
	view, sum := on.Open(a.delivery), sha256.New()
	door, f := raw.New(a.Width, a.Height), raw.New(a.Width, a.Height)
	for n := range framesEach {
		s := a.doorway(door, outside, n)
		a.interior(f, door, s, inside, n)
		if a.shade {
			cast(outside, view)
		}
		write(sum, view.Show(f))
		if w, ok := view.(subject.Whole); ok {
			write(sum, w.Full())
			sum.Write(binary.BigEndian.AppendUint16(nil, w.Lamp(f)))
		}
	}
	return sum.Sum(nil)
}

func write(sum hash.Hash, p *glass.Planes) {
	for _, plane := range [3][]byte{p.Y, p.Cb, p.Cr} {
		sum.Write(plane)
	}
}
