package pass

import (
	"crypto"
	"crypto/ed25519"
	"time"
)

const timeHeader = "vestibule/time/v1"

// Time is an owner's word on what time it is, for a device that has nobody else to ask: no
// network, or a dead battery. The device gives a nonce for it, good once and for a few seconds, so
// that whoever carries the word can neither keep it nor give it again.
//
// It is the owner's alone: what a member may do ends at a time, and who may say what time it
// is could put that off.
type Time struct {
	Device string
	At     time.Time // when it was signed, whole seconds
	Nonce  [KnockSize]byte
}

func (t Time) text() string {
	return render(timeHeader, []line{{"device", t.Device}, {"at", stamp(t.At)}, {"nonce", b64.EncodeToString(t.Nonce[:])}})
}

// SignTime signs a word with the owner's key.
func SignTime(t Time, owner crypto.Signer) ([]byte, error) { return sign(t.text(), owner) }

// OpenTime checks a word against the owner's key. Whether the nonce is a fresh one is the
// device's to know.
func OpenTime(msg []byte, owner ed25519.PublicKey) (Time, error) {
	text, err := open(msg, owner)
	if err != nil {
		return Time{}, err
	}
	r := read(text, timeHeader)
	t := Time{Device: r.word("device"), At: r.instant("at")}
	copy(t.Nonce[:], r.bytes("nonce", len(t.Nonce)))
	return t, r.end(text, t.text())
}
