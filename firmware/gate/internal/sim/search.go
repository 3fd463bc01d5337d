package sim

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
)

// Failure is a schedule that broke an invariant.
type Failure struct {
	Seed, N uint64 // which schedule: the same always fails in the same way
	Broken  Broken
	Moves   []Move
}

// Result is what came of a search.
type Result struct {
	Schedules uint64
	Steps     uint64 // of the rule
	Opened    uint64 // how often a coil got current
	Failure   *Failure
}

// Search plays schedules from, from+1 ... until one breaks an invariant or there were count
// of them, on so many goroutines. Of several failures it gives the first. progress, if not
// nil, is told from any of them how many are done.
func Search(ctx context.Context, seed, from, count uint64, workers int, progress func(done uint64)) Result {
	const together = 512
	var next, done, steps, opened atomic.Uint64
	var failed atomic.Uint64
	failed.Store(from + count)
	next.Store(from)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			p := newPlayer()
			for ctx.Err() == nil {
				n := next.Add(together) - together
				end := min(n+together, from+count)
				if n >= failed.Load() {
					break
				}
				for ; n < end; n++ {
					if p.play(seed, n).What != Holds {
						lower(&failed, n)
						break
					}
				}
				if d := done.Add(together); progress != nil {
					progress(min(d, count))
				}
			}
			steps.Add(p.steps)
			opened.Add(p.opened)
		})
	}
	wg.Wait()
	r := Result{Schedules: min(done.Load(), count), Steps: steps.Load(), Opened: opened.Load()}
	if n := failed.Load(); n < from+count {
		r.Failure = Fail(seed, n)
	}
	return r
}

func lower(to *atomic.Uint64, n uint64) {
	for {
		is := to.Load()
		if n >= is || to.CompareAndSwap(is, n) {
			return
		}
	}
}

// Fail plays one schedule again and notes its moves; nil if all holds in it.
func Fail(seed, n uint64) *Failure {
	p := newPlayer()
	p.record = []Move{}
	b := p.play(seed, n)
	if b.What == Holds {
		return nil
	}
	return &Failure{Seed: seed, N: n, Broken: b, Moves: p.record}
}

// Story tells what happens in a schedule, line by line.
func Story(moves []Move) string {
	var s strings.Builder
	Replay(moves, func(line string) {
		s.WriteString(line)
		s.WriteByte('\n')
	})
	return s.String()
}
