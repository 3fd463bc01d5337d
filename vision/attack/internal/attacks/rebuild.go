package attacks

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"vestibule/vision/attack/internal/lab"
	"vestibule/vision/attack/internal/room"
	"vestibule/vision/attack/internal/sheet"
	"vestibule/vision/attack/internal/subject"
	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
)

// studio is where pictures of rooms are rebuilt from what is seen of them. What counts is how much nearer the
// truth the rebuilt picture is than the mean of many other rooms, which anybody may guess.
type studio struct {
	*room.World
	l      *lab.Lab
	hidden []int
	mean   []float64 // the mean room's luma, all pixels
	door   *room.Picture
	seeds  []uint64
}

// newStudio draws the mean of a number of rooms.
func newStudio(ctx context.Context, l *lab.Lab, width, height, rooms int) (*studio, error) {
	w, err := room.NewWorld(width, height)
	if err != nil {
		return nil, err
	}
	s := &studio{World: w, l: l, hidden: w.Hidden(), mean: make([]float64, width*height), seeds: make([]uint64, 400)}
	rnd := l.Rand("studio")
	s.door = room.Outside(w, rnd.Uint64(), 0.5)
	for i := range s.seeds {
		s.seeds[i] = rnd.Uint64()
	}
	var all []*raw.Frame
	for range rooms {
		all = append(all, raw.New(width, height))
	}
	err = l.Each(ctx, "mean room", rooms, func(i int, rnd *rand.Rand) error {
		w.Take(room.Shot{Inside: room.Room{Seed: rnd.Uint64()}.Draw(w), Outside: s.door, Still: true}, all[i])
		return nil
	})
	for _, f := range all {
		for i, v := range f.Y {
			s.mean[i] += float64(v) / float64(rooms)
		}
	}
	return s, err
}

// truth is a room as it is, without noise.
func (s *studio) truth(p *room.Picture) []float64 {
	f := raw.New(s.Width, s.Height)
	s.Take(room.Shot{Inside: p, Outside: s.door, Still: true}, f)
	return floats(f.Y)
}

func floats(b []byte) []float64 {
	v := make([]float64, len(b))
	for i := range b {
		v[i] = float64(b[i])
	}
	return v
}

// trial says how a redaction is tried: how many rooms of the attacker's own, how many that he does not know, and
// where on the sheet the last of them goes.
type trial struct {
	on                 subject.Redaction
	own, unknown       int
	truth, seen, guess sheet.Column // none for not at all
}

// rebuild has a redaction tried. record gives what is seen of a room, and the picture for the sheet; each way
// makes of that a room's luma (all pixels; the shown ones do not count). The way that does best on the
// attacker's own rooms is used on those that he does not know.
//
// What a way gives is first put right as a straight line can: its mean over his own rooms is taken for the
// mean room, and its deviation scaled to fit his own rooms best. Returned are the gains over the mean room in
// dB, room by room.
func rebuild[T any](ctx context.Context, s *studio, t trial, record func(p *room.Picture, rnd *rand.Rand) (T, *glass.Planes), ways ...func(T) []float64) (lab.Mean, error) {
	n, own := t.own+t.unknown, t.own
	truths := make([][]float64, n)
	guesses := make([][][]float64, n)
	err := s.l.Each(ctx, "rooms", n, func(i int, rnd *rand.Rand) error {
		p := room.Room{Seed: s.seeds[i]}.Draw(s.World)
		truths[i] = s.truth(p)
		seen, picture := record(p, rnd)
		for _, way := range ways {
			guesses[i] = append(guesses[i], way(seen))
		}
		if i == n-1 && t.seen != none {
			s.l.Show(sheet.Picture{Column: t.seen, Caption: t.on.Name, Image: sheet.I420(picture)})
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	var best lab.Mean
	var picture []float64
	most := math.Inf(-1)
	for m := range ways {
		middle, gain := s.fit(truths[:own], guesses[:own], m)
		if v := lab.Mean(s.gains(truths[:own], guesses[:own], m, middle, gain, nil)).Value(); v > most {
			picture = make([]float64, len(s.mean))
			most, best = v, s.gains(truths[own:], guesses[own:], m, middle, gain, picture)
		}
	}
	if t.truth != none {
		s.l.Show(sheet.Picture{Column: t.truth, Caption: "the room", Image: sheet.Luma(s.Width, truths[n-1])})
	}
	if t.guess != none {
		s.l.Show(sheet.Picture{Column: t.guess, Caption: fmt.Sprintf("%+.1f dB\nover the mean room", math.Round(10*best[len(best)-1])/10+0), Image: sheet.Luma(s.Width, picture)})
	}
	return best, nil
}

// fit returns a method's mean over rooms, and by how much its deviation has to be scaled.
func (s *studio) fit(truths [][]float64, guesses [][][]float64, m int) (middle []float64, gain float64) {
	middle = make([]float64, len(s.mean))
	for _, g := range guesses {
		for i, v := range g[m] {
			middle[i] += v / float64(len(guesses))
		}
	}
	var with, self float64
	for r, g := range guesses {
		for _, i := range s.hidden {
			d := g[m][i] - middle[i]
			with += d * (truths[r][i] - s.mean[i])
			self += d * d
		}
	}
	if self < 1e-6 {
		return middle, 0
	}
	return middle, with / self
}

// gains returns how much nearer to the truth than the mean room a method comes, in dB, and leaves the last
// picture in into.
func (s *studio) gains(truths [][]float64, guesses [][][]float64, m int, middle []float64, gain float64, into []float64) []float64 {
	var out []float64
	for r, g := range guesses {
		var was, left float64
		for _, i := range s.hidden {
			rebuilt := min(max(s.mean[i]+gain*(g[m][i]-middle[i]), 16), 235)
			d, e := truths[r][i]-rebuilt, truths[r][i]-s.mean[i]
			left, was = left+d*d, was+e*e
			if into != nil {
				into[i] = rebuilt
			}
		}
		out = append(out, 10*math.Log10(was/max(left, 1e-9)))
	}
	if into != nil {
		last := truths[len(truths)-1]
		for i := range into {
			if s.Zone.Shown(i%s.Width, i/s.Width) {
				into[i] = last[i]
			}
		}
	}
	return out
}
