package keys

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"vestibule/hub/pass"
)

func mustOpen(t *testing.T, dir string) *Keys {
	t.Helper()
	k, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func ownerKey(t *testing.T) ed25519.PublicKey {
	t.Helper()
	pub, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return pub
}

func TestKeysStay(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gate", "keys")
	a := mustOpen(t, dir)
	b := mustOpen(t, dir)
	if a.Identity() != b.Identity() || a.Identity().Pairing == "" {
		t.Errorf("identities differ:\n%+v\n%+v", a.Identity(), b.Identity())
	}
	for name, want := range map[string]os.FileMode{".": 0o700, "sign": 0o600, "seal": 0o600, "pairing": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: mode %v, %v; want %v", name, info.Mode().Perm(), err, want)
		}
	}
	secret, err := pass.NewSecret()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := pass.Seal(secret, a.Device(), "d", a.Seal().Public())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := b.Seal().Unseal(sealed, b.Device(), "d"); err != nil || got != secret {
		t.Errorf("unsealed %v, %v", got, err)
	}
}

// Programs that need the keys at the same moment, on a new device, have the same ones.
func TestKeysMadeOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	ids := make([]Identity, 8)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			k, err := Open(dir)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = k.Identity()
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("%+v and %+v", id, ids[0])
		}
	}
}

func TestPairing(t *testing.T) {
	dir, trust := filepath.Join(t.TempDir(), "keys"), filepath.Join(t.TempDir(), "trust")
	k := mustOpen(t, dir)
	if _, err := k.Card(); err == nil {
		t.Error("a card without an owner")
	}
	owner, secret := ownerKey(t), k.Pairing()
	mac := pass.PairMAC(secret, k.Device(), owner)
	for name, try := range map[string]struct {
		key ed25519.PublicKey
		mac []byte
	}{
		"another key":     {ownerKey(t), mac},
		"no proof":        {owner, nil},
		"a short proof":   {owner, mac[:31]},
		"no key":          {nil, mac},
		"a guessed proof": {owner, pass.PairMAC(make([]byte, pass.PairingSize), k.Device(), owner)},
		"another device":  {owner, pass.PairMAC(secret, "abcdefghijklmnop", owner)},
	} {
		if err := k.Pair(try.key, "", try.mac); !errors.Is(err, ErrProof) {
			t.Errorf("%s: %v, want ErrProof", name, err)
		}
	}
	if k.Paired() {
		t.Fatal("paired without a proof")
	}
	if err := k.Pair(owner, strings.Repeat("é", 100), mac); err != nil {
		t.Fatal(err)
	}
	if err := k.Pair(owner, "again", mac); !errors.Is(err, ErrPaired) {
		t.Errorf("a second pairing: %v, want ErrPaired", err)
	}
	if k.Identity().Pairing != "" {
		t.Error("the secret is shown after it was used")
	}
	if err := k.Publish(trust); err != nil {
		t.Fatal(err)
	}
	again := mustOpen(t, dir)
	if !bytes.Equal(again.Owner().Key, owner) || len([]rune(again.Owner().Name)) != maxName || again.Pairing() != nil {
		t.Errorf("after a restart: %+v", again.Owner())
	}
	card, err := again.Card()
	if err != nil {
		t.Fatal(err)
	}
	c, err := pass.OpenCard(card, k.SignPublic())
	if err != nil || c.Owner != pass.KeyID(owner) {
		t.Errorf("card %+v, %v", c, err)
	}
	b, err := os.ReadFile(filepath.Join(trust, "owner.pub"))
	if err != nil || string(b) != pass.EncodeKey(owner)+"\n" {
		t.Errorf("owner.pub %q, %v", b, err)
	}
	info, err := os.Stat(filepath.Join(trust, "owner.pub"))
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("owner.pub: mode %v, %v", info.Mode(), err)
	}
}

// The power goes between the owner's file and the burning of the secret: the next start
// burns it.
func TestSecretBurnedAtNextStart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	k := mustOpen(t, dir)
	owner, secret := ownerKey(t), k.Pairing()
	if err := k.Pair(owner, "", pass.PairMAC(secret, k.Device(), owner)); err != nil {
		t.Fatal(err)
	}
	p := filepath.Join(dir, pairingFile)
	if err := os.WriteFile(p, []byte(b64.EncodeToString(secret)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if again := mustOpen(t, dir); again.Pairing() != nil {
		t.Error("the secret lives")
	}
	if _, err := os.Stat(p); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the secret's file is there: %v", err)
	}
}

func TestDamagedFilesAreNotReplaced(t *testing.T) {
	for _, name := range []string{signFile, sealFile, pairingFile, ownerFile} {
		dir := filepath.Join(t.TempDir(), "keys")
		mustOpen(t, dir)
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte("short"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir); err == nil {
			t.Errorf("%s: damaged, but opened", name)
		}
		if b, err := os.ReadFile(p); err != nil || string(b) != "short" {
			t.Errorf("%s: replaced by %d bytes", name, len(b))
		}
	}
}
