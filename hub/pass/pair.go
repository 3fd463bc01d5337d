package pass

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
)

// PairingSize is the size in bytes of the secret that a new device shows once, in the
// link that its first owner opens.
const PairingSize = 16

// PairMAC proves, without showing it, that whoever wants to own the device with this key
// holds the pairing secret. HMAC-SHA256.
func PairMAC(secret []byte, device string, owner ed25519.PublicKey) []byte {
	m := hmac.New(sha256.New, secret)
	m.Write([]byte("vestibule/pair/v1\n" + device + "\n" + EncodeKey(owner) + "\n"))
	return m.Sum(nil)
}

// CheckPairMAC compares in constant time. An empty secret proves nothing.
func CheckPairMAC(mac, secret []byte, device string, owner ed25519.PublicKey) bool {
	return len(secret) == PairingSize && hmac.Equal(mac, PairMAC(secret, device, owner))
}
