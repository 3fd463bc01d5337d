package web

import (
	"sync"
	"time"
)

// rate is how often something may happen: burst times at once, then once every interval.
type rate struct {
	burst float64
	every time.Duration
}

// How often strangers may ask. These only keep floods from the devices; guessing is
// slowed down by the device itself, which knows what a guess is. Every limit is for one
// address, so that nobody uses up somebody else's; the last three are for one address
// and one device or delivery. Behind a proxy (-origin) all have the proxy's address: there
// the proxy has to keep its clients apart, for a header that says who they are can be
// forged by anybody on this machine.
var (
	letterRate    = rate{60, 250 * time.Millisecond}
	noticeRate    = rate{60, 250 * time.Millisecond}
	challengeRate = rate{30, time.Second}
	tryRate       = rate{15, time.Second}
	pairRate      = rate{10, 3 * time.Second}
)

// limits counts. Safe for many goroutines.
type limits struct {
	mu      sync.Mutex
	buckets map[string]*bucket
}

type bucket struct {
	left float64
	at   time.Time
	rate rate
}

// maxBuckets bounds the memory of limits. Full buckets are forgotten first; should there
// be that many others, newcomers wait.
const maxBuckets = 10_000

func newLimits() *limits { return &limits{buckets: map[string]*bucket{}} }

// allow reports whether it may happen once more now, and counts it.
func (l *limits) allow(now time.Time, r rate, what, who string) bool {
	key := what + "\x00" + who
	l.mu.Lock()
	defer l.mu.Unlock()
	b, ok := l.buckets[key]
	if !ok {
		if len(l.buckets) >= maxBuckets && !l.sweep(now) {
			return false
		}
		b = &bucket{left: r.burst, at: now, rate: r}
		l.buckets[key] = b
	}
	b.fill(now)
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

func (b *bucket) fill(now time.Time) {
	if d := now.Sub(b.at); d > 0 {
		b.left = min(b.rate.burst, b.left+float64(d)/float64(b.rate.every))
	}
	b.at = now
}

// sweep forgets full buckets; false when there were none. l.mu is held.
func (l *limits) sweep(now time.Time) bool {
	for key, b := range l.buckets {
		if b.fill(now); b.left >= b.rate.burst {
			delete(l.buckets, key)
		}
	}
	return len(l.buckets) < maxBuckets
}

// quota counts what is open at the same time, by name and in all. Safe for many goroutines.
type quota struct {
	mu   sync.Mutex
	most int
	all  int
	by   map[string]int
}

func newQuota(most int) *quota { return &quota{most: most, by: map[string]int{}} }

// take reports whether there is room for one more of that name; done must be called then.
func (q *quota) take(name string, most int) (done func(), ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.all >= q.most || q.by[name] >= most {
		return nil, false
	}
	q.all++
	q.by[name]++
	return func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.all--
		if q.by[name]--; q.by[name] == 0 {
			delete(q.by, name)
		}
	}, true
}
