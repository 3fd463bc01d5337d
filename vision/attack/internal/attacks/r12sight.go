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

// In a Sight the shadow's watch remembers what it saw, so a room stays as it is for as long as the Sight does, and two
// Sights, one of each class, are one trial: where their memory lies is chance. They are shown their frames by turns, a
// few hundred us apart, and what counts is by how much the one takes longer than the other with the same frame: a
// machine that does other work is twice as slow for seconds, and would hide any difference between Sights that come
// one after the other.
const (
	warmFrames  = 36 // before the watch has learnt the room
	timedFrames = 96
	// turns is after how many pictures the same is done again: the shadow looks at every fourth, the stand at every sixth.
	turns = 12
	// mover is how far somebody goes from one picture to the next, in pixels.
	mover = 3
)

// sights times whole pictures of Sights with the shadow on, during a visit: of dark against busy rooms that are still,
// and of busy rooms with somebody in them against the same without. Where the stopwatch has something to do, that is
// done to each frame besides, in the same time.
func (s *stopwatch) sights(ctx context.Context, l *lab.Lab, pairs int, moves bool) (t float64, err error) {
	longer := make([]float64, pairs)
	for i := range longer {
		if longer[i], err = s.pair(ctx, l.Nonce("sight", i), moves); err != nil {
			return 0, err
		}
	}
	return math.Abs(stats.Student(longer)), nil
}

// pair returns by how much a picture of class 1 takes longer than the same of class 0, in ns: the mean over what is
// done by turns, of each the median.
func (s *stopwatch) pair(ctx context.Context, nonce [16]byte, moves bool) (ns float64, err error) {
	var two [2]*timed
	for class := range two {
		if two[class], err = s.open(nonce, class, moves); err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, two[class].sight.Close()) }()
	}
	var longer [turns][]float64
	for n := range warmFrames + timedFrames {
		var took [2]time.Duration
		first := s.rnd.IntN(2)
		for _, class := range [2]int{first, 1 - first} {
			if took[class], err = two[class].next(ctx, n); err != nil {
				return 0, err
			}
		}
		if n >= warmFrames {
			longer[n%turns] = append(longer[n%turns], float64(took[1]-took[0]))
		}
	}
	for _, t := range longer {
		slices.Sort(t)
		ns += stats.Quantile(t, 0.5) / turns
	}
	return ns, nil
}

// timed is a Sight whose pictures are timed.
type timed struct {
	s     *stopwatch
	class int
	moves bool
	fed   *fed
	sight *vision.Sight
	from  time.Duration
}

func (s *stopwatch) open(nonce [16]byte, class int, moves bool) (*timed, error) {
	f := newFed()
	sight, err := vision.Open(f.source(), vision.Size{Width: s.w.Width, Height: s.w.Height}, 30, vision.Plan{
		Zones: [][]vision.Point{room.Doorway}, Mode: vision.Blur, Shadow: true, Nonce: nonce, Tint: &vision.Tint{1, 2, 3},
	})
	if err != nil {
		return nil, err
	}
	sight.Visit(true)
	<-f.asked
	return &timed{s: s, class: class, moves: moves, fed: f, sight: sight, from: raw.Now()}, nil
}

// next gives the Sight its n-th frame and says how long its picture took.
func (t *timed) next(ctx context.Context, n int) (time.Duration, error) {
	t.fed.frames <- func(into *raw.Frame) {
		t.s.still(t.class, t.moves, n)
		into.CopyFrom(t.s.frame)
		into.Seq, into.At = uint64(n)+1, t.from+time.Duration(n+1)*time.Second/30
	}
	<-t.fed.asked // the frame is there to be taken
	start := time.Now()
	_, look, err := t.sight.Next(ctx)
	if t.s.do != nil {
		t.s.do(t.s.frame)
	}
	took := time.Since(start)
	if err == nil && look.Glass != "" {
		err = errors.New("a Sight that is timed shows glass: " + string(look.Glass))
	}
	return took, err
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
