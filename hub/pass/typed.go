package pass

import (
	"crypto/subtle"
	"fmt"
)

// Typed is what somebody typed at a door, as far as it can be a code: nine digits whose
// last one is the check digit, or one higher. The zero Typed matches nothing.
type Typed struct {
	code   [CodeDigits]byte // the code that is meant, its check digit put right
	forced int              // 1 when the last digit was one higher
}

// Match is how what was typed compares with a delivery's code.
type Match int

// The three results. Duress is the code, typed by somebody who is forced to.
const (
	NoMatch Match = iota
	Matches
	Duress
)

// ParseTyped reads what was typed; spaces and dashes between the digits are allowed.
//
// The last digit has two spellings that are a try: the check digit, and one higher (9
// becomes 0), which opens the door in just the same way and tells the owner that the
// courier is under duress. There is no second code to remember, to seal or to guess: each
// of the 10^8 codes still has one spelling of each kind, so a guess is worth 1e-8. Any
// other last digit is [ErrTypo], a slip that costs nothing. The price: of the nine ways to
// mistype one digit, one looks like a duress spelling. Of the last digit it is a false
// alarm; of another, a wrong code that counts.
func ParseTyped(text string) (Typed, error) {
	d, err := digitsOf(text)
	if err != nil {
		return Typed{}, err
	}
	t := Typed{code: d}
	check := '0' + damm(d[:CodeDigits-1])
	switch d[CodeDigits-1] {
	case check:
	case duressDigit(check):
		t.code[CodeDigits-1], t.forced = check, 1
	default:
		return Typed{}, ErrTypo
	}
	return t, nil
}

// duressDigit is what a check digit becomes under duress.
func duressDigit(check byte) byte { return '0' + (check-'0'+1)%10 }

// Forced is the code as its courier types it under duress; empty for the zero Code.
func (c Code) Forced() string {
	if len(c.digits) != CodeDigits {
		return ""
	}
	return c.digits[:CodeDigits-1] + string(duressDigit(c.digits[CodeDigits-1]))
}

// Match compares in time that depends neither on the code nor on how much of it is right.
// A zero Code and a zero Typed match nothing, each other included, and take as long.
func (c Code) Match(t Typed) Match {
	var mine [CodeDigits]byte // a zero Code's: no digit is 0
	copy(mine[:], c.digits)
	made := 1 - subtle.ConstantTimeByteEq(mine[0], 0)
	same := subtle.ConstantTimeCompare(mine[:], t.code[:]) & made
	return Match(same + same*t.forced)
}

// Scanned is the secret's QR form as a page sends it or a reader at the door reads it: its
// key in base64url without padding, 22 characters. Empty for a secret without a key.
func (s Secret) Scanned() string {
	if s.Key == [KeySize]byte{} {
		return ""
	}
	return b64.EncodeToString(s.Key[:])
}

// ParseScanned reads what Scanned wrote, in its one spelling.
func ParseScanned(text string) (key [KeySize]byte, err error) {
	key, ok := scanned(text)
	if !ok {
		return key, fmt.Errorf("%w: a scanned key has %d characters of base64url", ErrForm, scannedSize)
	}
	return key, nil
}

// scannedSize is the length of a key in base64url.
const scannedSize = (KeySize*8 + 5) / 6

func scanned(text string) (key [KeySize]byte, ok bool) {
	if len(text) != scannedSize {
		return key, false
	}
	// A line end is skipped by the decoder, and then there is a byte too few.
	n, err := b64.Decode(key[:], []byte(text))
	return key, err == nil && n == KeySize
}

// Match compares a secret with what somebody gave: a code's digits or a scanned key. isKey
// is true when it has the form of a key, right or not. It does the same work whichever it is
// and whatever is wrong with it; what differs is seen in the text alone. The error is
// [ErrTypo] or [ErrNoCode], for what is no try.
func (s Secret) Match(given string) (m Match, isKey bool, err error) {
	typed, err := ParseTyped(given)
	byCode := s.Code.Match(typed)
	key, isKey := scanned(given)
	have := 1 - subtle.ConstantTimeCompare(s.Key[:], make([]byte, KeySize))
	byKey := Match(have & subtle.ConstantTimeCompare(s.Key[:], key[:]))
	if isKey {
		return byKey, true, nil
	}
	return byCode, false, err
}
