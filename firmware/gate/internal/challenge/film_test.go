package challenge

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

const ms = time.Millisecond

// film is a camera and what it looks at. Luma is of 255.
type film struct {
	name     string
	fps      float64
	late     time.Duration // of a frame's time behind the lamp
	exposure time.Duration
	dark     float64       // the lamp's box without the lamp
	lamp     float64       // what the lamp adds
	grain    float64       // sigma of each of the box's 12x12 pixels; 0 to leave the pixels out
	noise    float64       // sigma of the whole box, per frame: a mains hum, an encoder's rounding
	step     float64       // that the mean is rounded to: a JPEG's coarse mean of a block
	drift    float64       // luma a second, up for 4 s and then down
	settle   float64       // luma by which the exposure is wrong at first; it halves every 0.3 s
	jitter   time.Duration // of a frame's time, either way
	drop     float64       // share of frames that do not arrive
}

// films are true cameras. All but those that say so have a lamp of 12x12 pixels at 15 frames a second.
func films() []film {
	ordinary := film{name: "ordinary", fps: 15, late: 60 * ms, exposure: 20 * ms, dark: 90, lamp: 60, grain: 3, noise: 0.3, jitter: 5 * ms}
	as := func(name string, change func(*film)) film {
		f := ordinary
		f.name = name
		change(&f)
		return f
	}
	return []film{
		ordinary,
		as("30 a second", func(f *film) { f.fps = 30 }),
		as("10 a second", func(f *film) { f.fps = 10; f.late = 120 * ms }),
		as("late", func(f *film) { f.late = 230 * ms }),
		as("at once", func(f *film) { f.late = 0; f.exposure = 5 * ms }),
		as("stamped at its first light", func(f *film) { f.late = -20 * ms; f.exposure = 20 * ms; f.jitter = 0 }),
		as("night, noisy", func(f *film) { f.dark = 20; f.lamp = 25; f.grain = 8; f.noise = 1.5; f.exposure = 60 * ms }),
		as("daylight", func(f *film) { f.dark = 195; f.lamp = 6; f.grain = 2.5; f.noise = 0.4; f.exposure = 2 * ms }),
		as("daylight through JPEG", func(f *film) {
			f.dark = 195
			f.lamp = 6
			f.grain = 2.5
			f.noise = 0.2
			f.step = 1
			f.exposure = 2 * ms
		}),
		as("nearly saturated", func(f *film) { f.dark = 230; f.lamp = 30; f.grain = 4; f.exposure = 2 * ms }),
		as("a dim lamp", func(f *film) { f.dark = 120; f.lamp = 4 }),
		as("a cloud goes away", func(f *film) { f.dark = 60; f.lamp = 30; f.drift = 12 }),
		as("it finds its exposure", func(f *film) { f.settle = 40 }),
		as("a shaky clock", func(f *film) { f.late = 90 * ms; f.jitter = 12 * ms }),
		as("frames are lost", func(f *film) { f.fps = 30; f.late = 90 * ms; f.drop = 0.4 }),
	}
}

// white is where a pixel is saturated.
const white = 235

// deal draws the chips of a time, with a timer that is up to 8 ms late, as changes.
func deal(t testing.TB, r *rand.Rand, length time.Duration) []Chip {
	t.Helper()
	d := NewDealer(random{r})
	chips := []Chip{{At: -time.Second}}
	for at := time.Duration(0); at < length; at += Period {
		lit, err := d.Next()
		if err != nil {
			t.Fatal(err)
		}
		if lit != chips[len(chips)-1].Lit {
			chips = append(chips, Chip{At: at + time.Duration(r.IntN(8))*ms, Lit: lit})
		}
	}
	return chips
}

type random struct{ r *rand.Rand }

func (r random) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(r.r.Uint32())
	}
	return len(b), nil
}

// shine is the share of an exposure that the lamp was on. k is where to begin in the chips.
func shine(chips []Chip, k int, from, to time.Duration) float64 {
	sum := time.Duration(0)
	for ; k < len(chips) && chips[k].At < to; k++ {
		end := to
		if k+1 < len(chips) {
			end = min(end, chips[k+1].At)
		}
		if chips[k].Lit {
			sum += max(0, end-max(chips[k].At, from))
		}
	}
	return float64(sum) / float64(to-from)
}

// scene changes what a film sees at a time: which part of the lamp's light still comes, and what is added.
type scene func(at time.Duration) (lamp, add float64)

// shoot makes a film's samples of what a lamp did, from a random moment of its first frame on.
func (f film) shoot(r *rand.Rand, chips []Chip, length time.Duration, s scene) []Sample {
	gap := float64(time.Second) / f.fps
	phase := r.Float64() * gap
	out := make([]Sample, 0, int(length.Seconds()*f.fps)+1)
	k := 0
	for i := 0; ; i++ {
		at := time.Duration(phase + float64(i)*gap)
		if at >= length {
			return out
		}
		for k+1 < len(chips) && chips[k+1].At <= at-f.late-f.exposure {
			k++
		}
		lamp, add := f.lamp, f.dark+f.drift*math.Abs(math.Mod(at.Seconds(), 8)-4)+f.settle*math.Exp2(-at.Seconds()/0.3)+r.NormFloat64()*f.noise
		if s != nil {
			part, more := s(at)
			lamp, add = lamp*part, add+more
		}
		luma := f.seen(r, add+lamp*shine(chips, k, at-f.late-f.exposure, at-f.late))
		at += time.Duration((r.Float64()*2 - 1) * float64(f.jitter))
		if n := len(out); r.Float64() < f.drop || n > 0 && out[n-1].At >= at {
			continue
		}
		out = append(out, Sample{At: at, Luma: luma})
	}
}

// seen is the mean of the box's pixels.
func (f film) seen(r *rand.Rand, luma float64) uint16 {
	if f.grain > 0 {
		// So far from the ends the pixels' mean is all there is to know of them.
		if luma > 5*f.grain && luma < white-5*f.grain {
			luma += r.NormFloat64() * f.grain / 12
		} else {
			sum := 0.0
			for range 12 * 12 {
				sum += min(max(luma+r.NormFloat64()*f.grain, 0), white)
			}
			luma = sum / (12 * 12)
		}
	}
	if f.step > 0 {
		luma = math.Round(luma/f.step) * f.step
	}
	return uint16(min(max(luma, 0), white) * 256)
}

// play gives chips and samples to a watch in the order of time, as gate gets them, and tells each verdict.
func play(w *Watch, chips []Chip, samples []Sample, tell func(at time.Duration, v Verdict)) {
	next := 0
	for _, s := range samples {
		for next < len(chips) && chips[next].At <= s.At+100*ms { // a frame takes its time to come
			w.Lamp(chips[next])
			next++
		}
		tell(s.At, w.Look(s))
	}
}
