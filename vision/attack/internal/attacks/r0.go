package attacks

import (
	"context"
	"math/rand/v2"

	"vestibule/vision/attack/internal/lab"
	"vestibule/vision/attack/internal/room"
	"vestibule/vision/attack/internal/sheet"
	"vestibule/vision/attack/internal/subject"
	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
)

// NonInterference takes pairs of homes that differ in the interior only, and looks for a byte that differs in
// what comes out: in any plane of the composed picture, in the picture that is all glass, in the lamp's
// measure. Frosted glass has to be the same always, blurred glass once the tint is. It is the one attack
// that needs no idea of how an attacker would go about it.
func NonInterference() *lab.Attack {
	return &lab.Attack{ID: "R0", Name: "non-interference", Run: nonInterference}
}

// Each delivery is used for this many pairs, and each pair for this many frames.
const pairsEach, framesEach = 20, 3

func nonInterference(ctx context.Context, l *lab.Lab) ([]lab.Row, error) {
	small, err := newHomes(l, 160, 128, l.Pick(12, 48))
	if err != nil {
		return nil, err
	}
	large, err := newHomes(l, 1280, 720, l.Pick(2, 6))
	if err != nil {
		return nil, err
	}
	var rows []lab.Row
	for _, c := range []struct {
		what  string
		on    subject.Redaction
		homes *homes
		pairs int
		tint  bool // both are given one and the same
		shade bool // both are given the same shadows
		twins bool // the second interior is the first one's, shuffled, and each tint is measured
		rule  lab.Rule
		seen  sheet.Column
	}{
		{"pairs that differ", l.Frosted, small, l.Pick(2000, 34000), false, false, false, lab.None(), sheet.FrostedSeen},
		{"pairs that differ, 720p", l.Frosted, large, l.Pick(20, 400), false, false, false, lab.None(), sheet.FrostedSeen},
		{"pairs that differ, the same shadows", l.Frosted, small, l.Pick(200, 3400), false, true, false, lab.None(), sheet.FrostedSeen},
		{"pairs that differ, one tint given", l.Blur, small, l.Pick(2000, 34000), true, false, false, lab.None(), sheet.BlurSeen},
		{"pairs that differ, tints measured and equal", l.Blur, small, l.Pick(200, 3400), false, false, true, lab.None(), sheet.BlurSeen},
		{"pairs that differ", subject.OnePixelShort(), small, l.Pick(200, 1000), false, false, false, lab.Breaks(0.99), sheet.ControlSeen},
	} {
		p := pairing{on: c.on, tint: c.tint, shade: c.shade, twins: c.twins, seen: c.seen}
		each := pairsEach
		if c.twins {
			each = 1
		}
		differ := make([]int, (c.pairs+each-1)/each)
		err := l.Each(ctx, c.on.Name+", "+c.what, len(differ), func(i int, rnd *rand.Rand) error {
			differ[i] = c.homes.compare(l, p, rnd, min(each, c.pairs-i*each), i == 0)
			return nil
		})
		if err != nil {
			return nil, err
		}
		sum := 0
		for _, n := range differ {
			sum += n
		}
		rows = append(rows, lab.Row{Subject: c.on.Name, Metric: c.what, Unit: lab.Count, Found: lab.Share{Hits: sum, Of: c.pairs}, Rule: c.rule})
	}
	return rows, nil
}

// homes are the interiors and doorways that pairs are drawn from.
type homes struct {
	*room.World
	rooms, doors []*room.Picture
	extremes     []room.Extreme
}

func newHomes(l *lab.Lab, width, height, n int) (*homes, error) {
	w, err := room.NewWorld(width, height)
	if err != nil {
		return nil, err
	}
	h := &homes{World: w, extremes: room.Extremes()}
	rnd := l.Rand("homes", width, height)
	for i := range n {
		h.rooms = append(h.rooms, room.Room{Seed: rnd.Uint64(), Person: rnd.Float64() * float64(i%2)}.Draw(w))
		if i < 4 {
			h.doors = append(h.doors, room.Outside(w, rnd.Uint64(), float64(i)/4))
		}
	}
	return h, nil
}

// interior puts one interior of many into a frame whose zone is that of door: a room in some light, or what
// no home has.
func (h *homes) interior(f, door *raw.Frame, s room.Shot, rnd *rand.Rand, n int) {
	if rnd.IntN(2) == 0 {
		s.Inside, s.Light, s.Noise = h.rooms[rnd.IntN(len(h.rooms))], 0.6+0.6*rnd.Float64(), rnd.Uint64()
		s.ShakeX, s.ShakeY = shake(rnd, room.Margin), shake(rnd, room.Margin)
		h.Take(s, f)
	} else {
		h.extremes[rnd.IntN(len(h.extremes))].Fill(f, rnd, n)
	}
	subject.Reveal(f.Y, f.Cb, f.Cr, door, h.Zone)
}

// pairing is how pairs are made, and where on the sheet the first one goes.
type pairing struct {
	on                 subject.Redaction
	tint, shade, twins bool
	seen               sheet.Column
}

// compare makes pairs for one delivery and says how many differ in what comes out.
func (h *homes) compare(l *lab.Lab, how pairing, rnd *rand.Rand, pairs int, show bool) (differ int) {
	on := how.on
	d := delivery(h.World, l.Nonce(on.Name, rnd.Uint64()), rnd.Uint64())
	if how.tint {
		d.Tint = &glass.Tint{}
		for i := range d.Tint {
			d.Tint[i] = byte(rnd.Uint32())
		}
	}
	a, b := on.Open(d), on.Open(d)
	door, fa, fb := raw.New(h.Width, h.Height), raw.New(h.Width, h.Height), raw.New(h.Width, h.Height)
	for pair := range pairs {
		same := true
		for n := range framesEach {
			outside := h.doors[rnd.IntN(len(h.doors))]
			s := room.Shot{Inside: outside, Outside: outside, OutsideNoise: rnd.Uint64(), ShakeX: shake(rnd, 8), ShakeY: shake(rnd, 8)}
			h.Take(s, door)
			h.interior(fa, door, s, rnd, n)
			if h.interior(fb, door, s, rnd, n+1); how.twins {
				copy(fb.Y, fa.Y)
				copy(fb.Cb, fa.Cb)
				copy(fb.Cr, fa.Cr)
				h.Shuffle(fb, rnd)
			}
			if how.shade {
				cast(rnd, a, b)
			}
			if !alike(a, b, fa, fb) {
				same = false
			}
			if show && pair == 0 && n == 0 {
				pa, pb := keep(a.Show(fa)), b.Show(fb)
				l.Show(sheet.Picture{Column: sheet.Truth, Caption: "one of a pair of homes", Image: photo(fa)})
				l.Show(sheet.Picture{Column: how.seen, Caption: on.Name, Image: sheet.I420(pa)})
				l.Show(sheet.Picture{Column: how.seen + 1, Caption: "white where the pair differs", Image: difference(pa, pb)})
			}
		}
		if !same {
			differ++
		}
	}
	return differ
}

// cast lets the same shadow fall on both views.
func cast(rnd *rand.Rand, views ...subject.View) {
	var s glass.Shadow
	for i := range s {
		s[i] = byte(rnd.Uint32())
	}
	for _, v := range views {
		if w, ok := v.(subject.Whole); ok {
			w.SetShadow(s)
		}
	}
}

// alike reports whether two views of two homes give the same bytes.
func alike(a, b subject.View, fa, fb *raw.Frame) bool {
	if !same(a.Show(fa), b.Show(fb)) {
		return false
	}
	wa, okA := a.(subject.Whole)
	wb, okB := b.(subject.Whole)
	return !okA || !okB || same(wa.Full(), wb.Full()) && wa.Lamp(fa) == wb.Lamp(fb)
}
