package attacks

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"vestibule/vision"
	"vestibule/vision/attack/internal/lab"
	"vestibule/vision/attack/internal/room"
	"vestibule/vision/attack/internal/subject"
	"vestibule/vision/internal/camera"
	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/redact"
	"vestibule/vision/internal/sealed"
	"vestibule/vision/internal/x264"
	"vestibule/vision/internal/zone"
)

// Lifecycles takes a whole Sight through what can befall one, in any order: the first frames, tints that
// come early, late or twice, visits that begin and end, other zones and bad ones, cameras that fail, break
// down, change their size, freeze, fall behind and come back, key frames on demand, the end in the middle of
// it all. The interior is dye: luma and chroma that no glass has. A frame that may not be shown at all, since it
// came with an error, is cut from another sensor, is spoilt or is an old one, is dye in the zone as well: whoever cuts it
// by the delivery's zone has shown what nobody chose. One sample of dye in anything that comes out is a leak.
func Lifecycles() *lab.Attack {
	return &lab.Attack{ID: "R13", Name: "start, change, fault and end", Run: lifecycles}
}

func lifecycles(ctx context.Context, l *lab.Lab) ([]lab.Row, error) {
	// A life mostly waits, so many are lived at once.
	const together = 16
	groups := l.Pick(13, 210)
	n := groups * together
	var dyed, pictures, glassy, encoded, played atomic.Int64
	one := func(i int, rnd *rand.Rand) error {
		a := newLife(l, rnd)
		a.encodes = i%40 == 0
		if err := a.live(ctx); err != nil {
			return err
		}
		if a.dye > 0 {
			dyed.Add(1)
		}
		pictures.Add(int64(a.pictures))
		glassy.Add(int64(a.glassy))
		if a.encodes {
			encoded.Add(1)
		}
		if a.decoded > 0 {
			played.Add(1)
		}
		return nil
	}
	err := l.Each(ctx, "lives of a sight, by sixteen", groups, func(g int, rnd *rand.Rand) error {
		var failed [together]error
		var all sync.WaitGroup
		for k := range together {
			own := rand.New(rand.NewPCG(rnd.Uint64(), uint64(k)))
			all.Go(func() { failed[k] = one(g*together+k, own) })
		}
		all.Wait()
		return errors.Join(failed[:]...)
	})
	if err != nil {
		return nil, err
	}
	late, err := maskLoadedLate(l)
	if err != nil {
		return nil, err
	}
	if err := showDye(l, fmt.Sprintf("dye in %d of %d lives", dyed.Load(), n), fmt.Sprintf("dye in %d of %d lives", late.Hits, late.Of)); err != nil {
		return nil, err
	}
	const on, what = "frosted and blur", "lives with a pixel of dye"
	clear := lab.Share{Hits: int(pictures.Load() - glassy.Load()), Of: int(pictures.Load())}
	return []lab.Row{
		{Subject: on, Metric: what, Unit: lab.Count, Found: lab.Share{Hits: int(dyed.Load()), Of: n}, Rule: lab.None()},
		{Subject: on, Metric: "pictures that show the zone", Unit: lab.Percent, Found: clear, Rule: lab.AtLeast(0.3)},
		{Subject: on, Metric: "encoded lives that were played", Unit: lab.Percent,
			Found: lab.Share{Hits: int(played.Load()), Of: int(encoded.Load())}, Rule: lab.AtLeast(0.5)},
		{Subject: "mask loaded late", Metric: what, Unit: lab.Count, Found: late, Rule: lab.Breaks(0.99)},
	}, nil
}

// life is one Sight's.
type life struct {
	rnd     *rand.Rand
	size    vision.Size
	plan    vision.Plan
	shown   *zone.Blocks // nil when the plan's zone is a bad one
	encodes bool
	calm    bool    // little happens to its camera, and it is long
	cut     *sensor // what the zone is for; nil before the first frame. The camera's own.

	dye, pictures, glassy, decoded int
}

var lifeSizes = []vision.Size{{Width: 320, Height: 240}, {Width: 328, Height: 248}, {Width: 240, Height: 320}}

func newLife(l *lab.Lab, rnd *rand.Rand) *life {
	a := &life{rnd: rnd, size: lifeSizes[rnd.IntN(len(lifeSizes))]}
	a.plan = vision.Plan{
		Zones: [][]vision.Point{room.Doorway}, Mode: vision.Blur, Shadow: rnd.IntN(2) == 0, Nonce: l.Nonce(rnd.Uint64()),
		Lamp: vision.Box{Min: vision.Point{X: 4000, Y: 1000}, Max: vision.Point{X: 4600, Y: 2000}},
	}
	if rnd.IntN(2) == 0 {
		a.plan.Mode = vision.Frosted
	}
	if rnd.IntN(4) == 0 {
		a.plan.Tint = &vision.Tint{1, 2, 3}
	}
	switch rnd.IntN(8) {
	case 0:
		a.plan.Zones = [][]vision.Point{{{X: 100, Y: 100}, {X: 3000, Y: 200}, {X: 2000, Y: 6000}}, {{X: 5000, Y: 0}, {X: 10000, Y: 0}, {X: 10000, Y: 4000}}}
	case 1:
		bad := [][][]vision.Point{
			nil, {{}}, {{{X: 0, Y: 0}, {X: 10000, Y: 0}, {X: 10000, Y: 10000}, {X: 0, Y: 10000}}},
			{{{X: 0, Y: 0}, {X: 9000, Y: 9000}, {X: 9000, Y: 0}, {X: 0, Y: 9000}}}, {{{X: 5000, Y: 5000}, {X: 5001, Y: 5000}, {X: 5001, Y: 5001}}},
		}
		a.plan.Zones = bad[rnd.IntN(len(bad))]
	case 2:
		a.plan.Reference = []byte("no reference")
	}
	if rnd.IntN(16) == 0 { // the delivery began with another sensor
		a.cut = &sensor{800, 600}
		a.plan.Cut = fmt.Sprintf("%dx%d to %v", a.cut.width, a.cut.height, a.size)
	}
	a.calm = rnd.IntN(16) == 0
	shown, err := zone.Shrink(a.plan.Zones, a.plan.Large, a.size.Width, a.size.Height)
	if err == nil {
		a.shown = shown
	}
	return a
}

// live opens the sight, has things happen to it, and looks at everything that comes out.
func (a *life) live(ctx context.Context) error {
	source := camera.New("dye", func(_, _, _ int) (raw.Source, error) {
		if a.rnd.IntN(12) == 0 {
			return nil, errors.New("no camera today")
		}
		d := &dyer{rnd: rand.New(rand.NewPCG(a.rnd.Uint64(), 1)), life: a}
		if a.rnd.IntN(8) == 0 {
			d.sensor = another
		}
		return d, nil
	})
	s, err := vision.Open(source, a.size, 30, a.plan)
	if err != nil {
		return err
	}
	var enc *x264.Encoder
	var sent coded
	if a.encodes {
		if enc, err = x264.Open(x264.Config{Width: a.size.Width, Height: a.size.Height, FPS: 30, Kbit: 2000}); err != nil {
			return err
		}
		defer enc.Close()
	}
	dice := rand.New(rand.NewPCG(a.rnd.Uint64(), 2)) // the camera's goroutine has the other
	many := 4 + dice.IntN(14)
	if dice.IntN(8) == 0 {
		many += redact.Sampled // so that it offers a tint
	}
	if a.calm {
		many += 300
	}
	const patience = 18 // pictures that do not come, or show nothing
	for waited := 0; many > 0 && waited < patience; many-- {
		brief, stop := context.WithTimeout(ctx, 60*time.Millisecond)
		r, look, err := s.Next(brief)
		stop()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, context.DeadlineExceeded):
			waited++
			continue
		case err != nil:
			return err
		}
		y, cb, cr := sealed.Planes(r.Sealed())
		p := &glass.Planes{Width: a.size.Width, Height: a.size.Height, Y: y, Cb: cb, Cr: cr}
		a.pictures++
		if look.Glass != "" {
			a.glassy++
			waited++
		}
		a.dye += dyeIn(p)
		if enc != nil {
			unit, _, err := enc.Encode(y, cb, cr)
			if err != nil {
				return err
			}
			sent = append(sent, unit)
		}
		switch dice.IntN(6) {
		case 0:
			if look.Tint != nil {
				s.Settle(*look.Tint)
			}
		case 1:
			s.Settle(vision.Tint{200, 100, 50})
		case 2:
			s.Visit(dice.IntN(2) == 0)
		case 3:
			if enc != nil {
				enc.KeyNext()
			}
		case 4:
			if _, err := s.Reference(); err != nil {
				continue // there is none yet
			}
		}
	}
	if err := s.Close(); err != nil {
		return err
	}
	if _, _, err := s.Next(ctx); !errors.Is(err, vision.ErrClosed) {
		return fmt.Errorf("after its end a sight gives %w", err)
	}
	if len(sent) == 0 {
		return nil
	}
	played, err := decode(ctx, sent, a.size.Width, a.size.Height)
	if err != nil {
		return err
	}
	for _, p := range played {
		a.dye += dyeIn(p)
		a.decoded++
	}
	return nil
}

// Dye is black beyond black or white beyond white, as no glass is: two values that a camera does not give.
const dyeDark, dyeLight = 2, 253

// dyeIn counts the samples of a picture that have the dye's value. The zone of a frame that may be shown has none.
func dyeIn(p *glass.Planes) (n int) {
	for _, plane := range samplesOf(p) {
		for _, v := range plane {
			if v <= dyeDark+3 || v >= dyeLight-3 {
				n++
			}
		}
	}
	return n
}

// dye fills a frame: the zone is grey, or bright as if a lamp shone on it, and the rest is dye that is another in
// each frame. Where shown is nil all is dye.
func dye(f *raw.Frame, shown *zone.Blocks, n uint64) {
	rnd := rand.New(rand.NewPCG(n, 0xd7e))
	light := 120
	if n%16 >= 12 {
		light = 205
	}
	for _, p := range [3]struct {
		to          []byte
		scale, grey int
	}{{f.Y, 1, light}, {f.Cb, 2, 100}, {f.Cr, 2, 140}} {
		width := f.Width / p.scale
		var coins uint64
		for i := range p.to {
			if i%64 == 0 {
				coins = rnd.Uint64()
			}
			x, y := i%width, i/width
			switch {
			case shown.Shown(p.scale*x, p.scale*y):
				p.to[i] = byte(p.grey + (x+y+int(n))%16)
			case coins>>(i%64)&1 == 1:
				p.to[i] = dyeLight
			default:
				p.to[i] = dyeDark
			}
		}
	}
}

// sensor is what a camera's picture is cut from; the zero value is one that does not say.
type sensor struct{ width, height int }

var another = sensor{640, 480}

// dyer is a camera that sees dye and that everything happens to.
type dyer struct {
	rnd    *rand.Rand
	life   *life
	sensor sensor
	n      uint64
	seen   uint64 // the frame that it sees: an old one while it is frozen
	frozen int
}

func (d *dyer) Read(ctx context.Context, into *raw.Frame) error {
	if err := raw.Until(ctx, raw.Now()+time.Millisecond); err != nil {
		return err
	}
	d.n++
	if d.frozen == 0 {
		d.seen = d.n
	}
	d.frozen = max(d.frozen-1, 0)
	happens := d.rnd.IntN(64)
	if d.life.calm {
		happens = d.rnd.IntN(1600)
	}
	switch happens {
	case 3:
		d.sensor = another
	case 8:
		d.frozen = 30
	}
	into.Seq, into.At = d.n, raw.Now()
	into.SensorWidth, into.SensorHeight = d.sensor.width, d.sensor.height
	if d.life.cut == nil && !spoilt(happens) {
		d.life.cut = &sensor{d.sensor.width, d.sensor.height}
	}
	shown := d.life.shown
	if d.refused(happens) {
		shown = nil
	}
	dye(into, shown, d.seen)
	switch happens {
	case 0:
		return errors.New("the cable is out")
	case 1:
		return raw.ErrEnded
	case 2:
		panic("the driver broke down") //nolint:forbidigo // what a driver does is not ours to forbid
	case 4:
		into.Width, into.Height = into.Height, into.Width
	case 5:
		into.Y = into.Y[:len(into.Y)-2]
	case 6:
		into.At -= time.Second
	case 7:
		into.Seq -= 3
	}
	return nil
}

// spoilt reports whether something happens that leaves no frame.
func spoilt(happens int) bool { return happens <= 5 && happens != 3 }

// refused reports whether a frame may not be shown at all.
func (d *dyer) refused(happens int) bool {
	switch {
	case spoilt(happens), d.life.cut != nil && *d.life.cut != d.sensor:
		return true
	case happens == 7:
		return d.n > 3 // what a camera gives first is new whatever its number
	}
	return happens == 6
}

func (d *dyer) Close() error { return nil }

// maskLoadedLate is the mistake that this attack is there to find: the first picture goes out before the
// mask is known.
func maskLoadedLate(l *lab.Lab) (lab.Share, error) {
	w, err := room.NewWorld(320, 240)
	if err != nil {
		return lab.Share{}, err
	}
	const lives = 20
	s := lab.Share{Of: lives}
	for i := range lives {
		view := subject.Frosted().Open(delivery(w, l.Nonce("late", i), 1))
		dyed := 0
		f := raw.New(320, 240)
		for n := range uint64(5) {
			dye(f, w.Zone, n)
			p := view.Show(f)
			if n == 0 {
				p = framePlanes(f)
			}
			dyed += dyeIn(p)
		}
		if dyed > 0 {
			s.Hits++
		}
	}
	return s, nil
}
