// Package stats holds the statistics by which a detector's rates and an attack's success are judged: exact intervals and tail
// probabilities of proportions, intervals of means by the bootstrap, Welch's t, and Holm's correction for
// having looked many times.
package stats

import "math"

// Confidence is the level of every interval.
const Confidence = 0.95

// ClopperPearson returns the exact interval of a proportion of hits in n trials (Clopper, Pearson 1934).
// No trials tell nothing: 0..1.
func ClopperPearson(hits, n int) (low, high float64) {
	const tail = (1 - Confidence) / 2
	low, high = 0, 1
	if hits > 0 && n > 0 {
		low = solve(func(p float64) float64 { return AtLeast(hits, n, p) - tail })
	}
	if hits < n {
		// P(X <= hits | p) = 1 - P(X >= hits+1 | p) falls with p.
		high = solve(func(p float64) float64 { return AtLeast(hits+1, n, p) - (1 - tail) })
	}
	return low, high
}

// AtLeast returns the probability of hits or more in n trials that succeed with probability p each.
func AtLeast(hits, n int, p float64) float64 {
	switch {
	case hits <= 0:
		return 1
	case hits > n || p <= 0:
		return 0
	case p >= 1:
		return 1
	}
	return beta(p, float64(hits), float64(n-hits+1))
}

// solve finds where a rising function of a probability crosses zero.
func solve(f func(float64) float64) float64 {
	low, high := 0.0, 1.0
	for range 60 {
		mid := (low + high) / 2
		if f(mid) < 0 {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2
}

// beta is the regularised incomplete beta function I_x(a, b), by Lentz's continued fraction (Press et al.,
// Numerical Recipes, 6.4).
func beta(x, a, b float64) float64 {
	if x <= 0 {
		return 0
	}
	if x >= 1 {
		return 1
	}
	if x > (a+1)/(a+b+2) {
		return 1 - beta(1-x, b, a)
	}
	const tiny = 1e-300
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	front := math.Exp(lab-la-lb+a*math.Log(x)+b*math.Log1p(-x)) / a
	f, c, d := 1.0, 1.0, 0.0
	for i := range 5000 {
		m := float64(i / 2)
		num := 1.0
		switch {
		case i == 0:
		case i%2 == 0:
			num = m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		default:
			num = -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		}
		d = 1 / away(1+num*d, tiny)
		c = away(1+num/c, tiny)
		f *= c * d
		if math.Abs(1-c*d) < 1e-13 {
			break
		}
	}
	return front * (f - 1)
}

func away(v, tiny float64) float64 {
	if math.Abs(v) < tiny {
		return tiny
	}
	return v
}
