package attacks

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"vestibule/vision/attack/internal/numeric"
)

// example is what was seen of one trial, and which of two interiors it was.
type example struct {
	seen  []float64
	right bool
}

// guesser says how much what is seen looks like the right one: above zero for right, below for left, zero
// for no idea.
type guesser func(seen []float64) float64

// bestGuesser learns four ways to guess and returns the one that does best on examples kept apart.
func bestGuesser(learn, check []example, rnd *rand.Rand) (guesser, error) {
	ridge, err := ridgeGuess(learn)
	if err != nil {
		return nil, err
	}
	lda, err := ldaGuess(learn, rnd)
	if err != nil {
		return nil, err
	}
	var best guesser
	most := -1.0
	for _, g := range []guesser{stump(learn), neighbours(learn), ridge, lda} {
		if s := score(g, check); s > most {
			best, most = g, s
		}
	}
	return best, nil
}

// score is how many examples are guessed right; no idea counts half.
func score(g guesser, of []example) float64 {
	var s float64
	for _, e := range of {
		switch v := g(e.seen); {
		case v == 0:
			s += 0.5
		case v > 0 == e.right:
			s++
		}
	}
	return s
}

// sign turns a guess into an answer, and none into a coin's.
func sign(v float64, rnd *rand.Rand) bool {
	if v == 0 {
		return rnd.IntN(2) == 0
	}
	return v > 0
}

// stump looks at the one number that tells the two apart best by its mean.
func stump(learn []example) guesser {
	best, most, cut, up := 0, 0.0, 0.0, 1.0
	for k := range learn[0].seen {
		var n, sum, squares [2]float64
		for _, e := range learn {
			c := class(e)
			n[c]++
			sum[c] += e.seen[k]
			squares[c] += e.seen[k] * e.seen[k]
		}
		m0, m1 := sum[0]/n[0], sum[1]/n[1]
		spread := squares[0]/n[0] - m0*m0 + squares[1]/n[1] - m1*m1
		if d := (m1 - m0) * (m1 - m0) / (max(spread, 0) + 1e-6); d > most {
			best, most, cut, up = k, d, (m0+m1)/2, math.Copysign(1, m1-m0)
		}
	}
	if most == 0 {
		return func([]float64) float64 { return 0 }
	}
	return func(seen []float64) float64 { return (seen[best] - cut) * up }
}

func class(e example) int {
	if e.right {
		return 1
	}
	return 0
}

// neighbours asks the five most like it.
func neighbours(learn []example) guesser {
	const k = 5
	type near struct {
		d     float64
		right bool
	}
	return func(seen []float64) float64 {
		var top [k + 1]near
		n := 0
		for _, e := range learn {
			d := distance(seen, e.seen)
			if n == k && d >= top[k-1].d {
				continue
			}
			top[n] = near{d, e.right}
			slices.SortStableFunc(top[:n+1], func(a, b near) int { return cmp.Compare(a.d, b.d) })
			n = min(n+1, k)
		}
		if n > 1 && top[0].d == top[n-1].d {
			return 0 // all alike
		}
		var v float64
		for _, t := range top[:n] {
			if t.right {
				v++
			} else {
				v--
			}
		}
		return v
	}
}

func distance(a, b []float64) float64 {
	var d float64
	for i, v := range a {
		d += (v - b[i]) * (v - b[i])
	}
	return d
}

// ridgeGuess is a straight line through all the numbers.
func ridgeGuess(learn []example) (guesser, error) {
	x, y := numeric.NewMatrix(len(learn), len(learn[0].seen)), numeric.NewMatrix(len(learn), 1)
	for i, e := range learn {
		copy(x.Row(i), e.seen)
		y.V[i] = float64(2*class(e) - 1)
	}
	r, err := numeric.NewRidge(x, y, 0.1)
	if err != nil {
		return nil, err
	}
	middle := r.Mean()[0]
	return func(seen []float64) float64 {
		var out [1]float64
		r.Predict(seen, out[:])
		return out[0] - middle
	}, nil
}

// ldaGuess is Fisher's discriminant on a few random mixtures of the numbers, with a common spread.
func ldaGuess(learn []example, rnd *rand.Rand) (guesser, error) {
	const mixtures = 48
	n := len(learn[0].seen)
	mix := numeric.NewMatrix(mixtures, n)
	for i := range mix.V {
		mix.V[i] = rnd.NormFloat64() / math.Sqrt(float64(n))
	}
	project := func(seen, out []float64) {
		for i := range mixtures {
			out[i] = numeric.Dot(mix.Row(i), seen)
		}
	}
	x := numeric.NewMatrix(len(learn), mixtures)
	var mean [2][mixtures]float64
	var count [2]float64
	for i, e := range learn {
		project(e.seen, x.Row(i))
		count[class(e)]++
		for k, v := range x.Row(i) {
			mean[class(e)][k] += v
		}
	}
	for c := range mean {
		for k := range mean[c] {
			mean[c][k] /= count[c]
		}
	}
	for i, e := range learn {
		for k := range x.Row(i) {
			x.Row(i)[k] -= mean[class(e)][k]
		}
	}
	spread, way := numeric.Gram(x, x), numeric.NewMatrix(mixtures, 1)
	var trace float64
	for k := range mixtures {
		trace += spread.Row(k)[k]
		way.V[k] = mean[1][k] - mean[0][k]
	}
	for k := range mixtures {
		spread.Row(k)[k] += 1e-3*trace/mixtures + 1e-9
	}
	if err := numeric.Cholesky(spread); err != nil {
		return nil, err
	}
	numeric.SolveCholesky(spread, way)
	var cut float64
	for k := range mixtures {
		cut += way.V[k] * (mean[0][k] + mean[1][k]) / 2
	}
	// All in one sum, so that an input like every other gives exactly what the cut is made of, or nothing.
	line := make([]float64, n)
	for k := range mixtures {
		for i, v := range mix.Row(k) {
			line[i] += way.V[k] * v
		}
	}
	if numeric.Dot(way.V, way.V) < 1e-18 {
		return func([]float64) float64 { return 0 }, nil
	}
	return func(seen []float64) float64 { return numeric.Dot(line, seen) - cut }, nil
}
