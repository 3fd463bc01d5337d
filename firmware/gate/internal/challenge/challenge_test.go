package challenge

import (
	"bytes"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// film is a camera and what it looks at.
type film struct {
	fps      float64
	late     time.Duration // of a frame's time behind the lamp
	dark     float64       // luma of the lamp's box without the lamp
	lamp     float64       // what the lamp adds
	noise    float64       // sigma of the mean luma, per frame
	drift    float64       // luma a second
	jitter   time.Duration // of a frame's time, either way
	drop     float64       // share of frames that do not arrive
	exposure time.Duration
}

// deal draws the chips of a time, with a timer that is up to 8 ms late.
func deal(t testing.TB, r *rand.Rand, length time.Duration) []Chip {
	t.Helper()
	seed := make([]byte, int(length/Period)/8+2)
	for i := range seed {
		seed[i] = byte(r.Uint32())
	}
	d := NewDealer(bytes.NewReader(seed))
	var chips []Chip
	for at := time.Duration(0); at < length; at += Period {
		lit, err := d.Next()
		if err != nil {
			t.Fatal(err)
		}
		chips = append(chips, Chip{At: at + time.Duration(r.IntN(8))*time.Millisecond, Lit: lit})
	}
	return chips
}

// lit is the share of an exposure that the lamp was on.
func lit(chips []Chip, from, to time.Duration) float64 {
	sum := time.Duration(0)
	for k, c := range chips {
		end := time.Duration(math.MaxInt64)
		if k+1 < len(chips) {
			end = chips[k+1].At
		}
		if c.Lit {
			sum += max(0, min(end, to)-max(c.At, from))
		}
	}
	return float64(sum) / float64(to-from)
}

// shoot makes a film's samples of what a lamp did.
func (f film) shoot(r *rand.Rand, chips []Chip, length time.Duration) []Sample {
	var out []Sample
	for i := 0; ; i++ {
		at := time.Duration(float64(i) / f.fps * float64(time.Second))
		if at >= length {
			return out
		}
		at += time.Duration((r.Float64()*2 - 1) * float64(f.jitter))
		if r.Float64() < f.drop || at < 0 {
			continue
		}
		luma := f.dark + f.drift*at.Seconds() + r.NormFloat64()*f.noise +
			f.lamp*lit(chips, at-f.late-f.exposure, at-f.late)
		if n := len(out); n > 0 && out[n-1].At >= at {
			continue
		}
		out = append(out, Sample{At: at, Luma: uint8(min(max(luma, 0), 255))})
	}
}

// verdicts plays chips and samples in the order of time, as gate gets them, and counts the
// verdicts once 4 s have passed, at every tenth of a second.
func verdicts(chips []Chip, samples []Sample) (seen, all int) {
	var w Watch
	next := 0
	mark := 4 * time.Second
	for _, s := range samples {
		for next < len(chips) && chips[next].At <= s.At {
			w.Lamp(chips[next])
			next++
		}
		v := w.Look(s)
		if s.At >= mark {
			mark += 100 * time.Millisecond
			all++
			if v == Seen {
				seen++
			}
		}
	}
	return seen, all
}

func films() map[string]film {
	const ms = time.Millisecond
	return map[string]film{
		"ordinary":          {fps: 30, late: 40 * ms, dark: 90, lamp: 60, noise: 1, exposure: 20 * ms},
		"slow":              {fps: 10, late: 120 * ms, dark: 90, lamp: 60, noise: 1, exposure: 30 * ms},
		"late":              {fps: 15, late: 230 * ms, dark: 90, lamp: 60, noise: 1, exposure: 20 * ms},
		"at once":           {fps: 25, late: 0, dark: 90, lamp: 60, noise: 1, exposure: 5 * ms},
		"night, noisy":      {fps: 15, late: 60 * ms, dark: 20, lamp: 40, noise: 4, exposure: 60 * ms},
		"a cloud goes away": {fps: 30, late: 50 * ms, dark: 60, lamp: 50, noise: 2, drift: 4, exposure: 20 * ms},
		"a dim lamp":        {fps: 30, late: 50 * ms, dark: 120, lamp: 10, noise: 1, exposure: 20 * ms},
		"a shaky clock":     {fps: 30, late: 90 * ms, dark: 90, lamp: 60, noise: 1, jitter: 12 * ms, exposure: 20 * ms},
		"frames are lost":   {fps: 30, late: 90 * ms, dark: 90, lamp: 60, noise: 1, drop: 0.3, exposure: 20 * ms},
	}
}

// A true picture is accepted: false rejects over 2,000 s of each film.
func TestTruePictures(t *testing.T) {
	for name, f := range films() {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			seen, all := 0, 0
			for range 100 {
				chips := deal(t, r, 20*time.Second)
				s, a := verdicts(chips, f.shoot(r, chips, 20*time.Second))
				seen, all = seen+s, all+a
			}
			rejects := float64(all-seen) / float64(all)
			t.Logf("rejected %d of %d judgements (%.3f %%)", all-seen, all, 100*rejects)
			if rejects > 0.002 {
				t.Errorf("%.2f %% of the judgements reject a true picture, want at most 0.2 %%", 100*rejects)
			}
		})
	}
}

// A picture of another time, none at all, a still one: never accepted but by chance.
func TestFalsePictures(t *testing.T) {
	cases := map[string]func(f film, r *rand.Rand, mine, other []Chip, length time.Duration) []Sample{
		"a film of another time": func(f film, r *rand.Rand, _, other []Chip, length time.Duration) []Sample {
			return f.shoot(r, other, length)
		},
		"my own chips, half a second old": func(f film, r *rand.Rand, mine, _ []Chip, length time.Duration) []Sample {
			f.late += 500 * time.Millisecond
			return f.shoot(r, mine, length)
		},
		"covered": func(f film, r *rand.Rand, _, _ []Chip, length time.Duration) []Sample {
			f.lamp, f.dark = 0, 2
			return f.shoot(r, nil, length)
		},
		"frozen": func(f film, r *rand.Rand, _, _ []Chip, length time.Duration) []Sample {
			f.lamp, f.noise = 0, 0
			return f.shoot(r, nil, length)
		},
	}
	for name, shoot := range cases {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, 4))
			seen, all := 0, 0
			for _, name := range slices.Sorted(maps.Keys(films())) {
				f := films()[name]
				f.late = min(f.late, 200*time.Millisecond)
				for range 60 {
					length := 20 * time.Second
					mine, other := deal(t, r, length), deal(t, r, length)
					s, a := verdicts(mine, shoot(f, r, mine, other, length))
					seen, all = seen+s, all+a
				}
			}
			t.Logf("accepted %d of %d judgements", seen, all)
			if float64(seen) > 0.002*float64(all) {
				t.Errorf("accepted %d of %d judgements of a false picture", seen, all)
			}
		})
	}
}

// Once accepted, a picture that freezes, is covered or is replaced is known within 3 s.
func TestKnownWithinThreeSeconds(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	worst, sum, n, missed := time.Duration(0), time.Duration(0), 0, 0
	for _, name := range slices.Sorted(maps.Keys(films())) {
		f := films()[name]
		for range 100 {
			const turn, length = 8 * time.Second, 14 * time.Second
			chips, other := deal(t, r, length), deal(t, r, length)
			var samples []Sample
			frozen := uint8(0)
			kind := r.IntN(3)
			for _, s := range f.shoot(r, chips, length) {
				if s.At < turn {
					samples, frozen = append(samples, s), s.Luma
				} else if kind == 0 {
					samples = append(samples, Sample{s.At, frozen})
				} else if kind == 1 {
					samples = append(samples, Sample{s.At, 3})
				}
			}
			if kind == 2 {
				for _, s := range f.shoot(r, other, length) {
					if s.At > turn+40*time.Millisecond {
						samples = append(samples, s)
					}
				}
			}
			var w Watch
			next, known := 0, time.Duration(0)
			for _, s := range samples {
				for next < len(chips) && chips[next].At <= s.At {
					w.Lamp(chips[next])
					next++
				}
				if v := w.Look(s); s.At >= turn && v != Seen && known == 0 {
					known = s.At - turn
				}
			}
			if known == 0 || known > 3*time.Second {
				missed++
				continue
			}
			worst, sum, n = max(worst, known), sum+known, n+1
		}
	}
	t.Logf("known after %v in the mean, %v at worst; %d of %d missed", sum/time.Duration(n), worst, missed, n+missed)
	if missed*200 > n {
		t.Errorf("%d of %d false pictures were not known within 3 s", missed, n+missed)
	}
}

// A hand in front of the lamp for half a second does not end what was accepted.
func TestHandBeforeTheLamp(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	f := films()["ordinary"]
	lost := 0
	for range 200 {
		chips := deal(t, r, 12*time.Second)
		var w Watch
		next := 0
		for _, s := range f.shoot(r, chips, 12*time.Second) {
			if s.At > 6*time.Second && s.At < 6400*time.Millisecond {
				s.Luma = 70
			}
			for next < len(chips) && chips[next].At <= s.At {
				w.Lamp(chips[next])
				next++
			}
			if v := w.Look(s); s.At > 5*time.Second && v != Seen {
				lost++
				break
			}
		}
	}
	t.Logf("lost %d of 200", lost)
	if lost > 20 {
		t.Errorf("a hand for 0.4 s loses the picture %d times of 200", lost)
	}
}

func TestUndecidedAtFirst(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	f := films()["ordinary"]
	chips := deal(t, r, 10*time.Second)
	var w Watch
	next := 0
	for _, s := range f.shoot(r, chips, 10*time.Second) {
		for next < len(chips) && chips[next].At <= s.At {
			w.Lamp(chips[next])
			next++
		}
		switch v := w.Look(s); {
		case s.At < 3*time.Second && v != Undecided:
			t.Fatalf("%v after %v, want undecided", v, s.At)
		case s.At > 3700*time.Millisecond && v != Seen:
			t.Fatalf("%v after %v, want seen", v, s.At)
		}
	}
	w.Reset()
	if v := w.Verdict(); v != Undecided {
		t.Errorf("%v after a reset, want undecided", v)
	}
}

func TestRuns(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	chips := deal(t, r, time.Hour)
	run, on := 0, 0
	for i, c := range chips {
		if i > 0 && c.Lit == chips[i-1].Lit {
			run++
		} else {
			run = 1
		}
		if run > MaxRun {
			t.Fatalf("%d equal chips in a row at %d", run, i)
		}
		if c.Lit {
			on++
		}
	}
	if share := float64(on) / float64(len(chips)); share < 0.48 || share > 0.52 {
		t.Errorf("lit %.1f %% of the time", 100*share)
	}
}

func BenchmarkLook(b *testing.B) {
	r := rand.New(rand.NewPCG(13, 14))
	chips := deal(b, r, 10*time.Second)
	samples := films()["ordinary"].shoot(r, chips, 10*time.Second)
	var w Watch
	w.chips = append(w.chips, chips...)
	w.samples = samples
	b.ReportAllocs()
	for b.Loop() {
		Judge(w.chips, w.samples, Seen)
	}
}
