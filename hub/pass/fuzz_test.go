package pass_test

import (
	"bytes"
	"strings"
	"testing"

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
			if _, err := s.open(msg, publicOf(x.owner)); err == nil {
				if opened != "" && !strings.HasSuffix(opened, "grant") {
					t.Fatalf("%q is a %s and a %s", text, opened, s.name)
				}
				opened = s.name
			}
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
