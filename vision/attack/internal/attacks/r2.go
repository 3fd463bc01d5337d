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

// Gallery has a picture of each of 100 homes and asks which of them a redacted picture is of. It redacts its
// own pictures the same way and takes the nearest: by pixels, by cosine coefficients, by edges and by
// histograms.
func Gallery() *lab.Attack { return &lab.Attack{ID: "R2", Name: "which home of 100", Run: gallery} }

const homesInGallery = 100

// views are the ways to compare two pictures.
var views = [...]string{"pixels", "cosines", "edges", "histogram"}

func gallery(ctx context.Context, l *lab.Lab) ([]lab.Row, error) {
	g, err := newGallery(l)
	if err != nil {
		return nil, err
	}
	few := l.Pick(100, 1000)
	frosted, err := g.match(ctx, l.Frosted, l.Pick(500, 3500), sheet.FrostedSeen)
	if err != nil {
		return nil, err
	}
	blur, err := g.match(ctx, l.Blur, few, sheet.BlurSeen)
	if err != nil {
		return nil, err
	}
	tint, err := g.match(ctx, l.Tint, few, none)
	if err != nil {
		return nil, err
	}
	tiles, err := g.match(ctx, subject.Mosaic(16), l.Pick(100, 1000), sheet.ControlSeen)
	if err != nil {
		return nil, err
	}
	var rows []lab.Row
	for i, v := range views {
		rows = append(rows, lab.Row{Subject: "frosted", Metric: "rank-1 of 100, " + v, Unit: lab.Percent,
			Found: frosted[i], Rule: lab.ChanceAlone(1. / homesInGallery)})
	}
	for i, v := range views {
		rows = append(rows, lab.Row{Subject: "blur", Metric: "rank-1 of 100, " + v, Unit: lab.Percent,
			Found: blur[i], Rule: lab.NoMoreThan(tint[i], 0)})
	}
	best := tiles[0]
	for _, t := range tiles {
		if t.Hits > best.Hits {
			best = t
		}
	}
	return append(rows, lab.Row{Subject: subject.Mosaic(16).Name, Metric: "rank-1 of 100, best", Unit: lab.Percent,
		Found: best, Rule: lab.Breaks(0.9)}), nil
}

type galleryWorld struct {
	*room.World
	l     *lab.Lab
	homes [homesInGallery]*room.Picture
	door  *room.Picture
	nonce [16]byte
}

func newGallery(l *lab.Lab) (*galleryWorld, error) {
	w, err := room.NewWorld(320, 240)
	if err != nil {
		return nil, err
	}
	g := &galleryWorld{World: w, l: l, nonce: l.Nonce("gallery")}
	rnd := l.Rand("homes")
	for i := range g.homes {
		g.homes[i] = room.Room{Seed: rnd.Uint64()}.Draw(w)
	}
	g.door = room.Outside(w, rnd.Uint64(), 0.5)
	return g, nil
}

// shot takes a home, in the attacker's light or another.
func (g *galleryWorld) shot(home int, rnd *rand.Rand, into *raw.Frame) {
	s := room.Shot{Inside: g.homes[home], Outside: g.door, OutsideNoise: rnd.Uint64(), Noise: rnd.Uint64()}
	if rnd.IntN(8) != 0 {
		s.Light = 0.75 + 0.35*rnd.Float64()
		s.ShakeX, s.ShakeY = shake(rnd, 3), shake(rnd, 3)
	}
	g.Take(s, into)
}

// match redacts n pictures and says for each view how many were given to the right home. Ties are broken by
// chance, so that glass that looks the same for every home is guessed at, and not given to the first.
func (g *galleryWorld) match(ctx context.Context, on subject.Redaction, n int, seen sheet.Column) ([len(views)]lab.Share, error) {
	const pictures = 3 // of each home
	var of [homesInGallery][pictures][len(views)][]float64
	at := newLooker(g.World)
	err := g.l.Each(ctx, "gallery", homesInGallery, func(i int, rnd *rand.Rand) error {
		f := raw.New(g.Width, g.Height)
		for k := range pictures {
			g.shot(i, rnd, f)
			of[i][k] = at.look(on.Open(delivery(g.World, g.nonce, rnd.Uint64())).Show(f))
		}
		return nil
	})
	var out [len(views)]lab.Share
	if err != nil {
		return out, err
	}
	right := make([][len(views)]bool, n)
	err = g.l.Each(ctx, "matching", n, func(i int, rnd *rand.Rand) error {
		f := raw.New(g.Width, g.Height)
		home := rnd.IntN(homesInGallery)
		g.shot(home, rnd, f)
		p := on.Open(delivery(g.World, g.nonce, rnd.Uint64())).Show(f)
		looks := at.look(p)
		for v := range views {
			best, near, ties := -1, math.Inf(1), 0
			for k := range of {
				for _, pic := range of[k] {
					d := distance(looks[v], pic[v])
					if d == near && k != best {
						if ties++; rnd.IntN(ties) == 0 {
							best = k
						}
					} else if d < near {
						best, near, ties = k, d, 1
					}
				}
			}
			right[i][v] = best == home
			if i == 0 && v == 0 {
				g.show(seen, f, p, home, best)
			}
		}
		return nil
	})
	for _, r := range right {
		for v := range views {
			out[v].Of++
			if r[v] {
				out[v].Hits++
			}
		}
	}
	return out, err
}

func (g *galleryWorld) show(seen sheet.Column, f *raw.Frame, p *glass.Planes, home, guess int) {
	if seen == none {
		return
	}
	if seen == sheet.FrostedSeen {
		g.l.Show(sheet.Picture{Column: sheet.Truth, Caption: fmt.Sprintf("home %d", home), Image: photo(f)})
	}
	g.l.Show(sheet.Picture{Column: seen, Caption: fmt.Sprintf("home %d", home), Image: sheet.I420(p)})
	verdict := "wrong"
	if guess == home {
		verdict = "right"
	}
	taken := raw.New(g.Width, g.Height)
	g.Take(room.Shot{Inside: g.homes[guess], Outside: g.door}, taken)
	g.l.Show(sheet.Picture{Column: seen + 1, Caption: fmt.Sprintf("it says home %d: %s", guess, verdict), Image: photo(taken)})
}

// looker compares pictures by their hidden part.
type looker struct {
	grid *grid
	cols int
	wave [][]float64 // cosines over the grid's places
}

func newLooker(w *room.World) *looker {
	k := &looker{grid: newGrid(w, 8), cols: w.Width / 8}
	for u := range 8 {
		for v := range 8 {
			if u+v == 0 {
				continue // how bright it is, is the light's
			}
			line := make([]float64, len(k.grid.places))
			for i, at := range k.grid.places {
				line[i] = math.Cos(math.Pi*float64(u)*(float64(at[0])+4)/float64(w.Width)) *
					math.Cos(math.Pi*float64(v)*(float64(at[1])+4)/float64(w.Height))
			}
			k.wave = append(k.wave, line)
		}
	}
	return k
}

// look returns a picture as each of the views has it.
func (k *looker) look(p *glass.Planes) (out [len(views)][]float64) {
	raw := make([]float64, k.grid.size())
	k.grid.look(p, raw)
	n := len(k.grid.places)
	planes := [3][]float64{make([]float64, n), make([]float64, n), make([]float64, n)}
	for i := range n {
		planes[0][i], planes[1][i], planes[2][i] = raw[4*i], raw[4*i+2], raw[4*i+3]
	}
	for _, pl := range planes {
		out[0] = append(out[0], pl...)
		for _, line := range k.wave {
			var sum float64
			for i, v := range line {
				sum += v * pl[i]
			}
			out[1] = append(out[1], sum)
		}
	}
	for i := 1; i < n; i++ {
		if a, b := k.grid.places[i-1], k.grid.places[i]; a[1] == b[1] && b[0]-a[0] == k.grid.side {
			out[2] = append(out[2], planes[0][i]-planes[0][i-1])
		}
	}
	hist := make([]float64, 3*16)
	for c, pl := range planes {
		for _, v := range pl {
			hist[16*c+min(max(int(v)/16, 0), 15)]++
		}
	}
	out[3] = hist
	return out
}
