package pass_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vestibule/hub/pass"
)

var update = flag.Bool("update", false, "write testdata's vectors again")

const vectorsFile = "testdata/vectors.json"

// vectors is testdata/vectors.json: what every implementation of this package, in Go or
// in a browser, must agree on. Bytes are base64url without padding. Everything but the
// three sealed texts is a function of fixed seeds.
type vectors struct {
	About  string       `json:"about"`
	Owner  keyVector    `json:"owner"`
	Device deviceVector `json:"device"`
	Pair   pairVector   `json:"pair"`
	Code   codeVector   `json:"code"`
	Tries  []tryVector  `json:"tries"`
	Damm   []string     `json:"damm"` // eight digits and their check digit

	Card      cardVector      `json:"card"`
	Pass      passVector      `json:"pass"`
	Wide      passVector      `json:"wide"` // a pass with the other choice wherever there is one
	Order     orderVector     `json:"order"`
	Remember  orderVector     `json:"remember"`
	Drill     orderVector     `json:"drill"`
	Reference referenceVector `json:"reference"`
	Login     loginVector     `json:"login"`
	Call      callVector      `json:"call"`
	Answer    answerVector    `json:"answer"`
	Beat      beatVector      `json:"beat"`

	Refused []refusedVector `json:"refused"`
}

type keyVector struct {
	Seed   string `json:"seed"` // Ed25519, RFC 8032
	Public string `json:"public"`
	ID     string `json:"id"`
}

type deviceVector struct {
	keyVector
	SealPrivate string `json:"seal_private"` // X25519
	SealPublic  string `json:"seal_public"`
}

type pairVector struct {
	Secret string `json:"secret"`
	MAC    string `json:"mac"`
}

type codeVector struct {
	Digits string `json:"digits"`
	Shown  string `json:"shown"`
	Key    string `json:"key"`
	Info   string `json:"info"` // HPKE's info
	Sealed string `json:"sealed"`
}

type tryVector struct {
	Typed  string `json:"typed"`
	Knock  string `json:"knock"` // the device's nonce for this try
	Info   string `json:"info"`
	Sealed string `json:"sealed"`
}

type cardVector struct {
	Device string `json:"device"`
	Sign   string `json:"sign"`
	Seal   string `json:"seal"`
	Owner  string `json:"owner"`
	Note   string `json:"note"`
}

type passVector struct {
	Device    string     `json:"device"`
	Delivery  string     `json:"delivery"`
	Epoch     uint64     `json:"epoch"`
	From      string     `json:"from"`
	Until     string     `json:"until"`
	Zones     [][][2]int `json:"zones"`     // polygons of x, y
	Large     bool       `json:"large"`     // allow
	Reference string     `json:"reference"` // 32 bytes; empty for none
	Lamp      [4]int     `json:"lamp"`      // min x, min y, max x, max y
	Mode      string     `json:"mode"`
	Shadow    bool       `json:"shadow"`
	Sealed    string     `json:"sealed"`
	Entries   int        `json:"entries"`
	Grace     int        `json:"grace"`     // seconds
	Retention int        `json:"retention"` // hours
	Watchers  []string   `json:"watchers"`
	Offline   bool       `json:"offline"` // allow
	Watched   bool       `json:"watched"` // required
	Camera    bool       `json:"camera"`  // required
	Nonce     string     `json:"nonce"`
	Note      string     `json:"note"`
}

type orderVector struct {
	Device   string `json:"device"`
	Verb     string `json:"verb"`
	Delivery string `json:"delivery"`
	At       string `json:"at"`
	Nonce    string `json:"nonce"`
	ID       string `json:"id"`
	Note     string `json:"note"`
}

type referenceVector struct {
	Device   string `json:"device"`
	Delivery string `json:"delivery"`
	Sum      string `json:"sum"`
	At       string `json:"at"`
	Note     string `json:"note"`
}

type loginVector struct {
	Origin    string `json:"origin"`
	Challenge string `json:"challenge"`
	Note      string `json:"note"`
}

type callVector struct {
	Device      string `json:"device"`
	Delivery    string `json:"delivery"`
	Fingerprint string `json:"fingerprint"`
	At          string `json:"at"`
	Nonce       string `json:"nonce"`
	Note        string `json:"note"`
}

type answerVector struct {
	Device      string `json:"device"`
	Delivery    string `json:"delivery"`
	Viewer      string `json:"viewer"`
	Fingerprint string `json:"fingerprint"`
	Until       string `json:"until"`
	Clock       uint64 `json:"clock"`
	Run         string `json:"run"`
	Nonce       string `json:"nonce"`
	Note        string `json:"note"`
}

type beatVector struct {
	Delivery string `json:"delivery"`
	Seq      uint64 `json:"seq"`
	Clock    uint64 `json:"clock"`
	Frame    uint64 `json:"frame"`
	Age      uint64 `json:"age"`
	Live     bool   `json:"live"`
	Why      string `json:"why"`
	Run      string `json:"run"`
	Made     uint64 `json:"made"`
	Units    []unit `json:"units"`
	Note     string `json:"note"`
}

type unit struct {
	Name string `json:"name"` // base64url, 8 bytes
	Age  int64  `json:"age"`  // ms
}

// refusedVector is a pass that nobody may accept although it looks like one.
type refusedVector struct {
	Why  string `json:"why"`
	Note string `json:"note"`
}

var b64 = base64.RawURLEncoding

func seed(name string) []byte {
	sum := sha256.Sum256([]byte("vestibule test vector: " + name))
	return sum[:]
}

func signKey(name string) ed25519.PrivateKey { return ed25519.NewKeyFromSeed(seed(name)) }

func publicOf(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

func sealKey(t testing.TB, name string) pass.SealKey {
	t.Helper()
	k, err := pass.ParseSealKey(seed(name))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// fixture is one household: its keys and a valid statement of each kind.
type fixture struct {
	owner, device ed25519.PrivateKey
	seal          pass.SealKey
	secret        pass.Secret
	terms         pass.Terms
}

const fixedDelivery = "d-7f3a9c51e2b84d06"

func newFixture(t testing.TB) fixture {
	t.Helper()
	f := fixture{owner: signKey("owner"), device: signKey("device"), seal: sealKey(t, "seal")}
	code, err := pass.NewCode(bytes.NewReader(seed("code")))
	if err != nil {
		t.Fatal(err)
	}
	f.secret.Code = code
	copy(f.secret.Key[:], seed("key"))
	id := pass.KeyID(publicOf(f.device))
	sealed, err := pass.Seal(f.secret, id, fixedDelivery, f.seal.Public())
	if err != nil {
		t.Fatal(err)
	}
	watchers := []string{pass.KeyID(publicOf(f.owner)), pass.KeyID(publicOf(signKey("member")))}
	if watchers[0] > watchers[1] {
		watchers[0], watchers[1] = watchers[1], watchers[0]
	}
	f.terms = pass.Terms{
		Device: id, Delivery: fixedDelivery, Epoch: 3,
		From: time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC), Until: time.Date(2026, 11, 22, 16, 30, 0, 0, time.UTC),
		Zones: [][]pass.Point{{{X: 3000, Y: 1000}, {X: 7000, Y: 1000}, {X: 7600, Y: 10000}, {X: 2400, Y: 10000}}},
		Lamp:  pass.Box{Min: pass.Point{X: 4800, Y: 1100}, Max: pass.Point{X: 5200, Y: 1500}},
		Mode:  pass.Blur, Shadow: true, Sealed: sealed, Entries: 3, Grace: 3 * time.Minute, Retention: 72 * time.Hour,
		Watchers: watchers, Offline: false, Watched: false, Camera: true,
	}
	copy(f.terms.Nonce[:], seed("nonce"))
	return f
}

// wide are terms that differ from t wherever the owner has a choice of two, with as many zones as can be.
func wide(t pass.Terms) pass.Terms {
	t.Delivery = "d-0000000000000001" // its code was sealed for another: a page need not open it
	t.Zones = [][]pass.Point{
		{{X: 0, Y: 0}, {X: 10000, Y: 0}, {X: 10000, Y: 5000}},
		{{X: 1, Y: 6000}, {X: 2000, Y: 6000}, {X: 2000, Y: 9999}, {X: 1, Y: 9999}},
		{{X: 3000, Y: 6000}, {X: 4000, Y: 6000}, {X: 3500, Y: 7000}},
		{{X: 5000, Y: 6000}, {X: 6000, Y: 6000}, {X: 6500, Y: 7000}, {X: 6000, Y: 8000}, {X: 5000, Y: 8000}},
	}
	t.Large, t.Reference = true, seed("stand")
	t.Mode, t.Shadow, t.Offline, t.Watched, t.Camera = pass.Frosted, !t.Shadow, !t.Offline, !t.Watched, !t.Camera
	return t
}

func vectorOf(t pass.Terms, note string) passVector {
	v := passVector{
		Device: t.Device, Delivery: t.Delivery, Epoch: t.Epoch,
		From: t.From.Format(time.RFC3339), Until: t.Until.Format(time.RFC3339),
		Large: t.Large, Reference: b64.EncodeToString(t.Reference),
		Lamp: [4]int{t.Lamp.Min.X, t.Lamp.Min.Y, t.Lamp.Max.X, t.Lamp.Max.Y},
		Mode: string(t.Mode), Shadow: t.Shadow, Sealed: b64.EncodeToString(t.Sealed), Entries: t.Entries,
		Grace: int(t.Grace / time.Second), Retention: int(t.Retention / time.Hour), Watchers: t.Watchers,
		Offline: t.Offline, Watched: t.Watched, Camera: t.Camera,
		Nonce: b64.EncodeToString(t.Nonce[:]), Note: note,
	}
	for _, z := range t.Zones {
		corners := make([][2]int, len(z))
		for i, p := range z {
			corners[i] = [2]int{p.X, p.Y}
		}
		v.Zones = append(v.Zones, corners)
	}
	return v
}

// makeVectors builds the file. Sealing draws random bytes, so the sealed texts of old are
// kept where they are given.
func makeVectors(t *testing.T, old vectors) vectors {
	f := newFixture(t)
	id := f.terms.Device
	keep := func(old string, fresh func() ([]byte, error)) []byte {
		if b, err := b64.DecodeString(old); err == nil && len(b) > 0 {
			return b
		}
		b, err := fresh()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	must := func(b []byte, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	f.terms.Sealed = keep(old.Code.Sealed, func() ([]byte, error) { return f.terms.Sealed, nil })

	secret := seed("pairing")[:pass.PairingSize]
	private, err := f.seal.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	v := vectors{
		About: "What every implementation of Vestibule's statements must agree on. Bytes are base64url without padding; notes are C2SP signed notes.",
		Owner: keyVector{b64.EncodeToString(f.owner.Seed()), pass.EncodeKey(publicOf(f.owner)), pass.KeyID(publicOf(f.owner))},
		Device: deviceVector{keyVector{b64.EncodeToString(f.device.Seed()), pass.EncodeKey(publicOf(f.device)), id},
			b64.EncodeToString(private), b64.EncodeToString(f.seal.Public())},
		Pair: pairVector{b64.EncodeToString(secret), b64.EncodeToString(pass.PairMAC(secret, id, publicOf(f.owner)))},
		Code: codeVector{f.secret.Code.Digits(), f.secret.Code.String(), b64.EncodeToString(f.secret.Key[:]),
			"vestibule/code/v1\n" + id + "\n" + fixedDelivery, b64.EncodeToString(f.terms.Sealed)},
	}
	typed := []string{f.secret.Code.Digits(), b64.EncodeToString(f.secret.Key[:])}
	for i, typed := range typed {
		prior := ""
		if i < len(old.Tries) {
			prior = old.Tries[i].Sealed
		}
		sealed := keep(prior, func() ([]byte, error) { return pass.SealTry(typed, id, fixedDelivery, seed("knock"), f.seal.Public()) })
		knock := b64.EncodeToString(seed("knock"))
		v.Tries = append(v.Tries, tryVector{typed, knock, "vestibule/try/v1\n" + id + "\n" + fixedDelivery + "\n" + knock, b64.EncodeToString(sealed)})
	}
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		c, err := pass.NewCode(bytes.NewReader(seed("damm " + name)))
		if err != nil {
			t.Fatal(err)
		}
		v.Damm = append(v.Damm, c.Digits())
	}

	card := pass.Card{Device: id, Sign: publicOf(f.device), Seal: f.seal.Public(), Owner: v.Owner.ID}
	v.Card = cardVector{card.Device, v.Device.Public, v.Device.SealPublic, card.Owner, must(pass.SignCard(card, f.device))}

	note := must(pass.SignPass(f.terms, f.owner))
	v.Pass = vectorOf(f.terms, note)
	w := wide(f.terms)
	v.Wide = vectorOf(w, must(pass.SignPass(w, f.owner)))

	order := pass.Order{Device: id, Verb: pass.Cancel, Delivery: fixedDelivery, At: f.terms.From.Add(time.Minute)}
	copy(order.Nonce[:], seed("order"))
	v.Order = orderVector{id, order.Verb, order.Delivery, order.At.Format(time.RFC3339), order.ID(), order.ID(),
		must(pass.SignOrder(order, f.owner))}

	remember := pass.Order{Device: id, Verb: pass.Remember, Delivery: fixedDelivery, At: f.terms.From.Add(3 * time.Minute)}
	copy(remember.Nonce[:], seed("remember"))
	v.Remember = orderVector{id, remember.Verb, remember.Delivery, remember.At.Format(time.RFC3339), remember.ID(), remember.ID(),
		must(pass.SignOrder(remember, f.owner))}

	drill := pass.Order{Device: id, Verb: pass.Drill, Delivery: fixedDelivery, At: f.terms.From.Add(4 * time.Minute)}
	copy(drill.Nonce[:], seed("drill"))
	v.Drill = orderVector{id, drill.Verb, drill.Delivery, drill.At.Format(time.RFC3339), drill.ID(), drill.ID(),
		must(pass.SignOrder(drill, f.owner))}

	stand := pass.Reference{Device: id, Delivery: fixedDelivery, At: remember.At.Add(time.Second)}
	copy(stand.Sum[:], w.Reference)
	v.Reference = referenceVector{id, stand.Delivery, b64.EncodeToString(stand.Sum[:]), stand.At.Format(time.RFC3339),
		must(pass.SignReference(stand, f.device))}

	login := pass.Login{Origin: "http://127.0.0.1:8080"}
	copy(login.Challenge[:], seed("challenge"))
	v.Login = loginVector{login.Origin, b64.EncodeToString(login.Challenge[:]), must(pass.SignLogin(login, f.owner))}

	call := pass.Call{Device: id, Delivery: fixedDelivery, At: f.terms.From.Add(2 * time.Minute)}
	copy(call.Fingerprint[:], seed("viewer certificate"))
	copy(call.Nonce[:], seed("call"))
	v.Call = callVector{id, call.Delivery, b64.EncodeToString(call.Fingerprint[:]), call.At.Format(time.RFC3339),
		b64.EncodeToString(call.Nonce[:]), must(pass.SignCall(call, f.owner))}

	answer := pass.Answer{Device: id, Delivery: fixedDelivery, Viewer: v.Owner.ID, Until: f.terms.Until, Clock: 86_400_123, Run: [8]byte{1, 2, 3, 4, 5, 6, 7, 8}, Nonce: call.Nonce}
	copy(answer.Fingerprint[:], seed("device certificate"))
	v.Answer = answerVector{id, answer.Delivery, answer.Viewer, b64.EncodeToString(answer.Fingerprint[:]),
		answer.Until.Format(time.RFC3339), answer.Clock, b64.EncodeToString(answer.Run[:]), v.Call.Nonce, must(pass.SignAnswer(answer, f.device))}

	beat := pass.Beat{Delivery: fixedDelivery, Seq: 41, Clock: 86_408_456, Frame: 1234, Age: 87, Live: true, Why: "none", Run: answer.Run, Made: 77,
		Units: []pass.Made{{Name: 0x00c0ffee12345678, Age: 120 * time.Millisecond}, {Name: 0xfedcba9876543210, Age: 87 * time.Millisecond}}}
	v.Beat = beatVector{beat.Delivery, beat.Seq, beat.Clock, beat.Frame, beat.Age, beat.Live, beat.Why, b64.EncodeToString(beat.Run[:]), beat.Made,
		[]unit{{"AMD_7hI0Vng", 120}, {"_ty6mHZUMhA", 80}},
		must(pass.SignBeat(beat, f.device))}

	v.Refused = refusals(f, note)
	return v
}

func TestVectors(t *testing.T) {
	var old vectors
	b, err := os.ReadFile(vectorsFile)
	if err == nil {
		err = json.Unmarshal(b, &old)
	}
	if err != nil && !*update {
		t.Fatal(err)
	}
	v := makeVectors(t, old)
	published(t, vectorsFile, v)
}

// published compares a file of vectors with what the package writes now, or writes it again.
func published(t *testing.T, file string, v any) {
	t.Helper()
	fresh, err := encodeVectors(v)
	if err == nil && *update {
		err = os.WriteFile(file, fresh, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b, fresh) {
		t.Error("the package no longer writes what was published in " + file + "; if that is meant, run with -update")
	}
}

func encodeVectors(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return b.Bytes(), err
}

// TestVectorsOpen reads the published file as a stranger would, without the fixture.
func TestVectorsOpen(t *testing.T) {
	v := readVectors(t)
	owner, err := pass.DecodeKey(v.Owner.Public)
	if err != nil {
		t.Fatal(err)
	}
	device, err := pass.DecodeKey(v.Device.Public)
	if err != nil {
		t.Fatal(err)
	}
	p, err := pass.OpenPass([]byte(v.Pass.Note), owner)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Terms().Delivery; got != v.Pass.Delivery {
		t.Errorf("delivery %q, want %q", got, v.Pass.Delivery)
	}
	w, err := pass.OpenPass([]byte(v.Wide.Note), owner)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(v.Wide, vectorOf(w.Terms(), v.Wide.Note)); diff != "" {
		t.Errorf("the wide pass came back changed (-published +opened):\n%s", diff)
	}
	private, _ := b64.DecodeString(v.Device.SealPrivate)
	key, err := pass.ParseSealKey(private)
	if err != nil {
		t.Fatal(err)
	}
	s, err := key.Unseal(p.Terms().Sealed, v.Device.ID, v.Pass.Delivery)
	if err != nil {
		t.Fatal(err)
	}
	if s.Code.Digits() != v.Code.Digits || s.Code.String() != v.Code.Shown || b64.EncodeToString(s.Key[:]) != v.Code.Key {
		t.Errorf("unsealed %v, want %q", s.Code, v.Code.Digits)
	}
	for _, try := range v.Tries {
		sealed, _ := b64.DecodeString(try.Sealed)
		if typed, err := key.UnsealTry(sealed, v.Device.ID, v.Pass.Delivery, seed("knock")); err != nil || typed != try.Typed {
			t.Errorf("try unsealed as %q, %v", typed, err)
		}
	}
	for _, digits := range v.Damm {
		if _, err := pass.ParseCode(digits); err != nil {
			t.Errorf("code %s: %v", digits, err)
		}
	}
	if _, err := pass.OpenCard([]byte(v.Card.Note), device); err != nil {
		t.Error(err)
	}
	if o, err := pass.OpenOrder([]byte(v.Order.Note), owner); err != nil || o.ID() != v.Order.ID {
		t.Errorf("order %q, %v", o.ID(), err)
	}
	if o, err := pass.OpenOrder([]byte(v.Remember.Note), owner); err != nil || o.Verb != pass.Remember {
		t.Errorf("order to %q, %v", o.Verb, err)
	}
	if o, err := pass.OpenOrder([]byte(v.Drill.Note), owner); err != nil || o.Verb != pass.Drill {
		t.Errorf("order to %q, %v", o.Verb, err)
	}
	if f, err := pass.OpenReference([]byte(v.Reference.Note), device); err != nil || b64.EncodeToString(f.Sum[:]) != v.Wide.Reference {
		t.Errorf("reference %x, %v", f.Sum, err)
	}
	if l, err := pass.OpenLogin([]byte(v.Login.Note), owner); err != nil || l.Origin != v.Login.Origin {
		t.Errorf("login %q, %v", l.Origin, err)
	}
	if _, err := pass.OpenCall([]byte(v.Call.Note), owner); err != nil {
		t.Error(err)
	}
	if _, err := pass.OpenAnswer([]byte(v.Answer.Note), device); err != nil {
		t.Error(err)
	}
	if b, err := pass.OpenBeat([]byte(v.Beat.Note), device); err != nil || b.Frame != v.Beat.Frame {
		t.Errorf("beat of frame %d, %v", b.Frame, err)
	}
	if len(v.Refused) < 45 {
		t.Errorf("%d refusals published", len(v.Refused))
	}
	for _, r := range v.Refused {
		if p, err := pass.OpenPass([]byte(r.Note), owner); err == nil || p.Valid() {
			t.Errorf("accepted although %s", r.Why)
		}
	}
}

func readVectors(t testing.TB) vectors {
	t.Helper()
	b, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}
