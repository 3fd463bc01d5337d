// Package subject holds what is attacked: the redactor as it is shipped, in both modes, and the weaker ways
// to hide a room that others use, on which each attack has to succeed before its failure counts.
package subject

import (
	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/redact"
	"vestibule/vision/internal/zone"
)

// Delivery is what a redaction is opened for.
type Delivery struct {
	Width, Height int          // pixels, even
	Zone          *zone.Blocks // what is shown
	Lamp          zone.Box     // where the challenge lamp is
	Nonce         [16]byte     // the delivery's; the attacker is taken to know it
	Tint          *glass.Tint  // the colours of the glass, where they are settled before the first frame
	Fade          int          // how many pictures a shadow takes to come and to go; 0 where none is expected
	Seed          uint64       // for redactions that throw dice
}

// View is one delivery's redaction. It belongs to one goroutine.
type View interface {
	// Show redacts a frame. What it returns is good until the next call, and only read.
	Show(f *raw.Frame) *glass.Planes
}

// Redaction is a way to hide what lies outside the zone.
type Redaction struct {
	Name string
	Open func(d Delivery) View
}

// Frosted is the redactor as it is shipped, in the mode frosted.
func Frosted() Redaction {
	return Redaction{"frosted", func(d Delivery) View { return &Glass{redactor: redact.New(d.config(false))} }}
}

// Blur is the redactor as it is shipped, in the mode blur: the first frame's tint is settled, and stays.
func Blur() Redaction {
	return Redaction{"blur", func(d Delivery) View {
		return &Glass{redactor: redact.New(d.config(true)), measures: d.Tint == nil}
	}}
}

func (d Delivery) config(blur bool) redact.Config {
	return redact.Config{Width: d.Width, Height: d.Height, Zone: d.Zone, Lamp: d.Lamp, Blur: blur, Nonce: d.Nonce, Tint: d.Tint, Fade: d.Fade}
}

// Glass is a view through the shipped redactor.
type Glass struct {
	redactor *redact.Redactor
	measures bool // the next frame gives the tint
}

// Show implements View.
func (g *Glass) Show(f *raw.Frame) *glass.Planes {
	if g.measures {
		g.measures = false
		g.redactor.Settle(g.redactor.Measure(f))
	}
	return g.redactor.Compose(f).Planes
}

// Whole is a view of which more comes out than the picture with the zone.
type Whole interface {
	View
	// Full is the picture that is all glass.
	Full() *glass.Planes
	// Lamp is the measure of the challenge lamp in a frame.
	Lamp(f *raw.Frame) uint16
	// SetShadow says what shadow is to be drawn from now on.
	SetShadow(s glass.Shadow)
}

// Full implements Whole.
func (g *Glass) Full() *glass.Planes { return g.redactor.Full().Planes }

// Lamp implements Whole.
func (g *Glass) Lamp(f *raw.Frame) uint16 { return g.redactor.Lamp(f) }

// SetShadow implements Whole.
func (g *Glass) SetShadow(s glass.Shadow) { g.redactor.SetShadow(s) }

// Tint is what somebody sees who is given the tint's 216 bytes and the zone's pixels, and draws the rest
// with a copy of the program: no hidden pixel reaches that copy. What an attack finds in it is what 216 bytes
// can tell, and blur is held against that.
func Tint() Redaction {
	return Redaction{"tint", func(d Delivery) View {
		return &copyist{glass: Glass{redactor: redact.New(d.config(true))}, zone: d.Zone, clean: raw.New(d.Width, d.Height)}
	}}
}

type copyist struct {
	glass   Glass
	zone    *zone.Blocks
	clean   *raw.Frame // the zone's pixels and nothing else
	settled bool
}

// Show implements View.
func (c *copyist) Show(f *raw.Frame) *glass.Planes {
	if !c.settled {
		c.settled = true
		c.glass.redactor.Settle(glass.Measure(f, c.zone))
	}
	return c.glass.Show(c.copied(f))
}

// copied is what is shown of a frame, on what was there of none.
func (c *copyist) copied(f *raw.Frame) *raw.Frame {
	Reveal(c.clean.Y, c.clean.Cb, c.clean.Cr, f, c.zone)
	return c.clean
}

// Full implements Whole.
func (c *copyist) Full() *glass.Planes { return c.glass.Full() }

// Lamp implements Whole.
func (c *copyist) Lamp(f *raw.Frame) uint16 { return c.glass.Lamp(c.copied(f)) }

// SetShadow implements Whole.
func (c *copyist) SetShadow(s glass.Shadow) { c.glass.SetShadow(s) }

// Reveal copies the zone's pixels of a frame into planes of the same size.
func Reveal(y, cb, cr []byte, f *raw.Frame, shown *zone.Blocks) {
	w := f.Width
	for _, r := range shown.Runs() {
		for row := r.Y; row < r.Y+zone.Block; row++ {
			copy(y[row*w+r.X:][:r.N], f.Y[row*w+r.X:])
		}
		for row := r.Y / 2; row < (r.Y+zone.Block)/2; row++ {
			at := row*w/2 + r.X/2
			copy(cb[at:][:r.N/2], f.Cb[at:])
			copy(cr[at:][:r.N/2], f.Cr[at:])
		}
	}
}
