package sim

import (
	"math/bits"
	"time"

	"vestibule/firmware/gate/internal/challenge"
	"vestibule/firmware/gate/internal/rule"
	"vestibule/hub/wire"
)

// What the rule promises, written down once more: an account must not read the rule's.
const (
	pulse      = 5 * time.Second
	heldAfter  = 30 * time.Second
	freshFor   = time.Second
	freeTries  = 3
	mostWrong  = 10
	mostByWay  = 7
	mostBeyond = 99
	diskWithin = 2 * time.Second
	coilWithin = time.Second
	movesFor   = time.Second // after the current a door may still open
	startsIn   = 15 * time.Second
	steadyFor  = 3 * time.Second
	unsureFor  = 2 * time.Second
	lostFor    = 5 * time.Second
	readAhead  = 50 * time.Millisecond // frames
	motorTime  = 4 * time.Second       // a motor's, for all that a strike does at once
	panicFor   = 2 * time.Minute
	exitFor    = 15 * time.Second
	wordFor    = 3 * time.Second // link's, on whether there is a hub
	longGrace  = 15 * time.Minute
	staysFor   = 30 * time.Second // the camera, after a call
	risesIn    = 8 * time.Second  // and a code waits no longer for it
)

type windowStage uint8

const (
	before windowStage = iota
	opened
	shut
)

type visitStage uint8

const (
	awaited visitStage = iota
	underWay
	over
)

// ledger is what is true of one delivery.
type ledger struct {
	plan      rule.Plan
	place     uint8 // among those that are kept: of two visits it matters which is first
	known     bool  // gate has accepted it and not forgotten it
	logged    bool  // the journal says so
	gone      bool  // it is over and forgotten
	window    windowStage
	visit     visitStage
	cancelled bool
	byOwner   bool // that is why
	locked    bool
	ordered   struct{ cancel, lock bool } // before its pass came
	wrong     [digitWays]uint8
	used      uint8
	entered   bool
	beyond    uint8
	slow      [digitWays]time.Duration // no digits before
	quiet     time.Duration            // the grace runs since
	sure      uint8                    // entries that somebody was granted: not to be forgotten whatever happens
	started   bool                     // a visit began once
	called    time.Duration            // the camera is wanted until then
	isCalled  bool                     // that means something
	duress    bool                     // it was said
	keep      int64                    // no pass of it holds longer
	said      uint64                   // the revision that the journal knows
}

// digitWays are where digits are typed and counted apart: the keypad, and the page.
const digitWays = 2

func digitWay(v rule.Via) int {
	if v == rule.Page {
		return 1
	}
	return 0
}

// wrongs are the wrong codes of both ways.
func (l *ledger) wrongs() int { return int(l.wrong[0]) + int(l.wrong[1]) }

// left is how many more wrong codes one way bears.
func (l *ledger) left(way int) int { return min(mostByWay-int(l.wrong[way]), mostWrong-l.wrongs()) }

// flight is an entry between the code and the coil, or an answer that waits for the disk.
type flight struct {
	phase  flightPhase
	first  bool
	d      int8
	entry  uint8
	way    int8        // of digits that were refused
	why    wire.Reason // the same
	ticket uint64
	ref    uint64
	since  time.Duration
}

type flightPhase uint8

const (
	grounded flightPhase = iota
	burning
	givenUp // but the disk may still do it
	energising
)

// heldCode is a code that is not looked at yet: the camera was asleep.
type heldCode struct {
	is      bool
	verdict rule.Verdict
	via     rule.Via
	whose   int8
	ref     uint64
}

// picture is what eye has said.
type picture struct {
	power, eye, looked, live, fault, visit bool
	lamp                                   challenge.Verdict
	d                                      int8 // whose window gave it power
	glass, trouble                         wire.Reason
	frame                                  uint64
	beyond                                 int
	at, since, good                        time.Duration
	steady                                 bool // good is since when a faulty one is good again
}

// account is what the simulation itself knows to be true, by the rule's package comment and
// without a look at its state. It is told what the rule is told, says what has to come of it,
// and compares.
type account struct {
	setup  rule.Setup
	now    rule.Now
	led    [deliveries]ledger
	open   int8 // whose window is open
	epoch  uint64
	flight flight
	no     flight // digits that are refused once the disk has it
	waits  heldCode
	cam    picture

	door, bolt rule.Contact
	coil       rule.Coil
	shown      rule.Contact
	openedAt   time.Duration
	coilAt     time.Duration
	coilOff    time.Duration
	hadCoil    bool // coilOff means something
	letGo      bool // somebody asked for it in this pulse
	letGoAt    time.Duration
	pulsed     bool // coilAt means something
	egress     time.Duration
	odd        time.Duration
	isOdd      bool
	unsure     bool
	relock     bool
	held       bool
	forced     bool
	loud       bool
	unseen     bool // the picture was lost in mid-visit
	exit       time.Duration
	panicking  bool
	panicEnds  time.Duration

	coverKnown, coverOff, latch bool

	disk              bool
	net, online, lost bool
	netOff            time.Duration
	heard             time.Duration // when link last said whether there is a hub
	viewers           int
	newest            int64 // the newest sure time
	newestTicket      uint64

	page
}

// page is of one step: what has to come, what came, and what may come.
type page struct {
	want, did, may    sheet
	answers, answered answers
	wantBurn, burn    ticketed
	twice             kind // written twice for one delivery
	counted           int  // what the entry of a wrong code counts
}

// sheet says of each kind for which deliveries it came; the top bit is for none.
type sheet [kindsCount]uint8

func bit(d int8) uint8 { return 1 << (uint8(d) & 7) }

// ticketed is an entry that is written with a ticket.
type ticketed struct {
	kind   kind
	why    wire.Reason
	d      int8
	count  int
	ticket uint64
}

// answer to a try.
type answer struct {
	ref    uint64
	grant  bool
	reason wire.Reason
	wait   time.Duration
	left   int
	number int
	from   int64
	d      int8 // of a grant
	wrongs int  // that were typed for it by then; of the key's
}

type answers struct {
	n   int
	all [4]answer
}

func (a *answers) add(x answer) {
	if a.n < len(a.all) {
		a.all[a.n] = x
	}
	a.n++
}

func (a *account) begin(setup rule.Setup) {
	*a = account{setup: setup, open: nobody, disk: true, cam: picture{d: nobody}}
}

// place is the first that is free.
func (a *account) place() uint8 {
	taken := uint8(0)
	for i := range a.led {
		if a.led[i].known {
			taken |= 1 << a.led[i].place
		}
	}
	return uint8(bits.TrailingZeros8(^taken))
}

// current is the delivery whose window is open, nil for none.
func (a *account) current() *ledger {
	if a.open < 0 {
		return nil
	}
	return &a.led[a.open]
}

// visited is whose visit is under way: that of the open window before another.
func (a *account) visited() int8 {
	if a.open >= 0 && a.led[a.open].visit == underWay {
		return a.open
	}
	v := nobody
	for i := range a.led {
		if l := &a.led[i]; l.known && l.visit == underWay && (v < 0 || l.place < a.led[v].place) {
			v = int8(i)
		}
	}
	return v
}

// about is what an entry without a delivery of its own is about.
func (a *account) about() int8 {
	if v := a.visited(); v >= 0 {
		return v
	}
	return a.open
}

func (a *account) must(k kind, d int8) { a.want[k] |= bit(d) }

func (a *account) note(k kind) { a.must(k, a.about()) }

func (a *account) deny(ref uint64, why wire.Reason) {
	a.answers.add(answer{ref: ref, reason: why})
}

// giveUp refuses what is on its way.
func (a *account) giveUp(f *flight, why wire.Reason) {
	a.must(kCodeRefused, f.d)
	a.deny(f.ref, why)
}

func (a *account) abandon(f *flight, why wire.Reason) {
	switch f.phase {
	case burning:
		a.giveUp(f, why)
		f.phase = givenUp
	case energising:
		a.giveUp(f, why)
		*f = flight{}
	case grounded, givenUp:
	}
}

// owed: the disk still has to say whether it has what was asked for with a ticket.
func (a *account) owed(ticket uint64) bool {
	for _, f := range [...]*flight{&a.flight, &a.no} {
		if (f.phase == burning || f.phase == givenUp) && f.ticket == ticket {
			return true
		}
	}
	return false
}

func (a *account) release() {
	a.must(xRelease, nobody)
	a.letGo, a.letGoAt = true, a.now.Mono
}

// drop lets go of current that there may be.
func (a *account) drop() {
	if a.coil != rule.CoilOff {
		a.release()
	}
}

func (a *account) alarm() {
	a.loud = true
	a.must(xLoud, nobody)
}

// alarmHere sounds only during a window or a visit.
func (a *account) alarmHere() {
	if a.about() >= 0 {
		a.alarm()
	}
}

// troubled: the local alarm has a reason that is not the picture.
func (a *account) troubled() bool { return a.coverOff || a.held || a.forced || a.panicking }

func (a *account) hush() {
	if a.loud && !a.unseen && !a.troubled() {
		a.loud = false
		a.must(xHush, nobody)
	}
}

// call wakes the camera, in a window.
func (a *account) call() {
	if l := a.current(); l != nil {
		l.called, l.isCalled = a.now.Mono+staysFor, true
	}
}

// attended: somebody watches, and is not let wait for the camera when a line breaks.
func (a *account) attended(viewers int) {
	if viewers > 0 {
		a.call()
	}
}

// moved: a contact that said something says something else.
func (a *account) moved(was, is rule.Contact) {
	if was != rule.Unknown && is != was {
		a.call()
	}
}

// silent: link has said nothing for so long that what it said does not count.
func (a *account) silent() bool { return a.now.Mono-a.heard >= wordFor }

func (a *account) motor() bool { return a.setup.Lock == rule.Motor }

// atOnce is how long something may take that a motor takes its time for.
func (a *account) atOnce(d time.Duration) time.Duration {
	if a.motor() {
		return motorTime
	}
	return d
}

// onItsWay: a motor that has not arrived knows no better.
func (a *account) onItsWay() bool { return a.motor() && a.coil == rule.CoilUnknown }

// dumb: a contact says nothing that ought to.
func (a *account) dumb() bool {
	return a.door == rule.Unknown && !a.setup.NoContact || a.bolt == rule.Unknown && !a.setup.NoBolt
}

// still: it is shut, as far as anything can tell, and no current frees it.
func (a *account) still() bool {
	return (a.door == rule.Closed || a.setup.NoContact) && a.coil == rule.CoilOff
}
