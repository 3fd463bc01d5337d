package sim

import (
	"context"
	"runtime"
	"testing"
)

// TestSchedules plays as many schedules as a change may have to wait for. Under the race
// detector there are fewer: they share nothing.
func TestSchedules(t *testing.T) {
	count := uint64(1_000_000)
	switch {
	case raced:
		count = 10_000
	case testing.Short():
		count = 100_000
	}
	r := Search(context.Background(), 1, 0, count, runtime.NumCPU(), nil)
	if f := r.Failure; f != nil {
		t.Fatalf("schedule %d of seed %d: %v\n%s", f.N, f.Seed, f.Broken, Story(Shrink(f.Moves, f.Broken.What)))
	}
	if r.Schedules != count {
		t.Errorf("%d schedules, want %d", r.Schedules, count)
	}
	if r.Opened*4 < count {
		t.Errorf("the door opened %d times in %d schedules: these bad days are too bad to test anything", r.Opened, count)
	}
	t.Logf("%d schedules, %.1f steps each, opened %d times", r.Schedules, float64(r.Steps)/float64(count), r.Opened)
}

func TestExhaust(t *testing.T) {
	most := uint64(30_000)
	if raced {
		most = 2_000
	}
	e := Exhaust(context.Background(), most, runtime.NumCPU(), nil)
	if e.Failure.What != Holds {
		t.Fatalf("%v\n%s", e.Failure, Story(e.Moves))
	}
	t.Log(e)
}

// A schedule is the same each time, as a search plays it and as a story tells it.
func TestReplayIsTheSame(t *testing.T) {
	p := newPlayer()
	for n := range uint64(2000) {
		p.record = nil
		p.play(7, n)
		state, journal, steps := p.world.state, p.world.disk.journal, p.world.steps
		p.record = []Move{}
		p.play(7, n)
		if p.world.state != state || p.world.disk.journal != journal || p.world.steps != steps {
			t.Fatalf("schedule %d differs when it is played again", n)
		}
		w := NewWorld()
		for _, m := range p.record {
			w.Play(m)
		}
		w.Rest()
		if w.state != state || w.disk.journal != journal {
			t.Fatalf("schedule %d differs when it is told from its beginning", n)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates")
	}
	p := newPlayer()
	n := uint64(0)
	per := testing.AllocsPerRun(3000, func() {
		p.play(1, n)
		n++
	})
	if per > 0 {
		t.Errorf("%v allocations a schedule", per)
	}
}

// Somebody breaks the door open: were that an invariant, what would its shortest story be?
func TestShrink(t *testing.T) {
	moves := begin(0, 7)
	moves = append(moves, Move{Wait, 3, 0}, Move{Net, 0, 0}, Move{Shut, 0, 0}, Move{Wait, 11, 0}, Move{Force, 0, 0}, Move{Latch, 0, 0}, Move{Wait, 14, 0})
	forced := func(moves []Move) bool {
		w := NewWorld()
		for _, m := range moves {
			w.Play(m)
		}
		return w.account.forced
	}
	if forced(moves) {
		t.Fatal("a courier's visit makes it no alarm: the test's own story is wrong")
	}
	moves = append(moves, Move{Shut, 0, 0}, Move{Wait, 15, 0}, Move{Wait, 15, 0}, Move{Force, 0, 0})
	if !forced(moves) {
		t.Fatal("long after the visit it is an alarm")
	}
	short := leaveOut(moves, forced)
	if len(short) != 1 || short[0].Kind != Force {
		t.Errorf("shortened to %v", short)
	}
}

func BenchmarkSchedule(b *testing.B) {
	p := newPlayer()
	b.ReportAllocs()
	n := uint64(0)
	for b.Loop() {
		p.play(1, n)
		n++
	}
	b.ReportMetric(float64(p.steps)/float64(n), "steps")
}
