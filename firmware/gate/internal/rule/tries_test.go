package rule

import (
	"fmt"
	"testing"
	"time"
)

func TestWrongCodes(t *testing.T) {
	b := ready(t)
	for i, seconds := range []int{0, 0, 2, 4, 8, 16, 30, 30, 30} {
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
	for range 20 {
		b.scan(Wrong) // 2^128 is its own throttle
		b.then("code_refused(code_wrong)", "denied code_wrong")
	}
	b.scan(Right)
	b.then("visit_started", "energise", "unlocked", "granted 1/3")
}

// The real courier's digits wait 30 s at most while somebody guesses without a pause.
func TestGuesserDelaysAtMostHalfAMinute(t *testing.T) {
	b := ready(t)
	worst := time.Duration(0)
	for range 3000 {
		b.keys(Wrong)
		worst = max(worst, b.s.current().slow-b.now.Mono)
		b.passes(100 * time.Millisecond)
	}
	if b.s.current().wrong != MaxWrong || worst > 30*time.Second {
		t.Errorf("%d wrong ones counted, longest delay %v", b.s.current().wrong, worst)
	}
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
	if b.s.current().wrong != 0 {
		t.Error("a try for another delivery was counted")
	}
	b.page("d1", Right)
	b.then("visit_started", "energise", "unlocked", "granted 1/3")
}
