package attacks

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"vestibule/vision/attack/internal/lab"
	"vestibule/vision/attack/internal/room"
	"vestibule/vision/attack/internal/sheet"
	"vestibule/vision/attack/internal/subject"
	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
)

// EdgeRing looks at what a viewer really sees, after the encoder and a decoder, on both sides of the zone's
// edge: there prediction and the deblocking filter mix what is shown with what lies beside it. Many homes
// are filmed through one and the same doorway, so whatever varies with the home is a leak. Each sample
// within 32 pixels of the edge, of Y, Cb and Cr, is correlated with what the camera saw there.
func EdgeRing() *lab.Attack {
	return &lab.Attack{ID: "R8", Name: "the edge's ring, after the encoder", Run: edgeRing}
}

const ringFrames = 5

func edgeRing(ctx context.Context, l *lab.Lab) ([]lab.Row, error) {
	w, err := room.NewWorld(320, 240)
	if err != nil {
		return nil, err
	}
	homes := l.Pick(24, 240)
	var rows []lab.Row
	for _, c := range []struct {
		on   way
		tint bool
		seen sheet.Column
	}{
		{through(l.Frosted), false, sheet.FrostedSeen},
		{through(l.Blur), true, sheet.BlurSeen},
		{through(subject.OnePixelShort()), false, sheet.ControlSeen},
		{maskAfter(), false, sheet.ControlGuess},
	} {
		r, err := watchRing(ctx, l, w, c.on, c.tint, homes)
		if err != nil {
			return nil, err
		}
		r.show(l, c.seen, c.on.name)
		vary, correlate := lab.None(), lab.AtMost(chanceCorrelation(homes, r.samples()))
		on := c.on.name
		switch {
		case c.seen == sheet.ControlSeen, c.seen == sheet.ControlGuess:
			vary, correlate = lab.Breaks(0.9), lab.Breaks(0.9)
		case c.tint:
			on += ", one tint given"
		}
		rows = append(rows,
			lab.Row{Subject: on, Metric: fmt.Sprintf("homes with any of %d samples unlike the first's", r.samples()*ringFrames), Unit: lab.Count, Found: r.unlike, Rule: vary},
			lab.Row{Subject: on, Metric: fmt.Sprintf("highest |r| of %d samples", r.samples()), Found: lab.Worst{High: r.highest(), Of: homes}, Rule: correlate})
	}
	return rows, nil
}

// chanceCorrelation is the |r| that one of many samples exceeds by chance once in a hundred runs, by
// Bonferroni and Fisher's transformation.
func chanceCorrelation(homes, samples int) float64 {
	z := math.Sqrt2 * math.Erfinv(1-0.01/float64(samples))
	return math.Tanh(z / math.Sqrt(float64(homes-3)))
}

// ringPlane is what was seen near the edge in one plane.
type ringPlane struct {
	at   []int // both sides of the edge
	low  []byte
	high []byte
	sums [][5]float64 // x, y, xx, yy, xy over the homes, of the last frame
}

// ringWatch collects what is seen near the edge of many homes.
type ringWatch struct {
	w      *room.World
	planes [3]ringPlane
	homes  float64
	first  []*glass.Planes // as the first home was seen
	unlike lab.Share       // the homes after it that were seen otherwise, in any sample of any frame
	last   *glass.Planes
	truth  *glass.Planes
}

func watchRing(ctx context.Context, l *lab.Lab, w *room.World, on way, tint bool, homes int) (*ringWatch, error) {
	r := &ringWatch{w: w}
	for p := range r.planes {
		out, in := ring(w, 1+min(p, 1))
		at := append(out, in...)
		r.planes[p] = ringPlane{at: at, low: make([]byte, len(at)*ringFrames), high: make([]byte, len(at)*ringFrames), sums: make([][5]float64, len(at))}
		for i := range r.planes[p].low {
			r.planes[p].low[i] = 255
		}
	}
	type pair struct {
		seen  []*glass.Planes
		truth *glass.Planes
	}
	outside := room.Outside(w, 7, 0.5)
	seen := make([]pair, homes)
	d := delivery(w, l.Nonce("ring"), 1)
	if tint {
		d.Tint = &glass.Tint{1, 2, 3, 4, 5, 6}
	}
	err := l.Each(ctx, on.name, homes, func(i int, rnd *rand.Rand) error {
		inside := room.Room{Seed: rnd.Uint64()}.Draw(w)
		var truth *glass.Planes
		sent, err := on.send(d, ringFrames, func(n int, into *raw.Frame) {
			w.Take(room.Shot{Inside: inside, Outside: outside, Noise: rnd.Uint64(), OutsideNoise: uint64(n)}, into)
			truth = keep(framePlanes(into))
		})
		if err != nil {
			return err
		}
		played, err := decode(ctx, sent, w.Width, w.Height)
		seen[i] = pair{played, truth}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, s := range seen {
		r.add(s.seen, s.truth)
	}
	return r, nil
}

func samplesOf(p *glass.Planes) [3][]byte { return [3][]byte{p.Y, p.Cb, p.Cr} }

func (r *ringWatch) add(seen []*glass.Planes, truth *glass.Planes) {
	r.homes++
	r.last, r.truth = seen[len(seen)-1], truth
	if r.first == nil {
		r.first = seen
	} else if r.unlike.Of++; r.differs(seen) {
		r.unlike.Hits++
	}
	for p := range r.planes {
		pl, x := &r.planes[p], samplesOf(truth)[p]
		for k, at := range pl.at {
			for n, s := range seen {
				i := k*ringFrames + n
				v := samplesOf(s)[p][at]
				pl.low[i], pl.high[i] = min(pl.low[i], v), max(pl.high[i], v)
			}
			a, b := float64(x[at]), float64(samplesOf(r.last)[p][at])
			s := &pl.sums[k]
			s[0], s[1], s[2], s[3], s[4] = s[0]+a, s[1]+b, s[2]+a*a, s[3]+b*b, s[4]+a*b
		}
	}
}

func (r *ringWatch) samples() (n int) {
	for _, p := range r.planes {
		n += len(p.at)
	}
	return n
}

// differs reports whether a home was seen otherwise than the first, near the edge.
func (r *ringWatch) differs(seen []*glass.Planes) bool {
	for n, s := range seen {
		for p := range r.planes {
			was, is := samplesOf(r.first[n])[p], samplesOf(s)[p]
			for _, at := range r.planes[p].at {
				if was[at] != is[at] {
					return true
				}
			}
		}
	}
	return false
}

// highest is the greatest |r| between what was seen of a sample and what the camera saw there.
func (r *ringWatch) highest() float64 {
	most := 0.0
	for _, p := range r.planes {
		for _, s := range p.sums {
			n := r.homes
			vx, vy := s[2]-s[0]*s[0]/n, s[3]-s[1]*s[1]/n
			if vx > 1e-6 && vy > 1e-6 {
				most = max(most, math.Abs(s[4]-s[0]*s[1]/n)/math.Sqrt(vx*vy))
			}
		}
	}
	return min(most, 1)
}

// show draws how much each sample of luma near the edge varies with the home, beside what is played.
func (r *ringWatch) show(l *lab.Lab, column sheet.Column, name string) {
	if column == sheet.ControlGuess {
		return // the other control has both places
	}
	v := make([]float64, r.w.Width*r.w.Height)
	for i := range v {
		v[i] = 60
	}
	most := 0
	for k, at := range r.planes[0].at {
		for n := range ringFrames {
			spread := int(r.planes[0].high[k*ringFrames+n]) - int(r.planes[0].low[k*ringFrames+n])
			most = max(most, spread)
			v[at] = max(16, min(235, 16+6*float64(spread)))
		}
	}
	l.Show(sheet.Picture{Column: sheet.Truth, Caption: "one of the homes", Image: sheet.I420(r.truth)})
	played, caption := r.last, name+", as it is played"
	if column == sheet.BlurSeen { // the tint that is given is none that a room has
		f := raw.New(r.w.Width, r.w.Height)
		framePlanes(f).CopyFrom(r.truth)
		played, caption = l.Blur.Open(delivery(r.w, l.Nonce("ring"), 1)).Show(f), name+", here in this home's colours"
	}
	l.Show(sheet.Picture{Column: column, Caption: caption, Image: sheet.I420(played)})
	ring := sheet.Picture{Column: column + 1, Image: sheet.Luma(r.w.Width, v), Caption: "black: looked at, up to 32 px from the edge"}
	if r.unlike.Hits == 0 {
		ring.Words = "no sample varies with the home"
	} else {
		ring.Caption += fmt.Sprintf("; white: varies with the home, by up to %d steps", most)
	}
	l.Show(ring)
}
