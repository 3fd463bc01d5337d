// Package lab runs attacks and judges them.
//
// # How to add an attack
//
// Write a function that returns an *Attack, in a file of its own in vision/attack/internal/attacks, and name it in
// that package's list. Its Run is called once for each seed and returns rows: one figure each, on one subject, with
// the rule that the figure has to meet. What makes the suite worth something is in these habits:
//
//   - Say what was measured, not what it means: rows hold Evidence (hits of trials, values of trials), and
//     the rules Chance, AtMost, NoMoreThan and Breaks make the verdict. Rows of the same subject and
//     metric of several seeds are joined before they are judged.
//   - Bring a positive control: a row with the rule Breaks, made by the same code on a weak redaction in the
//     same run. An attack without one fails.
//   - Draw all chance from Lab.Rand or Lab.Each, so that a seed repeats a run to the byte.
//   - Name rows by what was done, not by what was found: how many pictures there were is a row of its own. The
//     full form begins with a rehearsal (see Rehearse), which finds names that differ from seed to seed.
//   - Ask Lab.Pick for numbers of trials: the quick form has about six seconds for each attack, the full
//     form about two minutes for each seed, on two cores.
//   - Attack Lab.Frosted, Lab.Blur and Lab.Tint rather than the package subject's own: tests put leaky ones
//     in their place and see whether the attack notices.
//   - Show the best that was found: Lab.Show puts a picture on the sheet, beside the truth.
package lab

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"

	"vestibule/vision/attack/internal/sheet"
	"vestibule/vision/attack/internal/subject"
)

// Attack is one way to learn of the interior what nobody was meant to.
type Attack struct {
	ID   string // as in the notes: "R3"
	Name string // what it does, in a few words
	Run  func(ctx context.Context, l *Lab) ([]Row, error)
}

// Lab is what an attack works with, for one seed.
type Lab struct {
	Seed  uint64
	Quick bool // few trials, for make test

	Frosted, Blur, Tint subject.Redaction

	attack    string
	sheet     *sheet.Sheet
	tell      *teller
	rehearsal bool
}

// Pick returns one of two numbers of trials; far fewer when it is only rehearsed.
func (l *Lab) Pick(quick, full int) int {
	if l.rehearsal {
		return min(quick, max(quick/rehearsed, fewest))
	}
	if l.Quick {
		return quick
	}
	return full
}

// Size returns the width and height, in pixels, of the pictures that an attack may work on whose time grows
// faster than its number of trials.
func (l *Lab) Size() (width, height int) {
	if l.Quick {
		return 160, 128
	}
	return 320, 240
}

// Rand returns dice for one purpose: the same for the same seed, attack and words.
func (l *Lab) Rand(words ...any) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprint(h, l.attack, words)
	return rand.New(rand.NewPCG(l.Seed, h.Sum64()))
}

// Nonce returns a delivery's nonce.
func (l *Lab) Nonce(words ...any) (n [16]byte) {
	rnd := l.Rand(append([]any{"nonce"}, words...)...)
	for i := range n {
		n[i] = byte(rnd.Uint32())
	}
	return n
}

// Each does n trials, as many at once as there are cores, each with dice of its own, which depend on what is
// done and not on whom: so two subjects that are given the same words are tried on the same trials. It stops
// at the first error and tells how far it is.
func (l *Lab) Each(ctx context.Context, what string, n int, trial func(i int, rnd *rand.Rand) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var next, done atomic.Int64
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), max(n, 1)) {
		all.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := trial(i, l.Rand(what, i)); err != nil {
					stop(fmt.Errorf("%s, number %d: %w", what, i, err))
					return
				}
				l.tell.progress(l.attack, what, int(done.Add(1)), n)
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// Count does n trials as Each does, and says in how many of them something was so.
func (l *Lab) Count(ctx context.Context, what string, n int, trial func(rnd *rand.Rand) (bool, error)) (Share, error) {
	var hits atomic.Int64
	err := l.Each(ctx, what, n, func(_ int, rnd *rand.Rand) error {
		is, err := trial(rnd)
		if is {
			hits.Add(1)
		}
		return err
	})
	return Share{Hits: int(hits.Load()), Of: n}, err
}

// Show puts a picture on the sheet, in the attack's row. Of several seeds the first one's pictures are kept.
func (l *Lab) Show(p sheet.Picture) { l.sheet.Put(l.attack, p) }

// Options say how to run.
type Options struct {
	Quick               bool
	Seeds               []uint64
	Progress            io.Writer // may be nil
	Terminal            bool      // Progress is a person's terminal
	Frosted, Blur, Tint subject.Redaction
}

// Shipped returns options with the subjects as they are shipped.
func Shipped() Options {
	return Options{Frosted: subject.Frosted(), Blur: subject.Blur(), Tint: subject.Tint()}
}

// Result is what a run has found.
type Result struct {
	Rows  []Judged
	Sheet *sheet.Sheet
	Took  map[string]float64 // seconds, by attack
}

// Bad returns the rows that make the run fail.
func (r *Result) Bad() []Judged {
	var bad []Judged
	for _, j := range r.Rows {
		if j.Verdict.Bad() {
			bad = append(bad, j)
		}
	}
	return bad
}

// Run does every attack with every seed and judges the rows together. An attack that fails to run, or that
// brings no control, fails the run; what those before it found comes with the error.
func Run(ctx context.Context, attacks []*Attack, o Options) (*Result, error) {
	return run(ctx, attacks, o, false)
}

func run(ctx context.Context, attacks []*Attack, o Options, rehearsal bool) (*Result, error) {
	out := &Result{Sheet: sheet.New(), Took: map[string]float64{}}
	tell := newTeller(o.Progress, o.Terminal)
	for _, a := range attacks {
		var rows []Judged
		for i, seed := range o.Seeds {
			took := tell.begin(a, i, len(o.Seeds), seed)
			out.Sheet.Title(a.ID, a.Name)
			l := &Lab{
				Seed: seed, Quick: o.Quick, Frosted: o.Frosted, Blur: o.Blur, Tint: o.Tint,
				attack: a.ID, sheet: out.Sheet, tell: tell, rehearsal: rehearsal,
			}
			got, err := a.Run(ctx, l)
			if err == nil {
				rows, err = join(rows, a, got)
			}
			if err != nil {
				judge(out.Rows)
				return out, fmt.Errorf("%s (%s): %w", a.ID, a.Name, err)
			}
			out.Took[a.ID] += took()
		}
		if !controlled(rows) {
			return out, fmt.Errorf("%s (%s) has no positive control", a.ID, a.Name)
		}
		out.Rows = append(out.Rows, rows...)
	}
	judge(out.Rows)
	return out, nil
}

// What a rehearsal leaves of the quick form's trials: so few that all attacks are through in seconds, and still enough
// to reckon with (a correlation's limit needs four).
const rehearsed, fewest = 25, 4

// Rehearse does every attack with two seeds and hardly any trials. What they find is not looked at: only that they
// run, bring a control, and that rows of two seeds can be put together. A row that says what was found in
// its own name (so many of such and such) cannot be, and it is better to know that before an hour's run than after.
func Rehearse(ctx context.Context, attacks []*Attack, o Options) error {
	o.Quick, o.Seeds = true, []uint64{1, 2}
	_, err := run(ctx, attacks, o, true)
	return err
}

func controlled(rows []Judged) bool {
	for _, r := range rows {
		if r.Rule.kind == breaks {
			return true
		}
	}
	return false
}

// join puts a seed's rows to those of the seeds before.
func join(rows []Judged, a *Attack, more []Row) ([]Judged, error) {
	if rows == nil {
		for _, r := range more {
			rows = append(rows, Judged{Attack: a, Row: r})
		}
		return rows, nil
	}
	if len(rows) != len(more) {
		return nil, fmt.Errorf("%d rows with one seed and %d with another", len(rows), len(more))
	}
	for i, r := range more {
		was := &rows[i].Row
		if was.Subject != r.Subject || was.Metric != r.Metric || was.Rule.kind != r.Rule.kind || was.Rule.limit != r.Rule.limit {
			return nil, fmt.Errorf("row %d is %q of %q with one seed and %q of %q with another", i, was.Metric, was.Subject, r.Metric, r.Subject)
		}
		was.Found = was.Found.Join(r.Found)
		if was.Rule.from != nil {
			was.Rule.from = was.Rule.from.Join(r.Rule.from)
		}
		if was.P > 0 || r.P > 0 { // the less likely one, corrected for there being several
			was.P = min(1, 2*min(was.P, r.P))
		}
	}
	return rows, nil
}
