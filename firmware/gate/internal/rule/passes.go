package rule

import (
	"math"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// Judge says why a pass would be refused, "" if it would not. It does not look at the
// signature, the device or the code: that was done before there was a Plan.
func (s *State) Judge(p Plan, now Now) wire.Reason {
	switch {
	case p.Delivery == "" || p.From >= p.Until || p.Entries == 0:
		return wire.Unreadable
	case p.Epoch < s.epoch:
		return wire.OldEpoch
	case p.Until <= now.Wall || s.isPast(p.Delivery):
		return wire.WindowOver
	}
	free := s.top < MaxPasses || s.find(p.Delivery) != nil
	for i := range s.kept() {
		c := &s.slots[i]
		switch {
		case c.plan.Delivery == "":
			free = true
		case c.plan.Delivery == p.Delivery && c.logged:
			// The same delivery with other terms: amendments are signed otherwise.
			return wire.Overlaps
		case c.cancelled || c.stage == closed || c.plan.Epoch < p.Epoch || c.plan.Delivery == p.Delivery:
		case p.From < c.plan.Until && c.plan.From < p.Until:
			return wire.Overlaps
		}
	}
	if !free {
		return wire.TooMany
	}
	return ""
}

func (t *turn) accept(p *Plan) {
	if why := t.Judge(*p, t.now); why != "" {
		t.write(Entry{Kind: wire.PassRefused, Delivery: p.Delivery, Reason: why})
		t.do(Effect{Do: Forget, Delivery: p.Delivery})
		return
	}
	c := t.find(p.Delivery)
	if c == nil {
		c = t.free()
	}
	*c = slot{plan: *p, logged: true, keep: p.Until, said: p.Revision}
	t.sayAccepted(c)
	t.raise(p.Epoch)
	for i := range t.orders {
		if o := &t.orders[i]; o.delivery == p.Delivery {
			if o.lock {
				c.locked, c.visit = true, over
			} else {
				c.cancelled, c.why = true, wire.ByOwner
			}
			*o = order{}
		}
	}
}

// sayAccepted writes that a pass is kept, and for how many seconds one of its delivery may hold, however
// it is amended: if it is lost, its name is not to be forgotten for so long.
func (t *turn) sayAccepted(c *slot) {
	c.logged = true
	t.write(Entry{Kind: wire.PassAccepted, Delivery: c.plan.Delivery, Count: seconds(c.plan.From + pass.MaxWindow.Milliseconds() - t.now.Wall)})
}

// seconds rounds milliseconds up.
func seconds(ms int64) int { return int(min((max(ms, 0)+999)/1000, math.MaxInt32)) }

// raise cancels what an older epoch permitted.
func (t *turn) raise(epoch uint64) {
	if epoch <= t.epoch {
		return
	}
	t.epoch = epoch
	for i := range t.kept() {
		c := &t.slots[i]
		if c.plan.Delivery != "" && c.plan.Epoch < epoch && !c.cancelled && c.stage != closed {
			c.cancelled, c.why = true, wire.OldEpoch
			t.write(Entry{Kind: wire.Cancelled, Delivery: c.plan.Delivery, Reason: wire.OldEpoch})
		}
	}
}

// free is a slot to put a plan into at once; nil when there is none.
func (s *State) free() *slot {
	for i := range s.slots {
		if s.slots[i].plan.Delivery == "" {
			s.top = max(s.top, uint8(i+1))
			return &s.slots[i]
		}
	}
	return nil
}

func (t *turn) cancel(delivery string, why wire.Reason) {
	c := t.find(delivery)
	if c == nil && why == wire.ByOwner {
		t.early(order{delivery: delivery}, wire.Cancelled)
		return
	}
	if c == nil || c.cancelled || c.stage == closed {
		return
	}
	c.cancelled, c.why = true, why
	t.write(Entry{Kind: wire.Cancelled, Delivery: delivery, Reason: why})
}

func (t *turn) lock(delivery string) {
	c := t.find(delivery)
	if c == nil {
		t.early(order{delivery: delivery, lock: true}, wire.OwnerLocked)
		return
	}
	if c.locked || c.visit == over || c.cancelled && c.visit != underWay {
		return
	}
	c.locked = true
	if c.visit == awaited {
		c.visit = over
	}
	t.write(Entry{Kind: wire.OwnerLocked, Delivery: delivery, Reason: wire.ByOwner})
	t.letGo()
}

// early remembers an order that came before its pass, as retained messages may.
func (t *turn) early(o order, kind wire.Kind) {
	if o.delivery == "" || t.isPast(o.delivery) || t.keepOrder(o) {
		return
	}
	t.write(Entry{Kind: kind, Delivery: o.delivery, Reason: wire.ByOwner})
}

// keepOrder remembers an order in the place of the oldest; it reports whether it was there.
func (s *State) keepOrder(o order) bool {
	for _, k := range s.orders {
		if k == o {
			return true
		}
	}
	for i := range s.orders {
		if s.orders[i] == (order{}) {
			s.orders[i] = o
			return false
		}
	}
	s.orders[s.ordered] = o
	s.ordered = (s.ordered + 1) % uint8(len(s.orders))
	return false
}

// settleWindows closes what is over and opens what has begun.
func (t *turn) settleWindows() {
	for i := range t.kept() {
		c := &t.slots[i]
		switch {
		case c.plan.Delivery == "" || c.stage != open:
		case c.cancelled:
			t.shutWindow(c, c.why)
		case t.now.Wall >= c.plan.Until:
			t.shutWindow(c, wire.TimeUp)
		}
	}
	for i := range t.kept() {
		c := &t.slots[i]
		if c.plan.Delivery == "" || c.stage != planned || c.cancelled {
			continue
		}
		switch {
		case t.now.Wall >= c.plan.Until:
			t.shutWindow(c, wire.TimeUp) // it passed while nobody was there to open it
		case t.now.Wall >= c.plan.From && t.now.Sure && t.current() == nil:
			t.openWindow(c)
		}
	}
}

func (t *turn) openWindow(c *slot) {
	c.stage = open
	t.write(Entry{Kind: wire.WindowOpened, Delivery: c.plan.Delivery})
	if !t.coverOff && t.coverKnown {
		t.latch = false
	}
}

func (t *turn) shutWindow(c *slot, why wire.Reason) {
	was := c.stage
	c.stage = closed
	t.sayClosed(c, why)
	if was != open {
		return
	}
	t.do(Effect{Do: Cut, Reason: why})
	t.viewers = 0 // or their leaving would be a call in the next window
	t.letGo()
	for _, p := range [...]*pending{&t.pending, &t.refusal} {
		if p.delivery == c.plan.Delivery {
			t.abandon(p, wire.TooLate)
		}
	}
	if h := t.waits; h.delivery == c.plan.Delivery {
		t.waits = held{}
		t.refuse(c, &Event{via: h.via, number: h.ref}, Effect{Reason: wire.TooLate})
	}
}

// sayClosed writes that a window is over, and for how many seconds more a pass of it would hold: so
// long its name is not to be forgotten, by a restart neither.
func (t *turn) sayClosed(c *slot, why wire.Reason) {
	t.write(Entry{Kind: wire.WindowClosed, Delivery: c.plan.Delivery, Reason: why, Count: seconds(c.keep - t.now.Wall)})
}

// settleSlots forgets deliveries that are over. Those that were cancelled need no slot any more
// once nobody can be inside, though a pass of theirs would still hold: their names will do.
func (t *turn) settleSlots() {
	for i := range t.kept() {
		c := &t.slots[i]
		if c.plan.Delivery == "" || c.visit == underWay || c.stage != closed && !c.cancelled || c.plan.Delivery == t.pending.delivery {
			continue
		}
		if t.now.Wall < c.keep {
			if !c.cancelled || !t.disk || t.now.Mono < t.egress || !t.addPast(c.plan.Delivery, c.keep, t.now.Wall) {
				continue
			}
			if c.stage != closed {
				t.sayClosed(c, c.why)
			}
		}
		t.addPast(c.plan.Delivery, c.keep, t.now.Wall)
		t.do(Effect{Do: Forget, Delivery: c.plan.Delivery})
		*c = slot{}
	}
	for t.top > 0 && t.slots[t.top-1].plan.Delivery == "" {
		t.top--
	}
}
