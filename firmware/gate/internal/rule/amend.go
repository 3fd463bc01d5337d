package rule

import (
	"math"

	"vestibule/hub/wire"
)

// JudgeAmended says why a pass with another end would be refused, "" if it would not. Like
// [State.Judge] it looks at no signature. What is over, cancelled or burned comes to no new
// life, but may be made shorter as long as its window is open.
func (s *State) JudgeAmended(p Plan, now Now) wire.Reason {
	c := s.find(p.Delivery)
	switch {
	case c == nil && s.isPast(p.Delivery):
		return wire.WindowOver
	case c == nil:
		return wire.NoDelivery
	case p.Revision <= max(c.plan.Revision, c.said):
		return wire.OldRevision
	case p.Until <= c.plan.From:
		return wire.Unreadable
	case c.cancelled || c.stage == closed || now.Wall >= c.plan.Until:
		return wire.WindowOver
	case p.Until <= c.plan.Until:
		return ""
	case c.visit == over || c.locked:
		return wire.CodeUsed
	}
	for i := range s.kept() {
		o := &s.slots[i]
		if o == c || o.plan.Delivery == "" || o.cancelled || o.stage == closed {
			continue
		}
		if c.plan.From < o.plan.Until && o.plan.From < p.Until {
			return wire.Overlaps
		}
	}
	return ""
}

// amend moves the end of a window. Nothing else of a plan can change.
func (t *turn) amend(p *Plan) {
	if why := t.JudgeAmended(*p, t.now); why != "" {
		t.write(Entry{Kind: wire.PassRefused, Delivery: p.Delivery, Reason: why})
		t.do(Effect{Do: Revert, Delivery: p.Delivery})
		return
	}
	c := t.find(p.Delivery)
	c.plan.Revision = p.Revision
	t.moveEnd(c, p.Until)
}

// revert takes back what a window was made longer by than it was signed. One that was made
// shorter stays so: whoever did that may have taken the place of an owner's word, and another delivery
// may have been promised the time since. It keeps the revision, so that no earlier amendment comes back.
func (t *turn) revert(p *Plan) {
	c := t.find(p.Delivery)
	if c != nil && c.stage != closed && c.plan.Until > p.Until {
		t.moveEnd(c, p.Until)
	}
}

func (t *turn) moveEnd(c *slot, until int64) {
	c.plan.Until = until
	c.keep = max(c.keep, until)
	t.sayAmended(c)
	if c.stage == open && until > t.now.Wall && t.camera.eye && t.camera.power {
		t.do(Effect{Do: Amend, Delivery: c.plan.Delivery, On: t.camera.visit})
	}
}

func (t *turn) sayAmended(c *slot) {
	c.said = c.plan.Revision
	t.write(Entry{Kind: wire.Amended, Delivery: c.plan.Delivery, Count: int(min(c.said, math.MaxInt32))})
}
