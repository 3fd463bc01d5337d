package house

import (
	"slices"
	"time"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// Bounds of what the hub keeps for an owner.
const (
	MaxPlanned  = 64                  // deliveries of one device whose window is not over
	MaxAhead    = 90 * 24 * time.Hour // how far away a window may begin
	MinNameSize = 16                  // characters; a delivery's name is all a courier's page needs
	MaxWords    = 200                 // characters in a courier's name or an owner's note

	// passGrace is how long a pass stays on offer after its window, for a device whose
	// clock is a little behind the hub's.
	passGrace = time.Minute
	// courierGrace is how long before and after the window a courier's page may follow
	// the visit.
	courierGrace = 15 * time.Minute
)

// Courier is what an owner wrote down about a delivery. It is forgotten when the
// delivery's retention is over.
type Courier struct {
	Name string // the courier's or the sender's
	Note string // to the owner's self
}

// Delivery is a delivery an owner signed a pass for.
type Delivery struct {
	ID        string
	Device    string
	Owner     string // key id; whose home it is, whoever of it signed
	Pass      string // the signed note
	From      time.Time
	Until     time.Time // as amended
	Mode      pass.Mode
	Shadow    bool
	Retention time.Duration // whole hours
	Entries   int
	Watchers  int
	Offline   bool // the door may open while nobody can be told
	Watched   bool // it opens only while somebody watches
	Camera    bool // it opens only while the camera sees
	Courier   Courier
	Planned   time.Time // when the hub got it
	Revision  uint64    // of Amendment; 0 for none
	Amendment string    // the newest, signed; empty for none
	By        string    // key id of who signed the pass; empty for the owner
	Named     []string  // key ids of members whom the pass is by or names as watchers; nil for none
}

// names reports whether a member signed a delivery's pass or may watch by it.
func (d Delivery) names(person string) bool { return slices.Contains(d.Named, person) }

// Order is an owner's order about a delivery.
type Order struct {
	ID       string
	Device   string
	Delivery string
	Verb     string // pass.Cancel or pass.Lock
	Note     string // signed
	At       time.Time
}

// Status is how far a delivery is.
type Status string

// Every status of a delivery. They are the device's word, not the hub's: planned means
// that the device has said nothing yet.
const (
	Planned   Status = "planned"
	Accepted  Status = "accepted"
	Refused   Status = "refused"
	Open      Status = "open"    // the window; a visit may be under way
	Visited   Status = "visited" // the visit is over
	Ended     Status = "ended"   // the window is, and nobody came
	Cancelled Status = "cancelled"
)

// Told is which kinds of event a device has told about a delivery, and the reason of each.
type Told map[wire.Kind]wire.Reason

func (t Told) any(kinds ...wire.Kind) bool {
	for _, k := range kinds {
		if _, ok := t[k]; ok {
			return true
		}
	}
	return false
}

// Over reports whether the device will do nothing more for the delivery.
func (t Told) Over() bool {
	return t.any(wire.Cancelled, wire.WindowClosed) || t.refused()
}

// refused: a pass that was accepted once is not undone by a refusal of its copy.
func (t Told) refused() bool {
	return t.any(wire.PassRefused) && !t.any(wire.PassAccepted, wire.WindowOpened, wire.VisitStarted)
}

// StatusOf derives a delivery's status from what its device told, in whatever order it
// arrived. A device that can't be heard can't say that the window is over, so the hub's
// clock says it. The reason is that of a refusal.
func StatusOf(told Told, until, now time.Time) (Status, wire.Reason) {
	over := told.any(wire.WindowClosed) || !now.Before(until)
	switch {
	case told.any(wire.VisitEnded), told.any(wire.VisitStarted) && (over || told.any(wire.Cancelled)):
		return Visited, ""
	case told.any(wire.Cancelled):
		return Cancelled, ""
	case told.refused():
		return Refused, told[wire.PassRefused]
	case over:
		return Ended, ""
	case told.any(wire.WindowOpened, wire.VisitStarted):
		return Open, ""
	case told.any(wire.PassAccepted):
		return Accepted, ""
	}
	return Planned, ""
}

// Step is how far a visit is, as its courier may see it.
type Step struct {
	Unlocked bool
	Door     wire.Door
	Relocked bool
	Ended    bool
}

// StepOf derives a courier's view from what the device told about the delivery and from
// its last state, which counts only while it is about this very delivery.
func StepOf(delivery string, told Told, p Presence, until, now time.Time) Step {
	s := Step{Door: wire.DoorUnknown, Relocked: told.any(wire.Relocked)}
	s.Ended = told.Over() || told.any(wire.VisitEnded) || !now.Before(until)
	st := p.State
	if st == nil || !p.Reached() || st.Delivery != delivery {
		return s
	}
	s.Ended = s.Ended || st.Visit == wire.VisitOver
	s.Unlocked = st.Bolt == wire.BoltUnlocked && !s.Ended
	s.Door = st.Door
	s.Relocked = st.Bolt == wire.BoltLocked && st.Door == wire.DoorClosed && (st.Entries > 0 || s.Relocked)
	return s
}

// CameraOn reports whether the camera is on for this delivery, as far as is known.
func CameraOn(delivery string, p Presence) bool {
	return p.Reached() && p.State != nil && p.State.Delivery == delivery && p.State.Camera != wire.CameraIsOff
}
