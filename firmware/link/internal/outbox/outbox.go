// Package outbox decides which of the device's events go to the hub next. Gate's journal
// keeps them; here is only how far the hub has got.
//
// Events go one after the other, each once the hub has taken the one before, so that they
// arrive in the journal's order. After anything was interrupted, gate is asked to say them
// again from where the hub's own word ([wire.Seen]) or its last receipt left off. The hub
// may so hear an event twice and knows it by its id; it never misses one.
//
// The package is pure: no clock of its own, no socket, no goroutine.
package outbox

import (
	"time"

	"vestibule/hub/wire"
)

const (
	// most is how many events are held. What comes when it is full is forgotten here, and
	// asked for again.
	most = 512
	// doubt is how long the hub may go without writing down what it has taken.
	doubt = 30 * time.Second
)

// Outbox is for one goroutine. The zero Outbox is that of a device that has told its hub
// nothing yet.
type Outbox struct {
	open    bool         // gate was asked, and the hub is there
	next    uint64       // the first event that the hub has not taken
	waiting []wire.Event // next, and those after it without a gap
	missed  bool         // events came that were not kept

	seen  uint64    // what the hub says it has on disk
	known bool      // it has said so
	since time.Time // when the hub last took or wrote down anything
}

// Start begins anew, on a new connection to gate or hub. It returns the event from which
// gate is to say them.
func (o *Outbox) Start(now time.Time) (next uint64) {
	if o.known {
		o.next = o.seen
	}
	o.open, o.waiting, o.missed, o.since = true, nil, false, now
	return o.next
}

// Stop forgets what waits, because gate or hub is away.
func (o *Outbox) Stop() { o.open, o.waiting, o.missed = false, nil, false }

// Forget is Stop, and forgets what the hub said: it will say it again when it is back.
func (o *Outbox) Forget() {
	o.Stop()
	o.known = false
}

// Known reports whether the hub has said what it has.
func (o *Outbox) Known() bool { return o.known }

// Event takes an event that gate says. What is not next, because it was taken before or
// because one before it is missing, is not kept.
func (o *Outbox) Event(e wire.Event) {
	want := o.next + uint64(len(o.waiting))
	switch {
	case !o.open || e.Index < want:
	case e.Index > want || len(o.waiting) >= most:
		o.missed = true
	default:
		o.waiting = append(o.waiting, e)
	}
}

// Head is the event to send now.
func (o *Outbox) Head() (e wire.Event, ok bool) {
	if len(o.waiting) == 0 {
		return wire.Event{}, false
	}
	return o.waiting[0], true
}

// Taken says that the hub has taken the event with this index. It reports whether gate has
// to be asked again, by Start, because something was missed.
func (o *Outbox) Taken(index uint64, now time.Time) (again bool) {
	if len(o.waiting) == 0 || o.waiting[0].Index != index {
		return false // of a connection that is over
	}
	o.waiting = o.waiting[1:]
	o.next, o.since = index+1, now
	if len(o.waiting) == 0 {
		o.waiting = nil // lets the array go
	}
	return o.missed && o.waiting == nil
}

// Seen says what the hub has on disk. It reports whether gate has to be asked again,
// because the hub has lost what it had.
func (o *Outbox) Seen(next uint64, now time.Time) (again bool) {
	lost := o.known && next < o.seen
	if next != o.seen || !o.known {
		o.since = now
	}
	o.seen, o.known = next, true
	return o.open && lost
}

// Doubtful reports whether gate has to be asked again because the hub has taken events and
// not written them down for too long: it may have died in between.
func (o *Outbox) Doubtful(now time.Time) (again bool) {
	return o.open && o.known && o.seen < o.next && len(o.waiting) == 0 && now.Sub(o.since) > doubt
}
