package redact

import (
	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/zone"
)

const (
	// Sampled is with which frame there is a tint, whatever the frames show: when it is offered must not tell what the
	// interior's light does. It is a second of a usual camera, in which that finds its exposure.
	Sampled = 30
	// meant is of how many frames at the end of them a tint is the mean, as far as they are in the same light.
	meant = 8
	// sameLight is by how much the mean luma may differ from one frame to the next, in 1/256.
	sameLight = 128
)

// Sampler measures a tint from the first frames of a camera. It gives one tint, and looks at no frame after that.
type Sampler struct {
	shown *zone.Blocks
	meter glass.Meter
	last  int // the mean luma of the frame before, in 1/256
	seen  int // frames
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
	if s.seen++; s.seen <= Sampled-meant {
		return false
	}
	luma := s.meter.Add(f, s.shown)
	if d := luma - s.last; s.seen > Sampled-meant+1 && max(d, -d) > sameLight {
		s.meter = glass.Meter{}
		s.meter.Add(f, s.shown)
	}
	s.last = luma
	if s.seen == Sampled {
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
