package rule

import (
	"math"
	"time"
)

// Next says how long after now the rule wants a Tick although nothing happens; 0 means that
// it needs none. now may be later than the last Step: what has become due since is wanted
// soon.
func (s *State) Next(now Now) time.Duration {
	n := next{now: now}
	switch s.pending.phase {
	case writing:
		n.at(s.pending.since + writeWithin)
	case energising:
		n.at(s.pending.since + s.coilWithin())
	case none, abandoned:
	}
	if s.refusal.phase == writing {
		n.at(s.refusal.since + writeWithin)
	}
	current := s.current()
	for i := range s.kept() {
		c := &s.slots[i]
		switch {
		case c.plan.Delivery == "" || c.stage == closed && c.plan.Delivery == s.pending.delivery:
		case c.stage == planned && !c.cancelled && now.Wall < c.plan.From:
			n.wall(c.plan.From)
		case c.stage == closed || c.cancelled && c.stage == planned:
			if c.visit != underWay {
				n.wall(c.keep)
				if c.cancelled && s.disk && s.leastPast(now.Wall) != nil {
					n.at(s.egress)
				}
			}
		default:
			n.wall(c.plan.Until)
			switch {
			case c.stage != planned || c.cancelled:
			case current != nil:
				n.wall(current.plan.Until)
			case now.Sure:
				n.wall(now.Wall) // it has begun since the last Step
			}
		}
	}
	if current != nil {
		until := s.until(current)
		switch wanted := now.Mono < until; {
		case s.camera.power && until != math.MaxInt64:
			n.at(until)
		case !s.camera.power && wanted && now.Sure:
			n.at(now.Mono) // the time has become known since the last Step
		}
	}
	if c := &s.camera; c.power {
		if s.waits.delivery != "" {
			n.at(c.since + riseWithin)
		}
		blind := s.blind(now) != ""
		switch {
		case !blind:
			n.at(c.at + FreshFor + 1)
			if c.fault {
				n.at(c.good + steadyFor)
			}
		case c.live && !c.fault:
			n.at(now.Mono) // it has become so since the last Step
		case !c.live && !c.fault:
			n.at(c.since + startWithin)
		case !s.unseen && s.unwatched():
			n.at(now.Mono) // the same
		}
	}
	if at, ok := s.pulseEnds(); ok {
		n.at(at)
	}
	if s.door == Open && !s.held {
		n.at(s.opened + HeldAfter)
	}
	if s.odd != 0 && !s.unsure {
		n.at(s.odd + s.oddFor())
	}
	if v := s.visited(); v != nil && s.still() {
		n.at(v.quiet + v.plan.Grace)
		if v.used >= v.plan.Entries {
			n.at(v.quiet + openAfter)
		}
	}
	if s.panicked != 0 {
		n.at(s.panicked)
	}
	switch {
	case s.net:
		n.at(s.heard + NetFor + netLostFor)
	case s.online:
		n.at(s.netOff + netLostFor)
	}
	return n.least
}

// next is the least of several waits.
type next struct {
	now   Now
	least time.Duration
}

// at wants a tick at a monotonic time; one that is over is wanted soon, in case whoever
// asked has not had its Step yet.
func (n *next) at(mono time.Duration) { n.wait(mono - n.now.Mono) }

func (n *next) wall(ms int64) { n.wait(time.Duration(ms-n.now.Wall) * time.Millisecond) }

func (n *next) wait(d time.Duration) {
	const soon = 10 * time.Millisecond
	if d <= 0 {
		d = soon
	}
	if n.least == 0 || d < n.least {
		n.least = d
	}
}
