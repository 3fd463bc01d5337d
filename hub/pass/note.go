package pass

import (
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// ErrSignature means that the bytes are not signed, once and only, by the key asked for.
var ErrSignature = errors.New("signature is missing, foreign or wrong")

// ErrTooLarge means that a statement is longer than [MaxSize].
var ErrTooLarge = errors.New("statement is too large")

var (
	b64    = base64.RawURLEncoding.Strict()
	b64std = base64.StdEncoding.Strict()
	b32    = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
)

// keyIDSize is the number of bytes of SHA-256(public key) in a key id: 80 bits.
const keyIDSize = 10

// KeyID names an Ed25519 public key: the first 80 bits of its SHA-256 in lower-case
// base32, 16 characters. A device's id is the KeyID of its signing key.
func KeyID(pub ed25519.PublicKey) string {
	sum := sha256.Sum256(pub)
	return b32.EncodeToString(sum[:keyIDSize])
}

// EncodeKey writes a public key as base64url without padding.
func EncodeKey(pub []byte) string { return b64.EncodeToString(pub) }

// DecodeKey reads what EncodeKey wrote for an Ed25519 public key.
func DecodeKey(text string) (ed25519.PublicKey, error) {
	b, err := b64.DecodeString(text)
	if err != nil || len(b) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("%w: public key %.64q", ErrForm, text)
	}
	return b, nil
}

// keyHash is the signed-note key hash of an Ed25519 key named by its KeyID.
func keyHash(pub ed25519.PublicKey) uint32 {
	h := sha256.New()
	h.Write([]byte(KeyID(pub)))
	h.Write([]byte{'\n', algEd25519})
	h.Write(pub)
	return binary.BigEndian.Uint32(h.Sum(nil))
}

const algEd25519 = 1 // C2SP signed-note signature type

// signer adapts a crypto.Signer (an ed25519.PrivateKey, or a chip) to note.Signer.
type signer struct {
	key crypto.Signer
	pub ed25519.PublicKey
}

func (s signer) Name() string    { return KeyID(s.pub) }
func (s signer) KeyHash() uint32 { return keyHash(s.pub) }
func (s signer) Sign(msg []byte) ([]byte, error) {
	return s.key.Sign(nil, msg, crypto.Hash(0))
}

type verifier struct{ pub ed25519.PublicKey }

func (v verifier) Name() string                { return KeyID(v.pub) }
func (v verifier) KeyHash() uint32             { return keyHash(v.pub) }
func (v verifier) Verify(msg, sig []byte) bool { return ed25519.Verify(v.pub, msg, sig) }

// sign makes the signed note of a canonical text.
func sign(text string, key crypto.Signer) ([]byte, error) {
	pub, ok := key.Public().(ed25519.PublicKey)
	if !ok || len(pub) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("sign: %T is no Ed25519 key", key.Public())
	}
	return note.Sign(&note.Note{Text: text}, signer{key, pub})
}

// open returns the text that pub, and nobody else besides, signed.
func open(msg []byte, pub ed25519.PublicKey) (string, error) {
	if len(msg) > MaxSize {
		return "", fmt.Errorf("%w: %d bytes", ErrTooLarge, len(msg))
	}
	if len(pub) != ed25519.PublicKeySize {
		return "", fmt.Errorf("%w: no key to check with", ErrSignature)
	}
	n, err := note.Open(msg, note.VerifierList(verifier{pub}))
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrSignature, err)
	}
	if len(n.Sigs) != 1 || len(n.UnverifiedSigs) != 0 {
		return "", fmt.Errorf("%w: want exactly one signature", ErrSignature)
	}
	// Base64 has more than one spelling of the same bytes; we accept one.
	if _, err := b64std.DecodeString(n.Sigs[0].Base64); err != nil {
		return "", fmt.Errorf("%w: %w", ErrForm, err)
	}
	again := n.Text + "\n— " + n.Sigs[0].Name + " " + n.Sigs[0].Base64 + "\n"
	if again != string(msg) {
		return "", fmt.Errorf("%w: note is not canonical", ErrForm)
	}
	return n.Text, nil
}

// SignerID returns the key id that a note claims to be signed by, unverified, so that
// the caller can find the key to verify it with. Empty when there is none.
func SignerID(msg []byte) string {
	if len(msg) > MaxSize {
		return ""
	}
	_, tail, ok := strings.Cut(string(msg), "\n\n— ")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(tail, " ")
	if !isWord(name) {
		return ""
	}
	return name
}
