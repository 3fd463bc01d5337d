package pass_test

import (
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vestibule/hub/pass"
)

// statement is one kind of signed note other than the pass, seen from outside.
type statement struct {
	name   string
	value  any
	sign   func(ed25519.PrivateKey) ([]byte, error)
	open   func([]byte, ed25519.PublicKey) (any, error)
	device bool // signed by the device, not by the owner
}

func statements(t testing.TB) (fixture, []statement) {
	f := newFixture(t)
	id, at := f.terms.Device, f.terms.From
	card := pass.Card{Device: id, Sign: publicOf(f.device), Seal: f.seal.Public(), Owner: pass.KeyID(publicOf(f.owner))}
	order := pass.Order{Device: id, Verb: pass.Lock, Delivery: fixedDelivery, At: at, Nonce: [16]byte{1}}
	stand := pass.Reference{Device: id, Delivery: fixedDelivery, Sum: [32]byte{7}, At: at}
	word := pass.Time{Device: id, At: at, Nonce: [pass.KnockSize]byte{8}}
	login := pass.Login{Origin: "https://home.example", Challenge: [32]byte{2}}
	call := pass.Call{Device: id, Delivery: fixedDelivery, Fingerprint: [32]byte{3}, At: at, Nonce: [16]byte{4}}
	answer := pass.Answer{Device: id, Delivery: fixedDelivery, Viewer: "viewer", Fingerprint: [32]byte{5}, Until: at, Clock: 9, Run: [8]byte{9}, Nonce: [16]byte{6}}
	beat := pass.Beat{Delivery: fixedDelivery, Seq: 1, Clock: 8, Frame: 2, Age: 3, Why: "camera_stalled", Run: [8]byte{9}, Made: 70,
		Units: []pass.Made{{Name: 1 << 63, Age: pass.MaxAge}, {Name: 5, Age: 40 * time.Millisecond}}}
	amendment := f.amendment(7, time.Hour)
	grant, fitting := newHome(t).grant, newHome(t).fitting
	revocation := pass.Revocation{Device: id, Key: "somebody", At: at, Nonce: [16]byte{8}}
	return f, []statement{
		{"amendment", amendment, func(k ed25519.PrivateKey) ([]byte, error) { return pass.SignAmendment(amendment, k) },
			func(b []byte, k ed25519.PublicKey) (any, error) { return pass.OpenAmendment(b, k) }, false},
		{"grant", grant, func(k ed25519.PrivateKey) ([]byte, error) { return pass.SignGrant(grant, k) },
			func(b []byte, k ed25519.PublicKey) (any, error) { return pass.OpenGrant(b, k) }, false},
		{"installer's grant", fitting, func(k ed25519.PrivateKey) ([]byte, error) { return pass.SignGrant(fitting, k) },
			func(b []byte, k ed25519.PublicKey) (any, error) { return pass.OpenGrant(b, k) }, false},
		{"revocation", revocation, func(k ed25519.PrivateKey) ([]byte, error) { return pass.SignRevocation(revocation, k) },
			func(b []byte, k ed25519.PublicKey) (any, error) { return pass.OpenRevocation(b, k) }, false},
		{"card", card, func(k ed25519.PrivateKey) ([]byte, error) { return pass.SignCard(card, k) },
			func(b []byte, k ed25519.PublicKey) (any, error) { return pass.OpenCard(b, k) }, true},
		{"order", order, func(k ed25519.PrivateKey) ([]byte, error) { return pass.SignOrder(order, k) },
			func(b []byte, k ed25519.PublicKey) (any, error) { return pass.OpenOrder(b, k) }, false},
		{"reference", stand, func(k ed25519.PrivateKey) ([]byte, error) { return pass.SignReference(stand, k) },
			func(b []byte, k ed25519.PublicKey) (any, error) { return pass.OpenReference(b, k) }, true},
		{"time", word, func(k ed25519.PrivateKey) ([]byte, error) { return pass.SignTime(word, k) },
			func(b []byte, k ed25519.PublicKey) (any, error) { return pass.OpenTime(b, k) }, false},
		{"login", login, func(k ed25519.PrivateKey) ([]byte, error) { return pass.SignLogin(login, k) },
			func(b []byte, k ed25519.PublicKey) (any, error) { return pass.OpenLogin(b, k) }, false},
		{"call", call, func(k ed25519.PrivateKey) ([]byte, error) { return pass.SignCall(call, k) },
			func(b []byte, k ed25519.PublicKey) (any, error) { return pass.OpenCall(b, k) }, false},
		{"answer", answer, func(k ed25519.PrivateKey) ([]byte, error) { return pass.SignAnswer(answer, k) },
			func(b []byte, k ed25519.PublicKey) (any, error) { return pass.OpenAnswer(b, k) }, true},
		{"beat", beat, func(k ed25519.PrivateKey) ([]byte, error) { return pass.SignBeat(beat, k) },
			func(b []byte, k ed25519.PublicKey) (any, error) { return pass.OpenBeat(b, k) }, true},
	}
}

func TestStatementsRoundTrip(t *testing.T) {
	f, all := statements(t)
	for _, s := range all {
		t.Run(s.name, func(t *testing.T) {
			key := f.owner
			if s.device {
				key = f.device
			}
			msg, err := s.sign(key)
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.open(msg, publicOf(key))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(s.value, got); diff != "" {
				t.Errorf("changed (-signed +opened):\n%s", diff)
			}
			for i := range len(msg) * 8 {
				bad := append([]byte(nil), msg...)
				bad[i/8] ^= 1 << (i % 8)
				if _, err := s.open(bad, publicOf(key)); err == nil {
					t.Fatalf("accepted with bit %d of byte %d (%q) flipped", i%8, i/8, msg[i/8])
				}
			}
			text, _, _ := strings.Cut(string(msg), "\n\n")
			if _, err := s.open([]byte(signText(text+"\nfriend yes\n", key)), publicOf(key)); !errors.Is(err, pass.ErrForm) {
				t.Errorf("unknown field: %v, want ErrForm", err)
			}
			if _, err := s.open([]byte(signText(text+"\n", signKey("member"))), publicOf(key)); !errors.Is(err, pass.ErrSignature) {
				t.Errorf("foreign signature: %v, want ErrSignature", err)
			}
			// What one kind of statement says must not pass for another.
			for _, other := range all {
				if other.name == s.name || strings.HasSuffix(other.name, "grant") && strings.HasSuffix(s.name, "grant") {
					continue
				}
				if _, err := other.open(msg, publicOf(key)); !errors.Is(err, pass.ErrForm) {
					t.Errorf("opened as %s: %v, want ErrForm", other.name, err)
				}
			}
		})
	}
}

// TestCardNamesItsSigner: a device can't hand out another device's card as its own.
func TestCardNamesItsSigner(t *testing.T) {
	f := newFixture(t)
	other := signKey("another device")
	good := pass.Card{Device: f.terms.Device, Sign: publicOf(f.device), Seal: f.seal.Public(), Owner: "owner"}
	for what, spoil := range map[string]func(*pass.Card){
		"another device's id":  func(c *pass.Card) { c.Device = pass.KeyID(publicOf(other)) },
		"another device's key": func(c *pass.Card) { c.Sign = publicOf(other) },
		"another's id and key": func(c *pass.Card) { c.Device, c.Sign = pass.KeyID(publicOf(other)), publicOf(other) },
	} {
		c := good
		spoil(&c)
		msg, err := pass.SignCard(c, f.device)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := pass.OpenCard(msg, publicOf(f.device)); !errors.Is(err, pass.ErrSignature) {
			t.Errorf("%s: %v, want ErrSignature", what, err)
		}
	}
}

func TestOrderVerbs(t *testing.T) {
	f := newFixture(t)
	o := pass.Order{Device: f.terms.Device, Verb: "unlock", Delivery: fixedDelivery, At: time.Unix(0, 0).UTC()}
	msg, err := pass.SignOrder(o, f.owner)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pass.OpenOrder(msg, publicOf(f.owner)); !errors.Is(err, pass.ErrForm) {
		t.Errorf("an order to unlock: %v, want ErrForm", err)
	}
}

func TestPairMAC(t *testing.T) {
	secret, owner := seed("pairing")[:pass.PairingSize], publicOf(signKey("owner"))
	mac := pass.PairMAC(secret, "device", owner)
	if !pass.CheckPairMAC(mac, secret, "device", owner) {
		t.Error("the right secret is refused")
	}
	wrong := append([]byte(nil), mac...)
	wrong[0] ^= 1
	for what, ok := range map[string]bool{
		"another owner":  pass.CheckPairMAC(mac, secret, "device", publicOf(signKey("member"))),
		"another device": pass.CheckPairMAC(mac, secret, "other", owner),
		"another secret": pass.CheckPairMAC(mac, seed("other")[:pass.PairingSize], "device", owner),
		"no secret":      pass.CheckPairMAC(pass.PairMAC(nil, "device", owner), nil, "device", owner),
		"a short secret": pass.CheckPairMAC(pass.PairMAC(secret[:15], "device", owner), secret[:15], "device", owner),
		"a flipped bit":  pass.CheckPairMAC(wrong, secret, "device", owner),
		"an empty MAC":   pass.CheckPairMAC(nil, secret, "device", owner),
	} {
		if ok {
			t.Errorf("%s is accepted", what)
		}
	}
}
