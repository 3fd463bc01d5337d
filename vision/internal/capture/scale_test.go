package capture

import (
	"image"
	"math/rand/v2"
	"testing"

	"gocv.io/x/gocv"

	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/zone"
)

// A pixel is made of the camera's pixels that lie under it, and of no other, at whatever ratio.
func TestScalingTakesNoNeighbours(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	to := gocv.NewMat()
	defer to.Close()
	for _, wide := range []int{240, 320, 480, 642, 720, 1080, 1280, 1920} {
		for w := (wide + mostScale - 1) / mostScale; w < 2*wide; w += 1 + rnd.IntN(wide/60) {
			row := make([]byte, 3*w) // one grey after another, on its side for the other direction
			for x := range w {
				v := byte(rnd.Uint32())
				row[3*x], row[3*x+1], row[3*x+2] = v, v, v
			}
			for _, flat := range []bool{true, false} {
				rows, cols, want := 1, w, image.Pt(wide, 1)
				if w < wide {
					want.Y = 2 // both ways larger, or neither
				}
				if !flat {
					rows, cols, want = cols, rows, image.Pt(want.Y, want.X)
				}
				from, err := gocv.NewMatFromBytes(rows, cols, gocv.MatTypeCV8UC3, row)
				if err != nil {
					t.Fatal(err)
				}
				scale(from, &to, want)
				from.Close()
				got, err := to.DataPtrUint8()
				if err != nil {
					t.Fatal(err)
				}
				for x := range wide {
					low, high := byte(255), byte(0)
					for under := x * w / wide; under*wide < (x+1)*w; under++ {
						low, high = min(low, row[3*under]), max(high, row[3*under])
					}
					at := 3 * x
					if !flat {
						at *= want.X
					}
					if v := got[at]; v < low || v > high {
						t.Fatalf("%d to %d, flat %v: pixel %d is %d, and %d to %d lie under it", w, wide, flat, x, v, low, high)
					}
				}
			}
		}
	}
}

// Two homes that differ only outside of the zone give the same shown pixels, of whatever size the camera is.
func TestScalingKeepsTheInteriorOut(t *testing.T) {
	door := []zone.Point{{X: 2500, Y: 2000}, {X: 7500, Y: 2000}, {X: 7500, Y: 10000}, {X: 2500, Y: 10000}}
	for _, c := range []struct{ size, want image.Point }{
		{image.Pt(1280, 720), image.Pt(1280, 720)}, {image.Pt(640, 360), image.Pt(1280, 720)}, {image.Pt(640, 480), image.Pt(1280, 720)},
		{image.Pt(1920, 1080), image.Pt(1280, 720)}, {image.Pt(320, 180), image.Pt(1920, 1080)}, {image.Pt(768, 576), image.Pt(1920, 1080)},
		{image.Pt(1000, 1000), image.Pt(1280, 720)}, {image.Pt(1300, 1300), image.Pt(720, 1280)}, {image.Pt(300, 500), image.Pt(720, 1280)},
	} {
		shown, err := zone.Shrink([][]zone.Point{door}, false, c.want.X, c.want.Y)
		if err != nil {
			t.Fatal(err)
		}
		cut := cover(c.size, c.want)
		var got [2]*raw.Frame
		for i, inside := range []float64{0, 255} {
			m := gocv.NewMatWithSizeFromScalar(gocv.NewScalar(inside, inside, inside, 0), c.size.Y, c.size.X, gocv.MatTypeCV8UC3)
			// The zone, outward to whole pixels of the camera's.
			z := image.Rect(cut.Min.X+cut.Dx()/4, cut.Min.Y+cut.Dy()/5, cut.Min.X+(cut.Dx()*3+3)/4, cut.Max.Y)
			part := m.Region(z)
			part.SetTo(gocv.NewScalar(128, 128, 128, 0))
			part.Close()
			r := &reader{rows: c.size.Y, frame: m, colour: gocv.NewMat(), scaled: gocv.NewMat(), yuv: gocv.NewMat()}
			got[i] = raw.New(c.want.X, c.want.Y)
			if err := r.put(got[i]); err != nil {
				t.Fatal(err)
			}
			for _, m := range []*gocv.Mat{&r.frame, &r.colour, &r.scaled, &r.yuv} {
				m.Close()
			}
		}
		n, most := 0, 0
		for y := range c.want.Y {
			for x := range c.want.X {
				k, q := y*c.want.X+x, y/2*c.want.X/2+x/2
				if !shown.Shown(x, y) || got[0].Y[k] == got[1].Y[k] && got[0].Cb[q] == got[1].Cb[q] && got[0].Cr[q] == got[1].Cr[q] {
					continue
				}
				n, most = n+1, max(most, int(got[1].Y[k])-int(got[0].Y[k]))
			}
		}
		if n > 0 || got[0].Y[0] == got[1].Y[0] {
			t.Errorf("%v as %v: %d shown pixels tell of the interior, by up to %d levels; it is another: %v", c.size, c.want, n, most, got[0].Y[0] != got[1].Y[0])
		}
	}
}

// A picture that is all too small is refused, and not blown up.
func TestTooSmallToScale(t *testing.T) {
	m := picture(40, 30, 1)
	defer m.Close()
	r := &reader{rows: 30, frame: m}
	if err := r.put(raw.New(1280, 720)); err == nil {
		t.Error("40x30 became 1280x720")
	}
}
