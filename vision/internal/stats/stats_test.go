package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// The figures are R's binom.test and pbinom, and sums by hand.
func TestProportions(t *testing.T) {
	low, high := ClopperPearson(8, 10)
	near(t, "8 of 10, low", low, 0.4439045, 1e-6)
	near(t, "8 of 10, high", high, 0.9747893, 1e-6)
	low, high = ClopperPearson(0, 300)
	near(t, "0 of 300, low", low, 0, 0)
	near(t, "0 of 300, high", high, 1-math.Pow(0.025, 1.0/300), 1e-9)
	low, high = ClopperPearson(50, 50)
	near(t, "50 of 50, low", low, math.Pow(0.025, 1.0/50), 1e-9)
	near(t, "50 of 50, high", high, 1, 0)
	low, high = ClopperPearson(0, 0)
	near(t, "nothing", high-low, 1, 0)
	for _, n := range []int{1, 7, 40} {
		p := 0.3
		var tail float64
		for k := n; k >= 0; k-- {
			a, _ := math.Lgamma(float64(n + 1))
			b, _ := math.Lgamma(float64(k + 1))
			c, _ := math.Lgamma(float64(n - k + 1))
			tail += math.Exp(a - b - c + float64(k)*math.Log(p) + float64(n-k)*math.Log(1-p))
			near(t, "tail", AtLeast(k, n, p), tail, 1e-9)
		}
	}
	// Large numbers, as the game has them: against the normal law.
	near(t, "tail of many", AtLeast(201_000, 400_000, 0.5), upper(1000.0/math.Sqrt(100_000)), 1e-5)
}

// An interval of 95 % holds the truth about 95 times of 100.
func TestBootstrapCovers(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	held := 0
	for range 100 {
		v := make([]float64, 40)
		for i := range v {
			v[i] = rnd.NormFloat64() + 3
		}
		low, high := Bootstrap(len(v), func(pick []int) float64 {
			var sum float64
			for _, k := range pick {
				sum += v[k]
			}
			return sum / float64(len(pick))
		})
		if low <= 3 && 3 <= high {
			held++
		}
	}
	if held < 86 || held > 99 {
		t.Errorf("%d of 100 intervals hold the truth", held)
	}
}

func TestWelch(t *testing.T) {
	a, b := []float64{1, 2, 3, 4}, []float64{2, 4, 6, 8, 10}
	near(t, "t", Welch(a, b), (2.5-6)/math.Sqrt(5.0/3/4+10.0/5), 1e-12)
	near(t, "equal", Welch(a, a), 0, 0)
	near(t, "differences", Student(a), 2.5/math.Sqrt(5.0/3/4), 1e-12)
	if !math.IsInf(Welch([]float64{1, 1}, []float64{2, 2}), 1) {
		t.Error("two still samples that differ leave doubt")
	}
}

func TestAbove(t *testing.T) {
	near(t, "still and equal", Above([]float64{0, 0, 0}, 0), 1, 0)
	near(t, "still and above", Above([]float64{1, 1, 1}, 0), 0, 0)
	near(t, "in the middle", Above([]float64{-1, 1, -1, 1}, 0), 0.5, 1e-12)
}

func TestSlope(t *testing.T) {
	near(t, "slope", Slope([]float64{1, 2, 3}, []float64{5, 7, 9}), 2, 1e-12)
	near(t, "one point", Slope([]float64{2, 2}, []float64{1, 3}), 0, 0)
}

// The example of Holm's paper's kind, by hand.
func TestHolm(t *testing.T) {
	got := Holm([]float64{0.01, math.NaN(), 0.04, 0.03, 0.005})
	for i, want := range []float64{0.03, math.NaN(), 0.06, 0.06, 0.02} {
		if math.IsNaN(want) != math.IsNaN(got[i]) || math.Abs(got[i]-want) > 1e-12 {
			t.Errorf("%d: %v, want %v", i, got[i], want)
		}
	}
}

func TestQuantile(t *testing.T) {
	v := []float64{1, 2, 4}
	near(t, "low", Quantile(v, 0), 1, 0)
	near(t, "middle", Quantile(v, 0.75), 3, 1e-12)
	near(t, "high", Quantile(v, 1), 4, 0)
}
