package challenge

import (
	"math"
	"time"
)

// The terms that a sample is explained by, and what is explained.
const (
	level  = iota // daylight,
	drift         // its change,
	bend          // and the change of that
	lamp          // which share of the lamp's light the frame should have
	luma          // what it has
	nTerms = 5
)

// sums are the products of the terms, each with each, summed over frames.
type sums [nTerms][nTerms]float64 // the upper half of it

func (s *sums) put(weight float64, v *[nTerms]float64) {
	for i := range v {
		w := weight * v[i]
		for j := i; j < nTerms; j++ {
			s[i][j] += w * v[j]
		}
	}
}

func (s *sums) add(o *sums) {
	for i := range s {
		for j := i; j < nTerms; j++ {
			s[i][j] += o[i][j]
		}
	}
}

func (s *sums) frames() float64 { return s[level][level] }

// rest is what the first terms leave of the lamp and of the luma: the sums of lamp by lamp, lamp by luma,
// luma by luma.
type rest struct{ frames, lamp, both, luma float64 }

// rest takes the first terms out by least squares, which is Gauss's elimination of them.
func (s sums) rest(first int) rest {
	n := s.frames()
	if n < 2*float64(first+1) { // so few frames are explained by anything
		return rest{}
	}
	for k := range first {
		if s[k][k] < 1e-9*n { // all at one time
			return rest{}
		}
		for i := k + 1; i < nTerms; i++ {
			f := s[k][i] / s[k][k]
			for j := i; j < nTerms; j++ {
				s[i][j] -= f * s[k][j]
			}
		}
	}
	return rest{n, s[lamp][lamp], s[lamp][luma], s[luma][luma]}
}

func (r rest) and(o rest) rest {
	return rest{r.frames + o.frames, r.lamp + o.lamp, r.both + o.both, r.luma + o.luma}
}

// correlation is 1 when nothing but the lamp is left in the luma, and 0 when nothing of the lamp is, or too
// little to count.
func (r rest) correlation() float64 {
	if r.both < faint*r.lamp || r.lamp*r.luma <= 0 {
		return 0
	}
	return r.both / math.Sqrt(r.lamp*r.luma)
}

// whole is how well the lamp explains all samples, which are of one span, taken as late after it.
func whole(chips []Chip, samples []Sample, late time.Duration) float64 {
	var all [1]sums
	gather(all[:], chips, samples, late)
	if all[0].frames() < needed {
		return 0
	}
	return all[0].rest(lamp).correlation()
}

// patchy leaves out a gap, where that serves best. Daylight may be other after it than before.
func patchy(chips []Chip, samples []Sample, late time.Duration) float64 {
	var each [parts]sums
	gather(each[:], chips, samples, late)
	// The sums of all parts before one, and of that and all after it.
	var before, after [parts + 1]sums
	for i := range parts {
		before[i+1] = before[i]
		before[i+1].add(&each[i])
		k := parts - 1 - i
		after[k] = after[k+1]
		after[k].add(&each[k])
	}
	best := 0.0
	for i := range parts - gap + 1 {
		both := before[i].rest(bend).and(after[i+gap].rest(bend))
		if both.frames >= needed*float64(parts-gap)/float64(parts) {
			best = max(best, both.correlation())
		}
	}
	return best
}

// gather sums the samples up, in as many parts of the span as there are.
func gather(into []sums, chips []Chip, samples []Sample, late time.Duration) {
	from := samples[len(samples)-1].At - Span
	zero := float64(samples[0].Luma)
	k := 0
	for _, f := range samples {
		shut := f.At - late
		open := shut - exposure
		for k+1 < len(chips) && chips[k+1].At <= open {
			k++
		}
		lit, weight := 0.0, 1.0
		if k+1 < len(chips) && chips[k+1].At < shut && chips[k+1].Lit != chips[k].Lit {
			lit, weight = float64(shut-chips[k+1].At)/float64(exposure), doubt
		}
		if chips[k].Lit {
			lit = 1 - lit
		}
		at := f.At - from
		t := (at - Span/2).Seconds()
		i := min(int(at*time.Duration(len(into))/Span), len(into)-1)
		into[i].put(weight, &[nTerms]float64{
			level: 1, drift: t, bend: t * t, lamp: lit, luma: float64(f.Luma) - zero,
		})
	}
}
