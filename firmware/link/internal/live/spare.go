package live

import (
	"math"
	"time"
)

const (
	// spareGrowth is by how much more a line is believed, each second that nothing is wrong with it.
	spareGrowth = 1.25
	mostSpare   = 4.0
	// spareBelow is the share of what eye was told below which what is sent says nothing of the line.
	spareBelow   = 0.6
	spareSpacing = 200 * time.Millisecond
)

// spare is how far a line is believed beyond its estimate, while less is sent than eye was told it carries. pion's control
// makes of one late packet an estimate of what was sent just then; a still doorway takes a tenth of a line, so it
// would be coarse for half a minute, by the 8 % a second that the estimate grows, once a machine was busy for a moment.
// The estimate counts again as soon as something is late or lost.
type spare struct {
	factor float64
	at     time.Duration
	sent   uint64
}

// over is the factor, at least 1, at now by a clock that does not run back. sent counts all bits so far; told is
// what eye was told, in bit/s; trouble is that packets are late or lost.
func (s *spare) over(now time.Duration, sent uint64, told float64, trouble bool) float64 {
	since := now - s.at
	switch {
	case trouble || s.factor < 1:
		*s = spare{1, now, sent}
	case since >= spareSpacing:
		if float64(sent-s.sent) < spareBelow*told*since.Seconds() {
			s.factor = min(s.factor*math.Pow(spareGrowth, min(since.Seconds(), 1)), mostSpare)
		}
		s.at, s.sent = now, sent
	}
	return s.factor
}
