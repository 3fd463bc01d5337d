package attacks

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"vestibule/vision/attack/internal/lab"
	"vestibule/vision/attack/internal/numeric"
	"vestibule/vision/attack/internal/room"
	"vestibule/vision/attack/internal/sheet"
	"vestibule/vision/attack/internal/subject"
	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
)

// TrainedInverse learns from thousands of rooms and their redactions to draw the room from the redaction, by
// ridge regression from all that is seen to all that there is, and is tried on rooms that it has not seen.
func TrainedInverse() *lab.Attack {
	return &lab.Attack{ID: "R7", Name: "trained inverse", Run: trainedInverse}
}

func trainedInverse(ctx context.Context, l *lab.Lab) ([]lab.Row, error) {
	w, err := room.NewWorld(l.Size())
	if err != nil {
		return nil, err
	}
	tiles := subject.Mosaic(w.Width / 10) // 32 of 320
	school := &school{World: w, l: l, in: newGrid(w, w.Width/20), out: newGrid(w, w.Width/40),
		nonce: l.Nonce("school"), learn: l.Pick(350, 5000), ask: l.Pick(60, 400),
		on: []subject.Redaction{l.Frosted, l.Blur, l.Tint, tiles}}
	found, chance, err := school.graduate(ctx)
	if err != nil {
		return nil, err
	}
	const what = "R² of rooms not seen before"
	return []lab.Row{
		{Subject: "frosted", Metric: what, Found: found[0], Rule: lab.AtMost(0.001), P: chance[0]},
		{Subject: "blur", Metric: what, Found: found[1], Rule: lab.NoMoreThan(found[2], 0.001)},
		{Subject: tiles.Name, Metric: what, Found: found[3], Rule: lab.Breaks(0.3)},
	}, nil
}

// school teaches an inverse of each of several redactions from the same rooms.
type school struct {
	*room.World
	l          *lab.Lab
	on         []subject.Redaction
	in, out    *grid
	nonce      [16]byte
	learn, ask int
}

// graduate returns how much of rooms not seen before each inverse draws, and how likely as much would be by
// chance, were its drawings handed out to the rooms at random.
func (s *school) graduate(ctx context.Context) ([]lab.Explained, []float64, error) {
	n := s.learn + s.ask
	x := make([]*numeric.Matrix, len(s.on))
	for k := range x {
		x[k] = numeric.NewMatrix(n, s.in.size())
	}
	y := numeric.NewMatrix(n, len(s.out.places))
	err := s.l.Each(ctx, "rooms", n, func(i int, rnd *rand.Rand) error {
		f := raw.New(s.Width, s.Height)
		p, door := room.Room{Seed: rnd.Uint64()}.Draw(s.World), room.Outside(s.World, rnd.Uint64(), rnd.Float64())
		s.Take(room.Shot{Inside: p, Outside: door, Noise: rnd.Uint64(), OutsideNoise: rnd.Uint64()}, f)
		all := make([]float64, s.out.size())
		s.out.look(framePlanes(f), all)
		for k := range y.Row(i) {
			y.Row(i)[k] = all[4*k]
		}
		seed := rnd.Uint64()
		for k, on := range s.on {
			seen := on.Open(delivery(s.World, s.nonce, seed)).Show(f)
			s.in.look(seen, x[k].Row(i))
			if i == n-1 {
				s.show(k, on, f, seen)
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	found, chance := make([]lab.Explained, len(s.on)), make([]float64, len(s.on))
	err = s.l.Each(ctx, "inverses", len(s.on), func(k int, rnd *rand.Rand) error {
		var err error
		found[k], chance[k], err = s.invert(k, x[k], y, rnd)
		return err
	})
	return found, chance, err
}

func rowsOf(m *numeric.Matrix, from, to int) *numeric.Matrix {
	return &numeric.Matrix{Rows: to - from, Cols: m.Cols, V: m.V[from*m.Cols : to*m.Cols]}
}

// invert learns one inverse and examines it. How strictly it learns is chosen on a tenth of its lessons.
func (s *school) invert(k int, x, y *numeric.Matrix, rnd *rand.Rand) (lab.Explained, float64, error) {
	kept := s.learn * 9 / 10
	all, err := numeric.NewRidges(rowsOf(x, 0, kept), rowsOf(y, 0, kept), 0.1, 1)
	if err != nil {
		return lab.Explained{}, 0, err
	}
	var best *numeric.Ridge
	most := math.Inf(-1)
	for _, r := range all {
		if v := examine(r, predict(r, rowsOf(x, kept, s.learn)), rowsOf(y, kept, s.learn)).Value(); v > most {
			best, most = r, v
		}
	}
	drawn, truth := predict(best, rowsOf(x, s.learn, x.Rows)), rowsOf(y, s.learn, x.Rows)
	found := examine(best, drawn, truth)
	s.draw(k, append([]float64(nil), drawn.Row(drawn.Rows-1)...), found.Value())
	return found, byChance(drawn, truth, rnd), nil
}

// byChance is how likely drawings fit as well that are handed out to the rooms at random. What such orders leave
// differs in one sum only, of products of each room with the drawing that it is given, and those are reckoned once. So
// there can be so many orders that their least probability passes Holm's correction and that for the seeds.
func byChance(drawn, truth *numeric.Matrix, rnd *rand.Rand) float64 {
	const orders = 99_999
	n := truth.Rows
	fit := numeric.NewMatrix(n, n)
	for i := range n {
		room := truth.Row(i)
		for j := range n {
			for k, v := range drawn.Row(j) {
				fit.Row(i)[j] += v * room[k]
			}
		}
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	fits := func() (sum float64) {
		for i, j := range order {
			sum += fit.V[i*n+j]
		}
		return sum
	}
	own, as := fits(), 1
	for range orders {
		rnd.Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
		if fits() >= own {
			as++
		}
	}
	return float64(as) / (orders + 1)
}

func predict(r *numeric.Ridge, x *numeric.Matrix) *numeric.Matrix {
	out := numeric.NewMatrix(x.Rows, len(r.Mean()))
	for i := range x.Rows {
		r.Predict(x.Row(i), out.Row(i))
	}
	return out
}

// examine holds predictions against the truth and against what is predicted of anything.
func examine(r *numeric.Ridge, drawn, truth *numeric.Matrix) lab.Explained {
	e := lab.Explained{Left: make([]float64, truth.Rows), Was: make([]float64, truth.Rows)}
	for i := range truth.Rows {
		out := drawn.Row(i)
		for k, v := range truth.Row(i) {
			e.Left[i] += (v - out[k]) * (v - out[k])
			e.Was[i] += (v - r.Mean()[k]) * (v - r.Mean()[k])
		}
	}
	return e
}

// columns are where each of the school's redactions goes on the sheet.
var columns = [...]sheet.Column{sheet.FrostedSeen, sheet.BlurSeen, none, sheet.ControlSeen}

func (s *school) show(k int, on subject.Redaction, f *raw.Frame, seen *glass.Planes) {
	if k == 0 {
		s.l.Show(sheet.Picture{Column: sheet.Truth, Caption: "a room not seen before", Image: photo(f)})
	}
	if columns[k] != none {
		s.l.Show(sheet.Picture{Column: columns[k], Caption: on.Name, Image: sheet.I420(seen)})
	}
}

// draw shows what an inverse makes of the last room.
func (s *school) draw(k int, out []float64, r2 float64) {
	if columns[k] == none {
		return
	}
	v := make([]float64, s.Width*s.Height)
	for i := range v {
		v[i] = 48
	}
	for p, at := range s.out.places {
		for y := at[1]; y < at[1]+s.out.side; y++ {
			for x := at[0]; x < at[0]+s.out.side; x++ {
				v[y*s.Width+x] = out[p]
			}
		}
	}
	s.l.Show(sheet.Picture{Column: columns[k] + 1, Caption: fmt.Sprintf("R² of all rooms: %.3f", r2), Image: sheet.Luma(s.Width, v)})
}
