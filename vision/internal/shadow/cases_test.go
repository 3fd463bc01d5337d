//go:build !race

package shadow_test

import (
	"image"
	"math"
	"math/rand/v2"
	"time"

	"vestibule/vision/internal/raw"
)

// Sizes of trials, the small ones more often: they are the harder ones, and quicker.
func someSize(rnd *rand.Rand, large bool) image.Point {
	sizes := []image.Point{{320, 240}, {320, 240}, {640, 480}, {640, 480}, {848, 480}, {480, 640}}
	if large {
		sizes = append(sizes, image.Pt(1280, 720), image.Pt(1280, 720), image.Pt(1920, 1080))
	}
	return sizes[rnd.IntN(len(sizes))]
}

func never(time.Duration) float64 { return 0 }

// newTrial is a hall by day with a door that opens at the visit's beginning.
func newTrial(kind string, seed uint64, large bool, sharpSun bool) *trial {
	rnd := rand.New(rand.NewPCG(seed, 3))
	size := someSize(rnd, large)
	plain := []float64{0, 0.3, 0.7, 0.95}[rnd.IntN(4)]
	r := newRoom(rnd, size.X, size.Y, plain)
	tr := &trial{
		kind: kind, size: size, room: r, rnd: rnd,
		learn: time.Duration(between(rnd, 3, 15) * float64(time.Second)),
		lamp:  never, sigma: between(rnd, 0.7, 5),
	}
	if rnd.IntN(6) == 0 && size.X <= 640 {
		tr.jpeg = 45 + rnd.IntN(45)
	}
	opens := time.Duration(between(rnd, 0.3, 1.5) * float64(time.Second))
	tr.door = func(t time.Duration) float64 { return ramp(t, opens, opens+time.Second) }
	level, exposure := between(rnd, 0.25, 1.2), 1.0
	power := level * between(rnd, 0.3, 2.5)
	if rnd.IntN(10) < 3 { // at night: the camera sees little, and noise
		level, power = between(rnd, 0.005, 0.08), between(rnd, 0.2, 1.5)
		exposure = math.Min(0.2/level, between(rnd, 1, 6))
		power /= exposure
		tr.sigma = between(rnd, 3, 7)
	}
	day := r.ambient(level)
	flood := r.daylight(level*between(rnd, 0.1, 2), sharpSun)
	on := r.lamp(power)
	if rnd.IntN(3) == 0 {
		second := r.lamp(power * between(rnd, 0.3, 1.2))
		first := on.power
		on.power = func(p pt) float64 { return first(p) + second.power(p) }
	}
	for i, lights := range [2][]light{{day}, {day, on}} {
		tr.plates[i][0] = r.lit(exposure, lights...)
		tr.plates[i][1] = r.lit(exposure, append(lights, flood)...)
	}
	return tr
}

// daylight is what falls in through the open door: a glow around it, and where sharp, a patch of sun on the
// floor.
func (r *room) daylight(power float64, sharp bool) light {
	slant := between(r.rnd, -1.2, 1.2)
	l, rr := r.doorX-r.doorW/2, r.doorX+r.doorW/2
	long := between(r.rnd, 0.5, min(2.5, r.wallZ-0.8))
	soft := float64(r.h) * 0.15
	gain := power
	if sharp {
		soft, gain = between(r.rnd, 2, 0.02*float64(r.h)+3), power*between(r.rnd, 0.5, 3)
	}
	patch := poly(soft, r.at(l, 0, r.wallZ), r.at(rr, 0, r.wallZ), r.at(rr+slant*long, 0, r.wallZ-long), r.at(l+slant*long, 0, r.wallZ-long))
	mid := r.at(r.doorX, 1, r.wallZ)
	cold := between(r.rnd, -0.15, 0.2)
	return light{rgb{1 - cold, 1, 1 + cold}, func(p pt) float64 {
		d := math.Hypot(p.x-mid.x, p.y-mid.y) / (float64(r.h) * 0.5)
		return power*0.4/(1+d*d) + gain*patch.in(p)
	}}
}

// quiet are the kinds of things that change without anybody: each of them is put into a trial.
func quietKinds() []string {
	return []string{"lamp", "lamp and exposure", "exposure", "cloud", "flicker", "noise", "television", "door", "sun patch", "cast shadow", "shake", "white balance"}
}

// disturb puts a kind of change of light into a trial.
func (tr *trial) disturb(kind string) {
	rnd, r := tr.rnd, tr.room
	secs := func(a, b float64) time.Duration { return time.Duration(between(rnd, a, b) * float64(time.Second)) }
	at := secs(1.5, max(tr.visit.Seconds()-2, 2))
	switch kind {
	case "lamp", "lamp and exposure":
		slow := secs(0, 0.4)
		if rnd.IntN(2) == 0 {
			slow = 0
		}
		off := at + secs(1.5, 12)
		tr.lamp = func(t time.Duration) float64 { return ramp(t, at, at+slow) - ramp(t, off, off+slow) }
		if kind == "lamp and exposure" {
			k, late := between(rnd, 0.65, 0.95), secs(0.2, 1)
			tr.gain = func(t time.Duration, _ float64) float64 {
				return 1 - (1-k)*(ramp(t, at+late, at+late+time.Second)-ramp(t, off+late, off+late+time.Second))
			}
		}
	case "exposure": // steps and hunting
		k := math.Exp(between(rnd, -0.7, 0.5))
		slow := secs(0, 1.5)
		hunt := between(rnd, 0, 0.15)
		tr.gain = func(t time.Duration, _ float64) float64 {
			p := ramp(t, at, at+slow)
			return 1 + (k-1)*p + hunt*p*math.Exp(-max((t-at).Seconds(), 0))*math.Sin(8*t.Seconds())
		}
	case "cloud":
		deep, speed := between(rnd, 0.1, 0.45), between(rnd, 0.1, 1.5)
		tr.gain = func(t time.Duration, _ float64) float64 { return 1 - deep/2 + deep/2*math.Sin(speed*t.Seconds()) }
	case "flicker": // bands of a lamp at 100 Hz under a rolling shutter
		deep, bands, roll := between(rnd, 0.03, 0.2), between(rnd, 0.5, 4), between(rnd, -3, 3)
		tr.gain = func(t time.Duration, row float64) float64 {
			return 1 + deep*math.Sin(2*math.Pi*(bands*row+roll*t.Seconds()))
		}
	case "noise":
		tr.sigma = between(rnd, 4, 9)
	case "television": // its glow, in another colour each moment
		p := pt{between(rnd, 0, 1) * float64(r.w), between(rnd, 0.3, 1) * float64(r.h)}
		reach, deep := between(rnd, 0.4, 1.2)*float64(r.h), between(rnd, 0.05, 0.35)
		glow := blob(p, reach, reach, 1)
		seed := rnd.Uint64()
		tr.extra = func(f *raw.Frame, t time.Duration) {
			i := int(t/(400*time.Millisecond)) + 100
			v := func(k int) float64 { return hash01(i, k, seed) - 0.5 }
			shine(f, glow, image.Rect(0, 0, r.w, r.h), 1+2*deep*v(0), 16*deep*v(1), 16*deep*v(2))
		}
	case "door": // as every visit's, but to and fro
		again := secs(3, 6)
		tr.door = func(t time.Duration) float64 {
			if t < 0 {
				return 0
			}
			return math.Abs(math.Sin(math.Min(t.Seconds(), 40) * 0.6 * 3 / again.Seconds()))
		}
	case "sun patch": // on wall or floor: comes, wanders slowly, goes
		w := between(rnd, 0.05, 0.3) * float64(r.w)
		h := between(rnd, 0.05, 0.3) * float64(r.h)
		x, y := between(rnd, 0, 1)*float64(r.w), between(rnd, 0.2, 1)*float64(r.h)
		soft, k := between(rnd, 2, 0.03*float64(r.h)+3), between(rnd, 1.15, 1.9)
		slow, off := max(secs(-2, 5), 0), at+secs(3, 10)
		blue, red := between(rnd, -14, 0), between(rnd, 0, 8)
		tr.extra = func(f *raw.Frame, t time.Duration) {
			p := ramp(t, at, at+slow) - ramp(t, off, off+slow)
			if p <= 0 {
				return
			}
			d := 0.002 * float64(r.w) * t.Seconds()
			shine(f, poly(soft, pt{x + d, y}, pt{x + w + d, y + 0.2*h}, pt{x + 0.8*w + d, y + h}, pt{x + d - 0.2*w, y + 0.8*h}),
				image.Rect(0, 0, r.w, r.h), 1+(k-1)*p, blue*p, red*p)
		}
	case "cast shadow": // somebody or a tree moves outside, and their shadow falls in through the door
		speed, k := between(rnd, 0.4, 1.6), between(rnd, 0.55, 0.9)
		soft := between(rnd, 2, 0.04*float64(r.h)+3)
		wide, long := between(rnd, 0.2, 0.5), between(rnd, 0.6, min(2.5, r.wallZ-0.8))
		turn, blue := between(rnd, -0.6, 0.6), between(rnd, 0, 6)
		tr.extra = func(f *raw.Frame, t time.Duration) {
			if t < 2500*time.Millisecond {
				return
			}
			x := r.doorX + r.doorW*0.6*math.Sin(speed*(t.Seconds()-2.5))
			shine(f, poly(soft, r.at(x-wide/2, 0, r.wallZ), r.at(x+wide/2, 0, r.wallZ),
				r.at(x+wide/2+turn*long, 0, r.wallZ-long), r.at(x-wide/2+turn*long, 0, r.wallZ-long)),
				image.Rect(0, 0, r.w, r.h), k, blue, -blue/2)
		}
	case "shake": // a door that slams
		far := between(rnd, 0.5, 2.5) * float64(r.h) / 480
		tr.jolt = func(t time.Duration) (int, int) {
			if t < at {
				return 0, 0
			}
			k := far * math.Exp(-2*(t-at).Seconds())
			return int(math.Round(k * math.Sin(40*t.Seconds()))), int(math.Round(k * math.Cos(31*t.Seconds())))
		}
	case "white balance":
		b, c := between(rnd, -8, 8), between(rnd, -8, 8)
		slow := secs(0.2, 3)
		tr.tint = func(t time.Duration) (float64, float64) {
			p := ramp(t, at, at+slow)
			return b * p, c * p
		}
	}
}

// quietTrial has nobody in it.
func quietTrial(kind string, seed uint64, large bool) *trial {
	tr := newTrial(kind, seed, large, kind == "cast shadow" || kind == "door" && seed%2 == 0)
	tr.visit = 20 * time.Second
	tr.disturb(kind)
	return tr
}

// place is somewhere that a person walks to, and how long they stand there.
type place struct {
	x, z float64
	stay time.Duration
}

// journey walks from place to place.
func journey(speed float64, start time.Duration, places ...place) func(t time.Duration) (stance, bool) {
	return func(t time.Duration) (stance, bool) {
		t -= start
		if t < 0 {
			return stance{}, false
		}
		for i, p := range places {
			if t < p.stay {
				// Nobody stands quite still: a hand's breadth of sway in several seconds.
				return stance{x: p.x + 0.015*math.Sin(1.1*t.Seconds()), z: p.z}, true
			}
			t -= p.stay
			if i == len(places)-1 {
				break
			}
			q := places[i+1]
			dx, dz := q.x-p.x, q.z-p.z
			far := math.Hypot(dx, dz)
			need := time.Duration(far / speed * float64(time.Second))
			if t < need {
				k := float64(t) / float64(need)
				return stance{x: p.x + dx*k, z: p.z + dz*k, phase: 2 * math.Pi * t.Seconds() * speed / 1.3, going: 1, side: dx / far}, true
			}
			t -= need
		}
		return stance{}, false
	}
}

// visitTrial has somebody who comes in through the door. far is whether they go into the interior.
func visitTrial(kind string, seed uint64, large, far bool) *trial {
	tr := newTrial(kind, seed, large, false)
	r, rnd := tr.room, tr.rnd
	tr.who = somebody(rnd, []float64{0, 0.5, 0.9}[rnd.IntN(3)])
	mat := r.wallZ - min(0.45, (r.wallZ-1.3)/2)
	places := []place{{r.doorX, r.wallZ + 1.2, 0}, {r.doorX, mat, time.Duration(between(rnd, 0.3, 2) * float64(time.Second))}}
	if far {
		half := float64(r.w) / 2 / r.scale / r.wallZ // of the picture's width, for each metre away
		for {
			z := between(rnd, max(1.2, r.wallZ*0.35), r.wallZ-0.3)
			x := between(rnd, -0.9, 0.9) * half * z
			if gap := math.Abs(x/z-r.doorX/r.wallZ) / half; gap > 0.45 { // clear of the zone
				places = append(places, place{x, z, time.Duration(between(rnd, 0.5, 8) * float64(time.Second))})
				break
			}
		}
		if rnd.IntN(3) == 0 {
			half *= 0.9
			z := between(rnd, max(1.2, r.wallZ*0.35), r.wallZ-0.3)
			places = append(places, place{between(rnd, -half, half) * z, z, time.Duration(between(rnd, 0.3, 3) * float64(time.Second))})
		}
		places = append(places, place{r.doorX, mat, 300 * time.Millisecond})
	}
	places = append(places, place{r.doorX, r.wallZ + 3, 0})
	speed := between(rnd, 0.7, 1.5)
	tr.walk = journey(speed, 2500*time.Millisecond, places...)
	end := 3 * time.Second
	for {
		if _, ok := tr.walk(end); !ok {
			break
		}
		end += 100 * time.Millisecond
	}
	tr.visit = end + 3*time.Second
	if kind != "steady light" {
		tr.disturb(kind)
	}
	lamp := 1 + 0.25*between(rnd, 0, 1)
	inner := tr.walk
	tr.walk = func(t time.Duration) (stance, bool) { // the lamp shines on them, too
		s, ok := inner(t)
		s.light = 0.85 + (lamp-1)*tr.lamp(t)
		return s, ok
	}
	return tr
}
