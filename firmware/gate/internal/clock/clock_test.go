package clock

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// step is one reading: both clocks as minutes and seconds since the start, and what is
// expected of it.
type step struct {
	what   string
	mono   time.Duration
	wall   time.Duration // since noon
	sure   bool
	jumped bool
}

func TestStories(t *testing.T) {
	const s, m, h = time.Second, time.Minute, time.Hour
	for _, story := range []struct {
		name  string
		floor time.Duration
		start time.Duration // what the clock says when the gate starts
		steps []step
	}{
		{"an ordinary day", -h, 0, []step{
			{"starts", 0, 0, true, false},
			{"drifts a little", h, h + s, true, false},
			{"is slewed back a little", 2 * h, 2*h - s, true, false},
		}},
		{"set back an hour", -h, 0, []step{
			{"before", 10 * m, 10 * m, true, false},
			{"set back", 11 * m, 11*m - h, false, true},
			{"goes on", 30 * m, 30*m - h, false, false},
			{"nearly an hour later", 70 * m, 10 * m, false, false},
			{"passes the moment at which it was set back", 71*m + s, 11*m + s, true, false},
			{"goes on", 80 * m, 20 * m, true, false},
		}},
		{"set back and put right", -h, 0, []step{
			{"set back", m, m - h, false, true},
			{"put right", 2 * m, 2 * m, true, false},
		}},
		{"no battery: the floor is from yesterday's journal, network time comes a minute later", 0, -500 * 24 * h, []step{
			{"before the floor", 0, -500 * 24 * h, false, false},
			{"still", m, -500*24*h + m, false, false},
			{"set right", m + s, 20 * h, false, true},
			{"stands", 2*m + 2*s, 20*h + m + s, true, false},
		}},
		{"corrected forward by four minutes", -h, 0, []step{
			{"before", m, m, true, false},
			{"corrected", 2 * m, 6 * m, true, true},
			{"goes on", 3 * m, 7 * m, true, false},
		}},
		{"walked back in steps too small to notice", -h, 0, []step{
			{"a second", s, 0, true, false},
			{"another", 2 * s, -s, true, false},
			{"another", 3 * s, -2 * s, true, false},
			{"enough", 4 * s, -3 * s, false, true},
		}},
		{"ten years ahead for a moment", -h, 0, []step{
			{"leaps", m, 87600 * h, false, true},
			{"back", m + s, m + s, true, false},
		}},
		{"leaps again while it has to prove itself", -h, 0, []step{
			{"leaps", m, 10 * h, false, true},
			{"leaps again", m + 30*s, 20 * h, false, true},
			{"a minute after the first leap", 2*m + 10*s, 20*h + 40*s, false, false},
			{"a minute after the second", 2*m + 31*s, 20*h + 61*s, true, false},
		}},
	} {
		t.Run(story.name, func(t *testing.T) {
			c := New(noon.Add(story.floor), noon.Add(story.start), 0)
			last := time.Time{}
			for _, st := range story.steps {
				r := c.Read(noon.Add(st.wall), st.mono)
				if r.Sure != st.sure || r.Jumped != st.jumped {
					t.Errorf("%s: sure %v, jumped %v; want %v, %v", st.what, r.Sure, r.Jumped, st.sure, st.jumped)
				}
				if r.Stamp.Before(last) {
					t.Errorf("%s: the stamp ran back from %v to %v", st.what, last, r.Stamp)
				}
				last = r.Stamp
			}
		})
	}
}

// While the clock is behind, a window goes on to its end, by the monotonic clock.
func TestWindowsEndWhileUnsure(t *testing.T) {
	c := New(noon, noon, 0)
	c.Read(noon.Add(-time.Hour), time.Second)
	r := c.Read(noon.Add(-time.Hour+10*time.Minute), 10*time.Minute)
	if want := noon.Add(10 * time.Minute); r.Sure || !r.Now.Equal(want) {
		t.Errorf("now %v, sure %v; want %v, false", r.Now, r.Sure, want)
	}
	if want := noon.Add(time.Second); !r.Stamp.Equal(want) {
		t.Errorf("stamp %v, want %v: the moment at which it was set back", r.Stamp, want)
	}
}

// Whatever the clock does: the stamp never runs back, and nobody is let in by a time
// before a stamp already given.
func TestNeverBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		floor := noon.Add(time.Duration(rapid.Int64Range(-1e6, 1e6).Draw(t, "floor")) * time.Second)
		c := New(floor, noon, 0)
		mono, wall, last := time.Duration(0), noon, floor
		for range rapid.IntRange(1, 50).Draw(t, "steps") {
			d := time.Duration(rapid.Int64Range(0, int64(2*time.Hour)).Draw(t, "passes"))
			mono, wall = mono+d, wall.Add(d)
			for _, by := range []time.Duration{3 * time.Hour, 3 * time.Second} {
				if rapid.Bool().Draw(t, "is set") {
					wall = wall.Add(time.Duration(rapid.Int64Range(-int64(by), int64(by)).Draw(t, "by")))
				}
			}
			r := c.Read(wall, mono)
			if r.Stamp.Before(last) {
				t.Fatalf("stamp ran back from %v to %v", last, r.Stamp)
			}
			if r.Sure && r.Now.Before(last.Add(-Tolerance)) {
				t.Fatalf("sure of %v after a stamp of %v", r.Now, last)
			}
			last = r.Stamp
		}
	})
}
