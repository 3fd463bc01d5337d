package stand

import "time"

const (
	// bared is at how many looks in a row a picture after a cover has to show much, and nothing of the reference.
	bared = 2
	// What hides the reference leaves some of it, at some looks: home stands out by more deviations on average than in
	// another place. Of the looks in quiet pictures the deviations that are lacking to likely are added up, and tooMuch is
	// enough (a one-sided cumulative sum: E. S. Page, Continuous inspection schemes, 1954). Another place, of one
	// deviation on average, has it after six looks; a person close to the camera, of two or more, has it late or never.
	likely  = 2
	tooMuch = 6
)

// absence is since when nothing at all of the reference is to be seen, and what is instead. A camera may be turned while
// something covers it: a picture that shows little, and then one that shows much and nothing of the reference, is what
// is there when a cover has been lifted. A person or a door seldom looks so: before they hide all of it there is
// much to see already.
type absence struct {
	left    int           // looks in a row at which something of it was left
	blank   time.Duration // for how long there has been little to see
	covered bool          // there was at some look
	bared   int           // looks in a row that show much
	against float32       // the cumulative sum
}

// note takes a look into account, gap after the last, and reports whether the camera may have been turned.
func (a *absence) note(gap time.Duration, s sighting) bool {
	a.left++
	if !s.left {
		a.left = 0
	}
	switch {
	case s.verdict == stands && (s.clear || s.peak >= fair) || a.left >= leaving:
		*a = absence{left: a.left}
	case s.verdict == dark || s.verdict == lost && s.bare && !s.left:
		a.covered, a.bared = true, 0
		a.blank += gap
	case s.left || s.verdict == stands || s.peak >= standsOut:
		a.bared = 0
	default:
		a.bared++
		if s.quiet {
			a.against = max(a.against+likely-s.peak, 0)
		}
	}
	return a.blank >= dusk || a.covered && a.bared >= bared || a.against >= tooMuch
}
