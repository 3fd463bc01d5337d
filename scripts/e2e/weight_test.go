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
	before := d.programs()
	time.Sleep(span)
	total := 0.0
	for name, p := range d.programs() {
		used := p.CPU - before[name].CPU
		total += used
		t.Logf("at rest: %s takes %.2f %% of a core", name, 100*used/span.Seconds())
	}
	if share := 100 * total / span.Seconds(); share > 1 {
		t.Errorf("at rest the programs take %.2f %% of a core, want at most 1 %%", share)
	}
}
