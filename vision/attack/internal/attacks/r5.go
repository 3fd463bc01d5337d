package attacks

import (
	"context"
	"fmt"
	"math/rand/v2"

	"vestibule/vision/attack/internal/lab"
	"vestibule/vision/attack/internal/room"
	"vestibule/vision/attack/internal/sheet"
	"vestibule/vision/attack/internal/subject"
	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
)

// SuperResolution takes many frames of a camera that shakes, each of which tells the means of other cells of
// the scene, and looks for the one picture that explains them all: it starts from the mean room and puts what
// is missing of each mean into its cell, over and over (back-projection; Irani, Peleg 1991). It knows how the
// camera moved and how the grid did.
func SuperResolution() *lab.Attack {
	return &lab.Attack{ID: "R5", Name: "super-resolution over time", Run: superResolution}
}

func superResolution(ctx context.Context, l *lab.Lab) ([]lab.Row, error) {
	s, err := newStudio(ctx, l, 160, 128, 60)
	if err != nil {
		return nil, err
	}
	many := l.Pick(49, 100)
	own, unknown := l.Pick(6, 12), l.Pick(8, 30)
	nonce := l.Nonce("studio")
	reader, err := subject.NewReader(delivery(s.World, nonce, 0))
	if err != nil {
		return nil, err
	}
	through := recorder{s: s, nonce: nonce, frames: many, rounds: l.Pick(30, 50), cut: s.tintCut,
		read: func(p *glass.Planes, _ *cut) []float64 { return reader.Read(p) }}
	run := func(on subject.Redaction, r recorder, columns ...sheet.Column) (lab.Mean, error) {
		r.on = on
		t := trial{on: on, own: own, unknown: unknown, truth: columns[0], seen: columns[1], guess: columns[2]}
		// He may as well leave out all frames but the first.
		return rebuild(ctx, s, t, r.record, r.explain, func(all []told) []float64 { return r.explain(all[:1]) })
	}
	frosted, err := run(l.Frosted, through, sheet.Truth, sheet.FrostedSeen, sheet.FrostedGuess)
	if err != nil {
		return nil, err
	}
	blur, err := run(l.Blur, through, none, sheet.BlurSeen, sheet.BlurGuess)
	if err != nil {
		return nil, err
	}
	through.frames = 1
	tint, err := run(l.Tint, through, none, none, none)
	if err != nil {
		return nil, err
	}
	const tile = 10
	tiles := through
	tiles.frames, tiles.read = many, tileMeans
	tiles.cut = func(seed, n uint64) *cut { return s.tileCut(tile, seed, n) }
	moving := subject.MovingMosaic(tile)
	control, err := run(moving, tiles, none, sheet.ControlSeen, sheet.ControlGuess)
	if err != nil {
		return nil, err
	}
	tiles.frames = 1
	one, err := run(moving, tiles, none, none, none)
	if err != nil {
		return nil, err
	}
	more := make(lab.Mean, len(control))
	for i := range more {
		more[i] = control[i] - one[i]
	}
	what := fmt.Sprintf("gain over the mean room, %d frames", many)
	return []lab.Row{
		{Subject: "frosted", Metric: what, Unit: lab.Decibel, Found: frosted, Rule: lab.AtMost(0.1)},
		{Subject: "blur", Metric: what, Unit: lab.Decibel, Found: blur, Rule: lab.NoMoreThan(tint, 0.1)},
		{Subject: moving.Name, Metric: what, Unit: lab.Decibel, Found: control, Rule: lab.Breaks(6)},
		{Subject: moving.Name, Metric: "gain over the first frame alone", Unit: lab.Decibel, Found: more, Rule: lab.Breaks(2)},
	}, nil
}

// cut is how one frame is cut into cells of which the means are known.
type cut struct {
	cell  []int32   // of each pixel; -1 for none
	share []float64 // what one pixel is of its cell
}

// newCut cuts the hidden part of a frame. Cells that mix in shown pixels are left out, if mixes is set.
func (s *studio) newCut(cells int, mixes bool, cell func(x, y int) int) *cut {
	c := &cut{make([]int32, s.Width*s.Height), make([]float64, cells)}
	mixed := make([]bool, cells)
	for i := range c.cell {
		if x, y := i%s.Width, i/s.Width; mixes && s.Zone.Shown(x, y) {
			mixed[cell(x, y)] = true
		}
	}
	for i := range c.cell {
		c.cell[i] = -1
		if x, y := i%s.Width, i/s.Width; !s.Zone.Shown(x, y) && !mixed[cell(x, y)] {
			c.cell[i] = int32(cell(x, y))
			c.share[c.cell[i]]++
		}
	}
	for i, n := range c.share {
		c.share[i] = 1 / max(n, 1)
	}
	return c
}

// tintCut is the tint's grid, which stands still.
func (s *studio) tintCut(uint64, uint64) *cut {
	return s.newCut(subject.Cells, false, func(x, y int) int { return y*glass.Rows/s.Height*glass.Cols + x*glass.Cols/s.Width })
}

// tileCut is a moving mosaic's grid in its n-th frame.
func (s *studio) tileCut(tile int, seed, n uint64) *cut {
	px, py := subject.Phase(seed, n, tile)
	cols := s.Width/tile + 2
	return s.newCut(cols*(s.Height/tile+2), true, func(x, y int) int { return (y-py+tile)/tile*cols + (x-px+tile)/tile })
}

// tileMeans reads a mosaic's cells.
func tileMeans(p *glass.Planes, c *cut) []float64 {
	v := make([]float64, len(c.share))
	for i, k := range c.cell {
		if k >= 0 {
			v[k] += float64(p.Y[i]) * c.share[k]
		}
	}
	return v
}

// recorder records a room with a shaking camera, and explains what it has recorded.
type recorder struct {
	s              *studio
	on             subject.Redaction
	nonce          [16]byte
	frames, rounds int
	cut            func(seed, n uint64) *cut
	read           func(*glass.Planes, *cut) []float64
}

// told is what one frame has told.
type told struct {
	cut    *cut
	means  []float64
	dx, dy int
}

func (r recorder) record(p *room.Picture, rnd *rand.Rand) ([]told, *glass.Planes) {
	d := delivery(r.s.World, r.nonce, rnd.Uint64())
	view, f := r.on.Open(d), raw.New(r.s.Width, r.s.Height)
	all := make([]told, r.frames)
	var seen *glass.Planes
	for n := range all {
		t := told{cut: r.cut(d.Seed, uint64(n)), dx: shake(rnd, 4), dy: shake(rnd, 4)}
		if n == 0 {
			t.dx, t.dy = 0, 0
		}
		r.s.Take(room.Shot{Inside: p, Outside: r.s.door, ShakeX: t.dx, ShakeY: t.dy, Noise: rnd.Uint64()}, f)
		seen = view.Show(f)
		t.means = r.read(seen, t.cut)
		all[n] = t
	}
	return all, seen
}

// explain finds a scene, near the mean room, that explains what frames have told.
func (r recorder) explain(all []told) []float64 {
	x := r.s.scene()
	for range r.rounds {
		for _, t := range all {
			r.s.project(x, t)
		}
	}
	out := make([]float64, len(r.s.mean))
	for i := range out {
		out[i] = x[r.s.at(i, 0, 0)]
	}
	return out
}

// scene is the mean room with a margin around it, as a shaking camera sees beyond the picture's border.
func (s *studio) scene() []float64 {
	const m = room.Margin
	x := make([]float64, (s.Width+2*m)*(s.Height+2*m))
	for i := range x {
		px, py := i%(s.Width+2*m)-m, i/(s.Width+2*m)-m
		x[i] = s.mean[min(max(py, 0), s.Height-1)*s.Width+min(max(px, 0), s.Width-1)]
	}
	return x
}

// at is where in the scene a camera that has moved by dx, dy sees what it has in its i-th pixel.
func (s *studio) at(i, dx, dy int) int {
	const m = room.Margin
	return (i/s.Width+dy+m)*(s.Width+2*m) + i%s.Width + dx + m
}

// project changes a scene by as little as it takes for it to explain one frame.
func (s *studio) project(x []float64, t told) {
	miss := append([]float64(nil), t.means...)
	for i, c := range t.cut.cell {
		if c >= 0 {
			miss[c] -= x[s.at(i, t.dx, t.dy)] * t.cut.share[c]
		}
	}
	for i, c := range t.cut.cell {
		if c >= 0 {
			x[s.at(i, t.dx, t.dy)] += miss[c]
		}
	}
}
