package shadow

import "testing"

// box is a body of cols x rows cells whose first is col, row, of which light cannot explain so many points in a hundred.
func box(col, row, cols, rows int, sure int32) body {
	b := body{sum: 100, sure: sure}
	for r := row; r < row+rows; r++ {
		for c := col; c < col+cols; c++ {
			b.m.set(r, c)
		}
	}
	return b
}

// Somebody who goes on from the zone leaves the cells where he came in; what light does stays there, is small, or is
// no more than light.
func TestPasses(t *testing.T) {
	start := box(8, 2, 2, 5, 80).m
	for _, c := range []struct {
		name string
		now  body
		near bool // it was mostly near the zone first
		want bool
	}{
		{"he walks on", box(5, 2, 2, 5, 60), true, true},
		{"he comes nearer", box(5, 1, 4, 7, 60), true, true},
		{"he is seen late, and walks on", box(5, 2, 2, 5, 60), false, true},
		{"a glow stays where it came", box(7, 2, 3, 5, 60), true, false},
		{"one that was at once everywhere", box(6, 2, 3, 5, 60), false, false},
		{"a patch of light wanders in", box(5, 2, 2, 5, 20), false, false},
		{"something small", box(5, 4, 2, 2, 90), true, false},
	} {
		if got := c.now.passes(&start, c.near); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// Somebody who walks is about as large from look to look, and not far from where he was.
func TestFollows(t *testing.T) {
	before := box(5, 2, 2, 5, 0).m
	for _, c := range []struct {
		name string
		now  body
		want bool
	}{
		{"he stands", box(5, 2, 2, 5, 0), true},
		{"he has gone on by a cell", box(6, 2, 2, 5, 0), true},
		{"he comes nearer", box(5, 1, 3, 6, 0), true},
		{"another one", box(8, 2, 2, 5, 0), false},
		{"half the room", box(3, 0, 6, 9, 0), false},
		{"a bit of it", box(5, 2, 2, 2, 0), false},
	} {
		if got := c.now.follows(&before); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if b := box(5, 2, 2, 5, 0); b.follows(&mask{}) {
		t.Error("it follows on nothing")
	}
}
