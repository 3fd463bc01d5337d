package sim

// take says what has to come of an event at once.
func (a *account) take(e *event) {
	if a.net && a.silent() {
		a.net, a.netOff = false, a.heard+wordFor
	}
	switch e.kind {
	case evTick:
	case evResume:
		a.recallResumed()
	case evPass:
		a.passCame(e.plan)
	case evCancel:
		a.cancel(e.d)
	case evLock:
		a.lock(e.d)
	case evAmend:
		a.amendCame(e.plan)
	case evRevert:
		if l := &a.led[e.d]; l.known && l.window != shut && l.plan.Until > e.plan.Until {
			a.moveEnd(e.d, e.plan.Until)
		}
	case evDisown:
		if l := &a.led[e.d]; l.known && !l.cancelled && l.window != shut {
			l.cancelled, l.byOwner = true, false
			a.must(kCancelled, e.d)
		}
	case evLetGo:
		if a.flight.phase == energising {
			a.release()
		} else {
			a.drop()
		}
	case evCalled:
		a.call()
	case evPanic:
		a.panicCame()
	case evExit:
		if a.setup.Exit && !a.setup.NoContact {
			if a.now.Mono >= a.exit {
				a.note(kExit)
			}
			a.exit = a.now.Mono + exitFor
		}
	case evTried:
		a.tried(e)
	case evWritten:
		a.written(e)
	case evDoor:
		a.doorIs(e.contact)
	case evBolt:
		if !a.setup.NoBolt {
			a.moved(a.bolt, e.contact)
			a.bolt = e.contact
		}
	case evCoil:
		a.coilIs(e.coil)
	case evCover:
		a.cover(e.on)
	case evEye:
		a.eyeIs(e.on)
	case evLook:
		a.frame(e)
	case evTrouble:
		a.cam.trouble = e.reason
	case evNet:
		a.netIs(e.on)
	case evViewers:
		a.attended(max(a.viewers, e.count))
		a.viewers = e.count
	case evDisk:
		if e.on && !a.disk {
			a.note(kJournalBroken)
		}
		a.disk = e.on
	case evJumped:
		a.note(kClockJumped)
	}
}
