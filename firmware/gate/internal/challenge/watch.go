package challenge

import "time"

// Watch keeps the last seconds of chips and samples and judges them. Its zero value is
// ready. It is not safe for concurrent use.
type Watch struct {
	chips   []Chip // those that changed the lamp
	samples []Sample
	found   Finding
}

const (
	// keep is how long anything is remembered; of that a second is for a frame's way here.
	keep = Span + Latest + exposure + time.Second
	// most bounds what is remembered, whatever the rate.
	most = 512
)

// Lamp says what the lamp was set to.
func (w *Watch) Lamp(c Chip) {
	if n := len(w.chips); n > 0 && w.chips[n-1].Lit == c.Lit {
		return
	}
	w.chips = append(w.chips, c)
	old := max(len(w.chips)-most, 0)
	for old+1 < len(w.chips) && w.chips[old+1].At < c.At-keep { // a chip stands until the next
		old++
	}
	w.chips = w.chips[:copy(w.chips, w.chips[old:])]
}

// Look takes a frame's sample and judges. A sample that is not newer than the last is
// ignored.
func (w *Watch) Look(s Sample) Verdict {
	if n := len(w.samples); n > 0 && s.At <= w.samples[n-1].At {
		return w.found.Verdict
	}
	w.samples = append(w.samples, s)
	old := max(len(w.samples)-most, 0)
	for w.samples[old].At < s.At-keep {
		old++
	}
	w.samples = w.samples[:copy(w.samples, w.samples[old:])]
	w.found = Judge(w.chips, w.samples, w.found)
	return w.found.Verdict
}

// Verdict is the last judgement.
func (w *Watch) Verdict() Verdict { return w.found.Verdict }

// Reset forgets everything, for a camera that was without power or an eye that is new.
func (w *Watch) Reset() { *w = Watch{chips: w.chips[:0], samples: w.samples[:0]} }
