package zone

import (
	"errors"
	"math/big"
	"math/rand/v2"
	"testing"
)

func box(x0, y0, x1, y1 int) []Point { return []Point{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}} }

func TestRefusals(t *testing.T) {
	many := make([]Point, 33)
	for i := range many {
		many[i] = Point{i * 100, i * i * 5}
	}
	for _, c := range []struct {
		name string
		zone []Point
		want error
	}{
		{"none", nil, ErrMissing},
		{"empty", []Point{}, ErrMissing},
		{"one corner", []Point{{1, 1}}, ErrInvalid},
		{"two corners", []Point{{1, 1}, {5000, 5000}}, ErrInvalid},
		{"33 corners", many, ErrInvalid},
		{"left of the picture", []Point{{-1, 0}, {5000, 0}, {5000, 5000}}, ErrInvalid},
		{"below the picture", []Point{{0, 0}, {5000, 0}, {5000, 10001}}, ErrInvalid},
		{"far outside", []Point{{0, 0}, {1 << 40, 0}, {5000, 5000}}, ErrInvalid},
		{"a corner twice", []Point{{0, 0}, {5000, 0}, {5000, 0}, {5000, 5000}}, ErrInvalid},
		{"first corner again at the end", []Point{{0, 0}, {5000, 0}, {5000, 5000}, {0, 0}}, ErrInvalid},
		{"bow tie", []Point{{1000, 1000}, {5000, 5000}, {5000, 1000}, {1000, 5000}}, ErrInvalid},
		{"a line there and back", []Point{{1000, 1000}, {5000, 1000}, {3000, 1000}}, ErrInvalid},
		{"a spike", []Point{{1000, 1000}, {5000, 1000}, {5000, 5000}, {5000, 3000}, {1000, 5000}}, ErrInvalid},
		{"corners that touch", []Point{{1000, 1000}, {3000, 3000}, {5000, 1000}, {5000, 5000}, {3000, 3000}, {1000, 5000}}, ErrInvalid},
		{"a corner on an edge", []Point{{1000, 1000}, {5000, 1000}, {5000, 5000}, {3000, 1000}, {1000, 5000}}, ErrInvalid},
		{"all", box(0, 0, 10000, 10000), ErrTooLarge},
		{"just over 60 %", box(0, 0, 10000, 6001), ErrTooLarge},
		{"too small for a block", box(5000, 5000, 5100, 5100), ErrInvalid},
		{"thinner than a block", box(1000, 1000, 1120, 9000), ErrInvalid},
	} {
		b, err := Shrink(c.zone, 1280, 720)
		if b != nil || !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestWhatIsShown(t *testing.T) {
	for _, c := range []struct {
		name  string
		zone  []Point
		w, h  int
		count int
	}{
		{"just 60 %", box(0, 0, 10000, 6000), 1280, 720, 80 * 27},
		{"the other way round", []Point{{0, 6000}, {10000, 6000}, {10000, 0}, {0, 0}}, 1280, 720, 80 * 27},
		{"on block edges", box(1000, 2000, 5000, 4000), 320, 240, 8 * 3},
		{"a hair inside block edges", box(1001, 2001, 4999, 3999), 320, 240, 6 * 1},
		{"down to the last whole row of 1080", box(0, 5000, 10000, 10000), 1920, 1080, 120 * 33},
		{"half a column at the right is none", box(5000, 0, 10000, 10000), 328, 240, 9 * 15},
		{"a corner along an edge", []Point{{0, 0}, {2500, 0}, {5000, 0}, {5000, 5000}, {0, 5000}}, 320, 320, 100},
		{"a triangle", []Point{{0, 0}, {10000, 0}, {0, 10000}}, 320, 320, 190},
		{"a hook", []Point{{0, 0}, {6000, 0}, {6000, 2000}, {2000, 2000}, {2000, 8000}, {6000, 8000}, {6000, 10000}, {0, 10000}}, 320, 320, 144},
	} {
		b, err := Shrink(c.zone, c.w, c.h)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if b.Count() != c.count {
			t.Errorf("%s: %d blocks, want %d", c.name, b.Count(), c.count)
		}
		n := 0
		for _, r := range b.Runs() {
			n += r.N / Block
			if !b.Shown(r.X, r.Y) || !b.Shown(r.X+r.N-1, r.Y+Block-1) || b.Shown(r.X-1, r.Y) || b.Shown(r.X+r.N, r.Y) {
				t.Errorf("%s: the run %v has not the edges that Shown has", c.name, r)
			}
		}
		if n != b.Count() {
			t.Errorf("%s: runs hold %d blocks of %d", c.name, n, b.Count())
		}
	}
}

func TestNilShowsNothing(t *testing.T) {
	var b *Blocks
	if b.Shown(0, 0) || b.Count() != 0 || b.Runs() != nil {
		t.Error("no blocks show something")
	}
}

func TestBoxPixels(t *testing.T) {
	for _, c := range []struct {
		box  Box
		want [4]int
	}{
		{Box{Point{0, 0}, Point{10000, 10000}}, [4]int{0, 0, 1280, 720}},
		{Box{Point{1, 1}, Point{9999, 9999}}, [4]int{1, 1, 1279, 719}},
		{Box{Point{-5, -5}, Point{20000, 20000}}, [4]int{0, 0, 1280, 720}},
		{Box{}, [4]int{0, 0, 0, 0}},
	} {
		x0, y0, x1, y1 := c.box.Pixels(1280, 720)
		if got := [4]int{x0, y0, x1, y1}; got != c.want {
			t.Errorf("%v: %v, want %v", c.box, got, c.want)
		}
	}
}

// FuzzShrink holds Shrink against another way to decide: no shown block has a pixel whose corners or
// centre lie outside the polygon by the winding rule in exact fractions, and no polygon edge passes
// between them (the block's own corners and edge midpoints included).
func FuzzShrink(f *testing.F) {
	f.Add(uint64(1), uint8(3), uint16(320), uint16(240))
	f.Add(uint64(7), uint8(12), uint16(1280), uint16(720))
	f.Add(uint64(9), uint8(32), uint16(640), uint16(480))
	f.Add(uint64(11), uint8(4), uint16(1918), uint16(1078))
	f.Fuzz(func(t *testing.T, seed uint64, corners uint8, w, h uint16) {
		width, height := 320+int(w)%1601&^1, 240+int(h)%841&^1
		check2(t, seed, int(corners)%34, width, height)
	})
}

func TestShrinkAtRandom(t *testing.T) {
	valid := 0
	for seed := range uint64(700) {
		if check2(t, seed, 3+int(seed%8), 320+int(seed%50)*2, 240+int(seed%30)*2) {
			valid++
		}
	}
	if valid < 150 {
		t.Errorf("only %d of 700 polygons were valid: this tests nothing", valid)
	}
}

func check2(t *testing.T, seed uint64, corners, width, height int) bool {
	rnd := rand.New(rand.NewPCG(seed, 1))
	zone := make([]Point, corners)
	for i := range zone {
		zone[i] = Point{rnd.IntN(Unit + 1), rnd.IntN(Unit + 1)}
		if i > 0 && rnd.IntN(4) == 0 { // straight edges too
			zone[i].X = zone[i-1].X
		}
	}
	b, err := Shrink(zone, width, height)
	if err != nil {
		return false
	}
	for _, r := range b.Runs() {
		if r.X+r.N > width || r.Y+Block > height {
			t.Fatalf("seed %d: %v reaches out of the picture", seed, r)
		}
		for x := r.X; x <= r.X+r.N; x++ {
			for _, y := range []int{r.Y, r.Y + Block/2, r.Y + Block} {
				within(t, seed, zone, x, y, width, height)
			}
		}
		for y := r.Y; y <= r.Y+Block; y++ {
			within(t, seed, zone, r.X, y, width, height)
			within(t, seed, zone, r.X+r.N, y, width, height)
		}
	}
	return true
}

// within fails unless the point x, y (in pixels) is in the polygon or on its edge.
func within(t *testing.T, seed uint64, zone []Point, x, y, width, height int) {
	t.Helper()
	// The point in the polygon's own units.
	px, py := big.NewRat(int64(x)*Unit, int64(width)), big.NewRat(int64(y)*Unit, int64(height))
	in := false
	for i, a := range zone {
		b := zone[(i+1)%len(zone)]
		ax, ay := big.NewRat(int64(a.X), 1), big.NewRat(int64(a.Y), 1)
		bx, by := big.NewRat(int64(b.X), 1), big.NewRat(int64(b.Y), 1)
		if (ay.Cmp(py) > 0) == (by.Cmp(py) > 0) {
			if ay.Cmp(py) == 0 && by.Cmp(py) == 0 && min(a.X, b.X)*width <= x*Unit && x*Unit <= max(a.X, b.X)*width {
				return
			}
			if (ay.Cmp(py) == 0 && ax.Cmp(px) == 0) || (by.Cmp(py) == 0 && bx.Cmp(px) == 0) {
				return
			}
			continue
		}
		// Where the edge crosses the point's height.
		cut := new(big.Rat).Sub(py, ay)
		cut.Quo(cut, new(big.Rat).Sub(by, ay)).Mul(cut, new(big.Rat).Sub(bx, ax)).Add(cut, ax)
		switch cut.Cmp(px) {
		case 0:
			return
		case 1:
			in = !in
		}
	}
	if !in {
		t.Fatalf("seed %d: %d,%d in %dx%d is shown and lies outside %v", seed, x, y, width, height, zone)
	}
}
