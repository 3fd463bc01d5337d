package pass_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vestibule/hub/pass"
)

func TestPassRoundTrip(t *testing.T) {
	f := newFixture(t)
	for _, terms := range []pass.Terms{f.terms, wide(f.terms)} {
		roundTrip(t, f, terms)
	}
}

func roundTrip(t *testing.T, f fixture, terms pass.Terms) {
	t.Helper()
	msg, err := pass.SignPass(terms, f.owner)
	if err != nil {
		t.Fatal(err)
	}
	p, err := pass.OpenPass(msg, publicOf(f.owner))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(terms, p.Terms()); diff != "" {
		t.Errorf("terms changed (-signed +opened):\n%s", diff)
	}
	if !p.Valid() || !bytes.Equal(p.Note(), msg) {
		t.Error("the opened pass is not the signed one")
	}
	if id := pass.SignerID(msg); id != pass.KeyID(publicOf(f.owner)) {
		t.Errorf("signer id %q", id)
	}
}

func TestTermsAreCopies(t *testing.T) {
	f := newFixture(t)
	f.terms.Reference = seed("stand")
	msg, _ := pass.SignPass(f.terms, f.owner)
	p, err := pass.OpenPass(msg, publicOf(f.owner))
	if err != nil {
		t.Fatal(err)
	}
	a := p.Terms()
	a.Zones[0][0] = pass.Point{}
	a.Reference[0] ^= 1
	a.Sealed[0] ^= 1
	a.Watchers[0] = "somebody-else"
	if diff := cmp.Diff(f.terms, p.Terms()); diff != "" {
		t.Errorf("a caller changed a pass through its terms:\n%s", diff)
	}
	if p.MayWatch("somebody-else") {
		t.Error("a caller let somebody watch")
	}
}

func TestZeroPassPermitsNothing(t *testing.T) {
	var p pass.Pass
	if p.Valid() || p.MayWatch("") || len(p.Note()) != 0 {
		t.Error("the zero pass permits something")
	}
}

// TestEveryFlippedBitIsRefused flips each bit of a valid pass in turn.
func TestEveryFlippedBitIsRefused(t *testing.T) {
	f := newFixture(t)
	msg, err := pass.SignPass(f.terms, f.owner)
	if err != nil {
		t.Fatal(err)
	}
	owner := publicOf(f.owner)
	for i := range len(msg) * 8 {
		bad := bytes.Clone(msg)
		bad[i/8] ^= 1 << (i % 8)
		if _, err := pass.OpenPass(bad, owner); err == nil {
			t.Fatalf("accepted with bit %d of byte %d (%q) flipped", i%8, i/8, msg[i/8])
		}
	}
}

// TestEveryFlippedKeyBitIsRefused checks a good pass against almost the right key.
func TestEveryFlippedKeyBitIsRefused(t *testing.T) {
	f := newFixture(t)
	msg, _ := pass.SignPass(f.terms, f.owner)
	for i := range 256 {
		key := bytes.Clone(publicOf(f.owner))
		key[i/8] ^= 1 << (i % 8)
		if _, err := pass.OpenPass(msg, key); !errors.Is(err, pass.ErrSignature) {
			t.Fatalf("key with bit %d flipped: %v, want ErrSignature", i, err)
		}
	}
}

func TestEveryCutIsRefused(t *testing.T) {
	f := newFixture(t)
	msg, _ := pass.SignPass(f.terms, f.owner)
	for n := range msg {
		if _, err := pass.OpenPass(msg[:n], publicOf(f.owner)); err == nil {
			t.Fatalf("accepted the first %d of %d bytes", n, len(msg))
		}
	}
}

func TestJunk(t *testing.T) {
	f := newFixture(t)
	good, _ := pass.SignPass(f.terms, f.owner)
	megabyte := bytes.Repeat([]byte{'a'}, 1<<20)
	signed := signText("vestibule/pass/v1\n"+strings.Repeat("device x\n", 1<<17), f.owner)
	for _, c := range []struct {
		what string
		msg  []byte
		want error
	}{
		{"a megabyte of a", megabyte, pass.ErrTooLarge},
		{"a megabyte of zeros", make([]byte, 1<<20), pass.ErrTooLarge},
		{"a megabyte, signed", []byte(signed), pass.ErrTooLarge},
		{"a good pass and a megabyte", append(bytes.Clone(good), megabyte...), pass.ErrTooLarge},
		{"as much as is looked at, of line ends", bytes.Repeat([]byte{'\n'}, pass.MaxSize), pass.ErrSignature},
		{"as much as is looked at, of zeros", make([]byte, pass.MaxSize), pass.ErrSignature},
		{"not UTF-8", []byte("\xff\xfe\n\n— x AAAA\n"), pass.ErrSignature},
		{"nothing", nil, pass.ErrSignature},
	} {
		if _, err := pass.OpenPass(c.msg, publicOf(f.owner)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.what, err, c.want)
		}
	}
	if id := pass.SignerID(megabyte); id != "" {
		t.Errorf("junk has the signer %q", id)
	}
}

// TestRefusalsSayWhy looks at the sentinel behind each published refusal.
func TestRefusalsSayWhy(t *testing.T) {
	f := newFixture(t)
	note, _ := pass.SignPass(f.terms, f.owner)
	unsigned := map[string]bool{
		"a word was changed after signing": true, "signed by another key": true, "no signature": true, "empty": true,
		"signed twice, by another key besides": true, "text after the signature": true,
		"Windows line ends": true, // a signed note can't hold control characters
	}
	for _, r := range refusals(f, string(note)) {
		want := pass.ErrForm
		if unsigned[r.Why] {
			want = pass.ErrSignature
		}
		if _, err := pass.OpenPass([]byte(r.Note), publicOf(f.owner)); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", r.Why, err, want)
		}
	}
}

func TestSignPassRefusesWhatOpenPassWould(t *testing.T) {
	for what, spoil := range map[string]func(*pass.Terms){
		"window too long":    func(t *pass.Terms) { t.Until = t.From.Add(pass.MaxWindow + time.Second) },
		"window backwards":   func(t *pass.Terms) { t.Until = t.From.Add(-time.Second) },
		"no entries":         func(t *pass.Terms) { t.Entries = 0 },
		"too many entries":   func(t *pass.Terms) { t.Entries = pass.MaxEntries + 1 },
		"grace below zero":   func(t *pass.Terms) { t.Grace = -time.Second },
		"grace too long":     func(t *pass.Terms) { t.Grace = pass.MaxGrace + time.Second },
		"retention too long": func(t *pass.Terms) { t.Retention = pass.MaxRetention + time.Hour },
		"nobody watches":     func(t *pass.Terms) { t.Watchers = nil },
		"too many watchers":  func(t *pass.Terms) { t.Watchers = many(pass.MaxWatchers + 1) },
		"no zone":            func(t *pass.Terms) { t.Zones = nil },
		"too many zones":     func(t *pass.Terms) { t.Zones = zones(pass.MaxZones+1, 3) },
		"too many corners":   func(t *pass.Terms) { t.Zones = zones(1, pass.MaxCorners+1) },
		"too many in all":    func(t *pass.Terms) { t.Zones = append(zones(1, pass.MaxCorners-2), zones(1, 3)...) },
		"two corners":        func(t *pass.Terms) { t.Zones[0] = t.Zones[0][:2] },
		"no corners":         func(t *pass.Terms) { t.Zones = append(t.Zones, nil) },
		"corner below zero":  func(t *pass.Terms) { t.Zones[0][0].X = -1 },
		"reference short":    func(t *pass.Terms) { t.Reference = make([]byte, 31) },
		"reference long":     func(t *pass.Terms) { t.Reference = make([]byte, 33) },
		"no lamp":            func(t *pass.Terms) { t.Lamp = pass.Box{} },
		"no mode":            func(t *pass.Terms) { t.Mode = "" },
		"no device":          func(t *pass.Terms) { t.Device = "" },
		"two lines in one":   func(t *pass.Terms) { t.Delivery = "x\nepoch 9" },
		"capitals":           func(t *pass.Terms) { t.Delivery = "Parcel" },
		"no sealed code":     func(t *pass.Terms) { t.Sealed = nil },
		"sealed code short":  func(t *pass.Terms) { t.Sealed = t.Sealed[1:] },
		"epoch too large":    func(t *pass.Terms) { t.Epoch = 1<<53 + 1 },
	} {
		f := newFixture(t)
		spoil(&f.terms)
		if _, err := pass.SignPass(f.terms, f.owner); !errors.Is(err, pass.ErrForm) {
			t.Errorf("%s: %v, want ErrForm", what, err)
		}
	}
}

func many(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = "watcher-" + string(rune('a'+i))
	}
	return ids
}

func zones(n, corners int) [][]pass.Point {
	zs := make([][]pass.Point, n)
	for i := range zs {
		zs[i] = make([]pass.Point, corners)
		for j := range zs[i] {
			zs[i][j] = pass.Point{X: pass.Unit, Y: j}
		}
	}
	return zs
}

func TestBoundsThemselvesAreAllowed(t *testing.T) {
	f := newFixture(t)
	f.terms.Until = f.terms.From.Add(pass.MaxWindow)
	f.terms.Entries, f.terms.Grace, f.terms.Retention = pass.MaxEntries, pass.MaxGrace, pass.MaxRetention
	f.terms.Watchers = many(pass.MaxWatchers)
	f.terms.Epoch = 1 << 53
	f.terms.Zones = zones(pass.MaxZones, pass.MaxCorners/pass.MaxZones)
	f.terms.Reference = seed("stand")
	msg, err := pass.SignPass(f.terms, f.owner)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pass.OpenPass(msg, publicOf(f.owner)); err != nil {
		t.Error(err)
	}
	if len(msg) > pass.MaxSize/4 {
		t.Errorf("the longest pass has %d bytes, MaxSize is %d", len(msg), pass.MaxSize)
	}
}

func TestKeyText(t *testing.T) {
	pub := publicOf(signKey("owner"))
	if got, err := pass.DecodeKey(pass.EncodeKey(pub)); err != nil || !bytes.Equal(got, pub) {
		t.Errorf("key came back as %x, %v", got, err)
	}
	for _, bad := range []string{"", "AAAA", base64.URLEncoding.EncodeToString(pub), loosen(pub), pass.EncodeKey(append(bytes.Clone(pub), 0))} {
		if _, err := pass.DecodeKey(bad); !errors.Is(err, pass.ErrForm) {
			t.Errorf("key %q: %v, want ErrForm", bad, err)
		}
	}
}

func TestSignerID(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "",
		"a\n\n— name AAAA\n":     "name",
		"a\n\n— Name AAAA\n":     "",
		"a\n\n—  AAAA\n":         "",
		"a\n— name AAAA\n":       "",
		"a\n\n— na\x00me AAAA\n": "",
	} {
		if got := pass.SignerID([]byte(text)); got != want {
			t.Errorf("signer of %q: %q, want %q", text, got, want)
		}
	}
}
