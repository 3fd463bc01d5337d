package sim

import (
	"vestibule/firmware/gate/internal/rule"
	"vestibule/hub/wire"
)

// refusals are the reasons against something that was signed, none if it has to be taken. Of several any will do.
type refusals struct {
	why [8]wire.Reason
	n   int
}

func (r *refusals) add(is bool, why wire.Reason) {
	if is {
		r.why[r.n] = why
		r.n++
	}
}

// refuses says what is against a pass.
func (a *account) refuses(p *rule.Plan) (r refusals) {
	d := index(p.Delivery)
	r.add(p.Epoch < a.epoch, wire.OldEpoch)
	r.add(p.Until <= a.now.Wall || a.led[d].gone, wire.WindowOver)
	r.add(a.led[d].known || a.collides(d, p.From, p.Until, p.Epoch), wire.Overlaps)
	return r
}

// collides reports whether a window of a delivery would meet that of another, of this epoch or a later one.
func (a *account) collides(d int8, from, until int64, epoch uint64) bool {
	for i := range a.led {
		l := &a.led[i]
		if int8(i) != d && l.known && !l.cancelled && l.window != shut && l.plan.Epoch >= epoch && from < l.plan.Until && l.plan.From < until {
			return true
		}
	}
	return false
}

func (a *account) passCame(p *rule.Plan) {
	d := index(p.Delivery)
	if a.refuses(p).n > 0 {
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
func (a *account) refusesAmended(p *rule.Plan) (r refusals) {
	d := index(p.Delivery)
	l := &a.led[d]
	if !l.known {
		r.add(l.gone, wire.WindowOver)
		r.add(!l.gone, wire.NoDelivery)
		return r
	}
	longer := p.Until > l.plan.Until
	r.add(p.Revision <= max(l.plan.Revision, l.said), wire.OldRevision)
	r.add(p.Until <= l.plan.From, wire.Unreadable)
	r.add(l.cancelled || l.window == shut || a.now.Wall >= l.plan.Until, wire.WindowOver)
	r.add(longer && (l.visit == over || l.locked), wire.CodeUsed)
	r.add(longer && a.collides(d, l.plan.From, p.Until, 0), wire.Overlaps)
	return r
}

func (a *account) amendCame(p *rule.Plan) {
	d := index(p.Delivery)
	if a.refusesAmended(p).n > 0 {
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
