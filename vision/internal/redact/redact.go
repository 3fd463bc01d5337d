// Package redact composes what may be seen: the zone's blocks from the camera, glass everywhere else.
//
// A Redactor is pure: one raw frame in, one picture out, no clock, no goroutine, no I/O. What crosses
// from a raw frame into a picture is the shown blocks' pixels, on every frame, and what the caller hands
// over by Settle (one glass.Tint in the mode blur) and SetShadow. Nothing else of the frame is read for it.
//
// Pictures live in memory of their own, never in the camera's. There is a small ring of them, with the
// glass drawn into each once; composing a frame then writes the shown blocks and where a shadow has changed,
// which costs less than copying the frame: 0.5 to 0.65 of it where a doorway is shown (22 % of the picture), 0.7 to 0.85
// where nearly 60 % is, at 720p and 1080p on an amd64 (vision/bench). The picture that is all glass is another one,
// into which no camera pixel is ever written, so it cannot show a stale one.
package redact

import (
	"sync/atomic"
	"weak"

	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/zone"
)

// ring is how many pictures are in use by turns. A picture given out stays as it is until ring-1 more
// have been given out.
const ring = 3

// Config says what a Redactor lets through.
type Config struct {
	Width, Height int          // pixels, even
	Zone          *zone.Blocks // what is shown; nil shows nothing
	Lamp          zone.Box     // where the challenge lamp is
	Blur          bool         // glass in the interior's colours; otherwise it comes from the nonce alone
	Nonce         [16]byte     // the delivery's
	Tint          *glass.Tint  // the colours that this delivery has given away before; nil for none yet
	Fade          int          // how many pictures a shadow takes to come and to go, 1 to 255; 0 is as 12
}

// usualFade is 0.4 s at 30 pictures a second.
const usualFade = 12

// Picture is a composed frame. Its planes are only read.
type Picture struct {
	*glass.Planes
	pane *Picture      // the full glass that was drawn into it
	cast glass.Drape   // the shadow that was
	turn atomic.Uint64 // how often this memory has been composed into, or wiped
}

// Turn changes when the picture's memory is composed anew.
func (p *Picture) Turn() uint64 { return p.turn.Load() }

// wipe overwrites what the picture shows and ends it.
func (p *Picture) wipe() {
	p.turn.Add(1)
	p.Planes.Wipe()
	p.cast.Wipe()
}

// Redactor composes pictures. It belongs to one goroutine; the pictures may be read by others.
type Redactor struct {
	cfg    Config
	full   *Picture
	bare   weak.Pointer[Picture] // the full glass before there were colours, for as long as somebody has it
	veil   *glass.Veil           // nil as long as no shadow was asked for
	ring   [ring]*Picture
	next   int
	tinted bool
	tint   glass.Tint
	lamp   []zone.Run // the lamp's box where it is shown, one pixel row each
}

// New returns a redactor that has seen nothing yet.
func New(cfg Config) *Redactor {
	r := &Redactor{cfg: cfg}
	if cfg.Blur && cfg.Tint != nil {
		r.Settle(*cfg.Tint)
		r.cfg.Tint = nil
	} else {
		p := r.glaze(glass.Frosted(cfg.Width, cfg.Height, cfg.Nonce))
		r.full, r.veil = p.full, p.veil
	}
	x0, y0, x1, y1 := cfg.Lamp.Pixels(cfg.Width, cfg.Height)
	for y := y0; y < y1; y++ {
		for _, run := range cfg.Zone.Runs() {
			if y < run.Y || y >= run.Y+zone.Block {
				continue
			}
			if from, to := max(x0, run.X), min(x1, run.X+run.N); from < to {
				r.lamp = append(r.lamp, zone.Run{X: from, Y: y, N: to - from})
			}
		}
	}
	return r
}

// glaze makes a pane ready to be shown. Where a shadow is expected, its veil is made now and not in between
// two pictures.
func (r *Redactor) glaze(p *glass.Planes) Prepared {
	var veil *glass.Veil
	if r.cfg.Fade > 0 {
		veil = glass.NewVeil(p, r.cfg.Zone, r.cfg.Fade)
	}
	return Prepared{full: &Picture{Planes: p}, veil: veil}
}

// Full returns the picture that is all glass. In the mode blur its colours are the interior's once they
// are settled, and come from the nonce before. Its memory is never written again but by Wipe.
func (r *Redactor) Full() *Picture { return r.full }

// Compose writes the shown blocks of a frame into the next picture of the ring. The frame has the
// configured size (see raw.Frame.Check). Without a zone it returns the full glass.
func (r *Redactor) Compose(f *raw.Frame) *Picture {
	if r.cfg.Zone.Count() == 0 {
		return r.full
	}
	p := r.ring[r.next]
	if p == nil {
		p = &Picture{Planes: glass.NewPlanes(r.cfg.Width, r.cfg.Height)}
		r.ring[r.next] = p
	}
	r.next = (r.next + 1) % ring
	p.turn.Add(1)
	if p.pane != r.full {
		p.CopyFrom(r.full.Planes)
		glass.Rim(p.Planes, r.cfg.Zone)
		p.pane, p.cast = r.full, glass.Drape{}
	}
	if r.veil != nil {
		r.veil.Step()
		if q := r.ring[(r.next+1)%ring]; q != nil && q.pane == r.full { // the picture before this one
			r.veil.Draw(p.Planes, &p.cast, q.Planes, &q.cast)
		} else {
			r.veil.Draw(p.Planes, &p.cast, nil, nil)
		}
	}
	// One plane after the other: by turns it takes a quarter longer.
	r.pass(p.Y, f.Y, 1)
	r.pass(p.Cb, f.Cb, 2)
	r.pass(p.Cr, f.Cr, 2)
	return p
}

// pass copies what is shown of a plane, of which one sample covers scale x scale pixels.
func (r *Redactor) pass(dst, src []byte, scale int) {
	stride := r.cfg.Width / scale
	for _, run := range r.cfg.Zone.Runs() {
		n := run.N / scale
		i := run.Y/scale*stride + run.X/scale
		for range zone.Block / scale {
			copy(dst[i:i+n], src[i:i+n])
			i += stride
		}
	}
}

// Measure returns what the glass would take from this frame. It shows nothing of it: see Settle.
func (r *Redactor) Measure(f *raw.Frame) glass.Tint { return glass.Measure(f, r.cfg.Zone) }

// Settle gives the glass its colours, in the mode blur and once: later calls change nothing.
func (r *Redactor) Settle(t glass.Tint) { r.Take(r.Prepare(t)) }

// Prepared is glass in the interior's colours, drawn and not shown yet.
type Prepared struct {
	tint glass.Tint
	full *Picture
	veil *glass.Veil
}

// Wipe overwrites what was prepared and will not be shown.
func (p *Prepared) Wipe() {
	if p.full != nil {
		p.full.wipe()
	}
	if p.veil != nil {
		p.veil.Wipe()
	}
	*p = Prepared{}
}

// Prepare draws what Take would show. It takes long (some tenths of a second on a small computer) and may be
// called on any goroutine.
func (r *Redactor) Prepare(t glass.Tint) Prepared {
	if !r.cfg.Blur {
		return Prepared{}
	}
	p := r.glaze(glass.Blurred(r.cfg.Width, r.cfg.Height, t, r.cfg.Zone))
	p.tint = t
	return p
}

// Take shows from now on what was prepared, in the mode blur and once.
func (r *Redactor) Take(p Prepared) {
	if p.full == nil || r.tinted {
		return
	}
	if r.veil != nil && p.veil == nil {
		p.veil = glass.NewVeil(p.full.Clone(), r.cfg.Zone, usualFade)
	}
	if r.veil != nil {
		p.veil.Follow(r.veil)
		r.veil.Clear() // nobody else would
	}
	if r.full != nil {
		r.bare = weak.Make(r.full)
	}
	r.tint, r.tinted, r.full, r.veil = p.tint, true, p.full, p.veil
}

// Tint returns the interior's colours that the glass shows, and whether it shows any.
func (r *Redactor) Tint() (glass.Tint, bool) { return r.tint, r.tinted }

// SetShadow says where something moves behind the glass, for the pictures composed from now on. The shadow
// fades in, and the one before it out.
func (r *Redactor) SetShadow(s glass.Shadow) {
	if r.veil == nil {
		r.veil = glass.NewVeil(r.full.Clone(), r.cfg.Zone, usualFade)
	}
	r.veil.Set(s)
}

// ClearShadow takes the shadow out of the pictures composed from now on, at once.
func (r *Redactor) ClearShadow() {
	if r.veil != nil {
		r.veil.Clear()
	}
}

// Wipe overwrites every picture, those given out as well, which end with it, and what the glass and its veil were
// made of. The redactor is of no use afterwards.
func (r *Redactor) Wipe() {
	r.full.wipe()
	if p := r.bare.Value(); p != nil {
		p.wipe()
	}
	for _, p := range r.ring {
		if p != nil {
			p.wipe()
		}
	}
	if r.veil != nil {
		r.veil.Wipe()
	}
	r.tint = glass.Tint{}
}

// Lamp returns the mean luma of the lamp's box in a frame, in 1/256. It looks only at pixels that are
// shown, so it tells nothing that the picture does not; 0 when none of the box is shown.
func (r *Redactor) Lamp(f *raw.Frame) uint16 {
	var sum, n int
	for _, run := range r.lamp {
		i := run.Y*f.Width + run.X
		for _, v := range f.Y[i : i+run.N] {
			sum += int(v)
		}
		n += run.N
	}
	if n == 0 {
		return 0
	}
	return uint16(sum * 256 / n)
}
