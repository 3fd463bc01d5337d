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
	loose  bool // the kernel does not say that the clock is synchronised
}

func at(wall time.Time, mono time.Duration, synced bool) Clocks { return Clocks{wall, mono, synced} }

func TestStories(t *testing.T) {
	const s, m, h = time.Second, time.Minute, time.Hour
	for _, story := range []struct {
		name  string
		floor time.Duration
		start time.Duration // what the clock says when the gate starts
		steps []step
	}{
		{"an ordinary day", -h, 0, []step{
			{"starts", 0, 0, true, false, false},
			{"drifts a little", h, h + s, true, false, false},
			{"is slewed back a little", 2 * h, 2*h - s, true, false, false},
		}},
		{"set back an hour", -h, 0, []step{
			{"before", 10 * m, 10 * m, true, false, false},
			{"set back", 11 * m, 11*m - h, false, true, false},
			{"goes on", 30 * m, 30*m - h, false, false, false},
			{"nearly an hour later", 70 * m, 10 * m, false, false, false},
			{"passes the moment at which it was set back", 71*m + s, 11*m + s, true, false, false},
			{"goes on", 80 * m, 20 * m, true, false, false},
		}},
		{"set back and put right", -h, 0, []step{
			{"set back", m, m - h, false, true, false},
			{"put right", 2 * m, 2 * m, true, false, false},
		}},
		{"no battery: the floor is from yesterday's journal, network time comes a minute later", 0, -500 * 24 * h, []step{
			{"before the floor", 0, -500 * 24 * h, false, false, false},
			{"still", m, -500*24*h + m, false, false, false},
			{"set right", m + s, 20 * h, false, true, false},
			{"stands", 2*m + 2*s, 20*h + m + s, true, false, false},
		}},
		{"corrected forward by four minutes", -h, 0, []step{
			{"before", m, m, true, false, false},
			{"corrected", 2 * m, 6 * m, true, true, false},
			{"goes on", 3 * m, 7 * m, true, false, false},
		}},
		{"walked back in steps too small to notice", -h, 0, []step{
			{"a second", s, 0, true, false, false},
			{"another", 2 * s, -s, true, false, false},
			{"another", 3 * s, -2 * s, true, false, false},
			{"enough", 4 * s, -3 * s, false, true, false},
		}},
		{"ten years ahead for a moment", -h, 0, []step{
			{"leaps", m, 87600 * h, false, true, false},
			{"back", m + s, m + s, true, false, false},
		}},
		{"leaps again while it has to prove itself", -h, 0, []step{
			{"leaps", m, 10 * h, false, true, false},
			{"leaps again", m + 30*s, 20 * h, false, true, false},
			{"a minute after the first leap", 2*m + 10*s, 20*h + 40*s, false, false, false},
			{"a minute after the second", 2*m + 31*s, 20*h + 61*s, true, false, false},
		}},
		{"no battery, no network: from 1970 on, and then the network comes", 0, -20605 * 24 * h, []step{
			{"1970", s, -20605*24*h + s, false, false, true},
			{"a day later", 24 * h, -20604 * 24 * h, false, false, true},
			{"set right, and not yet called synchronised", 24*h + s, 30 * h, false, true, true},
			{"synchronised", 24*h + 2*s, 30*h + s, true, false, false},
			{"the network is gone for a month, and nobody calls it synchronised", 744 * h, 750 * h, true, false, true},
		}},
		{"no battery, and the clock goes on where the image was built, before the floor", 0, -90 * 24 * h, []step{
			{"starts", s, -90*24*h + s, false, false, true},
			{"synchronised with somebody who is as wrong", m, -90*24*h + m, false, false, false},
			{"set right", 2 * m, 40 * h, false, true, false},
			{"stands", 3*m + s, 40*h + m + s, true, false, false},
		}},
		{"no battery, and the clock goes on where it was when the power went", 0, 0, []step{
			{"agrees with the journal, which proves nothing", s, s, false, false, true},
			{"an hour later", h, h, false, false, true},
			{"set right", h + s, 9 * h, true, true, false},
		}},
		{"no network: the clock on its own battery is right, and nobody says so", -8 * h, 0, []step{
			{"starts", s, s, false, false, true},
			{"goes on", h, h, false, false, true},
			{"synchronised, and was right all along", h + s, h + s, true, false, false},
		}},
		{"no network: the clock on its own battery is ten years ahead", -8 * h, 87600 * h, []step{
			{"starts", s, 87600*h + s, false, false, true},
			{"goes on", h, 87601 * h, false, false, true},
			{"set right: it cost nothing", h + s, h + s, true, true, false},
		}},
		{"set by hand while nothing calls it synchronised", -h, 0, []step{
			{"before", s, s, true, false, false},
			{"four minutes on", m, 5 * m, false, true, true},
			{"stands, and nobody calls it synchronised", 10 * m, 14 * m, false, false, true},
			{"is called synchronised", 11 * m, 15 * m, true, false, false},
		}},
		{"set back by hand and called synchronised only later", -h, 0, []step{
			{"before", s, s, true, false, false},
			{"set back two minutes", m, -m, false, true, true},
			{"has passed the moment, and nobody calls it synchronised", 4 * m, 2 * m, false, false, true},
			{"is called synchronised", 4*m + s, 2*m + s, true, false, false},
		}},
		{"the floor is ten minutes ahead, by a clock that was wrong once", 10 * m, 0, []step{
			{"starts", s, s, false, false, false},
			{"not yet", 9 * m, 9 * m, false, false, false},
			{"passes the floor", 10*m + s, 10*m + s, true, false, false},
		}},
		{"nine years ahead for an hour, by somebody who forges the network's time", -h, 0, []step{
			{"before", s, s, true, false, false},
			{"leaps", m, 9*8760*h + m, false, true, false},
			{"stands for an hour", h, 9*8760*h + h, false, false, false},
			{"nobody forges it any more", h + s, h + s, true, false, false},
		}},
		{"a day ahead, in leaps that are each believed", -h, 0, []step{
			{"twenty hours", m, 20*h + m, false, true, false},
			{"stand", 3 * m, 20*h + 3*m, true, false, false},
			{"four minutes are believed at once", 4 * m, 20*h + 8*m, true, true, false},
			{"four hours more", 5 * m, 24*h + 5*m + s, false, true, false},
			{"stand, and are too much", h, 25*h + s, false, false, false},
			{"still", 100 * h, 124*h + s, false, false, false},
			{"a second less", 100*h + s, 124*h + s, true, false, false},
		}},
		// Clocks of people go forward and back in these nights, a device's does not.
		{"the night in which daylight saving ends in Europe", -h, 12*h + 147*24*h, []step{
			{"00:59 UTC", s, 12*h + 147*24*h + s, true, false, false},
			{"01:01 UTC", 2 * m, 12*h + 147*24*h + 2*m, true, false, false},
		}},
		{"somebody sets the clock to local time and back", -h, 0, []step{
			{"before", s, s, true, false, false},
			{"local time", m, 2*h + m, false, true, false},
			{"and back, within the minute", m + 30*s, m + 30*s, true, false, false},
		}},
	} {
		t.Run(story.name, func(t *testing.T) {
			c := New(noon.Add(story.floor), Anchor{}, "", at(noon.Add(story.start), 0, !story.steps[0].loose))
			last := time.Time{}
			for _, st := range story.steps {
				r := c.Read(at(noon.Add(st.wall), st.mono, !st.loose))
				if r.Sure != st.sure || r.Jumped != st.jumped {
					t.Errorf("%s: sure %v, jumped %v; want %v, %v", st.what, r.Sure, r.Jumped, st.sure, st.jumped)
				}
				if r.Stamp.Before(last) {
					t.Errorf("%s: the stamp ran back from %v to %v", st.what, last, r.Stamp)
				}
				if counted := noon.Add(story.floor + st.mono); !r.Known && (r.Sure || r.Now.After(counted) || r.Stamp.After(counted)) {
					t.Errorf("%s: %+v, and nobody has confirmed more than %v", st.what, r, counted)
				}
				last = r.Stamp
			}
		})
	}
}

// While the clock is behind, a window goes on to its end, by the monotonic clock.
func TestWindowsEndWhileUnsure(t *testing.T) {
	c := New(noon, Anchor{}, "", at(noon, 0, true))
	c.Read(at(noon, 0, true))
	c.Read(at(noon.Add(-time.Hour), time.Second, true))
	r := c.Read(at(noon.Add(-time.Hour+10*time.Minute), 10*time.Minute, true))
	if want := noon.Add(10 * time.Minute); r.Sure || !r.Now.Equal(want) {
		t.Errorf("now %v, sure %v; want %v, false", r.Now, r.Sure, want)
	}
	if want := noon.Add(time.Second); !r.Stamp.Equal(want) {
		t.Errorf("stamp %v, want %v: the moment at which it was set back", r.Stamp, want)
	}
}

// Somebody who may sign for the door says what time it is.
func TestTold(t *testing.T) {
	const m, h = time.Minute, time.Hour
	for name, c := range map[string]struct {
		floor, wall time.Duration // since noon, at the start; nobody calls the clock synchronised
		word        time.Duration // a minute later
		taken       bool
		now         time.Duration // an hour after the start, by the gate
	}{
		"the clock is right":                       {-8 * h, 0, m + 10*time.Second, true, h},
		"a dead battery":                           {-8 * h, -1000 * h, m, true, h},
		"a clock that is ahead":                    {-8 * h, 1000 * h, m, true, h},
		"before the floor":                         {0, 0, -8 * h, false, h},
		"a little before the floor, as a phone is": {0, -1000 * h, m - 20*time.Second, true, h},
	} {
		t.Run(name, func(t *testing.T) {
			k := New(noon.Add(c.floor), Anchor{}, "", at(noon.Add(c.wall), 0, false))
			if r := k.Read(at(noon.Add(c.wall+m), m, false)); r.Sure || r.Known {
				t.Fatalf("before the word: %+v", r)
			}
			if got := k.Tell(noon.Add(c.word), at(noon.Add(c.wall+m), m, false)); got != c.taken {
				t.Fatalf("taken: %v", got)
			}
			r := k.Read(at(noon.Add(c.wall+h), h, false))
			if r.Sure != c.taken || r.Known != c.taken {
				t.Fatalf("after the word: %+v", r)
			}
			if off := r.Now.Sub(noon.Add(c.now)); c.taken && off.Abs() > Agree {
				t.Errorf("it is %v, off by %v", r.Now, off)
			}
			if !c.taken {
				return
			}
			// Then the network comes, and is wrong: who signs for the door outranks it.
			if r := k.Read(at(noon.Add(100*h), h+m, true)); r.Sure && r.Now.Sub(noon.Add(h+m)).Abs() > Agree {
				t.Errorf("the network's word was taken: %+v", r)
			}
		})
	}
}

// A gate that was killed knows the time again at once; a machine that was started anew does
// not, and a clock that was set meanwhile is found out.
func TestAnchor(t *testing.T) {
	const h = time.Hour
	k := New(noon, Anchor{}, "", at(noon.Add(h), h, true))
	k.Read(at(noon.Add(2*h), 2*h, true))
	a := k.Anchor("this boot")
	for name, c := range map[string]struct {
		a     Anchor
		wall  time.Duration
		mono  time.Duration
		sure  bool
		now   time.Duration
		floor time.Duration
	}{
		"the same boot, no network":      {a, 3 * h, 3 * h, true, 3 * h, 2 * h},
		"the clock was set meanwhile":    {a, 30 * h, 3 * h, true, 3 * h, 2 * h},
		"another boot":                   {Anchor{"another", a.Wall, a.Mono}, 3 * h, 3 * h, false, 2 * h, 2 * h},
		"another boot of no name":        {Anchor{"", a.Wall, a.Mono}, 3 * h, 3 * h, false, 2 * h, 2 * h},
		"from a later moment":            {a, 3 * h, h, false, 2 * h, 2 * h},
		"before the journal's last word": {a, 3 * h, 3 * h, false, 9 * h, 9 * h},
	} {
		t.Run(name, func(t *testing.T) {
			k := New(noon.Add(c.floor), c.a, "this boot", at(noon.Add(c.wall), c.mono, false))
			r := k.Read(at(noon.Add(c.wall), c.mono, false))
			if r.Sure != c.sure || r.Known != c.sure || !r.Now.Equal(noon.Add(c.now)) {
				t.Errorf("%+v", r)
			}
		})
	}
	if a := New(noon, Anchor{}, "", at(noon.Add(h), h, false)).Anchor("this boot"); a != (Anchor{}) {
		t.Errorf("a time that nobody has confirmed is written down: %+v", a)
	}
}

// Whatever the clock does, and whoever calls it synchronised: the stamp never runs back,
// nobody is let in by a time before a stamp already given, nor by one that nobody confirmed.
func TestNeverBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		floor := noon.Add(time.Duration(rapid.Int64Range(-1e6, 1e6).Draw(t, "floor")) * time.Second)
		synced := rapid.Bool().Draw(t, "synchronised")
		confirmed := synced
		c := New(floor, Anchor{}, "", at(noon, 0, synced))
		mono, wall, last := time.Duration(0), noon, floor
		for range rapid.IntRange(1, 50).Draw(t, "steps") {
			d := time.Duration(rapid.Int64Range(0, int64(2*time.Hour)).Draw(t, "passes"))
			mono, wall = mono+d, wall.Add(d)
			for _, by := range []time.Duration{3 * time.Hour, 3 * time.Second} {
				if rapid.Bool().Draw(t, "is set") {
					wall = wall.Add(time.Duration(rapid.Int64Range(-int64(by), int64(by)).Draw(t, "by")))
				}
			}
			synced = rapid.Bool().Draw(t, "synchronised")
			confirmed = confirmed || synced
			if rapid.IntRange(0, 9).Draw(t, "told") == 0 {
				word := wall.Add(time.Duration(rapid.Int64Range(-int64(time.Hour), int64(time.Hour)).Draw(t, "word")))
				confirmed = c.Tell(word, at(wall, mono, synced)) || confirmed
			}
			r := c.Read(at(wall, mono, synced))
			if r.Stamp.Before(last) {
				t.Fatalf("stamp ran back from %v to %v", last, r.Stamp)
			}
			if r.Sure && r.Now.Before(last.Add(-Tolerance)) {
				t.Fatalf("sure of %v after a stamp of %v", r.Now, last)
			}
			if r.Sure && (!confirmed || !r.Known) {
				t.Fatalf("sure of %v, which nobody has confirmed", r.Now)
			}
			last = r.Stamp
		}
	})
}

// A clock that leapt by more than is plausible is believed when somebody who signs for the door says the same; and
// neither of the two alone.
func TestTwoHaveToAgree(t *testing.T) {
	const m, h, years = time.Minute, time.Hour, 9 * 8760 * time.Hour
	for name, c := range map[string]struct {
		wall, word time.Duration // since noon, at the start; the word comes after an hour
		taken      bool
		now        time.Duration // by the gate, an hour later
	}{
		"the phone is years ahead":                            {0, years, false, 2 * h},
		"the phone is a day ahead, and it may be":             {-h, 20 * h, true, 22 * h},
		"the clock is years ahead, the phone is right":        {years, 0, true, 2 * h},
		"both are years ahead, of two different times":        {years, years + h, false, 2 * h},
		"both say that years have passed":                     {years, years, true, years + 2*h},
		"both say that years have passed, or nearly the same": {years, years + Agree, true, years + 2*h},
	} {
		t.Run(name, func(t *testing.T) {
			k := New(noon.Add(-h), Anchor{}, "boot", at(noon, 0, true))
			for _, k := range map[string]*Clock{"at once": k, "after a restart": New(noon.Add(-h), k.Anchor("boot"), "boot", at(noon, 0, true))} {
				k.Read(at(noon.Add(c.wall), 0, true))
				k.Read(at(noon.Add(c.wall+h), h, true))
				if got := k.Tell(noon.Add(c.word+h), at(noon.Add(c.wall+h), h, true)); got != c.taken {
					t.Fatalf("taken: %v", got)
				}
				r := k.Read(at(noon.Add(c.wall+2*h), 2*h, true))
				if off := r.Now.Sub(noon.Add(c.now)); off.Abs() > m {
					t.Errorf("it is %v, off by %v", r.Now, off)
				}
			}
		})
	}
}

// Whatever the network says, and however it goes about it: the floor that is written down is never further ahead
// than is plausible.
func TestTheFloorStaysPlausible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := New(noon.Add(-time.Hour), Anchor{}, "", at(noon, 0, true))
		mono, wall := time.Duration(0), noon
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			d := time.Duration(rapid.Int64Range(0, int64(2*time.Minute)).Draw(t, "passes"))
			mono, wall = mono+d, wall.Add(d)
			by := rapid.SampledFrom([]time.Duration{0, Tolerance, Believe, time.Hour, 23 * time.Hour, 87600 * time.Hour}).Draw(t, "at most")
			wall = wall.Add(time.Duration(rapid.Int64Range(-int64(by)/4, int64(by)).Draw(t, "by")))
			if r := c.Read(at(wall, mono, true)); r.Stamp.Sub(noon) > mono+Plausible {
				t.Fatalf("a floor of %v after %v", r.Stamp, mono)
			}
		}
	})
}
