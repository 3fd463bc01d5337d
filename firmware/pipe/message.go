package pipe

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"vestibule/hub/wire"
)

// Version of the messages below. Programs of another version are refused.
const Version = 7

// Type says what a frame's body is.
type Type byte

// Every type of frame.
const (
	TypeHello     Type = 0x01 // Hello, first on every connection, from whoever connects
	TypeWake      Type = 0x10 // Wake: open the camera for a pass
	TypeSleep     Type = 0x11 // empty: close the camera, until the next Wake, perhaps in the same window
	TypeLook      Type = 0x12 // Look
	TypeTrouble   Type = 0x13 // Trouble
	TypeTint      Type = 0x14 // Tint: from eye what the glass would be made from, from gate what it is
	TypeVisit     Type = 0x15 // Visit
	TypeRemember  Type = 0x16 // empty: how does the camera stand now
	TypeReference Type = 0x17 // Reference, the reply
	TypeLamp      Type = 0x18 // Lamp
	TypeMail      Type = 0x20 // wire.Letter, both ways
	TypeNote      Type = 0x21 // signed pass or order, as it came from the hub
	TypeFollow    Type = 0x22 // Follow: send events from here on
	TypeEvent     Type = 0x23 // wire.Event
	TypeState     Type = 0x24 // wire.State
	TypeBeat      Type = 0x25 // signed pass.Beat
	TypeCut       Type = 0x26 // Cut: end every viewing now
	TypeAsk       Type = 0x27 // Ask: may this viewer watch
	TypeAdmit     Type = 0x28 // Admit
	TypeLeft      Type = 0x29 // Left: a viewer has gone
	TypeNet       Type = 0x2a // Net
	TypeUntil     Type = 0x2b // Until: a viewing ends at another time
	TypeDrill     Type = 0x2c // Drill
	TypeUnit      Type = 0x30 // Unit, binary
	TypeKeyPlease Type = 0x31 // empty: the next unit should be a key frame
	TypeGlass     Type = 0x32 // Glass
	TypeWish      Type = 0x33 // Wish
)

func (t Type) String() string {
	switch t {
	case TypeHello:
		return "hello"
	case TypeWake:
		return "wake"
	case TypeSleep:
		return "sleep"
	case TypeLook:
		return "look"
	case TypeTrouble:
		return "trouble"
	case TypeTint:
		return "tint"
	case TypeVisit:
		return "visit"
	case TypeRemember:
		return "remember"
	case TypeReference:
		return "reference"
	case TypeLamp:
		return "lamp"
	case TypeMail:
		return "mail"
	case TypeNote:
		return "note"
	case TypeFollow:
		return "follow"
	case TypeEvent:
		return "event"
	case TypeState:
		return "state"
	case TypeBeat:
		return "beat"
	case TypeCut:
		return "cut"
	case TypeAsk:
		return "ask"
	case TypeAdmit:
		return "admit"
	case TypeLeft:
		return "left"
	case TypeNet:
		return "net"
	case TypeUntil:
		return "until"
	case TypeDrill:
		return "drill"
	case TypeUnit:
		return "unit"
	case TypeKeyPlease:
		return "key-please"
	case TypeGlass:
		return "glass"
	case TypeWish:
		return "wish"
	}
	return fmt.Sprintf("type 0x%02x", byte(t))
}

// Hello says who connects.
type Hello struct {
	Program string `json:"program"` // eye or link
	Version int    `json:"version"`
}

// Look is eye's report of one frame. Gate, which alone knows what the lamp did, judges
// whether the picture is live.
type Look struct {
	Delivery string        `json:"delivery"`        // whose picture it is
	Frame    uint64        `json:"frame"`           // counts up, over a whole run of eye
	At       time.Duration `json:"at"`              // CLOCK_MONOTONIC when the frame was taken
	Lamp     uint16        `json:"lamp"`            // mean luma of the lamp's box in the camera's picture, in 1/256
	Glass    wire.Reason   `json:"glass,omitempty"` // why the whole picture is glass
	Unit     uint64        `json:"unit"`            // the Name of the frame's access unit; 0 when it was not encoded
	// Beyond is how often somebody has gone from the zone into the interior since eye opened the camera.
	Beyond int        `json:"beyond,omitempty"`
	Cut    string     `json:"cut,omitempty"` // how the camera's picture is cut, at most MaxCut, see vision.Look
	Spent  wire.Spent `json:"spent"`         // by this opening of the camera
}

// Sizes of what eye gives gate to keep, in bytes.
const (
	TintSize     = 216      // 16x9 cells of 12 bits, see vision.Tint
	MaxReference = 16 << 10 // the most of how a camera stands
	MaxCut       = 64       // the most of how its picture is cut
)

// Wake tells eye to open the camera. Eye checks the pass by itself; the rest is what gate keeps for it
// from one opening of the camera to the next.
//
// It comes again, for the same pass, when the window has another end.
type Wake struct {
	Pass      []byte   `json:"pass"`                // signed
	Amendment []byte   `json:"amendment,omitempty"` // the latest, signed
	Proof     [][]byte `json:"proof,omitempty"`     // what the owner granted to whoever signed these, if it was not the owner
	Tint      []byte   `json:"tint,omitempty"`      // the glass's colours, if this delivery has them
	Cut       string   `json:"cut,omitempty"`       // a Look's, of when this delivery first showed the zone
	Reference []byte   `json:"reference,omitempty"` // what the pass asks for by its SHA-256
	Visit     bool     `json:"visit,omitempty"`     // a visit is under way
	Lamp      bool     `json:"lamp,omitempty"`      // as Lamp's Seen
	// Now is the time as gate knows it: the owner's word where nothing else keeps the clock. Eye
	// judges the window by it, measured on by CLOCK_MONOTONIC, and opens nothing without it. That is
	// believing gate; gate has the camera's power anyway.
	Now time.Time `json:"now"`
}

// Tint is the colours of a delivery's glass: 216 bytes of the interior. From eye it is a wish. Gate writes the
// first of a delivery to its disk and sends back what stands there; only that is ever shown, so that a
// delivery spends 216 bytes however often eye begins anew. As long as it runs, eye holds gate to the first.
type Tint struct {
	Delivery string `json:"delivery"`
	Colours  []byte `json:"colours"` // TintSize
}

// Visit says whether a visit is under way: only then does eye show where something moves.
type Visit struct {
	UnderWay bool `json:"underWay"`
}

// Lamp says whether the picture shows, by eye's Looks, what the lamp does. Where the pass requires the camera,
// eye shows all glass unless it does. That it does holds for LampHolds; gate says it again while it stays so.
type Lamp struct {
	Seen bool `json:"seen"`
}

// LampHolds is for how long eye believes that the lamp is seen: gate may hang, with the pipe open.
const LampHolds = 2 * time.Second

// Reference is how the camera stands now: edges of the zone. Reason says why there is none.
type Reference struct {
	Data   []byte      `json:"data,omitempty"` // at most MaxReference
	Reason wire.Reason `json:"reason,omitempty"`
}

// Trouble is something that eye's owner should know and no frame can carry.
type Trouble struct {
	Reason wire.Reason `json:"reason"`
	Detail string      `json:"detail"` // for the log only
}

// Follow asks for the journal's events from index Next on, and for all new ones.
type Follow struct {
	Next uint64 `json:"next"`
}

// Net says whether link can reach the hub. Link says it every second; a word of a few seconds ago
// holds no longer.
type Net struct {
	Online bool `json:"online"`
}

// Ask is link's question whether a viewer may watch; Fingerprint is the SHA-256 of
// link's own DTLS certificate, for gate to sign. Offered is the one that the viewer's offer holds, and empty
// when it does not hold exactly one: gate compares it with what the viewer signed, so that an offer that
// somebody has changed on its way is a refusal in the household's log, and never a viewer who came and went.
type Ask struct {
	ID          string `json:"id"` // link's, for the Admit
	Call        string `json:"call"`
	Key         string `json:"key"` // the viewer's public key, base64url
	Offered     []byte `json:"offered,omitempty"`
	Fingerprint []byte `json:"fingerprint"`
}

// Admit is gate's reply to an Ask. Reason is empty when the viewer may watch.
type Admit struct {
	ID          string      `json:"id"`
	Reason      wire.Reason `json:"reason,omitempty"`
	Answer      string      `json:"answer,omitempty"`      // signed pass.Answer
	Fingerprint []byte      `json:"fingerprint,omitempty"` // the viewer's, from the signed call: the only one to accept
	Until       time.Time   `json:"until,omitzero"`
}

// Until says that the viewing of an Admit ends at another time, as its window does.
type Until struct {
	ID    string    `json:"id"` // the Admit's
	Until time.Time `json:"until"`
}

// Drill tells link to fall silent for pass.DrillFor, as a radio does that somebody else has sent away.
type Drill struct {
	At time.Duration `json:"at"` // CLOCK_MONOTONIC when it begins, at most MaxDrillLead from now
}

// MaxDrillLead bounds how far ahead a Drill is told, so that the last words before it still get through.
const MaxDrillLead = 5 * time.Second

// Cut ends every viewing.
type Cut struct {
	Reason wire.Reason `json:"reason"`
}

// Left says that an admitted viewer has gone.
type Left struct {
	ID string `json:"id"` // the Ask's
}

// Glass says why the picture is all glass; empty when the zone shows.
type Glass struct {
	Reason wire.Reason `json:"reason"`
}

// Wish is how the viewers would have the picture. It is the wish of a program that eye does not trust: eye keeps to its
// own bounds.
type Wish struct {
	// Kbit is what the viewers' lines carry, in kbit/s: the worst of them, as one encoder serves all.
	Kbit int `json:"kbit"`
	// Format is what they all take; empty when they take any.
	Format Format `json:"format,omitempty"`
}

// Format is how an access unit is encoded.
type Format string

// Every format.
const (
	H264 Format = "h264" // Annex B
	VP8  Format = "vp8"  // RFC 6386, a frame
)

// Unit is one encoded access unit.
type Unit struct {
	Frame  uint64        // the frame's number
	At     time.Duration // CLOCK_MONOTONIC when the frame was taken
	Key    bool          // decodable by itself
	Format Format
	Data   []byte
}

const unitHead = 17

const (
	flagKey = 1 << iota
	flagVP8 // else H.264
)

// AppendUnit encodes a unit's body.
func AppendUnit(b []byte, u Unit) []byte {
	b = binary.BigEndian.AppendUint64(b, u.Frame)
	b = binary.BigEndian.AppendUint64(b, uint64(u.At))
	var flags byte
	if u.Key {
		flags |= flagKey
	}
	if u.Format == VP8 {
		flags |= flagVP8
	}
	b = append(b, flags)
	return append(b, u.Data...)
}

// ParseUnit decodes a unit's body. Data aliases b.
func ParseUnit(b []byte) (Unit, error) {
	if len(b) < unitHead || b[16] > flagKey|flagVP8 {
		return Unit{}, fmt.Errorf("pipe: unit of %d bytes", len(b))
	}
	u := Unit{
		Frame:  binary.BigEndian.Uint64(b),
		At:     time.Duration(binary.BigEndian.Uint64(b[8:])),
		Key:    b[16]&flagKey != 0,
		Format: H264,
		Data:   b[unitHead:],
	}
	if b[16]&flagVP8 != 0 {
		u.Format = VP8
	}
	return u, nil
}

// encode makes a control frame's body.
func encode(v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case []byte:
		return v, nil
	}
	return json.Marshal(v)
}
