package stand

import (
	"testing"
	"time"
)

func TestAbsence(t *testing.T) {
	hidden := sighting{verdict: lost, peak: 2.4, quiet: true}
	walking := sighting{verdict: lost, peak: 0.5}
	partly := sighting{verdict: lost, peak: 3, quiet: true, left: true}
	elsewhere := sighting{verdict: lost, peak: 0.8, quiet: true}
	agreed := sighting{verdict: shifted, peak: 0.8, quiet: true}
	bare := sighting{verdict: lost, bare: true, quiet: true}
	night := sighting{verdict: dark, bare: true}
	weakly := sighting{verdict: stands, peak: standsOut, quiet: true}
	fairly := sighting{verdict: stands, peak: fair, quiet: true}
	clear := sighting{verdict: stands, clear: true, quiet: true}
	type looks struct {
		n int
		s sighting
	}
	for name, c := range map[string]struct {
		course []looks
		at     int // the look that makes the doubt, from 1; 0 for none
	}{
		"somebody stands close":             {[]looks{{3, walking}, {300, hidden}}, 0},
		"somebody walks by, close":          {[]looks{{300, walking}}, 0},
		"some of it is left":                {[]looks{{4, elsewhere}, {2, partly}, {4, elsewhere}, {2, partly}}, 0},
		"at one look only":                  {[]looks{{4, elsewhere}, {1, partly}, {4, elsewhere}}, 6},
		"another place":                     {[]looks{{1, clear}, {9, elsewhere}}, 6},
		"another place, in which all moves": {[]looks{{1, clear}, {50, walking}}, 0},
		"another place, by the eye":         {[]looks{{1, clear}, {9, agreed}}, 6},
		"dark, and light again":             {[]looks{{10, night}, {9, clear}}, 0},
		"a cover, and another place":        {[]looks{{1, clear}, {4, bare}, {9, hidden}}, 7},
		"the same, in the dark":             {[]looks{{1, clear}, {4, night}, {9, walking}}, 7},
		"and it is slowly lifted":           {[]looks{{4, bare}, {1, walking}, {1, bare}, {2, walking}}, 8},
		"a cover, and the same place":       {[]looks{{4, bare}, {1, walking}, {1, clear}, {9, hidden}}, 0},
		"found again by half":               {[]looks{{4, bare}, {1, hidden}, {1, fairly}, {9, hidden}}, 0},
		"by less":                           {[]looks{{4, bare}, {1, hidden}, {1, weakly}, {2, hidden}}, 8},
		"covered":                           {[]looks{{100, bare}}, 27},
	} {
		t.Run(name, func(t *testing.T) {
			var a absence
			n, doubt := 0, 0
			for _, l := range c.course {
				for range l.n {
					n++
					if a.note(pace, l.s) && doubt == 0 {
						doubt = n
					}
				}
			}
			if doubt != c.at {
				t.Errorf("a doubt at look %d instead of %d", doubt, c.at)
			}
		})
	}
}

// What makes a doubt lasts until the reference is found.
func TestDoubtOfAbsence(t *testing.T) {
	var d doubts
	at := time.Hour
	look := func(s sighting, state State) bool {
		at += pace
		d.note(at, s, state)
		return d.any()
	}
	clear, bare := sighting{verdict: stands, clear: true}, sighting{verdict: lost, bare: true}
	left := sighting{verdict: lost, left: true, peak: 4}
	look(clear, Stands)
	look(bare, Hidden)
	look(sighting{verdict: lost}, Hidden)
	if !look(sighting{verdict: lost}, Hidden) {
		t.Fatal("no doubt once the cover is lifted")
	}
	for range 20 {
		if !look(left, Hidden) {
			t.Fatal("it ends when something like it is seen")
		}
	}
	if look(clear, Stands) {
		t.Error("it does not end when the reference is found")
	}
}
