package wire

import (
	"strconv"
	"strings"
	"time"
)

// Event is one entry of a device's journal, as the household sees it.
type Event struct {
	ID       string    `json:"id"`    // DEVICE/INDEX
	Index    uint64    `json:"index"` // from 0, without a gap
	Time     time.Time `json:"time"`  // the device's clock, UTC
	Kind     Kind      `json:"kind"`
	Delivery string    `json:"delivery,omitempty"`
	Reason   Reason    `json:"reason,omitempty"` // why, for refusals, faults and endings
	Who      string    `json:"who,omitempty"`    // key id of the person it was about
	Via      string    `json:"via,omitempty"`    // keypad, page or qr, for tries
	Count    int       `json:"count,omitempty"`  // entries so far, attempts so far, how often
	Spent    *Spent    `json:"spent,omitempty"`  // of the interior in this delivery, when the camera goes off
}

// EventID is the id of a device's event.
func EventID(device string, index uint64) string {
	return device + "/" + strconv.FormatUint(index, 10)
}

// ParseEventID takes an event's id apart.
func ParseEventID(id string) (device string, index uint64, ok bool) {
	device, number, ok := strings.Cut(id, "/")
	n, err := strconv.ParseUint(number, 10, 63)
	return device, n, ok && err == nil && device != ""
}

// Kind is what happened. It is also the last level of an event's topic.
type Kind string

// Every kind of event.
const (
	Started       Kind = "started"        // the device's gate came up
	Paired        Kind = "paired"         // Who is the owner now
	PassAccepted  Kind = "pass_accepted"  // a window is planned; Count is for how many seconds a pass of it may hold
	PassRefused   Kind = "pass_refused"   // a pass, or what amends it, or an order or a grant; Reason says why
	Cancelled     Kind = "cancelled"      // by the owner's order
	Amended       Kind = "amended"        // the window has another end now; Count is the revision
	WindowOpened  Kind = "window_opened"  // its time has come
	WindowClosed  Kind = "window_closed"  // its time is over, or it was cancelled; Count is for how many seconds its pass would still hold
	CameraOn      Kind = "camera_on"      // powered, and it has proved itself: fresh, of the zone, with the lamp. Reason says who called it
	CameraOff     Kind = "camera_off"     // unpowered, also within a window: nobody calls it any more
	CameraFault   Kind = "camera_fault"   // no fresh, challenged picture; Reason says why
	CameraBack    Kind = "camera_back"    // fresh and challenged again
	StandKept     Kind = "stand_kept"     // the owner had the device keep how its camera stands
	CodeRefused   Kind = "code_refused"   // Reason says why, Via where
	VisitStarted  Kind = "visit_started"  // the code is burned; on disk before the coil moves
	Unlocked      Kind = "unlocked"       // the coil is energised; Count says which entry
	Relocked      Kind = "relocked"       // the coil is let go and the bolt holds
	DoorOpened    Kind = "door_opened"    //
	BeyondDoorway Kind = "beyond_doorway" // during a visit somebody went from the zone into the interior
	DoorShut      Kind = "door_shut"      //
	HeldOpen      Kind = "held_open"      // alarm: open for longer than 30 s
	ForcedOpen    Kind = "forced_open"    // alarm: open without an unlock
	VisitEnded    Kind = "visit_ended"    //
	Duress        Kind = "duress"         // alarm: the code was typed in its duress spelling; the owner's people alone may see it
	Panic         Kind = "panic"          // alarm: # was held at the keypad for 3 s
	ExitPressed   Kind = "exit_pressed"   // the button inside; the next opening is from within
	OwnerLocked   Kind = "owner_locked"   // by the owner's order
	GrantAdded    Kind = "grant_added"    // Who may do something in the owner's name now
	GrantRevoked  Kind = "grant_revoked"  // Who may not any more
	Tamper        Kind = "tamper"         // alarm: the case was opened
	TamperOver    Kind = "tamper_over"    // the case is shut again
	SensorUnsure  Kind = "sensor_unsure"  // contact, bolt and coil contradict one another
	ClockJumped   Kind = "clock_jumped"   // the clock ran back or leapt
	JournalBroken Kind = "journal_broken" // alarm: entries could not be written for a while, or what is kept could not be read
	ViewerJoined  Kind = "viewer_joined"  // Who watches
	ViewerLeft    Kind = "viewer_left"    //
	ViewerRefused Kind = "viewer_refused" // Reason says why
	Watchdog      Kind = "watchdog"       // gate stood still, and its watchdog started the machine again
	LinkLost      Kind = "link_lost"      // the device cannot reach the hub
	LinkBack      Kind = "link_back"      //
	DrillBegan    Kind = "drill_began"    // Who has the device cut itself off for a moment, to see what that looks like
	DrillEnded    Kind = "drill_ended"    // Count is for how many ms the hub was out of reach; Reason says why there is none
)

// Kinds lists every kind, for documentation and for pages' catalogues.
func Kinds() []Kind {
	return []Kind{Started, Paired, PassAccepted, PassRefused, Cancelled, Amended, WindowOpened, WindowClosed, CameraOn, CameraOff,
		CameraFault, CameraBack, StandKept, CodeRefused, VisitStarted, Unlocked, Relocked, DoorOpened, BeyondDoorway, DoorShut, HeldOpen, ForcedOpen,
		VisitEnded, Duress, Panic, ExitPressed, OwnerLocked, GrantAdded, GrantRevoked, Tamper, TamperOver, SensorUnsure, ClockJumped, JournalBroken, ViewerJoined, ViewerLeft,
		ViewerRefused, Watchdog, LinkLost, LinkBack, DrillBegan, DrillEnded}
}

// Discreet reports whether an event is for the owner's people alone. A reader's speaker or screen at
// the door would tell whoever is standing there, so readers do not hear of it.
func (k Kind) Discreet() bool { return k == Duress }

// Spent is how much of the interior a delivery's picture has given away, in bytes.
type Spent struct {
	Colour int `json:"colour"`
	Shadow int `json:"shadow"`
}

// Reason is the machine's word for why. Pages have a sentence for each, in every language.
type Reason string

// Every reason.
const (
	// a try of a code
	CodeWrong     Reason = "code_wrong"
	CodeTypo      Reason = "code_typo"      // check digit; costs nothing
	CodeSlowed    Reason = "code_slowed"    // too soon after a wrong one
	CodeSpent     Reason = "code_spent"     // too many wrong ones in this window
	CodeUsed      Reason = "code_used"      // its visit is over
	EntriesUsed   Reason = "entries_used"   // as many entries as the owner allowed
	TryStale      Reason = "try_stale"      // from a page, and too old or sent before
	TooEarly      Reason = "too_early"      // before the window
	TooLate       Reason = "too_late"       // after it
	NoDelivery    Reason = "no_delivery"    // none is known by that name
	CameraNotSeen Reason = "camera_unseen"  // no fresh picture, or the lamp was not seen in it
	NobodyWatches Reason = "nobody_watches" // the owner asked that somebody does
	Offline       Reason = "offline"        // the owner can't be told, and asked to be
	Tampered      Reason = "tampered"       // the case was opened
	ClockUnsure   Reason = "clock_unsure"   // the device does not know the time
	DiskTrouble   Reason = "disk_trouble"   // nothing can be written down, so nothing opens
	DoorUnsure    Reason = "door_unsure"    // the sensors contradict one another
	DoorIsOpen    Reason = "door_open"      // it is open already
	NoCards       Reason = "no_cards"       // a card was held to the reader, and cards open nothing

	// a pass, amendment, order, grant, pairing or call
	TooLarge      Reason = "too_large"
	Unreadable    Reason = "unreadable"     // not in the one permitted form
	BadSignature  Reason = "bad_signature"  //
	OtherDevice   Reason = "other_device"   //
	OldEpoch      Reason = "old_epoch"      //
	OldRevision   Reason = "old_revision"   // amended by a later word already
	NotGranted    Reason = "not_granted"    // the owner did not grant this to the key that signed
	GrantOver     Reason = "grant_over"     // the grant of the key that signed does not hold now
	WindowOver    Reason = "window_over"    //
	Overlaps      Reason = "overlaps"       // another delivery has that time
	CodeUnsealed  Reason = "code_unsealed"  // the code was not sealed to this device
	TooMany       Reason = "too_many"       // more passes than the device keeps
	TooManyKeys   Reason = "too_many_keys"  // more people than the device remembers
	NotPaired     Reason = "not_paired"     // the device has no owner yet
	PairedAlready Reason = "paired_already" // it has one
	PairingWrong  Reason = "pairing_wrong"  // not the secret in the link
	NotWatcher    Reason = "not_watcher"    // the pass does not name this viewer
	CallStale     Reason = "call_stale"     // too old, or seen before
	Busy          Reason = "busy"           // more viewers than the device serves
	DrillSoon     Reason = "drill_soon"     // a cut was practised a moment ago
	Restarted     Reason = "restarted"      // the device was started anew in the middle of it

	// a picture; also what vision says
	ZoneMissing    Reason = "zone_missing"
	ZoneInvalid    Reason = "zone_invalid"
	ZoneTooLarge   Reason = "zone_too_large"
	CameraFailed   Reason = "camera_failed"
	CameraEnded    Reason = "camera_ended"
	CameraStalled  Reason = "camera_stalled"
	CameraResized  Reason = "camera_resized"
	CameraMoved    Reason = "camera_moved"
	StandUnseen    Reason = "stand_unseen"  // how the camera stands cannot be told: not yet, it is too dark, or too little shows
	ReferenceBad   Reason = "reference_bad" // the pass asks for a stand that the device does not have
	RedactorFailed Reason = "redactor_failed"
	EyeGone        Reason = "eye_gone"    // the program that sees is not running
	LampUnseen     Reason = "lamp_unseen" // the picture does not show what the lamp did
	CameraAsleep   Reason = "camera_asleep"

	// who called the camera
	ByViewer Reason = "by_viewer"
	ByKeypad Reason = "by_keypad" // a key, a code, a call for help
	ByPage   Reason = "by_page"   // a code
	ByDoor   Reason = "by_door"   // the door, its bolt or the device's case

	// an ending
	TimeUp  Reason = "time_up"
	ByOwner Reason = "by_owner"
)

// Reasons lists every reason, for pages' catalogues.
func Reasons() []Reason {
	return []Reason{CodeWrong, CodeTypo, CodeSlowed, CodeSpent, CodeUsed, EntriesUsed, TryStale, TooEarly, TooLate, NoDelivery,
		CameraNotSeen, NobodyWatches, Offline, Tampered, ClockUnsure, DiskTrouble, DoorUnsure, DoorIsOpen, NoCards, TooLarge,
		Unreadable, BadSignature, OtherDevice, OldEpoch, OldRevision, NotGranted, GrantOver, WindowOver, Overlaps, CodeUnsealed, TooMany, TooManyKeys, NotPaired,
		PairedAlready, PairingWrong, NotWatcher, CallStale, Busy, DrillSoon, Restarted, ZoneMissing, ZoneInvalid, ZoneTooLarge, CameraFailed,
		CameraEnded, CameraStalled, CameraResized, CameraMoved, StandUnseen, ReferenceBad, RedactorFailed, EyeGone, LampUnseen, CameraAsleep, ByViewer, ByKeypad, ByPage, ByDoor, TimeUp, ByOwner}
}
