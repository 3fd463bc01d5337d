package sim

import (
	"context"
	"fmt"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"vestibule/firmware/gate/internal/rule"
)

// deepest is the longest path that is followed.
const deepest = 34

// choice is one move of the bounded world, and how often it may be made on one path.
type choice struct {
	move    Move
	most    uint8
	trouble bool // of which there is little on one path
}

// The bounded world: two windows of 10 s, the first open and its camera asleep, the second 5 s
// after it; a right code for each and a wrong one; time in steps of 1 s and 5 s, 17 s in all; one
// thing that goes wrong, and its mending. It has 3.2 million states, and the longest way to one is 14 moves.
var bounded = [...]choice{
	{Move{Wait, 6, 0}, 2, false},  // 1 s
	{Move{Wait, 11, 0}, 3, false}, // 5 s
	{Move{Type, 0, uint16(codeRight)}, 2, false},
	{Move{Type, 1, uint16(codeRight)}, 1, false},
	{Move{Pull, 0, 0}, 1, false},
	{Move{Shut, 0, 0}, 1, false},
	{Move{Leave, 0, 0}, 1, false},
	{Move{Cover, 0, 0}, 1, false},
	{Move{Disk, diskFast, 0}, 1, false},
	{Move{Stall, 0, 0}, 1, false},
	{Move{Type, 0, uint16(codeWrong)}, 1, true},
	{Move{GiveCancel, 0, 0}, 1, true},
	{Move{GiveLock, 0, 0}, 1, true},
	{Move{Cover, 1, 0}, 1, true},
	{Move{Disk, diskSlow, 0}, 1, true},
	{Move{Disk, diskFull, 0}, 1, true},
	{Move{Stall, 1, 0}, 1, true},
	{Move{CoilIll, coilMute, 0}, 1, true},
	{Move{BoltLies, saysClosed, 0}, 1, true},
	{Move{DoorLies, saysNothing, 0}, 1, true},
	{Move{Crash, 0, 0}, 1, true},
	{Move{Crash, 1, 1}, 1, true},
}

const troubles = 1 // on one path

var boundedStart = [...]Move{
	{Build, 0, 0},
	{SignPass, 0, soon | seconds | 1<<5 | tenSecs | seen | offline},
	{SignPass, 1, 5 | seconds | tenSecs | seen | offline},
	{SignCancel, 0, 0},
	{SignLock, 0, 0},
	{GivePass, 0, 0},
	{GivePass, 1, 0},
	{Wait, 11, 0},
	{Wait, 3, 0},
}

// made is how often each choice was made.
type made [len(bounded)]uint8

// may reports whether a choice may be made once more.
func (m *made) may(c int) bool {
	if m[c] >= bounded[c].most {
		return false
	}
	if !bounded[c].trouble {
		return true
	}
	n := uint8(0)
	for i := range bounded {
		if bounded[i].trouble {
			n += m[i]
		}
	}
	return n < troubles
}

// path is how a state was reached.
type path struct {
	n    uint8
	what [deepest]uint8
}

// Exhausted is what came of an exhaustive search.
type Exhausted struct {
	States   uint64
	Depth    int  // all states that so many moves reach were seen
	Complete bool // and there are no others in the bounded world
	Tried    uint64
	Failure  Broken
	Moves    []Move
}

// key is all of a world that decides what can come of it.
type key struct {
	state   rule.State
	account account
	gate    gate
	queue   [maxQueue]job
	waiting int
	disk    rule.State // what a restart would make of it
	guessed [deliveries][digitWays]uint8
	floor   int64
	mode    uint8
	door    door
	eye     eye
	mono    time.Duration
}

// Exhaust looks at every state of the bounded world that can be reached, breadth first: the
// shortest story of any failure comes first. It stops after about most states. States are
// told apart by a 64-bit hash of their value: of n states one is taken for another, and not
// looked at, with a chance of n²/2^65.
func Exhaust(ctx context.Context, most uint64, workers int, progress func(states uint64, depth int)) Exhausted {
	e := &exhaustion{seed: maphash.MakeSeed(), most: most}
	for i := range e.shards {
		e.shards[i].seen = map[uint64]struct{}{}
	}
	root := NewWorld()
	for _, m := range boundedStart {
		root.Play(m)
	}
	frontier := []path{{}}
	e.isNew(e.hash(root, new(key)), &made{})
	r := Exhausted{}
	for depth := 0; len(frontier) > 0 && depth < deepest; depth++ {
		if progress != nil {
			progress(e.states.Load(), depth)
		}
		frontier = e.level(ctx, root, frontier, workers)
		if e.failed || ctx.Err() != nil || e.states.Load() >= most {
			break
		}
		r.Depth = depth + 1
	}
	r.States, r.Tried = e.states.Load(), e.tried.Load()
	r.Complete = len(frontier) == 0 && !e.failed && r.States < most
	if e.failed {
		r.Failure, r.Moves = e.broken, e.moves
	}
	return r
}

type exhaustion struct {
	seed   maphash.Seed
	most   uint64
	states atomic.Uint64
	tried  atomic.Uint64
	shards [64]struct {
		mu   sync.Mutex
		seen map[uint64]struct{}
	}

	mu     sync.Mutex
	failed bool
	broken Broken
	moves  []Move
}

// level looks at all that one more move leads to.
func (e *exhaustion) level(ctx context.Context, root *World, frontier []path, workers int) []path {
	var next atomic.Uint64
	found := make([][]path, workers)
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() {
			w := &walker{e: e, root: root}
			const together = 64
			for ctx.Err() == nil && e.states.Load() < e.most && !e.hasFailed() {
				at := next.Add(together) - together
				if at >= uint64(len(frontier)) {
					break
				}
				for _, p := range frontier[at:min(at+together, uint64(len(frontier)))] {
					w.expand(&p)
				}
			}
			found[i] = w.found
		})
	}
	wg.Wait()
	var all []path
	for _, f := range found {
		all = append(all, f...)
	}
	return all
}

func (e *exhaustion) hasFailed() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.failed
}

// walker follows paths, on worlds of its own.
type walker struct {
	e        *exhaustion
	root     *World
	at, then World
	key      key
	buf      [maxEffects]rule.Effect
	found    []path
}

// expand makes every choice after a path.
func (w *walker) expand(p *path) {
	w.at = *w.root
	w.at.buf = &w.buf
	var used made
	for _, c := range p.what[:p.n] {
		used[c]++
		w.at.Play(bounded[c].move)
	}
	here := w.e.hash(&w.at, &w.key)
	for c := range bounded {
		if !used.may(c) {
			continue
		}
		w.e.tried.Add(1)
		w.then = w.at
		w.then.Play(bounded[c].move)
		longer := *p
		longer.what[p.n] = uint8(c)
		longer.n++
		if w.then.broken.What != Holds {
			w.fail(&longer)
			return
		}
		there := w.e.hash(&w.then, &w.key)
		if there == here {
			continue // it was not possible
		}
		used[c]++
		if w.e.isNew(there, &used) && longer.n < deepest {
			w.found = append(w.found, longer)
			// What can happen next is one thing; that all ends well is another.
			w.then.Rest()
			if w.then.broken.What != Holds {
				w.fail(&longer)
				return
			}
		}
		used[c]--
	}
}

func (w *walker) fail(p *path) {
	w.e.mu.Lock()
	defer w.e.mu.Unlock()
	if w.e.failed {
		return
	}
	w.e.failed, w.e.broken = true, w.then.broken
	w.e.moves = append([]Move(nil), boundedStart[:]...)
	for _, c := range p.what[:p.n] {
		w.e.moves = append(w.e.moves, bounded[c].move)
	}
}

// hash of all of a world that decides what can come of it.
func (e *exhaustion) hash(w *World, k *key) uint64 {
	*k = key{state: w.state, account: w.account, gate: w.gate, queue: w.disk.queue, waiting: w.disk.n, mode: w.disk.mode, guessed: w.guessed,
		door: w.door, eye: w.eye, mono: w.mono}
	k.account.page = page{}
	k.floor = w.replay(&k.disk)
	for i := w.disk.n; i < maxQueue; i++ {
		k.queue[i] = job{}
	}
	return maphash.Comparable(e.seed, *k)
}

// isNew reports whether nobody has seen a world after so many choices, and remembers it.
func (e *exhaustion) isNew(world uint64, used *made) bool {
	h := maphash.Comparable(e.seed, struct {
		world uint64
		used  made
	}{world, *used})
	s := &e.shards[h%uint64(len(e.shards))]
	s.mu.Lock()
	_, seen := s.seen[h]
	if !seen {
		s.seen[h] = struct{}{}
	}
	s.mu.Unlock()
	if !seen {
		e.states.Add(1)
	}
	return !seen
}

func (e Exhausted) String() string {
	s := fmt.Sprintf("%d states, %d transitions, all within %d moves", e.States, e.Tried, e.Depth)
	if e.Complete {
		s += "; the bounded world has no others"
	}
	return s
}
