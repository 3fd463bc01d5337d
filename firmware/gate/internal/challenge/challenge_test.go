package challenge

import (
	"math"
	"math/rand/v2"
	"os"
	"testing"
	"time"
)

// long makes these tests run for minutes: LAMP_LONG=1 go test -run ... -v ./firmware/gate/internal/challenge
func long(quick, all int) int {
	if os.Getenv("LAMP_LONG") != "" {
		return all
	}
	return quick
}

// A live camera is accepted in three seconds, by somebody who has not seen anything before.
func TestLive(t *testing.T) {
	n := long(300, 20_000)
	for _, f := range films() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(1, 2))
			rejected := 0
			const length = 4 * time.Second
			for range n {
				chips := deal(t, r, length)
				if Judge(chips, f.shoot(r, chips, length, nil), Finding{}).Verdict != Seen {
					rejected++
				}
			}
			t.Logf("%s: %d of %d spans rejected (%.3f %%)", f.name, rejected, n, 100*float64(rejected)/float64(n))
			if rejected*1000 > n {
				t.Errorf("more than one in a thousand")
			}
		})
	}
}

// Once accepted it stays so.
func TestLiveForLong(t *testing.T) {
	for _, f := range films() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(1, 2))
			unseen, all := 0, 0
			length := time.Duration(long(30, 5000)) * time.Second
			chips := deal(t, r, length)
			var w Watch
			play(&w, chips, f.shoot(r, chips, length, nil), func(at time.Duration, v Verdict) {
				if at > 4*time.Second {
					all++
					if v != Seen {
						unseen++
					}
				}
			})
			t.Logf("%s: %d of %d looks say unseen (%.4f %%)", f.name, unseen, all, 100*float64(unseen)/float64(all))
			if unseen*1000 > all {
				t.Errorf("more than one in a thousand")
			}
		})
	}
}

// disturbances happen to a live camera from a moment on.
func disturbances() map[string]func(r *rand.Rand, from time.Duration) scene {
	ramp := func(at, over time.Duration) float64 { return min(max(float64(at)/float64(over), 0), 1) }
	return map[string]func(r *rand.Rand, from time.Duration) scene{
		"a courier passes the lamp": func(r *rand.Rand, from time.Duration) scene {
			long, part, add := time.Duration(200+r.IntN(800))*ms, r.Float64(), -60*r.Float64()
			return func(at time.Duration) (float64, float64) {
				if at >= from && at < from+long {
					return part, add
				}
				return 1, 0
			}
		},
		"the door lets daylight in": func(_ *rand.Rand, from time.Duration) scene {
			return func(at time.Duration) (float64, float64) { return 1, 60 * ramp(at-from, 500*ms) }
		},
		"the camera adapts to the daylight": func(_ *rand.Rand, from time.Duration) scene {
			return func(at time.Duration) (float64, float64) {
				gain := 1 - 0.3*ramp(at-from-500*ms, time.Second)
				return gain, 60 * gain * ramp(at-from, 500*ms)
			}
		},
		"a light goes out": func(_ *rand.Rand, from time.Duration) scene {
			return func(at time.Duration) (float64, float64) { return 1, -15 * ramp(at-from, ms) }
		},
		"the exposure wanders": func(_ *rand.Rand, from time.Duration) scene {
			return func(at time.Duration) (float64, float64) {
				x := 0.3 * math.Sin(2*math.Pi*(at-from).Seconds()/6)
				return 1 + x, 30 * x
			}
		},
	}
}

// What passes does not end what was accepted. Where the lamp is dim or the picture noisy, a camera that changes
// its exposure by much loses it for a while: that is reported and not judged, as is a camera of 10 frames a
// second.
func TestDisturbed(t *testing.T) {
	n := long(8, 1000)
	const from, length = 7 * time.Second, 13 * time.Second
	for name, disturb := range disturbances() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(9, 10))
			for _, f := range films() {
				f.drift /= 4
				f.dark = min(f.dark, 130) // what is added must not saturate it
				lost := 0
				for range n {
					chips := deal(t, r, length)
					var w Watch
					kept := true
					play(&w, chips, f.shoot(r, chips, length, disturb(r, from)), func(at time.Duration, v Verdict) {
						kept = kept && (at < from-2*time.Second || v == Seen)
					})
					if !kept {
						lost++
					}
				}
				t.Logf("%s, %s: lost %d of %d", name, f.name, lost, n)
				moving := name == "the camera adapts to the daylight" || name == "the exposure wanders"
				hard := f.fps < 15 || moving && (f.lamp < 10 || f.noise > 1)
				if !hard && lost > 1+n/20 {
					t.Errorf("%s: more than one in twenty", f.name)
				}
			}
		})
	}
}

// It takes three seconds and the longest latency to say anything, and no more.
func TestUndecidedAtFirst(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	f := films()[0]
	for range 5 {
		chips := deal(t, r, 5*time.Second)[1:]
		var w Watch
		began := chips[0].At
		play(&w, chips, f.shoot(r, chips, 5*time.Second, nil), func(at time.Duration, v Verdict) {
			switch {
			case at-began < Span && v != Undecided:
				t.Fatalf("%v after %v, want undecided", v, at-began)
			case at-began > Span+500*ms && v != Seen:
				t.Fatalf("%v after %v, want seen", v, at-began)
			}
		})
		w.Reset()
		if v := w.Verdict(); v != Undecided {
			t.Fatalf("%v after a reset, want undecided", v)
		}
		if v := w.Look(Sample{At: time.Hour, Luma: 1}); v != Undecided {
			t.Fatalf("%v of one frame, want undecided", v)
		}
	}
}

// A frame that is not newer than the last one says nothing.
func TestOldFrames(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	chips := deal(t, r, 5*time.Second)
	samples := films()[0].shoot(r, chips, 5*time.Second, nil)
	var w Watch
	play(&w, chips, samples, func(time.Duration, Verdict) {})
	for _, s := range samples {
		if v := w.Look(Sample{At: s.At, Luma: 0}); v != Seen {
			t.Fatalf("%v, want seen", v)
		}
	}
}

func TestLooksAllocateNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	const length = 120 * time.Second
	f := films()[1]
	chips := deal(t, r, length)
	samples := f.shoot(r, chips, length, nil)
	var w Watch
	play(&w, chips, samples[:300], func(time.Duration, Verdict) {})
	next := 300
	if n := testing.AllocsPerRun(2000, func() {
		for _, c := range chips {
			if c.At > samples[next-1].At && c.At <= samples[next].At {
				w.Lamp(c)
			}
		}
		w.Look(samples[next])
		next++
	}); n != 0 {
		t.Errorf("%v allocations a look", n)
	}
}

// BenchmarkLook is what a frame costs at 30 a second: with a lamp that is seen, and with one that is not and
// is looked for at all latencies.
func BenchmarkLook(b *testing.B) {
	r := rand.New(rand.NewPCG(17, 18))
	chips := deal(b, r, 5*time.Second)
	samples := films()[1].shoot(r, chips, 5*time.Second, nil)
	found := Judge(chips, samples, Finding{})
	for name, was := range map[string]Finding{"seen": found, "unseen": {}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Judge(chips, samples, was)
			}
		})
	}
}
