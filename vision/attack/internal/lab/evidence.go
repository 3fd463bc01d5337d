package lab

import (
	"math"

	"vestibule/vision/internal/stats"
)

// Evidence is what an attack has measured, raw enough that several seeds' can be put together before anything
// is said of it.
type Evidence interface {
	// Value is the figure that the table shows.
	Value() float64
	// Interval is its 95 % interval. Both ends are the value where there is none.
	Interval() (low, high float64)
	// Size is how many trials it rests on.
	Size() int
	// Join puts another seed's evidence of the same kind to it.
	Join(Evidence) Evidence
	// Above is the probability of a value as high or higher if the truth were most; NaN if it cannot be said.
	Above(most float64) float64
}

// Share is a proportion: a guess that was right, a letter that was read, a byte that differed.
type Share struct{ Hits, Of int }

func (s Share) Value() float64                { return float64(s.Hits) / float64(max(s.Of, 1)) }
func (s Share) Interval() (low, high float64) { return stats.ClopperPearson(s.Hits, s.Of) }
func (s Share) Size() int                     { return s.Of }
func (s Share) Above(most float64) float64    { return stats.AtLeast(s.Hits, s.Of, most) }
func (s Share) Join(e Evidence) Evidence {
	o, _ := e.(Share)
	return Share{s.Hits + o.Hits, s.Of + o.Of}
}

// Edge is the advantage of a guess between two: 2p-1, 0 for a coin and 1 for who always knows.
type Edge struct{ Share }

func (s Edge) Value() float64 { return 2*s.Share.Value() - 1 }
func (s Edge) Interval() (low, high float64) {
	low, high = s.Share.Interval()
	return 2*low - 1, 2*high - 1
}
func (s Edge) Above(most float64) float64 { return s.Share.Above((1 + most) / 2) }
func (s Edge) Join(e Evidence) Evidence {
	o, _ := e.(Edge)
	return Edge{Share{s.Hits + o.Hits, s.Of + o.Of}}
}

// Mean is a mean of measures that are one another's equals: a gain in dB of each room, say.
type Mean []float64

func (m Mean) Value() float64 { return stats.Mean(m) }
func (m Mean) Interval() (low, high float64) {
	return stats.Bootstrap(len(m), func(pick []int) float64 {
		var sum float64
		for _, i := range pick {
			sum += m[i]
		}
		return sum / float64(len(pick))
	})
}
func (m Mean) Size() int                  { return len(m) }
func (m Mean) Above(most float64) float64 { return stats.Above(m, most) }
func (m Mean) Join(e Evidence) Evidence {
	o, _ := e.(Mean)
	return append(m[:len(m):len(m)], o...)
}

// Explained is the R² of a prediction: for each thing predicted, the square of what is left and the square
// of what there was, about the mean of what was learned from.
type Explained struct{ Left, Was []float64 }

func (x Explained) Value() float64 {
	return x.of(func(i int) int { return i }, len(x.Left))
}

func (x Explained) of(at func(int) int, n int) float64 {
	var left, was float64
	for i := range n {
		left += x.Left[at(i)]
		was += x.Was[at(i)]
	}
	if was == 0 {
		return 0
	}
	return 1 - left/was
}

func (x Explained) Interval() (low, high float64) {
	return stats.Bootstrap(len(x.Left), func(pick []int) float64 {
		return x.of(func(i int) int { return pick[i] }, len(pick))
	})
}
func (x Explained) Size() int { return len(x.Left) }

// Above tests, thing by thing, that less is left than (1-most) of what there was.
func (x Explained) Above(most float64) float64 {
	won := make([]float64, len(x.Left))
	for i := range won {
		won[i] = (1-most)*x.Was[i] - x.Left[i]
	}
	return stats.Above(won, 0)
}

func (x Explained) Join(e Evidence) Evidence {
	o, _ := e.(Explained)
	return Explained{append(x.Left[:len(x.Left):len(x.Left)], o.Left...), append(x.Was[:len(x.Was):len(x.Was)], o.Was...)}
}

// Worst is the highest of several figures, with no interval: |t|, a correlation's peak. Of says how many
// trials it rests on.
type Worst struct {
	High float64
	Of   int
}

func (w Worst) Value() float64                { return w.High }
func (w Worst) Interval() (low, high float64) { return w.High, w.High }
func (w Worst) Size() int                     { return w.Of }
func (w Worst) Above(float64) float64         { return math.NaN() }
func (w Worst) Join(e Evidence) Evidence {
	o, _ := e.(Worst)
	return Worst{max(w.High, o.High), w.Of + o.Of}
}
