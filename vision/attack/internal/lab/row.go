package lab

import (
	"math"

	"vestibule/vision/internal/stats"
)

// Row is one figure: an attack's success on one subject.
type Row struct {
	Subject string // "frosted", "blur", or the control's own name
	Metric  string // what was measured, with what it was measured on: "rank-1 of 100, raw"
	Unit    Unit
	Found   Evidence
	Rule    Rule
	// P is a probability that the attack has reckoned itself, by permutation say; 0 is none.
	P float64
}

// Unit is how a figure is written.
type Unit string

// The units.
const (
	Percent Unit = "%" // of a Share
	Decibel Unit = "dB"
	Number  Unit = ""
	Count   Unit = "count" // of a Share: how many of how many
)

// Rule is what a figure has to be. Make one with the functions below; the zero Rule says that the figure is
// only told.
type Rule struct {
	kind  kind
	limit float64
	from  Evidence
}

type kind int

const (
	told kind = iota
	chance
	atMost
	breaks
	noMoreThan
	none
	atLeast
	chanceAlone
)

// Chance is for a figure that must not be higher than guessing gives: its probability, corrected for all
// such rows of the run, may not fall under 1 %.
func Chance(p float64) Rule { return Rule{kind: chance, limit: p} }

// ChanceAlone is Chance, and stricter: the figure's own probability, as if it were the run's only one, may not fall
// under 1 % either. That is a limit in the figure itself, of 1.23 % in 10,500 trials of chance 1 %.
func ChanceAlone(p float64) Rule { return Rule{kind: chanceAlone, limit: p} }

// AtMost is for a figure whose interval must end at or below a limit.
func AtMost(limit float64) Rule { return Rule{kind: atMost, limit: limit} }

// None is for what must not happen at all, in any trial.
func None() Rule { return Rule{kind: none} }

// AtLeast is for how much of what it looks for an attack has really had before it: one that falls short was no
// test, whatever it has found.
func AtLeast(limit float64) Rule { return Rule{kind: atLeast, limit: limit} }

// Breaks is for a positive control: the attack works on it, at least so well. One that does not break makes
// the whole run worthless.
func Breaks(atLeast float64) Rule { return Rule{kind: breaks, limit: atLeast} }

// NoMoreThan is for a subject that may tell something: no more than the same attack finds given the tint's
// 216 bytes and nothing else, on the same trials. slack is what may lie between, in the figure's own unit.
func NoMoreThan(tint Evidence, slack float64) Rule {
	return Rule{kind: noMoreThan, limit: slack, from: tint}
}

// Told is for a figure that is only told: there is no promise about it.
func Told() Rule { return Rule{} }

// Verdict is what a row comes to.
type Verdict string

// The verdicts. Those in capitals make the run fail.
const (
	Holds        Verdict = "holds"
	Leaks        Verdict = "LEAKS"
	Broken       Verdict = "breaks"
	ControlHolds Verdict = "CONTROL DOES NOT BREAK"
	NoTest       Verdict = "NO TEST"
	JustTold     Verdict = "told"
)

// Bad reports whether the verdict makes the run fail.
func (v Verdict) Bad() bool { return v == Leaks || v == ControlHolds || v == NoTest }

// Judged is a row of an attack with what is made of it.
type Judged struct {
	Attack *Attack
	Row
	P       float64 // corrected by Holm; NaN where there is none
	Verdict Verdict
}

// level is the family-wise level at which a figure counts as above chance. It is strict so that a run with
// other seeds does not fail by bad luck; a true leak grows with the number of trials and passes any level.
const level = 0.01

// judge says what the rows come to. All of a run's rows are judged at once, for Holm's sake.
func judge(rows []Judged) {
	p := make([]float64, len(rows))
	for i, r := range rows {
		p[i] = r.probability()
	}
	for i, v := range stats.Holm(p) {
		rows[i].P = v
		rows[i].Verdict = rows[i].verdict(v)
	}
}

// probability is what Holm's correction is given; NaN for rows that are no test.
func (r *Row) probability() float64 {
	p := math.NaN()
	switch r.Rule.kind {
	case chance, chanceAlone:
		p = r.Found.Above(r.Rule.limit)
	case noMoreThan:
		p = more(r.Found, r.Rule.from, r.Rule.limit)
	case told, atMost, atLeast, breaks, none:
	}
	if r.P > 0 && !(p < r.P) {
		p = r.P
	}
	return p
}

func (r *Row) verdict(p float64) Verdict {
	_, high := r.Found.Interval()
	bad := math.IsNaN(r.Found.Value()) || r.Found.Size() == 0
	switch r.Rule.kind {
	case breaks:
		if bad || r.Found.Value() < r.Rule.limit {
			return ControlHolds
		}
		return Broken
	case atLeast:
		if bad || r.Found.Value() < r.Rule.limit {
			return NoTest
		}
		return Holds
	case chance:
		bad = bad || p < level
	case chanceAlone:
		bad = bad || p < level || r.probability() < level
	case atMost:
		bad = bad || high > r.Rule.limit || p < level
	case none:
		bad = bad || r.Found.Value() != 0
	case noMoreThan:
		bad = bad || math.IsNaN(p) || p < level
	case told:
		return JustTold
	}
	if bad {
		return Leaks
	}
	return Holds
}

// more is the probability of a figure so far above another one if it were at most slack above it. Measures
// of the same trials are compared trial by trial.
func more(found, than Evidence, slack float64) float64 {
	a, okA := found.(Mean)
	b, okB := than.(Mean)
	if okA && okB && len(a) == len(b) {
		d := make([]float64, len(a))
		for i := range a {
			d[i] = a[i] - b[i]
		}
		return stats.Above(d, slack)
	}
	// Shares, and what has no single trials: the other figure is taken as it stands.
	return found.Above(than.Value() + slack)
}
