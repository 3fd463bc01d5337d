//go:build desk

package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vestibule/firmware/gate/internal/powercut"
	"vestibule/firmware/pipe"
	"vestibule/hardware/board"
	"vestibule/hardware/sim"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// What the kernel saw of the true program: before each pulse of the coil, the entry that
// burns the code was written and its fsync had returned. Before any entry was sent to link,
// too, it was safe.
func TestFsyncBeforeCoil(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.watched = filepath.Join(t.TempDir(), "strace")
	d.start()
	d.pair()
	const entries = 3
	terms, secret := d.permit(entries, func(t *pass.Terms) { t.Camera = false })
	d.until("the window is open", func() bool { return d.count(wire.WindowOpened) > 0 })
	for n := 1; n <= entries; n++ {
		d.until("the code opens", func() bool {
			return d.ask(wire.LetterTry, d.sealTry(terms, secret.Code.Digits()).Body).Kind == wire.LetterTried
		})
		d.house.Do(func(h *sim.House, now time.Time) { h.Pull(false, now) })
		d.until("the door is open", func() bool { return d.count(wire.DoorOpened) == n })
		d.house.Do(func(h *sim.House, now time.Time) { h.Shut(now) })
		d.until("it is locked", func() bool { return d.count(wire.Relocked) == n })
	}
	if err := d.end(); err != nil {
		t.Errorf("ended with %v: %s", err, d.log)
	}
	tr, err := powercut.Parse(d.watched, filepath.Join(d.dir, "gate"))
	if err != nil {
		t.Fatal(err)
	}
	order(t, tr, entries)
}

// order looks at a program's calls.
func order(t *testing.T, tr powercut.Trace, entries int) {
	t.Helper()
	var written, safe []wire.Event // what was written to the journal, and fsynced
	pulses := 0
	for i, o := range tr.Ops {
		switch {
		case o.Kind == powercut.Write && o.Name == "journal/events":
			for line := range bytes.Lines(o.Data) {
				var e wire.Event
				if err := json.Unmarshal(line, &e); err != nil {
					t.Fatal(err)
				}
				written = append(written, e)
			}
		case o.Kind == powercut.Sync && o.Name == "journal/events":
			safe = written
		case o.Kind != powercut.Say:
		case bytes.Contains(o.Data, []byte(`"`+string(board.Coil)+`","drive":"high"`)):
			pulses++
			burned := 0
			for _, e := range safe {
				if e.Kind == wire.VisitStarted || e.Kind == wire.Unlocked {
					burned = e.Count
				}
			}
			if burned < pulses {
				t.Errorf("call %d: the coil gets current for entry %d, and the disk knows of %d", i, pulses, burned)
			}
		case strings.Contains(string(o.Data), `"kind":"`) && strings.Contains(string(o.Data), `"index":`):
			f, err := pipe.NewReader(bytes.NewReader(o.Data)).Read()
			var e wire.Event
			if err != nil || f.JSON(&e) != nil {
				continue // not an event
			}
			if f.Type == pipe.TypeEvent && e.Index >= uint64(len(safe)) {
				t.Errorf("call %d: entry %d is sent, and the disk has %d", i, e.Index, len(safe))
			}
		}
	}
	t.Logf("%d calls, %d entries, %d pulses", len(tr.Ops), len(written), pulses)
	if pulses != entries || len(written) == 0 || len(safe) < len(written)-1 {
		t.Errorf("%d pulses, want %d; %d entries of %d are fsynced: the test tests too little", pulses, entries, len(safe), len(written))
	}
}
