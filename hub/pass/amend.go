package pass

import (
	"crypto"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strconv"
	"time"
)

const amendHeader = "vestibule/amend/v1"

// ErrOldRevision means that a pass was amended by a later word already.
var ErrOldRevision = errors.New("amended by a later word already")

// ErrOther means that a statement is about another device or another delivery.
var ErrOther = errors.New("about another device or delivery")

// Amendment moves the end of a delivery's window. It says nothing else: whoever wants
// another zone or another code plans another delivery, and Cancel is an [Order].
type Amendment struct {
	Device   string
	Delivery string
	Revision uint64    // 1, 2 and so on; the pass itself is 0. Only a later one counts
	Until    time.Time // the window's new end, at most MaxWindow from the pass's From; whole seconds
	At       time.Time // when it was signed, whole seconds
	Nonce    [16]byte
}

func (a Amendment) text() string {
	return render(amendHeader, []line{
		{"device", a.Device}, {"delivery", a.Delivery}, {"revision", strconv.FormatUint(a.Revision, 10)},
		{"until", stamp(a.Until)}, {"at", stamp(a.At)}, {"nonce", b64.EncodeToString(a.Nonce[:])},
	})
}

// SignAmendment signs an amendment with the key of somebody who may sign the pass.
func SignAmendment(a Amendment, key crypto.Signer) ([]byte, error) {
	text := a.text()
	if _, err := parseAmendment(text); err != nil {
		return nil, err
	}
	return sign(text, key)
}

// OpenAmendment checks that key, and nobody else besides, signed msg. Whether that key may
// is for [Authority] to say.
func OpenAmendment(msg []byte, key ed25519.PublicKey) (Amendment, error) {
	text, err := open(msg, key)
	if err != nil {
		return Amendment{}, err
	}
	return parseAmendment(text)
}

func parseAmendment(text string) (Amendment, error) {
	r := read(text, amendHeader)
	a := Amendment{Device: r.word("device"), Delivery: r.word("delivery"), Revision: r.number("revision", 1, 1<<53),
		Until: r.instant("until"), At: r.instant("at")}
	copy(a.Nonce[:], r.bytes("nonce", len(a.Nonce)))
	if err := r.end(text, a.text()); err != nil {
		return Amendment{}, err
	}
	return a, nil
}

// Amend gives the pass as amended by msg, which signer signed. The amendment that p has
// already, byte for byte, changes nothing and is no error. It looks at the pass alone: that
// a delivery which is over or cancelled stays so is for the device to see to, and who may
// amend what is for [Authority.Amend].
func Amend(p Pass, msg []byte, signer ed25519.PublicKey) (Pass, error) {
	if !p.ok {
		return Pass{}, fmt.Errorf("%w: no pass to amend", ErrForm)
	}
	a, err := OpenAmendment(msg, signer)
	if err != nil {
		return Pass{}, err
	}
	switch d := a.Until.Sub(p.terms.From); {
	case a.Device != p.terms.Device || a.Delivery != p.terms.Delivery:
		return Pass{}, fmt.Errorf("%w: amendment of %s", ErrOther, a.Delivery)
	case string(msg) == p.amendment:
		return p, nil
	case a.Revision <= p.revision:
		return Pass{}, fmt.Errorf("%w: revision %d, have %d", ErrOldRevision, a.Revision, p.revision)
	case d <= 0 || d > MaxWindow:
		return Pass{}, fmt.Errorf("%w: window of %v, want more than 0 and at most %v", ErrForm, d, MaxWindow)
	}
	p.terms.Until, p.revision, p.amendment, p.amender = a.Until, a.Revision, string(msg), KeyID(signer)
	return p, nil
}

// Revision says how often the pass was amended at the least; 0 for a pass as it was signed.
func (p Pass) Revision() uint64 { return p.revision }

// Amendment returns the signed bytes of the amendment that p has, to be handed on with
// [Pass.Note] and verified again; nil when there is none.
func (p Pass) Amendment() []byte {
	if p.amendment == "" {
		return nil
	}
	return []byte(p.amendment)
}
