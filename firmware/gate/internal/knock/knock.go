// Package knock makes a courier's try good once and for a short time.
//
// Before a page sends a code it asks gate for a nonce, and seals the code together with
// it. Without that, whoever carries letters could keep a try that was refused, or one that
// opened the door, and send it again when nobody stands there.
//
// A nonce is a time, something random and a MAC under a key that lives as long as the
// process, so asking for one costs gate no memory and strangers who ask do not push out
// anybody's. Only nonces that were spent are remembered, until they would be too old
// anyway. After a restart none of the old ones counts.
//
// Pure: time and randomness are arguments. Not safe for concurrent use.
package knock

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"time"

	"vestibule/hub/pass"
)

// Lifetime is how long a nonce is good for: a person's press and a slow network, no more.
const Lifetime = 15 * time.Second

// maxSpent bounds what is remembered: more tries than that within Lifetime are refused.
const maxSpent = 1024

const (
	timeSize   = 8
	randomSize = 8
)

// Book gives nonces out and takes them back. The zero Book takes none.
type Book struct {
	key   []byte
	spent map[[pass.KnockSize]byte]time.Duration // when each was made
}

// New makes a Book with a fresh random key, at least 32 bytes.
func New(key []byte) *Book {
	return &Book{key: key, spent: map[[pass.KnockSize]byte]time.Duration{}}
}

// Give makes a nonce for a delivery at a monotonic time.
func (b *Book) Give(delivery string, now time.Duration, random [randomSize]byte) []byte {
	n := binary.BigEndian.AppendUint64(nil, uint64(now))
	n = append(n, random[:]...)
	return append(n, b.mac(n, delivery)...)
}

// Take reports whether a nonce was made here for this delivery not long ago, and has not
// been taken before.
func (b *Book) Take(nonce []byte, delivery string, now time.Duration) bool {
	if len(nonce) != pass.KnockSize || len(b.key) == 0 {
		return false
	}
	if !hmac.Equal(nonce[timeSize+randomSize:], b.mac(nonce[:timeSize+randomSize], delivery)) {
		return false
	}
	made := time.Duration(binary.BigEndian.Uint64(nonce))
	if now < made || now-made > Lifetime {
		return false
	}
	for n, at := range b.spent {
		if now-at > Lifetime {
			delete(b.spent, n)
		}
	}
	id := [pass.KnockSize]byte(nonce)
	if _, again := b.spent[id]; again || len(b.spent) >= maxSpent {
		return false
	}
	b.spent[id] = made
	return true
}

func (b *Book) mac(head []byte, delivery string) []byte {
	m := hmac.New(sha256.New, b.key)
	m.Write(head)
	m.Write([]byte(delivery))
	return m.Sum(nil)[:pass.KnockSize-timeSize-randomSize]
}
