package attacks

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"math/rand/v2"

	"vestibule/vision/attack/internal/lab"
	"vestibule/vision/attack/internal/room"
	"vestibule/vision/attack/internal/sheet"
	"vestibule/vision/attack/internal/subject"
	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
)

// Syntax looks at the encoded stream itself: kinds of blocks, motion vectors, quantisers, sizes. The
// encoder is deterministic, so instead of taking it apart this asks whether two homes that differ in the
// interior only give the same stream to the bit: then no element of its syntax can tell them apart. Then
// it plays the game of who walks about inside by the access units' sizes, which is all that somebody
// on the line between sees.
func Syntax() *lab.Attack {
	return &lab.Attack{ID: "R10", Name: "the encoder's syntax and sizes", Run: syntax}
}

const syntaxFrames = 12

func syntax(ctx context.Context, l *lab.Lab) ([]lab.Row, error) {
	w, err := room.NewWorld(320, 240)
	if err != nil {
		return nil, err
	}
	var rows []lab.Row
	for _, c := range []struct {
		on   way
		tint bool
		rule lab.Rule
		n    int
	}{
		{through(l.Frosted), false, lab.None(), l.Pick(40, 2000)},
		{through(l.Blur), true, lab.None(), l.Pick(40, 2000)},
		{maskAfter(), false, lab.Breaks(0.99), l.Pick(20, 100)},
	} {
		found, err := l.Count(ctx, c.on.name+", pairs", c.n, func(rnd *rand.Rand) (bool, error) {
			return streamsDiffer(l, w, c.on, c.tint, rnd)
		})
		if err != nil {
			return nil, err
		}
		on := c.on.name
		if c.tint {
			on += ", one tint given"
		}
		rows = append(rows, lab.Row{Subject: on, Metric: "pairs whose streams differ", Unit: lab.Count, Found: found, Rule: c.rule})
	}
	rooms := walkedIn(w)
	for _, c := range []struct {
		on   way
		rule lab.Rule
		n    int
		seen sheet.Column
	}{
		{through(l.Frosted), lab.Chance(0), l.Pick(150, 3000), sheet.FrostedSeen},
		{through(l.Blur), lab.Chance(0), l.Pick(150, 3000), sheet.BlurSeen},
		{maskAfter(), lab.Breaks(0.9), l.Pick(60, 400), sheet.ControlSeen},
	} {
		e, err := playSizes(ctx, l, w, rooms, c.on, c.n, c.seen)
		if err != nil {
			return nil, err
		}
		rows = append(rows, lab.Row{Subject: c.on.name, Metric: "advantage by sizes, somebody walks inside", Found: e, Rule: c.rule})
	}
	return rows, nil
}

// streamsDiffer films two homes through one doorway.
func streamsDiffer(l *lab.Lab, w *room.World, on way, tint bool, rnd *rand.Rand) (bool, error) {
	d := delivery(w, l.Nonce("syntax", rnd.Uint64()), rnd.Uint64())
	if tint {
		d.Tint = &glass.Tint{9, 8, 7, 6, 5, 4}
	}
	doorSeed, doorNoise := rnd.Uint64(), rnd.Uint64()
	extremes := room.Extremes()
	var outside [syntaxFrames]*room.Picture // drawn once for both
	for n := range outside {
		outside[n] = room.Outside(w, doorSeed, float64(n)/syntaxFrames)
	}
	was := -1
	film := func() (coded, error) {
		inside, extreme := room.Room{Seed: rnd.Uint64()}.Draw(w), rnd.IntN(2*len(extremes))
		for extreme == was { // black and black are one home
			extreme = rnd.IntN(2 * len(extremes))
		}
		if extreme < len(extremes) {
			was = extreme
		}
		door := raw.New(w.Width, w.Height)
		return on.send(d, syntaxFrames, func(n int, into *raw.Frame) {
			w.Take(room.Shot{Inside: inside, Outside: outside[n], Noise: rnd.Uint64(), OutsideNoise: doorNoise + uint64(n)}, into)
			if extreme < len(extremes) {
				door.CopyFrom(into)
				extremes[extreme].Fill(into, rnd, n)
				subject.Reveal(into.Y, into.Cb, into.Cr, door, w.Zone)
			}
		})
	}
	a, err := film()
	if err != nil {
		return false, err
	}
	b, err := film()
	return !bytes.Equal(a.bytes(), b.bytes()), err
}

// walks are a few rooms, each with somebody at as many places.
type walks [4][2 * syntaxFrames]*room.Picture

func walkedIn(w *room.World) *walks {
	var rooms walks
	for seed := range rooms {
		for k := range rooms[seed] {
			rooms[seed][k] = room.Room{Seed: uint64(seed), Person: 0.05 + 0.9*float64(k)/float64(len(rooms[seed]))}.Draw(w)
		}
	}
	return &rooms
}

// playSizes learns the sizes of access units of rooms in which somebody walks and of the same rooms in
// which nobody does, and then says which it is.
func playSizes(ctx context.Context, l *lab.Lab, w *room.World, rooms *walks, on way, n int, column sheet.Column) (lab.Edge, error) {
	learn := max(n/2, l.Pick(80, 80)) // both forms have enough to learn from; a rehearsal needs no more than a few
	all := make([]example, learn+learn/2+n)
	tint := &glass.Tint{9, 8, 7, 6, 5, 4}
	outside := room.Outside(w, 3, 0.5)
	err := l.Each(ctx, on.name+", sizes", len(all), func(i int, rnd *rand.Rand) error {
		walk, inside, from := rnd.IntN(2) == 1, &rooms[rnd.IntN(len(rooms))], rnd.IntN(2*syntaxFrames)
		doorNoise := rnd.Uint64()
		d := delivery(w, l.Nonce("sizes"), 1)
		d.Tint = tint
		sent, err := on.send(d, syntaxFrames, func(f int, into *raw.Frame) {
			at := from
			if walk {
				at = (from + f) % len(inside)
			}
			w.Take(room.Shot{Inside: inside[at], Outside: outside, Noise: rnd.Uint64(), OutsideNoise: doorNoise + uint64(f)}, into)
		})
		if err != nil {
			return err
		}
		seen := make([]float64, syntaxFrames)
		for k, unit := range sent {
			seen[k] = float64(len(unit))
		}
		all[i] = example{seen, walk}
		return nil
	})
	if err != nil {
		return lab.Edge{}, err
	}
	guess, err := bestGuesser(all[:learn], all[learn:learn+learn/2], l.Rand("sizes", on.name))
	if err != nil {
		return lab.Edge{}, err
	}
	rnd, hits := l.Rand("coin", on.name), 0
	for _, e := range all[learn+learn/2:] {
		if sign(guess(e.seen), rnd) == e.right {
			hits++
		}
	}
	if column == sheet.FrostedSeen {
		two := [2]*raw.Frame{raw.New(w.Width, w.Height), raw.New(w.Width, w.Height)}
		for i, f := range two {
			w.Take(room.Shot{Inside: rooms[i][syntaxFrames/2+i*syntaxFrames], Outside: outside}, f)
		}
		l.Show(sheet.Picture{Column: sheet.Truth, Caption: "two homes behind one doorway, somebody walks in them or stands", Image: sheet.Pair(photo(two[0]), photo(two[1]))})
	}
	l.Show(sheet.Picture{Column: column, Caption: "a line is a stream, a square one picture's size: light is large. Above nobody walks, below somebody", Image: bars(all)})
	l.Show(sheet.Picture{Column: column + 1, Words: fmt.Sprintf("by the sizes, whether somebody walks is guessed right in %.1f\u00a0%% of cases", 100*float64(hits)/float64(n)), Caption: on.name})
	return lab.Edge{Share: lab.Share{Hits: hits, Of: n}}, nil
}

// bars draws the sizes of a few streams with somebody and a few without, lighter where larger.
func bars(all []example) image.Image {
	const cell, each = 16, 6
	width, height := syntaxFrames*cell, 2*each*cell
	v, most := make([]float64, width*height), 1.0
	for i := range v {
		v[i] = 16
	}
	var rows [2][]example
	for _, e := range all {
		if k := class(e); len(rows[k]) < each {
			rows[k] = append(rows[k], e)
			for _, s := range e.seen[1:] {
				most = max(most, s)
			}
		}
	}
	for k := range rows {
		for r, e := range rows[k] {
			for n, s := range e.seen {
				for y := 1; y < cell; y++ {
					for x := 1; x < cell; x++ {
						v[((k*each+r)*cell+y)*width+n*cell+x] = 16 + 219*min(s/most, 1)
					}
				}
			}
		}
	}
	return sheet.Luma(width, v)
}
