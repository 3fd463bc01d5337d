package sim

import (
	"strings"
	"testing"
	"time"
)

func TestQuick(t *testing.T) {
	p := newPlayer()
	for s := range p.openings {
		for i := range p.openings[s] {
			if b := p.openings[s][i].broken; b.What != Holds {
				var sb strings.Builder
				Replay(begin(s, i), func(s string) { sb.WriteString(s + "\n") })
				t.Fatalf("opening %d: %v\n%s", i, b, sb.String())
			}
		}
	}
	start := time.Now()
	n := uint64(2000000)
	for i := range n {
		if b := p.play(1, i); b.What != Holds {
			q := newPlayer()
			q.record = []Move{}
			if c := q.play(1, i); c != b {
				t.Fatalf("differs on replay: %v %v", b, c)
			}
			moves := Shrink(q.record, b.What)
			var sb strings.Builder
			c := Replay(moves, func(s string) { sb.WriteString(s + "\n") })
			t.Fatalf("schedule %d: %v\n%v\n%s", i, b, c, sb.String())
		}
	}
	d := time.Since(start)
	t.Logf("%d schedules, %.1f steps each, %.0f a second", n, float64(p.steps)/float64(n), float64(n)/d.Seconds())
}
