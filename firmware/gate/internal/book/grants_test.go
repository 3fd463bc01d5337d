package book

import (
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"vestibule/hub/pass"
)

func amended(t *testing.T, p pass.Pass, revision uint64) pass.Pass {
	t.Helper()
	terms := p.Terms()
	note, err := pass.SignAmendment(pass.Amendment{Device: terms.Device, Delivery: terms.Delivery, Revision: revision,
		Until: terms.From.Add(time.Duration(revision) * time.Minute), At: terms.From}, owner)
	if err != nil {
		t.Fatal(err)
	}
	q, err := pass.Amend(p, note, owner.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestAmendments(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "passes")
	b, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	p := signed(t, "a", 1)
	if err := errors.Join(b.Keep(p), b.Amend(p)); err != nil {
		t.Fatal(err)
	}
	if err := b.Amend(pass.Pass{}); err == nil {
		t.Error("an amendment of nothing")
	}
	if _, err := b.Amendment("a"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("before there is one: %v", err)
	}
	for revision := range uint64(3) {
		q := amended(t, p, revision+1)
		if err := b.Amend(q); err != nil {
			t.Fatal(err)
		}
		if got, err := b.Amendment("a"); err != nil || string(got) != string(q.Amendment()) {
			t.Errorf("revision %d: %q, %v", revision+1, got, err)
		}
	}
	if notes, err := b.Notes(); err != nil || len(notes) != 1 || string(notes[0]) != string(p.Note()) {
		t.Errorf("%d passes, %v", len(notes), err)
	}
	if err := b.Amend(p); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Amendment("a"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after going back: %v", err)
	}
	if err := errors.Join(b.Amend(amended(t, p, 9)), b.Drop("a")); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%v, %v are left, want the epoch only", left, err)
	}
	// The power went between a pass and its amendment being dropped.
	if err := errors.Join(b.Amend(amended(t, p, 9)), b.Tidy()); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%v, %v are left, want the epoch only", left, err)
	}
}

func TestGrants(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "passes")
	b, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	member := ed25519.NewKeyFromSeed(slices.Repeat([]byte{1}, ed25519.SeedSize)).Public().(ed25519.PublicKey)
	at := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	grants := func(may pass.Rights) []byte {
		note, err := pass.SignGrant(pass.Grant{Device: "abcdefghijklmnop", Key: member, Name: "Robin", Role: pass.Member, May: may,
			From: at, Until: at.Add(time.Hour), At: at}, owner)
		if err != nil {
			t.Fatal(err)
		}
		return note
	}
	revoked, err := pass.SignRevocation(pass.Revocation{Device: "abcdefghijklmnop", Key: pass.KeyID(member), At: at}, owner)
	if err != nil {
		t.Fatal(err)
	}
	for _, note := range [][]byte{grants(pass.MayWatch), grants(pass.MayLock), revoked} {
		if err := b.KeepGrant(pass.KeyID(member), note); err != nil {
			t.Fatal(err)
		}
	}
	again, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	notes, err := again.Grants()
	if err != nil || len(notes) != 2 || string(notes[0]) != string(grants(pass.MayLock)) || string(notes[1]) != string(revoked) {
		t.Errorf("%q, %v", notes, err)
	}
	if err := again.Tidy(); err != nil {
		t.Fatal(err)
	}
	if notes, err := again.Grants(); err != nil || len(notes) != 2 {
		t.Errorf("tidied away: %d, %v", len(notes), err)
	}
	if notes, err := again.Notes(); err != nil || len(notes) != 0 {
		t.Errorf("a grant is taken for a pass: %d, %v", len(notes), err)
	}
}
