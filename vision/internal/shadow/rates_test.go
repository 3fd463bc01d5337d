//go:build !race

// The race detector would take minutes: scripts/test.mk runs these without it.

package shadow_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/look"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/shadow"
)

// tally adds up trials of one kind.
type tally struct {
	trials, shadows, drawn    int // shadows given; those with a cell
	must, hit, set, good, far int // cells
	due, shown                int // shadows with a person to be seen; those that show them
	want, beyond, found, odd  int // passages in truth and counted; matched; too many
	vague                     int
	hours                     float64
}

func (a *tally) add(s seen, visit time.Duration) {
	a.trials++
	a.hours += visit.Hours()
	for _, r := range s.shadows {
		a.shadows++
		any, due, shown := false, false, false
		for row := range 9 {
			for col := range 16 {
				set := r.shadow.At(row, col)
				any = any || set
				if r.must[row][col] && !r.open[row][col] {
					due = true
					a.must++
					if set {
						a.hit++
					}
				}
				if set {
					a.set++
					if r.may[row][col] {
						a.good++
						shown = true
					} else if !near(r.may, row, col) {
						a.far++
					}
				}
			}
		}
		if any {
			a.drawn++
		}
		if due {
			a.due++
			if shown {
				a.shown++
			}
		}
	}
	if s.vague {
		a.vague++
		return
	}
	a.want += s.want
	a.beyond += s.beyond
	a.found += min(s.want, s.beyond)
	a.odd += max(s.beyond-s.want, 0)
}

func near(may [9][16]bool, row, col int) bool {
	for i := max(row-1, 0); i <= min(row+1, 8); i++ {
		for j := max(col-1, 0); j <= min(col+1, 15); j++ {
			if may[i][j] {
				return true
			}
		}
	}
	return false
}

func part(a, b int) string {
	if b == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(a)/float64(b))
}

func (a *tally) String() string {
	return fmt.Sprintf("%4d trials %5.2f h: %5d shadows, %5d drawn (%.0f/h); cells recall %s precision %s far %s; person shown %s; passages %d found %d, too many %d (%.1f/h), vague %d",
		a.trials, a.hours, a.shadows, a.drawn, float64(a.drawn)/a.hours, part(a.hit, a.must), part(a.good, a.set), part(a.far, a.set),
		part(a.shown, a.due), a.want, a.found, a.odd, float64(a.odd)/a.hours, a.vague)
}

func picture(t *testing.T, path string, f *raw.Frame, s *glass.Shadow) {
	t.Helper()
	g := raw.New(f.Width, f.Height)
	copy(g.Y, f.Y)
	copy(g.Cb, f.Cb)
	copy(g.Cr, f.Cr)
	for row := range 9 {
		for col := range 16 {
			if s.At(row, col) {
				for y := row * f.Height / 9; y < (row+1)*f.Height/9; y++ {
					for x := col * f.Width / 16; x < (col+1)*f.Width/16; x++ {
						g.Y[y*f.Width+x] = g.Y[y*f.Width+x]/2 + 90
						g.Cr[y/2*(f.Width/2)+x/2] = 190
					}
				}
			}
		}
	}
	if err := look.PNG(path, g.Width, g.Height, g.Y, g.Cb, g.Cr); err != nil {
		t.Fatal(err)
	}
}

// TestRates plays drawn rooms with and without somebody in them, in every kind of light: 24 of each, 500 with
// SHADOW_LONG=1. The truth is known to the cell. Where nobody is there the aim, one shadow in 50 and one trial in 100, is
// asked of the 500; one cloud is most of what is drawn in the 24, so these only must not get worse than they are.
func TestRates(t *testing.T) {
	n, drawnOf, oddMost := 2*len(quietKinds()), 20, 1
	if os.Getenv("SHADOW_LONG") != "" {
		n, drawnOf, oddMost = 500, 50, 5
	}
	pics := os.Getenv("VESTIBULE_PICTURES")
	tallies := map[string]*tally{}
	play := func(kind string, tr *trial, id int) {
		k := 0
		s, err := tr.play(func(at time.Duration, f *raw.Frame, s glass.Shadow, _ *shadow.Watch) {
			k++
			if pics != "" && at > 0 && k%12 == 0 {
				picture(t, filepath.Join(pics, fmt.Sprintf("%s_%d_%03d.png", kind, id, k)), f, &s)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range []string{kind, kind[:5] + " all"} {
			if tallies[k] == nil {
				tallies[k] = &tally{}
			}
			tallies[k].add(s, tr.visit)
		}
	}
	kinds := append([]string{"steady light", "steady light"}, quietKinds()...)
	for i := range n {
		k := quietKinds()[i%len(quietKinds())]
		play("quiet "+k, quietTrial(k, uint64(1000+i), false), 1000+i)
		k = kinds[i%len(kinds)]
		play("visit "+k, visitTrial(k, uint64(6000+i), false, i%3 > 0), 6000+i)
	}
	for _, k := range slices.Sorted(maps.Keys(tallies)) {
		t.Logf("%-24s %v", k, tallies[k])
	}
	quiet, visit := tallies["quiet all"], tallies["visit all"]
	if drawnOf*quiet.drawn > quiet.shadows || quiet.odd > oddMost {
		t.Errorf("nobody is there, and %d of %d shadows are drawn, %d passages counted", quiet.drawn, quiet.shadows, quiet.odd)
	}
	if 100*visit.hit < 80*visit.must || 100*visit.good < 85*visit.set || 100*visit.shown < 95*visit.due {
		t.Errorf("cells found %s, right %s; somebody shown %s", part(visit.hit, visit.must), part(visit.good, visit.set), part(visit.shown, visit.due))
	}
	if 10*visit.found < 8*visit.want || 20*visit.odd > visit.trials {
		t.Errorf("%d of %d passages found, %d too many", visit.found, visit.want, visit.odd)
	}
}
