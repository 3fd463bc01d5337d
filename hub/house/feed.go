package house

import (
	"sync"
	"time"

	"vestibule/hub/wire"
)

// News is one thing that changed, for whoever follows. Exactly one of the pointers is set.
type News struct {
	Device string
	Online *bool     // it can be reached
	Since  time.Time // not Online: since when, if that is known
	State  *wire.State
	Event  *wire.Event
	Status *Delivered
	People *People
}

// Delivered is a delivery with its status.
type Delivered struct {
	Delivery
	Status     Status
	Reason     wire.Reason
	Cancelling bool // ordered, but the device has not said so yet
	Over       bool // the device will do nothing more for it
}

// Feed hands news to followers. A follower that does not keep up is dropped, never
// waited for: its channel is closed, and it starts again from what is true now.
// The zero Feed is ready. Safe for many goroutines.
type Feed struct {
	mu     sync.Mutex
	all    map[*Follower]struct{}
	closed bool
}

// followerBuffer is how many news a follower may be behind.
const followerBuffer = 64

// Follower gets news until it or its feed is closed.
type Follower struct {
	C    <-chan News // closed when the follower is dropped or the feed ends
	c    chan News
	feed *Feed
	want func(News) bool
}

// Follow starts handing over the news that want picks. want is called with the feed
// locked, so it must be quick and must not touch the feed.
func (f *Feed) Follow(want func(News) bool) *Follower {
	c := make(chan News, followerBuffer)
	w := &Follower{C: c, c: c, feed: f, want: want}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		close(c)
		return w
	}
	if f.all == nil {
		f.all = map[*Follower]struct{}{}
	}
	f.all[w] = struct{}{}
	return w
}

// Close ends it; news that were not read are lost.
func (w *Follower) Close() {
	w.feed.mu.Lock()
	defer w.feed.mu.Unlock()
	w.feed.drop(w)
}

func (f *Feed) drop(w *Follower) {
	if _, ok := f.all[w]; ok {
		delete(f.all, w)
		close(w.c)
	}
}

// tell hands news to everybody who wants it.
func (f *Feed) tell(n News) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for w := range f.all {
		if !w.want(n) {
			continue
		}
		select {
		case w.c <- n:
		default:
			f.drop(w)
		}
	}
}

// Close ends every follower, and all that come later.
func (f *Feed) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for w := range f.all {
		f.drop(w)
	}
}
