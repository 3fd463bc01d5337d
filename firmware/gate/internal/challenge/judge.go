package challenge

import "time"

// How the lamp blinks and what is asked of the picture.
const (
	Period   = 80 * time.Millisecond  // of a chip
	Span     = 3 * time.Second        // of pictures, which is compared
	Earliest = -50 * time.Millisecond // a frame's time may be that of its first light
	Latest   = 250 * time.Millisecond // the most that a frame's time may be behind the lamp

	exposure = 30 * time.Millisecond    // of a frame, whatever the camera
	shift    = 12500 * time.Microsecond // between two latencies that are tried
	doubt    = 0.4                      // what a frame counts in whose exposure the lamp changed
	needed   = 24.0                     // frames in a span, to say anything
	faint    = 256.0                    // the least that the lamp has to add, in 1/256 of luma

	match = 0.93 // the least correlation: to be accepted, or to stay so with a gap forgiven
	loose = 0.8  // to stay so without

	part  = 100 * time.Millisecond // that the span is divided into
	parts = int(Span / part)
	gap   = 11 // parts, which are forgiven once accepted: somebody passes the lamp
)

// Chip is what the lamp was set to and when, by CLOCK_MONOTONIC. It stands until the next.
type Chip struct {
	At  time.Duration
	Lit bool
}

// Sample is how bright the lamp's box was in a frame, in 1/256 of luma, and when that frame
// was taken, by the same clock.
type Sample struct {
	At   time.Duration
	Luma uint16
}

// Verdict is what the picture shows of the lamp. The zero value is Undecided.
type Verdict uint8

// Verdicts.
const (
	Undecided Verdict = iota // too little has been shown yet
	Seen
	Unseen
)

func (v Verdict) String() string {
	switch v {
	case Seen:
		return "seen"
	case Unseen:
		return "unseen"
	}
	return "undecided"
}

// Finding is a verdict and, with Seen, how late the camera was found to be.
type Finding struct {
	Verdict Verdict
	Late    time.Duration
}

// Judge compares the samples of the last [Span] with the chips, both oldest first. was is what
// was found a frame before. It is pure.
func Judge(chips []Chip, samples []Sample, was Finding) Finding {
	if len(samples) == 0 || len(chips) == 0 {
		return Finding{}
	}
	from := samples[len(samples)-1].At - Span
	if samples[0].At > from+part || chips[0].At > from-Latest-exposure {
		return Finding{}
	}
	for samples[0].At <= from {
		samples = samples[1:]
	}
	if was.Verdict == Seen {
		// A camera's latency does not jump, so nothing else is tried for it.
		first, last := max(was.Late-shift, Earliest), min(was.Late+shift, Latest)
		if f := search(chips, samples, first, last, false, loose); f.Verdict == Seen {
			return f
		}
		if f := search(chips, samples, first, last, true, match); f.Verdict == Seen {
			return f
		}
	}
	return search(chips, samples, Earliest, Latest, false, match)
}

// search tries the latencies from first to last and takes the best that correlates well enough, with
// a gap forgiven or none.
func search(chips []Chip, samples []Sample, first, last time.Duration, forgive bool, least float64) Finding {
	found := Finding{Verdict: Unseen}
	for late := first; late <= last; late += shift {
		var c float64
		if forgive {
			c = patchy(chips, samples, late)
		} else {
			c = whole(chips, samples, late)
		}
		if c >= least {
			least, found = c, Finding{Seen, late}
		}
	}
	return found
}
