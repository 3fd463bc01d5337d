// Package keys holds who the device is and whom it obeys: its signing key, its key for
// sealed codes, the pairing secret until it is used, and the owner's public key.
//
// Everything is in one folder that only gate's user can read (mode 0700, files 0600):
//
//	sign     seed of the Ed25519 signing key, base64url
//	seal     X25519 private key for sealed codes, base64url
//	pairing  the secret that the first owner has to prove, base64url; gone once used
//	owner    {"key": public key, base64url, "name": ...}
//
// The keys are made on first use, on the device, and never leave it. A second folder, the
// trust folder, carries copies of the two public keys for eye: owner.pub and device.pub,
// one base64url line each, mode 0644.
//
// Only the first owner can be paired here. Non-goals: more owners, recovery, chips that
// keep the key (Sign takes a crypto.Signer in hub/pass, so that one can come).
package keys

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"vestibule/firmware/gate/internal/files"
	"vestibule/hub/pass"
)

const (
	signFile    = "sign"
	sealFile    = "seal"
	pairingFile = "pairing"
	ownerFile   = "owner"

	largest = 4096 // bytes of any of these files
	maxName = 64   // runes of an owner's name
)

// Why a pairing is refused.
var (
	ErrPaired = errors.New("this device has an owner already")
	ErrProof  = errors.New("not the secret in the link that this device showed")
)

var b64 = base64.RawURLEncoding.Strict()

// Keys are a device's keys. Its methods may be called from any goroutine but Pair, which
// must be called from one at a time and not beside the others.
type Keys struct {
	dir     string
	sign    ed25519.PrivateKey
	seal    pass.SealKey
	pairing []byte // nil once paired
	owner   Owner
}

// Owner is whom the device obeys. The zero Owner is nobody.
type Owner struct {
	Key  ed25519.PublicKey
	Name string // what they call themselves; shown to the household
}

// Open reads the keys in dir, making the folder and what is missing.
func Open(dir string) (*Keys, error) {
	k, err := open(dir)
	if err != nil {
		return nil, fmt.Errorf("keys in %s: %w", dir, err)
	}
	return k, nil
}

func open(dir string) (*Keys, error) {
	if err := files.Folder(dir); err != nil {
		return nil, err
	}
	k := &Keys{dir: dir}
	seed, err := k.have(signFile, ed25519.SeedSize, func() ([]byte, error) {
		return random(ed25519.SeedSize)
	})
	if err != nil {
		return nil, err
	}
	k.sign = ed25519.NewKeyFromSeed(seed)
	private, err := k.have(sealFile, 32, func() ([]byte, error) {
		s, err := pass.NewSealKey()
		if err != nil {
			return nil, err
		}
		return s.Bytes()
	})
	if err != nil {
		return nil, err
	}
	if k.seal, err = pass.ParseSealKey(private); err != nil {
		return nil, err
	}
	if err := k.readOwner(); err != nil {
		return nil, err
	}
	if k.Paired() {
		// It was burned with the pairing, unless the power went just then.
		return k, files.Remove(k.path(pairingFile))
	}
	k.pairing, err = k.have(pairingFile, pass.PairingSize, func() ([]byte, error) {
		return random(pass.PairingSize)
	})
	return k, err
}

func (k *Keys) path(name string) string { return filepath.Join(k.dir, name) }

// have reads a secret, or makes it. Of two programs that make it at once, one wins and both
// have its secret.
func (k *Keys) have(name string, size int, fresh func() ([]byte, error)) ([]byte, error) {
	secret, err := k.read(name, size)
	if !errors.Is(err, os.ErrNotExist) {
		return secret, err
	}
	if secret, err = fresh(); err != nil {
		return nil, err
	}
	err = files.Create(k.path(name), []byte(b64.EncodeToString(secret)+"\n"), 0o600)
	if errors.Is(err, os.ErrExist) {
		return k.read(name, size)
	}
	return secret, err
}

func (k *Keys) read(name string, size int) ([]byte, error) {
	b, err := files.Read(k.path(name), largest)
	if err != nil {
		return nil, err
	}
	secret, err := b64.DecodeString(string(bytes.TrimSuffix(b, []byte("\n"))))
	if err != nil || len(secret) != size {
		// What is in the file is not for the log.
		return nil, fmt.Errorf("%s is damaged: want %d bytes in base64url", name, size)
	}
	return secret, nil
}

func random(size int) ([]byte, error) {
	b := make([]byte, size)
	_, err := rand.Read(b)
	return b, err
}

type ownerForm struct {
	Key  string `json:"key"`
	Name string `json:"name"`
}

func (k *Keys) readOwner() error {
	b, err := files.Read(k.path(ownerFile), largest)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var f ownerForm
	if err := json.Unmarshal(b, &f); err != nil {
		return fmt.Errorf("%s is damaged: %w", ownerFile, err)
	}
	key, err := pass.DecodeKey(f.Key)
	if err != nil {
		return fmt.Errorf("%s is damaged: %w", ownerFile, err)
	}
	k.owner = Owner{Key: key, Name: f.Name}
	return nil
}

// Device is the device's id.
func (k *Keys) Device() string { return pass.KeyID(k.SignPublic()) }

// Signer signs in the device's name.
func (k *Keys) Signer() ed25519.PrivateKey { return k.sign }

// SignPublic verifies what Signer signed.
func (k *Keys) SignPublic() ed25519.PublicKey { return k.sign.Public().(ed25519.PublicKey) }

// Seal opens what was sealed to the device.
func (k *Keys) Seal() pass.SealKey { return k.seal }

// Paired reports whether the device has an owner.
func (k *Keys) Paired() bool { return len(k.owner.Key) > 0 }

// Owner is whom the device obeys; the zero Owner before it is paired.
func (k *Keys) Owner() Owner { return k.owner }

// Pairing is the secret for the first owner's link, nil once it is used.
func (k *Keys) Pairing() []byte { return bytes.Clone(k.pairing) }

// Pair makes key the owner if mac proves the pairing secret, and burns the secret. When it
// returns nil the owner is on disk. It fails with ErrPaired, ErrProof, or what the disk
// says; then nothing has changed.
func (k *Keys) Pair(key ed25519.PublicKey, name string, mac []byte) error {
	if k.Paired() {
		return ErrPaired
	}
	if len(key) != ed25519.PublicKeySize || !pass.CheckPairMAC(mac, k.pairing, k.Device(), key) {
		return ErrProof
	}
	if r := []rune(name); len(r) > maxName {
		name = string(r[:maxName])
	}
	b, err := json.Marshal(ownerForm{Key: pass.EncodeKey(key), Name: name})
	if err != nil {
		return fmt.Errorf("pair: %w", err)
	}
	if err := files.Create(k.path(ownerFile), b, 0o600); err != nil {
		return fmt.Errorf("pair: %w", err)
	}
	k.owner = Owner{Key: bytes.Clone(key), Name: name}
	clear(k.pairing)
	k.pairing = nil
	// From here on the owner counts; Open burns what could not be burned now.
	return files.Remove(k.path(pairingFile))
}

// Card is the device's signed card for its owner.
func (k *Keys) Card() ([]byte, error) {
	if !k.Paired() {
		return nil, errors.New("no card without an owner")
	}
	return pass.SignCard(pass.Card{Device: k.Device(), Sign: k.SignPublic(), Seal: k.seal.Public(), Owner: pass.KeyID(k.owner.Key)}, k.sign)
}

// Publish puts the public keys into the trust folder, for eye to read.
func (k *Keys) Publish(trust string) error {
	if err := os.MkdirAll(trust, 0o755); err != nil {
		return fmt.Errorf("trust folder: %w", err)
	}
	put := func(name string, key ed25519.PublicKey) error {
		// A full disk is no reason to fail while the right key is there.
		if b, err := files.Read(filepath.Join(trust, name), largest); err == nil && string(b) == pass.EncodeKey(key)+"\n" {
			return nil
		}
		return files.Replace(filepath.Join(trust, name), []byte(pass.EncodeKey(key)+"\n"), 0o644)
	}
	if err := put("device.pub", k.SignPublic()); err != nil {
		return fmt.Errorf("trust folder: %w", err)
	}
	if !k.Paired() {
		return nil
	}
	if err := put("owner.pub", k.owner.Key); err != nil {
		return fmt.Errorf("trust folder: %w", err)
	}
	return nil
}

// Identity is what a hub has to know of a device to let it in, and, until it is paired,
// what its first owner has to know.
type Identity struct {
	Device  string `json:"device"`
	Sign    string `json:"sign"`              // public key, base64url
	HPKE    string `json:"hpke"`              // public key, base64url
	Pairing string `json:"pairing,omitempty"` // secret, base64url; absent once paired
}

// Identity returns who the device is.
func (k *Keys) Identity() Identity {
	return Identity{
		Device:  k.Device(),
		Sign:    pass.EncodeKey(k.SignPublic()),
		HPKE:    pass.EncodeKey(k.seal.Public()),
		Pairing: b64.EncodeToString(k.pairing),
	}
}
