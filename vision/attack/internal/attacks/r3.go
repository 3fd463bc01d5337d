package attacks

import (
	"context"
	"fmt"
	"image"
	"math/rand/v2"

	"vestibule/vision/attack/internal/font"
	"vestibule/vision/attack/internal/lab"
	"vestibule/vision/attack/internal/room"
	"vestibule/vision/attack/internal/sheet"
	"vestibule/vision/attack/internal/subject"
	"vestibule/vision/internal/raw"
)

// Letters reads what hangs on a wall by synthesis. The letters stand apart, one to a cell where they are small,
// so none hides behind another.
func Letters() *lab.Attack { return &lab.Attack{ID: "R3", Name: "reading letters", Run: letters} }

func letters(ctx context.Context, l *lab.Lab) ([]lab.Row, error) {
	w, err := room.NewWorld(320, 240)
	if err != nil {
		return nil, err
	}
	var rows []lab.Row
	one := 1. / float64(len(font.Alphabet))
	want := l.Pick(700, 7000) // letters of each size
	for _, point := range [...]int{1, 2, 4, 8} {
		b := room.NewBoard(w, point)
		nonce := l.Nonce("board", point)
		s, err := glassScanner(w, b, l.Seed, nonce)
		if err != nil {
			return nil, err
		}
		boards := (want + len(b.Places) - 1) / len(b.Places)
		big := point == 4
		metric := fmt.Sprintf("letters %d px high, %.2f of a cell", b.High(), float64(b.High())/(float64(w.Height)/9))
		frosted, err := readAll(ctx, l, s, l.Frosted, nonce, boards, column(big, sheet.FrostedSeen))
		if err != nil {
			return nil, err
		}
		blur, err := readAll(ctx, l, s, l.Blur, nonce, boards, column(big, sheet.BlurSeen))
		if err != nil {
			return nil, err
		}
		tint, err := readAll(ctx, l, s, l.Tint, nonce, boards, none)
		if err != nil {
			return nil, err
		}
		rows = append(rows,
			lab.Row{Subject: "frosted", Metric: metric, Unit: lab.Percent, Found: frosted, Rule: lab.Chance(one)},
			lab.Row{Subject: "blur", Metric: metric, Unit: lab.Percent, Found: blur, Rule: lab.NoMoreThan(tint, 0)})
		if big {
			on := subject.Mosaic(b.High() / 4)
			tiles, err := readAll(ctx, l, tileScanner(w, b, l.Seed, b.High()/4), on, nonce, boards, sheet.ControlSeen)
			if err != nil {
				return nil, err
			}
			rows = append(rows, lab.Row{Subject: on.Name, Metric: metric, Unit: lab.Percent, Found: tiles, Rule: lab.Breaks(0.9)})
		}
	}
	return rows, nil
}

func column(show bool, c sheet.Column) sheet.Column {
	if show {
		return c
	}
	return none
}

// readAll has a number of boards redacted and read.
func readAll(ctx context.Context, l *lab.Lab, s *scanner, on subject.Redaction, nonce [16]byte, boards int, seen sheet.Column) (lab.Share, error) {
	hits := make([]int, boards)
	err := l.Each(ctx, fmt.Sprint("boards of point ", s.board.Point), boards, func(i int, rnd *rand.Rand) error {
		text := s.text(rnd)
		written, f := s.written(text), raw.New(s.w.Width, s.w.Height)
		s.take(written, rnd.Uint64(), f)
		p := on.Open(delivery(s.w, nonce, rnd.Uint64())).Show(f)
		guess := s.read(p, rnd)
		hits[i] = alikeLetters(text, guess)
		if i == 0 && seen != none {
			s.show(l, seen, text, guess, f, sheet.I420(p))
		}
		return nil
	})
	sum := lab.Share{Of: boards * len(s.board.Places)}
	for _, n := range hits {
		sum.Hits += n
	}
	return sum, err
}

func (s *scanner) show(l *lab.Lab, seen sheet.Column, text, guess []int, f *raw.Frame, p image.Image) {
	if seen == sheet.FrostedSeen {
		l.Show(sheet.Picture{Column: sheet.Truth, Caption: "a board of letters", Image: photo(f)})
	}
	l.Show(sheet.Picture{Column: seen, Caption: fmt.Sprintf("letters of %d px", s.board.High()), Image: p})
	l.Show(sheet.Picture{Column: seen + 1, Image: photo(s.written(guess)),
		Caption: fmt.Sprintf("%d of %d right", alikeLetters(text, guess), len(text))})
}
