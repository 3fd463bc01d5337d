package stats

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// draws is how often a sample is drawn anew for a bootstrap interval.
const draws = 2000

// Mean returns the mean; 0 of nothing.
func Mean(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	var sum float64
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// Variance returns the unbiased variance; 0 of fewer than two.
func Variance(v []float64) float64 {
	if len(v) < 2 {
		return 0
	}
	m, sum := Mean(v), 0.0
	for _, x := range v {
		sum += (x - m) * (x - m)
	}
	return sum / float64(len(v)-1)
}

// Bootstrap returns the percentile interval of a statistic of n things (Efron 1979): of is given n indices,
// with repeats. The same n gives the same draws, so a run can be repeated.
func Bootstrap(n int, of func(pick []int) float64) (low, high float64) {
	if n == 0 {
		return math.Inf(-1), math.Inf(1)
	}
	rnd := rand.New(rand.NewPCG(uint64(n), 0xb007))
	found, pick := make([]float64, draws), make([]int, n)
	for i := range found {
		for k := range pick {
			pick[k] = rnd.IntN(n)
		}
		found[i] = of(pick)
	}
	slices.Sort(found)
	return Quantile(found, (1-Confidence)/2), Quantile(found, (1+Confidence)/2)
}

// Quantile returns the q-th quantile (0..1) of sorted values, between neighbours in proportion.
func Quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// Above returns the one-sided probability of a mean as high as that of v, or higher, if the true mean were
// most: by the normal law, which the samples here are large enough for. Values that do not vary at all leave
// no doubt.
func Above(v []float64, most float64) float64 {
	m, s := Mean(v), math.Sqrt(Variance(v)/float64(max(len(v), 1)))
	if s == 0 {
		if m > most {
			return 0
		}
		return 1
	}
	return upper((m - most) / s)
}

// upper is the standard normal law's upper tail.
func upper(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }

// Welch returns Welch's t for two samples' means (Welch 1947); 0 if neither varies and they are equal.
func Welch(a, b []float64) float64 {
	d := Mean(a) - Mean(b)
	s := math.Sqrt(Variance(a)/float64(max(len(a), 1)) + Variance(b)/float64(max(len(b), 1)))
	switch {
	case d == 0:
		return 0
	case s == 0:
		return math.Inf(1)
	}
	return d / s
}

// Student returns Student's t for the mean of differences against none; 0 if all of them are 0.
func Student(d []float64) float64 { return Welch(d, nil) }

// Slope returns the least-squares slope of y over x.
func Slope(x, y []float64) float64 {
	mx, my := Mean(x), Mean(y)
	var xy, xx float64
	for i := range x {
		xy += (x[i] - mx) * (y[i] - my)
		xx += (x[i] - mx) * (x[i] - mx)
	}
	if xx == 0 {
		return 0
	}
	return xy / xx
}

// Holm corrects p-values for how many there are (Holm 1979): what it returns may be held against a level
// as if each had been the only one. Values that are not numbers are no tests, and stay.
func Holm(p []float64) []float64 {
	out := slices.Clone(p)
	var order []int
	for i, v := range p {
		if !math.IsNaN(v) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	most := 0.0
	for rank, i := range order {
		most = max(most, min(1, p[i]*float64(len(order)-rank)))
		out[i] = most
	}
	return out
}
