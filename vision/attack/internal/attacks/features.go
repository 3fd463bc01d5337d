package attacks

import (
	"math"

	"vestibule/vision/attack/internal/room"
	"vestibule/vision/internal/glass"
)

// grid is a coarse view of a picture's hidden part: means and deviations of luma and means of chroma over
// squares. Squares that are shown, in part or in whole, are left out.
type grid struct {
	side   int // pixels, even
	places [][2]int
}

func newGrid(w *room.World, side int) *grid {
	g := &grid{side: side}
	for y := 0; y+side <= w.Height; y += side {
		for x := 0; x+side <= w.Width; x += side {
			shown := false
			for _, at := range [4][2]int{{x, y}, {x + side - 1, y}, {x, y + side - 1}, {x + side - 1, y + side - 1}} {
				shown = shown || w.Zone.Shown(at[0], at[1])
			}
			if !shown {
				g.places = append(g.places, [2]int{x, y})
			}
		}
	}
	return g
}

// size is how many numbers look gives.
func (g *grid) size() int { return 4 * len(g.places) }

// look writes a picture's numbers: for each square the mean and the deviation of luma, and the means of
// Cb and Cr.
func (g *grid) look(p *glass.Planes, out []float64) {
	w, half := p.Width, p.Width/2
	for i, at := range g.places {
		var sum, squares int
		for y := at[1]; y < at[1]+g.side; y++ {
			for _, v := range p.Y[y*w+at[0]:][:g.side] {
				sum += int(v)
				squares += int(v) * int(v)
			}
		}
		n := float64(g.side * g.side)
		mean := float64(sum) / n
		var cb, cr int
		for y := at[1] / 2; y < (at[1]+g.side)/2; y++ {
			for _, v := range p.Cb[y*half+at[0]/2:][:g.side/2] {
				cb += int(v)
			}
			for _, v := range p.Cr[y*half+at[0]/2:][:g.side/2] {
				cr += int(v)
			}
		}
		out[4*i] = mean
		out[4*i+1] = math.Sqrt(max(float64(squares)/n-mean*mean, 0))
		out[4*i+2], out[4*i+3] = float64(cb)*4/n, float64(cr)*4/n
	}
}
