package glass

import (
	"testing"

	"vestibule/vision/internal/zone"
)

// A zone that reaches the picture's right and lower border has no line there, and no shade, where the picture ends in the middle
// of a block; the line beside it goes on to the border.
func TestRimIsOpenAtTheBorder(t *testing.T) {
	for _, size := range [][2]int{{488, 360}, {480, 360}, {488, 368}, {480, 368}, {1920, 1080}, {322, 242}} {
		w, h := size[0], size[1]
		shown, err := zone.Shrink([][]zone.Point{{{X: 5000, Y: 5000}, {X: 10000, Y: 5000}, {X: 10000, Y: 10000}, {X: 5000, Y: 10000}}}, false, w, h)
		if err != nil {
			t.Fatal(err)
		}
		p := NewPlanes(w, h)
		for i := range p.Y {
			p.Y[i] = 100
		}
		Rim(p, shown)
		run := shown.Runs()[0]
		for y := range h {
			for x := range w {
				wide := rimWidth(w, h)
				within := x >= run.X && y >= run.Y
				line := !within && x >= run.X-wide && y >= run.Y-wide
				if got := p.Y[y*w+x]; within && got != 100 || (got == rimY) != line {
					t.Fatalf("%v, zone from %d,%d: luma %d at %d,%d", size, run.X, run.Y, got, x, y)
				}
			}
		}
	}
}
