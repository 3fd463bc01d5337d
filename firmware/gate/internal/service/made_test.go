package service

import (
	"testing"
	"time"

	"vestibule/hub/pass"
)

// Beats name the pictures of the last moment in the order of their making, as many as fit, also at 60 a second.
func TestMade(t *testing.T) {
	var m made
	if got := m.newest(time.Hour); len(got) != 0 {
		t.Errorf("nothing was made: %v", got)
	}
	for _, rate := range []int{10, 30, 60, 120} {
		m, step, all := made{}, time.Second/time.Duration(rate), 3*rate
		for i := range all {
			m.add(uint64(i+1), time.Duration(i)*step)
		}
		now := time.Duration(all-1) * step
		got := m.newest(now)
		want := min(int((nameFor-1)/step)+1, pass.MaxMade)
		if rate <= 60 && want <= rate {
			t.Errorf("%d a second: no second fits", rate)
		}
		if len(got) != want || m.count != uint64(all) {
			t.Fatalf("%d a second: %d of %d are named, want %d", rate, len(got), m.count, want)
		}
		for i, u := range got {
			if want := (pass.Made{Name: uint64(all - want + 1 + i), Age: time.Duration(want-1-i) * step}); u != want {
				t.Errorf("%d a second, %d: %v, want %v", rate, i, u, want)
			}
		}
		// The eye stands still: what there was is named as long as link may still send it.
		if got := m.newest(now + time.Second); len(got) == 0 || got[len(got)-1].Age != time.Second {
			t.Errorf("%d a second, a second later: %v", rate, got)
		}
		if got := m.newest(now + nameFor); len(got) != 0 {
			t.Errorf("%d a second, after %v: %v", rate, nameFor, got)
		}
	}
}
