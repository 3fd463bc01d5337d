package redact

import (
	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/zone"
)

const (
	// sampled is how many frames a tint is the mean of, one after another in the same light.
	sampled = 8
	// mostWait is after how many frames it is taken whatever the light does: two seconds of a usual camera.
	mostWait = 60
	// sameLight is by how much the mean luma may differ from one frame to the next, in 1/256.
	sameLight = 128
)

// Sampler measures a tint from the first frames of a camera, once it has found its exposure. It gives one tint,
// and looks at no frame after that.
type Sampler struct {
	shown *zone.Blocks
	meter glass.Meter
	last  int // the mean luma of the frame before, in 1/256
	seen  int // frames
	good  int // of them in the meter
	done  bool
	tint  glass.Tint
}

// NewSampler returns one for pictures in which these blocks are shown.
func NewSampler(shown *zone.Blocks) *Sampler { return &Sampler{shown: shown} }

// Add takes the next frame in and reports whether there is a tint now.
func (s *Sampler) Add(f *raw.Frame) bool {
	if s.done {
		return true
	}
	s.seen++
	luma := s.meter.Add(f, s.shown)
	if d := luma - s.last; s.seen > 1 && max(d, -d) > sameLight && s.seen < mostWait {
		s.meter, s.good = glass.Meter{}, 0
		s.meter.Add(f, s.shown)
	}
	s.last = luma
	s.good++
	if s.good >= sampled || s.seen >= mostWait {
		s.tint, s.done = s.meter.Tint(), true
		s.meter = glass.Meter{}
	}
	return s.done
}

// Tint returns what was measured; nil as long as there is none.
func (s *Sampler) Tint() *glass.Tint {
	if !s.done {
		return nil
	}
	return &s.tint
}

// Wipe forgets all of it.
func (s *Sampler) Wipe() { *s = Sampler{shown: s.shown, done: s.done} }
