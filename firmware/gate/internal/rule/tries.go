package rule

import (
	"time"

	"vestibule/hub/wire"
)

// delay is how long digits have to wait after so many wrong ones: nothing for the first
// three, then 2, 4, 8 ... 30 s.
func delay(wrong uint8) time.Duration {
	if wrong < FreeTries {
		return 0
	}
	if wrong >= FreeTries+4 {
		return slowest
	}
	return min(2*time.Second<<(wrong-FreeTries), slowest)
}

// try takes a code. The order of its questions is that of the package comment.
func (t *turn) try(e *Event) {
	c := t.current()
	if e.delivery != "" && (c == nil || c.plan.Delivery != e.delivery) {
		t.tryElsewhere(e)
		return
	}
	if c == nil {
		return // outside a window the keypad answers nothing and counts nothing
	}
	if e.via == Keypad {
		t.call(wire.ByKeypad)
	}
	switch {
	case e.via == QR && t.waits.delivery != "":
		t.wait(e)
		return
	case e.via != QR && !t.mayGuess(c, e):
		return
	}
	if e.via != Keypad {
		t.call(wire.ByPage) // no sooner: what a page sends that costs nothing wakes nobody
	}
	if !t.hold(c, e) {
		t.judge(c, e)
	}
}

// judge looks at a code, and says if it was typed under duress.
func (t *turn) judge(c *slot, e *Event) {
	t.answer(c, e)
	if e.verdict == Forced && !c.forced {
		// It was answered as a right one is, in every way. One that was not looked at is not said to be
		// one: whoever reads the journal would learn the code by guesses that cost nothing.
		c.forced = true
		t.write(Entry{Kind: wire.Duress, Delivery: c.plan.Delivery, Via: e.via})
	}
}

// mayGuess reports whether digits are looked at, and answers those that are not. Whether they
// are right must make no difference here, and nothing that an earlier try learned before
// the disk had it: its count and its delay begin with its answer.
func (t *turn) mayGuess(c *slot, e *Event) bool {
	by := c.by(e.via)
	switch {
	case !t.disk || t.refusal.phase == abandoned || t.pending.phase == abandoned:
		t.refuse(c, e, Effect{Reason: wire.DiskTrouble}) // it could not be counted
	case t.refusal.phase == writing || t.pending.phase != none || t.waits.delivery != "":
		t.wait(e)
	case c.left(e.via) <= 0:
		t.refuse(c, e, Effect{Reason: wire.CodeSpent})
	case t.now.Mono < by.slow:
		t.refuse(c, e, Effect{Reason: wire.CodeSlowed, Wait: by.slow - t.now.Mono})
	case e.verdict == Typo:
		t.refuse(c, e, Effect{Reason: wire.CodeTypo})
	default:
		return true
	}
	return false
}

// wait refuses a code because another is on its way.
func (t *turn) wait(e *Event) {
	t.do(Effect{Do: Deny, Ref: e.number, Reason: wire.CodeSlowed, Wait: time.Second})
}

// answer opens the door to a code, or says why it does not.
func (t *turn) answer(c *slot, e *Event) {
	if e.verdict != Right && e.verdict != Forced {
		t.decline(c, e, wire.CodeWrong)
		return
	}
	if t.pending.phase == writing || t.pending.phase == energising {
		t.wait(e)
		return
	}
	if t.coil == CoilOn && c.visit == underWay && t.barred(c) == "" {
		// The strike is free already: pressing again is no second entry.
		t.do(Effect{Do: Grant, Ref: e.number, Number: int(c.used), Entries: int(c.plan.Entries)})
		return
	}
	why := t.ended(c)
	if why == "" && c.used >= c.plan.Entries {
		why = wire.EntriesUsed
	}
	if why == "" {
		why = t.amiss(c)
	}
	if why == "" && t.coil != CoilOff {
		why = wire.DoorUnsure
	}
	if why == "" && t.pending.phase == abandoned {
		why = wire.DiskTrouble // an earlier burning has not come back from the disk
	}
	if why != "" {
		t.decline(c, e, why)
		return
	}
	t.burn(c, e)
}

// tryElsewhere answers a try for a delivery whose window is not open.
func (t *turn) tryElsewhere(e *Event) {
	c := t.find(e.delivery)
	d := Effect{Reason: wire.NoDelivery}
	switch {
	case c != nil && c.stage == planned && !c.cancelled && !t.now.Sure:
		d.Reason = wire.ClockUnsure
	case c != nil && c.stage == planned && !c.cancelled:
		d.Reason, d.From = wire.TooEarly, c.plan.From
	case c != nil || t.isPast(e.delivery):
		d.Reason = wire.TooLate
	}
	t.refuse(c, e, d)
}

// refuse says no, here and in the journal.
func (t *turn) refuse(c *slot, e *Event, d Effect) {
	entry := Entry{Kind: wire.CodeRefused, Reason: d.Reason, Via: e.via}
	if c != nil {
		entry.Delivery, entry.Count = c.plan.Delivery, int(c.wrong())
	}
	t.write(entry)
	d.Do, d.Ref = Deny, e.number
	t.do(d)
}

// decline says no to a code that was looked at: to the key at once, to digits when the disk has
// it. A wrong one is counted there first, or a gate that dies would give the guess back; a right one
// waits for the same, or whoever is not answered would know that he was wrong.
func (t *turn) decline(c *slot, e *Event, why wire.Reason) {
	if e.via == QR {
		t.refuse(c, e, Effect{Reason: why})
		return
	}
	t.tickets++
	t.refusal = pending{phase: writing, ticket: t.tickets, ref: e.number, via: e.via, why: why, delivery: c.plan.Delivery, since: t.now.Mono}
	entry := Entry{Kind: wire.CodeRefused, Delivery: c.plan.Delivery, Reason: why, Via: e.via, Count: int(c.wrong())}
	if why == wire.CodeWrong {
		entry.Count++
	}
	t.do(Effect{Do: Write, Ticket: t.tickets, Entry: entry})
}

// declined is the disk's answer to decline.
func (t *turn) declined(ok bool) {
	p := t.refusal
	t.refusal = pending{}
	if !ok {
		t.disk = false
		if p.phase == writing {
			t.giveUp(&p, wire.DiskTrouble)
		}
		return
	}
	no := Effect{Do: Deny, Ref: p.ref, Reason: p.why}
	if c := t.find(p.delivery); c != nil && p.why == wire.CodeWrong {
		by := c.by(p.via)
		by.wrong++
		by.slow = t.now.Mono + delay(by.wrong)
		no.Left = c.left(p.via)
	}
	if p.phase == writing {
		t.do(no)
	}
}

// barred is why even the right code opens nothing now, but for its entries.
func (t *turn) barred(c *slot) wire.Reason {
	if why := t.ended(c); why != "" {
		return why
	}
	return t.amiss(c)
}

// ended is why a delivery has no more openings.
func (t *turn) ended(c *slot) wire.Reason {
	switch {
	case c.cancelled || c.stage != open || t.now.Wall < c.plan.From || t.now.Wall >= c.plan.Until:
		return wire.TooLate
	case c.visit == over || c.locked:
		return wire.CodeUsed
	case c.plan.Epoch < t.epoch:
		return wire.OldEpoch
	}
	return ""
}

// amiss is what of the home is not as it has to be to open the door.
func (t *turn) amiss(c *slot) wire.Reason {
	switch {
	case t.latch || t.coverOff:
		return wire.Tampered
	case !t.disk:
		return wire.DiskTrouble
	case !t.now.Sure:
		return wire.ClockUnsure
	case t.unsure || t.dumb() || t.coil == CoilUnknown || !t.coverKnown:
		return wire.DoorUnsure
	case t.setup.NoContact && t.bolt == Open && t.coil == CoilOff:
		return wire.DoorUnsure // it is open, or nothing holds it
	case t.door == Open:
		return wire.DoorIsOpen
	case c.plan.Camera && t.blind(t.now) != "":
		return wire.CameraNotSeen
	case !c.plan.Offline && !t.net:
		return wire.Offline
	case c.plan.Watched && t.watching(t.now) == 0:
		return wire.NobodyWatches
	}
	return ""
}

// burn asks the disk to remember this entry; the coil comes after.
func (t *turn) burn(c *slot, e *Event) {
	t.tickets++
	t.pending = pending{
		phase: writing, first: c.visit == awaited, entry: c.used + 1, ticket: t.tickets, ref: e.number, via: e.via,
		delivery: c.plan.Delivery, since: t.now.Mono,
	}
	entry := Entry{Kind: wire.Unlocked, Delivery: c.plan.Delivery, Via: e.via, Count: int(t.pending.entry)}
	if t.pending.first {
		entry.Kind = wire.VisitStarted
	}
	t.do(Effect{Do: Write, Ticket: t.tickets, Entry: entry})
}

// wrote is the disk's answer to a burning, or to a refusal.
func (t *turn) wrote(ticket uint64, ok bool) {
	if t.refusal.phase != none && t.refusal.ticket == ticket {
		t.declined(ok)
		return
	}
	p := t.pending
	if p.ticket != ticket || p.phase == none || p.phase == energising {
		return
	}
	if !ok {
		t.disk = false
		if p.phase == writing {
			t.giveUp(&p, wire.DiskTrouble)
		}
		t.pending = pending{}
		return
	}
	c := t.find(p.delivery)
	if c == nil {
		t.pending = pending{}
		return
	}
	c.used, c.quiet = p.entry, t.now.Mono
	if c.visit == awaited {
		c.visit = underWay
	}
	if p.phase == abandoned {
		t.pending = pending{}
		return
	}
	why := t.barred(c)
	if why == "" && t.coil != CoilOff {
		why = wire.DoorUnsure
	}
	if why != "" {
		t.giveUp(&p, why)
		t.pending = pending{}
		return
	}
	t.pending.phase, t.pending.since = energising, t.now.Mono
	t.do(Effect{Do: Energise})
}

// giveUp tells whoever tried that it came to nothing after all.
func (t *turn) giveUp(p *pending, why wire.Reason) {
	t.write(Entry{Kind: wire.CodeRefused, Delivery: p.delivery, Reason: why, Via: p.via})
	t.do(Effect{Do: Deny, Ref: p.ref, Reason: why})
}

// abandon refuses what is still on its way to the disk. If it arrives there the code is burned, or
// the wrong one counted, but nothing opens, and nobody is told which it was.
func (t *turn) abandon(p *pending, why wire.Reason) {
	switch p.phase {
	case writing:
		t.giveUp(p, why)
		p.phase = abandoned
	case energising:
		t.giveUp(p, why)
		*p = pending{}
	case none, abandoned:
	}
}

// settleEntry ends an entry, and a refusal, that take too long.
func (t *turn) settleEntry() {
	for _, p := range [...]*pending{&t.pending, &t.refusal} {
		if p.phase == writing && t.now.Mono-p.since >= writeWithin {
			t.disk = false
			t.abandon(p, wire.DiskTrouble)
		}
	}
	if t.pending.phase == energising && t.now.Mono-t.pending.since >= t.coilWithin() {
		t.abandon(&t.pending, wire.DoorUnsure)
		t.release()
	}
}

// energised is the coil's answer: the door is open.
func (t *turn) energised() {
	p := t.pending
	t.pending = pending{}
	c := t.find(p.delivery)
	if c == nil {
		return
	}
	if p.first {
		t.write(Entry{Kind: wire.Unlocked, Delivery: p.delivery, Via: p.via, Count: int(p.entry)})
	}
	t.relock = true
	t.do(Effect{Do: Grant, Ref: p.ref, Number: int(p.entry), Entries: int(c.plan.Entries)})
}
