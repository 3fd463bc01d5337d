// Package outbox decides which of the device's events go to the hub next. Gate's journal
// keeps them all; here are the newest, and how far the hub has got.
//
// Events go one after the other, each once the hub has taken the one before, so that they
// arrive in the journal's order. When hub or gate were away it goes on from where the
// hub's own word ([wire.Seen]), or its last receipt, left off. The hub may so hear an event
// twice and knows it by its id; it never misses one.
//
// Gate is asked once in a connection to say its events from some index on, and then says
// them as they happen. Only a hub that has lost more than is kept here makes it necessary to
// ask again, which takes a new connection.
//
// The package is pure: no clock of its own, no socket, no goroutine.
package outbox

import (
	"slices"
	"time"

	"vestibule/hub/wire"
)

const (
	// most is how many events are kept, about 1 MB of them. What comes when they are full
	// and none was taken is asked for again later.
	most = 4096
	// doubt is how long the hub may go without writing down what it has taken.
	doubt = 30 * time.Second
)

// Outbox is for one goroutine. The zero Outbox is that of a device that has told its hub
// nothing yet.
type Outbox struct {
	gate   bool // connected
	asked  bool // gate was asked on this connection, and says its events
	missed bool // and some of them were not kept

	hub   bool      // there, and what it has is known or was waited for
	known bool      // it has said what it has
	seen  uint64    // which is this
	since time.Time // when it last took or wrote down anything

	kept []wire.Event // without a gap, the first with index from
	from uint64
	next uint64 // the first that the hub has not taken
}

// Ask is what gate is to be asked now, if anything.
type Ask int

// What to ask gate.
const (
	Nothing   Ask = iota
	Follow        // say the events from an index on
	Reconnect     // hang up: it has to be asked again
)

// GateCame says that gate is there, and was not asked anything yet.
func (o *Outbox) GateCame() (Ask, uint64) {
	o.gate, o.asked, o.missed = true, false, false
	return o.ask()
}

// GateWent says that gate is away. What it has said is still sent.
func (o *Outbox) GateWent() { o.gate, o.asked, o.missed = false, false, false }

// HubCame says that the hub is there: what it has is known, or was waited for in vain.
func (o *Outbox) HubCame(now time.Time) (Ask, uint64) {
	if o.known {
		o.next = o.seen
	}
	o.hub, o.since = true, now
	return o.ask()
}

// HubWent says that the hub is away. It will say again what it has.
func (o *Outbox) HubWent() { o.hub, o.known = false, false }

// Known reports whether the hub has said what it has.
func (o *Outbox) Known() bool { return o.known }

// ask works out what gate is to be asked, so that next comes.
func (o *Outbox) ask() (Ask, uint64) {
	if !o.gate || !o.hub {
		return Nothing, 0
	}
	end := o.from + uint64(len(o.kept))
	if o.next < o.from || o.next > end {
		// What is kept is of no use.
		if o.asked && o.next < o.from {
			return Reconnect, 0
		}
		o.kept, o.from, end = nil, o.next, o.next
	}
	if o.asked {
		return Nothing, 0
	}
	o.asked = true
	return Follow, end
}

// Event takes an event that gate says. It asks for a new connection if one was left out.
func (o *Outbox) Event(e wire.Event) (Ask, uint64) {
	switch end := o.from + uint64(len(o.kept)); {
	case !o.asked || o.missed || e.Index < end:
		return Nothing, 0
	case e.Index > end:
		return Reconnect, 0
	}
	if len(o.kept) >= most {
		taken := 0
		if o.next > o.from {
			taken = min(int(o.next-o.from), most/2)
		}
		if taken == 0 {
			o.missed = true
			return Nothing, 0
		}
		o.kept = slices.Clone(o.kept[taken:])
		o.from += uint64(taken)
	}
	o.kept = append(o.kept, e)
	return Nothing, 0
}

// Head is the event to send now.
func (o *Outbox) Head() (e wire.Event, ok bool) {
	if !o.hub || o.next < o.from || o.next >= o.from+uint64(len(o.kept)) {
		return wire.Event{}, false
	}
	return o.kept[o.next-o.from], true
}

// Taken says that the hub has taken the event with this index.
func (o *Outbox) Taken(index uint64, now time.Time) (Ask, uint64) {
	if index == o.next {
		o.next, o.since = index+1, now
	}
	if o.missed && o.next == o.from+uint64(len(o.kept)) {
		return Reconnect, 0
	}
	return Nothing, 0
}

// Seen says what the hub has on disk. A hub that has lost what it had hears it again.
func (o *Outbox) Seen(next uint64, now time.Time) (Ask, uint64) {
	lost := o.known && next < o.seen
	if next != o.seen || !o.known {
		o.since = now
	}
	o.seen, o.known = next, true
	if o.hub && lost {
		return o.HubCame(now)
	}
	return Nothing, 0
}

// Doubtful reports whether the hub has taken events and not written them down for too
// long: it may have died in between. HubCame then begins again from its own word.
func (o *Outbox) Doubtful(now time.Time) bool {
	return o.hub && o.known && o.seen < o.next && now.Sub(o.since) > doubt
}
