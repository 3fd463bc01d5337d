package rule

import (
	"time"

	"vestibule/firmware/gate/internal/challenge"
	"vestibule/hub/wire"
)

type stage uint8

const (
	planned stage = iota
	open
	closed
)

type visit uint8

const (
	awaited visit = iota
	underWay
	over
)

// slot is one delivery: its plan and what became of it. A slot without a delivery is free.
type slot struct {
	plan      Plan
	stage     stage
	visit     visit
	logged    bool // the journal says that it was accepted
	cancelled bool
	locked    bool          // by the owner: no more openings
	forced    bool          // the journal says that its code was typed under duress
	used      uint8         // entries
	entered   bool          // the door has been open in this visit
	beyond    uint8         // how often somebody went into the interior in it
	tries     [ways]tries   // by way
	quiet     time.Duration // since when the grace runs
	called    time.Duration // somebody wants the camera to see until then; 0 for nobody
	why       wire.Reason   // of a cancellation
	keep      int64         // as Now.Wall: no pass of it, amended or not, holds longer than that
	said      uint64        // the revision that the journal knows of
}

// tries is what came of the digits that were typed in one way.
type tries struct {
	wrong uint8
	slow  time.Duration // no more before
}

// ways are where digits may be typed, the keypad and the page.
const ways = 2

// by gives the tries of one way. The 128-bit key is not counted.
func (c *slot) by(v Via) *tries {
	if v == Page {
		return &c.tries[1]
	}
	return &c.tries[0]
}

// wrong counts the wrong codes of all ways.
func (c *slot) wrong() uint8 {
	n := uint8(0)
	for i := range c.tries {
		n += c.tries[i].wrong
	}
	return n
}

// left is how many wrong codes are still borne in one way.
func (c *slot) left(v Via) int {
	return min(MaxByWay-int(c.by(v).wrong), MaxWrong-int(c.wrong()))
}

// pending is an entry on its way from the code to the coil, or a refusal on its way to the disk.
type pending struct {
	phase    phase
	first    bool // it burns the code
	entry    uint8
	ticket   uint64
	ref      uint64
	via      Via
	why      wire.Reason // of a refusal
	delivery string
	since    time.Duration
}

type phase uint8

const (
	none       phase = iota
	writing          // until the disk has it
	abandoned        // refused meanwhile, but the disk may still get it
	energising       // until the coil has current
)

// held is a code that is not looked at before the camera is live, or cannot be any more. Its zero value is
// none.
type held struct {
	delivery string // whose window was open
	verdict  Verdict
	via      Via
	ref      uint64
}

// past is a delivery that is over and forgotten but for its name.
type past struct {
	delivery string
	keep     int64 // as slot.keep
	lost     bool  // its pass is gone from the disk, and the journal says of no end
}

// order is an owner's order for a delivery that is not known (yet).
type order struct {
	delivery string
	lock     bool
}

type camera struct {
	power    bool
	eye      bool
	looked   bool // since power and eye
	live     bool // camera_on was said since power
	visit    bool // eye was told that a visit is under way
	fault    bool
	lamp     challenge.Verdict
	delivery string
	by       wire.Reason // who called it
	glass    wire.Reason
	trouble  wire.Reason
	frame    uint64
	beyond   int           // as eye counts
	at       time.Duration // of the newest frame
	since    time.Duration // power
	good     time.Duration // since when a faulty picture is good again; 0 for not
}

// State is all that the rule knows. It is a value: a copy is a State of its own. [New] makes
// one.
type State struct {
	slots   [MaxPasses]slot
	top     uint8 // all slots from here on are free
	past    [MaxPast]past
	orders  [MaxPasses]order
	ordered uint8
	setup   Setup
	epoch   uint64
	tickets uint64
	pending pending // an entry
	refusal pending // of digits that were looked at: said when the disk has it
	waits   held    // a code
	caller  wire.Reason
	camera  camera

	door, bolt Contact
	coil       Coil
	shown      Contact // of the door, in the journal
	opened     time.Duration
	coilOn     time.Duration
	coilOff    time.Duration // 0: it never had current
	released   time.Duration // when Release was last asked for; 0 for not in this pulse
	egress     time.Duration // until then an opening is a courier's leaving
	exit       time.Duration // until then the next one is somebody else's; 0 for not
	panicked   time.Duration // until then the alarm sounds for a panic; 0 for not
	odd        time.Duration // since when the sensors disagree; 0 for not
	unsure     bool
	relock     bool // relocked is still to be said
	held       bool
	forced     bool
	unseen     bool // the picture was lost in mid-visit
	loud       bool // the local alarm sounds

	coverKnown bool
	coverOff   bool
	latch      bool // tampered

	disk    bool
	unread  bool // see Unread
	net     bool
	online  bool // net was on since the last link_lost
	lost    bool // link_lost was said
	netOff  time.Duration
	heard   time.Duration // when link last said whether the hub can be reached
	viewers int
}

// New is a state before anything is known: the sensors unknown, no pass, a journal that
// works.
func New(epoch uint64, door Setup) State { return State{epoch: epoch, setup: door, disk: true} }

// kept are the slots up to the last that holds a delivery; any of them may be free.
func (s *State) kept() []slot { return s.slots[:s.top] }

func (s *State) find(delivery string) *slot {
	if delivery == "" {
		return nil
	}
	for i := range s.kept() {
		if s.slots[i].plan.Delivery == delivery {
			return &s.slots[i]
		}
	}
	return nil
}

// current is the slot whose window is open; there is never more than one.
func (s *State) current() *slot {
	for i := range s.kept() {
		if s.slots[i].plan.Delivery != "" && s.slots[i].stage == open {
			return &s.slots[i]
		}
	}
	return nil
}

// visited is the slot whose visit is under way, the one whose window is open before one
// whose window is over.
func (s *State) visited() *slot {
	if c := s.current(); c != nil && c.visit == underWay {
		return c
	}
	for i := range s.kept() {
		if s.slots[i].plan.Delivery != "" && s.slots[i].visit == underWay {
			return &s.slots[i]
		}
	}
	return nil
}

func (s *State) isPast(delivery string) bool { return s.pastOf(delivery) != nil }

// pastOf finds a delivery that is over; nil for none.
func (s *State) pastOf(delivery string) *past {
	for i := range s.past {
		if s.past[i].delivery == delivery && delivery != "" {
			return &s.past[i]
		}
	}
	return nil
}

// addPast remembers a delivery in the place of the one that matters least at a time: none, or
// the one of which no pass has held for longest. It reports false when passes of all of them
// still hold: none of those may be forgotten.
func (s *State) addPast(delivery string, keep, now int64) bool {
	if s.isPast(delivery) {
		return true
	}
	least := s.leastPast(now)
	if least == nil {
		return false
	}
	*least = past{delivery: delivery, keep: keep}
	return true
}

// leastPast is a place for addPast; nil for none.
func (s *State) leastPast(now int64) *past {
	least := &s.past[0]
	for i := range s.past {
		if p := &s.past[i]; p.delivery == "" || p.keep < least.keep {
			least = p
		}
		if least.delivery == "" {
			return least
		}
	}
	if least.keep > now {
		return nil
	}
	return least
}

// Known reports whether a pass for this delivery was accepted, and needs no judging again.
func (s *State) Known(delivery string) bool {
	if c := s.find(delivery); c != nil {
		return c.logged
	}
	return s.isPast(delivery)
}

// Delivery names the delivery whose window is open, and "" if none is.
func (s *State) Delivery() string {
	if c := s.current(); c != nil {
		return c.plan.Delivery
	}
	return ""
}

// Locked reports whether the door is known to be locked: shut, the bolt held, no current.
// Where nothing says whether it is shut, the bolt alone has to do; where nothing says whether
// the bolt is held, it is never known to be locked.
func (s *State) Locked() bool {
	return s.still() && s.bolt == Closed && !s.unsure && !s.setup.NoBolt
}

// silent reports whether link has said nothing for so long that its words do not hold any more.
func (s *State) silent(now Now) bool { return now.Mono-s.heard >= NetFor }

// watching is how many watch, of whom link has spoken lately.
func (s *State) watching(now Now) int {
	if s.silent(now) {
		return 0
	}
	return s.viewers
}

// dumb reports whether a contact says nothing that ought to.
func (s *State) dumb() bool {
	return s.door == Unknown && !s.setup.NoContact || s.bolt == Unknown && !s.setup.NoBolt
}

// still reports whether nothing lets the door be opened: it is shut, as far as anything can
// tell, and no current frees it.
func (s *State) still() bool {
	return (s.door == Closed || s.setup.NoContact) && s.coil == CoilOff
}

// moving reports whether a motor may be on its way, or wait for the door to be shut.
func (s *State) moving() bool { return s.setup.Lock == Motor && s.coil == CoilUnknown }

// Picture says why the picture is not live; "" when it is fresh, shows the zone and, if the
// delivery asks for a camera, the lamp. frame and at are those of the newest frame; ok is
// false when there is none.
func (s *State) Picture(now Now) (why wire.Reason, frame uint64, at time.Duration, ok bool) {
	why = s.blind(now)
	if c := s.current(); why == wire.LampUnseen && c != nil && !c.plan.Camera {
		why = ""
	}
	return why, s.camera.frame, s.camera.at, s.camera.looked
}

// View is what the household sees. Time is the caller's to fill in.
func (s *State) View(now Now) wire.State {
	v := wire.State{Door: wire.DoorUnknown, Bolt: wire.BoltUnknown, Camera: wire.CameraIsOff, Visit: wire.NoWindow, Viewers: s.watching(now)}
	switch s.door {
	case Open:
		v.Door = wire.DoorAjar
	case Closed:
		v.Door = wire.DoorClosed
	case Unknown:
	}
	switch {
	case s.dumb() || s.coil == CoilUnknown && !s.moving() || s.unsure:
	case s.Locked():
		v.Bolt = wire.BoltLocked
	case s.coil == CoilOn || s.bolt == Open:
		v.Bolt = wire.BoltUnlocked
	}
	if s.camera.power {
		switch {
		case s.camera.fault:
			v.Camera, v.Why = wire.CameraFaulty, s.blind(now)
		case s.camera.live:
			v.Camera = wire.CameraLive
		default:
			v.Camera = wire.CameraStarting
		}
	}
	// A visit that is under way is shown also when its window is over.
	c := s.visited()
	if c == nil {
		c = s.current()
	}
	if c != nil {
		v.Delivery, v.Entries = c.plan.Delivery, int(c.used)
		switch c.visit {
		case awaited:
			v.Visit = wire.VisitAwaited
		case underWay:
			v.Visit = wire.VisitUnderWay
		case over:
			v.Visit = wire.VisitOver
		}
		if c.stage == open {
			v.Until = time.UnixMilli(c.plan.Until).UTC()
		}
	}
	switch {
	case s.forced:
		v.Alarm = wire.ForcedOpen
	case s.panicked != 0:
		v.Alarm = wire.Panic
	case s.latch:
		v.Alarm = wire.Tamper
	case s.unseen:
		v.Alarm = wire.CameraFault
	case !s.disk:
		v.Alarm = wire.JournalBroken
	case s.held:
		v.Alarm = wire.HeldOpen
	}
	return v
}
