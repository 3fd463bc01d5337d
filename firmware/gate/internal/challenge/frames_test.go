package challenge_test

import (
	"context"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"vestibule/firmware/gate/internal/challenge"
	"vestibule/firmware/gate/internal/service"
	"vestibule/vision"
	"vestibule/vision/scene"
)

// (These are not gate's own tests, because those run their own binary as gate, and it may link no camera.)
//
// The challenge through real frames: a scene is drawn with sensor noise, 640x480 at 15 frames a second, its
// lamp blinks the dealer's chips, vision redacts it and measures 12x12 pixels. It runs in real time; with
// LAMP_LONG=1 for two minutes and more cameras.

// pixels is a box in a picture of 640x480.
func pixels(x, y, w, h int) vision.Box {
	at := func(x, y int) vision.Point { return vision.Point{X: x * vision.Unit / 640, Y: y * vision.Unit / 480} }
	return vision.Box{Min: at(x, y), Max: at(x+w, y+h)}
}

// view is a camera at the scene.
type view struct {
	name    string
	box     vision.Box                         // where it looks for the lamp
	world   func(at time.Duration) scene.World // but for the lamp
	covered bool                               // for the second half
}

func views() []view {
	// The lamp is 23x41 pixels here. Its glow on the wall beside it is what a lamp is in bright daylight: a little more.
	face, glow := pixels(402, 98, 12, 12), pixels(420, 98, 12, 12)
	steady := func(light float64) func(time.Duration) scene.World {
		return func(time.Duration) scene.World { return scene.World{Power: true, Light: light} }
	}
	visited := func(at time.Duration) scene.World {
		w := scene.World{Power: true, Light: 0.6}
		if at > 4*time.Second {
			w.Door = 1
		}
		return w
	}
	return []view{
		{"its glow by day, somebody comes in", glow, visited, false},
		{"the lamp by day", face, steady(1), true},
		{"its glow by day", glow, steady(0.85), true},
		{"its glow at dusk", glow, steady(0.3), true},
		{"the lamp at night", face, steady(0), true},
		{"its glow at night", glow, steady(0), true},
	}
}

// recording is what gate would get.
type recording struct {
	start   time.Duration
	turn    time.Duration // when the lens is covered, if it is
	chips   []challenge.Chip
	samples []challenge.Sample
}

// deal draws the chips of a time that begins at start.
func deal(t *testing.T, start, length time.Duration, r *rand.Rand) []challenge.Chip {
	t.Helper()
	d := challenge.NewDealer(dice{r})
	var chips []challenge.Chip
	for at := time.Duration(0); at < length; at += challenge.Period {
		lit, err := d.Next()
		if err != nil {
			t.Fatal(err)
		}
		chips = append(chips, challenge.Chip{At: start + at, Lit: lit})
	}
	return chips
}

type dice struct{ r *rand.Rand }

func (d dice) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(d.r.Uint32())
	}
	return len(b), nil
}

// film looks for a while.
func (v view) film(t *testing.T, length time.Duration, seed uint64) recording {
	t.Helper()
	mono := service.System().Mono
	const fps = 15
	rec := recording{start: mono()}
	rec.turn = rec.start + length/2
	rec.chips = deal(t, rec.start, length+time.Second, rand.New(rand.NewPCG(seed, 1)))
	var mu sync.Mutex
	var asked []time.Duration // when the scene was asked for each frame: this is when it was taken
	world := func() scene.World {
		now := mono()
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, now)
		w := v.world(now - rec.start)
		w.Covered = v.covered && now > rec.turn
		for _, c := range rec.chips {
			if c.At <= now {
				w.Lamp = c.Lit
			}
		}
		return w
	}
	s, err := vision.Open(scene.Source(int64(seed), world, false), vision.Size{Width: 640, Height: 480}, fps,
		vision.Plan{Zones: [][]vision.Point{scene.Zone}, Lamp: v.box, Mode: vision.Frosted, Nonce: [16]byte{byte(seed)}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for mono() < rec.start+length {
		_, l, err := s.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if l.Glass != "" { // it is being opened, or this machine is busy
			continue
		}
		mu.Lock()
		for i := len(asked) - 1; i >= 0; i-- {
			if d := asked[i] - l.At; d >= 0 && d < time.Second/fps {
				rec.samples = append(rec.samples, challenge.Sample{At: asked[i], Luma: l.Lamp})
				break
			}
		}
		mu.Unlock()
	}
	return rec
}

// spans calls judge with the samples up to each one before end that has a span of frames before it. Spans that a
// busy machine has torn holes into are left out.
func (rec recording) spans(end time.Duration, judge func([]challenge.Sample)) (torn int) {
	from := 0
	for i, s := range rec.samples {
		for rec.samples[from].At < s.At-challenge.Span-200*time.Millisecond {
			from++
		}
		if s.At > end || s.At < rec.start+challenge.Span+500*time.Millisecond {
			continue
		}
		if i-from < 45 {
			torn++
			continue
		}
		judge(rec.samples[from : i+1])
	}
	return torn
}

func TestLampInThePicture(t *testing.T) {
	length, drawings, all := 9*time.Second, 8, views()[:4]
	if os.Getenv("LAMP_LONG") != "" {
		length, drawings, all = 2*time.Minute, 40, views()
	}
	for n, v := range all {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			rec := v.film(t, length, uint64(n+1))
			end := rec.start + length
			if v.covered {
				end = rec.turn
			}
			seen, spans, fits, others := 0, 0, 0, 0
			r := rand.New(rand.NewPCG(uint64(n), 2))
			torn := rec.spans(end, func(samples []challenge.Sample) {
				spans++
				if challenge.Judge(rec.chips, samples, challenge.Finding{}).Verdict == challenge.Seen {
					seen++
				}
				for range drawings { // the same frames are a film of another time for them
					others++
					if challenge.Judge(deal(t, rec.start, length+time.Second, r), samples, challenge.Finding{}).Verdict == challenge.Seen {
						fits++
					}
				}
			})
			dark, lit := rec.lumas(end)
			t.Logf("luma %.1f, with the lamp %.1f: accepted in %d of %d spans (%d torn); by other chips in %d of %d", dark, lit, seen, spans, torn, fits, others)
			if (spans-seen)*1000 > spans {
				t.Errorf("a live camera is refused in %d of %d spans", spans-seen, spans)
			}
			if fits > 0 {
				t.Errorf("a film of another time is accepted in %d of %d spans", fits, others)
			}
			switch {
			case torn > 0:
				t.Log("this machine was too busy to say more")
			case spans == 0:
				t.Error("there is nothing to judge")
			case v.covered:
				rec.known(t)
			}
		})
	}
}

// lumas returns the mean luma, of 255, of frames up to end with the lamp dark and lit.
func (rec recording) lumas(end time.Duration) (dark, lit float64) {
	var sum, n [2]float64
	k := 0
	for _, s := range rec.samples {
		for k+1 < len(rec.chips) && rec.chips[k+1].At <= s.At {
			k++
		}
		i := 0
		if rec.chips[k].Lit {
			i = 1
		}
		if s.At < end {
			sum[i] += float64(s.Luma) / 256
			n[i]++
		}
	}
	return sum[0] / n[0], sum[1] / n[1]
}

// known checks that a watch knows within three seconds that the lens is covered.
func (rec recording) known(t *testing.T) {
	t.Helper()
	var w challenge.Watch
	next, seen, known := 0, false, time.Duration(0)
	for _, s := range rec.samples {
		for ; next < len(rec.chips) && rec.chips[next].At <= s.At; next++ {
			w.Lamp(rec.chips[next])
		}
		v := w.Look(s)
		switch {
		case s.At <= rec.turn:
			if seen = seen || v == challenge.Seen; seen && v != challenge.Seen {
				t.Fatalf("%v after %v, and nothing has happened", v, s.At-rec.start)
			}
		case v != challenge.Seen && known == 0:
			known = s.At - rec.turn
		case v == challenge.Seen && s.At > rec.turn+3*time.Second:
			t.Fatalf("seen %v after it was covered", s.At-rec.turn)
		}
	}
	t.Logf("covered: known after %v", known.Round(time.Millisecond))
	if !seen || known == 0 {
		t.Error("it was not seen before, or is not known to be covered")
	}
}
