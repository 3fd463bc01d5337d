package rule

import (
	"slices"
	"testing"
	"time"

	"vestibule/hub/wire"
)

func TestRestartInEveryState(t *testing.T) {
	p := plan()
	for _, c := range []struct {
		name  string
		until func(b *story) // what happened before the power went
		door  Contact        // as it is found
		came  []string       // at the start
		then  func(b *story)
	}{
		{"planned", nil, Closed, nil, func(b *story) { b.wakes() }},
		{"the window is open", func(b *story) { b.wakes() }, Closed, []string{"power true", "wake d1"}, func(b *story) {
			b.passes(time.Second)
			b.keys(Right)
			b.then("camera_on(by_viewer)", "visit_started", "energise", "unlocked", "granted 1/3")
		}},
		{"wrong codes were typed", func(b *story) {
			b.wakes()
			for range 3 {
				b.keys(Wrong)
			}
		}, Closed, []string{"power true", "wake d1"}, func(b *story) {
			b.passes(time.Second)
			b.keys(Right)
			b.then("camera_on(by_viewer)", "code_refused(code_slowed)", "denied code_slowed", "wait 1s")
			b.passes(time.Second)
			b.keys(Wrong)
			b.keys(Right)
			b.then("code_refused(code_wrong)", "denied code_wrong", "code_refused(code_slowed)", "denied code_slowed", "wait 4s")
		}},
		{"wrong keys were shown, and most were left out of the journal", func(b *story) {
			b.wakes()
			b.onDisk(Entry{Kind: wire.CodeRefused, Delivery: "d1", Reason: wire.CodeWrong, Via: QR, Count: 130})
		}, Closed, []string{"power true", "wake d1"}, func(b *story) {
			b.passes(time.Second)
			b.keys(Right)
			b.then("camera_on(by_viewer)", "visit_started", "energise", "unlocked", "granted 1/3")
		}},
		{"burned, and the coil never moved", func(b *story) {
			b.wakes()
			b.onDisk(Entry{Kind: wire.VisitStarted, Delivery: "d1", Via: Keypad, Count: 1})
		}, Closed, []string{"power true", "wake d1"}, func(b *story) {
			b.passes(10 * time.Second)
			b.then("camera_on") // and no second opening from one try
			b.keys(Right)
			b.then("unlocked", "energise", "granted 2/3")
		}},
		{"the coil had current", func(b *story) { b.wakes(); b.keys(Right) }, Closed, []string{"power true", "wake d1", "relocked"}, func(b *story) {
			b.passes(3 * time.Minute)
			b.then("camera_on", "visit_ended")
		}},
		{"the courier is inside, the door open", func(b *story) { b.wakes(); b.keys(Right); b.bolt(); b.opens() }, Open,
			[]string{"power true", "wake d1"}, func(b *story) {
				b.passes(time.Second)
				b.then("camera_on")
				b.shuts()
				b.then("door_shut", "relocked")
				b.opens()
				b.then("door_opened")
				b.passes(30 * time.Second)
				b.then("held_open", "alarm true")
			}},
		{"the courier is inside, the door shut", func(b *story) { b.wakes(); b.keys(Right); b.bolt(); b.opens(); b.shuts() }, Closed,
			[]string{"power true", "wake d1"}, func(b *story) {
				b.opens()
				b.then("door_opened")
			}},
		{"shut while the power was away", func(b *story) { b.wakes(); b.keys(Right); b.bolt(); b.opens() }, Closed,
			[]string{"power true", "wake d1", "door_shut", "relocked"}, nil},
		{"opened while the power was away", nil, Open, []string{"door_opened", "forced_open"}, nil},
		{"the visit is over", func(b *story) {
			b.wakes()
			b.keys(Right)
			b.bolt()
			b.opens()
			b.shuts()
			b.passes(3 * time.Minute)
		}, Closed, []string{"power true", "wake d1"}, func(b *story) {
			b.passes(time.Second)
			b.keys(Right)
			b.then("camera_on", "code_refused(code_used)", "denied code_used")
		}},
		{"cancelled", func(b *story) { b.wakes(); b.step(CancelCame("d1")) }, Closed, []string{"forget d1"}, func(b *story) {
			b.step(CancelCame("d1"))
			b.page("d1", Right)
			b.then("code_refused(too_late)", "denied too_late")
		}},
		{"locked by the owner", func(b *story) { b.wakes(); b.keys(Right); b.step(LockCame("d1")) }, Closed,
			[]string{"power true", "wake d1"}, func(b *story) {
				b.passes(time.Second)
				b.keys(Right)
				b.then("camera_on(by_viewer)", "code_refused(code_used)", "denied code_used")
			}},
		{"tampered", func(b *story) { b.wakes(); b.step(TamperIs(true)); b.step(TamperIs(false)) }, Closed,
			[]string{"power true", "wake d1"}, func(b *story) {
				b.passes(time.Second)
				b.keys(Right)
				b.then("camera_on(by_viewer)", "code_refused(tampered)", "denied tampered")
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := tell(t)
			b.step(PassCame(p))
			b.then("pass_accepted")
			if c.until != nil {
				c.until(b)
			}
			// What the door's contact said before is in the journal only from its first change on.
			if !slices.ContainsFunc(b.journal, func(e wire.Event) bool { return e.Kind == wire.DoorOpened }) {
				b.journal = slices.Insert(b.journal, 0, wire.Event{Kind: wire.DoorShut, Time: time.UnixMilli(start).UTC()})
			}
			b.log = nil
			b.restart(time.Second, p)
			b.step(DoorIs(c.door))
			if c.door == Open {
				b.step(BoltIs(Open))
			} else {
				b.step(BoltIs(Closed))
			}
			b.then(c.came...)
			if c.then != nil {
				c.then(b)
			}
		})
	}
}

func TestRestartAfterTheGrace(t *testing.T) {
	b := ready(t)
	b.keys(Right)
	b.bolt()
	b.opens()
	b.shuts()
	b.log = nil
	b.restart(4*time.Minute, plan())
	b.step(DoorIs(Closed))
	b.step(BoltIs(Closed))
	b.then("power true", "wake d1", "visit_ended")
}

func TestRestartAfterTheWindow(t *testing.T) {
	b := ready(t)
	b.log = nil
	b.restart(2*time.Hour, plan())
	b.then("window_closed(time_up)", "cut time_up", "release", "forget d1")
	b.restart(time.Second)
	if !b.s.Known("d1") {
		t.Error("a pass that was carried out would be refused when the hub sends it again")
	}
}

func TestPassKeptButNotLogged(t *testing.T) {
	b := tell(t)
	b.restart(time.Second, plan())
	b.then("pass_accepted")
	b.restart(time.Second, plan())
	b.then()
}
