package sim

import (
	"time"

	"vestibule/firmware/gate/internal/clock"
	"vestibule/firmware/gate/internal/rule"
	"vestibule/hub/wire"
)

const (
	maxJournal = 120 // entries; a world whose journal is full ends
	maxQueue   = 24  // jobs
)

// gate is what gate has in memory beside the rule's state.
type gate struct {
	known   [deliveries]bool      // passes it keeps
	plans   [deliveries]rule.Plan // as signed
	amended [deliveries]amendment
	before  [deliveries]amendment // what the newest amendment replaced
	keeping bool                  // a pass is on its way to the disk
	stamp   int64
	power   bool // of the camera
}

// entry of the journal.
type entry struct {
	wall  int64
	kind  kind
	why   why
	d     int8
	count uint8
	way   uint8 // of a code
	rest  int32 // of a window that is closed: seconds for which its pass would still hold
}

type jobKind uint8

const (
	jobEntry jobKind = iota
	jobKeep
	jobDrop
	jobAmend
)

// job is one thing for the disk.
type job struct {
	kind   jobKind
	d      uint8
	other  bool // jobKeep: the other pass
	entry  entry
	amend  amendment
	ticket uint64
}

// disk is what survives, and what waits to.
type disk struct {
	mode    uint8
	mute    bool // the word that it is ill is overtaken by a better one
	said    bool // what gate was told of it last
	queue   [maxQueue]job
	n       int
	anchor  clock.Anchor // of the trusted time
	epoch   uint64
	kept    [deliveries]bool
	plans   [deliveries]rule.Plan
	amended [deliveries]amendment
	journal [maxJournal]entry
	length  int
}

// full: a bound of this world is near.
func (d *disk) full() bool { return d.length > maxJournal-maxQueue-16 || d.n > maxQueue-12 }

func (w *World) entryOf(e *rule.Entry) entry {
	x := entry{wall: w.gate.stamp, kind: kindOf(e.Kind), why: whyOf(e.Reason), d: index(e.Delivery), way: uint8(digitWay(e.Via))}
	if x.kind == kWindowClosed {
		x.rest = int32(e.Count)
	} else {
		x.count = uint8(e.Count)
	}
	return x
}

func (w *World) enqueue(j job) {
	d := &w.disk
	if d.n == maxQueue {
		w.full = true // never seen: full stops a world long before
		return
	}
	d.queue[d.n] = j
	d.n++
}

// store does a job to what survives; there is no gate in it.
func (d *disk) store(j *job, from *[deliveries]drawer) {
	switch j.kind {
	case jobEntry:
		if d.length < maxJournal {
			d.journal[d.length] = j.entry
			d.length++
		}
	case jobKeep:
		p := from[j.d].pass
		if j.other {
			p = from[j.d].other
		}
		d.epoch = max(d.epoch, p.Epoch)
		d.kept[j.d], d.plans[j.d], d.amended[j.d] = true, p, amendment{}
	case jobDrop:
		d.kept[j.d] = false
	case jobAmend:
		d.amended[j.d] = j.amend
	}
}

// work does the disk's next job. It reports false when the disk cannot do it now.
func (w *World) work() bool {
	d := &w.disk
	if d.n == 0 {
		return false
	}
	if d.mode == diskFull {
		return w.fail()
	}
	j := d.queue[0]
	copy(d.queue[:d.n-1], d.queue[1:d.n])
	d.n--
	d.store(&j, &w.drawer)
	w.diskSays(true)
	switch {
	case j.ticket != 0:
		w.step(event{kind: evWritten, number: j.ticket, on: true})
	case j.kind == jobKeep:
		w.kept(j, true)
	case j.kind == jobAmend && j.amend.revision > 0 && w.gate.keeping:
		w.keptAmend(j)
	}
	return true
}

// fail fails the first job that somebody waits for; the others wait until the disk works.
func (w *World) fail() bool {
	d := &w.disk
	w.diskSays(false)
	for i := range d.n {
		j := d.queue[i]
		if j.ticket == 0 && j.kind != jobKeep && (j.kind != jobAmend || j.amend.revision == 0) {
			continue
		}
		copy(d.queue[i:d.n-1], d.queue[i+1:d.n])
		d.n--
		switch {
		case j.ticket != 0:
			w.step(event{kind: evWritten, number: j.ticket})
		case j.kind == jobKeep:
			w.kept(j, false)
		default:
			w.gate.keeping = false
		}
		return true
	}
	return false
}

// diskSays tells the rule of the disk's health, if it does not know.
func (w *World) diskSays(ok bool) {
	if w.disk.mute && !ok {
		return
	}
	if w.disk.said != ok || w.account.disk != ok {
		w.disk.said = ok
		w.step(event{kind: evDisk, on: ok})
	}
}

// give hands gate a pass, as notes.go takes one.
func (w *World) give(d uint8, other bool) {
	p, signed := &w.drawer[d].pass, w.drawer[d].signed
	if other {
		p, signed = &w.drawer[d].other, w.drawer[d].again
	}
	g := &w.gate
	if !w.alive || !w.linked() || !signed || g.keeping || g.known[d] && g.plans[d] == *p {
		return
	}
	now := w.now()
	why := w.state.Judge(*p, now)
	w.account.checkJudge(p, why, now, w)
	if !g.known[d] && w.state.Known(name(d)) {
		return // it is over, and gate does not even ask
	}
	if why != "" {
		w.enqueue(job{kind: jobEntry, entry: w.entryOf(&rule.Entry{Kind: wire.PassRefused, Delivery: name(d), Reason: why})})
		return
	}
	g.keeping = true
	w.enqueue(job{kind: jobKeep, d: d, other: other})
}

func (w *World) kept(j job, ok bool) {
	w.gate.keeping = false
	if !ok {
		return
	}
	p := &w.drawer[j.d].pass
	if j.other {
		p = &w.drawer[j.d].other
	}
	w.gate.known[j.d], w.gate.plans[j.d], w.gate.amended[j.d] = true, *p, amendment{}
	w.step(event{kind: evPass, d: int8(j.d), plan: p})
}

// giveAmend hands gate an amendment.
func (w *World) giveAmend(d uint8, which int) {
	m := w.drawer[d].amend[which]
	g := &w.gate
	if !w.alive || !w.linked() || m.revision == 0 || w.drawer[d].revoked || g.keeping || g.amended[d] == m {
		return
	}
	p := amended(w.drawer[d].pass, m)
	now := w.now()
	why := w.state.JudgeAmended(p, now)
	w.account.checkJudgeAmended(&p, why, now, w)
	if why != "" {
		w.enqueue(job{kind: jobEntry, entry: w.entryOf(&rule.Entry{Kind: wire.PassRefused, Delivery: name(d), Reason: why})})
		return
	}
	g.keeping = true
	w.enqueue(job{kind: jobAmend, d: d, amend: m})
}

func (w *World) keptAmend(j job) {
	g := &w.gate
	g.keeping = false
	g.before[j.d], g.amended[j.d] = g.amended[j.d], j.amend
	p := amended(g.plans[j.d], j.amend)
	w.step(event{kind: evAmend, d: int8(j.d), plan: &p})
}

// die is the end of the gate's process: pins and what it had in memory are let go.
func (w *World) die() {
	w.alive, w.crashIn = false, 0
	w.owing, w.caller = 0, caller{} // who waited for an answer waits in vain
	w.gate = gate{}
	if w.setup.Lock != rule.Motor { // a motor stays as it is
		w.door.drop(w)
	}
}

// crash ends gate, lets some jobs reach the disk, and starts it again.
func (w *World) crash(jobs uint8, power, away bool) {
	w.die()
	d := &w.disk
	if d.mode != diskFull {
		for i := range min(int(jobs), d.n) {
			d.store(&d.queue[i], &w.drawer)
		}
	}
	d.n = 0
	w.forgets()
	if w.tell != nil {
		w.tell("    gate starts again")
	}
	w.mono += bootTime
	w.real += int64(bootTime)
	if power {
		w.mono = bootTime
		w.boots++
		w.door.moving, w.door.lagging = false, false
		w.eye.at = 0
	}
	if away {
		w.eye.on, w.net = false, false
	}
	w.start()
}

// start is a gate that comes up with what the disk has, as service.New does.
func (w *World) start() {
	d := &w.disk
	w.alive = true
	d.said = true
	for i := range d.kept {
		if d.kept[i] {
			w.gate.known[i], w.gate.plans[i], w.gate.amended[i] = true, d.plans[i], d.amended[i]
		}
	}
	floor := w.replay(&w.state)
	w.clock = *clock.New(time.Unix(0, floor).UTC(), d.anchor, w.bootName(), w.clocks())
	w.read.wall = 0
	r := w.clock.Read(w.clocks())
	w.gate.stamp = r.Stamp.UnixMilli()
	now := rule.Now{Wall: r.Now.UnixMilli(), Mono: w.mono, Sure: r.Sure}
	w.account.recall(w, now)
	w.stepAt(event{kind: evResume}, now)
	w.boot()
}

var vias = [digitWays]string{string(rule.Keypad), string(rule.Page)}

// restored is a kept pass as gate comes up with it: what was amended by somebody who may not any more
// makes it no longer than it was signed.
func (w *World) restored(i int) rule.Plan {
	p := amended(w.disk.plans[i], w.disk.amended[i])
	if w.drawer[i].revoked {
		p.Until = min(p.Until, w.disk.plans[i].Until)
	}
	return p
}

// replay makes a rule's state of what the disk has, and says which time it is at least.
func (w *World) replay(s *rule.State) (floor int64) {
	d := &w.disk
	*s = rule.New(d.epoch, w.setup)
	var done [deliveries]bool
	for range d.kept {
		// By the beginning of their windows, then by name.
		first := nobody
		for i := range d.kept {
			if d.kept[i] && !done[i] && (first < 0 || d.plans[i].From < d.plans[first].From) {
				first = int8(i)
			}
		}
		if first < 0 {
			break
		}
		done[first] = true
		s.Restore(d.plans[first])
		if d.amended[first].revision > 0 {
			s.Restore(w.restored(int(first)))
		}
	}
	floor = built
	for i := range d.length {
		e := &d.journal[i]
		s.Replay(wire.Event{Index: uint64(i), Time: time.UnixMilli(e.wall).UTC(), Kind: wireKinds[e.kind], Reason: reasons[e.why], Delivery: nameOf(e.d), Via: vias[e.way], Count: max(int(e.count), int(e.rest))})
		floor = max(floor, e.wall*int64(time.Millisecond))
	}
	return floor
}

// boot is what gate hears first.
func (w *World) boot() {
	w.disk.said = true
	w.door.toldDoor, w.door.toldBolt, w.door.toldCoil = rule.Unknown, rule.Unknown, rule.CoilUnknown
	w.door.silent = w.real
	w.release() // drivers begin inert
	w.readCoil()
	w.readDoor()
	w.readBolt()
	if !w.door.coverLate {
		w.readCover()
	}
	if w.linked() {
		w.step(event{kind: evNet, on: true})
	}
	if w.eye.on {
		w.step(event{kind: evEye, on: true})
	}
	if w.viewers = 0; w.linked() {
		w.step(event{kind: evViewers, count: w.viewers})
	}
	w.settle()
}
