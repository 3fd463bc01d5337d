package rule

import (
	"slices"
	"testing"
	"time"

	"vestibule/hub/wire"
)

// What a story shows to whoever stands at the door, and to every machine: all effects of all
// steps, and what the household is shown after them.
type shown struct {
	effects []Effect
	view    wire.State
	next    time.Duration
}

// told lets a story happen with one verdict for what the courier types. duress counts the
// entries that say so.
func told(t *testing.T, happens func(b *story, typed Verdict), typed Verdict) (all []shown, duress int) {
	b := ready(t)
	b.stepped = func(_ State, _ Event, came []Effect) {
		s := shown{view: b.s.View(b.now), next: b.s.Next(b.now)}
		for _, e := range came {
			if e.Do == Write && e.Entry.Kind == wire.Duress {
				duress++
				continue
			}
			s.effects = append(s.effects, e)
		}
		all = append(all, s)
	}
	happens(b, typed)
	return all, duress
}

func TestDuressDiffersInNothingButItsEntry(t *testing.T) {
	for name, c := range map[string]struct {
		happens func(b *story, typed Verdict)
		pulses  int
	}{
		"a whole visit": {func(b *story, typed Verdict) {
			b.keys(typed)
			b.bolt()
			b.keys(typed) // the strike is free already
			b.opens()
			b.passes(3 * time.Second)
			b.shuts()
			b.keys(typed)
			b.bolt()
			b.opens()
			b.shuts()
			b.page("d1", typed)
			b.bolt()
			b.opens()
			b.shuts()
			b.keys(typed) // used
			b.passes(time.Hour)
		}, 3},
		"an owner who watches":  {func(b *story, typed Verdict) { b.page("d1", typed); b.passes(10 * time.Minute) }, 1},
		"somebody has guessed":  {func(b *story, typed Verdict) { b.keys(Wrong); b.keys(Typo); b.keys(typed); b.passes(10 * time.Minute) }, 1},
		"after a cancel":        {func(b *story, typed Verdict) { b.step(CancelCame("d1")); b.page("d1", typed); b.keys(typed) }, 0},
		"after an owner's lock": {func(b *story, typed Verdict) { b.step(LockCame("d1")); b.keys(typed) }, 0},
		"too soon": {func(b *story, typed Verdict) {
			for range 4 {
				b.keys(Wrong)
			}
			b.keys(typed)
			b.passes(10 * time.Second)
			b.keys(typed)
		}, 1},
		"tries are spent": {func(b *story, typed Verdict) {
			for range MaxByWay {
				b.keys(Wrong)
				b.passes(30 * time.Second)
			}
			b.keys(typed) // not looked at
		}, 0},
		"a slow disk": {func(b *story, typed Verdict) {
			b.slow = true
			b.keys(typed)
			b.keys(typed)
			b.slow = false
			b.step(Written(b.held[0], true))
			b.passes(time.Minute)
		}, 1},
		"a full disk": {func(b *story, typed Verdict) {
			b.disk(false)
			b.keys(typed)
			b.disk(true)
			b.keys(typed)
		}, 1},
		"tampered":          {func(b *story, typed Verdict) { b.step(TamperIs(true)); b.keys(typed) }, 0},
		"an unsure clock":   {func(b *story, typed Verdict) { b.now.Sure = false; b.keys(typed) }, 0},
		"an open door":      {func(b *story, typed Verdict) { b.opens(); b.keys(typed) }, 0},
		"a door that lies":  {func(b *story, typed Verdict) { b.step(BoltIs(Unknown)); b.keys(typed) }, 0},
		"no fresh picture":  {func(b *story, typed Verdict) { b.blind = true; b.passes(2 * time.Second); b.keys(typed) }, 0},
		"the coil is stuck": {func(b *story, typed Verdict) { b.step(CoilIs(CoilUnknown)); b.keys(typed) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			pulses := 0
			count := func(b *story, typed Verdict) { c.happens(b, typed); pulses = b.pulses }
			right, none := told(t, count, Right)
			if none != 0 || pulses != c.pulses {
				t.Fatalf("%d entries of duress without any, %d openings, want %d", none, pulses, c.pulses)
			}
			forced, duress := told(t, count, Forced)
			want := 1
			if name == "after a cancel" || name == "tries are spent" {
				want = 0
			}
			if duress != want {
				t.Errorf("%d entries of duress, want %d", duress, want)
			}
			if len(right) != len(forced) {
				t.Fatalf("%d steps, %d under duress", len(right), len(forced))
			}
			for i := range right {
				if !slices.Equal(right[i].effects, forced[i].effects) || right[i].view != forced[i].view || right[i].next != forced[i].next {
					t.Fatalf("step %d:\n%+v\nunder duress:\n%+v", i, right[i], forced[i])
				}
			}
		})
	}
}

// The entry comes after the answer that the courier gets, and once a delivery, also over a
// restart.
func TestDuressIsWrittenOnce(t *testing.T) {
	b := ready(t)
	b.slow = true
	b.keys(Forced)
	b.then("writing visit_started", "duress") // its burning was asked for before
	b.slow = false
	b.onDisk(Entry{Kind: wire.VisitStarted, Delivery: "d1", Count: 1})
	b.step(Written(b.held[0], true))
	b.then("energise", "unlocked", "granted 1/3")
	b.bolt()
	b.opens()
	b.shuts()
	b.log = nil
	b.keys(Forced)
	b.then("unlocked", "energise", "granted 2/3")
	b.restart(time.Second, plan())
	b.shuts()
	b.passes(time.Second)
	b.log = nil
	b.keys(Forced)
	b.then("unlocked", "energise", "granted 3/3")
}

func TestDuressElsewhereSaysNothing(t *testing.T) {
	b := tell(t)
	b.step(PassCame(plan()))
	b.log = nil
	b.keys(Forced)
	b.then()
	b.page("d1", Forced)
	b.then("code_refused(too_early)", "denied too_early")
	b.wakes()
	b.page("d2", Forced)
	b.then("code_refused(no_delivery)", "denied no_delivery")
}
