package attacks

import (
	"context"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"vestibule/vision/attack/internal/lab"
	"vestibule/vision/attack/internal/room"
	"vestibule/vision/attack/internal/sheet"
	"vestibule/vision/attack/internal/subject"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/redact"
	"vestibule/vision/internal/stats"
)

// Timing asks whether redaction takes longer for one interior than for another (dudect; Reparaz, Balasch,
// Verbauwhede 2017). Dark and busy interiors come by chance, in the same memory and written by the same
// instructions, and Welch's t compares their times, all of them and with the slowest cropped at several
// quantiles: 4.5 is where doubt begins. A difference that is there grows with the root of the number of
// frames, so one that is found is looked for again among new frames, twice, and counts if it is there each time.
//
// Whole pictures of a Sight, with its shadow, are timed too. The shadow's watch takes longer where something moves, which
// is only told: it says as much by the shadow it gives, and a room that is still must not show.
func Timing() *lab.Attack { return &lab.Attack{ID: "R12", Name: "time against content", Run: timing} }

const doubt = 4.5

func timing(ctx context.Context, l *lab.Lab) ([]lab.Row, error) {
	w, err := room.NewWorld(320, 240)
	if err != nil {
		return nil, err
	}
	d := delivery(w, l.Nonce("timing"), l.Seed)
	shown := func(on subject.Redaction) func(f *raw.Frame) {
		view := on.Open(d)
		return func(f *raw.Frame) { view.Show(f) }
	}
	red := redact.New(redact.Config{Width: w.Width, Height: w.Height, Zone: w.Zone, Blur: true, Nonce: d.Nonce})
	var rows []lab.Row
	for _, c := range []struct {
		name, what string
		do         func(f *raw.Frame)
		frames     int
		rule       lab.Rule
		seen       sheet.Column
	}{
		{"frosted", "|t| of dark against busy rooms", shown(l.Frosted), l.Pick(20_000, 350_000), lab.AtMost(doubt), sheet.FrostedSeen},
		{"blur", "|t| of dark against busy rooms", shown(l.Blur), l.Pick(20_000, 350_000), lab.AtMost(doubt), sheet.BlurSeen},
		{"blur", "|t|, measuring the tint", func(f *raw.Frame) { red.Measure(f) }, l.Pick(1000, 20_000), lab.AtMost(doubt), none},
		{subject.Thrifty().Name, "|t| of dark against busy rooms", shown(subject.Thrifty()), l.Pick(2000, 10_000), lab.Breaks(4 * doubt), sheet.ControlSeen},
	} {
		s := newStopwatch(w, c.do, l.Rand(c.name, c.what))
		t, err := lasting(c.seen != sheet.ControlSeen, func() (float64, error) { return s.run(ctx, c.frames) })
		if err != nil {
			return nil, err
		}
		if c.seen != none {
			s.show(l, c.seen, t)
		}
		rows = append(rows, lab.Row{Subject: c.name, Metric: c.what, Found: lab.Worst{High: t, Of: c.frames}, Rule: c.rule})
	}
	thrifty := subject.Thrifty()
	for _, c := range []struct {
		on, what string
		do       func(f *raw.Frame)
		moves    bool
		pairs    int
		rule     lab.Rule
	}{
		{"blur", "|t| of dark against busy rooms, a whole Sight with its shadow", nil, false, l.Pick(25, 200), lab.AtMost(doubt)},
		{thrifty.Name, "|t| of dark against busy rooms, a whole Sight and this after it", shown(thrifty), false, l.Pick(25, 50), lab.Breaks(2 * doubt)},
		// The shadow's watch has more to do where something moves, which the shadow itself says.
		{"blur", "|t| of somebody who moves against nobody, a whole Sight with its shadow", nil, true, l.Pick(25, 200), lab.Told()},
	} {
		s := newStopwatch(w, c.do, l.Rand("sight", c.on, c.moves))
		t, err := lasting(c.do == nil && !c.moves, func() (float64, error) { return s.sights(ctx, l, c.pairs, c.moves) })
		if err != nil {
			return nil, err
		}
		rows = append(rows, lab.Row{Subject: c.on, Metric: c.what, Found: lab.Worst{High: t, Of: c.pairs}, Rule: c.rule})
	}
	return rows, nil
}

// lasting takes |t|. Where it gives rise to doubt, and is to be looked for again, what counts is the least of three.
func lasting(again bool, take func() (float64, error)) (t float64, err error) {
	t, err = take()
	for range 2 {
		if err != nil || t <= doubt || !again {
			break
		}
		var next float64
		next, err = take()
		t = min(t, next)
	}
	return t, err
}

// stopwatch times one thing on frames of two classes.
type stopwatch struct {
	w       *room.World
	do      func(f *raw.Frame)
	rnd     *rand.Rand
	content *raw.Frame // a busy room
	frame   *raw.Frame
	times   [2][]float64 // ns: dark, busy
}

func newStopwatch(w *room.World, do func(f *raw.Frame), rnd *rand.Rand) *stopwatch {
	s := &stopwatch{w: w, do: do, rnd: rnd, content: raw.New(w.Width, w.Height), frame: raw.New(w.Width, w.Height)}
	w.Take(room.Shot{Inside: room.Room{Seed: rnd.Uint64()}.Draw(w), Outside: room.Outside(w, 1, 0.5)}, s.content)
	return s
}

// run times so many frames and returns the highest |t|. It measures alone, in this goroutine.
func (s *stopwatch) run(ctx context.Context, frames int) (float64, error) {
	s.times = [2][]float64{make([]float64, 0, frames), make([]float64, 0, frames)}
	for range 50 {
		s.prepare(0)
		s.do(s.frame)
	}
	for range frames {
		class := s.rnd.IntN(2)
		s.prepare(class)
		start := time.Now()
		s.do(s.frame)
		s.times[class] = append(s.times[class], float64(time.Since(start)))
		if err := ctx.Err(); err != nil {
			return 0, err
		}
	}
	all := slices.Concat(s.times[0], s.times[1])
	slices.Sort(all)
	most := 0.0
	for _, q := range []float64{0.5, 0.75, 0.9, 0.99, 1} {
		cut := stats.Quantile(all, q)
		most = max(most, math.Abs(stats.Welch(below(s.times[0], cut), below(s.times[1], cut))))
	}
	return most, nil
}

func below(v []float64, most float64) []float64 {
	var out []float64
	for _, t := range v {
		if t <= most {
			out = append(out, t)
		}
	}
	return out
}

// prepare writes a frame of a class: what is kept of the busy room's bits is all of them or none. The zone's
// are the same in both.
func (s *stopwatch) prepare(class int) {
	keep := byte(-class) // 0 or 255
	for _, p := range [3]struct {
		dst, src []byte
		dark     byte
	}{{s.frame.Y, s.content.Y, 16}, {s.frame.Cb, s.content.Cb, 128}, {s.frame.Cr, s.content.Cr, 128}} {
		dst, src, dark := p.dst, p.src[:len(p.dst)], p.dark&^keep
		for i, v := range src {
			dst[i] = v&keep | dark
		}
	}
	subject.Reveal(s.frame.Y, s.frame.Cb, s.frame.Cr, s.content, s.w.Zone)
}

// show draws both classes' times as histograms, one over the other.
func (s *stopwatch) show(l *lab.Lab, at sheet.Column, t float64) {
	all := slices.Concat(s.times[0], s.times[1])
	slices.Sort(all)
	low, high := stats.Quantile(all, 0.001), stats.Quantile(all, 0.97)
	const bins, tall = 64, 96
	var count [2][bins]float64
	most := 0.0
	for c, v := range s.times {
		for _, x := range v {
			// Spread over the bins beside it: a clock's ticks are as long as several of them.
			for bin := int((x-low)/(high-low+1)*bins) - 2; bin <= int((x-low)/(high-low+1)*bins)+2; bin++ {
				if bin >= 0 && bin < bins {
					count[c][bin] += 1 / float64(len(v))
					most = max(most, count[c][bin])
				}
			}
		}
	}
	img := image.NewRGBA(image.Rect(0, 0, 2*bins, tall))
	for b := range bins {
		for y := range tall {
			for k := range 2 {
				o := img.PixOffset(2*b+k, tall-1-y)
				for c := range 2 {
					if float64(y) < count[c][b]/most*(tall-6) {
						img.Pix[o+2*c] = 190 // dark rooms red, busy ones blue, both violet
					}
				}
				img.Pix[o], img.Pix[o+1], img.Pix[o+2], img.Pix[o+3] = img.Pix[o]+20, 20, img.Pix[o+2]+20, 255
			}
		}
	}
	l.Show(sheet.Picture{Column: at, Image: img, Caption: fmt.Sprintf("how often it took %.1f to %.1f us; dark rooms red, busy blue, both violet", low/1e3, high/1e3)})
	words := "the time does not tell a dark room from a busy one"
	if t > doubt {
		words = "the time tells a dark room from a busy one"
	}
	l.Show(sheet.Picture{Column: at + 1, Words: words, Caption: fmt.Sprintf("|t| = %.2f; doubt begins at %.1f", t, doubt)})
	if at == sheet.FrostedSeen {
		s.prepare(0)
		l.Show(sheet.Picture{Column: sheet.Truth, Image: sheet.Pair(photo(s.frame), photo(s.content)), Caption: "a dark room and a busy one, by turns"})
	}
}
