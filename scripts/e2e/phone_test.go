package e2e

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// phone is an owner's phone without a screen: it signs and asks as the page does. The
// visit in a real browser is in visit_test.go; the phone is for the faults, where the
// page would only make the story longer.
type phone struct {
	t    *testing.T
	d    *desk
	key  ed25519.PrivateKey
	card pass.Card
	http http.Client

	zones [][]pass.Point
	lamp  pass.Box
}

// delivery is what an owner has in hand after planning one.
type delivery struct {
	terms  pass.Terms
	secret pass.Secret
}

func pairedPhone(t *testing.T, d *desk) *phone {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &phone{t: t, d: d, key: key, http: http.Client{Jar: jar, Timeout: patience}}
	q := d.pairing()
	for zone := range strings.SplitSeq(q.Get("zone"), "~") {
		p.zones = append(p.zones, corners(t, zone))
	}
	p.lamp = box(t, q.Get("lamp"))
	secret, err := base64.RawURLEncoding.DecodeString(q.Get("secret"))
	if err != nil {
		t.Fatal(err)
	}
	device, err := pass.DecodeKey(q.Get("key"))
	if err != nil {
		t.Fatal(err)
	}
	owner := key.Public().(ed25519.PublicKey)
	var paired wire.PairedBody
	d.wait("the device pairs", func() error {
		l, err := p.letter(q.Get("device"), wire.LetterPair, wire.Pair{Owner: pass.EncodeKey(owner), Name: "Test owner",
			MAC: pass.PairMAC(secret, q.Get("device"), owner)})
		if err != nil {
			return err
		}
		if l.Kind != wire.LetterPaired {
			return fmt.Errorf("answer %s %s", l.Kind, l.Body)
		}
		return json.Unmarshal(l.Body, &paired)
	})
	if p.card, err = pass.OpenCard([]byte(paired.Card), device); err != nil {
		t.Fatal(err)
	}
	if p.card.Owner != pass.KeyID(owner) {
		t.Fatalf("the card names %s as owner, want %s", p.card.Owner, pass.KeyID(owner))
	}
	var c struct{ Challenge []byte }
	p.call("/api/login/challenge", struct{}{}, &rawChallenge{&c.Challenge})
	l := pass.Login{Origin: d.hub}
	copy(l.Challenge[:], c.Challenge)
	note, err := pass.SignLogin(l, key)
	if err != nil {
		t.Fatal(err)
	}
	p.call("/api/login", map[string]string{"note": string(note)}, nil)
	return p
}

// rawChallenge reads the base64url challenge of the login.
type rawChallenge struct{ into *[]byte }

func (r *rawChallenge) UnmarshalJSON(b []byte) error {
	var v struct {
		Challenge string `json:"challenge"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	var err error
	*r.into, err = base64.RawURLEncoding.DecodeString(v.Challenge)
	return err
}

func (p *phone) request(method, path string, body, into any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequest(method, p.d.hub+path, bytes.NewReader(b))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", p.d.hub)
	resp, err := p.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return answer(resp, into)
}

func (p *phone) call(path string, body, into any) {
	p.t.Helper()
	if err := p.request(http.MethodPost, path, body, into); err != nil {
		p.t.Fatalf("%s: %v", path, err)
	}
}

func (p *phone) letter(device string, kind wire.LetterKind, body any) (wire.Letter, error) {
	var l wire.Letter
	err := p.request(http.MethodPost, "/api/letters/"+device, map[string]any{"kind": kind, "body": body}, &l)
	return l, err
}

// plan signs and posts a pass whose window begins after from and lasts for so long.
func (p *phone) plan(from, length time.Duration, change func(*pass.Terms)) delivery {
	p.t.Helper()
	secret, err := pass.NewSecret()
	if err != nil {
		p.t.Fatal(err)
	}
	start := time.Now().UTC().Truncate(time.Second).Add(from)
	var nonce [16]byte
	if _, err := rand.Read(nonce[:]); err != nil {
		p.t.Fatal(err)
	}
	name := fmt.Sprintf("d-%x", nonce)
	sealed, err := pass.Seal(secret, p.card.Device, name, p.card.Seal)
	if err != nil {
		p.t.Fatal(err)
	}
	terms := pass.Terms{Device: p.card.Device, Delivery: name, From: start, Until: start.Add(length), Zones: p.zones, Lamp: p.lamp,
		Mode: pass.Blur, Sealed: sealed, Entries: 3, Grace: 2 * time.Second, Retention: 72 * time.Hour,
		Watchers: []string{p.card.Owner}, Offline: true, Camera: true, Nonce: nonce}
	if change != nil {
		change(&terms)
	}
	note, err := pass.SignPass(terms, p.key)
	if err != nil {
		p.t.Fatal(err)
	}
	p.call("/api/deliveries", map[string]any{"note": string(note), "courier": map[string]string{"name": "Test courier"}}, nil)
	return delivery{terms, secret}
}

// order signs and posts an order.
func (p *phone) order(verb, name string) {
	p.t.Helper()
	o := pass.Order{Device: p.card.Device, Verb: verb, Delivery: name, At: time.Now().UTC().Truncate(time.Second)}
	if _, err := rand.Read(o.Nonce[:]); err != nil {
		p.t.Fatal(err)
	}
	note, err := pass.SignOrder(o, p.key)
	if err != nil {
		p.t.Fatal(err)
	}
	p.call("/api/orders", map[string]string{"note": string(note)}, nil)
}

// try sends a courier's code as the courier's page does, and returns the refusal, or
// nothing when the door was unlocked.
func (p *phone) try(d delivery, code string) wire.No {
	p.t.Helper()
	return p.refusal(p.carried(p.sealTry(d, code)))
}

// refusal is why a try was refused; empty when the door was unlocked.
func (p *phone) refusal(l wire.Letter) wire.No {
	p.t.Helper()
	var no wire.No
	switch l.Kind {
	case wire.LetterTried:
	case wire.LetterNo:
		if err := json.Unmarshal(l.Body, &no); err != nil {
			p.t.Fatal(err)
		}
	default:
		p.t.Fatalf("answer of kind %s", l.Kind)
	}
	return no
}

// sealTry asks the device for a nonce and seals a code with it.
func (p *phone) sealTry(d delivery, code string) wire.Try {
	p.t.Helper()
	var ready wire.Ready
	waitFor(p.t, "a nonce for a try", func() error {
		l, err := p.letter(p.card.Device, wire.LetterKnock, wire.Knock{Delivery: d.terms.Delivery})
		if err != nil {
			return err
		}
		return json.Unmarshal(l.Body, &ready)
	})
	sealed, err := pass.SealTry(code, p.card.Device, d.terms.Delivery, ready.Knock, p.card.Seal)
	if err != nil {
		p.t.Fatal(err)
	}
	return wire.Try{Delivery: d.terms.Delivery, Knock: ready.Knock, Sealed: sealed}
}

// carried sends a try as it is; whoever carries letters can do that too.
func (p *phone) carried(try wire.Try) wire.Letter {
	p.t.Helper()
	l, err := p.letter(p.card.Device, wire.LetterTry, try)
	if err != nil {
		p.t.Fatal(err)
	}
	return l
}

func corners(t *testing.T, text string) []pass.Point {
	t.Helper()
	var ps []pass.Point
	for _, w := range bytes.Split([]byte(text), []byte("_")) {
		var c pass.Point
		if _, err := fmt.Sscanf(string(w), "%d,%d", &c.X, &c.Y); err != nil {
			t.Fatalf("corner %q of the owner's link: %v", w, err)
		}
		ps = append(ps, c)
	}
	return ps
}

func box(t *testing.T, text string) pass.Box {
	t.Helper()
	ps := corners(t, text)
	if len(ps) != 2 {
		t.Fatalf("lamp %q of the owner's link: want two corners", text)
	}
	return pass.Box{Min: ps[0], Max: ps[1]}
}

// bare removes what makes a code readable.
func bare(code string) string { return strings.ReplaceAll(code, " ", "") }
