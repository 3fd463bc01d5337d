package pass

import (
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/rand"
	"errors"
	"fmt"
)

// ErrSeal means that a sealed secret cannot be opened with this key for this purpose.
var ErrSeal = errors.New("sealed secret cannot be opened")

// HPKE (RFC 9180), base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
// The info string says what the secret is for and to whom, so that a sealed code cannot
// be passed off as a try, nor a code of one delivery as that of another.
const (
	encSize    = 32
	tagSize    = 16
	sealedSize = encSize + secretSize + tagSize
	secretSize = CodeDigits + KeySize
)

// SealKey is a device's private key for codes. The zero SealKey opens nothing.
type SealKey struct{ key hpke.PrivateKey }

// NewSealKey makes a fresh key.
func NewSealKey() (SealKey, error) {
	k, err := hpke.DHKEM(ecdh.X25519()).GenerateKey()
	if err != nil {
		return SealKey{}, fmt.Errorf("seal key: %w", err)
	}
	return SealKey{k}, nil
}

// ParseSealKey reads what Bytes wrote.
func ParseSealKey(b []byte) (SealKey, error) {
	k, err := hpke.DHKEM(ecdh.X25519()).NewPrivateKey(b)
	if err != nil {
		return SealKey{}, fmt.Errorf("seal key: %w", err)
	}
	return SealKey{k}, nil
}

// Bytes is the private key, 32 bytes, for the device's own storage.
func (k SealKey) Bytes() ([]byte, error) { return k.key.Bytes() }

// Public is the public key, 32 bytes, as a card carries it.
func (k SealKey) Public() []byte { return k.key.PublicKey().Bytes() }

// Secret is what opens the door once: the code for the keypad and the 128-bit key for
// the QR form. It never leaves the phone that made it but sealed.
type Secret struct {
	Code Code
	Key  [KeySize]byte
}

// KeySize is the size of a secret's QR form in bytes.
const KeySize = 16

// NewSecret draws a secret.
func NewSecret() (Secret, error) {
	s := Secret{}
	var err error
	if s.Code, err = NewCode(rand.Reader); err != nil {
		return Secret{}, err
	}
	_, err = rand.Read(s.Key[:])
	return s, err
}

// Seal seals a delivery's secret to the device's public key.
func Seal(s Secret, device, delivery string, pub []byte) ([]byte, error) {
	plain := append([]byte(s.Code.digits), s.Key[:]...)
	return seal(plain, codeInfo(device, delivery), pub)
}

// Unseal opens what Seal sealed for this device and delivery.
func (k SealKey) Unseal(sealed []byte, device, delivery string) (Secret, error) {
	plain, err := k.open(sealed, codeInfo(device, delivery))
	if err != nil {
		return Secret{}, err
	}
	if len(plain) != secretSize {
		return Secret{}, fmt.Errorf("%w: %d bytes inside", ErrSeal, len(plain))
	}
	c, err := ParseCode(string(plain[:CodeDigits]))
	if err != nil {
		return Secret{}, fmt.Errorf("%w: %w", ErrSeal, err)
	}
	s := Secret{Code: c}
	copy(s.Key[:], plain[CodeDigits:])
	return s, nil
}

// maxTry bounds what a courier's page may send as a try: digits or a key.
const maxTry = 64

// KnockSize is the size in bytes of the nonce that a device gives out for one try.
const KnockSize = 32

// SealTry seals what a courier typed (or scanned) on a page, for one delivery and one
// nonce of the device, so that nobody who carries the try can use it later or again.
func SealTry(typed, device, delivery string, knock, pub []byte) ([]byte, error) {
	if len(typed) > maxTry {
		return nil, fmt.Errorf("%w: %d characters typed", ErrForm, len(typed))
	}
	return seal([]byte(typed), tryInfo(device, delivery, knock), pub)
}

// UnsealTry opens what SealTry sealed.
func (k SealKey) UnsealTry(sealed []byte, device, delivery string, knock []byte) (string, error) {
	if len(sealed) > encSize+tagSize+maxTry {
		return "", fmt.Errorf("%w: %d bytes", ErrTooLarge, len(sealed))
	}
	plain, err := k.open(sealed, tryInfo(device, delivery, knock))
	return string(plain), err
}

func codeInfo(device, delivery string) string {
	return "vestibule/code/v1\n" + device + "\n" + delivery
}
func tryInfo(device, delivery string, knock []byte) string {
	return "vestibule/try/v1\n" + device + "\n" + delivery + "\n" + b64.EncodeToString(knock)
}

func seal(plain []byte, info string, pub []byte) ([]byte, error) {
	pk, err := hpke.DHKEM(ecdh.X25519()).NewPublicKey(pub)
	if err != nil {
		return nil, fmt.Errorf("seal: device key: %w", err)
	}
	return hpke.Seal(pk, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte(info), plain)
}

func (k SealKey) open(sealed []byte, info string) ([]byte, error) {
	if k.key == nil {
		return nil, fmt.Errorf("%w: no key", ErrSeal)
	}
	plain, err := hpke.Open(k.key, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte(info), sealed)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSeal, err)
	}
	return plain, nil
}
