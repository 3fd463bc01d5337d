// Package attacks holds the attacks: one file each, named after its number. R0 to R7, R9 and R12 look at the
// picture before it is encoded, R8 and R10 at what leaves the encoder, R13 at a Sight's whole life. There is no R11:
// what can be told by the sizes of packets is R10's, by those of access units.
//
// All of them take the attacker to know the delivery's nonce, and to have used the program on as many rooms
// of his own under that very nonce as he likes. So whatever the glass owes to the nonce is as good as
// subtracted, and what is left is what it owes to the interior.
package attacks

import (
	"bytes"
	"image"
	"math"
	"math/rand/v2"

	"vestibule/vision/attack/internal/lab"
	"vestibule/vision/attack/internal/room"
	"vestibule/vision/attack/internal/sheet"
	"vestibule/vision/attack/internal/subject"
	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/zone"
)

// All returns the attacks in the order of their numbers.
func All() []*lab.Attack {
	return []*lab.Attack{
		NonInterference(), LeftOrRight(), Gallery(), Letters(), Averaging(), SuperResolution(), Deconvolution(), TrainedInverse(),
		EdgeRing(), EverClear(), Syntax(), Timing(), Lifecycles(),
	}
}

// delivery opens a redaction in a world.
func delivery(w *room.World, nonce [16]byte, seed uint64) subject.Delivery {
	return subject.Delivery{
		Width: w.Width, Height: w.Height, Zone: w.Zone, Nonce: nonce, Seed: seed,
		// Half of the lamp's box lies in the zone.
		Lamp: zone.Box{Min: zone.Point{X: 2000, Y: 3000}, Max: zone.Point{X: 5000, Y: 4000}},
	}
}

func same(a, b *glass.Planes) bool {
	return bytes.Equal(a.Y, b.Y) && bytes.Equal(a.Cb, b.Cb) && bytes.Equal(a.Cr, b.Cr)
}

// keep copies a picture that is good only until the next one.
func keep(p *glass.Planes) *glass.Planes { return p.Clone() }

func framePlanes(f *raw.Frame) *glass.Planes {
	return &glass.Planes{Width: f.Width, Height: f.Height, Y: f.Y, Cb: f.Cb, Cr: f.Cr}
}

func photo(f *raw.Frame) image.Image { return sheet.I420(framePlanes(f)) }

// difference draws where two pictures differ: white on black.
func difference(a, b *glass.Planes) image.Image {
	v := make([]float64, len(a.Y))
	for i := range v {
		v[i] = 16 + min(219, 60*math.Abs(float64(a.Y[i])-float64(b.Y[i])))
	}
	return sheet.Luma(a.Width, v)
}

// shake is a camera's shaking by up to most pixels.
func shake(rnd *rand.Rand, most int) int { return rnd.IntN(2*most+1) - most }
