// Package zone turns the polygons that the owner signed into the blocks of the picture that may be
// shown.
//
// The polygons are an allow-list. Each is shrunk inward to whole 16x16 blocks: a block is shown only if
// every one of its pixels, taken as a square, lies inside one polygon and inside the picture. Sixteen
// is the encoder's macroblock, so that no coded block mixes shown and hidden pixels, and it is even,
// so that no chroma sample does. All of it is exact arithmetic on integers: a corner of the polygon
// at X/10000 of the width w is kept as X*w, a pixel edge as x*10000.
package zone

import (
	"errors"
	"fmt"
)

const (
	// Unit is how many parts the picture's width and height are divided into.
	Unit = 10000
	// Block is the side of a block in pixels.
	Block = 16

	minCorners, maxCorners = 3, 32 // the most is of all polygons together
	maxZones               = 4
	// mostParts is the largest share of the picture that a zone may take, in percent.
	mostParts = 60
)

var (
	// ErrMissing says that there is no polygon at all.
	ErrMissing = errors.New("no zone is set")
	// ErrInvalid says that a polygon is none, or that no whole block fits into it.
	ErrInvalid = errors.New("the zone is not valid")
	// ErrTooLarge says that the polygons take more than 60 % of the picture, and nobody signed that.
	ErrTooLarge = errors.New("the zone is too large")
)

// Point is a place in the picture, in 1/Unit of its width (X) and of its height (Y).
type Point struct{ X, Y int }

// Box is a rectangle in the picture from Min (inside) to Max (outside).
type Box struct{ Min, Max Point }

// Pixels returns the box's pixels in a picture of this size: x0 <= x < x1, y0 <= y < y1, cut at the
// picture's border. Only pixels that lie wholly inside the box count.
func (b Box) Pixels(width, height int) (x0, y0, x1, y1 int) {
	up := func(v, size int) int { return min(max((v*size+Unit-1)/Unit, 0), size) }
	down := func(v, size int) int { return min(max(v*size/Unit, 0), size) }
	return up(b.Min.X, width), up(b.Min.Y, height), down(b.Max.X, width), down(b.Max.Y, height)
}

// Run is a row of shown blocks side by side: pixels X..X+N by Y..Y+Block.
type Run struct{ X, Y, N int }

// Blocks says which blocks of a picture are shown.
type Blocks struct {
	cols, rows int // whole and cut blocks, so that every pixel has one
	wide, high int // whole ones
	shown      []bool
	runs       []Run
	count      int
}

// Shrink checks the polygons and returns the blocks that lie wholly inside one of them, in a picture of
// width x height pixels. Corners run either way round; polygons may overlap, and reach the picture's border.
//
// Errors are ErrMissing, ErrInvalid (more than 4 polygons, fewer than 3 corners or more than 32 in all, a
// corner outside the picture, an edge of no length, edges of one polygon that cross or touch, no area, a
// polygon without a block) and, unless large, ErrTooLarge, wrapped with what is wrong. What counts for
// the last is the area that the polygons cover together, before it is shrunk: the same at every size.
func Shrink(zones [][]Point, large bool, width, height int) (*Blocks, error) {
	if err := check(zones, large); err != nil {
		return nil, err
	}
	b := &Blocks{cols: (width + Block - 1) / Block, rows: (height + Block - 1) / Block, wide: width / Block, high: height / Block}
	b.shown = make([]bool, b.cols*b.rows)
	for i, corners := range zones {
		if b.add(corners, width, height) == 0 {
			return nil, fmt.Errorf("%w: %s holds no whole block of %dx%d pixels", ErrInvalid, name(i, zones), Block, Block)
		}
	}
	b.findRuns()
	return b, nil
}

// add shows the blocks that lie inside a polygon and returns how many there are.
func (b *Blocks) add(corners []Point, width, height int) (n int) {
	// In parts of a pixel: exact, and at most 1920*10000, so that products stay far below 2^63.
	poly := make([]Point, len(corners))
	for i, c := range corners {
		poly[i] = Point{c.X * width, c.Y * height}
	}
	const side = Block * Unit
	for row := range b.high {
		for col := range b.wide {
			if !inside(poly, Point{col * side, row * side}, Point{(col + 1) * side, (row + 1) * side}) {
				continue
			}
			n++
			if at := row*b.cols + col; !b.shown[at] {
				b.shown[at] = true
				b.count++
			}
		}
	}
	return n
}

func (b *Blocks) findRuns() {
	for row := range b.rows {
		for col := 0; col < b.cols; col++ {
			start := col
			for col < b.cols && b.shown[row*b.cols+col] {
				col++
			}
			if col > start {
				b.runs = append(b.runs, Run{start * Block, row * Block, (col - start) * Block})
			}
		}
	}
}

// Shown reports whether the pixel x, y may be shown. A nil Blocks shows nothing.
func (b *Blocks) Shown(x, y int) bool {
	if b == nil || x < 0 || y < 0 {
		return false
	}
	col, row := x/Block, y/Block
	return col < b.cols && row < b.rows && b.shown[row*b.cols+col]
}

// Open reports whether the pixel x, y is shown, or lies in what the picture's right and lower border leave of a block,
// beside a shown one. Such a rest is glass, like all that is not shown; what is drawn around the zone leaves it out, as
// a zone that reaches the border is not to look closed off before it. A nil Blocks has nothing open.
func (b *Blocks) Open(x, y int) bool {
	if b == nil || x < 0 || y < 0 || x >= b.cols*Block || y >= b.rows*Block {
		return false
	}
	return b.Shown(min(x, b.wide*Block-1), min(y, b.high*Block-1))
}

// Runs returns the shown blocks as rows, from the top down and from left to right.
func (b *Blocks) Runs() []Run {
	if b == nil {
		return nil
	}
	return b.runs
}

// Count returns how many blocks are shown.
func (b *Blocks) Count() int {
	if b == nil {
		return 0
	}
	return b.count
}
