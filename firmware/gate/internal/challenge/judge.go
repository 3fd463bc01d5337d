package challenge

import (
	"slices"
	"time"
)

// How the lamp blinks and what is asked of the picture.
const (
	Period  = 200 * time.Millisecond // of a chip
	Chips   = 15                     // chips that are compared: 3 s
	Latest  = 250 * time.Millisecond // the most that a frame's time may be behind the lamp
	contour = 4.0                    // the least step in mean luma, of 255, that counts

	guard    = 20 * time.Millisecond // of a chip's ends: an exposure may lie across them
	shift    = 25 * time.Millisecond // between two latencies that are tried
	needed   = 11                    // of the 14 steps, to be accepted
	enough   = 8                     // to stay so
	forgiven = 2                     // wrong steps, once accepted
)

// Chip is what the lamp was set to and when, by CLOCK_MONOTONIC. It stands until the next.
type Chip struct {
	At  time.Duration
	Lit bool
}

// Sample is how bright the lamp's box was in a frame, and when that frame was taken, by
// the same clock.
type Sample struct {
	At   time.Duration
	Luma uint8
}

// Verdict is what the picture shows of the lamp. The zero value is Undecided.
type Verdict uint8

// Verdicts.
const (
	Undecided Verdict = iota // fewer than 15 chips have been shown
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

// Judge compares the last [Chips] chips that the newest sample can show with the samples,
// both oldest first. was is the verdict before. It is pure.
func Judge(chips []Chip, samples []Sample, was Verdict) Verdict {
	if len(samples) == 0 {
		return Undecided
	}
	// A chip can be judged once a sample could show its end even with the greatest latency.
	last := samples[len(samples)-1].At - Latest
	end := len(chips) - 1
	for end > 0 && chips[end].At > last {
		end--
	}
	if end < Chips {
		return Undecided
	}
	shown := chips[end-Chips : end+1] // and the one that ends the last
	best := score{wrong: Chips}
	for late := time.Duration(0); late <= Latest; late += shift {
		if s := compare(shown, samples, late); s.better(best) {
			best = s
		}
	}
	if best.steps >= needed && best.wrong == 0 {
		return Seen
	}
	if was == Seen && best.steps >= enough && best.wrong <= forgiven {
		return Seen
	}
	return Unseen
}

// score is how well chips and samples agree at one latency.
type score struct {
	steps    int     // between neighbouring chips of which both were seen
	wrong    int     // of them
	contrast float64 // of the lamp, in luma
}

func (s score) better(than score) bool {
	if s.steps < enough || than.steps < enough {
		return s.steps > than.steps
	}
	if s.wrong != than.wrong {
		return s.wrong < than.wrong
	}
	return s.contrast > than.contrast
}

// compare takes the mean of each chip's samples, late after the lamp, and checks the steps.
func compare(chips []Chip, samples []Sample, late time.Duration) score {
	var level [Chips]float64 // below zero: not seen
	next := 0
	for k := range level {
		from, to := chips[k].At+late+guard, chips[k+1].At+late-guard
		for next < len(samples) && samples[next].At < from {
			next++
		}
		sum, n := 0, 0
		for ; next < len(samples) && samples[next].At <= to; next++ {
			sum += int(samples[next].Luma)
			n++
		}
		level[k] = -1
		if n > 0 {
			level[k] = float64(sum) / float64(n)
		}
	}
	var expected [Chips]float64 // of step k: +1, -1 or 0
	var turns []float64         // the real steps where the lamp changed, positive when right
	var space [Chips]float64
	turns = space[:0]
	s := score{}
	for k := 1; k < Chips; k++ {
		if level[k] < 0 || level[k-1] < 0 {
			continue
		}
		s.steps++
		switch {
		case chips[k].Lit && !chips[k-1].Lit:
			expected[k] = 1
		case !chips[k].Lit && chips[k-1].Lit:
			expected[k] = -1
		default:
			continue
		}
		turns = append(turns, expected[k]*(level[k]-level[k-1]))
	}
	if len(turns) == 0 {
		s.wrong = s.steps
		return s
	}
	slices.Sort(turns)
	s.contrast = turns[len(turns)/2]
	if s.contrast < contour {
		s.wrong = s.steps
		return s
	}
	for k := 1; k < Chips; k++ {
		if level[k] < 0 || level[k-1] < 0 {
			continue
		}
		step := level[k] - level[k-1]
		switch expected[k] {
		case 0:
			if max(step, -step) > s.contrast/2 {
				s.wrong++
			}
		default:
			if expected[k]*step < s.contrast/2 {
				s.wrong++
			}
		}
	}
	return s
}
