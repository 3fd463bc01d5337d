// Package knock makes a courier's try good once and for a short time.
//
// Before a page sends a code it asks gate for a nonce, and seals the code together with
// it. Without that, whoever carries letters could keep a try that was refused, or one that
// opened the door, and send it again when nobody stands there.
//
// A nonce is a time, something random and a MAC under a key that lives as long as the
// process, so asking for one costs gate no memory and strangers who ask do not push out
// anybody's. Only nonces that were spent are remembered, until they would be too old
// anyway, and of each delivery by themselves: who spends one delivery's, or those of a delivery that
// nobody knows, takes nobody else's away, nor an owner's word on the time, which is of delivery "". After
// a restart none of the old ones counts.
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

// maxSpent bounds what is remembered of one delivery: more tries than that within Lifetime are refused.
const maxSpent = 1024

const (
	timeSize   = 8
	randomSize = 8
)

// Book gives nonces out and takes them back. The zero Book takes none.
type Book struct {
	key   []byte
	spent map[string]pool // by delivery; none is empty
}

// pool is one delivery's spent nonces, and when each was made.
type pool map[[pass.KnockSize]byte]time.Duration

// New makes a Book with a fresh random key, at least 32 bytes.
func New(key []byte) *Book {
	return &Book{key: key, spent: map[string]pool{}}
}

// Give makes a nonce for a delivery at a monotonic time.
func (b *Book) Give(delivery string, now time.Duration, random [randomSize]byte) []byte {
	n := binary.BigEndian.AppendUint64(nil, uint64(now))
	n = append(n, random[:]...)
	return append(n, b.mac(n, delivery)...)
}

// Take reports whether a nonce is good, and has not been taken before. It remembers it for Lifetime, so
// the caller has to bound for how many deliveries it takes any; see [Book.Good] for the others.
func (b *Book) Take(nonce []byte, delivery string, now time.Duration) bool {
	if !b.Good(nonce, delivery, now) {
		return false
	}
	b.forget(now)
	id := [pass.KnockSize]byte(nonce)
	p := b.spent[delivery]
	if _, again := p[id]; again || len(p) >= maxSpent {
		return false
	}
	if p == nil {
		p = pool{}
		b.spent[delivery] = p
	}
	p[id] = made(nonce)
	return true
}

// Good reports whether a nonce was made here for this delivery not long ago. Of a delivery that nobody
// knows there is nothing that a try can open, so it need not be remembered.
func (b *Book) Good(nonce []byte, delivery string, now time.Duration) bool {
	if len(nonce) != pass.KnockSize || len(b.key) == 0 {
		return false
	}
	if !hmac.Equal(nonce[timeSize+randomSize:], b.mac(nonce[:timeSize+randomSize], delivery)) {
		return false
	}
	at := made(nonce)
	return at <= now && now-at <= Lifetime
}

// made is when a nonce says that it was made.
func made(nonce []byte) time.Duration { return time.Duration(binary.BigEndian.Uint64(nonce)) }

// forget drops what is too old to be good.
func (b *Book) forget(now time.Duration) {
	for delivery, p := range b.spent {
		for n, at := range p {
			if now-at > Lifetime {
				delete(p, n)
			}
		}
		if len(p) == 0 {
			delete(b.spent, delivery)
		}
	}
}

func (b *Book) mac(head []byte, delivery string) []byte {
	m := hmac.New(sha256.New, b.key)
	m.Write(head)
	m.Write([]byte(delivery))
	return m.Sum(nil)[:pass.KnockSize-timeSize-randomSize]
}
