package sim

import (
	"context"
	"testing"
)

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

func TestExhaust(t *testing.T) {
	e := Exhaust(context.Background(), 100_000, 2, nil)
	t.Log(e)
	if e.Failure.What != Holds {
		t.Fatalf("%v\n%s", e.Failure, Story(e.Moves))
	}
}
