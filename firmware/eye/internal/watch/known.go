package watch

import (
	"crypto/sha256"
	"time"

	"vestibule/vision"
)

// most is how many deliveries are known at a time: at ten a day, those of a year and more without eye being started anew.
// Each takes some 300 bytes.
const most = 4096

// known is what was shown of each delivery, by its name, for as long as eye runs. Deliveries are signed, so whoever is
// not to be trusted cannot make them up. None is ever forgotten, as gate says what time it is and may say that a window
// which is over is not. It belongs to one goroutine.
type known map[string]*delivery

// delivery is what eye has to know of one that it looks at again. The nil delivery is one too many to be known: it takes
// no colours of the interior.
type delivery struct {
	colours  *vision.Tint // what the glass shows, or what was measured for it; nil when there are none, and once the window is over
	measured bool         // they were, and gate was told
	settled  bool         // the glass has shown some, by gate's word
	sum      [sha256.Size]byte
	cut      string    // how the picture was cut when the zone was first shown
	ends     time.Time // when the window does, by CLOCK_MONOTONIC, as far as gate's last wake told
}

// delivery returns what is known of one, nil when it is one too many.
func (k known) delivery(name string) *delivery {
	d := k[name]
	if d == nil && len(k) < most {
		d = &delivery{}
		k[name] = d
	}
	return d
}

// wipe overwrites the colours of windows that are over. It returns when to call it again, at the latest.
func (k known) wipe(now time.Time) (next time.Duration) {
	next = time.Hour
	for _, d := range k {
		if left := d.ends.Sub(now); d.colours == nil {
			continue
		} else if left > 0 {
			next = min(next, left)
		} else {
			d.wipe()
		}
	}
	return next
}

// end overwrites all colours.
func (k known) end() {
	for _, d := range k {
		d.wipe()
	}
}

func (d *delivery) wipe() {
	if d.colours != nil {
		*d.colours = vision.Tint{}
		d.colours = nil
	}
}

// until notes when the window ends.
func (d *delivery) until(t time.Time) {
	if d != nil {
		d.ends = t
	}
}

// bind makes of a plan one that shows what this delivery has shown before, whatever gate says. It reports whether that was
// another tint, which is not shown.
func (d *delivery) bind(p *vision.Plan) (refused bool) {
	if d == nil {
		p.Mode, p.Tint = vision.Frosted, nil
		return false
	}
	switch {
	case d.cut == "" || d.cut == p.Cut:
	case p.Cut == "":
		p.Cut = d.cut
	default:
		p.Cut = d.cut + ", by gate's word " + p.Cut // no camera has both
	}
	if p.Mode != vision.Blur {
		return false
	}
	if p.Tint != nil {
		refused = !d.settle(p.Tint)
	}
	p.Tint = nil
	switch {
	case d.colours == nil && (d.measured || d.settled):
		p.Mode = vision.Frosted // they are overwritten, and others are not taken
	case d.settled:
		p.Tint = d.colours
	default:
		p.Offer = d.colours
	}
	return refused
}

// settle takes over the colours that gate has on its disk. It reports whether the glass may show them: only the first ones
// of a delivery, then and later.
func (d *delivery) settle(t *vision.Tint) bool {
	sum := sha256.Sum256(t[:])
	if d == nil || d.settled && sum != d.sum {
		*t = vision.Tint{}
		return false
	}
	d.wipe()
	d.colours, d.settled, d.sum = t, true, sum
	return true
}

// looked takes over what came of one opening of the camera: the tint that was offered, and the cut that the zone was shown with.
func (d *delivery) looked(offered *vision.Tint, cut string) {
	if d == nil {
		return
	}
	if d.cut == "" {
		d.cut = cut
	}
	switch {
	case offered == nil:
	case d.measured || d.settled:
		*offered = vision.Tint{}
		d.measured = true
	default:
		d.measured, d.colours = true, offered
	}
}
