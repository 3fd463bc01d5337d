package sim

import "fmt"

// Invariant is something that must hold whatever happens.
type Invariant uint8

// Invariants.
const (
	Holds     Invariant = iota // nothing is broken
	Predicate                  // the door opens only if the predicate holds
	BurnFirst                  // the burning is on the disk before the coil has current
	OneVisit                   // one code, one visit
	Willing                    // a right code opens when nothing is missing
	Refusal                    // a refusal names the first thing that is missing
	Guesses                    // no more guesses are answered than a window has, whatever dies
	Answered                   // every try has one answer, and the keypad none outside a window
	CoilEnds                   // the coil lets go: after its time, on shut, lock, tamper and the window's end
	Bolted                     // locked is said when the door is locked, and only then
	AtRest                     // the door ends locked once it is shut
	WayOut                     // nobody is locked in, and leaving is no alarm
	Alarm                      // held, forced, tampered: the alarm sounds, and ends
	Window                     // windows open and close on their time, and never twice
	VisitEnd                   // a visit ends when it is over, and not before
	Orders                     // the owner's cancel and lock are obeyed
	Power                      // the camera has power in a window, for a reason, and at no other time
	Within                     // whoever may be within, or is at an open door or case, is seen
	Waits                      // a code that waits for the camera is answered, once, and opens nothing unseen
	Picture                    // what is said of the picture is true
	EyeTold                    // eye knows of a visit
	Viewing                    // watching ends with the window
	Logged                     // what happened is in the journal, once
	Kept                       // nothing that was acknowledged is lost
	Forgotten                  // a pass is forgotten when it is over, and not before
	Ticks                      // the rule asks for a tick before time changes something
	Shown                      // the household sees what is true
	TimeTrust                  // nobody is let in by an unsure clock, and time does not come again
	Duress                     // a duress code is answered as a right one, and the owner is told once
	invariantsEnd
)

var invariantNames = [invariantsEnd]string{
	Holds: "all holds", Predicate: "opens only if all holds", BurnFirst: "burned before it opens", OneVisit: "one code, one visit", Willing: "a right code opens",
	Refusal: "a refusal says why", Guesses: "guesses are counted", Answered: "one answer to a try", CoilEnds: "the coil lets go", Bolted: "locked is locked", AtRest: "ends locked",
	WayOut: "nobody locked in", Alarm: "alarms", Window: "windows on time", VisitEnd: "visits end", Orders: "orders obeyed", Power: "camera power", Within: "who may be within is seen", Waits: "codes wait",
	Picture: "picture", EyeTold: "eye is told", Viewing: "watching ends", Logged: "in the journal", Kept: "nothing lost", Forgotten: "passes forgotten",
	Ticks: "ticks asked for", Shown: "what is shown", TimeTrust: "trusted time", Duress: "duress",
}

func (i Invariant) String() string { return invariantNames[i] }

// Broken says which invariant was broken, and how.
type Broken struct {
	What Invariant
	How  string
}

func (b Broken) String() string {
	if b.What == Holds {
		return Holds.String()
	}
	return b.What.String() + ": " + b.How
}

// breaks notes the first invariant that was broken.
func (w *World) breaks(what Invariant, format string, a ...any) {
	if w.broken.What == Holds {
		w.broken = Broken{what, fmt.Sprintf(format, a...)}
		if w.tell != nil {
			w.tell("  BROKEN  " + w.broken.String())
		}
	}
}

// guards says which invariant an effect or an entry is about, for when it comes and should
// not, or does not come and should.
var guards = [kindsCount]Invariant{
	kOther: Logged, kPassAccepted: Window, kPassRefused: Window, kCancelled: Orders, kWindowOpened: Window, kWindowClosed: Window, kCameraOn: Picture,
	kCameraOff: Picture, kCameraFault: Picture, kCameraBack: Picture, kCodeRefused: Refusal, kVisitStarted: Willing, kUnlocked: Willing, kRelocked: Bolted,
	kDoorOpened: Logged, kBeyond: Logged, kDoorShut: Logged, kHeldOpen: Alarm, kForcedOpen: Alarm, kVisitEnded: VisitEnd, kOwnerLocked: Orders,
	kTamper: Alarm, kTamperOver: Alarm, kSensorUnsure: Bolted, kClockJumped: Logged, kJournalBroken: Logged, kLinkLost: Logged, kLinkBack: Logged,
	xEnergise: Willing, xRelease: CoilEnds, xPowerOn: Power, xPowerOff: Power, xWakeQuiet: EyeTold, xWakeVisit: EyeTold, xVisitOn: EyeTold, xVisitOff: EyeTold,
	xSleep: Power, xCut: Viewing, xLoud: Alarm, xHush: Alarm, xForget: Forgotten, kAmended: Window, kDuress: Duress, kPanic: Alarm, kExit: Logged, xRevert: Window, xAmend: EyeTold, xHold: Waits,
}
