package rule

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"vestibule/hub/wire"
)

func TestWrongCodes(t *testing.T) {
	b := ready(t)
	for i, seconds := range []int{0, 0, 2, 4, 8, 16} {
		b.keys(Wrong)
		b.then("code_refused(code_wrong)", "denied code_wrong")
		if seconds == 0 {
			continue
		}
		wait := time.Duration(seconds) * time.Second
		b.keys(Typo)
		b.then("code_refused(code_slowed)", "denied code_slowed", fmt.Sprintf("wait %v", wait))
		b.passes(wait - 100*time.Millisecond)
		b.keys(Right) // neither a wrong nor a right one lengthens the delay or says which it was
		b.then("code_refused(code_slowed)", "denied code_slowed", "wait 100ms")
		b.passes(100 * time.Millisecond)
		if i == 5 {
			b.keys(Typo)
			b.then("code_refused(code_typo)", "denied code_typo")
		}
	}
	b.keys(Wrong)
	b.then("code_refused(code_wrong)", "denied code_wrong")
	b.passes(time.Minute)
	b.keys(Right)
	b.then("code_refused(code_spent)", "denied code_spent")
	for range 3 {
		b.page("d1", Wrong) // three are left there, and they are free
		b.then("code_refused(code_wrong)", "denied code_wrong")
	}
	b.passes(time.Minute)
	b.page("d1", Right)
	b.then("code_refused(code_spent)", "denied code_spent")
	if n := b.s.current().wrong(); n != MaxWrong {
		t.Errorf("%d wrong ones counted, want %d", n, MaxWrong)
	}
	for range 20 {
		b.scan(Wrong) // 2^128 is its own throttle
		b.then("code_refused(code_wrong)", "denied code_wrong")
	}
	b.scan(Right)
	b.then("visit_started", "energise", "unlocked", "granted 1/3")
}

func TestTriesLeft(t *testing.T) {
	b := ready(t)
	var left []int
	b.stepped = func(_ State, _ Event, came []Effect) {
		for _, e := range came {
			if e.Do == Deny && e.Reason == wire.CodeWrong {
				left = append(left, e.Left)
			}
		}
	}
	for range MaxByWay {
		b.keys(Wrong)
		b.passes(30 * time.Second)
	}
	for range 4 {
		b.page("d1", Wrong)
	}
	if want := []int{6, 5, 4, 3, 2, 1, 0, 2, 1, 0}; !slices.Equal(left, want) {
		t.Errorf("%v left, want %v", left, want)
	}
}

// Which way a wrong code came is known after a restart. One that the disk could not take was not
// looked at.
func TestWrongCodesAfterARestart(t *testing.T) {
	b := ready(t)
	for range 2 {
		b.keys(Wrong)
	}
	b.disk(false)
	b.log = nil
	b.keys(Wrong)
	b.then("lost code_refused(disk_trouble)", "denied disk_trouble")
	b.disk(true)
	b.passes(10 * time.Second)
	b.keys(Wrong)
	b.page("d1", Wrong)
	b.scan(Wrong)
	b.restart(time.Second, plan())
	if c := b.s.current(); c.by(Keypad).wrong != 3 || c.by(Page).wrong != 1 || c.wrong() != 4 {
		t.Errorf("%+v", c.tries)
	}
	if c := b.s.current(); c.by(Page).slow > b.now.Mono || c.by(Keypad).slow-b.now.Mono != 2*time.Second {
		t.Errorf("%+v at %v", c.tries, b.now.Mono)
	}
}

// Somebody guesses for five minutes, ten times a second. Whenever the real courier comes, the QR
// form waits for nothing, and so do digits in the other way; in the same way they wait 30 s at
// the most, as long as there are any tries left.
func TestSomebodyGuesses(t *testing.T) {
	for _, guesser := range []Via{Keypad, Page} {
		other := map[Via]Via{Keypad: Page, Page: Keypad}[guesser]
		b := ready(t)
		guess := map[Via]func(){Keypad: func() { b.keys(Wrong) }, Page: func() { b.page("d1", Wrong) }}[guesser]
		worst := time.Duration(0)
		for range 3000 {
			guess()
			for _, via := range []Via{QR, other} {
				if !b.opensNow(via) {
					t.Fatalf("somebody guesses by %s, and %s waits", guesser, via)
				}
			}
			if b.s.current().left(guesser) > 0 {
				worst = max(worst, b.s.current().by(guesser).slow-b.now.Mono)
			}
			b.passes(100 * time.Millisecond)
		}
		if n := b.s.current().wrong(); n != MaxByWay || worst > 30*time.Second || worst < time.Second {
			t.Errorf("by %s: %d wrong ones counted, longest delay %v", guesser, n, worst)
		}
	}
}

// opensNow reports whether the right code would open now. It happens in a world of its own.
func (b *story) opensNow(via Via) bool {
	s, delivery := b.s, "d1"
	if via == Keypad {
		delivery = ""
	}
	for _, e := range Step(&s, Tried(delivery, Right, via, 1<<40), b.now, nil) {
		if e.Do == Write && e.Entry.Kind == wire.VisitStarted {
			for _, e := range Step(&s, Written(e.Ticket, true), b.now, nil) {
				if e.Do == Energise {
					return true
				}
			}
		}
	}
	return false
}

func TestEarlyLateUnknown(t *testing.T) {
	b := tell(t)
	b.step(PassCame(plan()))
	b.then("pass_accepted")
	b.page("d1", Right)
	b.then("code_refused(too_early)", "denied too_early")
	b.page("d2", Wrong)
	b.then("code_refused(no_delivery)", "denied no_delivery")
	b.wakes()
	b.page("d2", Wrong)
	b.then("code_refused(no_delivery)", "denied no_delivery")
	if b.s.current().wrong() != 0 {
		t.Error("a try for another delivery was counted")
	}
	b.page("d1", Right)
	b.then("visit_started", "energise", "unlocked", "granted 1/3")
}
