package contact

import "time"

// filter turns raw readings into a state that has settled. It is pure: time is an argument.
//
// A reading counts once it has held for the quiet time, without an edge in between: a contact that
// chatters in step with the readings would else look as if it held still. A contact that will not hold still for the
// whole patience is unknown: whatever it says next moment means nothing.
type filter struct {
	quiet    time.Duration
	patience time.Duration

	state State     // what was last told
	raw   State     // what was last read
	since time.Time // since when raw is what it is
	moved time.Time // when raw first left the state; zero while it agrees
}

// step takes one reading, and whether there was an edge since the last one, and reports whether the
// state has changed.
func (f *filter) step(raw State, edge bool, now time.Time) bool {
	if edge && raw == f.raw && f.moved.IsZero() && f.state != Unknown {
		f.moved = now // it left and is back
	}
	if edge || raw != f.raw || f.since.IsZero() {
		f.raw, f.since = raw, now
	}
	if raw == Unknown { // a failed reading needs no time to be believed
		f.moved = time.Time{}
		return f.become(Unknown)
	}
	settled := now.Sub(f.since) >= f.quiet
	switch {
	case settled:
		f.moved = time.Time{}
		return f.become(raw)
	case f.moved.IsZero() && raw != f.state:
		f.moved = now
	case !f.moved.IsZero() && now.Sub(f.moved) >= f.patience:
		return f.become(Unknown)
	}
	return false
}

func (f *filter) become(s State) bool {
	if f.state == s {
		return false
	}
	f.state = s
	return true
}

// next says how long after now the filter wants to be asked again although nothing moves;
// 0 means that it need not.
func (f *filter) next(now time.Time) time.Duration {
	if f.raw == Unknown || (f.moved.IsZero() && f.raw == f.state) {
		return 0
	}
	return max(f.since.Add(f.quiet).Sub(now), time.Millisecond)
}
