package attacks

import (
	"context"
	"fmt"
	"math/rand/v2"

	"vestibule/vision/attack/internal/lab"
	"vestibule/vision/attack/internal/room"
	"vestibule/vision/attack/internal/sheet"
	"vestibule/vision/attack/internal/subject"
	"vestibule/vision/internal/raw"
)

// LeftOrRight is the game by which ciphers are judged. The attacker picks two interiors; one of the two, by
// the toss of a coin, is redacted; he says which. He has learned from as many redactions of both as he
// liked, and guesses by the best of four ways: single squares' statistics, Fisher's discriminant, nearest
// neighbours, ridge regression.
//
// In the first game somebody stands on the left or on the right. In the second the two interiors have the
// same tint and are otherwise nothing alike: what blurred glass tells beyond its tint would show there.
func LeftOrRight() *lab.Attack { return &lab.Attack{ID: "R1", Name: "left or right", Run: leftOrRight} }

// game is two interiors and a way to take a frame of either.
type game struct {
	what string
	take func(right bool, rnd *rand.Rand, into *raw.Frame)
}

func leftOrRight(ctx context.Context, l *lab.Lab) ([]lab.Row, error) {
	w, err := room.NewWorld(320, 240)
	if err != nil {
		return nil, err
	}
	person, twins := personGame(l, w), twinGame(l, w)
	many, few := l.Pick(10_000, 140_000), l.Pick(120, 2000)
	play := func(g game, on subject.Redaction, learn, n int, each bool, seen sheet.Column) (lab.Edge, error) {
		p := &player{l: l, w: w, g: g, on: on, each: each, grid: newGrid(w, 16), seen: seen}
		return p.play(ctx, learn, n)
	}
	frosted, err := play(person, l.Frosted, l.Pick(200, 2000), many, false, sheet.FrostedSeen)
	if err != nil {
		return nil, err
	}
	// What a delivery has settled with its first frame shows only if each trial is a delivery.
	fresh, err := play(person, l.Frosted, few, 3*few, true, none)
	if err != nil {
		return nil, err
	}
	blurred, err := play(person, l.Blur, few, few, true, sheet.BlurSeen)
	if err != nil {
		return nil, err
	}
	tint, err := play(person, l.Tint, few, few, true, none)
	if err != nil {
		return nil, err
	}
	frostedTwins, err := play(twins, l.Frosted, l.Pick(200, 2000), many/4, false, none)
	if err != nil {
		return nil, err
	}
	blurredTwins, err := play(twins, l.Blur, few, few, true, none)
	if err != nil {
		return nil, err
	}
	soft, err := play(person, subject.Gauss(32), l.Pick(100, 400), l.Pick(40, 400), false, sheet.ControlSeen)
	if err != nil {
		return nil, err
	}
	tiles, err := play(twins, subject.Mosaic(16), l.Pick(60, 400), l.Pick(60, 400), false, none)
	if err != nil {
		return nil, err
	}
	most := 0.01
	if l.Quick {
		most = 0.05
	}
	row := func(on, what string, e lab.Edge, r lab.Rule) lab.Row {
		return lab.Row{Subject: on, Metric: "advantage, " + what, Found: e, Rule: r}
	}
	return []lab.Row{
		row("frosted", person.what+", many to a delivery", frosted, lab.AtMost(most)),
		row("frosted", person.what, fresh, lab.Chance(0)),
		row("frosted", twins.what, frostedTwins, lab.Chance(0)),
		row("blur", person.what, blurred, lab.NoMoreThan(tint, 0)),
		row("blur", twins.what, blurredTwins, lab.Chance(0)),
		row(subject.Gauss(32).Name, person.what, soft, lab.Breaks(0.9)),
		row(subject.Mosaic(16).Name, twins.what, tiles, lab.Breaks(0.9)),
	}, nil
}

// none is the column of pictures that are not shown.
const none = sheet.Column(-1)

// personGame has somebody on the left or on the right of one of a few rooms, in changing light.
func personGame(l *lab.Lab, w *room.World) game {
	rnd := l.Rand("person")
	const rooms = 8
	var inside [rooms][2]*room.Picture
	for i := range inside {
		seed := rnd.Uint64()
		inside[i] = [2]*room.Picture{room.Room{Seed: seed, Person: 0.17}.Draw(w), room.Room{Seed: seed, Person: 0.83}.Draw(w)}
	}
	door := room.Outside(w, rnd.Uint64(), 0.5)
	return game{"person left or right", func(right bool, rnd *rand.Rand, into *raw.Frame) {
		side := 0
		if right {
			side = 1
		}
		w.Take(room.Shot{
			Inside: inside[rnd.IntN(rooms)][side], Outside: door, Light: 0.8 + 0.3*rnd.Float64(),
			ShakeX: shake(rnd, 4), ShakeY: shake(rnd, 4), Noise: rnd.Uint64(), OutsideNoise: rnd.Uint64(),
		}, into)
	}}
}

// twinGame has a room and another one of the same tint: see room.World.Twin.
func twinGame(l *lab.Lab, w *room.World) game {
	rnd := l.Rand("twins")
	var twin [2]*raw.Frame
	for i := range twin {
		twin[i] = raw.New(w.Width, w.Height)
	}
	inside, door := room.Room{Seed: rnd.Uint64()}.Draw(w), room.Outside(w, rnd.Uint64(), 0.5)
	for _, f := range twin {
		w.Take(room.Shot{Inside: inside, Outside: door, Still: true}, f)
	}
	w.Twin(twin[1], rnd)
	return game{"two rooms of one tint", func(right bool, rnd *rand.Rand, into *raw.Frame) {
		f := twin[0]
		if right {
			f = twin[1]
		}
		w.Grain(f, rnd.Uint64(), into)
	}}
}

// player plays a game against one redaction.
type player struct {
	l    *lab.Lab
	w    *room.World
	g    game
	on   subject.Redaction
	each bool // every trial is a delivery of its own
	grid *grid
	seen sheet.Column
}

// session is how many trials share a delivery, where they do.
const session = 100

// play learns and then plays n times.
func (p *player) play(ctx context.Context, learn, n int) (lab.Edge, error) {
	examples := make([]example, learn+learn/2)
	err := p.trials(ctx, "learning", len(examples), func(i int, e example, _ *rand.Rand) { examples[i] = e })
	if err != nil {
		return lab.Edge{}, err
	}
	guess, err := bestGuesser(examples[:learn], examples[learn:], p.l.Rand("guesser", p.g.what))
	if err != nil {
		return lab.Edge{}, err
	}
	won := make([]bool, n)
	err = p.trials(ctx, "playing", n, func(i int, e example, rnd *rand.Rand) { won[i] = sign(guess(e.seen), rnd) == e.right })
	if err != nil {
		return lab.Edge{}, err
	}
	hits := 0
	for _, ok := range won {
		if ok {
			hits++
		}
	}
	out := lab.Edge{Share: lab.Share{Hits: hits, Of: n}}
	p.show(out)
	return out, nil
}

// trials tosses the coin n times and gives what is seen.
func (p *player) trials(ctx context.Context, what string, n int, then func(i int, e example, rnd *rand.Rand)) error {
	share := session
	if p.each {
		share = 1
	}
	nonce := p.l.Nonce("game")
	return p.l.Each(ctx, p.g.what+", "+what, (n+share-1)/share, func(s int, rnd *rand.Rand) error {
		view := p.on.Open(delivery(p.w, nonce, rnd.Uint64()))
		f := raw.New(p.w.Width, p.w.Height)
		for i := s * share; i < min((s+1)*share, n); i++ {
			right := rnd.IntN(2) == 0
			p.g.take(right, rnd, f)
			seen := make([]float64, p.grid.size())
			p.grid.look(view.Show(f), seen)
			then(i, example{seen, right}, rnd)
		}
		return nil
	})
}

func (p *player) show(e lab.Edge) {
	if p.seen == none {
		return
	}
	f := raw.New(p.w.Width, p.w.Height)
	for i, right := range []bool{false, true} {
		rnd := p.l.Rand("show")
		p.g.take(right, rnd, f)
		seen := sheet.I420(p.on.Open(delivery(p.w, p.l.Nonce("game"), 1)).Show(f))
		caption := "somebody on the left"
		if right {
			caption = fmt.Sprintf("on the right: told from left in %.1f\u00a0%% of cases", 100*e.Share.Value())
		}
		p.l.Show(sheet.Picture{Column: p.seen + sheet.Column(i), Caption: caption, Image: seen})
		if right {
			p.l.Show(sheet.Picture{Column: sheet.Truth, Caption: "somebody on the right, or on the left", Image: photo(f)})
		}
	}
}
