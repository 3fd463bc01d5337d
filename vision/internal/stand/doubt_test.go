package stand

import (
	"testing"
	"time"
)

func TestDoubts(t *testing.T) {
	clear := sighting{verdict: stands, clear: true, calm: true}
	fairly := sighting{verdict: stands, peak: fair}
	weakly := sighting{verdict: stands, peak: standsOut}
	night, gone := sighting{verdict: dark}, sighting{verdict: lost}
	type looks struct {
		n     int
		s     sighting
		state State
		doubt bool // after each of them
	}
	for name, course := range map[string][]looks{
		"not found":                     {{50, gone, Unknown, true}, {50, night, Dark, true}, {50, weakly, Stands, true}},
		"found":                         {{1, clear, Stands, false}, {100, gone, Hidden, false}},
		"found fairly":                  {{2, fairly, Stands, true}, {100, fairly, Stands, false}},
		"not in a row":                  {{2, fairly, Stands, true}, {1, night, Dark, true}, {2, fairly, Stands, true}},
		"not while it is taken to move": {{9, clear, Moved, true}},
		"dark at a stroke":              {{20, clear, Stands, false}, {20, night, Dark, true}, {20, gone, Hidden, true}, {2, fairly, Stands, true}, {1, fairly, Stands, false}},
		"dark after a blurred look":     {{20, clear, Stands, false}, {3, gone, Hidden, false}, {20, night, Dark, true}, {1, clear, Stands, false}},
		"dusk":                          {{20, clear, Stands, false}, {5, fairly, Stands, false}, {26, night, Dark, false}, {20, night, Dark, true}},
		"dusk, and seen in between":     {{20, clear, Stands, false}, {5, fairly, Stands, false}, {25, night, Dark, false}, {3, fairly, Stands, false}, {25, night, Dark, false}},
		"dusk, and noise":               {{20, clear, Stands, false}, {5, fairly, Stands, false}, {20, night, Dark, false}, {2, fairly, Stands, false}, {6, night, Dark, false}, {1, night, Dark, true}},
	} {
		t.Run(name, func(t *testing.T) {
			var d doubts
			at := time.Hour
			for i, l := range course {
				for n := range l.n {
					at += pace
					if d.note(at, l.s, l.state); d.any() != l.doubt {
						t.Fatalf("step %d, look %d: doubt is %v", i, n, d.any())
					}
				}
			}
		})
	}
}
