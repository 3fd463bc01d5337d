package pass_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vestibule/hub/pass"
)

// home is a device's authority with one member and one installer, and what they may sign.
type home struct {
	fixture
	member, installer, stranger ed25519.PrivateKey

	grant, fitting pass.Grant // the member's and the installer's
	terms          pass.Terms // a pass that the member may sign
	now            time.Time  // in the middle of everything
}

func newHome(t testing.TB) home {
	h := home{fixture: newFixture(t), member: signKey("member"), installer: signKey("installer"), stranger: signKey("stranger")}
	h.terms = h.fixture.terms
	h.now = h.terms.From.Add(10 * time.Minute)
	h.grant = pass.Grant{Device: h.terms.Device, Key: publicOf(h.member), Name: "Aïcha B.", Role: pass.Member,
		May: pass.MayDeliver | pass.MayLock | pass.MayWatch, From: h.terms.From.Add(-24 * time.Hour), Until: h.terms.From.Add(24 * time.Hour),
		Epoch: h.terms.Epoch, At: h.terms.From.Add(-25 * time.Hour)}
	h.fitting = pass.Grant{Device: h.terms.Device, Key: publicOf(h.installer), Name: "Jo’s locks", Role: pass.Installer,
		May: pass.MayInstall | pass.MayWatch, From: h.terms.From, Until: h.terms.From.Add(pass.MaxInstaller), Epoch: h.terms.Epoch,
		At: h.terms.From.Add(-time.Hour)}
	return h
}

// authority knows both grants.
func (h home) authority(t testing.TB) *pass.Authority {
	t.Helper()
	a := pass.NewAuthority(h.terms.Device, publicOf(h.owner), h.terms.Epoch)
	for _, g := range []pass.Grant{h.grant, h.fitting} {
		if who, fresh, err := a.Take(h.signed(t, g)); err != nil || !fresh || who != g.ID() {
			t.Fatalf("grant of %s: %q, %v, %v", g.Name, who, fresh, err)
		}
	}
	return a
}

func (h home) signed(t testing.TB, g pass.Grant) []byte {
	t.Helper()
	return must(t)(pass.SignGrant(g, h.owner))
}

func must(t testing.TB) func([]byte, error) []byte {
	return func(b []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
}

func (h home) revocation(t testing.TB, key ed25519.PrivateKey, at time.Time) []byte {
	t.Helper()
	return must(t)(pass.SignRevocation(pass.Revocation{Device: h.terms.Device, Key: pass.KeyID(publicOf(key)), At: at}, h.owner))
}

func TestMemberPassesAreNarrower(t *testing.T) {
	for _, c := range []struct {
		what  string
		spoil func(*home)
		want  error
	}{
		{"as granted", func(*home) {}, nil},
		{"up to the grant's ends", func(h *home) {
			h.terms.From, h.terms.Until = h.grant.From, h.grant.From.Add(pass.MaxWindow)
		}, nil},
		{"the right is not granted", func(h *home) { h.grant.May &^= pass.MayDeliver }, pass.ErrNotGranted},
		{"begins before the grant", func(h *home) { h.grant.From = h.terms.From.Add(time.Second) }, pass.ErrGrantOver},
		{"ends after the grant", func(h *home) { h.grant.Until = h.terms.Until.Add(-time.Second) }, pass.ErrGrantOver},
		{"all of the window after the grant", func(h *home) { h.grant.Until = h.terms.From }, pass.ErrGrantOver},
		{"all of it before", func(h *home) { h.grant.From = h.terms.Until }, pass.ErrGrantOver},
		{"a later epoch", func(h *home) { h.terms.Epoch++ }, pass.ErrNotGranted},
		{"an earlier epoch", func(h *home) { h.terms.Epoch-- }, pass.ErrNotGranted},
		{"the owner may not watch", func(h *home) {
			h.terms.Watchers = []string{pass.KeyID(publicOf(h.member))}
		}, pass.ErrNotGranted},
		{"no camera", func(h *home) { h.terms.Camera = false }, pass.ErrNotGranted},
		{"a large zone", func(h *home) { h.terms.Large = true }, pass.ErrNotGranted},
		{"another device", func(h *home) { h.fixture.terms.Device = "other"; h.grant.Device = "other" }, pass.ErrOther},
	} {
		h := newHome(t)
		device := h.terms.Device
		c.spoil(&h)
		a := pass.NewAuthority(h.fixture.terms.Device, publicOf(h.owner), 3)
		if _, _, err := a.Take(h.signed(t, h.grant)); err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		h.terms.Device = device
		msg := must(t)(pass.SignPass(h.terms, h.member))
		p, err := a.OpenPass(msg)
		if !errors.Is(err, c.want) || p.Valid() != (c.want == nil) {
			t.Errorf("%s: valid %v, %v, want %v", c.what, p.Valid(), err, c.want)
		}
		if c.want == nil && p.Signer() != pass.KeyID(publicOf(h.member)) {
			t.Errorf("%s: signed by %q", c.what, p.Signer())
		}
		// What a member may, the owner may.
		byOwner := must(t)(pass.SignPass(h.terms, h.owner))
		if p, err := a.OpenPass(byOwner); !errors.Is(c.want, pass.ErrOther) && (err != nil || !p.Valid()) {
			t.Errorf("%s, by the owner: %v", c.what, err)
		}
	}
}

func TestNobodyElseSigns(t *testing.T) {
	h := newHome(t)
	a := h.authority(t)
	pay := must(t)(pass.SignPass(h.terms, h.stranger))
	if p, err := a.OpenPass(pay); !errors.Is(err, pass.ErrSignature) || p.Valid() {
		t.Errorf("a stranger's pass: %v", err)
	}
	if p, err := a.OpenPass(must(t)(pass.SignPass(h.terms, h.installer))); !errors.Is(err, pass.ErrNotGranted) || p.Valid() {
		t.Errorf("an installer's pass: %v", err)
	}
	// No chains: what a member grants or revokes is nothing.
	g := h.grant
	g.Key = publicOf(h.stranger)
	if _, _, err := a.Take(must(t)(pass.SignGrant(g, h.member))); !errors.Is(err, pass.ErrSignature) {
		t.Errorf("a member grants: %v", err)
	}
	if _, _, err := a.Take(must(t)(pass.SignRevocation(pass.Revocation{Device: g.Device, Key: h.fitting.ID(), At: h.now}, h.member))); !errors.Is(err, pass.ErrSignature) {
		t.Errorf("a member revokes: %v", err)
	}
	// Nor does what the owner signed for another device.
	elsewhere := h.grant
	elsewhere.Device = "other"
	elsewhere.Key = publicOf(h.stranger)
	gone := pass.Revocation{Device: "other", Key: h.grant.ID(), At: h.now}
	for what, note := range map[string][]byte{"grant": h.signed(t, elsewhere), "revocation": must(t)(pass.SignRevocation(gone, h.owner))} {
		if _, fresh, err := a.Take(note); !errors.Is(err, pass.ErrOther) || fresh || len(a.Members()) != 2 {
			t.Errorf("a %s of another device: fresh %v, %v", what, fresh, err)
		}
	}
	for what, zero := range map[string]*pass.Authority{"zero": {}, "without an owner": pass.NewAuthority(h.terms.Device, nil, 0)} {
		if p, err := zero.OpenPass(must(t)(pass.SignPass(h.terms, h.owner))); err == nil || p.Valid() {
			t.Errorf("the %s authority opens a pass", what)
		}
		if _, _, err := zero.Take(h.signed(t, h.grant)); err == nil {
			t.Errorf("the %s authority takes a grant", what)
		}
		good, _ := a.OpenPass(must(t)(pass.SignPass(h.terms, h.owner)))
		if zero.Permits(good) == nil || zero.MayWatch(good, h.terms.Watchers[0], h.now) == nil {
			t.Errorf("the %s authority permits", what)
		}
	}
	if a.Permits(pass.Pass{}) == nil {
		t.Error("the zero pass is permitted")
	}
}

func TestOrdersNeedTheirRight(t *testing.T) {
	h := newHome(t)
	a := h.authority(t)
	for _, c := range []struct {
		verb string
		key  ed25519.PrivateKey
		now  time.Time
		want error
	}{
		{pass.Cancel, h.owner, h.now, nil}, {pass.Lock, h.owner, h.now, nil}, {pass.Remember, h.owner, h.now, nil}, {pass.Drill, h.owner, h.now, nil},
		{pass.Cancel, h.member, h.now, nil}, {pass.Lock, h.member, h.now, nil}, {pass.Remember, h.member, h.now, pass.ErrNotGranted}, {pass.Drill, h.member, h.now, pass.ErrNotGranted},
		{pass.Cancel, h.installer, h.now, pass.ErrNotGranted}, {pass.Lock, h.installer, h.now, pass.ErrNotGranted}, {pass.Remember, h.installer, h.now, nil}, {pass.Drill, h.installer, h.now, nil},
		{pass.Cancel, h.stranger, h.now, pass.ErrSignature}, {pass.Lock, h.stranger, h.now, pass.ErrSignature},
		{pass.Lock, h.member, h.grant.From, nil},
		{pass.Lock, h.member, h.grant.From.Add(-time.Second), pass.ErrGrantOver},
		{pass.Lock, h.member, h.grant.Until.Add(-time.Second), nil},
		{pass.Lock, h.member, h.grant.Until, pass.ErrGrantOver},
		{pass.Remember, h.installer, h.fitting.Until, pass.ErrGrantOver}, {pass.Drill, h.installer, h.fitting.Until, pass.ErrGrantOver},
		{pass.Lock, h.owner, h.grant.Until.Add(time.Hour), nil},
	} {
		msg := must(t)(pass.SignOrder(pass.Order{Device: h.terms.Device, Verb: c.verb, Delivery: fixedDelivery, At: c.now}, c.key))
		o, signer, err := a.OpenOrder(msg, c.now)
		who := pass.KeyID(publicOf(c.key))
		if !errors.Is(err, c.want) || (signer == who) != (c.want == nil) || (o.Verb == c.verb) != (c.want == nil) {
			t.Errorf("%s by %s at %v: %q by %q, %v, want %v", c.verb, who, c.now, o.Verb, signer, err, c.want)
		}
	}
	msg := must(t)(pass.SignOrder(pass.Order{Device: "other", Verb: pass.Lock, Delivery: fixedDelivery, At: h.now}, h.owner))
	if _, _, err := a.OpenOrder(msg, h.now); !errors.Is(err, pass.ErrOther) {
		t.Errorf("an order to another device: %v", err)
	}
}

func TestRevocationAndWhatFollows(t *testing.T) {
	h := newHome(t)
	a := h.authority(t)
	msg := must(t)(pass.SignPass(h.terms, h.member))
	p, err := a.OpenPass(msg)
	if err != nil {
		t.Fatal(err)
	}
	member := pass.KeyID(publicOf(h.member))
	if err := a.MayWatch(p, member, h.now); err != nil {
		t.Errorf("the member watches: %v", err)
	}
	early := h.revocation(t, h.member, h.grant.At.Add(-time.Second))
	if _, _, err := a.Take(early); err != nil || a.Permits(p) != nil {
		t.Errorf("a revocation from before the grant ends it: %v", err)
	}
	notice := h.revocation(t, h.member, h.grant.At)
	if who, fresh, err := a.Take(notice); err != nil || !fresh || who != member {
		t.Errorf("revoked: %q, %v, %v", who, fresh, err)
	}
	if _, fresh, err := a.Take(notice); err != nil || fresh {
		t.Errorf("revoked twice: %v, %v", fresh, err)
	}
	if err := a.Permits(p); !errors.Is(err, pass.ErrNotGranted) {
		t.Errorf("a revoked member's pass: %v", err)
	}
	if q, err := a.OpenPass(msg); !errors.Is(err, pass.ErrNotGranted) || q.Valid() {
		t.Errorf("a revoked member's pass again: %v", err)
	}
	owners, err := a.OpenPass(must(t)(pass.SignPass(h.terms, h.owner)))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.MayWatch(owners, member, h.now); !errors.Is(err, pass.ErrNotGranted) {
		t.Errorf("a revoked member watches: %v", err)
	}
	if _, fresh, err := a.Take(h.signed(t, h.grant)); err != nil || fresh || len(a.Members()) != 1 {
		t.Errorf("the dead grant came back: %v, %v, %d members", fresh, err, len(a.Members()))
	}
	again := h.grant
	again.At = again.At.Add(time.Second)
	if _, fresh, err := a.Take(h.signed(t, again)); err != nil || !fresh || a.Permits(p) != nil {
		t.Errorf("granted again: %v, %v, %v", fresh, err, a.Permits(p))
	}
	// A later grant takes the place of the one before; an older one that comes late does not.
	narrow := again
	narrow.At, narrow.May = again.At.Add(time.Second), pass.MayLock
	if _, _, err := a.Take(h.signed(t, narrow)); err != nil || !errors.Is(a.Permits(p), pass.ErrNotGranted) {
		t.Errorf("granted less: %v, %v", err, a.Permits(p))
	}
	if _, fresh, err := a.Take(h.signed(t, again)); err != nil || fresh || a.Permits(p) == nil {
		t.Errorf("the wider grant came back: %v, %v", fresh, err)
	}
	a.Raise(h.terms.Epoch + 1)
	if _, signer, err := a.OpenOrder(must(t)(pass.SignOrder(pass.Order{Device: h.terms.Device, Verb: pass.Lock, Delivery: fixedDelivery, At: h.now}, h.member)), h.now); !errors.Is(err, pass.ErrGrantOver) || signer != "" {
		t.Errorf("a grant of an older epoch: %v", err)
	}
	owner := pass.Revocation{Device: h.terms.Device, Key: pass.KeyID(publicOf(h.owner)), At: h.now}
	if _, _, err := a.Take(must(t)(pass.SignRevocation(owner, h.owner))); !errors.Is(err, pass.ErrForm) {
		t.Errorf("the owner revoked: %v", err)
	}
}

func TestWhoMayWatch(t *testing.T) {
	h := newHome(t)
	a := h.authority(t)
	owner, member, installer := pass.KeyID(publicOf(h.owner)), pass.KeyID(publicOf(h.member)), pass.KeyID(publicOf(h.installer))
	h.terms.Watchers = []string{owner, member, installer, "friend"}
	slices.Sort(h.terms.Watchers)
	owners, err := a.OpenPass(must(t)(pass.SignPass(h.terms, h.owner)))
	if err != nil {
		t.Fatal(err)
	}
	members, err := a.OpenPass(must(t)(pass.SignPass(h.terms, h.member)))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what string
		p    pass.Pass
		who  string
		now  time.Time
		want error
	}{
		{"the owner, their own", owners, owner, h.now, nil},
		{"the owner, a member's", members, owner, h.now, nil},
		{"a member, the owner's", owners, member, h.now, nil},
		{"a member, their own", members, member, h.now, nil},
		{"an installer, a member's", members, installer, h.now, nil},
		{"an installer too late", members, installer, h.fitting.Until, pass.ErrGrantOver},
		{"an installer too early", members, installer, h.fitting.From.Add(-time.Second), pass.ErrGrantOver},
		{"a friend of the owner's", owners, "friend", h.now, nil},
		{"a friend of a member's", members, "friend", h.now, pass.ErrNotGranted},
		{"a stranger", owners, "stranger", h.now, pass.ErrNotGranted},
		{"nobody", owners, "", h.now, pass.ErrNotGranted},
		{"the zero pass", pass.Pass{}, owner, h.now, pass.ErrForm},
	} {
		if err := a.MayWatch(c.p, c.who, c.now); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.what, err, c.want)
		}
	}
}

func TestProofConvincesAStranger(t *testing.T) {
	h := newHome(t)
	a := h.authority(t)
	other := signKey("another member")
	g := h.grant
	g.Key = publicOf(other)
	if _, _, err := a.Take(h.signed(t, g)); err != nil {
		t.Fatal(err)
	}
	p, err := a.OpenPass(must(t)(pass.SignPass(h.terms, h.member)))
	if err != nil {
		t.Fatal(err)
	}
	p, err = a.Amend(p, must(t)(pass.SignAmendment(h.amendment(1, time.Hour), other)))
	if err != nil {
		t.Fatal(err)
	}
	eye := pass.NewAuthority(h.terms.Device, publicOf(h.owner), 0)
	if _, err := eye.OpenPass(p.Note()); !errors.Is(err, pass.ErrSignature) {
		t.Errorf("opened without a proof: %v", err)
	}
	for _, n := range a.Proof(p) {
		if _, _, err := eye.Take(n); err != nil {
			t.Fatal(err)
		}
	}
	q, err := eye.OpenPass(p.Note())
	if err == nil {
		q, err = eye.Amend(q, p.Amendment())
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p.Terms(), q.Terms()); diff != "" || q.Revision() != 1 {
		t.Errorf("opened otherwise (-gate +eye):\n%s", diff)
	}
	if len(a.Proof(pass.Pass{})) != 0 {
		t.Error("the zero pass has a proof")
	}
	// The whole authority, from its notes.
	again := pass.NewAuthority(h.terms.Device, publicOf(h.owner), h.terms.Epoch)
	for _, n := range slices.Backward(a.Notes()) {
		if _, _, err := again.Take(n); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.EqualFunc(a.Notes(), again.Notes(), bytes.Equal) || len(a.Members()) != 3 {
		t.Error("an authority made of its notes is another")
	}
}

func TestAuthorityIsBounded(t *testing.T) {
	h := newHome(t)
	a := h.authority(t)
	for i := range pass.MaxKeys {
		g := h.grant
		g.Key = publicOf(signKey("crowd " + string(rune('0'+i))))
		_, _, err := a.Take(h.signed(t, g))
		if want := i < pass.MaxKeys-2; (err == nil) != want || !want && !errors.Is(err, pass.ErrTooMany) {
			t.Fatalf("key %d: %v", i, err)
		}
	}
	if _, fresh, err := a.Take(h.revocation(t, h.member, h.now)); err != nil || !fresh {
		t.Errorf("a full authority revokes: %v, %v", fresh, err)
	}
	if _, _, err := a.Take([]byte("vestibule/pass/v1\n")); !errors.Is(err, pass.ErrSignature) {
		t.Errorf("junk is taken: %v", err)
	}
}

// 400 days after the last word on a key nothing that was signed before holds, so nothing comes back, and
// there is room for others. A millisecond before, all of it is remembered.
func TestForget(t *testing.T) {
	h := newHome(t)
	wide, narrow := h.grant, h.grant
	wide.At = h.grant.At.Add(-time.Hour)
	wide.From = h.grant.From.Add(24 * time.Hour) // it would hold for 400 days from tomorrow
	wide.Until = wide.From.Add(pass.MaxMember)
	narrow.May = pass.MayWatch
	signed := h.signed(t, wide)
	for what, c := range map[string]struct {
		last  time.Time
		notes [][]byte
	}{
		"a narrower grant":            {narrow.At, [][]byte{h.signed(t, narrow), signed}},
		"a revocation":                {h.now, [][]byte{h.revocation(t, h.member, h.now), signed}},
		"a revocation before a grant": {narrow.At, [][]byte{h.revocation(t, h.member, wide.At), h.signed(t, narrow)}},
	} {
		a := pass.NewAuthority(h.terms.Device, publicOf(h.owner), h.terms.Epoch)
		for _, n := range c.notes {
			if _, _, err := a.Take(n); err != nil {
				t.Fatal(err)
			}
		}
		over := c.last.Add(pass.MaxMember)
		if gone := a.Forget(over.Add(-time.Millisecond)); gone != nil || len(a.Notes()) == 0 {
			t.Errorf("%s: %v forgotten while something older may hold", what, gone)
		}
		if gone := a.Forget(over); !slices.Equal(gone, []string{narrow.ID()}) || a.Notes() != nil {
			t.Errorf("%s: %v forgotten, %d notes left", what, gone, len(a.Notes()))
		}
		if _, _, err := a.Take(signed); err != nil {
			t.Fatal(err)
		}
		order := must(t)(pass.SignOrder(pass.Order{Device: h.terms.Device, Verb: pass.Lock, Delivery: h.terms.Delivery, At: over}, h.member))
		if _, _, err := a.OpenOrder(order, over); !errors.Is(err, pass.ErrGrantOver) {
			t.Errorf("%s: what was forgotten holds again: %v", what, err)
		}
		if gone := a.Forget(over); len(gone) != 1 {
			t.Errorf("%s: an old grant that comes back stays", what)
		}
	}
	a := h.authority(t)
	for i := range 3 * pass.MaxKeys {
		g := h.grant
		g.Key = publicOf(signKey("crowd " + string(rune('0'+i))))
		g.At = h.now.Add(time.Duration(i) * 10 * 24 * time.Hour)
		g.From, g.Until = g.At, g.At.Add(time.Hour)
		a.Forget(g.At)
		if _, _, err := a.Take(h.signed(t, g)); err != nil {
			t.Fatalf("key %d, one every ten days: %v", i, err)
		}
	}
}

// A key that is denied holds nothing that was signed up to then, in whatever order that comes, and a later
// grant again.
func TestDeny(t *testing.T) {
	h := newHome(t)
	later := h.grant
	later.At = h.now.Add(time.Second)
	a := h.authority(t)
	a.Deny(h.grant.ID(), h.now)
	a.Deny(h.grant.ID(), h.now.Add(-time.Hour)) // an earlier word changes nothing
	lock := must(t)(pass.SignOrder(pass.Order{Device: h.terms.Device, Verb: pass.Lock, Delivery: h.terms.Delivery, At: h.now}, h.member))
	for range 2 {
		if _, fresh, _ := a.Take(h.signed(t, h.grant)); fresh {
			t.Error("a grant from before is fresh")
		}
		if _, _, err := a.OpenOrder(lock, h.now); !errors.Is(err, pass.ErrNotGranted) {
			t.Errorf("an order: %v", err)
		}
		if slices.ContainsFunc(a.Members(), func(g pass.Grant) bool { return g.ID() == h.grant.ID() }) {
			t.Error("a member")
		}
	}
	if _, fresh, err := a.Take(h.signed(t, later)); !fresh || err != nil {
		t.Errorf("a later grant: %v, %v", fresh, err)
	}
	if _, _, err := a.OpenOrder(lock, h.now); err != nil {
		t.Errorf("after a later grant: %v", err)
	}
	b := pass.NewAuthority(h.terms.Device, publicOf(h.owner), h.terms.Epoch)
	b.Deny(h.grant.ID(), h.now)
	if b.Notes() != nil {
		t.Error("a denial has notes")
	}
	if gone := b.Forget(h.now.Add(pass.MaxMember - time.Second)); gone != nil {
		t.Error("forgotten too soon")
	}
	if gone := b.Forget(h.now.Add(pass.MaxMember)); len(gone) != 1 {
		t.Error("remembered for ever")
	}
}
