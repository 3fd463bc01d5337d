package attacks

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"vestibule/vision"
	"vestibule/vision/attack/internal/lab"
	"vestibule/vision/attack/internal/room"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/stats"
)

// In a Sight the shadow's watch remembers what it saw, so a room stays as it is for as long as the Sight does, and what
// is compared are the mean times of Sights: one is one trial, so that where its memory lies is chance.
const (
	warmFrames  = 36 // before the watch has learnt the room
	timedFrames = 96
	// turns is after how many pictures the same is done again: the shadow looks at every fourth, the stand at every sixth.
	turns = 12
	// mover is how far somebody goes from one picture to the next, in pixels.
	mover = 3
)

// sights times whole pictures of Sights with the shadow on, during a visit: of dark against busy rooms that are still,
// and of busy rooms with somebody in them against the same without.
func (s *stopwatch) sights(ctx context.Context, l *lab.Lab, n int, moves bool) (t float64, err error) {
	var times [2][]float64
	for i := range 2 * n {
		class := i % 2
		if i/2%2 == 1 { // so that neither is always the first of two
			class = 1 - class
		}
		took, err := s.sight(ctx, l.Nonce("sight", i), class, moves)
		if err != nil {
			return 0, err
		}
		times[class] = append(times[class], took)
	}
	return math.Abs(stats.Welch(times[0], times[1])), nil
}

// sight opens one and returns the time of a picture in ns: the mean over what is done by turns, of each the median.
func (s *stopwatch) sight(ctx context.Context, nonce [16]byte, class int, moves bool) (ns float64, err error) {
	f := newFed()
	sight, err := vision.Open(f.source(), vision.Size{Width: s.w.Width, Height: s.w.Height}, 30, vision.Plan{
		Zones: [][]vision.Point{room.Doorway}, Mode: vision.Blur, Shadow: true, Nonce: nonce, Tint: &vision.Tint{1, 2, 3},
	})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, sight.Close()) }()
	sight.Visit(true)
	var times [turns][]float64
	<-f.asked
	from := raw.Now()
	for n := range warmFrames + timedFrames {
		f.frames <- func(into *raw.Frame) {
			s.still(class, moves, n)
			into.CopyFrom(s.frame)
			into.Seq, into.At = uint64(n)+1, from+time.Duration(n+1)*time.Second/30
		}
		<-f.asked // the frame is there to be taken
		start := time.Now()
		_, look, err := sight.Next(ctx)
		took := time.Since(start)
		switch {
		case err != nil:
			return 0, err
		case look.Glass != "":
			return 0, errors.New("a Sight that is timed shows glass: " + string(look.Glass))
		case n >= warmFrames:
			times[n%turns] = append(times[n%turns], float64(took))
		}
	}
	for _, t := range times {
		slices.Sort(t)
		ns += stats.Quantile(t, 0.5) / turns
	}
	return ns, nil
}

// still writes a frame of a room that does not change but for the zone's grain and, where it moves and the class is 1,
// somebody in it.
func (s *stopwatch) still(class int, moves bool, n int) {
	if !moves {
		s.prepare(class)
	} else {
		s.prepare(1)
		if class == 1 {
			s.walk(n)
		}
	}
	grain := rand.New(rand.NewPCG(uint64(n), 12))
	for _, r := range s.w.Zone.Runs() {
		for x := r.X; x < r.X+r.N; x++ {
			s.frame.Y[r.Y*s.w.Width+x] ^= byte(grain.Uint32() & 1)
		}
	}
}

// walk puts somebody into the room.
func (s *stopwatch) walk(n int) {
	const wide, tall = 24, 80
	left := mover * n % (s.w.Width - wide)
	for y := s.w.Height / 3; y < s.w.Height/3+tall; y++ {
		for x := left; x < left+wide; x++ {
			if !s.w.Zone.Shown(x, y) {
				s.frame.Y[y*s.w.Width+x] = byte(40 + (x-left)*4)
			}
		}
	}
}
