package attacks

import (
	"context"
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

// Deconvolution takes what is seen for a blur of a known width and undoes it, by Wiener's filter and by
// Richardson's and Lucy's iterations. It tries the widths that the glass may be taken to have.
func Deconvolution() *lab.Attack {
	return &lab.Attack{ID: "R6", Name: "deconvolution", Run: deconvolution}
}

func deconvolution(ctx context.Context, l *lab.Lab) ([]lab.Row, error) {
	width, height := l.Size()
	s, err := newStudio(ctx, l, width, height, 40)
	if err != nil {
		return nil, err
	}
	nonce := l.Nonce("studio")
	run := func(on subject.Redaction, sigmas []float64, columns ...sheet.Column) (lab.Mean, error) {
		t := trial{on: on, own: l.Pick(5, 6), unknown: l.Pick(8, 16), truth: columns[0], seen: columns[1], guess: columns[2]}
		ways := []func([]float64) []float64{func(seen []float64) []float64 { return seen }}
		for _, sigma := range sigmas {
			fill := s.filler(sigma)
			for _, noise := range []float64{1e-4, 1e-3, 1e-2} {
				filter := newWiener(width, height, sigma, noise)
				ways = append(ways, func(seen []float64) []float64 { return filter.undo(fill(seen)) })
			}
			ways = append(ways, func(seen []float64) []float64 {
				return lucy(fill(seen), width, height, sigma, l.Pick(8, 20))
			})
		}
		record := func(p *room.Picture, rnd *rand.Rand) ([]float64, *glass.Planes) {
			f := raw.New(width, height)
			s.Take(room.Shot{Inside: p, Outside: s.door, Noise: rnd.Uint64()}, f)
			seen := on.Open(delivery(s.World, nonce, rnd.Uint64())).Show(f)
			return floats(seen.Y), seen
		}
		return rebuild(ctx, s, t, record, ways...)
	}
	// Glass is spread from cells by cubic splines, which is like a Gaussian of two thirds of a cell.
	cell := float64(width) / glass.Cols
	sigmas := []float64{0.35 * cell, 0.65 * cell}
	frosted, err := run(l.Frosted, sigmas, sheet.Truth, sheet.FrostedSeen, sheet.FrostedGuess)
	if err != nil {
		return nil, err
	}
	blur, err := run(l.Blur, sigmas, none, sheet.BlurSeen, sheet.BlurGuess)
	if err != nil {
		return nil, err
	}
	tint, err := run(l.Tint, sigmas, none, none, none)
	if err != nil {
		return nil, err
	}
	sigma := float64(width) / 40 // 8 of 320
	soft := subject.Gauss(sigma)
	control, err := run(soft, []float64{sigma}, none, sheet.ControlSeen, sheet.ControlGuess)
	if err != nil {
		return nil, err
	}
	blurred, err := run(soft, nil, none, none, none)
	if err != nil {
		return nil, err
	}
	more := make(lab.Mean, len(control))
	for i := range more {
		more[i] = control[i] - blurred[i]
	}
	const what = "gain over the mean room"
	return []lab.Row{
		{Subject: "frosted", Metric: what, Unit: lab.Decibel, Found: frosted, Rule: lab.AtMost(0.1)},
		{Subject: "blur", Metric: what, Unit: lab.Decibel, Found: blur, Rule: lab.NoMoreThan(tint, 0.1)},
		{Subject: soft.Name, Metric: what, Unit: lab.Decibel, Found: control, Rule: lab.Breaks(3)},
		{Subject: soft.Name, Metric: "gain over the blurred picture", Unit: lab.Decibel, Found: more, Rule: lab.Breaks(0.5)},
	}, nil
}

// filler returns what puts into the zone, which is shown sharply, what a blur would have left there: a sharp
// edge in a blurred picture rings all over it when the blur is undone.
func (s *studio) filler(sigma float64) func(seen []float64) []float64 {
	half := subject.Kernel(sigma)
	return func(seen []float64) []float64 {
		soft, tmp := make([]float32, len(seen)), make([]float32, len(seen))
		for i, v := range seen {
			soft[i] = float32(v)
		}
		subject.Smooth(soft, soft, s.Width, s.Height, half, tmp)
		out := append([]float64(nil), seen...)
		for i := range out {
			if s.Zone.Shown(i%s.Width, i/s.Width) {
				out[i] = float64(soft[i])
			}
		}
		return out
	}
}

// wiener undoes a Gaussian blur of which a given share of noise has to be expected (Wiener 1949). Rooms have
// little at high frequencies, so noise counts more there.
type wiener struct {
	width, height int
	filter        *numeric.Plane
}

func newWiener(width, height int, sigma, noise float64) *wiener {
	beyond := int(6 * sigma) // so that what lies beyond one border is not the other border
	w := &wiener{width, height, numeric.NewPlane(width+beyond, height+beyond)}
	for i := range w.filter.V {
		fx := frequency(i%w.filter.Wide, w.filter.Wide)
		fy := frequency(i/w.filter.Wide, w.filter.High)
		f := fx*fx + fy*fy
		h := math.Exp(-2 * math.Pi * math.Pi * sigma * sigma * f)
		w.filter.V[i] = complex(h/(h*h+noise*(1+f*1e3)), 0)
	}
	return w
}

// frequency is a transform's i-th frequency, in cycles a pixel.
func frequency(i, n int) float64 {
	if i > n/2 {
		i -= n
	}
	return float64(i) / float64(n)
}

// undo returns the picture as it may have been. Beyond its borders the picture is taken to be mirrored.
func (w *wiener) undo(seen []float64) []float64 {
	p := &numeric.Plane{Wide: w.filter.Wide, High: w.filter.High, V: make([]complex128, len(w.filter.V))}
	for i := range p.V {
		x, y := mirror(i%p.Wide, w.width, p.Wide), mirror(i/p.Wide, w.height, p.High)
		p.V[i] = complex(seen[y*w.width+x], 0)
	}
	p.Transform(false)
	for i, h := range w.filter.V {
		p.V[i] *= h
	}
	p.Transform(true)
	out := make([]float64, len(seen))
	for i := range out {
		out[i] = real(p.V[i/w.width*p.Wide+i%w.width])
	}
	return out
}

// mirror is the place in 0..n-1 that stands for i, of a circle of length around.
func mirror(i, n, around int) int {
	if i < n {
		return i
	}
	if back := 2*n - 1 - i; back >= 0 && i < (n+around)/2 {
		return back
	}
	return min(around-1-i, n-1)
}

// lucy undoes a Gaussian blur step by step, keeping what is seen positive (Richardson 1972, Lucy 1974).
func lucy(seen []float64, width, height int, sigma float64, rounds int) []float64 {
	half := subject.Kernel(sigma)
	tmp := make([]float32, len(seen))
	x, blurred, ratio := make([]float32, len(seen)), make([]float32, len(seen)), make([]float32, len(seen))
	for i, v := range seen {
		x[i] = float32(v)
	}
	for range rounds {
		subject.Smooth(blurred, x, width, height, half, tmp)
		for i, v := range seen {
			ratio[i] = float32(v) / max(blurred[i], 1)
		}
		subject.Smooth(ratio, ratio, width, height, half, tmp)
		for i := range x {
			x[i] *= ratio[i]
		}
	}
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}
