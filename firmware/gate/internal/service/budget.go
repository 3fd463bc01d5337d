package service

import "time"

// How many refusals of one kind the journal takes: a burst, then one every refill.
const (
	burst  = 20
	refill = 6 * time.Second
)

// budget keeps strangers from filling the journal with refusals. What it holds back is
// counted, and said with the next that it lets through.
type budget struct {
	spent int
	at    time.Duration
	held  int
}

// take asks for one entry at a monotonic time. count is how many it stands for.
func (b *budget) take(now time.Duration) (count int, ok bool) {
	if back := int((now - b.at) / refill); back > 0 {
		b.spent = max(b.spent-back, 0)
		b.at += time.Duration(back) * refill
		if b.spent == 0 {
			b.at = now
		}
	}
	if b.spent >= burst {
		b.held++
		return 0, false
	}
	if b.spent == 0 {
		b.at = now
	}
	b.spent++
	count, b.held = b.held+1, 0
	return count, true
}
