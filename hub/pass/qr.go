package pass

import (
	"crypto/ed25519"
	"fmt"
	"strconv"
	"strings"
)

// MaxOrigin bounds the origin of a QR, in bytes.
const MaxOrigin = 128

// QR is what the QR code of a delivery holds: the courier's page as a link, with the 128-bit
// key in its fragment, which no browser sends to a server. A phone opens it as a link, and
// a reader at the door takes it as it is. Whoever has it can open the door once, so it is
// handed on as a code is. Wrong ones slow nobody: nobody guesses 128 bits.
//
// It has one spelling, of which ParseQR reads nothing else:
//
//	ORIGIN/#/c/DELIVERY?k=DEVICE&q=KEY
//
// where ORIGIN is as a browser writes it, and DEVICE (32 bytes) and KEY (16 bytes) are
// base64url without padding.
type QR struct {
	Origin   string            // of the hub's pages: https://home.example
	Delivery string            //
	Device   ed25519.PublicKey // the device's signing key
	Key      [KeySize]byte     // Secret's
}

// Text writes the one spelling. It is no link when ParseQR would refuse it.
func (q QR) Text() string {
	return q.Origin + "/#/c/" + q.Delivery + "?k=" + EncodeKey(q.Device) + "&q=" + b64.EncodeToString(q.Key[:])
}

// Given is the key as [Secret.Match] takes it.
func (q QR) Given() string { return Secret{Key: q.Key}.Scanned() }

// ParseQR reads what a camera or a reader saw.
func ParseQR(text string) (QR, error) {
	if len(text) > MaxOrigin+200 {
		return QR{}, fmt.Errorf("%w: %d bytes", ErrTooLarge, len(text))
	}
	no := func(what string) (QR, error) { return QR{}, fmt.Errorf("%w: QR code: %s", ErrForm, what) }
	origin, rest, ok := strings.Cut(text, "/#/c/")
	if !ok || !isOrigin(origin) {
		return no("want a link to a courier's page")
	}
	delivery, rest, ok := strings.Cut(rest, "?k=")
	if !ok || !isWord(delivery) {
		return no("want a delivery")
	}
	device, rest, ok := strings.Cut(rest, "&q=")
	if !ok {
		return no("want a device and a key")
	}
	pub, err := DecodeKey(device)
	if err != nil {
		return QR{}, err
	}
	key, err := ParseScanned(rest)
	if err != nil {
		return QR{}, err
	}
	q := QR{Origin: origin, Delivery: delivery, Device: pub, Key: key}
	if key == [KeySize]byte{} || q.Text() != text {
		return no("not canonical")
	}
	return q, nil
}

// isOrigin reports whether a browser would write an origin so: a scheme, a host in lower
// case, and a port that is not the scheme's own.
func isOrigin(o string) bool {
	if len(o) > MaxOrigin {
		return false
	}
	host, ok := strings.CutPrefix(o, "https://")
	own := "443"
	if !ok {
		if host, ok = strings.CutPrefix(o, "http://"); !ok {
			return false
		}
		own = "80"
	}
	if v6, ok := strings.CutPrefix(host, "["); ok {
		address, port, ok := strings.Cut(v6, "]")
		return ok && address != "" && strings.Trim(address, "0123456789abcdef:") == "" && (port == "" || isPort(port, own))
	}
	name, port, with := strings.Cut(host, ":")
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == "" && (!with || isPort(":"+port, own))
}

// isPort reports whether text is a colon and a port other than own, in its one spelling.
func isPort(text, own string) bool {
	port, ok := strings.CutPrefix(text, ":")
	n, err := strconv.ParseUint(port, 10, 16)
	return ok && err == nil && n > 0 && strconv.FormatUint(n, 10) == port && port != own
}
