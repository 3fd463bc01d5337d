package wire

import (
	"encoding/json"
	"fmt"
	"time"
)

// MaxLetter bounds a letter in bytes.
const MaxLetter = 64 << 10

// Letter is a message to or from a device that wants an answer. The answer has the same
// ID.
type Letter struct {
	ID   string          `json:"id"`
	Kind LetterKind      `json:"kind"`
	Body json.RawMessage `json:"body"`
}

// LetterKind says what a letter's body is.
type LetterKind string

// Kinds of letters: question, answer.
const (
	LetterPair   LetterKind = "pair"   // Pair
	LetterPaired LetterKind = "paired" // PairedBody
	LetterKnock  LetterKind = "knock"  // Knock
	LetterReady  LetterKind = "ready"  // Ready
	LetterTry    LetterKind = "try"    // Try
	LetterTried  LetterKind = "tried"  // Tried
	LetterOffer  LetterKind = "offer"  // Offer
	LetterAnswer LetterKind = "answer" // AnswerBody
	LetterBye    LetterKind = "bye"    // Bye, wants no answer

	LetterTrickle  LetterKind = "trickle"  // Trickle
	LetterTrickled LetterKind = "trickled" // Trickled

	LetterLock   LetterKind = "lock"   // LockNow
	LetterLocked LetterKind = "locked" // LockedBody

	LetterRemember   LetterKind = "remember"   // Remember
	LetterRemembered LetterKind = "remembered" // Remembered
	LetterDrill      LetterKind = "drill"      // Drill
	LetterDrilling   LetterKind = "drilling"   // Drilling
	LetterTime       LetterKind = "time"       // Time
	LetterTimed      LetterKind = "timed"      // Timed
	LetterNo         LetterKind = "no"         // No: the answer to anything refused
)

// Pair asks a device without an owner to obey this key.
type Pair struct {
	Owner string `json:"owner"` // public key, base64url
	Name  string `json:"name"`  // what the person calls themselves; shown to the household
	MAC   []byte `json:"mac"`   // pass.PairMAC
}

// PairedBody hands out the device's card, signed.
type PairedBody struct {
	Card string `json:"card"`
}

// LockNow asks that the door is locked now: the coil's current is taken, if it has any. It burns
// no code and bars nobody, so it is not signed, and whoever reaches the device may ask.
type LockNow struct{}

// LockedBody says that no current is in the coil any more, or was. A device that is not sure of it
// answers No, door_unsure.
type LockedBody struct{}

// Knock asks for the nonce that a try is sealed with, or, of no delivery, the nonce for a Time.
type Knock struct {
	Delivery string `json:"delivery"`
}

// Ready is a nonce, good once and for a few seconds.
type Ready struct {
	Knock []byte `json:"knock"` // pass.KnockSize bytes
}

// Try is a courier's code from a page, sealed to the device with the nonce it was given.
type Try struct {
	Delivery string `json:"delivery"`
	Knock    []byte `json:"knock"`
	Sealed   []byte `json:"sealed"`
}

// Tried says that the door is open now, and for how long the handle turns.
type Tried struct {
	Entry   int `json:"entry"`   // 1 for the first
	Entries int `json:"entries"` // allowed in this visit
	Seconds int `json:"seconds"` // the strike is free for so long
}

// Remember asks a device to keep how its camera stands now.
type Remember struct {
	Order string `json:"order"` // signed pass.Order, of the verb remember
}

// Remembered names what the device keeps.
type Remembered struct {
	Reference string `json:"reference"` // signed pass.Reference
}

// Drill asks a device to cut itself off from its network, for pass.DrillFor and no longer. It may come as long as its
// order is good: without an answer, for two minutes.
type Drill struct {
	Order string `json:"order"` // signed pass.Order, of the verb drill
}

// Drilling says when the cut begins, just after this letter.
type Drilling struct {
	Clock uint64 `json:"clock"` // ms since the device was started, as a pass.Beat's
	For   int    `json:"for"`   // ms that it lasts
}

// Time tells a device that does not know it what time it is.
type Time struct {
	Word string `json:"word"` // signed pass.Time
}

// Timed says what time it is for the device now.
type Timed struct {
	Time time.Time `json:"time"`
}

// Offer is a viewer's WebRTC offer and its signed pass.Call.
type Offer struct {
	SDP  string `json:"sdp"`
	Call string `json:"call"`
	Key  string `json:"key"` // the viewer's public key, base64url; its id must be in the pass
	// Relay is the hub's to add, for the device; a page never sends one.
	Relay *Relay `json:"relay,omitempty"`
}

// Relay is how the hub's relay is used (TURN, by UDP, at the hub's own name), until the window's end.
type Relay struct {
	Port     int    `json:"port"`
	User     string `json:"user"`
	Password string `json:"password"`
}

// AnswerBody is the device's WebRTC answer and its signed pass.Answer.
type AnswerBody struct {
	SDP    string `json:"sdp"`
	Answer string `json:"answer"`
}

// Trickle tells a device of addresses that a viewer has found since its offer, and asks for those that
// the device has found since its answer. Nobody signs an address: it says where a connection is tried,
// and who is there shows in the connection itself.
type Trickle struct {
	Nonce      string   `json:"nonce"`      // the call's, base64url
	Candidates []string `json:"candidates"` // RFC 8839, "candidate:..." each
	Have       int      `json:"have"`       // how many Trickled told so far
}

// Trickled holds the device's further addresses.
type Trickled struct {
	Candidates []string `json:"candidates"`
	More       bool     `json:"more"` // it is still looking
}

// Bye ends a viewing early.
type Bye struct {
	Nonce string `json:"nonce"` // the call's, base64url
}

// No refuses, and says why and when it is worth trying again.
type No struct {
	Reason Reason    `json:"reason"`
	Wait   int       `json:"wait,omitempty"` // seconds, for CodeSlowed
	From   time.Time `json:"from,omitzero"`  // for TooEarly
	Left   int       `json:"left,omitempty"` // tries left, for CodeWrong
}

// NewLetter packs a body.
func NewLetter(id string, kind LetterKind, body any) (Letter, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return Letter{}, fmt.Errorf("letter %s: %w", kind, err)
	}
	return Letter{ID: id, Kind: kind, Body: b}, nil
}

// ParseLetter reads a letter from a stranger's bytes.
func ParseLetter(b []byte) (Letter, error) {
	if len(b) > MaxLetter {
		return Letter{}, fmt.Errorf("letter of %d bytes, want at most %d", len(b), MaxLetter)
	}
	var l Letter
	if err := Decode(b, &l); err != nil {
		return Letter{}, err
	}
	if l.ID == "" || len(l.ID) > 64 || l.Kind == "" {
		return Letter{}, fmt.Errorf("letter without id or kind")
	}
	return l, nil
}
