package pass

import (
	"crypto"
	"crypto/ed25519"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	grantHeader  = "vestibule/grant/v1"
	revokeHeader = "vestibule/revoke/v1"
)

// Bounds of what an owner can grant.
const (
	MaxMember    = 400 * 24 * time.Hour
	MaxInstaller = 2 * time.Hour
	MaxName      = 64 // bytes of a person's name
)

// Role is what somebody is in a home.
type Role string

// The two roles beside the owner. An installer's grant is short and never lets anybody in.
const (
	Member    Role = "member"
	Installer Role = "installer"
)

// Rights is a set of what somebody may do. The zero Rights are none.
type Rights uint8

// What can be granted.
const (
	MayDeliver Rights = 1 << iota // sign passes, amend them and cancel deliveries
	MayInstall                    // have the device remember how its camera stands, and practise a cut
	MayLock                       // lock the door
	MayWatch                      // watch a delivery whose pass names the key
)

// rightWords are the rights' words in a statement, in alphabetical order.
var rightWords = [...]struct {
	right Rights
	word  string
}{{MayDeliver, "deliver"}, {MayInstall, "install"}, {MayLock, "lock"}, {MayWatch, "watch"}}

// Has reports whether all of more are among r. Nobody has no right at all.
func (r Rights) Has(more Rights) bool { return more != 0 && r&more == more }

// String lists the rights as a statement does: deliver,lock.
func (r Rights) String() string {
	var words []string
	for _, x := range rightWords {
		if r&x.right != 0 {
			words = append(words, x.word)
		}
	}
	return strings.Join(words, ",")
}

// Grant is an owner's word that another key may do some of what the owner may. It can't be
// granted on: only the owner signs grants. A later grant (by At) of the same key takes the
// place of the one before.
type Grant struct {
	Device string
	Key    ed25519.PublicKey
	Name   string // what the household calls the person
	Role   Role
	May    Rights    // at least one; an installer's without MayDeliver
	From   time.Time // whole seconds
	Until  time.Time // after From, at most MaxMember or MaxInstaller later; it holds for MaxMember after At at most
	Epoch  uint64    // a newer epoch ends the grant, as it ends passes
	At     time.Time // when it was signed, whole seconds
}

func (g Grant) text() string {
	return render(grantHeader, []line{
		{"device", g.Device}, {"key", EncodeKey(g.Key)}, {"name", g.Name}, {"role", string(g.Role)}, {"may", g.May.String()},
		{"from", stamp(g.From)}, {"until", stamp(g.Until)}, {"epoch", strconv.FormatUint(g.Epoch, 10)}, {"at", stamp(g.At)},
	})
}

// ID is the key id of who is granted something.
func (g Grant) ID() string { return KeyID(g.Key) }

// SignGrant signs a grant with the owner's key. It refuses what OpenGrant would refuse.
func SignGrant(g Grant, owner crypto.Signer) ([]byte, error) {
	text := g.text()
	if _, err := parseGrant(text); err != nil {
		return nil, err
	}
	return sign(text, owner)
}

// OpenGrant checks a grant against the owner's key. The Grant itself permits nothing;
// [Authority] takes signed bytes only.
func OpenGrant(msg []byte, owner ed25519.PublicKey) (Grant, error) {
	text, err := open(msg, owner)
	if err != nil {
		return Grant{}, err
	}
	g, err := parseGrant(text)
	if err == nil && g.ID() == KeyID(owner) {
		return Grant{}, fmt.Errorf("%w: an owner needs no grant", ErrForm)
	}
	return g, err
}

func parseGrant(text string) (Grant, error) {
	r := read(text, grantHeader)
	g := Grant{Device: r.word("device"), Key: r.bytes("key", ed25519.PublicKeySize), Name: r.name("name"),
		Role: Role(r.choice("role", string(Member), string(Installer))), May: r.rights("may"),
		From: r.instant("from"), Until: r.instant("until"), Epoch: r.number("epoch", 0, 1<<53), At: r.instant("at")}
	if err := r.end(text, g.text()); err != nil {
		return Grant{}, err
	}
	most := MaxMember
	if g.Role == Installer {
		most = MaxInstaller
		if g.May.Has(MayDeliver) {
			return Grant{}, fmt.Errorf("%w: an installer lets nobody in", ErrForm)
		}
	}
	if d := g.Until.Sub(g.From); d <= 0 || d > most {
		return Grant{}, fmt.Errorf("%w: granted for %v, want more than 0 and at most %v", ErrForm, d, most)
	}
	return g, nil
}

// name is what a person is called: one line of printable text without a space at its ends.
func (r *reader) name(key string) string {
	v := r.text(key)
	if r.err == nil && (v == "" || len(v) > MaxName || !utf8.ValidString(v) || strings.TrimSpace(v) != v ||
		strings.ContainsFunc(v, func(c rune) bool { return !unicode.IsPrint(c) })) {
		r.fail(key, v, fmt.Errorf("want 1 to %d bytes of printable text", MaxName))
	}
	return v
}

// rights reads a set; that it is sorted, and no right is there twice, is for end to see.
func (r *reader) rights(key string) Rights {
	v := r.text(key)
	if r.err != nil {
		return 0
	}
	var rights Rights
	for word := range strings.SplitSeq(v, ",") {
		known := Rights(0)
		for _, x := range rightWords {
			if x.word == word {
				known = x.right
			}
		}
		if known == 0 {
			r.fail(key, v, fmt.Errorf("no right is called %.20q", word))
			return 0
		}
		rights |= known
	}
	return rights
}

// Revocation ends whatever its owner granted to a key up to a moment. A key that was
// revoked watches nothing and signs nothing, until a grant that was signed later.
type Revocation struct {
	Device string
	Key    string    // key id
	At     time.Time // when it was signed, whole seconds; grants that are not later are dead
	Nonce  [16]byte
}

func (v Revocation) text() string {
	return render(revokeHeader, []line{
		{"device", v.Device}, {"key", v.Key}, {"at", stamp(v.At)}, {"nonce", b64.EncodeToString(v.Nonce[:])},
	})
}

// SignRevocation signs a revocation with the owner's key.
func SignRevocation(v Revocation, owner crypto.Signer) ([]byte, error) {
	text := v.text()
	if _, err := parseRevocation(text); err != nil {
		return nil, err
	}
	return sign(text, owner)
}

// OpenRevocation checks a revocation against the owner's key.
func OpenRevocation(msg []byte, owner ed25519.PublicKey) (Revocation, error) {
	text, err := open(msg, owner)
	if err != nil {
		return Revocation{}, err
	}
	v, err := parseRevocation(text)
	if err == nil && v.Key == KeyID(owner) {
		return Revocation{}, fmt.Errorf("%w: an owner is not revoked", ErrForm)
	}
	return v, err
}

func parseRevocation(text string) (Revocation, error) {
	r := read(text, revokeHeader)
	v := Revocation{Device: r.word("device"), Key: r.word("key"), At: r.instant("at")}
	copy(v.Nonce[:], r.bytes("nonce", len(v.Nonce)))
	if err := r.end(text, v.text()); err != nil {
		return Revocation{}, err
	}
	return v, nil
}
