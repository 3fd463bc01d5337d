package contact

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestFilter(t *testing.T) {
	const ms = time.Millisecond
	type reading struct {
		at   time.Duration
		raw  State
		want State // what the filter says afterwards
	}
	for name, story := range map[string][]reading{
		"unknown until it has held still": {
			{0, Closed, Unknown}, {19 * ms, Closed, Unknown}, {20 * ms, Closed, Closed},
		},
		"a bounce is no change": {
			{0, Closed, Unknown}, {20 * ms, Closed, Closed},
			{30 * ms, Open, Closed}, {32 * ms, Closed, Closed}, {60 * ms, Closed, Closed},
		},
		"a change bounces and settles": {
			{0, Closed, Unknown}, {20 * ms, Closed, Closed},
			{30 * ms, Open, Closed}, {31 * ms, Closed, Closed}, {32 * ms, Open, Closed},
			{51 * ms, Open, Closed}, {52 * ms, Open, Open},
		},
		"a failed reading is believed at once": {
			{0, Closed, Unknown}, {20 * ms, Closed, Closed}, {21 * ms, Unknown, Unknown},
			{22 * ms, Closed, Unknown}, {41 * ms, Closed, Unknown}, {42 * ms, Closed, Closed},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := filter{quiet: 20 * ms, patience: time.Second}
			start := time.Unix(1e9, 0)
			for _, r := range story {
				f.step(r.raw, false, start.Add(r.at))
				if f.state != r.want {
					t.Fatalf("at %v after reading %v: %v, want %v", r.at, r.raw, f.state, r.want)
				}
			}
		})
	}
}

// A contact that chatters in step with the readings always reads the same; its edges tell.
func TestFilterSeesChatterBetweenReadings(t *testing.T) {
	f := filter{quiet: 20 * time.Millisecond, patience: time.Second}
	now := time.Unix(1e9, 0)
	f.step(Closed, false, now)
	f.step(Closed, false, now.Add(20*time.Millisecond))
	now = now.Add(time.Second)
	for d := time.Duration(0); d < 2*time.Second; d += 8 * time.Millisecond {
		f.step(Closed, true, now.Add(d))
		if want := d < time.Second; (f.state == Closed) != want || !want && f.state != Unknown {
			t.Fatalf("after %v of chatter: %v", d, f.state)
		}
	}
	now = now.Add(2 * time.Second)
	f.step(Closed, false, now)
	f.step(Closed, false, now.Add(20*time.Millisecond))
	if f.state != Closed {
		t.Errorf("after it: %v", f.state)
	}
	// One bounce, over before it was read, is no change.
	f.step(Closed, true, now.Add(time.Second))
	if f.state != Closed {
		t.Errorf("after a bounce: %v", f.state)
	}
}

func TestFilterGivesUpOnAChatteringContact(t *testing.T) {
	f := filter{quiet: 20 * time.Millisecond, patience: time.Second}
	now := time.Unix(1e9, 0)
	f.step(Closed, false, now)
	now = now.Add(20 * time.Millisecond)
	f.step(Closed, false, now)
	raw := Closed
	var gaveUp time.Duration
	for d := time.Duration(0); d < 3*time.Second; d += 7 * time.Millisecond {
		raw = Open + Closed - raw
		f.step(raw, false, now.Add(d))
		if f.state == Unknown && gaveUp == 0 {
			gaveUp = d
		}
		if f.state == Open {
			t.Fatal("a chattering contact was believed")
		}
	}
	if gaveUp < time.Second || gaveUp > 1100*time.Millisecond {
		t.Errorf("gave up after %v, want about 1 s", gaveUp)
	}
	now = now.Add(4 * time.Second)
	f.step(Closed, false, now)
	f.step(Closed, false, now.Add(20*time.Millisecond))
	if f.state != Closed {
		t.Errorf("after it came to rest: %v, want closed", f.state)
	}
}

// Whatever is read: the filter only says open or closed after that has been read for the quiet time,
// and it asks to be woken while it has not decided.
func TestFilterProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := filter{quiet: 20 * time.Millisecond, patience: time.Second}
		now := time.Unix(1e9, 0)
		last, since := Unknown, now
		for range rapid.IntRange(1, 200).Draw(t, "readings") {
			now = now.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "ms")) * time.Millisecond)
			raw := State(rapid.IntRange(0, 2).Draw(t, "raw"))
			if raw != last {
				last, since = raw, now
			}
			before := f.state
			changed := f.step(raw, false, now)
			if changed != (before != f.state) {
				t.Fatalf("step said %v, but %v became %v", changed, before, f.state)
			}
			if changed && f.state != Unknown && (f.state != raw || now.Sub(since) < f.quiet) {
				t.Fatalf("%v believed after %v of %v", f.state, now.Sub(since), raw)
			}
			if raw != Unknown && raw != f.state && f.next(now) <= 0 {
				t.Fatal("undecided, but does not want to be asked again")
			}
		}
	})
}
