package pass

import (
	"crypto"
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"strconv"
	"time"
)

const (
	cardHeader   = "vestibule/card/v1"
	orderHeader  = "vestibule/order/v1"
	loginHeader  = "vestibule/login/v1"
	callHeader   = "vestibule/call/v1"
	answerHeader = "vestibule/answer/v3"
	standHeader  = "vestibule/reference/v1"
)

// Card is who a device says it is. Signed by the device, handed out when it is paired.
type Card struct {
	Device string            // KeyID of the signing key
	Sign   ed25519.PublicKey // verifies answers, beats and checkpoints
	Seal   []byte            // X25519, for Seal and SealTry
	Owner  string            // key id of the owner it obeys
}

func (c Card) text() string {
	return render(cardHeader, []line{
		{"device", c.Device}, {"sign", EncodeKey(c.Sign)}, {"seal", EncodeKey(c.Seal)}, {"owner", c.Owner},
	})
}

// SignCard signs a card with the device's key.
func SignCard(c Card, device crypto.Signer) ([]byte, error) { return sign(c.text(), device) }

// OpenCard checks a card against the device's signing key, known from pairing.
func OpenCard(msg []byte, device ed25519.PublicKey) (Card, error) {
	text, err := open(msg, device)
	if err != nil {
		return Card{}, err
	}
	r := read(text, cardHeader)
	c := Card{Device: r.word("device"), Sign: r.bytes("sign", ed25519.PublicKeySize), Seal: r.bytes("seal", 32), Owner: r.word("owner")}
	if err := r.end(text, c.text()); err != nil {
		return Card{}, err
	}
	if c.Device != KeyID(device) || c.Device != KeyID(c.Sign) {
		return Card{}, ErrSignature
	}
	return c, nil
}

// The verbs of an Order.
const (
	Cancel = "cancel" // the delivery's window ends now, and its code is dead
	Lock   = "lock"   // no more openings in this visit; the coil is let go at once
	// Remember has the device keep how its camera stands now, so that later passes can ask for it.
	Remember = "remember"
	// Drill has the device cut itself off from its network for [DrillFor], so that the household sees what a cut looks like.
	Drill = "drill"
)

// DrillFor is how long a Drill lasts. Nobody can ask for more.
const DrillFor = 20 * time.Second

// Order is what an owner tells a device about a delivery besides its pass. Carrying a Cancel or a Lock
// out twice is the same as once; a Remember or a Drill is about one moment, and a device takes each once.
type Order struct {
	Device   string
	Verb     string // Cancel, Lock, Remember or Drill
	Delivery string
	At       time.Time // when it was signed, whole seconds
	Nonce    [16]byte  // names the order
}

// ID names the order: its nonce in base64url.
func (o Order) ID() string { return b64.EncodeToString(o.Nonce[:]) }

func (o Order) text() string {
	return render(orderHeader, []line{
		{"device", o.Device}, {"verb", o.Verb}, {"delivery", o.Delivery}, {"at", stamp(o.At)}, {"nonce", o.ID()},
	})
}

// SignOrder signs an order with the owner's key.
func SignOrder(o Order, owner crypto.Signer) ([]byte, error) { return sign(o.text(), owner) }

// OpenOrder checks an order against the owner's key.
func OpenOrder(msg []byte, owner ed25519.PublicKey) (Order, error) {
	text, err := open(msg, owner)
	if err != nil {
		return Order{}, err
	}
	r := read(text, orderHeader)
	o := Order{Device: r.word("device"), Verb: r.choice("verb", Cancel, Lock, Remember, Drill), Delivery: r.word("delivery"), At: r.instant("at")}
	copy(o.Nonce[:], r.bytes("nonce", len(o.Nonce)))
	return o, r.end(text, o.text())
}

// Reference is a device's word that it keeps how its camera stood at a moment that its owner chose. What it
// keeps are edges of the visible zone; they stay on the device, and only their name goes around.
type Reference struct {
	Device   string
	Delivery string    // during which it was taken
	Sum      [32]byte  // SHA-256 of what the device keeps; a pass asks for it by this
	At       time.Time // whole seconds
}

func (f Reference) text() string {
	return render(standHeader, []line{
		{"device", f.Device}, {"delivery", f.Delivery}, {"reference", b64.EncodeToString(f.Sum[:])}, {"at", stamp(f.At)},
	})
}

// SignReference signs a reference with the device's key.
func SignReference(f Reference, device crypto.Signer) ([]byte, error) { return sign(f.text(), device) }

// OpenReference checks a reference against the device's signing key.
func OpenReference(msg []byte, device ed25519.PublicKey) (Reference, error) {
	text, err := open(msg, device)
	if err != nil {
		return Reference{}, err
	}
	r := read(text, standHeader)
	f := Reference{Device: r.word("device"), Delivery: r.word("delivery")}
	copy(f.Sum[:], r.bytes("reference", len(f.Sum)))
	f.At = r.instant("at")
	return f, r.end(text, f.text())
}

// Login is a key's answer to a hub's challenge. Origin is the page's origin as the page
// itself sees it, so that a hub cannot log in elsewhere with what it was given.
type Login struct {
	Origin    string
	Challenge [32]byte
}

func (l Login) text() string {
	return render(loginHeader, []line{{"origin", l.Origin}, {"challenge", b64.EncodeToString(l.Challenge[:])}})
}

// SignLogin answers a challenge.
func SignLogin(l Login, key crypto.Signer) ([]byte, error) { return sign(l.text(), key) }

// OpenLogin checks an answer to a challenge.
func OpenLogin(msg []byte, key ed25519.PublicKey) (Login, error) {
	text, err := open(msg, key)
	if err != nil {
		return Login{}, err
	}
	r := read(text, loginHeader)
	l := Login{Origin: r.origin("origin")}
	copy(l.Challenge[:], r.bytes("challenge", len(l.Challenge)))
	return l, r.end(text, l.text())
}

// Call is a viewer's wish to watch, bound to the one DTLS certificate it will use.
// Signed by the viewer's key.
type Call struct {
	Device      string
	Delivery    string
	Fingerprint [32]byte  // SHA-256 of the viewer's DTLS certificate
	At          time.Time // whole seconds
	Nonce       [16]byte  // random; used once
}

func (c Call) text() string {
	return render(callHeader, []line{
		{"device", c.Device}, {"delivery", c.Delivery}, {"fingerprint", b64.EncodeToString(c.Fingerprint[:])},
		{"at", stamp(c.At)}, {"nonce", b64.EncodeToString(c.Nonce[:])},
	})
}

// SignCall signs a call with the viewer's key.
func SignCall(c Call, viewer crypto.Signer) ([]byte, error) { return sign(c.text(), viewer) }

// OpenCall checks a call against the viewer's key.
func OpenCall(msg []byte, viewer ed25519.PublicKey) (Call, error) {
	text, err := open(msg, viewer)
	if err != nil {
		return Call{}, err
	}
	r := read(text, callHeader)
	c := Call{Device: r.word("device"), Delivery: r.word("delivery")}
	copy(c.Fingerprint[:], r.bytes("fingerprint", len(c.Fingerprint)))
	c.At = r.instant("at")
	copy(c.Nonce[:], r.bytes("nonce", len(c.Nonce)))
	return c, r.end(text, c.text())
}

// Answer is the device's reply to a Call, bound to the DTLS certificate of the program
// that will send the picture. Signed by the device's key.
type Answer struct {
	Device      string
	Delivery    string
	Viewer      string // key id of who called
	Fingerprint [32]byte
	Until       time.Time // the picture ends then at the latest; whole seconds
	Clock       uint64    // the device's, when it signed: ms since it was started, as a Beat's
	Run         [8]byte   // random, of this run of the program that signs: only beats of the same are of this call
	Nonce       [16]byte  // the call's
}

func (a Answer) text() string {
	return render(answerHeader, []line{
		{"device", a.Device}, {"delivery", a.Delivery}, {"viewer", a.Viewer},
		{"fingerprint", b64.EncodeToString(a.Fingerprint[:])}, {"until", stamp(a.Until)},
		{"clock", strconv.FormatUint(a.Clock, 10)}, {"run", b64.EncodeToString(a.Run[:])}, {"nonce", b64.EncodeToString(a.Nonce[:])},
	})
}

// SignAnswer signs an answer with the device's key.
func SignAnswer(a Answer, device crypto.Signer) ([]byte, error) { return sign(a.text(), device) }

// OpenAnswer checks an answer against the device's key.
func OpenAnswer(msg []byte, device ed25519.PublicKey) (Answer, error) {
	text, err := open(msg, device)
	if err != nil {
		return Answer{}, err
	}
	r := read(text, answerHeader)
	a := Answer{Device: r.word("device"), Delivery: r.word("delivery"), Viewer: r.word("viewer")}
	copy(a.Fingerprint[:], r.bytes("fingerprint", len(a.Fingerprint)))
	a.Until = r.instant("until")
	a.Clock = r.number("clock", 0, most)
	copy(a.Run[:], r.bytes("run", len(a.Run)))
	copy(a.Nonce[:], r.bytes("nonce", len(a.Nonce)))
	return a, r.end(text, a.text())
}

// most bounds what is counted: it is exact in a signed 64-bit number.
const most = 1<<63 - 1

const beatHeader = "vestibule/beat/v3"

// MaxMade is how many pictures a Beat names at the most: those of a second at 60 a second, as link sends none older, and
// so that four beats may be lost.
const MaxMade = 64

// Made is a picture as it goes to whoever watches, encoded: an access unit.
type Made struct {
	Name uint64        // see firmware/pipe.Name
	Age  time.Duration // since it was taken, when the Beat was signed: in steps of 10 ms, MaxAge at the most
}

// MaxAge is the greatest age that a Made can tell.
const MaxAge = 255 * ageStep

const (
	ageStep  = 10 * time.Millisecond
	madeSize = 8 + 1
)

// Beat is the heart-beat of a live picture: what gate knows, from eye, about the newest
// frame. Signed by the device five times a second while somebody watches; a page that
// has no fresh beat says that the picture is not live.
//
// Clock tells how old a beat is, whoever carried it and however long: the Answer, which was signed after the
// viewer's call and before it came, says where the device's clock stands beside the viewer's own.
//
// Units tells which pictures are the camera's, and how old: whoever carries them may leave some out, show old ones again
// or make their own, and a viewer who knows the names of what it was given sees that.
type Beat struct {
	Delivery string
	Seq      uint64  // counts beats, from 1, without a gap
	Clock    uint64  // ms since the device was started, when it signed
	Run      [8]byte // as the Answer's
	Frame    uint64  // newest frame that eye reported
	Age      uint64  // ms since that frame was taken, as gate saw it when it signed
	Live     bool    // the picture is fresh and shows the zone
	Why      string  // a wire reason when not live; "none" when live
	Made     uint64  // how many units were made in this run, the newest of Units among them
	Units    []Made  // the newest of them, MaxMade at the most, in the order of their making
}

func (b Beat) text() string {
	units := "none"
	if len(b.Units) > 0 {
		all := make([]byte, 0, len(b.Units)*madeSize)
		for _, m := range b.Units {
			all = append(binary.BigEndian.AppendUint64(all, m.Name), byte(min(max(m.Age/ageStep, 0), MaxAge/ageStep)))
		}
		units = b64.EncodeToString(all)
	}
	return render(beatHeader, []line{
		{"delivery", b.Delivery}, {"seq", strconv.FormatUint(b.Seq, 10)}, {"clock", strconv.FormatUint(b.Clock, 10)},
		{"run", b64.EncodeToString(b.Run[:])}, {"frame", strconv.FormatUint(b.Frame, 10)},
		{"age", strconv.FormatUint(b.Age, 10)}, {"live", pick(b.Live, "yes", "no")}, {"why", b.Why},
		{"made", strconv.FormatUint(b.Made, 10)}, {"units", units},
	})
}

// SignBeat signs a beat with the device's key.
func SignBeat(b Beat, device crypto.Signer) ([]byte, error) { return sign(b.text(), device) }

// OpenBeat checks a beat against the device's key.
func OpenBeat(msg []byte, device ed25519.PublicKey) (Beat, error) {
	text, err := open(msg, device)
	if err != nil {
		return Beat{}, err
	}
	r := read(text, beatHeader)
	b := Beat{Delivery: r.word("delivery"), Seq: r.number("seq", 1, most), Clock: r.number("clock", 0, most)}
	copy(b.Run[:], r.bytes("run", len(b.Run)))
	b.Frame, b.Age = r.number("frame", 0, most), r.number("age", 0, most)
	b.Live = r.choice("live", "yes", "no") == "yes"
	b.Why = r.reason("why")
	b.Made = r.number("made", 0, most)
	b.Units = r.made("units", b.Made)
	return b, r.end(text, b.text())
}

// made reads units, of which there can't be more than were made.
func (r *reader) made(key string, count uint64) []Made {
	v := r.text(key)
	if r.err != nil || v == "none" {
		return nil
	}
	all, err := b64.DecodeString(v)
	n := len(all) / madeSize
	if err != nil || n*madeSize != len(all) || n > MaxMade || uint64(n) > count {
		r.fail(key, v, fmt.Errorf("want at most %d units of %d bytes, and no more than were made, or none", MaxMade, madeSize))
		return nil
	}
	units := make([]Made, n)
	for i := range units {
		units[i] = Made{Name: binary.BigEndian.Uint64(all), Age: time.Duration(all[8]) * ageStep}
		all = all[madeSize:]
	}
	return units
}
