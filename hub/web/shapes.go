package web

import (
	"time"

	"vestibule/hub/house"
	"vestibule/hub/wire"
)

// Me is who is logged in, and the devices at which they have a place.
type Me struct {
	Owner   string   `json:"owner"` // the person's key id, an owner's or a member's
	Name    string   `json:"name"`
	Devices []Device `json:"devices"`
}

// Device is a device at which somebody has a place.
type Device struct {
	ID     string      `json:"id"`
	Sign   string      `json:"sign"`            // its signing key, base64url
	Card   string      `json:"card"`            // its signed card
	Grant  string      `json:"grant,omitempty"` // what its owner granted, signed; none for the owner
	State  *wire.State `json:"state"`           // null until it was heard of since the hub started
	Online bool        `json:"online"`
	Since  time.Time   `json:"since,omitzero"` // not online: since when, if that is known
}

// Delivery is one delivery as its owner sees it.
type Delivery struct {
	Delivery   string       `json:"delivery"`
	Device     string       `json:"device"`
	From       time.Time    `json:"from"`
	Until      time.Time    `json:"until"`
	Mode       string       `json:"mode"`
	Shadow     bool         `json:"shadow"`    // what moves behind the glass is drawn
	Retention  int          `json:"retention"` // hours
	Entries    int          `json:"entries"`   // allowed
	Offline    bool         `json:"offline"`   // the door may open while nobody can be told
	Watched    bool         `json:"watched"`   // it opens only while somebody watches
	Camera     bool         `json:"camera"`    // it opens only while the camera sees
	Name       string       `json:"name"`      // the courier's, as the owner wrote it
	Note       string       `json:"note"`      // to the owner's self
	Status     house.Status `json:"status"`
	Reason     wire.Reason  `json:"reason,omitempty"`     // when refused
	Revision   uint64       `json:"revision"`             // of its window; 0 as it was planned
	By         string       `json:"by,omitempty"`         // key id of the member who signed it; none for the owner
	Cancelling bool         `json:"cancelling,omitempty"` // ordered, the device has not said so yet
	Over       bool         `json:"over,omitempty"`       // the device will do nothing more for it
}

// Notice is what a courier reads before anything else.
type Notice struct {
	Device         string    `json:"device"`
	Card           string    `json:"card"` // the device's signed card: its key to seal a code to
	From           time.Time `json:"from"`
	Until          time.Time `json:"until"`
	Mode           string    `json:"mode"`
	Shadow         bool      `json:"shadow"` // what moves behind the glass is drawn
	RetentionHours int       `json:"retention_hours"`
	Watchers       int       `json:"watchers"` // how many people may watch
	Camera         bool      `json:"camera"`   // is it on for this delivery now
	Online         bool      `json:"online"`
}

// Step is how far a visit is, as its courier sees it.
type Step struct {
	Unlocked bool      `json:"unlocked"` // the handle turns now
	Door     wire.Door `json:"door"`
	Relocked bool      `json:"relocked"` // it was open in this visit, and is locked again
	Ended    bool      `json:"ended"`    // nothing more will happen
}
