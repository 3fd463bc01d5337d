package stand

import (
	"strings"
	"testing"
	"time"
)

// looks writes what one look after another says: S stands clearly, 7 and 5 stands out by so many deviations,
// = does by 5 in a picture that is the one before, D shifted as before, d shifted elsewhere, L lost in a picture that is still, l in one that moves, N dark; X lost
// at a stroke, q in a picture that is mostly quiet, Y dark at one, B lost with what was there before the stroke back, r and R lost, R at a stroke, with
// something of the reference left.
// A capital M in states is Moved, s Stands, h Hidden, n Dark, u Unknown: what is known after each.
func TestCourse(t *testing.T) {
	of := map[rune]sighting{
		'S': {verdict: stands, clear: true, still: true, calm: true}, 's': {verdict: stands, clear: true},
		'7': {verdict: stands, peak: 7, still: true, calm: true}, '5': {verdict: stands, peak: 5, still: true},
		'D': {verdict: shifted, agrees: true, still: true}, 'd': {verdict: shifted},
		'L': {verdict: lost, still: true}, 'l': {verdict: lost}, 'N': {verdict: dark},
		'X': {verdict: lost, struck: true}, 'q': {verdict: lost, quiet: true}, 'Y': {verdict: dark, struck: true}, 'B': {verdict: lost, back: true},
		'r': {verdict: lost, left: true}, 'R': {verdict: lost, struck: true, left: true}, '=': {verdict: stands, peak: 5, same: true},
	}
	names := map[State]rune{Unknown: 'u', Stands: 's', Hidden: 'h', Dark: 'n', Moved: 'M'}
	for _, c := range []struct{ name, looks, states string }{
		{"a bump that is seen", "SSSdDD", "sssssM"},
		{"one that swings for a moment", "SSSddDD", "ssssssM"},
		{"a wrong look or two", "SSSdDSdDSS", "ssssssssss"},
		{"three that do not agree", "SSSdddd", "sssssss"},
		{"one found in between does not count", "SS7d5D7D", "ssssssss"},
		{"gone at a stroke, and still", "SSSlLL", "ssshhM"},
		{"the same, swinging", "SSSlllLL", "ssshhhhM"},
		{"gone at a stroke, and moving", "SSSlllllLLLLLLL", "sss" + strings.Repeat("h", 12)},
		{"gone by and by", "SS7755LLLLLLLLLLL", "ssssss" + strings.Repeat("h", 11)},
		{"somebody walked there before it was gone", "SSsslLLLLLLL", "ssss" + strings.Repeat("h", 8)},
		{"found by half after a stroke is not believed", "SSSl5LL", "ssshhMM"},
		{"found by half is believed later", "SSSllllllllll5", "sss" + strings.Repeat("h", 10) + "s"},
		{"gone at a stroke, whatever moves", "SS7Xql", "ssshhM"},
		{"and goes on moving", "SS7Xlllll", "ssshhhhhh"},
		{"at a stroke, from where it was hidden", "SS7llllXlq", "ssshhhhhhM"},
		{"at a stroke, and found again", "SS7XqSSSS", "ssshhssss"},
		{"a bad picture while it is hidden", "SS7llXBqqqq", "ssshhhhhhhh"},
		{"a door flung open", "SSSRrrqqqqqq", "ssshhhhhhhhh"},
		{"a door flung open, which is seen a look later", "SSSXrrqqqqqq", "ssshhhhhhhhh"},
		{"the light goes at a stroke", "SSSYNNNNqqqq", "sssnnnnnhhhh"},
		{"at a stroke, before it was ever found", "XqqS", "uuus"},
		{"less of it in a picture that has not changed", "SSS==5=", "sssssss"},
		{"dark is neither", "SSSNNNNNNNNNNNNNS", "sss" + strings.Repeat("n", 13) + "s"},
		{"dark, and nothing to be seen after it", "SSNNNNNNNNNNNLLLLL", "ss" + strings.Repeat("n", 11) + "hhhhh"},
		{"never found", "LLLLLLLL", "uuuuuMMM"},
		{"found late", "LLL5S", "uuuss"},
		{"dark from the beginning", "NNNNNNNNNNNNS", strings.Repeat("n", 12) + "s"},
		{"back for a second", "SSSdDDSSSSSS", "sssssMMMMMMs"},
		{"back, but not steadily", "SSSdDDSSSLSSSNSSSSSS", "sssssMMMMMMMMMMMMMMs"},
		{"back by half is not back", "SSSdDD55555555", "sssssMMMMMMMMM"},
		{"back by more", "SSSdDD777777", "sssssMMMMMMs"},
	} {
		var got strings.Builder
		var co course
		for i, l := range c.looks {
			s, ok := of[l]
			if !ok {
				t.Fatalf("%s: %c", c.name, l)
			}
			co.step(time.Duration(i)*200*time.Millisecond, s)
			got.WriteRune(names[co.state])
		}
		want := c.states + strings.Repeat("M", max(len(c.looks)-len(c.states), 0))
		if got.String() != want {
			t.Errorf("%s: %s gives\n%s instead of\n%s", c.name, c.looks, got.String(), want)
		}
	}
}

// A reference that something hides is not doubted for half a minute, and is after a while.
func TestCourseOfDoubt(t *testing.T) {
	var co course
	co.step(0, sighting{verdict: stands, peak: 7, still: true})
	at := time.Duration(0)
	for co.state != Moved {
		at += 200 * time.Millisecond
		co.step(at, sighting{verdict: lost, still: true})
	}
	if at < 40*time.Second || at > time.Minute {
		t.Errorf("it was doubted after %v", at)
	}
}

// Time in which nobody looked is no doubt.
func TestCourseOverAPause(t *testing.T) {
	var co course
	co.step(0, sighting{verdict: stands, peak: 7, still: true})
	co.step(time.Second, sighting{verdict: lost})
	co.step(time.Hour, sighting{verdict: lost})
	if co.state != Hidden {
		t.Errorf("after an hour without a look it is %v", co.state)
	}
}

// At two frames a second there are few looks, and they have to do.
func TestCourseOfASlowCamera(t *testing.T) {
	var co course
	for i, v := range []sighting{{verdict: stands, clear: true, still: true}, {verdict: shifted}, {verdict: shifted, agrees: true}} {
		co.step(time.Duration(i)*500*time.Millisecond, v)
	}
	if co.state != Moved {
		t.Errorf("it is %v", co.state)
	}
}
