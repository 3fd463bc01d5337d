package wire

import "time"

// Online is a device's presence; its last will says false.
type Online struct {
	Online bool `json:"online"`
}

// Pulse says that a device still reaches the hub, and within how many ms it says so again: whoever hears nothing for
// longer knows that the link is lost, before a broker does. 0 for not any more: nobody waits.
type Pulse struct {
	Again int `json:"again"` // at most MaxPulse
}

// MaxPulse bounds what a device can have the hub wait for, in ms.
const MaxPulse = 10_000

// Seen is how far the hub has a device's events on disk: all with Index < Next.
type Seen struct {
	Next uint64 `json:"next"`
}

// State is what a device knows of its door now. Unknown is said as unknown.
type State struct {
	Time     time.Time `json:"time"`
	Door     Door      `json:"door"`
	Bolt     Bolt      `json:"bolt"`
	Camera   Camera    `json:"camera"`
	Visit    Visit     `json:"visit"`
	Delivery string    `json:"delivery,omitempty"` // whose window is open
	Until    time.Time `json:"until,omitzero"`     // when that window closes
	Entries  int       `json:"entries,omitempty"`  // so far in this visit
	Alarm    Kind      `json:"alarm,omitempty"`    // HeldOpen, ForcedOpen, Panic, Tamper, CameraFault, JournalBroken; empty for none. Never Duress: a speaker may read a state aloud
	Why      Reason    `json:"why,omitempty"`      // of a camera fault
	Viewers  int       `json:"viewers"`
	Timeless bool      `json:"timeless,omitempty"` // the device does not know the time, so no window opens: an owner may send a Time
	Spent    *Spent    `json:"spent,omitempty"`    // of the interior, in the delivery whose window is open
}

// Door is what the door contact says.
type Door string

// States of a door.
const (
	DoorClosed  Door = "closed"
	DoorAjar    Door = "open"
	DoorUnknown Door = "unknown"
)

// Bolt is what the bolt contact, cross-checked with the coil, says.
type Bolt string

// States of a bolt.
const (
	BoltLocked   Bolt = "locked"
	BoltUnlocked Bolt = "unlocked"
	BoltUnknown  Bolt = "unknown"
)

// Camera is what the camera is doing.
type Camera string

// States of a camera.
const (
	CameraIsOff    Camera = "off"
	CameraStarting Camera = "starting" // powered; the lamp has not been seen long enough yet
	CameraLive     Camera = "live"     // fresh, and the lamp's challenge is seen
	CameraFaulty   Camera = "fault"
)

// Visit is how far the visit is.
type Visit string

// Steps of a visit.
const (
	NoWindow      Visit = "none"
	VisitAwaited  Visit = "awaited"   // the window is open, the code unused
	VisitUnderWay Visit = "under_way" // the code is burned, entries may be left
	VisitOver     Visit = "over"      // ended; the window may still be open
)
