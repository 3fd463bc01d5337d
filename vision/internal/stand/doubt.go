package stand

import "time"

const (
	// dusk is how long it may be dark, where it became so by degrees, before nobody knows any more how the camera stands.
	dusk = 5 * time.Second
	// inRow is at how many looks one after another the reference has to be found fairly, where none finds nearly all of it:
	// in a dim room noise looks like anything at some looks.
	inRow = 3
)

// doubts is whether the camera may stand anywhere, though nothing says that it has moved: the reference was not found
// yet; or it has become dark at a stroke, as for a camera that was turned into a dim room; or it has been dark for
// longer than [dusk] since it was last found; or nothing of it is left, and what is seen is not what hides it: see
// [absence]. What else hides it in the light is [course]'s.
type doubts struct {
	found bool          // ever
	unsee bool          // since then it has become too dark, or another place may show
	row   int           // looks in a row that find it
	last  time.Duration // the last look
	at    time.Duration // the last that found it
	sure  bool          // without any doubt
	dark  time.Duration // for how long it has been dark since
	gone  absence
}

// note takes a look into account, after what course makes of it.
func (d *doubts) note(at time.Duration, s sighting, state State) {
	gap := min(at-d.last, pause)
	d.last = at
	if s.verdict != stands || state != Stands || !s.clear && s.peak < fair {
		d.row = 0
	} else if d.row++; s.clear || d.row >= inRow {
		*d = doubts{found: true, row: d.row, last: at, at: at, sure: s.calm && (s.clear || s.peak >= strong)}
	}
	if s.verdict == dark {
		d.dark += gap
		d.unsee = d.unsee || d.dark >= dusk || d.sure && at-d.at < soon
	}
	d.unsee = d.gone.note(gap, s) || d.unsee
}

// any reports whether there is a doubt.
func (d *doubts) any() bool { return !d.found || d.unsee }
