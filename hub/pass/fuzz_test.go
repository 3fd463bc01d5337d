package pass_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"vestibule/hub/pass"
)

// Whatever a fuzzer finds that opens must be the very bytes that signing would write
// again. The corpus is signed by a key that the fuzzer does not have, so beyond the seeds
// nothing should open at all; resigned inputs below get past the signature.

// publishedHome is the fixture with the sealed code of the published vectors, so that every
// worker of the fuzzer has the same one.
func publishedHome(f *testing.F) fixture {
	x := newFixture(f)
	sealed, err := b64.DecodeString(readVectors(f).Code.Sealed)
	if err != nil {
		f.Fatal(err)
	}
	x.terms.Sealed = sealed
	return x
}

func FuzzOpenPass(f *testing.F) {
	x := publishedHome(f)
	good, err := pass.SignPass(x.terms, x.owner)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	for _, r := range refusals(x, string(good)) {
		f.Add([]byte(r.Note))
	}
	f.Fuzz(func(t *testing.T, msg []byte) {
		p, err := pass.OpenPass(msg, publicOf(x.owner))
		if (err == nil) != p.Valid() {
			t.Fatalf("error %v and valid %v", err, p.Valid())
		}
		if err == nil && !bytes.Equal(msg, good) {
			t.Fatalf("accepted what was never signed: %q", msg)
		}
		pass.SignerID(msg)
	})
}

// FuzzSignedPass signs whatever the fuzzer writes: the parser alone stands in the way.
func FuzzSignedPass(f *testing.F) {
	x := publishedHome(f)
	good, _ := pass.SignPass(x.terms, x.owner)
	text, _, _ := bytes.Cut(good, []byte("\n\n"))
	f.Add(string(text) + "\n")
	f.Add(strings.Replace(string(text), "zone ", "zone 0,0 100,0 100,100 / ", 1) + "\n")
	other, _ := pass.SignPass(wide(x.terms), x.owner)
	text, _, _ = bytes.Cut(other, []byte("\n\n"))
	f.Add(string(text) + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := pass.OpenPass([]byte(signText(text, x.owner)), publicOf(x.owner))
		if err != nil {
			return
		}
		again, err := pass.SignPass(p.Terms(), x.owner)
		if err != nil || !bytes.Equal(again, p.Note()) {
			t.Fatalf("accepted %q, which is written as %q (%v)", p.Note(), again, err)
		}
	})
}

func FuzzOpenStatements(f *testing.F) {
	x, all := statements(f)
	for _, s := range all {
		msg, err := s.sign(x.owner)
		if err != nil {
			f.Fatal(err)
		}
		text, _, _ := bytes.Cut(msg, []byte("\n\n"))
		f.Add(string(text) + "\n")
	}
	f.Fuzz(func(t *testing.T, text string) {
		msg := []byte(signText(text, x.owner))
		opened := ""
		for _, s := range all {
			if v, err := s.open(msg, publicOf(x.owner)); err == nil {
				if again, err := signAgain(v, x.owner); err != nil || !bytes.Equal(again, msg) {
					t.Fatalf("accepted %q, which is written as %q (%v)", msg, again, err)
				}
				if opened != "" && !strings.HasSuffix(opened, "grant") {
					t.Fatalf("%q is a %s and a %s", text, opened, s.name)
				}
				opened = s.name
			}
		}
	})
}

// signAgain signs what was opened.
func signAgain(v any, key ed25519.PrivateKey) ([]byte, error) {
	switch v := v.(type) {
	case pass.Card:
		return pass.SignCard(v, key)
	case pass.Order:
		return pass.SignOrder(v, key)
	case pass.Reference:
		return pass.SignReference(v, key)
	case pass.Login:
		return pass.SignLogin(v, key)
	case pass.Call:
		return pass.SignCall(v, key)
	case pass.Answer:
		return pass.SignAnswer(v, key)
	case pass.Beat:
		return pass.SignBeat(v, key)
	case pass.Amendment:
		return pass.SignAmendment(v, key)
	case pass.Grant:
		return pass.SignGrant(v, key)
	case pass.Revocation:
		return pass.SignRevocation(v, key)
	case pass.Time:
		return pass.SignTime(v, key)
	}
	return nil, fmt.Errorf("internal error: %T", v)
}

// FuzzAuthority: whatever strangers send, an authority believes only what was signed.
func FuzzAuthority(f *testing.F) {
	h := newHome(f)
	h.fixture.terms.Sealed = publishedHome(f).terms.Sealed
	h.terms.Sealed = h.fixture.terms.Sealed
	order := must(f)(pass.SignOrder(pass.Order{Device: h.terms.Device, Verb: pass.Lock, Delivery: fixedDelivery, At: h.now}, h.member))
	drill := must(f)(pass.SignOrder(pass.Order{Device: h.terms.Device, Verb: pass.Drill, Delivery: fixedDelivery, At: h.now}, h.installer))
	signed := [][]byte{h.signed(f, h.grant), h.signed(f, h.fitting), h.revocation(f, h.installer, h.now), order, drill,
		must(f)(pass.SignPass(h.terms, h.member)), must(f)(pass.SignPass(h.terms, h.owner)),
		must(f)(pass.SignAmendment(h.amendment(1, time.Hour), h.member))}
	for _, n := range signed {
		f.Add(n)
	}
	for _, r := range bent(string(signed[0]), h.stranger) {
		f.Add([]byte(r.Note))
	}
	f.Fuzz(func(t *testing.T, msg []byte) {
		a := h.authority(t)
		p, err := a.OpenPass(must(t)(pass.SignPass(h.terms, h.owner)))
		if err != nil {
			t.Fatal(err)
		}
		_, _, errOrder := a.OpenOrder(msg, h.now)
		_, errPass := a.OpenPass(msg)
		_, errAmend := a.Amend(p, msg)
		_, _, errTake := a.Take(msg)
		believed := 0
		for _, err := range []error{errOrder, errPass, errAmend, errTake} {
			if err == nil {
				believed++
			}
		}
		known := slices.ContainsFunc(signed, func(n []byte) bool { return bytes.Equal(n, msg) })
		if believed > 1 || (believed == 1) != known {
			t.Fatalf("%q: order %v, pass %v, amendment %v, grant %v", msg, errOrder, errPass, errAmend, errTake)
		}
		if kind := pass.KindOf(msg); kind != "" && !bytes.HasPrefix(msg, []byte(kind)) || kind == "" && known {
			t.Fatalf("%q is a %q", msg, pass.KindOf(msg))
		}
	})
}

// FuzzParseTyped compares with the slow way: try each code that it could be.
func FuzzParseTyped(f *testing.F) {
	f.Add("862 243 388")
	f.Add("862-243-389")
	f.Add("862 243 380")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		typed, err := pass.ParseTyped(text)
		digits := strings.NewReplacer(" ", "", "-", "", "\u00a0", "", "\u202f", "").Replace(text)
		want := pass.NoMatch
		var code pass.Code
		if len(digits) == pass.CodeDigits && strings.Trim(digits, "0123456789") == "" {
			for last := range 10 {
				c, err := pass.ParseCode(digits[:8] + string(rune('0'+last)))
				if err != nil {
					continue
				}
				code = c
				if digits == c.Digits() {
					want = pass.Matches
				} else if digits == c.Forced() {
					want = pass.Duress
				}
			}
		} else if !errors.Is(err, pass.ErrNoCode) {
			t.Fatalf("%q: %v, want ErrNoCode", text, err)
		}
		if got := code.Match(typed); got != want || (err == nil) != (want != pass.NoMatch) {
			t.Fatalf("%q for %s: %v, %v, want %v", text, code, got, err, want)
		}
	})
}

func FuzzParseQR(f *testing.F) {
	x := newFixture(f)
	f.Add(x.qr().Text())
	for _, r := range qrRefusals(x) {
		f.Add(r.Note)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := pass.ParseQR(text)
		if err != nil {
			return
		}
		if q.Text() != text {
			t.Fatalf("read %q, which is written as %q", text, q.Text())
		}
		if u, err := url.Parse(text); err != nil || u.Scheme+"://"+u.Host != q.Origin {
			t.Fatalf("%q is of %q: %v", text, q.Origin, err)
		}
		if m, scanned, err := (pass.Secret{Key: q.Key}).Match(q.Given()); m != pass.Matches || !scanned || err != nil {
			t.Fatalf("%q does not open", text)
		}
	})
}

func FuzzOpenCall(f *testing.F) {
	x := newFixture(f)
	v := readVectors(f)
	f.Add([]byte(v.Call.Note))
	f.Fuzz(func(t *testing.T, msg []byte) {
		c, err := pass.OpenCall(msg, publicOf(x.owner))
		if err != nil {
			return
		}
		if again, err := pass.SignCall(c, x.owner); err != nil || !bytes.Equal(again, msg) {
			t.Fatalf("accepted %q, which is written as %q (%v)", msg, again, err)
		}
	})
}

func FuzzParseCode(f *testing.F) {
	f.Add("862 243 388")
	f.Add("")
	f.Fuzz(func(t *testing.T, typed string) {
		c, err := pass.ParseCode(typed)
		if err != nil {
			return
		}
		if again, err := pass.ParseCode(c.String()); err != nil || !again.Equal(c) || len(c.Digits()) != pass.CodeDigits {
			t.Fatalf("%q was read as %q", typed, c)
		}
	})
}

func FuzzUnseal(f *testing.F) {
	x := publishedHome(f)
	f.Add(x.terms.Sealed)
	f.Fuzz(func(t *testing.T, sealed []byte) {
		_, codeErr := x.seal.Unseal(sealed, x.terms.Device, fixedDelivery)
		if codeErr == nil && !bytes.Equal(sealed, x.terms.Sealed) {
			t.Fatal("unsealed what was never sealed")
		}
		if _, err := x.seal.UnsealTry(sealed, x.terms.Device, fixedDelivery, seed("knock")); err == nil {
			t.Fatal("a code or junk was unsealed as a try")
		}
	})
}
