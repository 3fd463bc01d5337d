package pass_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"vestibule/hub/pass"
)

// forger signs any text at all, as somebody with a key and without our rules would.
type forger struct{ key ed25519.PrivateKey }

func (f forger) Name() string { return pass.KeyID(publicOf(f.key)) }

func (f forger) KeyHash() uint32 {
	// The signature of a throw-away note shows the key hash that the package gives the key.
	n, err := pass.SignLogin(pass.Login{Origin: "x"}, f.key)
	if err != nil {
		panic(err)
	}
	fields := strings.Fields(string(n))
	b, err := base64.StdEncoding.DecodeString(fields[len(fields)-1])
	if err != nil {
		panic(err)
	}
	return binary.BigEndian.Uint32(b)
}

func (f forger) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(f.key, msg), nil }

// signText signs a text as it is. Texts that no signed note can hold (control characters)
// are signed by hand.
func signText(text string, key ed25519.PrivateKey) string {
	f := forger{key}
	if n, err := note.Sign(&note.Note{Text: text}, f); err == nil {
		return string(n)
	}
	sig, _ := f.Sign([]byte(text))
	b := binary.BigEndian.AppendUint32(nil, f.KeyHash())
	return text + "\n— " + f.Name() + " " + base64.StdEncoding.EncodeToString(append(b, sig...)) + "\n"
}

// loosen writes bytes in base64url with a last character whose unused bits are set, which
// a lenient decoder reads as the same bytes. len(b) mod 3 must not be 0.
func loosen(b []byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	s := base64.RawURLEncoding.EncodeToString(b)
	last := strings.IndexByte(alphabet, s[len(s)-1])
	return s[:len(s)-1] + string(alphabet[last|1])
}

// loosenSignature does the same to a note's signature.
func loosenSignature(n string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	body := strings.TrimRight(strings.TrimSuffix(n, "\n"), "=")
	padding := strings.TrimSuffix(n, "\n")[len(body):]
	last := strings.IndexByte(alphabet, body[len(body)-1])
	return body[:len(body)-1] + string(alphabet[last|1]) + padding + "\n"
}
