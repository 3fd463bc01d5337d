package attacks

import (
	"context"
	"math/rand/v2"
	"sync"

	"vestibule/vision/attack/internal/lab"
	"vestibule/vision/attack/internal/room"
	"vestibule/vision/attack/internal/subject"
	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/zone"
)

// NonInterference takes pairs of homes that differ in the interior only, and looks for a byte that differs in
// what comes out: in any plane of the composed picture, in the picture that is all glass, in the lamp's
// measure. Frosted glass has to be the same always, blurred glass once the tint is, and to be what is drawn from
// the tint's 216 bytes by a program that never saw the interior: the latter is what holds it to them, the other
// attacks show what those can tell. It is the one attack that needs no idea of how an attacker would go about it.
//
// Sizes, zones, the lamp and shadows are drawn by chance for each delivery, in the zone is what a camera sees or
// what it never does; some deliveries are watched for as long as one takes, some are made by two programs that
// share nothing, and some go through a whole Sight.
func NonInterference() *lab.Attack {
	return &lab.Attack{ID: "R0", Name: "non-interference", Run: nonInterference}
}

// Each delivery is used for this many pairs, and each pair for this many frames.
const pairsEach, framesEach = 20, 3

// watched is for how many frames a long delivery is watched: 150 s.
const watched = 4500

func nonInterference(ctx context.Context, l *lab.Lab) ([]lab.Row, error) {
	small, err := newHomes(l, l.Pick(6, 24), [2]int{160, 128}, [2]int{320, 240}, [2]int{328, 248}, [2]int{240, 320})
	if err != nil {
		return nil, err
	}
	sizes := [][2]int{{1280, 720}, {1080, 1920}, {720, 1280}, {1920, 1080}}
	large, err := newHomes(l, 2, sizes[:l.Pick(2, len(sizes))]...)
	if err != nil {
		return nil, err
	}
	const given, own = true, false
	short := pairing{each: pairsEach, frames: framesEach}
	long := pairing{each: 1, frames: watched}
	few := pairing{each: 5, frames: framesEach}
	twins := pairing{each: 1, frames: framesEach, twins: true}
	var rows []lab.Row
	for _, c := range []struct {
		what    string
		on      subject.Redaction
		against *subject.Redaction // what the second one is seen through; nil for the same
		homes   *homes
		pairing
		tint  bool // both are given one and the same
		pairs int
		rule  lab.Rule
	}{
		{"pairs that differ", l.Frosted, nil, small, short, own, l.Pick(1000, 34000), lab.None()},
		{"pairs that differ, 720p and 1080p", l.Frosted, nil, large, few, own, l.Pick(20, 100), lab.None()},
		{"deliveries of 4500 frames that differ", l.Frosted, nil, small, long, own, l.Pick(1, 8), lab.None()},
		{"pairs that differ, one tint given", l.Blur, nil, small, short, given, l.Pick(1000, 34000), lab.None()},
		{"pairs that differ, one tint given, 720p and 1080p", l.Blur, nil, large, few, given, l.Pick(20, 100), lab.None()},
		{"pairs that differ, tints measured and equal", l.Blur, nil, small, twins, own, l.Pick(200, 3400), lab.None()},
		{"deliveries of 4500 frames that differ, one tint given", l.Blur, nil, small, long, given, l.Pick(1, 8), lab.None()},
		{"deliveries that are not what 216 bytes alone draw", l.Blur, &l.Tint, small, pairing{each: 1, frames: 30, same: true}, own, l.Pick(60, 1000), lab.None()},
		{"pairs that differ", subject.OnePixelShort(), nil, small, short, own, l.Pick(200, 1000), lab.Breaks(0.99)},
	} {
		p := c.pairing
		p.on, p.against, p.tint = c.on, c.on, c.tint
		if c.against != nil {
			p.against = *c.against
		}
		differ := make([]int, (c.pairs+p.each-1)/p.each)
		err := l.Each(ctx, c.on.Name+", "+c.what, len(differ), func(i int, rnd *rand.Rand) error {
			differ[i] = c.homes.compare(l, p, rnd, min(p.each, c.pairs-i*p.each))
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
	apart, err := twoPrograms(ctx, l)
	if err != nil {
		return nil, err
	}
	whole, err := wholeSights(ctx, l)
	if err != nil {
		return nil, err
	}
	return append(append(rows, apart...), whole...), showPairs(l)
}

// homes are the interiors and doorways that pairs are drawn from, of several sizes.
type homes struct {
	sizes    []func() *sized
	extremes []room.Extreme
}

// sized are those of one size.
type sized struct {
	worlds       []*room.World // with several zones
	rooms, doors []*room.Picture
}

// zonings are what the zones may be: a doorway, two zones, one that reaches the border, one that is nearly as large as
// one may be.
var zonings = [][][]zone.Point{
	{room.Doorway},
	{{{X: 800, Y: 900}, {X: 3900, Y: 700}, {X: 3600, Y: 6500}}, {{X: 5200, Y: 3000}, {X: 9100, Y: 3000}, {X: 9100, Y: 9200}, {X: 5200, Y: 9200}}},
	{{{X: 6200, Y: 0}, {X: 10000, Y: 0}, {X: 10000, Y: 10000}, {X: 6200, Y: 10000}}},
	{{{X: 400, Y: 1900}, {X: 9700, Y: 1900}, {X: 9700, Y: 8200}, {X: 400, Y: 8200}}},
}

// newHomes draws so many rooms of each size, once one of that size is asked for.
func newHomes(l *lab.Lab, rooms int, sizes ...[2]int) (*homes, error) {
	h := &homes{extremes: room.Extremes()}
	for _, size := range sizes {
		var worlds []*room.World
		for _, zones := range zonings {
			w, err := room.NewWorld(size[0], size[1], zones...)
			if err != nil {
				return nil, err
			}
			worlds = append(worlds, w)
		}
		h.sizes = append(h.sizes, sync.OnceValue(func() *sized {
			s := &sized{worlds: worlds}
			rnd := l.Rand("homes", size[0], size[1])
			for i := range rooms {
				s.rooms = append(s.rooms, room.Room{Seed: rnd.Uint64(), Person: rnd.Float64() * float64(i%2)}.Draw(worlds[0]))
				if i < 4 {
					s.doors = append(s.doors, room.Outside(worlds[0], rnd.Uint64(), float64(i)/4))
				}
			}
			return s
		}))
	}
	return h, nil
}

// home is one of them with the delivery that is made to it.
type home struct {
	*room.World
	*sized
	extremes []room.Extreme
	zones    [][]zone.Point
	delivery subject.Delivery
	shade    bool // shadows are to fall
	lit      bool // whether the lamp has light
}

// draw chooses a size, zones, and whether shadows may fall.
func (h *homes) draw(l *lab.Lab, rnd *rand.Rand, what string) *home {
	s, z := h.sizes[rnd.IntN(len(h.sizes))](), rnd.IntN(len(zonings))
	a := &home{World: s.worlds[z], sized: s, extremes: h.extremes, zones: zonings[z], shade: rnd.IntN(2) == 0}
	a.delivery = delivery(a.World, l.Nonce(what, rnd.Uint64()), rnd.Uint64())
	if a.shade || rnd.IntN(2) == 0 { // a shadow that is expected need not fall
		a.delivery.Fade = 1 + rnd.IntN(12)
	}
	return a
}

// doorway takes the next frame of what is shown: the door and a courier, or what a camera never sees, with the lamp lit
// or not where it is.
func (a *home) doorway(door *raw.Frame, rnd *rand.Rand, n int) room.Shot {
	outside := a.doors[rnd.IntN(len(a.doors))]
	s := room.Shot{Inside: outside, Outside: outside, OutsideNoise: rnd.Uint64(), ShakeX: shake(rnd, 8), ShakeY: shake(rnd, 8)}
	if rnd.IntN(4) > 0 {
		a.Take(s, door)
	} else {
		a.extremes[rnd.IntN(len(a.extremes))].Fill(door, rnd, n)
	}
	if rnd.IntN(3) == 0 {
		a.lit = !a.lit
	}
	lamp := byte(16)
	if a.lit {
		lamp = 250
	}
	x0, y0, x1, y1 := a.delivery.Lamp.Pixels(a.Width, a.Height)
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			door.Y[y*a.Width+x] = lamp
		}
	}
	return s
}

// interior puts one interior of many into a frame whose zone is that of door: a room in some light, or what
// no home has.
func (a *home) interior(f, door *raw.Frame, s room.Shot, rnd *rand.Rand, n int) {
	if rnd.IntN(2) == 0 {
		s.Inside, s.Light, s.Noise = a.rooms[rnd.IntN(len(a.rooms))], 0.6+0.6*rnd.Float64(), rnd.Uint64()
		s.ShakeX, s.ShakeY = shake(rnd, room.Margin), shake(rnd, room.Margin)
		a.Take(s, f)
	} else {
		a.extremes[rnd.IntN(len(a.extremes))].Fill(f, rnd, n)
	}
	subject.Reveal(f.Y, f.Cb, f.Cr, door, a.Zone)
}

// pairing is how pairs are made.
type pairing struct {
	on, against  subject.Redaction
	each, frames int  // pairs of a delivery, frames of a pair
	tint         bool // both are given one and the same
	twins        bool // the second interior is another one of the first one's tint, and each tint is measured
	same         bool // the second interior is the first one
}

// compare makes pairs for one delivery and says how many differ in what comes out.
func (h *homes) compare(l *lab.Lab, how pairing, rnd *rand.Rand, pairs int) (differ int) {
	home := h.draw(l, rnd, how.on.Name)
	if how.tint {
		home.delivery.Tint = anyTint(rnd)
	}
	a, b := how.on.Open(home.delivery), how.against.Open(home.delivery)
	size := func() *raw.Frame { return raw.New(home.Width, home.Height) }
	door, fa, fb := size(), size(), size()
	for range pairs {
		same := true
		for n := range how.frames {
			s := home.doorway(door, rnd, n)
			home.interior(fa, door, s, rnd, n)
			switch {
			case how.twins || how.same:
				fb.CopyFrom(fa)
				if how.twins {
					home.Twin(fb, rnd)
				}
			default:
				home.interior(fb, door, s, rnd, n+1)
			}
			if home.shade && rnd.IntN(2) == 0 {
				cast(rnd, a, b)
			}
			if !alike(a, b, fa, fb) {
				same = false
			}
		}
		if !same {
			differ++
		}
	}
	return differ
}

func anyTint(rnd *rand.Rand) *glass.Tint {
	var t glass.Tint
	for i := range t {
		t[i] = byte(rnd.Uint32())
	}
	return &t
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
