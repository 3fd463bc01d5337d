//go:build !race

// The race detector would take minutes: scripts/test.mk runs these without it.

package stand_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/stand"
	"vestibule/vision/internal/stats"
)

// count is how many cases of each kind are played, and the first one's seed: a few, or 500 others with STAND_LONG=1.
// Figures were chosen on the cases from 0 on, 120 with STAND_TUNE=1; the rates are of others.
func count() (n, first int) {
	switch {
	case os.Getenv("STAND_LONG") != "":
		return 500, 10_000
	case os.Getenv("STAND_TUNE") != "":
		return 60, 0
	}
	return 8, 10_000
}

// script is what happens on a stage, by seconds since it began.
type script struct {
	play  func(at float64) moment
	until float64
	bump  float64 // when the camera is moved; 0 when it is not
	// A cover is gone at bump, or, where the camera is not turned behind it, at bare. Then glass is looked for too.
	covered bool
	bare    float64
}

// Where a case is: on a drawn stage, on one of 320x240 pixels, which is the weakest size, or on film.
const (
	large = iota
	small
	onFilm
)

// kind is one sort of script.
type kind struct {
	name  string
	write func(s *stage, l *library, r *rand.Rand) script
	// may is the largest share of cases, by where they are, in which a bump is missed for a second, or that end in
	// a false alarm.
	may [3]float64
}

// mayDoubt is the largest share of cases in which there is glass for a doubt once the reference has been found, though
// nothing has moved.
var mayDoubt = map[string][3]float64{
	"people":               {0.02, 0.08, 0.02},
	"the door, and people": {0.02, 0.08, 0.02},
	"changes of light":     {0.03, 0.25, 0.1},
	"nothing for 20 s":     {},
	"trembling by 2 px":    {},
}

const gap = 200 * time.Millisecond

// stagehand plays scripts.
type stagehand struct {
	now time.Duration
}

// reference takes a reference of the stage as it stands.
func (h *stagehand) reference(s *stage, f *raw.Frame) ([]byte, error) {
	w, err := stand.New(s.blocks, s.w, s.h, nil)
	if err != nil {
		return nil, err
	}
	for n := range 7 {
		m := calm()
		m.lamp = n%2 == 0
		s.shoot(m, f)
		h.now += gap
		f.At = h.now
		if w.Look(f) {
			return nil, errors.New("moved without a reference")
		}
	}
	return w.Reference()
}

// result is how a script went.
type result struct {
	moved  bool
	after  time.Duration // the bump, or the beginning
	states [5]int
	doubt  time.Duration // there was, after the reference had been found
	shown  time.Duration // something was, after the bump
	glass  time.Duration // there was, later than a second after the cover was gone
}

func (h *stagehand) play(s *stage, f *raw.Frame, ref []byte, sc script) (res result, err error) {
	w, err := stand.New(s.blocks, s.w, s.h, ref)
	if err != nil {
		return res, err
	}
	begin, found := h.now, false
	for at := 0.0; at < sc.until; at += gap.Seconds() {
		s.shoot(sc.play(at), f)
		f.At = begin + time.Duration(at*float64(time.Second))
		h.now = f.At
		moved := w.Look(f)
		res.states[w.State()]++
		doubt := w.Doubt()
		found = found || !doubt
		if found && doubt {
			res.doubt += gap
		}
		switch glass := moved || doubt; {
		case sc.bump > 0 && at >= sc.bump && !glass:
			res.shown += gap
		case sc.bare > 0 && at >= sc.bare+1 && glass:
			res.glass += gap
		}
		if moved && !res.moved {
			res.moved, res.after = true, time.Duration((at-sc.bump)*float64(time.Second))
			if !sc.covered && (sc.bump == 0 || res.after > 0) {
				return res, nil
			}
		}
	}
	return res, nil
}

// daytime is how the light has changed since the reference was taken, in half of all cases.
func daytime(r *rand.Rand) moment {
	m := calm()
	if r.IntN(2) == 0 {
		m.light, m.gamma = 0.35+r.Float64(), 0.8+0.5*r.Float64()
		m.side = 0.8 * (r.Float64() - 0.5)
		m.noise = 1 + 2*r.Float64()
	}
	return m
}

func sign(r *rand.Rand) float64 { return float64(1 - 2*r.IntN(2)) }

func between(r *rand.Rand, a, b float64) float64 { return a + (b-a)*r.Float64() }

// bumped moves the camera at a random time, and lets it swing.
func bumped(r *rand.Rand, base func(at float64) moment, from float64, to moment) script {
	at := from + gap.Seconds()*r.Float64()
	swing, turn := float64(r.IntN(2))*between(r, 0, 1), between(r, 20, 50)
	return script{until: at + 3, bump: at, play: func(t float64) moment {
		m := base(t)
		if t < at {
			return m
		}
		k := 1 + swing*math.Exp(-(t-at)/0.08)*math.Cos(turn*(t-at))
		m.dx, m.dy, m.round, m.zoom, m.away = k*to.dx, k*to.dy, k*to.round, 1+k*(to.zoom-1), to.away
		return m
	}}
}

func shift(r *rand.Rand, least, most float64) moment {
	m := calm()
	sin, cos := math.Sincos(2 * math.Pi * r.Float64())
	d := between(r, least, most)
	m.dx, m.dy = d*cos, d*sin
	return m
}

// standing is a world in which only the lamp blinks.
func standing(r *rand.Rand) func(float64) moment {
	day := daytime(r)
	return func(t float64) moment {
		m := day
		m.lamp = math.Mod(t, 0.7) < 0.35
		return m
	}
}

func bumps() []kind {
	simple := func(to func(r *rand.Rand) moment) func(*stage, *library, *rand.Rand) script {
		return func(s *stage, l *library, r *rand.Rand) script { return bumped(r, standing(r), 1, to(r)) }
	}
	during := func(world func(s *stage, l *library, r *rand.Rand) func(float64) moment) func(*stage, *library, *rand.Rand) script {
		return func(s *stage, l *library, r *rand.Rand) script { return bumped(r, world(s, l, r), 4, shift(r, 8, 60)) }
	}
	return []kind{
		{"8 px", simple(func(r *rand.Rand) moment { return shift(r, 8, 8) }), [3]float64{0.01, 0.01, 0.06}},
		{"8 to 30 px", simple(func(r *rand.Rand) moment { return shift(r, 8, 30) }), [3]float64{0.01, 0.01, 0.06}},
		{"30 to 80 px", simple(func(r *rand.Rand) moment { return shift(r, 30, 80) }), [3]float64{0.01, 0.03, 0.15}},
		{"80 to 300 px", simple(func(r *rand.Rand) moment { return shift(r, 80, 300) }), [3]float64{0.02, 0.05, 0.45}},
		{"turned by 1 to 1.5 degrees", simple(func(r *rand.Rand) moment {
			m := calm()
			m.round = sign(r) * between(r, 1, 1.5)
			return m
		}), [3]float64{0.02, 0.08, 0.15}},
		{"turned by 1.5 to 10 degrees", simple(func(r *rand.Rand) moment {
			m := calm()
			m.round = sign(r) * between(r, 1.5, 10)
			return m
		}), [3]float64{0.01, 0.05, 0.42}},
		{"1.5 to 2 % nearer or farther", simple(func(r *rand.Rand) moment {
			m := calm()
			m.zoom = 1 + sign(r)*between(r, 0.015, 0.02)
			return m
		}), [3]float64{0.05, 0.25, 0.22}},
		{"2 to 15 % nearer or farther", simple(func(r *rand.Rand) moment {
			m := calm()
			m.zoom = 1 + sign(r)*between(r, 0.02, 0.15)
			return m
		}), [3]float64{0.01, 0.05, 0.22}},
		{"another place", simple(func(*rand.Rand) moment {
			m := calm()
			m.away = true
			return m
		}), [3]float64{0.02, 0.07, 0.42}},
		{"8 to 60 px, the door open", during(func(s *stage, _ *library, r *rand.Rand) func(float64) moment {
			base, open := standing(r), between(r, 0.5, 1)
			return func(t float64) moment {
				m := base(t)
				m.door = min(max(t-1, 0), open)
				return m
			}
		}), [3]float64{0.1, 0.28, 0.42}},
		{"8 to 60 px, a person there", during(func(s *stage, l *library, r *rand.Rand) func(float64) moment {
			base, who := standing(r), walk(s, l, r, 1, 9, 10)
			return func(t float64) moment {
				m := base(t)
				m.bodies = append(m.bodies, who(t)...)
				return m
			}
		}), [3]float64{0.1, 0.18, 0.2}},
	}
}

// walk is somebody who comes into the zone, stands there, and goes. Nobody stands quite still.
func walk(s *stage, l *library, r *rand.Rand, from, to, until float64) func(t float64) []body {
	c := l.people[r.IntN(len(l.people))]
	b := body{look: c.grey, mask: &grey{c.w, c.h, c.mask}}
	if r.IntN(2) == 0 { // in clothes with a pattern
		b.look = l.photos[r.IntN(len(l.photos))]
	}
	wide, high := s.x1-s.x0, s.y1-s.y0
	b.high = high * between(r, 0.5, 1.2)
	b.wide = b.high * float64(c.w) / float64(c.h) * between(r, 0.9, 1.4)
	if r.IntN(6) == 0 { // close to the camera
		b.high, b.wide = b.high*1.5, max(b.wide*1.5, wide*between(r, 0.7, 1.1))
	}
	there := s.x0 + wide*r.Float64()
	foot := s.y1 + high*between(r, -0.15, 0.3)
	start := there - sign(r)*(wide+b.wide)*0.7
	pace := between(r, 0.6, 2) // seconds from there to here
	sway, speed := between(r, 1, 5)*high/500, between(r, 1, 3)
	return func(t float64) []body {
		if t < from || t > min(to, until) {
			return nil
		}
		b := b
		k := min((t-from)/pace, 1, max((to-t)/pace, 0))
		b.x = start + (there-start)*k + sway*math.Sin(speed*t)
		b.y = foot + 0.4*sway*math.Sin(1.7*speed*t)
		if k < 1 {
			b.y -= 0.01 * b.high * math.Abs(math.Sin(9*t))
		}
		return []body{b}
	}
}

func alarms() []kind {
	return []kind{
		{"people", func(s *stage, l *library, r *rand.Rand) script {
			base := standing(r)
			var who []func(float64) []body
			for t := 1.0; t < 9; {
				d := between(r, 1.5, 8)
				who = append(who, walk(s, l, r, t, t+d, 99))
				t += d * between(r, 0.5, 1.2)
			}
			return script{until: 11, play: func(t float64) moment {
				m := base(t)
				for _, w := range who {
					m.bodies = append(m.bodies, w(t)...)
				}
				return m
			}}
		}, [3]float64{0.01, 0.01, 0.01}},
		{"the door, and people", func(s *stage, l *library, r *rand.Rand) script {
			base, open := standing(r), between(r, 0.15, 1)
			takes, shuts := between(r, 0.5, 2), between(r, 5, 8)
			if r.IntN(5) == 0 {
				shuts = 60
			}
			who := walk(s, l, r, between(r, 2, 3), between(r, 5, 9), 99)
			if r.IntN(3) == 0 {
				who = func(float64) []body { return nil }
			}
			parcel := body{look: l.photos[r.IntN(len(l.photos))], wide: (s.x1 - s.x0) * between(r, 0.2, 0.5), high: (s.y1 - s.y0) * between(r, 0.1, 0.2)}
			parcel.x, parcel.y = between(r, s.x0, s.x1), s.y1-(s.y1-s.y0)*0.1*r.Float64()
			return script{until: min(shuts+3, 12), play: func(t float64) moment {
				m := base(t)
				m.door = open * min(max((t-1)/takes, 0), 1, max((shuts+takes-t)/takes, 0))
				if t > 5 {
					m.bodies = append(m.bodies, parcel)
				}
				m.bodies = append(m.bodies, who(t)...)
				if m.door > 0.3 { // the street's light
					m.light *= 1 + 0.3*m.door
				}
				return m
			}}
		}, [3]float64{0.01, 0.03, 0.02}},
		{"changes of light", func(s *stage, _ *library, r *rand.Rand) script {
			type light struct{ light, gamma, side, shadow, noise float64 }
			draw := func() light {
				return light{math.Exp(between(r, math.Log(0.03), math.Log(1.6))), between(r, 0.7, 1.4), between(r, -0.8, 0.8), max(between(r, -1, 1.5), 0), between(r, 1, 4)}
			}
			a, b := draw(), draw()
			begun, takes := 0.0, 0.0
			return script{until: 10, play: func(t float64) moment {
				if t > begun+takes+1.5 { // another change, at once or slowly
					a, b, begun, takes = b, draw(), t, float64(r.IntN(2))*between(r, 0, 3)
				}
				k := 1.0
				if takes > 0 {
					k = min((t-begun)/takes, 1)
				}
				m := calm()
				mix := func(a, b float64) float64 { return a + (b-a)*k }
				m.light, m.gamma, m.side, m.noise = mix(a.light, b.light), mix(a.gamma, b.gamma), mix(a.side, b.side), mix(a.noise, b.noise)
				m.shadow = mix(a.shadow, b.shadow)
				m.lamp = math.Mod(t, 0.5) < 0.25
				return m
			}}
		}, [3]float64{0.01, 0.03, 0.02}},
		{"nothing for 20 s", func(s *stage, _ *library, r *rand.Rand) script {
			return script{play: standing(r), until: 20}
		}, [3]float64{}},
		{"trembling by 2 px", func(s *stage, _ *library, r *rand.Rand) script {
			base := standing(r)
			return script{until: 5, play: func(t float64) moment {
				m := base(t)
				to := shift(r, 0, 2)
				m.dx, m.dy = to.dx, to.dy
				return m
			}}
		}, [3]float64{}},
	}
}

// score is how many of the cases went wrong: were missed, or were false alarms.
type score struct{ cases, wrong int }

func (s *score) count(wrong bool) {
	s.cases++
	if wrong {
		s.wrong++
	}
}

func (s *score) String() string {
	low, high := stats.ClopperPearson(s.wrong, s.cases)
	return fmt.Sprintf("%d of %d (%.1f %%, %.1f to %.1f)", s.wrong, s.cases, 100*float64(s.wrong)/float64(max(s.cases, 1)), 100*low, 100*high)
}

// trial plays one case of a kind, if the stage that its seed gives has a reference. Where real, the place is
// filmed: a street in which people walk.
func (k kind) trial(l *library, size [2]int, real bool, seed, sort uint64) (res result, wrong, ok bool, err error) {
	r := rand.New(rand.NewPCG(seed, sort))
	var film []*grey
	if real {
		film = l.street[r.IntN(len(l.street)-100):]
	}
	s := newStage(l, r, size[0], size[1], film)
	f := raw.New(s.w, s.h)
	var hand stagehand
	ref, err := hand.reference(s, f)
	if errors.Is(err, stand.ErrPlain) || errors.Is(err, stand.ErrUnsteady) {
		return res, false, false, nil
	} else if err != nil {
		return res, false, false, err
	}
	sc := k.write(s, l, r)
	res, err = hand.play(s, f, ref, sc)
	switch {
	case sc.covered:
		return res, res.shown > time.Second || res.glass > 0, true, err
	case sc.bump == 0:
		return res, res.moved, true, err
	}
	return res, !res.moved || res.after < 0 || res.after > time.Second, true, err
}

// TestRates takes the rates of bumps that are missed and of false alarms, on stages made of real pictures and on
// film.
func TestRates(t *testing.T) {
	l := pictures(t)
	n, first := count()
	for i, k := range slices.Concat(bumps(), alarms(), covers()) {
		t.Run(k.name, func(t *testing.T) {
			groups := map[string]*score{}
			var total, doubted score
			var parts, doubts [3]score
			var doubt time.Duration
			var which []string
			plain := 0
			for c := 0; total.cases < n; c++ {
				real := c%4 == 3
				size := sizes[c%len(sizes)]
				switch {
				case real:
					size = filmed[c/4%len(filmed)]
				case n < 10:
					size = [2]int{320, 240}
				}
				res, wrong, ok, err := k.trial(l, size, real, uint64(first+c), uint64(i))
				if err != nil {
					t.Fatalf("case %d: %v", first+c, err)
				}
				if !ok {
					plain++
					continue
				}
				where, group := large, fmt.Sprintf("drawn, %dx%d", size[0], size[1])
				switch {
				case real:
					where, group = onFilm, fmt.Sprintf("on film, %dx%d", size[0], size[1])
				case size == [2]int{320, 240}:
					where = small
				}
				if groups[group] == nil {
					groups[group] = &score{}
				}
				for _, of := range []*score{&total, &parts[where], groups[group]} {
					of.count(wrong)
				}
				for _, of := range []*score{&doubted, &doubts[where]} {
					of.count(res.doubt > 0)
				}
				doubt += res.doubt
				if wrong {
					which = append(which, fmt.Sprintf("%d (%s: %v after %.1f s, %v)", first+c, group, res.moved, res.after.Seconds(), res.states))
				}
			}
			t.Logf("wrong: %v; drawn: %v, at 320x240: %v; on film: %v; %d stages were too plain", &total, &parts[large], &parts[small], &parts[onFilm], plain)
			for _, g := range slices.Sorted(maps.Keys(groups)) {
				t.Logf("  %s: %v", g, groups[g])
			}
			if which != nil {
				t.Logf("  %s", strings.Join(which, "; "))
			}
			for i := range parts {
				parts[i].judge(t, k.may[i])
			}
			may, still := mayDoubt[k.name]
			if !still {
				return
			}
			t.Logf("in doubt: %v, for %.2f s a case; drawn: %v, at 320x240: %v; on film: %v", &doubted, doubt.Seconds()/float64(total.cases), &doubts[large], &doubts[small], &doubts[onFilm])
			for i := range doubts {
				doubts[i].judge(t, may[i])
			}
		})
	}
}

// judge fails if more went wrong than may; of a few cases, if so much would in one run of a hundred.
func (s *score) judge(t *testing.T, may float64) {
	t.Helper()
	if long := s.cases >= 50; long && float64(s.wrong) > may*float64(s.cases) || !long && s.wrong > 0 && stats.AtLeast(s.wrong, s.cases, may) < 0.01 {
		t.Errorf("%v went wrong instead of at most %.1f %%", s, 100*may)
	}
}
