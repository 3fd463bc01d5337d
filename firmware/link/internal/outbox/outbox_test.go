package outbox

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"vestibule/hub/wire"
)

func event(i uint64) wire.Event { return wire.Event{ID: wire.EventID("d", i), Index: i} }

func TestOneAfterTheOther(t *testing.T) {
	var o Outbox
	now := time.Unix(0, 0)
	o.Event(event(0))
	if _, ok := o.Head(); ok {
		t.Fatal("something is sent before the start")
	}
	o.Seen(5, now)
	if next := o.Start(now); next != 5 {
		t.Fatalf("starts from %d, want what the hub lacks, 5", next)
	}
	for _, i := range []uint64{4, 5, 5, 6} { // one too old, one twice
		o.Event(event(i))
	}
	for _, want := range []uint64{5, 6} {
		e, ok := o.Head()
		if !ok || e.Index != want {
			t.Fatalf("head %d, %v; want %d", e.Index, ok, want)
		}
		if o.Taken(want+10, now) || o.Taken(want, now) {
			t.Fatal("asks again for nothing")
		}
	}
	if _, ok := o.Head(); ok {
		t.Fatal("something is left")
	}
}

func TestAGapIsAskedForAgain(t *testing.T) {
	var o Outbox
	now := time.Unix(0, 0)
	o.Start(now)
	o.Event(event(0))
	o.Event(event(2))
	if !o.Taken(0, now) {
		t.Fatal("event 1 is missing and not asked for")
	}
	if next := o.Start(now); next != 1 {
		t.Fatalf("asks from %d, want 1", next)
	}
}

func TestAFullOutboxAsksAgain(t *testing.T) {
	var o Outbox
	now := time.Unix(0, 0)
	o.Start(now)
	for i := range uint64(most + 100) {
		o.Event(event(i))
	}
	again := false
	for i := uint64(0); !again; i++ {
		if e, ok := o.Head(); !ok || e.Index != i {
			t.Fatalf("head %d, %v; want %d", e.Index, ok, i)
		}
		again = o.Taken(i, now)
	}
	if next := o.Start(now); next != most {
		t.Fatalf("asks from %d, want %d", next, most)
	}
}

func TestAHubThatLostItsDiskHearsItAgain(t *testing.T) {
	var o Outbox
	now := time.Unix(0, 0)
	o.Seen(9, now)
	o.Start(now)
	if o.Seen(9, now) || o.Seen(10, now) {
		t.Fatal("asks again although nothing was lost")
	}
	if !o.Seen(3, now) || o.Start(now) != 3 {
		t.Fatal("the hub is back to 3")
	}
	// It takes events and never writes them down.
	o.Event(event(3))
	now = now.Add(time.Hour)
	o.Taken(3, now)
	if o.Doubtful(now.Add(doubt)) {
		t.Fatal("doubts too soon")
	}
	if !o.Doubtful(now.Add(doubt+1)) || o.Start(now) != 3 {
		t.Fatal("no doubt")
	}
	o.Forget()
	if o.Known() || o.Doubtful(now.Add(time.Hour)) {
		t.Fatal("knows what it was told to forget")
	}
	if next := o.Start(now); next != 3 {
		t.Fatalf("without the hub's word it starts from %d, want 3", next)
	}
}

// Whatever breaks in whatever order: once things work, the hub has every event, in order,
// and none is missing in between.
func TestNothingIsEverMissed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var (
			o       Outbox
			now     = time.Unix(0, 0)
			journal = uint64(0) // gate's length
			follow  = uint64(0) // what gate says next, while it is followed
			follows = false
			hub     = map[uint64]bool{}
			disk    = uint64(0) // what the hub wrote down
		)
		start := func() { follow, follows = o.Start(now), true }
		written := func() {
			for hub[disk] {
				disk++
			}
		}
		say := func() {
			if follows && follow < journal {
				o.Event(event(follow))
				follow++
			}
		}
		send := func() {
			e, ok := o.Head()
			if !ok {
				return
			}
			if e.Index > 0 && !hub[e.Index-1] {
				t.Fatalf("the hub gets %d before %d", e.Index, e.Index-1)
			}
			hub[e.Index] = true
			if o.Taken(e.Index, now) {
				start()
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"happens": func(t *rapid.T) { journal += rapid.Uint64Range(1, 2*most).Draw(t, "n") },
			"say":     func(t *rapid.T) { say() },
			"say much": func(t *rapid.T) {
				for range 2 * most {
					say()
				}
			},
			"say, unkept": func(t *rapid.T) { follow = min(follow+1, journal) },
			"send":        func(t *rapid.T) { send() },
			"writes":      func(t *rapid.T) { written() },
			"seen": func(t *rapid.T) {
				if o.Seen(disk, now) {
					start()
				}
			},
			"stop":    func(t *rapid.T) { o.Stop(); follows = false },
			"forget":  func(t *rapid.T) { o.Forget(); follows = false },
			"connect": func(t *rapid.T) { start() },
			"":        func(t *rapid.T) {},
		})
		written()
		o.Seen(disk, now)
		start()
		for range 4*journal + 10 {
			say()
			send()
		}
		for i := range journal {
			if !hub[i] {
				t.Fatalf("event %d of %d never came", i, journal)
			}
		}
	})
}
