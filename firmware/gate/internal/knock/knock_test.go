package knock

import (
	"bytes"
	"testing"
	"time"

	"vestibule/hub/pass"
)

func TestANonceIsGoodOnceAndForAShortTime(t *testing.T) {
	key := bytes.Repeat([]byte{7}, 32)
	b := New(key)
	random := [randomSize]byte{1, 2, 3}
	now := 5 * time.Minute
	n := b.Give("d", now, random)
	if len(n) != pass.KnockSize {
		t.Fatalf("%d bytes, want %d", len(n), pass.KnockSize)
	}
	for what, try := range map[string]struct {
		nonce    []byte
		delivery string
		at       time.Duration
	}{
		"of another delivery": {n, "e", now},
		"too late":            {n, "d", now + Lifetime + 1},
		"before it was made":  {n, "d", now - 1},
		"nothing":             {nil, "d", now},
		"too long":            {append(bytes.Clone(n), 0), "d", now},
		"another process's":   {New(bytes.Repeat([]byte{8}, 32)).Give("d", now, random), "d", now},
	} {
		if b.Good(try.nonce, try.delivery, try.at) || b.Take(try.nonce, try.delivery, try.at) {
			t.Errorf("%s: taken", what)
		}
	}
	for bit := range len(n) * 8 {
		bad := bytes.Clone(n)
		bad[bit/8] ^= 1 << (bit % 8)
		if b.Take(bad, "d", now) {
			t.Errorf("with bit %d turned: taken", bit)
		}
	}
	if !b.Take(n, "d", now+Lifetime) {
		t.Error("a good one is refused")
	}
	if b.Take(n, "d", now+Lifetime) {
		t.Error("taken twice")
	}
	if (&Book{}).Take(n, "d", now) {
		t.Error("the zero Book takes one")
	}
}

// What is remembered is bounded, and forgotten when it is too old to be good.
func TestMemoryIsBounded(t *testing.T) {
	b := New(bytes.Repeat([]byte{7}, 32))
	take := func(i int, now time.Duration) bool {
		return b.Take(b.Give("d", now, [randomSize]byte{byte(i), byte(i >> 8)}), "d", now)
	}
	for i := range maxSpent {
		if !take(i, time.Second) {
			t.Fatalf("number %d is refused", i)
		}
	}
	if take(maxSpent, time.Second) {
		t.Error("one too many is taken")
	}
	if !take(0, time.Minute) || len(b.spent["d"]) != 1 {
		t.Errorf("after a minute %d are remembered", len(b.spent["d"]))
	}
}

// Strangers who try at one delivery, or at one that does not exist, take nobody else's try away.
func TestStrangersShutNobodyOut(t *testing.T) {
	b := New(bytes.Repeat([]byte{7}, 32))
	for i := range 2 * maxSpent {
		random := [randomSize]byte{byte(i), byte(i >> 8)}
		if !b.Good(b.Give("none such", time.Second, random), "none such", time.Second) {
			t.Fatalf("number %d is refused", i)
		}
		if took := b.Take(b.Give("another", time.Second, random), "another", time.Second); took != (i < maxSpent) {
			t.Fatalf("number %d: taken %v", i, took)
		}
	}
	if _, ok := b.spent["none such"]; ok {
		t.Error("what strangers made up is remembered")
	}
	for _, delivery := range []string{"d", ""} {
		if !b.Take(b.Give(delivery, time.Second, [randomSize]byte{1}), delivery, 2*time.Second) {
			t.Errorf("%q: refused", delivery)
		}
	}
	if !b.Take(b.Give("d", time.Minute, [randomSize]byte{1}), "d", time.Minute) || len(b.spent) != 1 {
		t.Errorf("after a minute %d deliveries are remembered", len(b.spent))
	}
}
