package rule

import (
	"fmt"
	"testing"
	"time"

	"vestibule/hub/wire"
)

// An epoch counts without its pass, over a restart by the book's word.
func TestEpochAlone(t *testing.T) {
	b := ready(t, func(p *Plan) { p.Epoch = 4 })
	b.step(EpochCame(4))
	b.then()
	b.step(EpochCame(5))
	b.then("cancelled(old_epoch)", "window_closed(old_epoch)", "cut old_epoch", "sleep", "power false", "camera_off", "forget d1")
	if why := b.s.Judge(plan(func(p *Plan) { p.Delivery, p.Epoch = "d2", 4 }), b.now); why != wire.OldEpoch {
		t.Errorf("an older epoch: %q", why)
	}
	b.step(EpochCame(3))
	b.then()
}

func TestWindowEndsInMidVisit(t *testing.T) {
	b := ready(t)
	b.passes(58*time.Minute + 50*time.Second)
	b.keys(Right)
	b.bolt()
	b.opens()
	b.log = nil
	b.passes(11 * time.Second)
	b.then("release", "window_closed(time_up)", "cut time_up", "sleep", "power false", "camera_off")
	v := b.s.View(b.now)
	if v.Visit != wire.VisitUnderWay || v.Door != wire.DoorAjar {
		t.Errorf("%+v", v)
	}
	b.passes(10 * time.Second)
	b.shuts()
	b.then("door_shut", "relocked", "visit_ended(time_up)", "forget d1")
	b.opens()
	b.then("door_opened") // he was inside: out he goes
}

func TestWindowEndsWhileShut(t *testing.T) {
	b := ready(t)
	b.passes(58 * time.Minute)
	b.keys(Right)
	b.bolt()
	b.opens()
	b.shuts()
	b.log = nil
	b.passes(time.Minute)
	b.then("window_closed(time_up)", "cut time_up", "visit_ended(time_up)", "sleep", "power false", "camera_off", "forget d1")
}

func TestCancel(t *testing.T) {
	b := ready(t)
	b.keys(Right)
	b.bolt()
	b.log = nil
	b.step(CancelCame("d1"))
	b.then("cancelled(by_owner)", "window_closed(by_owner)", "cut by_owner", "release", "sleep", "power false", "camera_off")
	b.bolt()
	b.then("relocked", "visit_ended(by_owner)", "forget d1")
	b.step(CancelCame("d1"))
	b.then() // twice is once
	b.page("d1", Right)
	b.then("code_refused(too_late)", "denied too_late")
	if why := b.s.Judge(plan(func(p *Plan) { p.Delivery = "d2" }), b.now); why != "" {
		t.Errorf("a cancelled window still takes its time: %q", why)
	}
}

func TestCancelBeforeItsPass(t *testing.T) {
	b := tell(t)
	b.step(CancelCame("d1"))
	b.step(CancelCame("d1"))
	b.then("cancelled(by_owner)")
	b.restart(time.Second)
	b.shuts()
	b.log = nil
	b.step(PassCame(plan()))
	b.then("pass_accepted", "window_closed(by_owner)", "forget d1")
	b.passes(2 * time.Minute)
	b.then() // its window never opens
}

func TestLock(t *testing.T) {
	b := ready(t)
	b.keys(Right)
	b.bolt()
	b.opens()
	b.log = nil
	b.step(LockCame("d1"))
	b.then("owner_locked(by_owner)", "release")
	b.step(LockCame("d1"))
	b.then()
	b.shuts()
	b.then("door_shut", "relocked", "visit_ended(by_owner)")
	b.keys(Right)
	b.then("code_refused(code_used)", "denied code_used")
	b.opens() // a courier inside is never locked in
	b.then("door_opened")
}

func TestLockBeforeTheVisit(t *testing.T) {
	b := ready(t)
	b.step(LockCame("d1"))
	b.then("owner_locked(by_owner)")
	b.keys(Right)
	b.then("code_refused(code_used)", "denied code_used")
}

func TestLink(t *testing.T) {
	b := tell(t)
	b.step(NetIs(false))
	b.passes(4 * time.Second)
	b.step(NetIs(true))
	b.passes(10 * time.Second)
	b.then() // a hiccup
	b.step(NetIs(false))
	b.passes(5 * time.Second)
	b.then("link_lost")
	b.step(NetIs(false))
	b.passes(time.Minute)
	b.step(NetIs(true))
	b.then("link_back")
}

// With the plug pulled, or link hanging, its last word does not hold.
func TestSilentLink(t *testing.T) {
	b := ready(t, func(p *Plan) { p.Offline = false })
	b.mute = true
	b.step(NetIs(true))
	b.passes(NetFor - 100*time.Millisecond)
	b.keys(Right)
	b.bolt()
	b.then("visit_started", "energise", "unlocked", "granted 1/3")
	b.passes(100 * time.Millisecond)
	b.keys(Right) // in mid-pulse
	b.then("code_refused(offline)", "denied offline")
	b.passes(Pulse - 100*time.Millisecond)
	b.bolt()
	b.log = nil
	b.passes(100 * time.Millisecond)
	b.then("link_lost") // 8 s after its last word
	b.step(NetIs(true))
	b.then("link_back")
	b.keys(Right)
	b.then("unlocked", "energise", "granted 2/3")
}

// A burning that is on its way when link falls silent opens nothing.
func TestSilentLinkWhileBurning(t *testing.T) {
	b := ready(t, func(p *Plan) { p.Offline = false })
	b.mute, b.slow = true, true
	b.step(NetIs(true))
	b.passes(NetFor - 100*time.Millisecond)
	b.keys(Right)
	b.then("writing visit_started")
	b.passes(100 * time.Millisecond)
	b.step(Written(b.held[0], true))
	b.then("code_refused(offline)", "denied offline")
}

// The tick for it is asked for.
func TestSilentLinkIsNoticed(t *testing.T) {
	b := tell(t)
	b.mute = true
	for range 2 {
		b.then()
		n := b.s.Next(b.now)
		if n <= 0 {
			t.Fatal("no tick is asked for")
		}
		b.now.Mono += n
		b.now.Wall += n.Milliseconds()
		b.step(Tick())
		if b.s.lost {
			b.then("link_lost")
			return
		}
	}
	t.Fatal("link is silent, and nobody notices")
}

// Whom a link that hangs has counted nobody can rely on.
func TestViewersOfASilentLink(t *testing.T) {
	b := ready(t, func(p *Plan) { p.Watched = true })
	b.step(ViewersAre(2))
	b.mute = true
	b.passes(NetFor)
	if n := b.s.View(b.now).Viewers; n != 0 {
		t.Errorf("%d viewers are shown", n)
	}
	b.log = nil
	b.keys(Right)
	b.then("code_refused(nobody_watches)", "denied nobody_watches")
	b.step(NetIs(false)) // the hub is away, and whoever watches still does
	b.keys(Right)
	b.then("visit_started", "energise", "unlocked", "granted 1/3")
}

func TestJudge(t *testing.T) {
	b := tell(t)
	b.step(PassCame(plan(func(p *Plan) { p.Epoch = 5 })))
	other := func(p *Plan) { p.Delivery, p.Epoch = "d2", 5 }
	for name, c := range map[string]struct {
		change func(*Plan)
		want   wire.Reason
	}{
		"after it":        {func(p *Plan) { p.From, p.Until = start+3_600_000, start+7_200_000 }, ""},
		"before it":       {func(p *Plan) { p.From, p.Until = start, start+60_000 }, ""},
		"inside it":       {func(p *Plan) { p.From, p.Until = start+120_000, start+180_000 }, wire.Overlaps},
		"into its begin":  {func(p *Plan) { p.From, p.Until = start, start+60_001 }, wire.Overlaps},
		"over":            {func(p *Plan) { p.From, p.Until = start-60_000, start }, wire.WindowOver},
		"older epoch":     {func(p *Plan) { p.Epoch = 4 }, wire.OldEpoch},
		"newer epoch":     {func(p *Plan) { p.Epoch = 6 }, ""},
		"same, new terms": {func(p *Plan) { p.Delivery = "d1"; p.Entries = 2 }, wire.Overlaps},
		"no entries":      {func(p *Plan) { p.Entries = 0 }, wire.Unreadable},
		"zero plan":       {func(p *Plan) { *p = Plan{Epoch: 5} }, wire.Unreadable},
	} {
		if got := b.s.Judge(plan(other, c.change), b.now); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	for i := range MaxPasses - 1 {
		at := start + int64(i+2)*7_200_000
		p := plan(other, func(p *Plan) { p.Delivery, p.From, p.Until = fmt.Sprint("x", i), at, at+3_600_000 })
		if why := b.s.Judge(p, b.now); why != "" {
			t.Fatalf("pass %d: %q", i, why)
		}
		b.step(PassCame(p))
	}
	far := plan(other, func(p *Plan) { p.From, p.Until = start+100*7_200_000, start+101*7_200_000 })
	if why := b.s.Judge(far, b.now); why != wire.TooMany {
		t.Errorf("one more: %q, want too_many", why)
	}
}

// What was cancelled takes no other delivery's place, and the hub may say its pass again as often as
// it likes, also after a restart. That is remembered of 64 whose passes would still hold; of more the slots
// remember it.
func TestCancelledLeaveRoom(t *testing.T) {
	b := tell(t)
	far := func(i int) Plan {
		from := start + int64(i+1)*7_200_000
		return plan(func(p *Plan) { p.Delivery, p.From, p.Until = fmt.Sprint("x", i), from, from+3_600_000 })
	}
	for i := range MaxPast {
		b.step(PassCame(far(i)))
		b.then("pass_accepted")
		b.step(CancelCame(far(i).Delivery))
		b.then("cancelled(by_owner)", "window_closed(by_owner)", "forget "+far(i).Delivery)
	}
	none := func() {
		t.Helper()
		for i := range MaxPast {
			if why := b.s.Judge(far(i), b.now); why != wire.WindowOver || !b.s.Known(far(i).Delivery) {
				t.Fatalf("%s would come again: %q", far(i).Delivery, why)
			}
		}
	}
	none()
	b.restart(time.Minute)
	b.log = nil
	none()
	for _, o := range b.s.orders {
		if o.delivery != "" {
			t.Errorf("an order for %s is left", o.delivery)
		}
	}
	for i := range MaxPasses {
		b.step(PassCame(far(MaxPast + i)))
		b.step(CancelCame(far(MaxPast + i).Delivery))
		b.then("pass_accepted", "cancelled(by_owner)")
	}
	if why := b.s.Judge(far(MaxPast+MaxPasses), b.now); why != wire.TooMany {
		t.Errorf("one more than anybody can remember: %q", why)
	}
	none()
	b.passes(3 * time.Hour) // the first is over: its name is needed no more
	if why := b.s.Judge(far(MaxPast+MaxPasses), b.now); why != "" {
		t.Errorf("%q", why)
	}
}

// Whoever is inside when a delivery is cancelled is remembered until out, and a disk that takes nothing
// keeps the slot.
func TestCancelledKeepsWhatIsNeeded(t *testing.T) {
	b := ready(t)
	b.keys(Right)
	b.bolt()
	b.opens()
	b.step(CancelCame("d1"))
	b.shuts()
	if !b.s.Known("d1") || b.s.find("d1") == nil {
		t.Error("forgotten while somebody may be on the way out")
	}
	b.log = nil
	b.passes(3*time.Minute - time.Second)
	b.then()
	b.passes(time.Second)
	b.then("forget d1")

	b = tell(t)
	b.step(PassCame(plan()))
	b.disk(false)
	b.log = nil
	b.step(CancelCame("d1"))
	b.then("lost cancelled(by_owner)")
	b.disk(true)
	b.then("journal_broken(disk_trouble)", "window_closed(by_owner)", "forget d1")
}

func TestNewerEpochEndsOlderPasses(t *testing.T) {
	b := ready(t)
	b.step(PassCame(plan(func(p *Plan) { p.Delivery, p.Epoch, p.From, p.Until = "d2", 1, start+7_200_000, start+7_300_000 })))
	b.then("pass_accepted", "cancelled(old_epoch)", "window_closed(old_epoch)", "cut old_epoch", "sleep", "power false", "camera_off", "forget d1")
}

func TestWindowAfterWindow(t *testing.T) {
	b := ready(t)
	b.step(PassCame(plan(func(p *Plan) { p.Delivery, p.From, p.Until = "d2", start+3_600_000, start+7_200_000 })))
	b.then("pass_accepted")
	b.passes(time.Hour)
	b.then("window_closed(time_up)", "cut time_up", "window_opened", "sleep", "power false", "camera_off", "forget d1", "power true", "wake d2", "camera_on(by_viewer)")
}

// The clock is unsure: nothing new opens, what is open still ends.
func TestUnsureClock(t *testing.T) {
	b := tell(t)
	b.step(PassCame(plan()))
	b.then("pass_accepted")
	b.now.Sure = false
	b.passes(2 * time.Minute)
	b.page("d1", Right)
	b.then("code_refused(clock_unsure)", "denied clock_unsure")
	b.now.Sure = true
	b.passes(100 * time.Millisecond)
	b.then("window_opened")
	b.watched = true
	b.attend()
	b.then("power true", "wake d1")
	b.now.Sure = false
	b.log = nil
	b.passes(time.Hour)
	b.then("camera_on(by_viewer)", "window_closed(time_up)", "cut time_up", "sleep", "power false", "camera_off", "forget d1")
}

// A delivery that is over does not come again, on other terms neither.
func TestPastOnOtherTerms(t *testing.T) {
	b := ready(t)
	b.passes(time.Hour)
	b.log = nil
	later := plan(func(p *Plan) { p.From, p.Until = start+7_200_000, start+7_300_000 })
	for range 2 {
		b.step(PassCame(later))
		b.then("pass_refused(window_over)", "forget d1")
		b.restart(time.Second)
		b.log = nil
	}
}
