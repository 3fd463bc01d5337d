package attacks

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"vestibule/vision/attack/internal/font"
	"vestibule/vision/attack/internal/lab"
	"vestibule/vision/attack/internal/room"
	"vestibule/vision/attack/internal/sheet"
	"vestibule/vision/attack/internal/subject"
	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/stats"
)

// Averaging takes the mean of many frames, up to five minutes of them, and reads letters from it. Whatever
// hides by noise that is new in each frame gives way; what stands still tells as much in the first frame as
// in the last.
func Averaging() *lab.Attack { return &lab.Attack{ID: "R4", Name: "averaging frames", Run: averaging} }

func averaging(ctx context.Context, l *lab.Lab) ([]lab.Row, error) {
	w, err := room.NewWorld(320, 240)
	if err != nil {
		return nil, err
	}
	counts := []int{1, 15, 300}
	if !l.Quick {
		counts = append(counts, 4500)
	}
	b := room.NewBoard(w, 4)
	nonce := l.Nonce("board")
	read, err := glassScanner(w, b, l.Seed, nonce)
	if err != nil {
		return nil, err
	}
	// The published parameters: 16 px may differ, epsilon is a half for each frame, cells are of 16 px; here
	// the noise of such cells lies on the cells of a letter that is small enough to need them.
	cell := b.High() / 4
	noisy := subject.NoisyMosaic(cell, subject.LaplaceScale(16, 16, 0.5))
	var rows []lab.Row
	for _, c := range []struct {
		on     subject.Redaction
		s      *scanner
		boards int
		seen   sheet.Column
	}{
		{l.Frosted, read, l.Pick(8, 40), sheet.FrostedSeen},
		{l.Blur, read, l.Pick(8, 40), sheet.BlurSeen},
		{noisy, tileScanner(w, b, l.Seed, cell), l.Pick(8, 16), sheet.ControlSeen},
	} {
		slopes, last, changed, err := watch(ctx, l, c.s, c.on, nonce, c.boards, counts, c.seen)
		if err != nil {
			return nil, err
		}
		rule, ruleLast, ruleChanged := lab.Chance(0), lab.Told(), lab.None()
		switch c.seen {
		case sheet.FrostedSeen:
			ruleLast = lab.Chance(1 / float64(len(font.Alphabet)))
		case sheet.ControlSeen:
			rule, ruleLast, ruleChanged = lab.Breaks(0.05), lab.Breaks(0.9), lab.Breaks(0.99)
		}
		rows = append(rows,
			lab.Row{Subject: c.on.Name, Metric: fmt.Sprintf("letters read, more per tenfold of frames up to %d", counts[len(counts)-1]),
				Unit: lab.Percent, Found: slopes, Rule: rule},
			lab.Row{Subject: c.on.Name, Metric: "letters read from all of them", Unit: lab.Percent, Found: last, Rule: ruleLast},
			lab.Row{Subject: c.on.Name, Metric: "frames whose hidden part differs from the first's", Unit: lab.Count, Found: changed, Rule: ruleChanged})
	}
	return rows, nil
}

// watch records boards and reads each from the mean of so many frames. It returns, for each board, by how
// much the share of letters read rises with each tenfold of frames, the share read from all of them, and of how many
// frames what is hidden did not look as it did in the board's first, to the byte.
func watch(ctx context.Context, l *lab.Lab, s *scanner, on subject.Redaction, nonce [16]byte, boards int, counts []int, seen sheet.Column) (slopes lab.Mean, last, changed lab.Share, err error) {
	slopes = make(lab.Mean, boards)
	hits, others := make([]int, boards), make([]int, boards)
	places := float64(len(s.board.Places))
	err = l.Each(ctx, "boards", boards, func(i int, rnd *rand.Rand) error {
		text := s.text(rnd)
		written, f := s.written(text), raw.New(s.w.Width, s.w.Height)
		view := on.Open(delivery(s.w, nonce, rnd.Uint64()))
		noise, lots := rnd.Uint64(), rnd.Uint64()
		sum := newSum(s.w)
		var first *glass.Planes
		var at, share []float64
		frames := 0
		for _, n := range counts {
			for ; frames < n; frames++ {
				s.take(written, noise+uint64(frames), f)
				p := view.Show(f)
				sum.add(p)
				if first == nil {
					first = keep(p)
				}
				if !alikeBehind(first, p, s.w) {
					others[i]++
				}
			}
			// The same lots each time: what does not change is read the same.
			guess := s.read(sum.mean(), rand.New(rand.NewPCG(lots, 1)))
			hits[i] = alikeLetters(text, guess)
			at, share = append(at, math.Log10(float64(n))), append(share, float64(hits[i])/places)
			if i == 0 && n == counts[len(counts)-1] {
				s.show(l, seen, text, guess, f, sheet.I420(view.Show(f)))
			}
		}
		slopes[i] = stats.Slope(at, share)
		return ctx.Err()
	})
	last.Of, changed.Of = boards*len(s.board.Places), boards*(counts[len(counts)-1]-1)
	for i, n := range hits {
		last.Hits += n
		changed.Hits += others[i]
	}
	return slopes, last, changed, err
}

// alikeBehind reports whether two pictures are the same but for the zone, which the first is given of the second.
func alikeBehind(first, p *glass.Planes, w *room.World) bool {
	subject.Reveal(first.Y, first.Cb, first.Cr, &raw.Frame{Width: p.Width, Height: p.Height, Y: p.Y, Cb: p.Cb, Cr: p.Cr}, w.Zone)
	return same(first, p)
}

// sum is pictures added up.
type sum struct {
	n         uint32
	y, cb, cr []uint32
	out       *glass.Planes
}

func newSum(w *room.World) *sum {
	n := w.Width * w.Height
	return &sum{y: make([]uint32, n), cb: make([]uint32, n/4), cr: make([]uint32, n/4), out: glass.NewPlanes(w.Width, w.Height)}
}

func (s *sum) add(p *glass.Planes) {
	s.n++
	for _, c := range [3]struct {
		to   []uint32
		from []byte
	}{{s.y, p.Y}, {s.cb, p.Cb}, {s.cr, p.Cr}} {
		to := c.to[:len(c.from)]
		for i, v := range c.from {
			to[i] += uint32(v)
		}
	}
}

// mean is the mean of all so far, rounded. It is good until the next call.
func (s *sum) mean() *glass.Planes {
	for _, c := range [3]struct {
		from []uint32
		to   []byte
	}{{s.y, s.out.Y}, {s.cb, s.out.Cb}, {s.cr, s.out.Cr}} {
		for i, v := range c.from {
			c.to[i] = byte((v + s.n/2) / s.n)
		}
	}
	return s.out
}
