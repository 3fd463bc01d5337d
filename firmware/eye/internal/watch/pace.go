package watch

import (
	"time"

	"vestibule/vision"
)

const (
	// leastKbit is the least that the encoder is given: below it the doorway is no longer to be read.
	leastKbit = 150
	// paceSpacing is the least time between two changes, however often link asks for one.
	paceSpacing = 250 * time.Millisecond
	// leastFPS keeps a picture from being taken for a frozen one.
	leastFPS = 8
)

// pace is what the encoder may spend, and on how many of the camera's frames, on the lines that there are. It goes by
// what link says of them alone, never by what is in the picture. Link is not trusted: whatever it says, the bounds hold,
// and there are at most four changes a second.
type pace struct {
	kbit  int
	every int // one of so many frames is encoded

	changed time.Duration // CLOCK_MONOTONIC of a frame
}

// fullPace is a line's that nothing is known of.
func fullPace(c Camera) pace { return pace{kbit: c.Kbit, every: 1} }

// follow takes what the lines carry, in kbit/s, 0 when nobody says; at is the present frame's time. It reports whether
// the encoder has to know.
func (p *pace) follow(c Camera, line int, at time.Duration) bool {
	want := c.Kbit
	if line != 0 {
		want = min(max(line, leastKbit), c.Kbit)
	}
	// Less than an eighth up is not worth a change; the same down is, as it would wait in a queue.
	if want == p.kbit || (want > p.kbit && want < c.Kbit && want-p.kbit < p.kbit/8) || at-p.changed < paceSpacing {
		return false
	}
	*p = pace{kbit: want, every: thin(c, want), changed: at}
	return true
}

// thin is of how many frames one is encoded: fewer and clearer pictures once there is too little for each. The
// limits are bits for each of the picture's pixels, seen on the drawn house with a courier walking: below them the
// doorway's edges go first.
func thin(c Camera, kbit int) int {
	every := 1
	switch perPixel := float64(kbit) * 1000 / float64(pixels(c.Size)*c.FPS); {
	case perPixel < 0.012: // 330 kbit/s at 720p30
		every = 3
	case perPixel < 0.024:
		every = 2
	}
	return min(every, max(c.FPS/leastFPS, 1))
}

// leavesOut reports whether a frame is not encoded, which was taken so long after the last that was.
func (p *pace) leavesOut(c Camera, since time.Duration) bool {
	frame := time.Second / time.Duration(c.FPS)
	return p.every > 1 && since < time.Duration(p.every)*frame-frame/2
}

func pixels(s vision.Size) int { return s.Width * s.Height }
