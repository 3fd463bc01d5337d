package service

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vestibule/hub/pass"
)

// Beats name the newest pictures in the order of their making, and none of which the age cannot be told.
func TestMade(t *testing.T) {
	var m made
	if got := m.newest(time.Hour); len(got) != 0 {
		t.Errorf("nothing was made: %v", got)
	}
	const step = 50 * time.Millisecond
	for i := range 40 {
		m.add(uint64(i+1), time.Duration(i)*step)
	}
	got := m.newest(39 * step)
	if len(got) != pass.MaxMade || m.count != 40 {
		t.Fatalf("%d of %d", len(got), m.count)
	}
	for i, u := range got {
		if want := (pass.Made{Name: uint64(41 - pass.MaxMade + i), Age: time.Duration(pass.MaxMade-1-i) * step}); u != want {
			t.Errorf("%d: %v, want %v", i, u, want)
		}
	}
	if diff := cmp.Diff([]pass.Made{{Name: 39, Age: 2500 * time.Millisecond}, {Name: 40, Age: 2450 * time.Millisecond}}, m.newest(39*step+2450*time.Millisecond)); diff != "" {
		t.Error(diff)
	}
}
