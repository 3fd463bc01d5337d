package zone

import (
	"errors"
	"math/big"
	"math/rand/v2"
	"slices"
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
		b, err := Shrink([][]Point{c.zone}, false, 1280, 720)
		if b != nil || !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// An owner may sign that more is shown, and nothing else by it.
func TestLarge(t *testing.T) {
	b, err := Shrink([][]Point{box(0, 0, 10000, 10000)}, true, 1280, 720)
	if err != nil || b.Count() != 80*45 {
		t.Errorf("%d blocks, %v", b.Count(), err)
	}
	if _, err := Shrink([][]Point{{{1000, 1000}, {5000, 5000}, {5000, 1000}, {1000, 5000}}}, true, 1280, 720); !errors.Is(err, ErrInvalid) {
		t.Errorf("a bow tie: %v", err)
	}
}

func TestRefusalsOfSeveral(t *testing.T) {
	comb := func(x0, n int) []Point { // n teeth, 2n+2 corners
		out := []Point{{x0, 9000}}
		for i := range n {
			out = append(out, Point{x0 + i*400, 1000}, Point{x0 + i*400 + 200, 1000 + 2000*(i%2)})
		}
		return append(out, Point{x0 + n*400, 9000})
	}
	small := box(100, 100, 1000, 1000)
	for _, c := range []struct {
		name  string
		zones [][]Point
		want  error
	}{
		{"none", nil, ErrMissing},
		{"all empty", [][]Point{nil, {}}, ErrMissing},
		{"one empty", [][]Point{small, nil}, ErrInvalid},
		{"five", [][]Point{small, small, small, small, small}, ErrInvalid},
		{"four", [][]Point{small, small, small, small}, nil},
		{"32 corners", [][]Point{comb(500, 7), comb(5000, 7)}, nil},
		{"34 corners", [][]Point{comb(500, 7), comb(5000, 8)}, ErrInvalid},
		{"one without a block", [][]Point{small, box(5000, 5000, 5100, 5100)}, ErrInvalid},
		{"one that crosses itself", [][]Point{small, {{1000, 1000}, {5000, 5000}, {5000, 1000}, {1000, 5000}}}, ErrInvalid},
		{"too large together", [][]Point{box(0, 0, 10000, 3000), box(0, 5000, 10000, 8001)}, ErrTooLarge},
		{"just 60 % together", [][]Point{box(0, 0, 10000, 3000), box(0, 5000, 10000, 8000)}, nil},
		{"60 % twice over", [][]Point{box(0, 0, 10000, 6000), box(0, 0, 10000, 6000)}, nil},
	} {
		b, err := Shrink(c.zones, false, 1280, 720)
		if !errors.Is(err, c.want) || (b == nil) != (c.want != nil) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// What is shown of several is what is shown of each, and a block that two only cover together is hidden.
func TestUnion(t *testing.T) {
	a, b := box(1000, 1000, 4000, 4000), []Point{{3000, 2000}, {7000, 3000}, {5000, 9000}}
	one, two, both := shrink(t, a), shrink(t, b), shrink(t, a, b)
	n := 0
	for y := 0; y < 720; y += Block {
		for x := 0; x < 1280; x += Block {
			if both.Shown(x, y) != (one.Shown(x, y) || two.Shown(x, y)) {
				t.Fatalf("the block at %d,%d", x, y)
			}
			if both.Shown(x, y) {
				n++
			}
		}
	}
	if n != both.Count() || one.Count()+two.Count() <= n {
		t.Errorf("%d blocks, counted as %d; of the two %d and %d", n, both.Count(), one.Count(), two.Count())
	}
	left, right := box(0, 0, 3100, 5000), box(3100, 0, 6000, 5000) // they meet within a column of blocks
	if at := 3100 * 1280 / Unit; shrink(t, left, right).Shown(at, 100) {
		t.Error("a block that no polygon holds alone is shown")
	}
}

func shrink(t *testing.T, zones ...[]Point) *Blocks {
	t.Helper()
	b, err := Shrink(zones, true, 1280, 720)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCover(t *testing.T) {
	for _, c := range []struct {
		name  string
		zones [][]Point
		want  float64
	}{
		{"all", [][]Point{box(0, 0, Unit, Unit)}, 1},
		{"half", [][]Point{{{0, 0}, {Unit, 0}, {0, Unit}}}, 0.5},
		{"two apart", [][]Point{box(0, 0, 1000, Unit), box(5000, 0, 6000, Unit)}, 0.2},
		{"two alike, one the other way round", [][]Point{box(0, 0, 5000, Unit), {{0, Unit}, {5000, Unit}, {5000, 0}, {0, 0}}}, 0.5},
		{"one inside the other", [][]Point{box(0, 0, 5000, Unit), box(1000, 1000, 2000, 2000)}, 0.5},
		{"a cross", [][]Point{box(0, 4000, Unit, 6000), box(4000, 0, 6000, Unit)}, 0.36},
		{"triangles that cross", [][]Point{{{0, 0}, {Unit, 0}, {0, Unit}}, {{0, 0}, {Unit, 0}, {Unit, Unit}}}, 0.75},
		{"side by side", [][]Point{box(0, 0, 3000, Unit), box(3000, 0, 6000, Unit)}, 0.6},
		{"a hook", [][]Point{{{0, 0}, {6000, 0}, {6000, 2000}, {2000, 2000}, {2000, 8000}, {6000, 8000}, {6000, 10000}, {0, 10000}}}, 0.36},
	} {
		if got := cover(c.zones); got < c.want-1e-12 || got > c.want+1e-12 {
			t.Errorf("%s: %.15f, want %g", c.name, got, c.want)
		}
	}
	// At random, against points on a grid.
	rnd := rand.New(rand.NewPCG(3, 3))
	for range 60 {
		var zones [][]Point
		for range 1 + rnd.IntN(maxZones) {
			p := make([]Point, 3)
			for i := range p {
				p[i] = Point{rnd.IntN(Unit + 1), rnd.IntN(Unit + 1)}
			}
			zones = append(zones, p)
		}
		hits := 0
		const n = 200
		for y := range n {
			for x := range n {
				for _, p := range zones {
					if inside(p, Point{x*50 + 25, y*50 + 25}, Point{x*50 + 25, y*50 + 25}) {
						hits++
						break
					}
				}
			}
		}
		if got, want := cover(zones), float64(hits)/(n*n); got < want-0.01 || got > want+0.01 {
			t.Errorf("%v: %.3f, by counting %.3f", zones, got, want)
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
		{"the picture's whole left edge, upright", box(0, 0, 2000, 10000), 720, 1280, 9 * 80},
		{"all four corners of the picture", []Point{{0, 0}, {5000, 4000}, {10000, 0}, {10000, 10000}, {5000, 6000}, {0, 10000}}, 320, 320, 208},
		{"a hook", []Point{{0, 0}, {6000, 0}, {6000, 2000}, {2000, 2000}, {2000, 8000}, {6000, 8000}, {6000, 10000}, {0, 10000}}, 320, 320, 144},
	} {
		b, err := Shrink([][]Point{c.zone}, false, c.w, c.h)
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
	if b.Shown(0, 0) || b.Open(0, 0) || b.Count() != 0 || b.Runs() != nil {
		t.Error("no blocks show something")
	}
}

// What is left of a block at the border is open where the block before it is shown, and never shown.
func TestOpen(t *testing.T) {
	b, err := Shrink([][]Point{box(5000, 0, 10000, 10000)}, false, 328, 250) // 20 blocks and a half, 15 and ten rows
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		x, y        int
		shown, open bool
	}{
		{175, 0, false, false}, {176, 0, true, true}, {319, 239, true, true}, {320, 0, false, true}, {327, 239, false, true},
		{176, 240, false, true}, {175, 240, false, false}, {320, 240, false, true}, {327, 249, false, true},
		{-1, 0, false, false}, {200, -1, false, false}, {336, 0, false, false}, {200, 256, false, false},
	} {
		if got, open := b.Shown(c.x, c.y), b.Open(c.x, c.y); got != c.shown || open != c.open {
			t.Errorf("%d,%d: shown %v, open %v", c.x, c.y, got, open)
		}
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
	for seed := range uint64(300) {
		if check2(t, seed, 3+int(seed%5), 320+int(seed%50)*2, 240+int(seed%30)*2) {
			valid++
		}
	}
	if valid < 50 {
		t.Errorf("only %d of 300 polygons were valid: this tests nothing", valid)
	}
}

func check2(t *testing.T, seed uint64, corners, width, height int) bool {
	rnd := rand.New(rand.NewPCG(seed, 1))
	zones := make([][]Point, 1+rnd.IntN(3))
	for k := range zones {
		zone := make([]Point, corners)
		if k > 0 {
			zone = zone[:min(3, corners)]
		}
		for i := range zone {
			zone[i] = Point{rnd.IntN(Unit + 1), rnd.IntN(Unit + 1)}
			if i > 0 && rnd.IntN(4) == 0 { // straight edges too
				zone[i].X = zone[i-1].X
			}
		}
		zones[k] = zone
	}
	b, err := Shrink(zones, rnd.IntN(2) == 0, width, height)
	if err != nil {
		return false
	}
	for _, r := range b.Runs() {
		if r.X+r.N > width || r.Y+Block > height {
			t.Fatalf("seed %d: %v reaches out of the picture", seed, r)
		}
		for x0 := r.X; x0 < r.X+r.N; x0 += Block {
			if !slices.ContainsFunc(zones, func(zone []Point) bool { return holds(zone, x0, r.Y, width, height) }) {
				t.Fatalf("seed %d: the block at %d,%d in %dx%d is shown and lies in none of %v", seed, x0, r.Y, width, height, zones)
			}
		}
	}
	return true
}

// holds reports whether the points along a block's edges and middle line are in the polygon or on its edge.
func holds(zone []Point, x0, y0, width, height int) bool {
	for i := 0; i <= Block; i += 4 {
		for _, p := range [...]Point{
			{x0 + i, y0}, {x0 + i, y0 + Block/2}, {x0 + i, y0 + Block}, {x0, y0 + i}, {x0 + Block, y0 + i},
		} {
			if !within(zone, p.X, p.Y, width, height) {
				return false
			}
		}
	}
	return true
}

// within reports whether the point x, y (in pixels) is in the polygon or on its edge.
func within(zone []Point, x, y, width, height int) bool {
	// The point in the polygon's own units.
	px, py := big.NewRat(int64(x)*Unit, int64(width)), big.NewRat(int64(y)*Unit, int64(height))
	in := false
	for i, a := range zone {
		b := zone[(i+1)%len(zone)]
		ax, ay := big.NewRat(int64(a.X), 1), big.NewRat(int64(a.Y), 1)
		bx, by := big.NewRat(int64(b.X), 1), big.NewRat(int64(b.Y), 1)
		if (ay.Cmp(py) > 0) == (by.Cmp(py) > 0) {
			if ay.Cmp(py) == 0 && by.Cmp(py) == 0 && min(a.X, b.X)*width <= x*Unit && x*Unit <= max(a.X, b.X)*width {
				return true
			}
			if (ay.Cmp(py) == 0 && ax.Cmp(px) == 0) || (by.Cmp(py) == 0 && bx.Cmp(px) == 0) {
				return true
			}
			continue
		}
		// Where the edge crosses the point's height.
		cut := new(big.Rat).Sub(py, ay)
		cut.Quo(cut, new(big.Rat).Sub(by, ay)).Mul(cut, new(big.Rat).Sub(bx, ax)).Add(cut, ax)
		switch cut.Cmp(px) {
		case 0:
			return true
		case 1:
			in = !in
		}
	}
	return in
}
