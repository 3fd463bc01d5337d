package sim

import (
	"time"

	"vestibule/firmware/gate/internal/challenge"
	"vestibule/firmware/gate/internal/rule"
	"vestibule/hub/wire"
)

type eventKind uint8

const (
	evTick eventKind = iota
	evResume
	evPass
	evCancel
	evLock
	evAmend
	evRevert
	evDisown
	evLetGo
	evCalled
	evPanic
	evExit
	evTried
	evWritten
	evDoor
	evBolt
	evCoil
	evCover
	evEye
	evLook
	evTrouble
	evNet
	evViewers
	evDisk
	evJumped
)

// event is what the rule is told, in a form that the account can read: a rule.Event shows
// nothing of itself.
type event struct {
	kind    eventKind
	on      bool
	d       int8 // delivery, nobody at the keypad
	whose   int8 // the code that was typed
	contact rule.Contact
	coil    rule.Coil
	verdict rule.Verdict
	via     rule.Via
	lamp    challenge.Verdict
	count   int
	number  uint64
	at      time.Duration
	reason  wire.Reason
	plan    *rule.Plan
}

func nameOf(d int8) string {
	if d < 0 {
		return ""
	}
	return names[d]
}

func (e *event) rule() rule.Event {
	switch e.kind {
	case evPass:
		return rule.PassCame(*e.plan)
	case evCancel:
		return rule.CancelCame(nameOf(e.d))
	case evLock:
		return rule.LockCame(nameOf(e.d))
	case evAmend:
		return rule.AmendCame(*e.plan)
	case evRevert:
		return rule.RevertCame(*e.plan)
	case evDisown:
		return rule.DisownCame(nameOf(e.d))
	case evLetGo:
		return rule.LetGoCame()
	case evCalled:
		return rule.Called(e.reason)
	case evPanic:
		return rule.PanicCame()
	case evExit:
		return rule.ExitCame()
	case evTried:
		return rule.Tried(nameOf(e.d), e.verdict, e.via, e.number)
	case evWritten:
		return rule.Written(e.number, e.on)
	case evDoor:
		return rule.DoorIs(e.contact)
	case evBolt:
		return rule.BoltIs(e.contact)
	case evCoil:
		return rule.CoilIs(e.coil)
	case evCover:
		return rule.TamperIs(e.on)
	case evEye:
		return rule.EyeIs(e.on)
	case evLook:
		return rule.LookCame(e.number, e.at, e.reason, e.lamp, e.count)
	case evTrouble:
		return rule.TroubleCame(e.reason)
	case evNet:
		return rule.NetIs(e.on)
	case evViewers:
		return rule.ViewersAre(e.count)
	case evDisk:
		return rule.DiskIs(e.on)
	case evJumped:
		return rule.ClockJumped()
	case evTick, evResume:
	}
	return rule.Tick()
}
