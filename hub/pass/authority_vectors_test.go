package pass_test

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vestibule/hub/pass"
)

const authorityFile = "testdata/authority.json"

// authorityVector is testdata/authority.json: grants, revocations and amendments, what is
// almost one, and who may what.
type authorityVector struct {
	About     string    `json:"about"`
	Device    string    `json:"device"`
	Owner     keyVector `json:"owner"`
	Member    keyVector `json:"member"`
	Installer keyVector `json:"installer"`
	Stranger  keyVector `json:"stranger"`

	Amend  amendVector   `json:"amend"`
	Grants []grantVector `json:"grants"` // the member's and the installer's
	Revoke revokeVector  `json:"revoke"`

	Refused []bentVector `json:"refused"`
	Cases   []caseVector `json:"cases"`
}

type amendVector struct {
	Device   string `json:"device"`
	Delivery string `json:"delivery"`
	Revision uint64 `json:"revision"`
	Until    string `json:"until"`
	At       string `json:"at"`
	Nonce    string `json:"nonce"`
	Note     string `json:"note"`
}

type grantVector struct {
	Device string   `json:"device"`
	Key    string   `json:"key"`
	Name   string   `json:"name"`
	Role   string   `json:"role"`
	May    []string `json:"may"`
	From   string   `json:"from"`
	Until  string   `json:"until"`
	Epoch  uint64   `json:"epoch"`
	At     string   `json:"at"`
	Note   string   `json:"note"`
}

type revokeVector struct {
	Device string `json:"device"`
	Key    string `json:"key"`
	At     string `json:"at"`
	Nonce  string `json:"nonce"`
	Note   string `json:"note"`
}

// bentVector is a note of one kind that nobody may accept, though its owner signed it.
type bentVector struct {
	Kind string `json:"kind"` // amend, grant or revoke
	Why  string `json:"why"`
	Note string `json:"note"`
}

// caseVector is one question to an authority over the device. It takes the notes in order,
// then opens Pass and amends it, or opens Order.
type caseVector struct {
	What  string   `json:"what"`
	Epoch uint64   `json:"epoch"`
	Take  []string `json:"take"`
	Pass  string   `json:"pass,omitempty"`
	Amend string   `json:"amend,omitempty"`
	Order string   `json:"order,omitempty"`
	Now   string   `json:"now,omitempty"`   // for orders
	Until string   `json:"until,omitempty"` // the pass's, when it is permitted
	Want  string   `json:"want"`            // ok, signature, form, other, not_granted, grant_over or old_revision
}

func keyOf(k ed25519.PrivateKey) keyVector {
	return keyVector{b64.EncodeToString(k.Seed()), pass.EncodeKey(publicOf(k)), pass.KeyID(publicOf(k))}
}

func word(err error) string {
	for word, sentinel := range map[string]error{"signature": pass.ErrSignature, "form": pass.ErrForm, "other": pass.ErrOther,
		"not_granted": pass.ErrNotGranted, "grant_over": pass.ErrGrantOver, "old_revision": pass.ErrOldRevision} {
		if errors.Is(err, sentinel) {
			return word
		}
	}
	if err != nil {
		return err.Error()
	}
	return "ok"
}

// ask answers a case as the package does, and says until when the pass holds.
func (c caseVector) ask(device string, owner ed25519.PublicKey) (want, until string) {
	a := pass.NewAuthority(device, owner, c.Epoch)
	for _, n := range c.Take {
		if _, _, err := a.Take([]byte(n)); err != nil {
			return "take: " + word(err), ""
		}
	}
	if c.Order != "" {
		now, err := time.Parse(time.RFC3339, c.Now)
		if err == nil {
			_, _, err = a.OpenOrder([]byte(c.Order), now)
		}
		return word(err), ""
	}
	p, err := a.OpenPass([]byte(c.Pass))
	if err == nil && c.Amend != "" {
		p, err = a.Amend(p, []byte(c.Amend))
	}
	if err != nil {
		return word(err), ""
	}
	return "ok", p.Terms().Until.Format(time.RFC3339)
}

func vectorOfGrant(g pass.Grant, note []byte) grantVector {
	v := grantVector{Device: g.Device, Key: pass.EncodeKey(g.Key), Name: g.Name, Role: string(g.Role), From: g.From.Format(time.RFC3339),
		Until: g.Until.Format(time.RFC3339), Epoch: g.Epoch, At: g.At.Format(time.RFC3339), Note: string(note)}
	for _, r := range []struct {
		right pass.Rights
		word  string
	}{{pass.MayDeliver, "deliver"}, {pass.MayInstall, "install"}, {pass.MayLock, "lock"}, {pass.MayWatch, "watch"}} {
		if g.May.Has(r.right) {
			v.May = append(v.May, r.word)
		}
	}
	return v
}

func makeAuthority(t *testing.T) authorityVector {
	h := newHome(t)
	// The published sealed code, so that the file is a function of fixed seeds and that alone.
	sealed, err := b64.DecodeString(readVectors(t).Code.Sealed)
	if err != nil {
		t.Fatal(err)
	}
	h.terms.Sealed = sealed
	sign := must(t)
	v := authorityVector{About: "Who may tell a device what. Bytes are base64url without padding; notes are C2SP signed notes.",
		Device: h.terms.Device, Owner: keyOf(h.owner), Member: keyOf(h.member), Installer: keyOf(h.installer), Stranger: keyOf(h.stranger)}

	amendment := h.amendment(1, time.Hour)
	amended := sign(pass.SignAmendment(amendment, h.owner))
	v.Amend = amendVector{amendment.Device, amendment.Delivery, amendment.Revision, amendment.Until.Format(time.RFC3339),
		amendment.At.Format(time.RFC3339), b64.EncodeToString(amendment.Nonce[:]), string(amended)}
	grant, fitting := h.signed(t, h.grant), h.signed(t, h.fitting)
	v.Grants = []grantVector{vectorOfGrant(h.grant, grant), vectorOfGrant(h.fitting, fitting)}
	revocation := pass.Revocation{Device: h.terms.Device, Key: v.Member.ID, At: h.now}
	copy(revocation.Nonce[:], seed("revocation"))
	revoked := sign(pass.SignRevocation(revocation, h.owner))
	v.Revoke = revokeVector{revocation.Device, revocation.Key, revocation.At.Format(time.RFC3339), b64.EncodeToString(revocation.Nonce[:]), string(revoked)}

	for kind, note := range map[string][]byte{"amend": amended, "grant": grant, "revoke": revoked} {
		for _, r := range append(bent(string(note), h.owner), misgranted(h, kind, string(note))...) {
			v.Refused = append(v.Refused, bentVector{kind, r.Why, r.Note})
		}
	}
	slices.SortStableFunc(v.Refused, func(a, b bentVector) int { return int(a.Kind[0]) - int(b.Kind[0]) })

	v.Cases = h.cases(t)
	for i, c := range v.Cases {
		v.Cases[i].Want, v.Cases[i].Until = c.ask(h.terms.Device, publicOf(h.owner))
		if v.Cases[i].Want != c.Want {
			t.Errorf("%s: %s, want %s", c.What, v.Cases[i].Want, c.Want)
		}
	}
	return v
}

// cases are the questions, with the answers that are wanted.
func (h home) cases(t *testing.T) []caseVector {
	sign := must(t)
	grant := string(h.signed(t, h.grant))
	fitting := string(h.signed(t, h.fitting))
	of := func(spoil func(*pass.Grant)) string { g := h.grant; spoil(&g); return string(h.signed(t, g)) }
	signed := func(key ed25519.PrivateKey, spoil func(*pass.Terms)) string {
		terms := h.terms
		spoil(&terms)
		return string(sign(pass.SignPass(terms, key)))
	}
	as := func(*pass.Terms) {}
	amend := func(key ed25519.PrivateKey, by time.Duration) string {
		return string(sign(pass.SignAmendment(h.amendment(1, by), key)))
	}
	order := func(key ed25519.PrivateKey, verb string) string {
		return string(sign(pass.SignOrder(pass.Order{Device: h.terms.Device, Verb: verb, Delivery: fixedDelivery, At: h.now}, key)))
	}
	revoked := func(at time.Time) string { return string(h.revocation(t, h.member, at)) }
	now, late := h.now.Format(time.RFC3339), h.grant.Until.Format(time.RFC3339)
	e := h.terms.Epoch
	both := []string{grant, fitting}
	return []caseVector{
		{What: "the owner's pass", Epoch: e, Pass: signed(h.owner, as), Want: "ok"},
		{What: "the owner's pass without a camera and with a large zone", Epoch: e, Pass: signed(h.owner, func(t *pass.Terms) { t.Camera, t.Large = false, true }), Want: "ok"},
		{What: "a stranger's pass", Epoch: e, Take: both, Pass: signed(h.stranger, as), Want: "signature"},
		{What: "a member's pass", Epoch: e, Take: both, Pass: signed(h.member, as), Want: "ok"},
		{What: "a member's pass, before the grant came", Epoch: e, Pass: signed(h.member, as), Want: "signature"},
		{What: "an installer's pass", Epoch: e, Take: both, Pass: signed(h.installer, as), Want: "not_granted"},
		{What: "a pass for another device", Epoch: e, Pass: signed(h.owner, func(t *pass.Terms) { t.Device = "other" }), Want: "other"},
		{What: "a member's pass, in an epoch after the grant's", Epoch: e + 1, Take: both, Pass: signed(h.member, as), Want: "grant_over"},
		{What: "a member's pass of a later epoch than the grant's", Epoch: e, Take: both, Pass: signed(h.member, func(t *pass.Terms) { t.Epoch++ }), Want: "not_granted"},
		{What: "a member's pass that ends a second after the grant", Epoch: e, Take: []string{of(func(g *pass.Grant) { g.Until = h.terms.Until.Add(-time.Second) })}, Pass: signed(h.member, as), Want: "grant_over"},
		{What: "a member's pass that ends with the grant", Epoch: e, Take: []string{of(func(g *pass.Grant) { g.Until = h.terms.Until })}, Pass: signed(h.member, as), Want: "ok"},
		{What: "a member's pass that begins a second before the grant", Epoch: e, Take: []string{of(func(g *pass.Grant) { g.From = h.terms.From.Add(time.Second) })}, Pass: signed(h.member, as), Want: "grant_over"},
		{What: "a member's pass that the owner may not watch", Epoch: e, Take: both, Pass: signed(h.member, func(t *pass.Terms) { t.Watchers = []string{h.grant.ID()} }), Want: "not_granted"},
		{What: "a member's pass without a camera", Epoch: e, Take: both, Pass: signed(h.member, func(t *pass.Terms) { t.Camera = false }), Want: "not_granted"},
		{What: "a member's pass with a large zone", Epoch: e, Take: both, Pass: signed(h.member, func(t *pass.Terms) { t.Large = true }), Want: "not_granted"},
		{What: "a member who may only lock", Epoch: e, Take: []string{of(func(g *pass.Grant) { g.May = pass.MayLock })}, Pass: signed(h.member, as), Want: "not_granted"},
		{What: "a revoked member's pass", Epoch: e, Take: []string{grant, revoked(h.now)}, Pass: signed(h.member, as), Want: "not_granted"},
		{What: "the same, the other way round", Epoch: e, Take: []string{revoked(h.now), grant}, Pass: signed(h.member, as), Want: "not_granted"},
		{What: "revoked in the second of the grant", Epoch: e, Take: []string{grant, revoked(h.grant.At)}, Pass: signed(h.member, as), Want: "not_granted"},
		{What: "revoked a second before the grant", Epoch: e, Take: []string{grant, revoked(h.grant.At.Add(-time.Second))}, Pass: signed(h.member, as), Want: "ok"},
		{What: "granted again after the revocation", Epoch: e, Take: []string{grant, revoked(h.now), of(func(g *pass.Grant) { g.At = h.now.Add(time.Second) })}, Pass: signed(h.member, as), Want: "ok"},
		{What: "a later grant that allows less", Epoch: e, Take: []string{of(func(g *pass.Grant) { g.At, g.May = h.now, pass.MayWatch }), grant}, Pass: signed(h.member, as), Want: "not_granted"},
		{What: "the owner amends", Epoch: e, Pass: signed(h.owner, as), Amend: amend(h.owner, time.Hour), Want: "ok"},
		{What: "the owner shortens", Epoch: e, Pass: signed(h.owner, as), Amend: amend(h.owner, -time.Hour), Want: "ok"},
		{What: "the owner lengthens beyond 12 hours", Epoch: e, Pass: signed(h.owner, as), Amend: amend(h.owner, 10*time.Hour), Want: "form"},
		{What: "the owner shortens to nothing", Epoch: e, Pass: signed(h.owner, as), Amend: amend(h.owner, h.terms.From.Sub(h.terms.Until)), Want: "form"},
		{What: "a stranger amends", Epoch: e, Pass: signed(h.owner, as), Amend: amend(h.stranger, time.Hour), Want: "signature"},
		{What: "a member amends the owner's", Epoch: e, Take: both, Pass: signed(h.owner, as), Amend: amend(h.member, time.Hour), Want: "ok"},
		{What: "a member amends beyond the grant", Epoch: e, Take: []string{of(func(g *pass.Grant) { g.Until = h.terms.Until })}, Pass: signed(h.owner, as), Amend: amend(h.member, time.Second), Want: "grant_over"},
		{What: "a member amends what only the owner could sign", Epoch: e, Take: both, Pass: signed(h.owner, func(t *pass.Terms) { t.Camera = false }), Amend: amend(h.member, -time.Hour), Want: "not_granted"},
		{What: "the owner amends a member's beyond the grant", Epoch: e, Take: []string{of(func(g *pass.Grant) { g.Until = h.terms.Until })}, Pass: signed(h.member, as), Amend: amend(h.owner, time.Second), Want: "ok"},
		{What: "an installer amends", Epoch: e, Take: both, Pass: signed(h.owner, as), Amend: amend(h.installer, -time.Hour), Want: "not_granted"},
		{What: "an amendment of another delivery", Epoch: e, Pass: signed(h.owner, func(t *pass.Terms) { t.Delivery = "d-0000000000000002" }), Amend: amend(h.owner, time.Hour), Want: "other"},
		{What: "the owner cancels", Epoch: e, Order: order(h.owner, pass.Cancel), Now: late, Want: "ok"},
		{What: "a member cancels", Epoch: e, Take: both, Order: order(h.member, pass.Cancel), Now: now, Want: "ok"},
		{What: "a member locks", Epoch: e, Take: both, Order: order(h.member, pass.Lock), Now: now, Want: "ok"},
		{What: "a member locks too late", Epoch: e, Take: both, Order: order(h.member, pass.Lock), Now: late, Want: "grant_over"},
		{What: "a member has the camera's stand kept", Epoch: e, Take: both, Order: order(h.member, pass.Remember), Now: now, Want: "not_granted"},
		{What: "an installer has the camera's stand kept", Epoch: e, Take: both, Order: order(h.installer, pass.Remember), Now: now, Want: "ok"},
		{What: "a member practises a cut", Epoch: e, Take: both, Order: order(h.member, pass.Drill), Now: now, Want: "not_granted"},
		{What: "an installer practises a cut", Epoch: e, Take: both, Order: order(h.installer, pass.Drill), Now: now, Want: "ok"},
		{What: "an installer locks", Epoch: e, Take: both, Order: order(h.installer, pass.Lock), Now: now, Want: "not_granted"},
		{What: "a stranger locks", Epoch: e, Take: both, Order: order(h.stranger, pass.Lock), Now: now, Want: "signature"},
	}
}

// misgranted are notes in the right form that say what nobody can sign.
func misgranted(h home, kind, note string) []refusedVector {
	body, _, _ := strings.Cut(note, "\n\n")
	swap := func(why, old, fresh string) refusedVector {
		if !strings.Contains(body, old) {
			panic("internal error: the note has no " + old)
		}
		return refusedVector{why, signText(strings.Replace(body, old, fresh, 1)+"\n", h.owner)}
	}
	switch kind {
	case "amend":
		return []refusedVector{
			swap("revision 0", "revision 1", "revision 0"),
			swap("revision beyond a browser's numbers", "revision 1", "revision 9007199254740993"),
		}
	case "grant":
		over := "until " + h.grant.From.Add(pass.MaxMember+time.Second).Format(time.RFC3339)
		until := "until " + h.grant.Until.Format(time.RFC3339)
		return []refusedVector{
			swap("no right", "may deliver,lock,watch", "may "),
			swap("an unknown right", "may deliver,lock,watch", "may deliver,lock,open"),
			swap("a right twice", "may deliver,lock,watch", "may deliver,deliver"),
			swap("rights not sorted", "may deliver,lock,watch", "may lock,deliver"),
			swap("a comma too many", "may deliver,lock,watch", "may deliver,lock,"),
			swap("a space between rights", "may deliver,lock,watch", "may deliver, lock"),
			swap("a right in capitals", "may deliver,lock,watch", "may Deliver"),
			swap("an unknown role", "role member", "role owner"),
			swap("an installer who delivers", "role member", "role installer"),
			swap("longer than 400 days", until, over),
			swap("of no length", until, "until "+h.grant.From.Format(time.RFC3339)),
			swap("backwards", until, "until "+h.grant.From.Add(-time.Second).Format(time.RFC3339)),
			swap("epoch beyond a browser's numbers", "epoch 3", "epoch 9007199254740993"),
			swap("name too long", "name Aïcha B.", "name "+strings.Repeat("a", pass.MaxName+1)),
			swap("name that runs the other way", "name Aïcha B.", "name \u202eecila"),
			swap("name with a space that does not break at its end", "name Aïcha B.", "name Aïcha\u00a0"),
			swap("the owner's own key", "key "+pass.EncodeKey(publicOf(h.member)), "key "+pass.EncodeKey(publicOf(h.owner))),
		}
	}
	return []refusedVector{
		swap("the owner's own key", "key "+pass.KeyID(publicOf(h.member)), "key "+pass.KeyID(publicOf(h.owner))),
	}
}

func TestAuthorityVectors(t *testing.T) { published(t, authorityFile, makeAuthority(t)) }

// TestAuthorityVectorsOpen reads the published file as a stranger would.
func TestAuthorityVectorsOpen(t *testing.T) {
	var v authorityVector
	b, err := os.ReadFile(authorityFile)
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	owner, err := pass.DecodeKey(v.Owner.Public)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range v.Grants {
		got, err := pass.OpenGrant([]byte(g.Note), owner)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(g, vectorOfGrant(got, []byte(g.Note))); diff != "" {
			t.Errorf("a grant came back changed (-published +opened):\n%s", diff)
		}
	}
	if a, err := pass.OpenAmendment([]byte(v.Amend.Note), owner); err != nil || a.Revision != v.Amend.Revision || a.Until.Format(time.RFC3339) != v.Amend.Until {
		t.Errorf("amendment %+v, %v", a, err)
	}
	if r, err := pass.OpenRevocation([]byte(v.Revoke.Note), owner); err != nil || r.Key != v.Member.ID {
		t.Errorf("revocation %+v, %v", r, err)
	}
	if len(v.Refused) < 250 || len(v.Cases) < 40 {
		t.Errorf("%d refusals and %d cases published", len(v.Refused), len(v.Cases))
	}
	for _, r := range v.Refused {
		var err error
		switch r.Kind {
		case "amend":
			_, err = pass.OpenAmendment([]byte(r.Note), owner)
		case "grant":
			_, err = pass.OpenGrant([]byte(r.Note), owner)
		case "revoke":
			_, err = pass.OpenRevocation([]byte(r.Note), owner)
		default:
			t.Fatalf("kind %q", r.Kind)
		}
		if !errors.Is(err, pass.ErrForm) && !errors.Is(err, pass.ErrSignature) {
			t.Errorf("%s: accepted although %s: %v", r.Kind, r.Why, err)
		}
	}
	for _, c := range v.Cases {
		if want, until := c.ask(v.Device, owner); want != c.Want || until != c.Until {
			t.Errorf("%s: %s until %q, want %s until %q", c.What, want, until, c.Want, c.Until)
		}
	}
}
