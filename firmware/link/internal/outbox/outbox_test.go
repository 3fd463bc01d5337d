package outbox

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"vestibule/hub/wire"
)

func event(i uint64) wire.Event { return wire.Event{ID: wire.EventID("d", i), Index: i} }

var epoch = time.Unix(0, 0)

func expect(t *testing.T, what string, ask Ask, next uint64, wantAsk Ask, want uint64) {
	t.Helper()
	if ask != wantAsk || next != want {
		t.Fatalf("%s: asks %d from %d, want %d from %d", what, ask, next, wantAsk, want)
	}
}

func expectHead(t *testing.T, o *Outbox, want uint64) {
	t.Helper()
	if e, ok := o.Head(); !ok || e.Index != want {
		t.Fatalf("head %d, %v; want %d", e.Index, ok, want)
	}
}

func TestOneAfterTheOther(t *testing.T) {
	var o Outbox
	ask, n := o.GateCame()
	expect(t, "gate without hub", ask, n, Nothing, 0)
	o.Seen(5, epoch)
	ask, n = o.HubCame(epoch)
	expect(t, "both are there", ask, n, Follow, 5)
	for _, i := range []uint64{4, 5, 5, 6} { // one too old, one twice
		ask, n = o.Event(event(i))
		expect(t, "event", ask, n, Nothing, 0)
	}
	for _, want := range []uint64{5, 6} {
		expectHead(t, &o, want)
		o.Taken(want+10, epoch) // of a session that is over
		o.Taken(want, epoch)
	}
	if _, ok := o.Head(); ok {
		t.Fatal("something is left")
	}
	ask, n = o.Event(event(9))
	expect(t, "a gap", ask, n, Reconnect, 0)
}

func TestAHubThatWasAwayIsToldWithoutGate(t *testing.T) {
	var o Outbox
	o.GateCame()
	o.Seen(0, epoch)
	o.HubCame(epoch)
	for i := range uint64(10) {
		o.Event(event(i))
	}
	o.Taken(0, epoch)
	o.Taken(1, epoch)
	o.HubWent()
	if _, ok := o.Head(); ok {
		t.Fatal("sends to a hub that is away")
	}
	o.Event(event(10))
	o.GateWent()
	o.Seen(1, epoch) // it has written down one of two
	ask, n := o.HubCame(epoch)
	expect(t, "the hub is back, gate is not", ask, n, Nothing, 0)
	for i := uint64(1); i < 11; i++ {
		expectHead(t, &o, i)
		o.Taken(i, epoch)
	}
	ask, n = o.GateCame()
	expect(t, "gate is back", ask, n, Follow, 11)
}

func TestAHubThatLostItsDiskHearsItAgain(t *testing.T) {
	var o Outbox
	o.GateCame()
	o.Seen(9, epoch)
	o.HubCame(epoch)
	o.Event(event(9))
	o.Taken(9, epoch)
	ask, n := o.Seen(10, epoch)
	expect(t, "it writes down", ask, n, Nothing, 0)
	ask, n = o.Seen(9, epoch) // lost one, which is kept here
	expect(t, "it lost one", ask, n, Nothing, 0)
	expectHead(t, &o, 9)
	ask, n = o.Seen(3, epoch)
	expect(t, "it lost more than is kept", ask, n, Reconnect, 0)
	o.GateWent()
	ask, n = o.GateCame()
	expect(t, "asked again", ask, n, Follow, 3)
}

func TestAHubThatTakesAndDoesNotWriteIsDoubted(t *testing.T) {
	var o Outbox
	o.GateCame()
	o.Seen(0, epoch)
	o.HubCame(epoch)
	o.Event(event(0))
	later := epoch.Add(time.Hour)
	o.Taken(0, later)
	if o.Doubtful(later.Add(doubt)) {
		t.Fatal("doubts too soon")
	}
	if !o.Doubtful(later.Add(doubt + 1)) {
		t.Fatal("no doubt")
	}
	o.HubCame(later)
	expectHead(t, &o, 0)
	o.HubWent()
	if o.Known() || o.Doubtful(later.Add(time.Hour)) {
		t.Fatal("doubts a hub that is away")
	}
}

func TestALongAbsenceNeedsNoMemory(t *testing.T) {
	var o Outbox
	o.GateCame()
	o.HubCame(epoch)
	o.Event(event(0))
	o.HubWent()
	for i := uint64(1); i < 10*most; i++ {
		o.Event(event(i))
	}
	if len(o.kept) > most {
		t.Fatalf("%d events are kept", len(o.kept))
	}
	ask, n := o.HubCame(epoch)
	expect(t, "the hub is back", ask, n, Nothing, 0)
	for i := uint64(0); i < most; i++ {
		expect(t, "before the end", ask, n, Nothing, 0)
		expectHead(t, &o, i)
		ask, n = o.Taken(i, epoch)
	}
	expect(t, "what was not kept", ask, n, Reconnect, 0)
	o.GateWent()
	ask, n = o.GateCame()
	expect(t, "asked again", ask, n, Follow, most)
	// While the hub takes them, the newest are kept.
	for i := uint64(most); i < 10*most; i++ {
		o.Event(event(i))
		expectHead(t, &o, i)
		if ask, _ := o.Taken(i, epoch); ask != Nothing || len(o.kept) > most {
			t.Fatalf("event %d: asks %d, %d are kept", i, ask, len(o.kept))
		}
	}
}

// Whatever breaks in whatever order: once things work, the hub has every event, none before
// the one before it, and gate was asked once a connection.
func TestNothingIsEverMissed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var (
			o       Outbox
			journal = uint64(0) // gate's length
			gate    bool        // connected
			follow  = uint64(0) // what gate says next, while it is followed
			follows bool
			hub     = map[uint64]bool{}
			disk    = uint64(0) // what the hub wrote down
			forgot  bool        // it has lost some of that
		)
		var do func(Ask, uint64)
		leave := func() { gate, follows = false, false; o.GateWent() }
		do = func(ask Ask, next uint64) {
			switch ask {
			case Follow:
				if follows || !gate {
					t.Fatal("gate is asked twice, or away")
				}
				follow, follows = next, true
			case Reconnect:
				leave()
				gate = true
				do(o.GateCame())
			}
		}
		say := func() {
			if follows && follow < journal {
				follow++
				do(o.Event(event(follow - 1)))
			}
		}
		send := func() {
			if e, ok := o.Head(); ok {
				if e.Index > 0 && !hub[e.Index-1] {
					t.Fatalf("the hub gets %d before %d", e.Index, e.Index-1)
				}
				hub[e.Index] = true
				do(o.Taken(e.Index, epoch))
			}
		}
		written := func() {
			for hub[disk] {
				disk++
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"happens": func(t *rapid.T) { journal += rapid.Uint64Range(1, most/2).Draw(t, "n") },
			"say":     func(t *rapid.T) { say() },
			"say much": func(t *rapid.T) {
				for range most {
					say()
				}
			},
			"send":      func(t *rapid.T) { send() },
			"writes":    func(t *rapid.T) { written() },
			"seen":      func(t *rapid.T) { do(o.Seen(disk, epoch)) },
			"gate dies": func(t *rapid.T) { leave() },
			"gate is there": func(t *rapid.T) {
				if !gate {
					gate = true
					do(o.GateCame())
				}
			},
			"hub dies": func(t *rapid.T) { o.HubWent() },
			"hub is there": func(t *rapid.T) {
				if forgot { // one that lost its disk and does not say so is not served in order
					do(o.Seen(disk, epoch))
				}
				do(o.HubCame(epoch))
			},
			"disk is lost": func(t *rapid.T) {
				disk /= 2
				for i := range hub {
					if i >= disk {
						delete(hub, i)
					}
				}
				forgot = true
				o.HubWent()
			},
		})
		written()
		o.HubWent()
		do(o.Seen(disk, epoch))
		if !gate {
			gate = true
			do(o.GateCame())
		}
		do(o.HubCame(epoch))
		for range 2*journal + 10 {
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
