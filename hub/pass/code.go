package pass

import (
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// CodeDigits is the length of a code: 8 random digits and a check digit.
const CodeDigits = 9

// ErrTypo means that the check digit does not fit: a slip, not a guess. It costs no
// attempt.
var ErrTypo = errors.New("check digit does not fit")

// ErrNoCode means that the text has not the shape of a code at all.
var ErrNoCode = errors.New("a code has nine digits")

// Code is what a courier types: 8 random digits (26.6 bits) and a Damm check digit. The
// zero Code matches nothing.
type Code struct{ digits string }

// NewCode draws a code from random, each of the 10^8 equally likely.
func NewCode(random io.Reader) (Code, error) {
	const codes = 100_000_000
	// Draws above the largest multiple of codes would favour small codes.
	const limit = (1<<32 - 1) / codes * codes
	var b [4]byte
	for {
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return Code{}, fmt.Errorf("draw a code: %w", err)
		}
		if n := binary.BigEndian.Uint32(b[:]); n < limit {
			d := fmt.Appendf(nil, "%08d", n%codes)
			return Code{string(append(d, '0'+damm(d)))}, nil
		}
	}
}

// ParseCode reads a code as it was made; spaces and dashes between the digits are allowed.
// What somebody types at a door is for [ParseTyped].
func ParseCode(text string) (Code, error) {
	d, err := digitsOf(text)
	if err != nil {
		return Code{}, err
	}
	if damm(d[:]) != 0 {
		return Code{}, ErrTypo
	}
	return Code{string(d[:])}, nil
}

// digitsOf takes the nine digits out of a text.
func digitsOf(text string) (d [CodeDigits]byte, err error) {
	n := 0
	for _, c := range text {
		switch {
		case c == ' ' || c == '-' || c == '\u00a0' || c == '\u202f':
		case c < '0' || c > '9' || n == len(d):
			return d, ErrNoCode
		default:
			d[n] = byte(c)
			n++
		}
	}
	if n < len(d) {
		return d, ErrNoCode
	}
	return d, nil
}

// String shows the code as people read it aloud: 3-3-3.
func (c Code) String() string {
	if c.digits == "" {
		return ""
	}
	return c.digits[:3] + " " + c.digits[3:6] + " " + c.digits[6:]
}

// Digits is the code without spaces.
func (c Code) Digits() string { return c.digits }

// Equal compares in constant time; a zero Code equals nothing.
func (c Code) Equal(d Code) bool {
	return len(c.digits) == CodeDigits && subtle.ConstantTimeCompare([]byte(c.digits), []byte(d.digits)) == 1
}

// damm is the check digit of a string of digits; 0 when the last one is already right.
// It catches every single wrong digit and every swap of two neighbours.
// H. M. Damm, "Totally anti-symmetric quasigroups for all orders n != 2, 6", 2007.
func damm(digits []byte) byte {
	var interim byte
	for _, d := range digits {
		interim = dammTable[interim][d-'0']
	}
	return interim
}

var dammTable = [10][10]byte{
	{0, 3, 1, 7, 5, 9, 8, 6, 4, 2},
	{7, 0, 9, 2, 1, 5, 4, 8, 6, 3},
	{4, 2, 0, 6, 8, 7, 1, 3, 5, 9},
	{1, 7, 5, 0, 9, 8, 3, 4, 2, 6},
	{6, 1, 2, 3, 0, 4, 5, 9, 7, 8},
	{3, 6, 7, 4, 2, 0, 9, 5, 8, 1},
	{5, 8, 6, 9, 7, 2, 0, 1, 3, 4},
	{8, 9, 4, 5, 3, 6, 2, 0, 1, 7},
	{9, 4, 3, 8, 6, 1, 7, 2, 0, 5},
	{2, 5, 8, 1, 4, 3, 6, 7, 9, 0},
}
