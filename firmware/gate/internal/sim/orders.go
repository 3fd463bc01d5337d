package sim

import (
	"vestibule/firmware/gate/internal/rule"
	"vestibule/hub/wire"
)

// refusal of a pass; the zero one if it has to be taken. Of several reasons any will do.
func (a *account) refuses(p *rule.Plan) (why [3]wire.Reason, n int) {
	d := index(p.Delivery)
	add := func(r wire.Reason) {
		why[n] = r
		n++
	}
	if p.Epoch < a.epoch {
		add(wire.OldEpoch)
	}
	if p.Until <= a.now.Wall || a.led[d].gone {
		add(wire.WindowOver)
	}
	collides := a.led[d].known
	for i := range a.led {
		l := &a.led[i]
		if int8(i) != d && l.known && !l.cancelled && l.window != shut && l.plan.Epoch >= p.Epoch && p.From < l.plan.Until && l.plan.From < p.Until {
			collides = true
		}
	}
	if collides {
		add(wire.Overlaps)
	}
	return why, n
}

func (a *account) passCame(p *rule.Plan) {
	d := index(p.Delivery)
	if _, n := a.refuses(p); n > 0 {
		a.must(kPassRefused, d)
		a.must(xForget, d)
		return
	}
	l := &a.led[d]
	ordered := l.ordered
	*l = ledger{plan: *p, place: a.place(), known: true, logged: true, keep: p.Until}
	a.must(kPassAccepted, d)
	a.raise(p.Epoch)
	if ordered.cancel {
		l.cancelled, l.byOwner = true, true
	}
	if ordered.lock {
		l.locked, l.visit = true, over
	}
}

// refusesAmended is refuses for another end of a window.
func (a *account) refusesAmended(p *rule.Plan) (why [8]wire.Reason, n int) {
	d := index(p.Delivery)
	l := &a.led[d]
	add := func(is bool, r wire.Reason) {
		if is {
			why[n] = r
			n++
		}
	}
	if !l.known {
		add(l.gone, wire.WindowOver)
		add(!l.gone, wire.NoDelivery)
		return why, n
	}
	longer := p.Until > l.plan.Until
	add(p.Revision <= max(l.plan.Revision, l.said), wire.OldRevision)
	add(p.Until <= l.plan.From, wire.Unreadable)
	add(l.cancelled || l.window == shut || a.now.Wall >= l.plan.Until, wire.WindowOver)
	add(longer && (l.visit == over || l.locked), wire.CodeUsed)
	collides := false
	for i := range a.led {
		o := &a.led[i]
		if int8(i) != d && o.known && !o.cancelled && o.window != shut && l.plan.From < o.plan.Until && o.plan.From < p.Until {
			collides = true
		}
	}
	add(longer && collides, wire.Overlaps)
	return why, n
}

func (a *account) amendCame(p *rule.Plan) {
	d := index(p.Delivery)
	if _, n := a.refusesAmended(p); n > 0 {
		a.must(kPassRefused, d)
		a.must(xRevert, d)
		return
	}
	a.led[d].plan.Revision = p.Revision
	a.moveEnd(d, p.Until)
}

func (a *account) moveEnd(d int8, until int64) {
	l := &a.led[d]
	l.plan.Until = until
	l.keep = max(l.keep, until)
	l.said = l.plan.Revision
	a.must(kAmended, d)
	if l.window == opened && until > a.now.Wall && a.cam.eye && a.cam.power {
		a.must(xAmend, d)
	}
}

// panicCame is heard during a window, a visit and its grace.
func (a *account) panicCame() {
	if a.about() < 0 && a.now.Mono >= a.egress {
		return
	}
	a.call()
	if !a.panicking {
		a.note(kPanic)
		a.alarm()
	}
	a.panicking, a.panicEnds = true, a.now.Mono+panicFor
}

// raise ends what an older epoch permitted.
func (a *account) raise(epoch uint64) {
	if epoch <= a.epoch {
		return
	}
	a.epoch = epoch
	for i := range a.led {
		if l := &a.led[i]; l.known && l.plan.Epoch < epoch && !l.cancelled && l.window != shut {
			l.cancelled, l.byOwner = true, false
			a.must(kCancelled, int8(i))
		}
	}
}

func (a *account) cancel(d int8) {
	l := &a.led[d]
	switch {
	case !l.known && (l.gone || l.ordered.cancel):
	case !l.known:
		l.ordered.cancel = true
		a.must(kCancelled, d)
	case !l.cancelled && l.window != shut:
		l.cancelled, l.byOwner = true, true
		a.must(kCancelled, d)
	}
}

func (a *account) lock(d int8) {
	l := &a.led[d]
	switch {
	case !l.known && (l.gone || l.ordered.lock):
	case !l.known:
		l.ordered.lock = true
		a.must(kOwnerLocked, d)
	case l.locked || l.visit == over || l.cancelled && l.visit != underWay:
	default:
		l.locked = true
		if l.visit == awaited {
			l.visit = over
		}
		a.must(kOwnerLocked, d)
		a.drop()
	}
}
