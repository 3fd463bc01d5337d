package rule

import (
	"fmt"
	"testing"
	"time"

	"vestibule/hub/wire"
)

// amended is d1 with another end, in minutes after its begin.
func amended(revision uint64, minutes int64) Plan {
	return plan(func(p *Plan) { p.Revision, p.Until = revision, p.From+minutes*60_000 })
}

func (b *story) amend(revision uint64, minutes int64) {
	b.t.Helper()
	b.step(AmendCame(amended(revision, minutes)))
}

func TestAmendBeforeTheWindow(t *testing.T) {
	b := tell(t)
	b.step(PassCame(plan()))
	b.amend(1, 120)
	b.then("pass_accepted", "amended")
	if e := b.journal[len(b.journal)-1]; e.Count != 1 || e.Delivery != "d1" {
		t.Errorf("%+v", e)
	}
	b.amend(2, 90)
	b.then("amended")
	b.wakes()
	b.passes(90*time.Minute - 300*time.Millisecond)
	b.then()
	b.passes(200 * time.Millisecond)
	b.then("window_closed(time_up)", "cut time_up", "sleep", "power false", "camera_off")
	b.passes(30 * time.Minute)
	b.then("forget d1") // the first amendment held until now
}

func TestAmendAnOpenWindow(t *testing.T) {
	b := ready(t)
	b.amend(1, 120)
	b.then("amended", "amend d1") // eye is told: it would close the camera by itself
	b.passes(time.Hour)
	b.keys(Right)
	b.then("visit_started", "energise", "unlocked", "granted 1/3")
	b.bolt()
	b.amend(2, 1) // a time that is past: it ends now
	b.then("amended", "window_closed(time_up)", "cut time_up", "release", "sleep", "power false", "camera_off")
	b.bolt()
	b.then("relocked", "visit_ended(time_up)")
}

// Shortened while a courier is inside: no more opening from outside, the way out is free, and
// leaving is no alarm.
func TestShortenedInMidVisit(t *testing.T) {
	b := ready(t)
	b.keys(Right)
	b.bolt()
	b.opens()
	b.shuts()
	b.opens() // the courier stands in the door
	b.log = nil
	b.amend(1, 1)
	b.passes(2 * time.Minute)
	b.then("amended", "amend d1", "held_open", "alarm true", "window_closed(time_up)", "cut time_up", "sleep", "power false", "camera_off")
	b.shuts()
	b.then("door_shut", "alarm false", "visit_ended(time_up)")
	b.opens()
	b.then("door_opened")
	b.shuts()
	b.then("door_shut")
	b.page("d1", Right)
	b.then("code_refused(too_late)", "denied too_late")
	b.passes(time.Hour)
	b.log = nil
	if !b.s.Known("d1") {
		t.Error("forgotten")
	}
}

// A shortened delivery is remembered for as long as its pass, as it was signed, would hold: it
// would come to life again otherwise.
func TestShortenedIsRememberedInFull(t *testing.T) {
	b := ready(t)
	b.amend(1, 5)
	b.passes(10 * time.Minute)
	b.then("amended", "amend d1", "window_closed(time_up)", "cut time_up", "sleep", "power false", "camera_off")
	for i := range 100 {
		b.s.addPast(fmt.Sprint("x", i), b.now.Wall, b.now.Wall)
	}
	if why := b.s.Judge(plan(), b.now); why != wire.Overlaps {
		t.Errorf("the pass as it was signed: %q", why)
	}
	if why := b.s.JudgeAmended(amended(2, 30), b.now); why != wire.WindowOver {
		t.Errorf("another amendment: %q", why)
	}
	b.passes(50 * time.Minute)
	b.then("forget d1")
	if why := b.s.Judge(plan(), b.now); why != wire.WindowOver {
		t.Errorf("the pass after its window: %q", why)
	}
}

func TestJudgeAmended(t *testing.T) {
	for name, c := range map[string]struct {
		happens func(b *story)
		p       Plan
		want    wire.Reason
	}{
		"longer":                  {nil, amended(1, 90), ""},
		"shorter":                 {nil, amended(1, 30), ""},
		"as long":                 {nil, amended(1, 59), ""},
		"a later revision":        {nil, amended(7, 90), ""},
		"not amended at all":      {nil, amended(0, 90), wire.OldRevision},
		"the same revision":       {func(b *story) { b.amend(3, 80) }, amended(3, 90), wire.OldRevision},
		"an older revision":       {func(b *story) { b.amend(3, 80) }, amended(2, 90), wire.OldRevision},
		"an end before its begin": {nil, amended(1, 0), wire.Unreadable},
		"nobody knows it":         {nil, plan(func(p *Plan) { p.Delivery, p.Revision = "d2", 1 }), wire.NoDelivery},
		"cancelled":               {func(b *story) { b.step(CancelCame("d1")) }, amended(1, 90), wire.WindowOver},
		"over":                    {func(b *story) { b.passes(time.Hour) }, amended(1, 90), wire.WindowOver},
		"over this moment":        {func(b *story) { b.now.Wall += 3_600_000 }, amended(1, 90), wire.WindowOver},
		"locked, longer":          {func(b *story) { b.step(LockCame("d1")) }, amended(1, 90), wire.CodeUsed},
		"locked, shorter":         {func(b *story) { b.step(LockCame("d1")) }, amended(1, 30), ""},
		"burned, longer": {func(b *story) { b.keys(Right); b.bolt(); b.opens(); b.shuts(); b.passes(4 * time.Minute) },
			amended(1, 90), wire.CodeUsed},
		"in mid-visit, longer": {func(b *story) { b.keys(Right); b.bolt(); b.opens() }, amended(1, 90), ""},
		"into another": {func(b *story) {
			b.step(PassCame(plan(func(p *Plan) { p.Delivery, p.From, p.Until = "d2", start+4_200_000, start+4_300_000 })))
		}, amended(1, 90), wire.Overlaps},
		"up to another": {func(b *story) {
			b.step(PassCame(plan(func(p *Plan) { p.Delivery, p.From, p.Until = "d2", start+4_200_000, start+4_300_000 })))
		}, amended(1, 69), ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := ready(t)
			if c.happens != nil {
				c.happens(b)
			}
			if got := b.s.JudgeAmended(c.p, b.now); got != c.want {
				t.Fatalf("%q, want %q", got, c.want)
			}
			b.log = nil
			was := b.s
			b.step(AmendCame(c.p))
			switch {
			case c.want == "" && b.log[0] != "amended":
				t.Errorf("%q", b.log)
			case c.want != "" && (b.log[0] != "pass_refused("+string(c.want)+")" || b.log[1] != "revert "+c.p.Delivery):
				t.Errorf("%q", b.log)
			case c.want != "" && c.want != wire.WindowOver && b.s.View(b.now) != was.View(b.now):
				t.Error("refused, and something changed")
			}
		})
	}
}

func TestRevert(t *testing.T) {
	b := ready(t)
	b.amend(1, 120)
	b.log = nil
	b.step(RevertCame(plan()))
	b.then("amended", "amend d1")
	b.step(RevertCame(plan()))
	b.then()
	if why := b.s.JudgeAmended(amended(1, 120), b.now); why != wire.OldRevision {
		t.Errorf("the same amendment once more: %q", why)
	}
	b.passes(time.Hour)
	b.then("window_closed(time_up)", "cut time_up", "sleep", "power false", "camera_off")
	b.passes(2 * time.Hour)
	b.then("forget d1")
}

// Revoking a member lets nobody in for longer than the last word on the end said, the owner's or the member's;
// what has been promised to another delivery since stays that one's.
func TestRevertNeverLengthens(t *testing.T) {
	b := ready(t) // as signed, until 59 min
	b.amend(1, 20)
	b.amend(2, 25)
	b.step(PassCame(plan(func(p *Plan) { p.Delivery, p.From = "d2", p.From+30*60_000 })))
	b.log = nil
	b.step(RevertCame(plan()))
	b.then()
	b.passes(25 * time.Minute)
	b.then("window_closed(time_up)", "cut time_up", "sleep", "power false", "camera_off")
	b.passes(6 * time.Minute)
	b.then("window_opened", "power true", "wake d2", "camera_on(by_viewer)")
}

// Which revisions are old is known after a restart too: whoever restores a pass keeps the amendment that
// was reverted, and makes it no longer than signed. Where it was lost, the delivery is over.
func TestEarlierAmendmentAfterRestart(t *testing.T) {
	b := ready(t)
	b.amend(2, 70)
	b.step(RevertCame(plan()))
	for want, kept := range map[wire.Reason][]Plan{wire.OldRevision: {plan(), amended(2, 59)}, wire.WindowOver: {plan()}} {
		c := *b
		c.restart(time.Second, kept...)
		for revision := range uint64(3) {
			if why := c.s.JudgeAmended(amended(revision, 120), c.now); why != want {
				t.Errorf("revision %d: %q, want %s", revision, why, want)
			}
		}
	}
}

func TestDisowned(t *testing.T) {
	b := ready(t)
	b.keys(Right)
	b.bolt()
	b.opens()
	b.log = nil
	b.step(DisownCame("d1"))
	b.then("cancelled(not_granted)", "window_closed(not_granted)", "cut not_granted", "release", "sleep", "power false", "camera_off")
	b.shuts()
	b.then("door_shut", "relocked", "visit_ended(not_granted)")
	b.opens()
	b.then("door_opened") // out, and no alarm
	b.step(DisownCame("d2"))
	b.then() // of a delivery that nobody knows nothing is remembered: its pass would not be opened
}

func TestRestartAmended(t *testing.T) {
	for name, c := range map[string]struct {
		minutes int64
		happens func(b *story)
		kept    []Plan
		came    []string
	}{
		"longer": {120, func(b *story) { b.amend(1, 120) }, []Plan{plan(), amended(1, 120)}, []string{"power true", "wake d1"}},
		"kept, and the journal does not know": {120, nil, []Plan{plan(), amended(1, 120)},
			[]string{"amended", "power true", "wake d1"}},
		"shorter": {30, func(b *story) { b.amend(1, 30) }, []Plan{plan(), amended(1, 30)}, []string{"power true", "wake d1"}},
		"over, and then amended": {0, func(b *story) { b.amend(1, 1); b.passes(time.Minute) }, []Plan{plan(), amended(2, 120)},
			[]string{"amended"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := ready(t)
			if c.happens != nil {
				c.happens(b)
			}
			b.log = nil
			b.restart(time.Second, c.kept...)
			b.shuts()
			b.then(c.came...)
			b.restart(time.Second, c.kept...)
			b.shuts()
			if len(b.log) > 0 && b.log[0] == "amended" {
				t.Error("said twice")
			}
			b.passes(time.Second)
			b.log = nil
			if c.minutes == 0 {
				if b.s.Delivery() != "" {
					t.Error("it came to life again")
				}
				return
			}
			b.passes(time.Duration(c.minutes)*time.Minute - 5*time.Second)
			if b.s.Delivery() != "d1" {
				t.Error("its window is over too soon")
			}
			b.passes(5 * time.Second)
			if b.s.Delivery() != "" {
				t.Error("its window goes on")
			}
		})
	}
}
