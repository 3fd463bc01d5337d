// Package shadow finds where somebody is behind the glass, on a grid of 16x9 cells, and counts who goes from
// the zone into the interior.
//
// A few times a second it reads 128x72 points of luma and half as many each way of chroma, nothing in full
// size, and holds them against a ground: what the room looks like when nobody is in it. Before a visit it only
// learns the ground. During one, the ground follows the light everywhere but where a body stands, so
// that somebody who stands still for a minute does not become a part of the room.
//
// Light must not draw a person. It multiplies, so luma is compared by its logarithm, and what all points have
// in common (an exposure, a cloud) is taken away, for dark and bright points apart. What is left is looked
// at less its surroundings, which takes soft shades away, and a texture that is still there though darker or
// brighter is the room in another light (a lamp, a shade cast by the door), whatever its level. When many
// points jump at once, or more than 60 % of the cells differ, it was light, and the ground is learnt anew.
//
// A cell is in shadow when enough of its points differ densely and hang together with enough others for long
// enough. A body whose edges are the ground's own, and not the present picture's, is where somebody has been
// and not where somebody is.
//
// Beyond counts tracks of bodies that begin at the zone and then lie mostly two cells and more from it.
//
// Rates, on 1,000 drawn rooms whose truth is known to the cell (95 % intervals are exact, and as if no trial had
// two passages too many; shadows of one trial are alike, so theirs have none):
//
//	somebody comes in, 500 trials of 18 s:  of 338 passages 328 are counted, 97.0 % (94.6 to 98.6)
//	                                        in 494 whose truth is plain 6 are counted too many, 1.2 % (0.4 to 2.6)
//	                                        somebody to be seen is drawn in 98.3 % of shadows; of the cells that
//	                                        they cover 94.5 % are set; of those set 91.4 % are theirs
//	nobody does, 500 trials of 20 s:        2 passages are counted, 0.4 % (0.0 to 1.4): a cloud's and a television's
//	                                        179 of 19,000 shadows are drawn, 0.9 %
//
// On the film vtest.avi, with the zone at its left or right edge, 166 of 171 people are drawn (the same film backwards,
// the same), and 96 % of their cells.
// To take the rates again: SHADOW_LONG=1 go test -run 'TestRates|TestFilm' -v -timeout 2h ./vision/internal/shadow
//
// After K. Toyama et al., "Wallflower", ICCV 1999 (levels of scale, light switched at once); M. Heikkilä and
// M. Pietikäinen, "A Texture-Based Method for Modeling the Background", PAMI 28, 2006 (texture against
// light); F. Crow, "Summed-Area Tables", SIGGRAPH 1984.
//
// Non-goals: to say what it is that moves, and to see in the dark. A television is small or is drawn.
package shadow

import (
	"time"

	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/zone"
)

const (
	side   = 8 // points of luma along a cell
	across = side * glass.Cols
	down   = side * glass.Rows
	points = across * down

	qAcross, qDown = across / 2, down / 2 // quads: four points share their chroma
	quads          = qAcross * qDown

	lookPace   = 110 * time.Millisecond
	shadowPace = 500 * time.Millisecond
	learning   = 8 // looks before anything is told apart
)

// What tells somebody from light and noise. Luma is compared by its logarithm, in 1/256 of an octave, so
// that a factor, which is what light is, is a sum; parts are in percent unless said otherwise. The figures
// were chosen on drawn rooms other than those of the tests.
const (
	fineLeast   = 24 // least difference from the surroundings of 7x7 points
	fineNoise   = 5  // and as many times what is usual there
	coarseLeast = 80 // the same of 17x17
	coarseNoise = 8
	tintLeast   = 36 // least difference of chroma over luma, in 1/1024
	tintNoise   = 6
	darkLeast   = 200  // darker by so much is a body and no shade
	glare       = 3600 // brighter, in 1/16 of luma, the sensor is at its end and tells nothing

	relief     = 400 // the least texture of the ground, squared, that can be known again
	sameRelief = 30  // as different from it is the same texture in another light
	goneRelief = 80  // as different is another one

	densePart  = 50 // of the 5x5 points around one
	cellPart   = 20 // of a cell's points
	surePart   = 10 // of a body's points that light alone does not explain
	bodyLeast  = 24 // points
	fillReach  = 3  // cells between two of a body that belong to it
	lightPart  = 60 // of all cells at once is no body
	ghostStill = 24 // looks without motion after which a body may be where somebody was
	ghostEdges = 120
	bornWithin = 8 // looks in which a body has to touch the zone to have come from there

	groundPace = 16  // looks in which the ground goes most of the way to what is there
	nearPace   = 12  // the same where the zone is
	jumpLeast  = 16  // of a point, from one look to the next
	jumpPart   = 150 // of the points, in 1/1000, that make a change of light
)

// picture is what is kept of a frame.
type picture struct {
	luma   [points]int16 // logarithm
	cb, cr [quads]int16  // over luma
}

// cells is a number for each cell.
type cells [glass.Rows][glass.Cols]int32

// Watch finds what moves. It belongs to one goroutine.
type Watch struct {
	width, height        int
	lumaGrid, chromaGrid grid
	logs                 []int16
	fineWin, coarseWin   window // of luma
	tintWin              window
	hidden               [points]uint8 // 1 where nothing is shown, nor near
	hiddenQuad           [quads]uint8
	hiddenIn             cells // hidden points in each cell
	farCells             cells // cells between each and the zone

	begun    bool
	underWay bool
	looks    int
	last     time.Duration
	given    time.Duration
	jumped   bool

	flag, dense [points]uint8
	on          mask // cells with enough flags
	body        mask
	kept        mask
	bodies      []body

	ground
	now    picture
	means  [points]uint16
	cb, cr [quads]uint16
	change

	passages
}

// New returns a watch for pictures of width x height pixels.
func New(shown *zone.Blocks, width, height int) *Watch {
	w := &Watch{width: width, height: height, logs: logTable()}
	w.lumaGrid = newGrid(across, down, width, height)
	w.chromaGrid = newGrid(qAcross, qDown, width/2, height/2)
	near := func(x, y int) bool {
		for dy := -zone.Block; dy <= zone.Block; dy += zone.Block {
			for dx := -zone.Block; dx <= zone.Block; dx += zone.Block {
				if shown.Shown(x+dx, y+dy) {
					return true
				}
			}
		}
		return false
	}
	for p := range w.hidden {
		i, j := p%across, p/across
		if !near((2*i+1)*width/(2*across), (2*j+1)*height/(2*down)) {
			w.hidden[p] = 1
			w.hiddenIn[j/side][i/side]++
		}
	}
	for q := range w.hiddenQuad {
		p := q/qAcross*2*across + q%qAcross*2
		w.hiddenQuad[q] = w.hidden[p] & w.hidden[p+1] & w.hidden[p+across] & w.hidden[p+across+1]
	}
	w.counted, w.sum = newSums(across, down), newSums(across, down)
	w.counted.count(w.hidden[:])
	w.fineWin, w.coarseWin = newWindow(3, &w.counted), newWindow(8, &w.counted)
	w.sumQuad = newSums(qAcross, qDown)
	w.sumQuad.count(w.hiddenQuad[:])
	w.tintWin = newWindow(3, &w.sumQuad)
	w.farCells = w.farFromZone()
	w.bodies = make([]body, 0, 64)
	return w
}

func (w *Watch) farFromZone() (d cells) {
	for r := range d {
		for c := range d[r] {
			d[r][c] = 99
			for i := range w.hiddenIn {
				for j, n := range w.hiddenIn[i] {
					if n < side*side/2 {
						d[r][c] = min(d[r][c], max(abs(int32(r-i)), abs(int32(c-j))))
					}
				}
			}
		}
	}
	return d
}

func abs[T int16 | int32](v T) T { return max(v, -v) }

// Look takes a frame, or leaves it out where it has looked a moment ago. While a visit is under way it
// gives a new shadow at most twice a second; fresh says that s is one.
func (w *Watch) Look(f *raw.Frame, underWay bool) (s glass.Shadow, fresh bool) {
	if gap := f.At - w.last; w.begun && gap >= 0 && gap < lookPace {
		return s, false
	}
	w.last, w.begun, w.underWay = f.At, true, underWay
	w.sample(f)
	if w.looks == 0 {
		w.restart()
	}
	w.looks++
	w.suddenly()
	w.differ()
	w.judge()
	w.learn()
	if !underWay || w.looks < learning {
		w.given = 0
		return s, false
	}
	w.follow()
	if w.given != 0 && f.At < w.given+shadowPace {
		return s, false
	}
	w.given = f.At
	for r := range glass.Rows {
		for c := range glass.Cols {
			if w.body.at(r, c) && w.hiddenIn[r][c] >= 8 {
				s.Set(r, c)
			}
		}
	}
	return s, true
}

// Beyond returns how often something has gone from the zone into the interior during visits.
func (w *Watch) Beyond() int { return w.count }

// Close overwrites what the watch has learnt of the interior, some 500 kB. It is not used afterwards.
func (w *Watch) Close() {
	for _, s := range []*sums{&w.sum, &w.sumQuad} {
		clear(s.s)
	}
	clear(w.bodies[:cap(w.bodies)])
	*w = Watch{}
}
