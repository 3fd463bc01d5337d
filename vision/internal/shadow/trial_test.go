//go:build !race

package shadow_test

import (
	"image"
	"math"
	"math/rand/v2"
	"time"

	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/shadow"
)

// pace is the time between a trial's frames: what a watch would look at of 30 frames a second.
const pace = 2 * time.Second / 15

// trial is a visit in a made-up hall, with all that happens in it.
type trial struct {
	kind   string
	size   image.Point
	room   *room
	plates [2][2]*raw.Frame // lamp off and on, door shut and open
	learn  time.Duration    // before the visit
	visit  time.Duration

	lamp  func(t time.Duration) float64                  // 0 off .. 1 on; t is the visit's time, below 0 before
	door  func(t time.Duration) float64                  // 0 shut .. 1 open
	gain  func(t time.Duration, row float64) float64     // exposure of a row, 0..1 from the top
	tint  func(t time.Duration) (cb, cr float64)         // white balance
	extra func(f *raw.Frame, t time.Duration)            // patches of light, cast shadows
	jolt  func(t time.Duration) (dx, dy int)             // the camera shakes
	walk  func(t time.Duration) (s stance, present bool) // the person, if there is one
	who   person
	sigma float64 // noise
	jpeg  int     // quality; 0 without
	rnd   *rand.Rand
}

// seen is what the watch made of a trial.
type seen struct {
	shadows []reading
	beyond  int
	want    int  // passages in truth
	vague   bool // the person stood so that one may see a passage or not
}

// reading is one shadow, with the truth.
type reading struct {
	at     time.Duration
	shadow glass.Shadow
	must   [9][16]bool // at least half covered now
	may    [9][16]bool // touched within the last half second
	open   [9][16]bool // cells with a shown pixel
}

// play runs a trial. see, where given, is called with each frame and the shadow last given.
func (tr *trial) play(see func(t time.Duration, f *raw.Frame, s glass.Shadow, w *shadow.Watch)) (seen, error) {
	w := shadow.New(tr.room.shown, tr.size.X, tr.size.Y)
	defer w.Close()
	f := raw.New(tr.size.X, tr.size.Y)
	noise := newGrain(tr.sigma, tr.rnd)
	var out seen
	var last glass.Shadow
	near := tr.room.nearZone()
	var recent [4][9][16]float64
	passage := newPassage()
	for n := 0; ; n++ {
		t := time.Duration(n)*pace - tr.learn
		if t > tr.visit {
			break
		}
		tr.paint(f, t)
		where := truth{w: tr.size.X, h: tr.size.Y}
		if tr.walk != nil {
			if s, ok := tr.walk(t); ok {
				tr.room.draw(f, tr.who, s, &where)
			}
		}
		if tr.gain != nil || tr.tint != nil {
			cb, cr := 0.0, 0.0
			if tr.tint != nil {
				cb, cr = tr.tint(t)
			}
			expose(f, func(y int) float64 {
				if tr.gain == nil {
					return 1
				}
				return tr.gain(t, float64(y)/float64(tr.size.Y))
			}, cb, cr)
		}
		if tr.jolt != nil {
			if dx, dy := tr.jolt(t); dx != 0 || dy != 0 {
				shake(f, dx, dy)
			}
		}
		noise.lay(f)
		if tr.jpeg > 0 {
			if err := squeeze(f, tr.jpeg); err != nil {
				return out, err
			}
		}
		f.Seq, f.At = uint64(n+1), time.Hour+time.Duration(n)*pace
		cover := where.cover()
		recent[n%len(recent)] = cover
		if t >= 0 {
			passage.step(&where, near)
		}
		s, fresh := w.Look(f, t >= 0)
		if fresh {
			last = s
			r := reading{at: t, shadow: s}
			for row := range 9 {
				for col := range 16 {
					r.open[row][col] = near[row][col] == 0
					r.must[row][col] = cover[row][col] >= 0.5
					for _, c := range recent {
						r.may[row][col] = r.may[row][col] || c[row][col] > 0.02
					}
				}
			}
			out.shadows = append(out.shadows, r)
		}
		if see != nil {
			see(t, f, last, w)
		}
	}
	out.beyond, out.want, out.vague = w.Beyond(), passage.count, passage.vague()
	return out, nil
}

// paint lays the room under its light.
func (tr *trial) paint(f *raw.Frame, t time.Duration) {
	lamp, door := tr.lamp(t), tr.door(t)
	a, b := tr.plates[0], tr.plates[1]
	switch lamp {
	case 0:
		fade(f, a[0], a[1], door)
	case 1:
		fade(f, b[0], b[1], door)
	default:
		on := raw.New(f.Width, f.Height)
		fade(f, a[0], a[1], door)
		fade(on, b[0], b[1], door)
		fade(f, f, on, lamp)
	}
	if door > 0 {
		tr.room.openDoor(f, door)
	}
	if tr.extra != nil {
		tr.extra(f, t)
	}
}

// openDoor draws the street in the doorway, uncovered from the right as the leaf turns away.
func (r *room) openDoor(f *raw.Frame, wide float64) {
	x := r.door.x1 - (r.door.x1-r.door.x0)*wide
	mid := r.door.y0 + (r.door.y1-r.door.y0)*0.45
	all := func(pt) float64 { return 1 }
	lay(f, rect(x, r.door.y0, r.door.x1, mid), r.doorBox, ycc{190, 12, -6}, all)
	lay(f, rect(x, mid, r.door.x1, r.door.y1), r.doorBox, ycc{140, -20, -4}, grainy(9, 0.5, 5))
}

// nearZone tells for each cell how many cells it is from the zone: 0 has a shown pixel.
func (r *room) nearZone() (d [9][16]int) {
	for row := range 9 {
		for col := range 16 {
			d[row][col] = 99
			for y := row * r.h / 9; y < (row+1)*r.h/9; y++ {
				for x := col * r.w / 16; x < (col+1)*r.w/16; x++ {
					if r.shown.Shown(x, y) {
						d[row][col] = 0
					}
				}
			}
		}
	}
	var out [9][16]int
	for row := range 9 {
		for col := range 16 {
			best := 99
			for i := range 9 {
				for j := range 16 {
					if d[i][j] == 0 {
						best = min(best, max(abs(i-row), abs(j-col)))
					}
				}
			}
			out[row][col] = best
		}
	}
	return out
}

func abs(v int) int { return max(v, -v) }

// passage counts passages in truth: somebody's greater part is at least two cells from the zone for a second.
type passage struct {
	armed      bool
	away       int // looks in a row
	count      int
	partly     int // looks with neither the most nor the least away, in a row
	mostPartly int
}

func newPassage() *passage { return &passage{} }

func (p *passage) step(t *truth, near [9][16]int) {
	all, far, zone := 0, 0, 0
	for j := range t.on {
		for i, on := range t.on[j] {
			if !on {
				continue
			}
			all++
			switch d := near[j/8][i/8]; {
			case d >= 2:
				far++
			case d == 0:
				zone++
			}
		}
	}
	switch {
	case all < 24:
		p.away, p.partly = 0, 0
		p.armed = false // gone: the next one has to come through the zone
	case far*2 > all:
		p.away++
		if p.armed && p.away == int(time.Second/pace) {
			p.count++
			p.armed = false
		}
		p.partly = 0
	case far*5 > all:
		p.partly++
		p.mostPartly = max(p.mostPartly, p.partly)
	default:
		p.away, p.partly = 0, 0
		if zone*2 > all {
			p.armed = true
		}
	}
}

// vague reports whether the person spent a second where one may see a passage or not, and none besides.
func (p *passage) vague() bool { return p.count == 0 && p.mostPartly >= int(time.Second/pace)/2 }

// ramp goes from 0 to 1 between two times.
func ramp(t, from, to time.Duration) float64 {
	if to <= from {
		if t >= from {
			return 1
		}
		return 0
	}
	return math.Min(math.Max(float64(t-from)/float64(to-from), 0), 1)
}
