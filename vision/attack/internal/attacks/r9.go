package attacks

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"vestibule/vision/attack/internal/lab"
	"vestibule/vision/attack/internal/room"
	"vestibule/vision/attack/internal/sheet"
	"vestibule/vision/attack/internal/subject"
	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
)

// EverClear puts together every pixel that was clear in any frame. Each frame is taken twice, with an interior
// of dye and with one of its complement: a hidden pixel is clear if both pictures show its dye. Masks that
// follow a person, and miss an edge by a pixel here and there, give away a room in half a minute that way.
func EverClear() *lab.Attack {
	return &lab.Attack{ID: "R9", Name: "union of clear pixels", Run: everClear}
}

func everClear(ctx context.Context, l *lab.Lab) ([]lab.Row, error) {
	w, err := room.NewWorld(320, 240)
	if err != nil {
		return nil, err
	}
	var rows []lab.Row
	for _, c := range []struct {
		on         subject.Redaction
		deliveries int
		rule       lab.Rule
		seen       sheet.Column
	}{
		{l.Frosted, l.Pick(6, 40), lab.None(), sheet.FrostedSeen},
		{l.Blur, l.Pick(6, 40), lab.None(), sheet.BlurSeen},
		{subject.CutOut(), 2, lab.Breaks(0.99), sheet.ControlSeen},
	} {
		const frames = 150
		clear := make([][]bool, c.deliveries)
		err := l.Each(ctx, "deliveries", c.deliveries, func(i int, rnd *rand.Rand) error {
			door := room.Outside(w, rnd.Uint64(), rnd.Float64())
			d := delivery(w, l.Nonce(c.on.Name, i), rnd.Uint64())
			settles := c.seen != sheet.FrostedSeen
			if c.seen == sheet.BlurSeen && i%2 == 1 { // its colours were settled before, as after a new start
				d.Tint, settles = &glass.Tint{1, 2, 3, 4, 5, 6}, false
			}
			clear[i] = union(w, c.on, d, door, frames, settles, rnd, func(p *glass.Planes) {
				if i == 0 {
					l.Show(sheet.Picture{Column: c.seen, Caption: c.on.Name, Image: sheet.I420(p)})
				}
			})
			return ctx.Err()
		})
		if err != nil {
			return nil, err
		}
		pixels := lab.Share{}
		all := make([]float64, w.Width*w.Height)
		for i := range all {
			all[i] = 16
			for _, u := range clear {
				if u[i] {
					all[i] = 235
				}
			}
			if !w.Zone.Shown(i%w.Width, i/w.Width) {
				if pixels.Of++; all[i] > 16 {
					pixels.Hits++
				}
			}
		}
		words := ""
		if pixels.Hits == 0 {
			words = "no hidden pixel was ever clear"
		}
		l.Show(sheet.Picture{Column: c.seen + 1, Image: sheet.Luma(w.Width, all), Words: words,
			Caption: fmt.Sprintf("white: clear in one of %d frames, %d of %d hidden pixels", frames*c.deliveries, pixels.Hits, pixels.Of)})
		found, share := lab.Share{Of: c.deliveries}, make(lab.Mean, c.deliveries)
		for i, u := range clear {
			for _, is := range u {
				if is {
					share[i] += 1 / float64(pixels.Of)
				}
			}
			if share[i] > 0 {
				found.Hits++
			}
		}
		rows = append(rows, lab.Row{Subject: c.on.Name, Metric: fmt.Sprintf("deliveries of %d frames with a hidden pixel ever clear", frames),
			Unit: lab.Count, Found: found, Rule: c.rule})
		if c.seen == sheet.ControlSeen {
			rows = append(rows, lab.Row{Subject: c.on.Name, Metric: "hidden pixels ever clear in a delivery",
				Unit: lab.Percent, Found: share, Rule: lab.Breaks(0.1)})
		}
	}
	f := raw.New(w.Width, w.Height)
	w.Take(room.Shot{Inside: room.Room{Seed: l.Seed}.Draw(w), Outside: room.Outside(w, 1, 0.5)}, f)
	l.Show(sheet.Picture{Column: sheet.Truth, Caption: "all but the doorway is hidden. The attack fills it with noise", Image: photo(f)})
	return rows, nil
}

// union marks each hidden pixel that is clear in one of so many frames. Where the redaction settles something by the
// first frame, that is the same in both takes, and proves nothing.
func union(w *room.World, on subject.Redaction, d subject.Delivery, door *room.Picture, frames int, settles bool, rnd *rand.Rand, last func(*glass.Planes)) []bool {
	a, b := on.Open(d), on.Open(d)
	fa, fb, zone := raw.New(w.Width, w.Height), raw.New(w.Width, w.Height), raw.New(w.Width, w.Height)
	clear := make([]bool, w.Width*w.Height)
	for n := range frames {
		w.Take(room.Shot{Inside: door, Outside: door, OutsideNoise: rnd.Uint64(), ShakeX: shake(rnd, 8), ShakeY: shake(rnd, 8)}, zone)
		for _, p := range [3][2][]byte{{fa.Y, fb.Y}, {fa.Cb, fb.Cb}, {fa.Cr, fb.Cr}} {
			complements(p[0], p[1], rnd)
		}
		for _, f := range [2]*raw.Frame{fa, fb} {
			subject.Reveal(f.Y, f.Cb, f.Cr, zone, w.Zone)
		}
		if n == 0 && settles {
			fb.CopyFrom(fa)
		}
		pa, pb := a.Show(fa), b.Show(fb)
		for i := range clear {
			c := i/w.Width/2*(w.Width/2) + i%w.Width/2
			if shows(pa.Y[i], pb.Y[i], fa.Y[i], fb.Y[i]) || shows(pa.Cb[c], pb.Cb[c], fa.Cb[c], fb.Cb[c]) || shows(pa.Cr[c], pb.Cr[c], fa.Cr[c], fb.Cr[c]) {
				clear[i] = clear[i] || !w.Zone.Shown(i%w.Width, i/w.Width)
			}
		}
		if n == frames-1 {
			last(pa)
		}
	}
	return clear
}

// complements fills one plane with chance and the other with its complement. Lengths are multiples of eight.
func complements(a, b []byte, rnd *rand.Rand) {
	for i := 0; i+8 <= len(a); i += 8 {
		v := rnd.Uint64()
		binary.LittleEndian.PutUint64(a[i:], v)
		binary.LittleEndian.PutUint64(b[i:], ^v)
	}
}

// shows reports whether both pictures show what was there, which were two things that lie far apart.
func shows(pa, pb, a, b byte) bool {
	const near, far = 2, 10
	return apart(pa, a) <= near && apart(pb, b) <= near && apart(a, b) > far
}

func apart(a, b byte) int { return max(int(a)-int(b), int(b)-int(a)) }
