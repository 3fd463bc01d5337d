package book

import (
	"crypto/ed25519"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vestibule/hub/pass"
)

var owner = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))

func signed(t *testing.T, delivery string, epoch uint64) pass.Pass {
	t.Helper()
	pub := owner.Public().(ed25519.PublicKey)
	from := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	note, err := pass.SignPass(pass.Terms{Device: "abcdefghijklmnop", Delivery: delivery, Epoch: epoch, From: from, Until: from.Add(time.Hour),
		Zone: []pass.Point{{X: 0, Y: 0}, {X: 9, Y: 0}, {X: 9, Y: 9}}, Lamp: pass.Box{Max: pass.Point{X: 1, Y: 1}}, Mode: pass.Blur,
		Sealed: make([]byte, 73), Entries: 1, Watchers: []string{pass.KeyID(pub)}}, owner)
	if err != nil {
		t.Fatal(err)
	}
	p, err := pass.OpenPass(note, pub)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestBook(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "passes")
	b, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Keep(pass.Pass{}); err == nil {
		t.Error("kept what nobody signed")
	}
	for _, p := range []pass.Pass{signed(t, "a", 7), signed(t, "b", 3)} {
		if err := b.Keep(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Drop("a"); err != nil {
		t.Fatal(err)
	}
	if err := b.Drop("a"); err != nil {
		t.Errorf("dropped twice: %v", err)
	}
	again, err := Open(dir)
	if err != nil || again.Epoch() != 7 {
		t.Fatalf("epoch %d, %v; want 7, also without its pass", again.Epoch(), err)
	}
	notes, err := again.Notes()
	if err != nil || len(notes) != 1 || string(notes[0]) != string(signed(t, "b", 3).Note()) {
		t.Errorf("%d notes, %v", len(notes), err)
	}
	if err := os.WriteFile(filepath.Join(dir, "c.pass"), make([]byte, pass.MaxSize+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if notes, err := again.Notes(); err == nil || len(notes) != 1 {
		t.Errorf("with a file that is too large: %d notes, %v; want 1 and an error", len(notes), err)
	}
	if err := os.WriteFile(filepath.Join(dir, epochFile), []byte("no number"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil {
		t.Error("a lost epoch is taken for none")
	}
}
