package sim

import "vestibule/hub/wire"

// kind is a kind of journal entry or of effect, small enough to index a sheet.
type kind uint8

const (
	kOther kind = iota // an entry that the rule never writes
	kPassAccepted
	kPassRefused
	kCancelled
	kWindowOpened
	kWindowClosed
	kCameraOn
	kCameraOff
	kCameraFault
	kCameraBack
	kCodeRefused
	kVisitStarted
	kUnlocked
	kRelocked
	kDoorOpened
	kBeyond
	kDoorShut
	kHeldOpen
	kForcedOpen
	kVisitEnded
	kOwnerLocked
	kTamper
	kTamperOver
	kSensorUnsure
	kClockJumped
	kJournalBroken
	kLinkLost
	kLinkBack
	kAmended
	kDuress
	kPanic
	kExit
	entriesEnd

	xEnergise
	xRelease
	xPowerOn
	xPowerOff
	xWakeQuiet // eye is handed its pass, and no visit is under way
	xWakeVisit
	xVisitOn
	xVisitOff
	xSleep
	xCut
	xLoud
	xHush
	xForget
	xRevert
	xAmend
	xHold
	kindsCount
)

func kindOf(k wire.Kind) kind {
	switch k {
	case wire.PassAccepted:
		return kPassAccepted
	case wire.PassRefused:
		return kPassRefused
	case wire.Cancelled:
		return kCancelled
	case wire.WindowOpened:
		return kWindowOpened
	case wire.WindowClosed:
		return kWindowClosed
	case wire.CameraOn:
		return kCameraOn
	case wire.CameraOff:
		return kCameraOff
	case wire.CameraFault:
		return kCameraFault
	case wire.CameraBack:
		return kCameraBack
	case wire.CodeRefused:
		return kCodeRefused
	case wire.VisitStarted:
		return kVisitStarted
	case wire.Unlocked:
		return kUnlocked
	case wire.Relocked:
		return kRelocked
	case wire.DoorOpened:
		return kDoorOpened
	case wire.BeyondDoorway:
		return kBeyond
	case wire.DoorShut:
		return kDoorShut
	case wire.HeldOpen:
		return kHeldOpen
	case wire.ForcedOpen:
		return kForcedOpen
	case wire.VisitEnded:
		return kVisitEnded
	case wire.OwnerLocked:
		return kOwnerLocked
	case wire.Tamper:
		return kTamper
	case wire.TamperOver:
		return kTamperOver
	case wire.SensorUnsure:
		return kSensorUnsure
	case wire.ClockJumped:
		return kClockJumped
	case wire.JournalBroken:
		return kJournalBroken
	case wire.LinkLost:
		return kLinkLost
	case wire.LinkBack:
		return kLinkBack
	case wire.Amended:
		return kAmended
	case wire.Duress:
		return kDuress
	case wire.Panic:
		return kPanic
	case wire.ExitPressed:
		return kExit
	}
	return kOther
}

// wireKinds are the entries' names, for a journal that is read back.
var wireKinds = [entriesEnd]wire.Kind{
	kPassAccepted: wire.PassAccepted, kPassRefused: wire.PassRefused, kCancelled: wire.Cancelled, kWindowOpened: wire.WindowOpened,
	kWindowClosed: wire.WindowClosed, kCameraOn: wire.CameraOn, kCameraOff: wire.CameraOff, kCameraFault: wire.CameraFault, kCameraBack: wire.CameraBack,
	kCodeRefused: wire.CodeRefused, kVisitStarted: wire.VisitStarted, kUnlocked: wire.Unlocked, kRelocked: wire.Relocked, kDoorOpened: wire.DoorOpened,
	kBeyond: wire.BeyondDoorway, kDoorShut: wire.DoorShut, kHeldOpen: wire.HeldOpen, kForcedOpen: wire.ForcedOpen, kVisitEnded: wire.VisitEnded,
	kOwnerLocked: wire.OwnerLocked, kTamper: wire.Tamper, kTamperOver: wire.TamperOver, kSensorUnsure: wire.SensorUnsure, kClockJumped: wire.ClockJumped,
	kJournalBroken: wire.JournalBroken, kLinkLost: wire.LinkLost, kLinkBack: wire.LinkBack, kAmended: wire.Amended, kDuress: wire.Duress, kPanic: wire.Panic, kExit: wire.ExitPressed,
}

var effectNames = [kindsCount]string{
	xEnergise: "energise", xRelease: "release", xPowerOn: "camera power on", xPowerOff: "camera power off", xWakeQuiet: "wake eye", xWakeVisit: "wake eye into a visit",
	xVisitOn: "tell eye that a visit goes on", xVisitOff: "tell eye that no visit goes on", xSleep: "send eye to sleep", xCut: "cut the viewers", xLoud: "alarm on",
	xHush: "alarm off", xForget: "forget the pass", xRevert: "drop the amendment", xAmend: "tell eye of another end", xHold: "let a code wait for the camera",
}

func (k kind) String() string {
	if k < entriesEnd {
		return string(wireKinds[k])
	}
	return effectNames[k]
}

// why is a reason, small enough for a journal's entry in memory.
type why uint8

// reasons are those whose journal entries the rule reads back, and what it may not confuse
// with them.
var reasons = [...]wire.Reason{
	"", wire.CodeWrong, wire.ByOwner, wire.OldEpoch, wire.TimeUp, wire.EntriesUsed, wire.CodeTypo, wire.CodeSlowed, wire.CodeSpent, wire.CodeUsed,
	wire.DiskTrouble, wire.DoorUnsure, wire.Tampered, wire.TooLate, wire.Overlaps, wire.WindowOver, wire.NotGranted,
}

const whyWrong, whyOwner why = 1, 2 // in reasons

func whyOf(r wire.Reason) why {
	if r == "" {
		return 0
	}
	for i, x := range reasons {
		if x == r {
			return why(i)
		}
	}
	return 0
}
