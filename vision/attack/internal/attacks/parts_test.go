package attacks

import (
	"math"
	"math/rand/v2"
	"testing"

	"vestibule/vision/attack/internal/room"
	"vestibule/vision/attack/internal/subject"
	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
)

func world(t *testing.T, width, height int) *room.World {
	t.Helper()
	w, err := room.NewWorld(width, height)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// Each way to guess tells two heaps apart, and says nothing where there is nothing to tell.
func TestGuessers(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	heaps := func(apart float64) (e []example) {
		for i := range 200 {
			seen := make([]float64, 30)
			for k := range seen {
				seen[k] = 100
				if apart > 0 {
					seen[k] += rnd.NormFloat64()
				}
			}
			if i%2 == 1 {
				seen[7] += apart
			}
			e = append(e, example{seen, i%2 == 1})
		}
		return e
	}
	learn, check, same := heaps(12), heaps(12), heaps(0)
	ridge, err := ridgeGuess(learn)
	if err != nil {
		t.Fatal(err)
	}
	lda, err := ldaGuess(learn, rnd)
	if err != nil {
		t.Fatal(err)
	}
	for name, g := range map[string]guesser{"stump": stump(learn), "neighbours": neighbours(learn), "ridge": ridge, "lda": lda} {
		if s := score(g, check); s < 180 {
			t.Errorf("%s is right %v times of 200", name, s)
		}
	}
	best, err := bestGuesser(same, same, rnd)
	if err != nil {
		t.Fatal(err)
	}
	if v := best(same[0].seen); v != 0 {
		t.Errorf("of things that are all alike it says %v", v)
	}
}

// Letters under a mosaic that is a quarter of them are read to the last.
func TestScannerReads(t *testing.T) {
	w := world(t, 320, 240)
	b := room.NewBoard(w, 4)
	s := tileScanner(w, b, 1, b.High()/4)
	rnd := rand.New(rand.NewPCG(1, 1))
	text := s.text(rnd)
	f := raw.New(w.Width, w.Height)
	w.Grain(s.written(text), 1, f)
	guess := s.read(subject.Mosaic(b.High()/4).Open(delivery(w, [16]byte{}, 1)).Show(f), rnd)
	if n := alikeLetters(text, guess); n < len(text)-1 {
		t.Errorf("%d of %d letters are read", n, len(text))
	}
}

// A scene that has been made to explain a frame does explain it.
func TestProjectExplains(t *testing.T) {
	w := world(t, 160, 128)
	s := &studio{World: w, mean: make([]float64, w.Width*w.Height)}
	x := s.scene()
	c := s.tintCut(0, 0)
	want := told{cut: c, means: make([]float64, len(c.share)), dx: 3, dy: -2}
	for i := range want.means {
		want.means[i] = float64(i)
	}
	s.project(x, want)
	got := make([]float64, len(c.share))
	used := make([]bool, len(c.share))
	for i, k := range c.cell {
		if k >= 0 {
			got[k] += x[s.at(i, 3, -2)] * c.share[k]
			used[k] = true
		}
	}
	for k := range got {
		if used[k] && math.Abs(got[k]-want.means[k]) > 1e-9 {
			t.Errorf("cell %d: %v, want %v", k, got[k], want.means[k])
		}
	}
}

// Both ways to undo a blur come nearer to what was blurred.
func TestBlurIsUndone(t *testing.T) {
	const width, height, sigma = 96, 64, 2
	truth, seen := make([]float64, width*height), make([]float32, width*height)
	for i := range truth {
		truth[i] = 60
		if x, y := i%width, i/width; x/9%2 == 0 && y/7%2 == 0 {
			truth[i] = 200
		}
		seen[i] = float32(truth[i])
	}
	subject.Smooth(seen, seen, width, height, subject.Kernel(sigma), make([]float32, len(seen)))
	blurred := make([]float64, len(seen))
	for i, v := range seen {
		blurred[i] = float64(v)
	}
	was := distance(blurred, truth)
	for name, got := range map[string][]float64{
		"Wiener": newWiener(width, height, sigma, 1e-4).undo(blurred),
		"Lucy":   lucy(blurred, width, height, sigma, 40),
	} {
		if left := distance(got, truth) / was; left > 0.7 {
			t.Errorf("%s leaves %.2f of what is wrong", name, left)
		}
	}
}

func TestGridLooks(t *testing.T) {
	w := world(t, 160, 128)
	p := glass.NewPlanes(160, 128)
	for i := range p.Y {
		p.Y[i] = byte(100 + 20*(i%2))
	}
	for i := range p.Cb {
		p.Cb[i], p.Cr[i] = 90, 140
	}
	g := newGrid(w, 8)
	out := make([]float64, g.size())
	g.look(p, out)
	for i, want := range []float64{110, 10, 90, 140} {
		if math.Abs(out[i]-want) > 1e-9 {
			t.Errorf("number %d is %v, want %v", i, out[i], want)
		}
	}
	for _, at := range g.places {
		if w.Zone.Shown(at[0], at[1]) || w.Zone.Shown(at[0]+7, at[1]+7) {
			t.Errorf("the square at %v is shown", at)
		}
	}
}

// The union of clear pixels is empty where nothing is clear, also when the glass is nearly what is behind it.
func TestShows(t *testing.T) {
	for _, c := range []struct {
		pa, pb, a, b byte
		want         bool
	}{
		{200, 55, 200, 55, true}, {201, 54, 200, 55, true}, {200, 200, 200, 55, false}, {127, 128, 125, 130, false}, {10, 55, 200, 55, false},
	} {
		if got := shows(c.pa, c.pb, c.a, c.b); got != c.want {
			t.Errorf("%v: %v", c, got)
		}
	}
}
