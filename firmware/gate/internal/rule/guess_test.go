package rule

import (
	"slices"
	"strings"
	"testing"
	"time"

	"vestibule/hub/wire"
)

// A wrong code is said to be wrong when the disk has counted it. Until then digits, right or wrong,
// wait alike, and the 128-bit key for nothing.
func TestWrongCodeIsCountedFirst(t *testing.T) {
	b := ready(t)
	b.slow = true
	b.keys(Wrong)
	b.then("writing code_refused(code_wrong)")
	for _, v := range []Verdict{Wrong, Right, Forced, Typo} {
		b.keys(v)
		b.page("d1", v)
		b.then("denied code_slowed", "wait 1s", "denied code_slowed", "wait 1s")
	}
	b.scan(Wrong)
	b.then("code_refused(code_wrong)", "denied code_wrong")
	b.scan(Right)
	b.then("writing visit_started")
	b.step(Written(b.held[0], true))
	b.then("denied code_wrong")
	if n := b.s.current().wrong(); n != 1 {
		t.Errorf("%d counted, want 1", n)
	}
	b.step(Written(b.held[0], true))
	b.then() // the disk says so twice
	b.step(Written(b.held[1], true))
	b.then("energise", "unlocked", "granted 1/3")
}

// A right code that opens nothing is told so no sooner, or silence would mean wrong.
func TestRightCodeIsRefusedNoSooner(t *testing.T) {
	b := ready(t)
	b.blind = true
	b.passes(2 * time.Second)
	b.slow, b.log = true, nil
	b.keys(Right)
	b.then("writing code_refused(camera_unseen)")
	b.keys(Wrong)
	b.then("denied code_slowed", "wait 1s")
	b.step(Written(b.held[0], true))
	b.then("denied camera_unseen")
	if n := b.s.current().wrong(); n != 0 {
		t.Errorf("%d counted, want 0", n)
	}
}

// Somebody guesses and cuts the power as soon as there is an answer, or before.
func TestGuessesOverCrashes(t *testing.T) {
	for _, via := range []Via{Keypad, Page} {
		b := ready(t)
		answered := 0
		b.stepped = func(_ State, _ Event, came []Effect) {
			for _, e := range came {
				if e.Do == Deny && e.Reason == wire.CodeWrong {
					answered++
				}
			}
		}
		guess := map[Via]func(){Keypad: func() { b.keys(Wrong) }, Page: func() { b.page("d1", Wrong) }}[via]
		for i := range 40 {
			b.slow = i%2 == 0 // then it dies before the disk has it
			guess()
			b.restart(time.Second, plan())
			b.passes(30 * time.Second)
		}
		if answered != MaxByWay {
			t.Errorf("by %s: %d guesses were answered in one window, want %d", via, answered, MaxByWay)
		}
	}
}

// While nothing can be counted, what is right and what is wrong look the same: at the first try, of
// which nobody knows yet that it fails, at all later ones, and when the disk comes round.
func TestBadDiskTellsNothing(t *testing.T) {
	for name, bad := range map[string]func(b *story, try func()){
		"full, and it has said so": func(b *story, try func()) { b.disk(false); try(); try(); b.passes(time.Second); try() },
		"full, and nobody knows":   func(b *story, try func()) { b.full = true; try(); try(); b.passes(time.Second); try() },
		"it takes for ever": func(b *story, try func()) {
			b.slow = true
			try()
			b.passes(2 * time.Second)
			try()
			b.step(DiskIs(true)) // of what it was asked before
			try()
		},
		"it comes round too late": func(b *story, try func()) {
			b.slow = true
			try()
			b.passes(2 * time.Second)
			b.slow = false
			b.step(Written(b.held[0], false))
			try()
		},
		"the window ends meanwhile": func(b *story, try func()) { b.slow = true; try(); b.passes(time.Hour); try() },
	} {
		t.Run(name, func(t *testing.T) {
			seen := map[Verdict][]string{}
			for _, v := range []Verdict{Wrong, Right} {
				b := ready(t, func(p *Plan) { p.Until = p.From + 1_800_000 })
				for range FreeTries - 1 {
					b.page("d1", Wrong) // one more makes digits wait
				}
				b.log = nil
				bad(b, func() { b.page("d1", v) })
				seen[v] = b.log
			}
			for v, log := range seen {
				seen[v] = slices.DeleteFunc(slices.Clone(log), func(s string) bool { return !strings.HasPrefix(s, "denied") && !strings.HasPrefix(s, "wait") })
			}
			if !slices.Equal(seen[Wrong], seen[Right]) || len(seen[Wrong]) == 0 || slices.Contains(seen[Wrong], "denied code_wrong") {
				t.Errorf("a wrong code: %q\na right one: %q", seen[Wrong], seen[Right])
			}
		})
	}
}

// A try that the disk took after all is counted, though nobody was told.
func TestLateCountCounts(t *testing.T) {
	b := ready(t)
	b.slow = true
	b.keys(Wrong)
	b.passes(2 * time.Second)
	b.then("writing code_refused(code_wrong)", "code_refused(disk_trouble)", "denied disk_trouble")
	b.step(DiskIs(true))
	b.log = nil
	b.keys(Right) // that one is still owed
	b.then("code_refused(disk_trouble)", "denied disk_trouble")
	b.step(Written(b.held[0], true))
	b.then()
	if n := b.s.current().wrong(); n != 1 {
		t.Errorf("%d counted, want 1", n)
	}
	b.slow = false
	b.keys(Right)
	b.then("visit_started", "energise", "unlocked", "granted 1/3")
}
