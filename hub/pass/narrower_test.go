package pass_test

import (
	"bytes"
	"crypto/ed25519"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vestibule/hub/pass"
)

// story is a random household: what its owner granted and revoked, and one delivery that
// somebody signed.
type story struct {
	grants  []pass.Grant
	revokes []pass.Revocation
	epoch   uint64
	signer  ed25519.PrivateKey
	terms   pass.Terms
	amender ed25519.PrivateKey // nil for no amendment
	until   time.Time          // as amended
}

// drawStory draws within a few hours, so that borders meet often.
func drawStory(t *rapid.T, h home) story {
	at := func(label string, low, high int) time.Time {
		return h.terms.From.Add(time.Duration(rapid.IntRange(low, high).Draw(t, label)) * time.Hour)
	}
	epoch := func(label string) uint64 { return rapid.SampledFrom([]uint64{3, 3, 3, 3, 3, 2, 4}).Draw(t, label) }
	people := []ed25519.PrivateKey{h.member, h.installer, h.stranger}
	all := append([]ed25519.PrivateKey{h.owner}, people...)
	s := story{terms: h.terms, epoch: epoch("epoch")}
	for range rapid.IntRange(1, 6).Draw(t, "grants") {
		g := pass.Grant{Device: h.terms.Device, Key: publicOf(rapid.SampledFrom(people).Draw(t, "who")), Name: "x", Role: pass.Member,
			May: rapid.SampledFrom([]pass.Rights{1, 1, 3, 5, 9, 15, 15, 14}).Draw(t, "may"), From: at("grant from", -5, 1), Epoch: epoch("grant epoch"),
			At: at("granted", -9, 9)}
		g.Until = g.From.Add(time.Duration(rapid.IntRange(2, 20).Draw(t, "hours")) * time.Hour)
		s.grants = append(s.grants, g)
	}
	for range rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "revocations") {
		s.revokes = append(s.revokes, pass.Revocation{Device: h.terms.Device, Key: pass.KeyID(publicOf(rapid.SampledFrom(people).Draw(t, "who"))), At: at("revoked", -9, 0)})
	}
	s.signer = rapid.SampledFrom(append(people, all...)).Draw(t, "signer")
	s.terms.From = at("from", -3, 3)
	s.terms.Epoch = epoch("pass epoch")
	if rapid.IntRange(0, 3).Draw(t, "honest") < 3 { // as somebody would who means well
		g := rapid.SampledFrom(s.grants).Draw(t, "by")
		s.signer = people[slices.IndexFunc(people, func(k ed25519.PrivateKey) bool { return g.Key.Equal(k.Public()) })]
		s.terms.From, s.terms.Epoch = g.From.Add(time.Duration(rapid.IntRange(-1, 2).Draw(t, "after"))*time.Hour), g.Epoch
	}
	s.terms.Until = s.terms.From.Add(time.Duration(rapid.IntRange(1, 4).Draw(t, "window")) * time.Hour)
	s.terms.Camera = rapid.IntRange(0, 9).Draw(t, "camera") < 9
	s.terms.Large = rapid.IntRange(0, 9).Draw(t, "large") == 9
	if rapid.IntRange(0, 9).Draw(t, "watchers") == 9 {
		s.terms.Watchers = []string{h.grant.ID()}
	}
	if rapid.IntRange(0, 2).Draw(t, "amended") == 2 {
		s.amender = rapid.SampledFrom(all).Draw(t, "amender")
		s.until = s.terms.From.Add(time.Duration(rapid.IntRange(1, 12).Draw(t, "new window")) * time.Hour)
	}
	return s
}

// allowed is the rule in other words, from the design: the latest grant of a key counts,
// unless it was revoked later; what is signed lies within it.
func (s story) allowed(h home, key ed25519.PrivateKey, until time.Time, note func(pass.Grant) []byte) bool {
	if key.Equal(h.owner) {
		return true
	}
	var g pass.Grant
	for _, x := range s.grants {
		if x.Key.Equal(key.Public()) && (g.Key == nil || x.At.After(g.At) || x.At.Equal(g.At) && bytes.Compare(note(x), note(g)) > 0) {
			g = x
		}
	}
	if g.Key == nil || g.Epoch < s.epoch || g.Epoch != s.terms.Epoch || g.May&pass.MayDeliver == 0 {
		return false
	}
	for _, r := range s.revokes {
		if r.Key == g.ID() && !g.At.After(r.At) {
			return false
		}
	}
	inside := !s.terms.From.Before(g.From) && !until.After(g.Until)
	return inside && s.terms.Camera && !s.terms.Large && slices.Contains(s.terms.Watchers, pass.KeyID(publicOf(h.owner)))
}

// TestNarrowerOnly: an authority answers as the rule in other words does, whatever was
// granted, revoked and signed, and in whatever order it hears of it.
func TestNarrowerOnly(t *testing.T) {
	h := newHome(t)
	accepted, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		s := drawStory(t, h)
		sign := func(b []byte, err error) []byte {
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		note := func(g pass.Grant) []byte { return sign(pass.SignGrant(g, h.owner)) }
		var notes [][]byte
		for _, g := range s.grants {
			notes = append(notes, note(g))
		}
		for _, r := range s.revokes {
			notes = append(notes, sign(pass.SignRevocation(r, h.owner)))
		}
		hear := func(notes [][]byte) *pass.Authority {
			a := pass.NewAuthority(h.terms.Device, publicOf(h.owner), s.epoch)
			for _, n := range notes {
				if _, _, err := a.Take(n); err != nil {
					t.Fatal(err)
				}
			}
			return a
		}
		msg := sign(pass.SignPass(s.terms, s.signer))
		var amendment []byte
		if s.amender != nil {
			amendment = sign(pass.SignAmendment(pass.Amendment{Device: h.terms.Device, Delivery: s.terms.Delivery, Revision: 1, Until: s.until, At: h.now}, s.amender))
		}
		open := func(a *pass.Authority) bool {
			p, err := a.OpenPass(msg)
			if err == nil && amendment != nil {
				p, err = a.Amend(p, amendment)
			}
			if (err == nil) != p.Valid() || (err == nil) != (a.Permits(p) == nil) {
				t.Fatalf("error %v, valid %v, permitted %v", err, p.Valid(), a.Permits(p))
			}
			return err == nil
		}
		want := s.allowed(h, s.signer, s.terms.Until, note) && (s.amender == nil || s.allowed(h, s.amender, s.until, note))
		got := open(hear(notes))
		if got != want {
			t.Fatalf("opened: %v, want %v", got, want)
		}
		shuffled := rapid.Permutation(notes).Draw(t, "order")
		if open(hear(shuffled)) != got || !slices.EqualFunc(hear(shuffled).Notes(), hear(notes).Notes(), bytes.Equal) {
			t.Fatal("the order decides")
		}
		// To revoke never permits more.
		if more := hear(append(notes, sign(pass.SignRevocation(pass.Revocation{Device: h.terms.Device, Key: h.grant.ID(), At: h.now}, h.owner)))); open(more) && !got {
			t.Fatal("a revocation permitted it")
		}
		// Nor does what a member signs count without the grants.
		if !s.signer.Equal(h.owner) && open(hear(nil)) {
			t.Fatal("permitted without a grant")
		}
		if got && !s.signer.Equal(h.owner) {
			accepted++
		} else if !got {
			refused++
		}
	})
	t.Logf("%d passes of members were permitted, %d refused", accepted, refused)
	if accepted == 0 || refused == 0 {
		t.Error("the stories are of one kind")
	}
}
