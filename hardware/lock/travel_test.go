package lock

import (
	"testing"
	"time"

	"vestibule/hardware/contact"
)

// A motor that turns while it runs breaks its gear: between two directions it stands still.
func TestTravelStopsBeforeItTurns(t *testing.T) {
	now := time.Unix(1e9, 0)
	middle := ends{drawn: contact.Open, thrown: contact.Open, door: contact.Closed}
	tr := &travel{}
	for i, want := range []direction{throwing, still, drawing, still, throwing} {
		if got, busy := tr.step(middle, now.Add(time.Duration(i)*look)); got != want || !busy {
			t.Fatalf("step %d: %v, busy %v, want %v", i, got, busy, want)
		}
		switch i {
		case 0:
			tr.order(true)
		case 2:
			tr.order(false)
		}
	}
}
