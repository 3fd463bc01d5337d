package rule

import (
	"strconv"
	"testing"
	"time"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// The disk loses a pass. What the journal knows of it is over, and nothing of its delivery is accepted
// anew for as long as a pass of it could hold.
func TestLostPass(t *testing.T) {
	for name, happens := range map[string]func(b *story){
		"planned":      func(*story) {},
		"open":         func(b *story) { b.wakes() },
		"burned":       func(b *story) { b.wakes(); b.keys(Right); b.shuts() },
		"cancelled":    func(b *story) { b.step(CancelCame("d1")) },
		"ordered once": func(b *story) { b.step(LockCame("d1")) },
	} {
		t.Run(name, func(t *testing.T) {
			b := tell(t)
			b.step(PassCame(plan()))
			b.log = nil
			happens(b)
			cancelled := name == "cancelled" // and forgotten, in good order
			for restart := range 3 {
				b.log = nil
				b.restart(time.Second)
				said := 0
				for _, line := range b.log {
					if line == "window_closed(disk_trouble)" {
						said++
					}
				}
				if want := restart == 0 && !cancelled; said == 1 != want {
					t.Fatalf("start %d: %q", restart, b.log)
				}
				for revision := range uint64(2) {
					if why := b.s.Judge(amended(revision, 300), b.now); why != wire.WindowOver || !b.s.Known("d1") {
						t.Errorf("its pass again: %q", why)
					}
				}
				b.step(DoorIs(Closed))
				b.step(BoltIs(Closed))
				b.log = nil
				b.page("d1", Right)
				b.then("code_refused(too_late)", "denied too_late")
				if b.pulses > 1 {
					t.Error("the door was opened")
				}
				// Many deliveries later it is still known.
				for i := range 2 * MaxPast {
					b.s.addPast("x"+strconv.Itoa(restart*1000+i), b.now.Wall+1, b.now.Wall)
					b.now.Wall += 2
				}
			}
			b.now.Wall = plan().From + pass.MaxWindow.Milliseconds() + 2000
			for i := range MaxPast {
				if !b.s.addPast("y"+strconv.Itoa(i), b.now.Wall, b.now.Wall) {
					t.Fatal("it is remembered for ever")
				}
				b.now.Wall++
			}
		})
	}
}

// A pass whose pass_accepted a full disk has lost, too.
func TestLostPassThatOpened(t *testing.T) {
	for _, kind := range []wire.Kind{wire.WindowOpened, wire.VisitStarted} {
		b := tell(t)
		b.onDisk(Entry{Kind: kind, Delivery: "d1", Count: 1})
		b.restart(time.Second)
		if why := b.s.Judge(plan(), b.now); why != wire.WindowOver {
			t.Errorf("%s: %q", kind, why)
		}
	}
}

// The disk loses the latest amendment: nobody knows the end of the window, so it is over.
func TestLostAmendment(t *testing.T) {
	b := ready(t)
	b.amend(1, 40)
	b.amend(2, 20)
	for _, kept := range [][]Plan{{plan()}, {plan(), amended(1, 40)}} {
		c := *b
		c.log = nil
		c.restart(time.Second, kept...)
		c.shuts()
		c.then("cancelled(disk_trouble)", "window_closed(disk_trouble)", "cut disk_trouble", "release", "forget d1") // of the coil nothing is known yet
		c.restart(time.Second)
		c.shuts()
		c.then()
		if why := c.s.Judge(plan(), c.now); why != wire.WindowOver {
			t.Errorf("its pass again: %q", why)
		}
	}
}

// What cannot be read this time may be read at the next start: nothing is ended, and nothing opens.
func TestUnread(t *testing.T) {
	b := ready(t)
	b.amend(1, 40)
	b.step(PassCame(plan(func(p *Plan) { p.Delivery, p.From, p.Until = "d2", p.Until, p.Until+3_600_000 })))
	b.log = nil
	kept := []Plan{plan()} // neither the amendment nor d2
	b.s = New(0, b.setup)
	b.s.Restore(kept[0])
	for _, e := range b.journal {
		b.s.Replay(e)
	}
	b.s.Unread()
	b.power = false
	b.carryOut(Resume(&b.s, b.now, nil))
	b.attend()
	b.boot()
	b.then("journal_broken(disk_trouble)", "power true", "wake d1")
	b.passes(time.Second)
	b.step(DiskIs(true)) // the journal can be written; that is not the point
	b.log = nil
	b.keys(Right)
	b.then("code_refused(disk_trouble)", "denied disk_trouble")
	if v := b.s.View(b.now); v.Alarm != wire.JournalBroken {
		t.Errorf("%+v", v)
	}
	b.restart(time.Second, plan(), amended(1, 40), plan(func(p *Plan) { p.Delivery, p.From, p.Until = "d2", p.Until, p.Until+3_600_000 }))
	b.step(DoorIs(Closed))
	b.step(BoltIs(Closed))
	b.passes(time.Second)
	b.log = nil
	b.keys(Right)
	b.then("visit_started", "energise", "unlocked", "granted 1/3")
}
