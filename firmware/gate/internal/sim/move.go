package sim

import (
	"fmt"
	"time"
)

// Move is one thing that somebody does, or that befalls the gate. A schedule is a list of
// them. A move that is not possible in a world does nothing there, so that any part of a
// schedule is a schedule, which is what shrinking needs.
type Move struct {
	Kind Kind
	A    uint8
	B    uint16
}

// Kind is what kind of move it is.
type Kind uint8

// Kinds of moves, by whose they are. What A and B mean stands beside each.
const (
	Build Kind = iota // how the door is made; only as the first move. A: a setup

	// Time.
	Wait  // A: a span
	Until // A: a deadline, B: 0 a millisecond before, 1 at it, 2 a millisecond after

	// The owner, and the hub, which keeps what is signed and gives it to the gate when it likes.
	SignPass   // A: delivery, B: terms
	SignOther  // the same delivery with other terms. A: delivery, B: terms
	SignCancel // A: delivery
	SignLock   // A: delivery
	SignAmend  // A: delivery, B: by how much its end moves
	GivePass   // A: delivery
	GiveOther  // A: delivery
	GiveCancel // A: delivery
	GiveLock   // A: delivery
	GiveAmend  // A: delivery, B: the first or the second
	Revoke     // whoever amended a delivery may not any more. A: delivery
	Disown     // whoever signed its pass may not any more. A: delivery
	LetGo      // anybody at all wishes that the door is locked now
	Call       // wants the camera to see. A: 0 a key at the keypad, 1 a viewer
	Watch      // A: how many

	// The courier, and who guesses.
	Type  // A: delivery whose code it is, B: way and what is wrong with it
	Pull  // opens the door, if nothing holds it
	Leave // opens it from within
	Shut
	Force // opens it whatever holds it
	Exit  // presses the button inside
	Panic // holds # at the keypad

	// The device's case and its sensors.
	Cover    // A: 1 off, 0 on
	DoorLies // A: lie
	BoltLies // A: lie
	Bounce   // the door's contact
	CoilIll  // A: ill
	Latch    // the bolt follows now

	// Eye.
	Eye     // A: 1 comes, 0 goes
	Frame   // A: how
	Stall   // A: 1 no more frames by themselves, 0 again
	Lens    // A: what the lamp looks like
	Trouble // A: why
	Beyond  // A: how many more went into the interior

	// Link, disk, clock, power.
	Net      // A: 1 the hub can be reached
	Link     // A: 1 it stands still, 0 it goes on
	Disk     // A: ways of a disk, B: 3 it does not say when it is ill
	Work     // A: how many jobs a slow disk does
	Echo     // an answer of the disk comes once more. A: how many answers ago
	Skew     // the wall clock is set. A: by what, B: 1 back
	Freeze   // A: 1 the wall clock stands
	Sync     // A: 1 the kernel says that the clock is right
	Told     // the owner says what time it is
	Crash    // A: how many jobs still reach the disk, B: 0 program, 1 power, +2 nobody comes back by itself, +4 the case's switch is slow
	CrashAt  // A: after so many more effects
	kindsEnd // how many there are
)

// spans are how long one may wait.
var spans = [...]time.Duration{
	1 * time.Millisecond, 10 * time.Millisecond, 50 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	999 * time.Millisecond, time.Second, 1001 * time.Millisecond, 1500 * time.Millisecond, 2 * time.Second, 3 * time.Second, 5 * time.Second,
	10 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 3 * time.Minute, 10 * time.Minute, time.Hour, 12 * time.Hour,
}

// skews are by what a clock is set.
var skews = [...]time.Duration{
	time.Second, 2 * time.Second, 3 * time.Second, 30 * time.Second, 299 * time.Second, 301 * time.Second, time.Hour,
	24 * time.Hour, 365 * 24 * time.Hour, 3650 * 24 * time.Hour,
}

// What a contact may say instead of the truth.
const (
	honest uint8 = iota
	saysOpen
	saysClosed
	saysNothing
	liesEnd
)

// What may be wrong with the coil.
const (
	coilWell    uint8 = iota
	coilDead          // takes no current, and cannot say what it is
	coilMute          // takes it, and nobody is told
	coilWelded        // keeps it
	coilDoubted       // takes it and lets go, and its feedback contradicts it
	illsEnd
)

// How a disk may be.
const (
	diskFast uint8 = iota
	diskSlow       // works only when told
	diskFull       // fails
	disksEnd
)

// What may be wrong with a frame.
const (
	frameGood   uint8 = iota
	frameAgain        // the last one once more
	frameOld          // a new number, an old time
	frameFuture       // a time that has not come
	frameLate         // 900 ms old
	frameNear         // 40 ms ahead, as clocks are read
	framesEnd
)

// What is wrong with a code, in Type's B; its upper bits are the way.
const (
	codeRight uint8 = iota
	codeWrong
	codeTypo
	codeForced // right, in its duress spelling
	codesEnd
)

const (
	byKeypad uint8 = iota
	byPage
	byQR
	waysEnd
)

// The moves as a person would tell them.
func (m Move) String() string {
	d := name(m.A % deliveries)
	pick := func(s ...string) string { return s[int(m.A)%len(s)] }
	switch m.Kind {
	case Build:
		return "a door with " + setups[int(m.A)%len(setups)].name
	case Wait:
		return fmt.Sprintf("%v pass", spans[int(m.A)%len(spans)])
	case Until:
		return fmt.Sprintf("time passes until %s%s", deadlineNames[int(m.A)%int(deadlinesEnd)], [...]string{", less 1 ms", "", " and 1 ms"}[m.B%3])
	case SignPass:
		return fmt.Sprintf("the owner signs a pass for %s: %s", d, termsOf(m.B))
	case SignOther:
		return fmt.Sprintf("the owner signs another pass for %s: %s", d, termsOf(m.B))
	case SignCancel:
		return "the owner cancels " + d
	case SignLock:
		return "the owner locks " + d
	case GivePass:
		return fmt.Sprintf("the hub hands over the pass for %s", d)
	case GiveOther:
		return fmt.Sprintf("the hub hands over the other pass for %s", d)
	case GiveCancel:
		return fmt.Sprintf("the hub hands over that %s is cancelled", d)
	case GiveLock:
		return fmt.Sprintf("the hub hands over that %s is locked", d)
	case SignAmend:
		return fmt.Sprintf("the owner moves the end of %s by %v%s", d, shifts[int(m.B&0xff)%len(shifts)], map[bool]string{true: ", as the first to do so"}[m.B>>8&3 == 3])
	case GiveAmend:
		return fmt.Sprintf("the hub hands over amendment %d of %s", m.B%amendments+1, d)
	case Revoke:
		return "whoever amended " + d + " may not any more"
	case Disown:
		return "whoever signed the pass for " + d + " may not any more"
	case LetGo:
		return "somebody wishes that the door is locked now"
	case Call:
		return pick("somebody presses a key at the keypad", "a viewer calls")
	case Watch:
		return pick("nobody watches", "one person watches", "two people watch")
	case Type:
		code, way := uint8(m.B)%codesEnd, uint8(m.B>>8)%waysEnd
		what := [...]string{"the code of " + d, "a wrong code", "a slip of the code", "the code of " + d + " under duress"}[code]
		where := [...]string{"is typed at the keypad", "is sent from the page of " + d, "is shown as a picture on the page of " + d}[way]
		return what + " " + where
	case Pull:
		return "somebody pulls the door open"
	case Leave:
		return "somebody opens the door from within"
	case Shut:
		return "somebody shuts the door"
	case Force:
		return "somebody breaks the door open"
	case Exit:
		return "somebody presses the button inside"
	case Panic:
		return "somebody holds # at the keypad"
	case Cover:
		return pick("the cover is put on again", "the cover is taken off")
	case DoorLies:
		return "the door's contact " + pick("tells the truth again", "is stuck open", "is stuck shut", "says nothing")
	case BoltLies:
		return "the bolt's contact " + pick("tells the truth again", "is stuck open", "is stuck shut", "says nothing")
	case Bounce:
		return "the door's contact bounces"
	case CoilIll:
		return "the coil " + pick("is well again", "is dead", "does not say what it does", "is welded to its current", "is contradicted by its feedback")
	case Latch:
		return "the bolt's contact follows"
	case Eye:
		return pick("eye goes", "eye comes")
	case Frame:
		return "eye reports " + [...]string{"a frame", "the same frame once more", "a frame of an hour ago", "a frame that has not been yet", "a frame of 900 ms ago", "a frame of 40 ms hence"}[m.A%framesEnd]
	case Stall:
		return pick("frames come again", "the camera stalls")
	case Lens:
		return pick("the lamp is seen", "the lamp is not seen", "nobody knows yet whether the lamp is seen", "the camera was moved")
	case Trouble:
		return pick("eye says that the camera failed", "eye says that the camera ended")
	case Beyond:
		return fmt.Sprintf("%d go into the interior", m.A%3)
	case Net:
		return pick("the hub is cut off", "the hub can be reached")
	case Link:
		return pick("link goes on", "link stands still")
	case Disk:
		return "the disk " + [...]string{"is well", "is slow", "is full"}[m.A%disksEnd] + map[bool]string{true: ", and does not say when it is not well"}[m.B&3 == 3]
	case Work:
		return fmt.Sprintf("the disk does %d jobs", m.A%maxQueue)
	case Echo:
		return fmt.Sprintf("the disk says once more that the burning %d before the newest is done", m.A%3)
	case Skew:
		return fmt.Sprintf("the wall clock is set %s by %v", [...]string{"forward", "back"}[m.B%2], skews[int(m.A)%len(skews)])
	case Freeze:
		return pick("the wall clock goes on", "the wall clock stands still")
	case Sync:
		return pick("the kernel has nobody who keeps its clock right", "the kernel says that its clock is right")
	case Told:
		return "the owner says what time it is"
	case Crash:
		what := [...]string{"gate is killed", "the power fails"}[m.B%2]
		if m.B&2 != 0 {
			what += ", and the hub and eye stay away"
		}
		if m.B&4 != 0 {
			what += ", and the case's switch is slow"
		}
		return fmt.Sprintf("%s; %d jobs still reach the disk, the next is torn", what, m.A%maxQueue)
	case CrashAt:
		return fmt.Sprintf("gate will be killed after %d more effects", m.A%16)
	}
	return fmt.Sprintf("move %d", m.Kind)
}
