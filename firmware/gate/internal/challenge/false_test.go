package challenge

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// liars are pictures of anything but this lamp, now: each draws a recording of three seconds and more.
// What they are judged by is drawn after them.
func liars(t testing.TB) map[string]func(r *rand.Rand, f film, length time.Duration) []Sample {
	unlit := func(r *rand.Rand, f film, length time.Duration, s scene) []Sample {
		return f.shoot(r, []Chip{{At: -time.Second}}, length, s)
	}
	return map[string]func(r *rand.Rand, f film, length time.Duration) []Sample{
		"a film of another time": func(r *rand.Rand, f film, length time.Duration) []Sample {
			return f.shoot(r, deal(t, r, length), length, nil)
		},
		"the same without noise": func(r *rand.Rand, f film, length time.Duration) []Sample {
			f.grain, f.noise, f.step, f.jitter, f.drop, f.drift = 0, 0, 0, 0, 0, 0
			return f.shoot(r, deal(t, r, length), length, nil)
		},
		"frozen": func(r *rand.Rand, f film, length time.Duration) []Sample {
			f.grain, f.noise, f.drift = 0, 0, 0
			return unlit(r, f, length, nil)
		},
		"covered": func(r *rand.Rand, f film, length time.Duration) []Sample {
			f.dark, f.drift = 2, 0
			return unlit(r, f, length, nil)
		},
		"the lamp is not in the picture": func(r *rand.Rand, f film, length time.Duration) []Sample {
			return unlit(r, f, length, nil)
		},
		"a lamp that blinks steadily": func(r *rand.Rand, f film, length time.Duration) []Sample {
			half := time.Duration(70+r.IntN(500)) * ms
			return unlit(r, f, length, func(at time.Duration) (float64, float64) { return 1, f.lamp * float64(at/half%2) })
		},
		"a lamp that blinks as is likeliest": func(r *rand.Rand, f film, length time.Duration) []Sample {
			began := time.Duration(r.IntN(second)) * Period
			return unlit(r, f, length, func(at time.Duration) (float64, float64) {
				if min((at+began)/Period%second, Changes)%2 == 1 {
					return 1, f.lamp
				}
				return 1, 0
			})
		},
		"a lamp that beats with the mains": func(r *rand.Rand, f film, length time.Duration) []Sample {
			hertz := 0.5 + 6*r.Float64()
			return unlit(r, f, length, func(at time.Duration) (float64, float64) {
				return 1, f.lamp * math.Sin(2*math.Pi*hertz*at.Seconds())
			})
		},
		"shadows that wander": func(r *rand.Rand, f film, length time.Duration) []Sample {
			walk := 0.0
			return unlit(r, f, length, func(time.Duration) (float64, float64) {
				walk += r.NormFloat64() * 10
				return 1, walk
			})
		},
	}
}

// A picture of something else is refused. By chance alone one in some hundred thousand would not be, so the quick form
// accepts none and the long one a few of its millions.
func TestFalse(t *testing.T) {
	recordings, drawings := long(1, 1500), long(25, 60)
	const length = 4 * time.Second
	for name, record := range liars(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(3, 4))
			seen, all := 0, 0
			for _, f := range films() {
				for range recordings {
					samples := record(r, f, length)
					for range drawings {
						all++
						if Judge(deal(t, r, length), samples, Finding{}).Verdict == Seen {
							seen++
							t.Logf("accepted: %s", f.name)
						}
					}
				}
			}
			t.Logf("%s: %d of %d accepted", name, seen, all)
			if seen > all/300_000 {
				t.Error("more than by chance")
			}
		})
	}
}

// The same picture too late is no picture of now.
func TestDelayed(t *testing.T) {
	n := long(12, 5000)
	for _, delay := range []time.Duration{400 * ms, 500 * ms, 700 * ms, time.Second, 2 * time.Second, 3500 * ms, 10 * time.Second} {
		r := rand.New(rand.NewPCG(5, 6))
		seen, all := 0, 0
		for _, f := range films() {
			f.late = delay
			length := 4*time.Second + delay
			for range n {
				chips := deal(t, r, length)
				all++
				if Judge(chips, f.shoot(r, chips, length, nil), Finding{}).Verdict == Seen {
					seen++
				}
			}
		}
		t.Logf("%v late: %d of %d accepted", delay, seen, all)
		if seen > 0 {
			t.Errorf("%v late: it must be none", delay)
		}
	}
}

// What was live and is covered, frozen or replaced is known within three seconds. A film may show the right
// chips for a while by chance: those that begin the very moment the camera is taken away are a little luckier,
// as a second is forgiven.
func TestKnownWithinThreeSeconds(t *testing.T) {
	n := long(3, 1500)
	const turn, length = 6 * time.Second, 11 * time.Second
	for name, record := range liars(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(7, 8))
			worst, sum, all, missed := time.Duration(0), time.Duration(0), 0, 0
			for _, f := range films() {
				for range n {
					chips := deal(t, r, length)
					samples := f.shoot(r, chips, turn, nil)
					before := samples[len(samples)-1]
					for _, s := range record(r, f, length-turn) {
						if name == "frozen" {
							s.Luma = before.Luma
						}
						if s.At += turn; s.At > before.At {
							samples = append(samples, s)
						}
					}
					var w Watch
					known, was := time.Duration(0), Undecided
					play(&w, chips, samples, func(at time.Duration, v Verdict) {
						if v != Seen && was == Seen && at >= turn {
							known = at - turn // for good, if it is the last time
						}
						was = v
					})
					if all++; was == Seen || known > 3*time.Second {
						missed++
					}
					worst, sum = max(worst, known), sum+known
				}
			}
			t.Logf("%s: known after %v in the mean, %v at worst; %d of %d later than 3 s",
				name, (sum / time.Duration(all)).Round(ms), worst.Round(ms), missed, all)
			if missed > all/1000 {
				t.Errorf("%d of %d were known later than 3 s", missed, all)
			}
		})
	}
}
