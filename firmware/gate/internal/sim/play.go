package sim

import (
	"time"

	"vestibule/firmware/gate/internal/rule"
	"vestibule/hub/wire"
)

// Play does one move, and what follows from it at once.
func (w *World) Play(m Move) {
	if w.full || w.broken.What != Holds {
		return
	}
	if w.tell != nil {
		w.tell(w.stamped(m))
	}
	w.moves++
	w.play(m)
	w.settle()
	if !w.alive && w.broken.What == Holds { // a crash that was lying in wait
		w.crash(0, false, false)
	}
	w.checkReason()
	w.checkWithin()
	if w.moves%4 == 0 {
		w.account.checkShown(w)
	}
}

func (w *World) play(m Move) {
	d := m.A % deliveries
	switch m.Kind {
	case Build:
		if w.moves == 1 {
			built := newWorld(setups[int(m.A)%len(setups)].setup)
			built.tell, built.moves, built.broken = w.tell, w.moves, w.broken
			*w = *built
		}
	case Wait:
		w.pass(spans[int(m.A)%len(spans)])
	case Until:
		if at, ok := w.account.deadline(m.A%deadlinesEnd, w); ok {
			at += time.Duration(int(m.B%3)-1) * time.Millisecond
			if at > w.mono {
				w.pass(at - w.mono)
			}
		}
	case SignPass:
		if !w.drawer[d].signed {
			w.drawer[d].pass, w.drawer[d].signed = w.sign(d, m.B), true
		}
	case SignOther:
		if w.drawer[d].signed && !w.drawer[d].again {
			w.drawer[d].other, w.drawer[d].again = w.sign(d, m.B), true
		}
	case SignCancel:
		w.drawer[d].cancel = true
	case SignLock:
		w.drawer[d].lock = true
	case GivePass:
		w.give(d, false)
	case GiveOther:
		w.give(d, true)
	case GiveCancel:
		if w.drawer[d].cancel && w.linked() {
			w.step(event{kind: evCancel, d: int8(d)})
		}
	case GiveLock:
		if w.drawer[d].lock && w.linked() {
			w.step(event{kind: evLock, d: int8(d)})
		}
	case SignAmend:
		if x := &w.drawer[d]; x.signed && x.amends < amendments {
			revision := uint64(x.amends) + 1
			if m.B>>8&3 == 3 {
				revision = 1 // from another phone, which did not know of the first
			}
			x.amend[x.amends] = amendment{revision, x.pass.Until + shifts[int(m.B&0xff)%len(shifts)].Milliseconds()}
			x.amends++
		}
	case GiveAmend:
		w.giveAmend(d, int(m.B%amendments))
	case Revoke:
		w.revoke(d)
	case Disown:
		if w.gate.known[d] {
			w.step(event{kind: evDisown, d: int8(d)})
		}
	case LetGo:
		w.step(event{kind: evLetGo})
	case Call:
		w.step(event{kind: evCalled, reason: [...]wire.Reason{wire.ByKeypad, wire.ByViewer}[m.A&1]})
	case Watch:
		if w.linked() || m.A%3 == 0 {
			w.viewers = int(m.A % 3)
			w.step(event{kind: evViewers, count: w.viewers})
		}
	case Type:
		w.typed(d, uint8(m.B)%codesEnd, uint8(m.B>>8)%waysEnd)
	case Pull:
		if w.door.current && !w.door.ajar {
			w.swing(true)
		}
	case Leave, Force:
		w.swing(true)
	case Shut:
		w.swing(false)
	case Exit:
		if w.setup.Exit {
			w.step(event{kind: evExit})
		}
	case Panic:
		w.step(event{kind: evPanic})
	case Cover:
		if off := m.A&1 != 0; w.door.cover != off {
			w.door.cover = off
			w.readCover()
		}
	case DoorLies:
		w.door.doorLie = m.A % liesEnd
		w.readDoor()
	case BoltLies:
		w.door.boltLie = m.A % liesEnd
		w.readBolt()
	case Bounce:
		truth := w.door.doorLie
		for _, lie := range [...]uint8{saysOpen, saysClosed, saysOpen, saysClosed, truth} {
			w.door.doorLie = lie
			w.readDoor()
			w.mono += time.Millisecond
			w.real += int64(time.Millisecond)
		}
	case CoilIll:
		w.ill(m.A % illsEnd)
	case Latch:
		w.readBolt()
	case Eye, Frame, Stall, Lens, Trouble, Beyond:
		w.playEye(m)
	case Net:
		if on := m.A&1 != 0; w.net != on {
			w.net = on
			w.linkSays()
		}
	case Link:
		w.hung = m.A&1 != 0
		w.linkSays()
	case Disk:
		w.disk.mode, w.disk.mute = m.A%disksEnd, m.B&3 == 3
		if w.disk.mode != diskSlow {
			w.diskSays(w.disk.mode != diskFull)
		}
	case Work:
		for range m.A % maxQueue {
			if !w.work() {
				break
			}
		}
	case Echo:
		back := uint64(m.A % 3)
		if a := &w.account; a.newestTicket > back && !a.owed(a.newestTicket-back) {
			w.step(event{kind: evWritten, number: a.newestTicket - back, on: true})
		}
	case Skew:
		s := skews[int(m.A)%len(skews)]
		if m.B&1 != 0 {
			s = -s
		}
		w.skew += s
		w.tampered = true
		w.step(event{kind: evTick})
	case Freeze:
		if on := m.A&1 != 0; on != w.frozen {
			w.stands = w.wall().UnixNano()
			if w.frozen = on; !on {
				w.skew = time.Duration(w.stands - w.real)
			}
			w.tampered = true
		}
	case Sync:
		if w.synced = m.A&1 != 0; !w.synced {
			w.tampered = true // gate may be unsure of the time after a start
		}
		w.step(event{kind: evTick})
	case Told:
		if w.alive && w.linked() {
			w.clock.Tell(w.true().UTC(), w.clocks())
			w.read.wall = 0
			w.step(event{kind: evTick})
		}
	case Crash:
		w.door.coverLate = m.B&4 != 0
		w.crash(m.A%maxQueue, m.B&1 != 0, m.B&2 != 0)
	case CrashAt:
		w.crashIn = int8(m.A%16) + 1
	}
}

func (w *World) playEye(m Move) {
	switch m.Kind {
	case Eye:
		if on := m.A&1 != 0; w.eye.on != on {
			w.eye.on, w.eye.beyond = on, 0
			w.step(event{kind: evEye, on: on})
		}
	case Frame:
		w.mono += time.Millisecond
		w.real += int64(time.Millisecond)
		w.frame(m.A % framesEnd)
	case Stall:
		w.eye.stalled = m.A&1 != 0
	case Lens:
		w.eye.lens = m.A % 4
		w.frame(frameGood)
	case Trouble:
		if w.eye.on {
			w.step(event{kind: evTrouble, reason: [...]wire.Reason{wire.CameraFailed, wire.CameraEnded}[m.A&1]})
		}
	case Beyond:
		w.eye.beyond += int(m.A % 3)
		w.mono += time.Millisecond
		w.real += int64(time.Millisecond)
		w.frame(frameGood)
	}
}

// linkSays is link's word on the hub, if it has one.
func (w *World) linkSays() {
	if !w.hung {
		w.step(event{kind: evNet, on: w.net})
	}
}

// revoke takes from whoever amended a delivery the right to: its end is no later than signed.
func (w *World) revoke(d uint8) {
	g := &w.gate
	w.drawer[d].revoked = true
	if !w.alive || !g.known[d] || g.keeping || g.amended[d].revision == 0 {
		return
	}
	g.amended[d] = amendment{}
	w.step(event{kind: evRevert, d: int8(d), plan: &g.plans[d]})
}

// typed compares a code as service does and hands it to the rule.
func (w *World) typed(d, code, way uint8) {
	e := event{kind: evTried, d: int8(d), whose: int8(d), verdict: rule.Wrong}
	open := w.state.Delivery()
	switch way {
	case byKeypad:
		e.d, e.via = nobody, rule.Keypad
	case byPage:
		e.via = rule.Page
	case byQR:
		e.via = rule.QR
	}
	if way != byKeypad && !w.linked() {
		return
	}
	switch {
	case code == codeTypo && way != byQR:
		e.verdict, e.whose = rule.Typo, nobody
	case code != codeRight && (code != codeForced || way == byQR):
		e.whose = nobody
	case open == name(d) && code == codeForced:
		e.verdict = rule.Forced
	case open == name(d):
		e.verdict = rule.Right
	}
	w.ref++
	// A try's number says what was typed, for whoever counts the answers. The keypad is about the
	// window that is open.
	about := d
	if x := index(open); way == byKeypad && x >= 0 {
		about = uint8(x)
	}
	e.number = w.ref<<4 | uint64(about)<<2 | uint64(way)
	w.step(e)
}

// guessOf is for which delivery, and by which way, digits were typed.
func guessOf(ref uint64) (d int8, way rule.Via, digits bool) {
	return int8((ref >> 2) % deliveries), [...]rule.Via{byKeypad: rule.Keypad, byPage: rule.Page, byQR: rule.QR}[ref%4%uint64(waysEnd)], ref%4 != uint64(byQR)
}

// ill is what becomes of the coil.
func (w *World) ill(how uint8) {
	w.door.ill = how
	if how == coilDead && w.setup.Lock != rule.Motor {
		w.door.drop(w)
	}
	w.readCoil()
}
