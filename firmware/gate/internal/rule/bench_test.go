package rule

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// moment is one Step of a story that was told before.
type moment struct {
	before State
	event  Event
	now    Now
}

// A whole visit with all that a gate is told in it: ten frames a second, sensors, a wrong
// code, two entries, the grace and the window's end.
func visitOf(t testing.TB, passes int) []moment {
	b := tell(t)
	for i := range passes - 1 {
		from := start + int64(i+1)*7_200_000
		b.step(PassCame(plan(func(p *Plan) { p.Delivery, p.From, p.Until = fmt.Sprint("later", i), from, from+3_600_000 })))
	}
	var all []moment
	b.stepped = func(before State, e Event, _ []Effect) { all = append(all, moment{before, e, b.now}) }
	b.step(PassCame(plan(func(p *Plan) { p.Until = p.From + 600_000 })))
	b.passes(time.Minute)
	b.keys(Wrong) // it waits for the camera
	b.passes(time.Second)
	for range 2 {
		b.keys(Right)
		b.bolt()
		b.opens()
		b.passes(20 * time.Second)
		b.shuts()
	}
	b.passes(10 * time.Minute)
	return all
}

// A visit step by step: ns/op is the mean over its events, median-ns that of the median
// event. Each event is measured by itself, many times over, on a copy of the state it met.
func BenchmarkStep(b *testing.B) {
	for _, passes := range []int{1, MaxPasses} {
		b.Run(fmt.Sprint("passes=", passes), func(b *testing.B) {
			all := visitOf(b, passes)
			out := make([]Effect, 0, 16)
			b.ReportAllocs()
			s, i := all[0].before, 0
			for b.Loop() {
				if i == len(all) {
					b.StopTimer()
					s, i = all[0].before, 0
					b.StartTimer()
				}
				out = Step(&s, all[i].event, all[i].now, out[:0])
				i++
			}
			b.StopTimer()
			b.ReportMetric(median(all), "median-ns")
		})
	}
}

func median(all []moment) float64 {
	const times = 64
	out := make([]Effect, 0, 16)
	states := make([]State, times)
	took := make([]time.Duration, len(all))
	for i := range all {
		for k := range states {
			states[k] = all[i].before
		}
		began := time.Now()
		for k := range states {
			out = Step(&states[k], all[i].event, all[i].now, out[:0])
		}
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	return float64(took[len(took)/2]) / times
}

func TestStepMakesNoGarbage(t *testing.T) {
	all := visitOf(t, MaxPasses)
	out := make([]Effect, 0, 16)
	var s State
	if n := testing.AllocsPerRun(3, func() {
		s = all[0].before
		for i := range all {
			out = Step(&s, all[i].event, all[i].now, out[:0])
		}
	}); n != 0 {
		t.Errorf("%v allocations in %d steps", n, len(all))
	}
}
