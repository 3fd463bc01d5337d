package book

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
)

var owner = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))

func signed(t *testing.T, delivery string, epoch uint64) pass.Pass {
	t.Helper()
	pub := owner.Public().(ed25519.PublicKey)
	from := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	note, err := pass.SignPass(pass.Terms{Device: "abcdefghijklmnop", Delivery: delivery, Epoch: epoch, From: from, Until: from.Add(time.Hour),
		Zones: [][]pass.Point{{{X: 0, Y: 0}, {X: 9, Y: 0}, {X: 9, Y: 9}}}, Lamp: pass.Box{Max: pass.Point{X: 1, Y: 1}}, Mode: pass.Blur,
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

func colours(b byte) []byte { return bytes.Repeat([]byte{b}, pipe.TintSize) }

func TestTintsStand(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "passes")
	b, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Keep(signed(t, "a", 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Tint("a"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("before there is one: %v", err)
	}
	if _, err := b.KeepTint("a", colours(1)[1:]); err == nil {
		t.Error("a short one is kept")
	}
	for i := range byte(3) {
		got, err := b.KeepTint("a", colours(i))
		if err != nil || !bytes.Equal(got, colours(0)) {
			t.Errorf("tint %d: %.8x stands, %v", i, got, err)
		}
	}
	again, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := again.Tint("a"); err != nil || !bytes.Equal(got, colours(0)) {
		t.Errorf("read again: %.8x, %v", got, err)
	}
	if notes, err := again.Notes(); err != nil || len(notes) != 1 {
		t.Errorf("a tint is taken for a pass: %d notes, %v", len(notes), err)
	}
	for _, size := range []int64{pipe.TintSize - 1, pipe.TintSize + 1, 0} {
		if err := os.Truncate(filepath.Join(dir, "a.tint"), size); err != nil {
			t.Fatal(err)
		}
		if got, err := again.KeepTint("a", colours(7)); err != nil || got != nil {
			t.Errorf("damaged, of %d bytes: %.8x, %v", size, got, err)
		}
	}
	if err := again.Drop("a"); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%v, %v are left, want the epoch only", left, err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if got, err := b.KeepTint("a", colours(1)); err == nil || got != nil {
		t.Errorf("without a folder: %.8x, %v", got, err)
	}
}

func TestCutsStand(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "passes")
	b, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Keep(signed(t, "a", 1)); err != nil {
		t.Fatal(err)
	}
	if cut, err := b.Cut("a"); !errors.Is(err, os.ErrNotExist) || cut != "" {
		t.Errorf("before there is one: %q, %v", cut, err)
	}
	for _, junk := range []string{"", strings.Repeat("x", pipe.MaxCut+1)} {
		if err := b.KeepCut("a", junk); err == nil {
			t.Errorf("%q is kept", junk)
		}
	}
	for _, cut := range []string{"1280x720 to 640x480", "640x480 to 640x480"} {
		if err := b.KeepCut("a", cut); err != nil {
			t.Error(err)
		}
	}
	again, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if cut, err := again.Cut("a"); err != nil || cut != "1280x720 to 640x480" {
		t.Errorf("%q, %v", cut, err)
	}
	for _, size := range []int64{1 << 20, pipe.MaxCut + 1, 10, 0} {
		if err := os.Truncate(filepath.Join(dir, "a.cut"), size); err != nil {
			t.Fatal(err)
		}
		if cut, err := again.Cut("a"); err == nil || cut != Damaged {
			t.Errorf("of %d bytes: %q, %v", size, cut, err)
		}
	}
	if err := again.Drop("a"); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%v, %v are left, want the epoch only", left, err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := b.KeepCut("a", "1x1"); err == nil {
		t.Error("kept without a folder")
	}
}

func TestTidy(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "passes")
	b, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Keep(signed(t, "a", 1)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.tint", "b.tint", "a.cut", "b.cut", "b.amend", ".a.tint.123", ".a.pass.4"} {
		if err := os.WriteFile(filepath.Join(dir, name), colours(1), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Tidy(); err != nil {
		t.Fatal(err)
	}
	var left []string
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if err != nil || !slices.Equal(left, []string{"a.cut", "a.pass", "a.tint", "epoch"}) {
		t.Errorf("left: %v, %v", left, err)
	}
}
