package wiegand

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"time"
)

// The length of a card's number in bits, both parity bits included.
const (
	Shortest = 26
	Longest  = 37
)

const (
	keyBits     = 4                      // a key
	keyBitsSafe = 8                      // a key, its complement in front
	tooNear     = 100 * time.Microsecond // two pulses this near are chatter: readers leave 0.2 ms to 20 ms
	tooFar      = 25 * time.Millisecond  // and this far are two transmissions
)

// Errors of [Decode]. None says which bits came: they may be half of somebody's card.
var (
	ErrLength  = errors.New("wiegand: not a length that is known")
	ErrParity  = errors.New("wiegand: the parity is wrong")
	ErrKey     = errors.New("wiegand: no such key")
	ErrChatter = errors.New("wiegand: pulses too near or too far from each other")
)

// Pulse is a pulse on one of the two lines.
type Pulse struct {
	One bool          // on D1; else on D0
	At  time.Duration // when it began, on any clock that does not jump
}

// Message is one transmission: a key or a card. Its zero value is neither.
type Message struct {
	Key  byte   // '0' to '9', '*' or '#'; 0 for a card
	Bits int    // how long the card's number was, 26 to 37, with its parity
	Card uint64 // the card's number, without its parity
}

// Decode reads one transmission, whose pulses may come in any order.
//
// 4 bits are a key, 8 bits a key behind its complement: 0 to 9, 10 for *, 11 for #. 26 to 37 bits are
// a card: the first bit makes the parity of the first half even, the last bit that of the second half
// odd; in a number of odd length the halves share the middle bit. That is the 26-bit format H10301
// and what 34-bit and 37-bit (H10302, H10304) readers do. Formats with another parity, such as
// the 35-bit Corporate 1000, are refused: a number nobody checked is none.
func Decode(pulses []Pulse) (Message, error) {
	n := len(pulses)
	if n != keyBits && n != keyBitsSafe && (n < Shortest || n > Longest) {
		return Message{}, fmt.Errorf("%w: %d bits", ErrLength, n)
	}
	sorted := slices.SortedFunc(slices.Values(pulses), func(a, b Pulse) int { return int(min(max(a.At-b.At, -1), 1)) })
	var word uint64
	for i, p := range sorted {
		if i > 0 && (p.At-sorted[i-1].At < tooNear || p.At-sorted[i-1].At > tooFar) {
			return Message{}, ErrChatter
		}
		word <<= 1
		if p.One {
			word |= 1
		}
	}
	if n <= keyBitsSafe {
		return key(word, n)
	}
	return card(word, n)
}

func key(word uint64, n int) (Message, error) {
	const keys = "0123456789*#"
	k := word & 0xf
	if n == keyBitsSafe && word>>4 != ^k&0xf {
		return Message{}, ErrParity
	}
	if k >= uint64(len(keys)) {
		return Message{}, ErrKey
	}
	return Message{Key: keys[k]}, nil
}

func card(word uint64, n int) (Message, error) {
	half := (n - 1) / 2 // of the n-2 bits of data, the middle one counted twice if they are odd
	first := word >> (n - 1 - half)
	second := word & (1<<(half+1) - 1)
	if bits.OnesCount64(first)%2 != 0 || bits.OnesCount64(second)%2 != 1 {
		return Message{}, ErrParity
	}
	return Message{Bits: n, Card: word >> 1 & (1<<(n-2) - 1)}, nil
}
