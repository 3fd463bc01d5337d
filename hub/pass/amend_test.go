package pass_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"vestibule/hub/pass"
)

// amendment moves the end of the fixture's window.
func (f fixture) amendment(revision uint64, by time.Duration) pass.Amendment {
	return pass.Amendment{Device: f.terms.Device, Delivery: f.terms.Delivery, Revision: revision, Until: f.terms.Until.Add(by),
		At: f.terms.From, Nonce: [16]byte{9}}
}

func TestAmend(t *testing.T) {
	f := newFixture(t)
	p, err := pass.OpenPass(must(t)(pass.SignPass(f.terms, f.owner)), publicOf(f.owner))
	if err != nil {
		t.Fatal(err)
	}
	whole := f.terms.Until.Sub(f.terms.From)
	for _, c := range []struct {
		what  string
		spoil func(*pass.Amendment)
		want  error
	}{
		{"an hour longer", func(*pass.Amendment) {}, nil},
		{"to the longest", func(a *pass.Amendment) { a.Until = f.terms.From.Add(pass.MaxWindow) }, nil},
		{"longer than the longest", func(a *pass.Amendment) { a.Until = f.terms.From.Add(pass.MaxWindow + time.Second) }, pass.ErrForm},
		{"to a second", func(a *pass.Amendment) { a.Until = f.terms.From.Add(time.Second) }, nil},
		{"to nothing", func(a *pass.Amendment) { a.Until = f.terms.From }, pass.ErrForm},
		{"to before it begins", func(a *pass.Amendment) { a.Until = f.terms.From.Add(-time.Hour) }, pass.ErrForm},
		{"another delivery", func(a *pass.Amendment) { a.Delivery = "d-other" }, pass.ErrOther},
		{"another device", func(a *pass.Amendment) { a.Device = "other" }, pass.ErrOther},
	} {
		a := f.amendment(1, time.Hour)
		c.spoil(&a)
		q, err := pass.Amend(p, must(t)(pass.SignAmendment(a, f.owner)), publicOf(f.owner))
		if !errors.Is(err, c.want) || q.Valid() != (c.want == nil) {
			t.Errorf("%s: valid %v, %v, want %v", c.what, q.Valid(), err, c.want)
		}
		if c.want == nil && (!q.Terms().Until.Equal(a.Until) || q.Revision() != 1 || !bytes.Equal(q.Note(), p.Note()) || q.Signer() != p.Signer()) {
			t.Errorf("%s: until %v, revision %d", c.what, q.Terms().Until, q.Revision())
		}
	}
	if p.Revision() != 0 || p.Amendment() != nil || p.Terms().Until.Sub(p.Terms().From) != whole {
		t.Error("the pass itself was changed")
	}

	second := must(t)(pass.SignAmendment(f.amendment(2, time.Hour), f.owner))
	q, err := pass.Amend(p, second, publicOf(f.owner))
	if err != nil || q.Revision() != 2 || !bytes.Equal(q.Amendment(), second) {
		t.Fatalf("revision %d, %v", q.Revision(), err)
	}
	if again, err := pass.Amend(q, second, publicOf(f.owner)); err != nil || again.Revision() != 2 {
		t.Errorf("the same amendment again: %v", err)
	}
	for what, a := range map[string]pass.Amendment{
		"an older revision":              f.amendment(1, 2*time.Hour),
		"the same revision, another end": f.amendment(2, 2*time.Hour),
	} {
		if r, err := pass.Amend(q, must(t)(pass.SignAmendment(a, f.owner)), publicOf(f.owner)); !errors.Is(err, pass.ErrOldRevision) || r.Valid() {
			t.Errorf("%s: %v, want ErrOldRevision", what, err)
		}
	}
	third, err := pass.Amend(q, must(t)(pass.SignAmendment(f.amendment(3, -time.Hour), f.owner)), publicOf(f.owner))
	if err != nil || third.Terms().Until.Sub(third.Terms().From) != whole-time.Hour {
		t.Errorf("shortened: %v, %v", third.Terms().Until, err)
	}
	if r, err := pass.Amend(pass.Pass{}, second, publicOf(f.owner)); err == nil || r.Valid() {
		t.Error("no pass was amended")
	}
	if _, err := pass.Amend(p, second, publicOf(f.device)); !errors.Is(err, pass.ErrSignature) {
		t.Errorf("amended by the device: %v", err)
	}
	for what, spoil := range map[string]func(*pass.Amendment){
		"revision 0":       func(a *pass.Amendment) { a.Revision = 0 },
		"revision too big": func(a *pass.Amendment) { a.Revision = 1<<53 + 1 },
		"no device":        func(a *pass.Amendment) { a.Device = "" },
	} {
		a := f.amendment(1, time.Hour)
		spoil(&a)
		if _, err := pass.SignAmendment(a, f.owner); !errors.Is(err, pass.ErrForm) {
			t.Errorf("%s: %v, want ErrForm", what, err)
		}
	}
}

// TestWhoMayAmend: the owner any pass, a member a pass that they could have signed as it is
// then.
func TestWhoMayAmend(t *testing.T) {
	for _, c := range []struct {
		what  string
		spoil func(*home)
		by    time.Duration
		want  error
	}{
		{"longer", func(*home) {}, time.Hour, nil},
		{"shorter", func(*home) {}, -time.Hour, nil},
		{"beyond the grant", func(h *home) { h.grant.Until = h.terms.Until }, time.Second, pass.ErrGrantOver},
		{"up to the grant's end", func(h *home) { h.grant.Until = h.terms.Until.Add(time.Second) }, time.Second, nil},
		{"a pass without a camera", func(h *home) { h.terms.Camera = false }, time.Hour, pass.ErrNotGranted},
		{"a pass with a large zone", func(h *home) { h.terms.Large = true }, -time.Hour, pass.ErrNotGranted},
		{"without the right", func(h *home) { h.grant.May = pass.MayLock }, -time.Hour, pass.ErrNotGranted},
		{"after the grant", func(h *home) { h.grant.Until = h.terms.From.Add(time.Minute) }, -time.Hour, pass.ErrGrantOver},
	} {
		h := newHome(t)
		c.spoil(&h)
		a := h.authority(t)
		p, err := a.OpenPass(must(t)(pass.SignPass(h.terms, h.owner)))
		if err != nil {
			t.Fatal(err)
		}
		q, err := a.Amend(p, must(t)(pass.SignAmendment(h.amendment(1, c.by), h.member)))
		if !errors.Is(err, c.want) || q.Valid() != (c.want == nil) {
			t.Errorf("%s: valid %v, %v, want %v", c.what, q.Valid(), err, c.want)
		}
		if q, err := a.Amend(p, must(t)(pass.SignAmendment(h.amendment(1, c.by), h.owner))); err != nil || !q.Valid() {
			t.Errorf("%s, by the owner: %v", c.what, err)
		}
		if q, err := a.Amend(p, must(t)(pass.SignAmendment(h.amendment(1, c.by), h.stranger))); !errors.Is(err, pass.ErrSignature) || q.Valid() {
			t.Errorf("%s, by a stranger: %v", c.what, err)
		}
	}
}

// TestAnOwnerExtendsAMembersPass beyond what the member could have signed.
func TestAnOwnerExtendsAMembersPass(t *testing.T) {
	h := newHome(t)
	h.grant.Until = h.terms.Until
	a := h.authority(t)
	p, err := a.OpenPass(must(t)(pass.SignPass(h.terms, h.member)))
	if err != nil {
		t.Fatal(err)
	}
	q, err := a.Amend(p, must(t)(pass.SignAmendment(h.amendment(1, time.Hour), h.owner)))
	if err != nil || a.Permits(q) != nil {
		t.Fatalf("%v, %v", err, a.Permits(q))
	}
	// A revoked member's pass is dead, whoever amended it.
	if _, _, err := a.Take(h.revocation(t, h.member, h.now)); err != nil || !errors.Is(a.Permits(q), pass.ErrNotGranted) {
		t.Errorf("%v, %v", err, a.Permits(q))
	}
}
