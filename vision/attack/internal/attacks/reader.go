package attacks

import (
	"math"
	"math/rand/v2"

	"vestibule/vision/attack/internal/font"
	"vestibule/vision/attack/internal/room"
	"vestibule/vision/attack/internal/subject"
	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
)

// scanner reads letters by synthesis (Hill et al. 2016; Depix): whatever is seen is a few means of what is
// there, so it puts every letter of the alphabet in every place and keeps those whose means fit best.
type scanner struct {
	w     *room.World
	board room.Board
	clean *raw.Frame // the room with the board and without letters
	cell  []int      // the mean that each pixel goes into; -1 for none
	share []float64  // what one pixel is of each mean
	base  []float64  // the means without letters
	half  float64    // how far what is seen may lie from the mean by rounding alone
	parts [][][]part // by place and letter: what the letter takes from which means
	see   func(p *glass.Planes) []float64
}

type part struct {
	cell int
	off  float64
}

// newScanner prepares to read a board. cell and half are how the redaction makes its means, see how the
// attacker reads them from a picture.
func newScanner(w *room.World, b room.Board, seed uint64, cell func(x, y int) int, cells int, half float64, see func(*glass.Planes) []float64) *scanner {
	s := &scanner{w: w, board: b, clean: raw.New(w.Width, w.Height), cell: make([]int, w.Width*w.Height),
		share: make([]float64, cells), base: make([]float64, cells), half: half, see: see}
	w.Take(room.Shot{Inside: room.Room{Seed: seed}.Draw(w), Outside: room.Outside(w, seed, 0.5), Still: true}, s.clean)
	b.Hang(w, s.clean)
	for i := range s.cell {
		s.cell[i] = cell(i%w.Width, i/w.Width)
		if s.cell[i] >= 0 {
			s.share[s.cell[i]]++
		}
	}
	for c, n := range s.share {
		s.share[c] = 1 / max(n, 1)
	}
	for i, c := range s.cell {
		if c >= 0 {
			s.base[c] += float64(s.clean.Y[i]) * s.share[c]
		}
	}
	s.parts = make([][][]part, len(b.Places))
	for place := range b.Places {
		s.parts[place] = make([][]part, len(font.Alphabet))
		for letter := range font.Alphabet {
			off := map[int]float64{}
			var order []int
			b.Ink(w, letter, place, func(i int) {
				if c := s.cell[i]; c >= 0 {
					if _, ok := off[c]; !ok {
						order = append(order, c)
					}
					off[c] += room.Contrast * s.share[c]
				}
			})
			for _, c := range order {
				s.parts[place][letter] = append(s.parts[place][letter], part{c, off[c]})
			}
		}
	}
	return s
}

// tileScanner reads mosaics of a cell's size.
func tileScanner(w *room.World, b room.Board, seed uint64, cell int) *scanner {
	cols := (w.Width + cell - 1) / cell
	at := func(x, y int) int { return y/cell*cols + x/cell }
	s := newScanner(w, b, seed, at, cols*((w.Height+cell-1)/cell), 0.75, nil)
	s.see = func(p *glass.Planes) []float64 {
		v := make([]float64, len(s.base))
		for i, c := range s.cell {
			v[c] += float64(p.Y[i]) * s.share[c]
		}
		return v
	}
	return s
}

// glassScanner reads glass, as if it had been drawn with a tint.
func glassScanner(w *room.World, b room.Board, seed uint64, nonce [16]byte) (*scanner, error) {
	r, err := subject.NewReader(delivery(w, nonce, 0))
	if err != nil {
		return nil, err
	}
	at := func(x, y int) int {
		if w.Zone.Shown(x, y) {
			return -1
		}
		return y*glass.Rows/w.Height*glass.Cols + x*glass.Cols/w.Width
	}
	// What was rounded to a step is known to half a step, and the sensor's noise leaves a little doubt.
	return newScanner(w, b, seed, at, subject.Cells, subject.Step/2+0.2, r.Read), nil
}

// text throws the letters for a board.
func (s *scanner) text(rnd *rand.Rand) []int {
	t := make([]int, len(s.board.Places))
	for i := range t {
		t[i] = rnd.IntN(len(font.Alphabet))
	}
	return t
}

// take takes the n-th frame of a board with letters.
func (s *scanner) take(written *raw.Frame, seed uint64, into *raw.Frame) {
	s.w.Grain(written, seed, into)
}

// written returns the clean frame with letters on the board.
func (s *scanner) written(letters []int) *raw.Frame {
	f := raw.New(s.w.Width, s.w.Height)
	f.CopyFrom(s.clean)
	s.board.Write(s.w, letters, f)
	return f
}

// read guesses the letters from a picture: from a few random beginnings, each place in turn takes the letter
// that fits best with its neighbours, until nothing changes. Letters that fit equally well are drawn lots
// for.
func (s *scanner) read(p *glass.Planes, rnd *rand.Rand) []int {
	seen := s.see(p)
	var best []int
	least := math.Inf(1)
	for range 3 {
		guess := s.text(rnd)
		now := append([]float64(nil), s.base...)
		for place, letter := range guess {
			s.put(now, place, letter, -1)
		}
		for range 8 {
			changed := false
			for place := range guess {
				was := guess[place]
				s.put(now, place, was, 1)
				guess[place] = s.fit(now, seen, place, rnd)
				s.put(now, place, guess[place], -1)
				changed = changed || guess[place] != was
			}
			if !changed {
				break
			}
		}
		var off float64
		for c, v := range seen {
			off += s.miss(now[c], v)
		}
		if off < least {
			best, least = guess, off
		}
	}
	return best
}

func (s *scanner) put(means []float64, place, letter int, sign float64) {
	for _, p := range s.parts[place][letter] {
		means[p.cell] += sign * p.off
	}
}

// fit returns the letter that explains what is seen best at a place, the others being as they are.
func (s *scanner) fit(means, seen []float64, place int, rnd *rand.Rand) int {
	best, least, ties := 0, math.Inf(1), 0
	for letter, parts := range s.parts[place] {
		var off float64
		for _, p := range parts {
			off += s.miss(means[p.cell]-p.off, seen[p.cell]) - s.miss(means[p.cell], seen[p.cell])
		}
		switch {
		case math.Abs(off-least) < 1e-9:
			if ties++; rnd.IntN(ties) == 0 {
				best = letter
			}
		case off < least:
			best, least, ties = letter, off, 1
		}
	}
	return best
}

func (s *scanner) miss(mean, seen float64) float64 {
	d := max(math.Abs(mean-seen)-s.half, 0)
	return d * d
}

func alikeLetters(a, b []int) (hits int) {
	for i := range a {
		if a[i] == b[i] {
			hits++
		}
	}
	return hits
}
