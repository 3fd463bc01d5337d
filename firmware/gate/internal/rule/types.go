package rule

import (
	"time"

	"vestibule/firmware/gate/internal/challenge"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// Bounds of the rule.
const (
	MaxPasses = 16 // that are kept at once
	MaxPast   = 64 // deliveries that are over and remembered by name while a pass of theirs could come again
	MaxWrong  = 10 // wrong codes in a window
	MaxByWay  = 7  // of them at the keypad, or on the page: whoever guesses at one leaves some for the other
	FreeTries = 3  // wrong codes at either before they are slowed
	MaxBeyond = 99 // times that somebody went into the interior, in one visit's count

	Pulse     = 5 * time.Second  // the longest the coil may have current
	HeldAfter = 30 * time.Second // an open door is an alarm
	FreshFor  = time.Second      // a picture without a newer frame is not live
	PanicFor  = 2 * time.Minute  // how long the local alarm sounds for a panic
	ExitFor   = 15 * time.Second // after the button inside, the next opening is from within
	NetFor    = 3 * time.Second  // link's word that the hub can be reached holds so long, see [NetIs]

	slowest     = 30 * time.Second // between tries
	writeWithin = 2 * time.Second  // a burning that takes longer opens nothing
	coilWithin  = time.Second      // the coil says that it has current
	openAfter   = time.Second      // after the current ended the door may still be moving
	startWithin = 15 * time.Second // from power to the first live picture
	steadyFor   = 3 * time.Second  // a picture is back
	oddFor      = 2 * time.Second  // sensors may disagree while things move
	travel      = 4 * time.Second  // the same where a motor moves the bolt
	netLostFor  = 5 * time.Second  // a link is lost

	// A code that was typed is answered within riseWithin + writeWithin + travel: until then the camera stays
	// because of the call alone.
	stayFor    = 30 * time.Second // the camera sees for so long after a call
	riseWithin = 8 * time.Second  // a code waits no longer for the camera
)

// Now is the time as it is known.
type Now struct {
	Wall int64         // milliseconds since 1970, UTC
	Mono time.Duration // CLOCK_MONOTONIC
	Sure bool          // Wall can be trusted to let somebody in
}

// Plan is what the rule needs of a pass. Only a verified pass makes one.
type Plan struct {
	Delivery string
	Epoch    uint64
	From     int64 // as Now.Wall
	Until    int64 // as amended
	Revision uint64
	Entries  uint8
	Grace    time.Duration
	Camera   bool // a live picture is needed
	Offline  bool // may open while the owner can't be told
	Watched  bool // somebody has to be watching
}

// PlanOf takes what the rule needs from a verified pass. The zero Pass gives the zero Plan,
// whose window never opens.
func PlanOf(p pass.Pass) Plan {
	if !p.Valid() {
		return Plan{}
	}
	t := p.Terms()
	return Plan{
		Delivery: t.Delivery, Epoch: t.Epoch, From: t.From.UnixMilli(), Until: t.Until.UnixMilli(), Revision: p.Revision(),
		Entries: uint8(t.Entries), Grace: t.Grace, Camera: t.Camera, Offline: t.Offline, Watched: t.Watched,
	}
}

// Setup is what a door is made of. The zero Setup is the strictest door, and has all that
// the rule can make use of but the button.
type Setup struct {
	NoContact bool // nothing says whether the door is open: see the package comment for what is weaker then
	NoBolt    bool // nothing says whether the bolt is held: the same
	Lock      Lock
	Exit      bool // there is a request-to-exit button inside
}

// Lock is the kind of what holds the door. The zero value is a strike that power frees.
type Lock uint8

// Kinds of lock.
const (
	FailSecure Lock = iota // held without power
	FailSafe               // free without power
	Motor                  // stays as it is without power, and takes its time
)

// Contact is what a switch says. The zero value is unknown.
type Contact uint8

// States of a contact. A door's contact is closed while it is shut, a bolt's while it is
// held by the strike.
const (
	Unknown Contact = iota
	Open
	Closed
)

// Coil is what is known of what frees the door: a strike's coil, the relay that takes a
// magnet's current, or a motor with its end switches. The zero value is unknown.
type Coil uint8

// States of the coil.
const (
	CoilUnknown Coil = iota // a motor's also while it moves
	CoilOff                 // it holds: a motor's bolt is all the way out
	CoilOn                  // it frees
)

// Verdict is what came of comparing what was typed with the code.
type Verdict uint8

// Verdicts.
const (
	Wrong Verdict = iota
	Typo          // not the form of a code, or the check digit does not fit
	Right
	Forced // right, typed in its duress spelling
)

// Via is how a code came.
type Via string

// Ways. Only the 128-bit key is not slowed by wrong codes.
const (
	Keypad Via = "keypad"
	Page   Via = "page"
	QR     Via = "qr"
)

type eventKind uint8

const (
	tick eventKind = iota
	passCame
	epochCame
	amendCame
	revertCame
	cancelCame
	lockCame
	letGoCame
	tried
	calledBy
	panicCame
	exitCame
	written
	doorIs
	boltIs
	coilIs
	tamperIs
	eyeIs
	lookCame
	troubleCame
	netIs
	viewersAre
	diskIs
	clockJumped
)

// Event is something that happened. Its makers are below.
type Event struct {
	kind     eventKind
	on       bool
	contact  Contact
	coil     Coil
	verdict  Verdict
	lamp     challenge.Verdict
	count    int
	number   uint64
	at       time.Duration
	delivery string
	reason   wire.Reason
	via      Via
	plan     Plan
}

// Tick is only the passing of time.
func Tick() Event { return Event{} }

// PassCame is a verified pass that is on disk. Ask [State.Judge] first.
func PassCame(p Plan) Event { return Event{kind: passCame, plan: p} }

// EpochCame is an epoch that was signed, and that is on disk: it ends what an older one permitted, whatever
// becomes of the pass that it came with.
func EpochCame(epoch uint64) Event { return Event{kind: epochCame, number: epoch} }

// AmendCame is a pass with a verified amendment that is on disk too. Ask [State.JudgeAmended]
// first.
func AmendCame(p Plan) Event { return Event{kind: amendCame, plan: p} }

// RevertCame is a pass as it was signed: whoever amended it may not any more. It makes a window
// shorter only.
func RevertCame(p Plan) Event { return Event{kind: revertCame, plan: p} }

// CancelCame is a verified order that a delivery's window ends.
func CancelCame(delivery string) Event {
	return Event{kind: cancelCame, delivery: delivery, reason: wire.ByOwner}
}

// DisownCame says that whoever signed a delivery's pass may not any more.
func DisownCame(delivery string) Event {
	return Event{kind: cancelCame, delivery: delivery, reason: wire.NotGranted}
}

// LockCame is a verified order that there is no more opening in a visit.
func LockCame(delivery string) Event { return Event{kind: lockCame, delivery: delivery} }

// LetGoCame is anybody's wish that the door is locked now: it takes the coil's current and
// does nothing else, so nobody has to have signed it.
func LetGoCame() Event { return Event{kind: letGoCame} }

// Tried is a code that was compared in full. delivery is empty at the keypad. ref is the
// caller's, for the Grant or Deny.
func Tried(delivery string, v Verdict, via Via, ref uint64) Event {
	return Event{kind: tried, delivery: delivery, verdict: v, via: via, number: ref}
}

// Called says that somebody wants the camera to see: a viewer whose call was judged right, or a key at
// the keypad. A code that is tried calls by itself, and so does what moves at the door.
func Called(by wire.Reason) Event { return Event{kind: calledBy, reason: by} }

// PanicCame says that # was held at the keypad.
func PanicCame() Event { return Event{kind: panicCame} }

// ExitCame says that the request-to-exit button was pressed.
func ExitCame() Event { return Event{kind: exitCame} }

// Written says whether the entry with a ticket is on the disk.
func Written(ticket uint64, ok bool) Event { return Event{kind: written, number: ticket, on: ok} }

// DoorIs is a change of the door's contact.
func DoorIs(c Contact) Event { return Event{kind: doorIs, contact: c} }

// BoltIs is a change of the bolt's contact.
func BoltIs(c Contact) Event { return Event{kind: boltIs, contact: c} }

// CoilIs is a change of the coil, and the answer to Energise.
func CoilIs(c Coil) Event { return Event{kind: coilIs, coil: c} }

// TamperIs says whether the device's cover is off.
func TamperIs(off bool) Event { return Event{kind: tamperIs, on: off} }

// EyeIs says whether eye is connected. A new eye is off and on again.
func EyeIs(on bool) Event { return Event{kind: eyeIs, on: on} }

// LookCame is eye's report of a frame, and what the lamp's challenge says after it. beyond is
// how often eye has seen somebody go from the zone into the interior.
func LookCame(frame uint64, at time.Duration, glass wire.Reason, lamp challenge.Verdict, beyond int) Event {
	return Event{kind: lookCame, number: frame, at: at, reason: glass, lamp: lamp, count: beyond}
}

// TroubleCame is eye's report of why it has no picture.
func TroubleCame(r wire.Reason) Event { return Event{kind: troubleCame, reason: r} }

// NetIs says whether the hub can be reached, in link's words. They hold for NetFor: link says it
// again every second, as a link that hangs can't say that it does.
func NetIs(on bool) Event { return Event{kind: netIs, on: on} }

// ViewersAre says how many watch, as link has it. Nobody does while link says nothing, see [NetIs].
func ViewersAre(n int) Event { return Event{kind: viewersAre, count: n} }

// DiskIs says whether the journal can be written.
func DiskIs(ok bool) Event { return Event{kind: diskIs, on: ok} }

// ClockJumped says that the clock has stepped.
func ClockJumped() Event { return Event{kind: clockJumped} }

// Do says what an effect is.
type Do uint8

// Effects. Fields that are used are named.
const (
	Write    Do = iota + 1 // Entry to the journal; with a Ticket, say Written when it is there or failed
	Energise               // give the coil current for Pulse, and say CoilIs
	Release                // take the coil's current
	Power                  // On: give the camera power and blink the lamp, or take it
	Wake                   // Delivery, On: hand eye its pass, and say whether a visit is under way
	Visit                  // On: tell eye whether a visit is under way
	Sleep                  // tell eye to close the camera
	Cut                    // Reason: end every viewing
	Grant                  // Ref, Number of Entries: the door is open
	Deny                   // Ref, Reason, Wait, From, Left: it is not
	Hold                   // Ref: the answer waits for the camera
	Sound                  // On: the local alarm
	Forget                 // Delivery: its pass is not needed any more
	Revert                 // Delivery: the amendment that just came does not count
	Amend                  // Delivery, On as in Wake: hand eye its pass anew, the window has another end
)

// Effect is something to be done.
type Effect struct {
	Do       Do
	On       bool
	Number   int // of this entry
	Entries  int // allowed
	Left     int // tries
	Ticket   uint64
	Ref      uint64
	Wait     time.Duration
	From     int64 // when the window begins, as Now.Wall; 0 for not said
	Delivery string
	Reason   wire.Reason
	Entry    Entry
}

// Entry is an entry for the journal.
type Entry struct {
	Kind     wire.Kind
	Delivery string
	Reason   wire.Reason
	Via      Via
	Count    int
}
