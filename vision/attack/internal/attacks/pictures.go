package attacks

import (
	"vestibule/vision/attack/internal/lab"
	"vestibule/vision/attack/internal/room"
	"vestibule/vision/attack/internal/sheet"
	"vestibule/vision/attack/internal/subject"
	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
)

// Some attacks film what nobody has ever seen, through tints that no room has. What is on the sheet is drawn apart from
// them: homes, through the same redactions.

// showPairs puts two homes behind one doorway on R0's row, what is seen of one of them, and where the other one is
// seen to differ.
func showPairs(l *lab.Lab) error {
	w, err := room.NewWorld(320, 240)
	if err != nil {
		return err
	}
	rnd, outside := l.Rand("sheet"), room.Outside(w, 1, 0.5)
	var f [2]*raw.Frame
	for i := range f {
		f[i] = raw.New(w.Width, w.Height)
		inside := room.Room{Seed: rnd.Uint64(), Person: 0.15 * float64(1-i)}.Draw(w)
		w.Take(room.Shot{Inside: inside, Outside: outside, Noise: rnd.Uint64(), OutsideNoise: 1}, f[i])
	}
	tint := glass.Measure(f[0], w.Zone)
	l.Show(sheet.Picture{Column: sheet.Truth, Caption: "two homes behind one doorway", Image: sheet.Pair(photo(f[0]), photo(f[1]))})
	for _, c := range []struct {
		on      subject.Redaction
		tint    *glass.Tint
		seen    sheet.Column
		caption string
	}{
		{l.Frosted, nil, sheet.FrostedSeen, ""},
		{l.Blur, &tint, sheet.BlurSeen, ", both in the first one's colours"},
		{subject.OnePixelShort(), nil, sheet.ControlSeen, ""},
	} {
		d := delivery(w, l.Nonce("sheet"), 1)
		d.Tint = c.tint
		a, b := keep(c.on.Open(d).Show(f[0])), c.on.Open(d).Show(f[1])
		differ := sheet.Picture{Column: c.seen + 1, Caption: "white where the two differ", Image: difference(a, b)}
		if same(a, b) {
			differ.Words = "no pixel differs"
		}
		l.Show(differ)
		l.Show(sheet.Picture{Column: c.seen, Caption: c.on.Name + c.caption, Image: sheet.I420(a)})
	}
	return nil
}

// showDye puts an interior of dye on R13's row, what is seen of it, and in words what all those lives have come to.
func showDye(l *lab.Lab, lives, mistakes string) error {
	w, err := room.NewWorld(320, 240)
	if err != nil {
		return err
	}
	f, d := raw.New(w.Width, w.Height), delivery(w, l.Nonce("sheet"), 1)
	dye(f, w.Zone, 0)
	l.Show(sheet.Picture{Column: sheet.Truth, Caption: "the interior is dye: values that no glass has", Image: photo(f)})
	for on, column := range map[*subject.Redaction]sheet.Column{&l.Frosted: sheet.FrostedSeen, &l.Blur: sheet.BlurSeen} {
		l.Show(sheet.Picture{Column: column, Caption: on.Name, Image: sheet.I420(on.Open(d).Show(f))})
		l.Show(sheet.Picture{Column: column + 1, Words: lives, Caption: "frosted and blur"})
	}
	l.Show(sheet.Picture{Column: sheet.ControlSeen, Caption: "mask loaded late: the first picture", Image: photo(f)})
	l.Show(sheet.Picture{Column: sheet.ControlGuess, Words: mistakes, Caption: "mask loaded late"})
	return nil
}
