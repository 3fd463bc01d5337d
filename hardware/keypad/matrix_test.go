package keypad

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// down returns the picture with these keys down.
func down(legends string) picture {
	var p picture
	for _, l := range legends {
		p |= 1 << strings.IndexRune(keys, l)
	}
	return p
}

// say writes events as people would: +5 for down, -5 for up.
func say(events []Event) string {
	var b strings.Builder
	for _, e := range events {
		b.WriteByte(map[bool]byte{true: '+', false: '-'}[e.Down])
		b.WriteByte(e.Key)
	}
	return b.String()
}

func TestMatrix(t *testing.T) {
	type scan struct {
		ms   int
		keys string
		want string
	}
	for name, scans := range map[string][]scan{
		"a key": {
			{0, "5", ""}, {4, "5", ""}, {8, "5", "+5"}, {80, "", ""}, {103, "", ""}, {104, "", "-5"},
		},
		"a press that bounces": {
			{0, "5", ""}, {2, "", ""}, {4, "5", ""}, {8, "5", ""}, {12, "5", "+5"}, {16, "5", ""},
		},
		"a release that bounces gives one key": {
			{0, "5", ""}, {8, "5", "+5"}, {50, "", ""}, {60, "5", ""}, {70, "5", ""}, {74, "", ""}, {98, "", "-5"},
		},
		"a spark is no key": {{0, "5", ""}, {4, "", ""}, {40, "", ""}},
		"fast fingers overlap": {
			{0, "1", ""}, {8, "1", "+1"}, {50, "12", ""}, {58, "12", "+2"}, {70, "2", ""}, {94, "2", "-1"},
			{120, "", ""}, {144, "", "-2"},
		},
		"three corners of a rectangle make a ghost: nothing counts": {
			{0, "1", ""}, {8, "1", "+1"}, {20, "1245", ""}, {28, "1245", "-1"}, {60, "1", ""}, {90, "1", ""},
			{100, "", ""}, {124, "", ""}, {130, "1", ""}, {138, "1", "+1"},
		},
		"a stuck key does not stop the others": {
			{0, "7", ""}, {8, "7", "+7"}, {60000, "79", ""}, {60008, "79", "+9"}, {60050, "7", ""}, {60074, "7", "-9"},
			{60100, "73", ""}, {60108, "73", "+3"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := matrix{press: pressTime, release: releaseTime}
			start := time.Unix(1e9, 0)
			for _, s := range scans {
				now := start.Add(time.Duration(s.ms) * time.Millisecond)
				if got := say(m.step(down(s.keys), now, nil)); got != s.want {
					t.Fatalf("at %d ms with %q: %q, want %q", s.ms, s.keys, got, s.want)
				}
			}
		})
	}
}

// Whatever is scanned: keys go down and up by turns, never more than two are down, and once nothing
// is pressed everything is up and the matrix is idle.
func TestMatrixProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := matrix{press: pressTime, release: releaseTime}
		now := time.Unix(1e9, 0)
		held := map[byte]bool{}
		check := func(events []Event) {
			for _, e := range events {
				if held[e.Key] == e.Down {
					t.Fatalf("key %c told twice: down %v", e.Key, e.Down)
				}
				held[e.Key] = e.Down
				if !e.Down {
					delete(held, e.Key)
				}
			}
			if len(held) > 2 {
				t.Fatalf("%d keys down", len(held))
			}
		}
		for range rapid.IntRange(1, 300).Draw(t, "scans") {
			now = now.Add(4 * time.Millisecond)
			p := picture(0)
			for range rapid.IntRange(0, 3).Draw(t, "fingers") {
				p |= 1 << rapid.IntRange(0, 11).Draw(t, "key")
			}
			for range rapid.IntRange(1, 8).Draw(t, "hold") {
				check(m.step(p, now, nil))
				now = now.Add(4 * time.Millisecond)
			}
		}
		check(m.step(0, now, nil))
		check(m.step(0, now.Add(releaseTime), nil))
		if len(held) > 0 || !m.idle(now.Add(releaseTime)) {
			t.Fatalf("nothing is pressed, but %d keys are down, idle %v", len(held), m.idle(now.Add(releaseTime)))
		}
	})
}
