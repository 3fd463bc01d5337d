package e2e

import (
	"testing"
	"time"
)

// weights are how much memory each program may take during a visit at 720p, in MB.
var weights = map[string]int{"eye": 150, "link": 80, "gate": 30, "hub": 120}

// weigh checks what the programs take now.
func (d *desk) weigh() {
	d.t.Helper()
	for name, p := range d.programs() {
		mb := p.RSS / 1024
		d.t.Logf("memory: %s %d MB, at most %d MB", name, mb, weights[name])
		if mb == 0 || mb > weights[name] {
			d.t.Errorf("%s takes %d MB, want at most %d MB", name, mb, weights[name])
		}
	}
}

// Outside a window nothing is to be done, and next to nothing is.
func TestAtRest(t *testing.T) {
	d := startDesk(t)
	pairedPhone(t, d)
	const span = 20 * time.Second
	takes := func(span time.Duration) (share map[string]float64, total float64) {
		before := d.programs()
		time.Sleep(span)
		share = map[string]float64{}
		for name, p := range d.programs() {
			share[name] = 100 * (p.CPU - before[name].CPU) / span.Seconds()
			total += share[name]
		}
		return share, total
	}
	// A program that was started a moment ago still loads its libraries.
	for late := time.Now().Add(time.Minute); ; {
		if _, total := takes(time.Second); total < 5 || time.Now().After(late) {
			break
		}
	}
	each, share := takes(span)
	for name, s := range each {
		t.Logf("at rest: %s takes %.2f %% of a core", name, s)
	}
	if share > 1 {
		t.Errorf("at rest the programs take %.2f %% of a core, want at most 1 %%", share)
	}
}
