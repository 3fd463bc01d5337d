package pass

import (
	"crypto/ed25519"
	"strings"
	"testing"
)

func TestCheckpoint(t *testing.T) {
	seed := make([]byte, ed25519.SeedSize)
	key := ed25519.NewKeyFromSeed(seed)
	pub := key.Public().(ed25519.PublicKey)
	want := Checkpoint{Device: KeyID(pub), Size: 42, Root: [32]byte{1, 2, 3}}
	msg, err := SignCheckpoint(want, key)
	if err != nil {
		t.Fatal(err)
	}
	got, err := OpenCheckpoint(msg, pub)
	if err != nil || got != want {
		t.Fatalf("got %+v, %v; want %+v", got, err, want)
	}
	lines := strings.Split(string(msg), "\n")
	if len(lines) != 6 || lines[0] != "vestibule/journal/v1/"+KeyID(pub) || lines[1] != "42" {
		t.Errorf("not in the C2SP form:\n%s", msg)
	}
	for i := range msg {
		for bit := range 8 {
			bad := []byte(string(msg))
			bad[i] ^= 1 << bit
			if _, err := OpenCheckpoint(bad, pub); err == nil {
				t.Fatalf("byte %d, bit %d: accepted", i, bit)
			}
		}
	}
	other := want
	other.Device = "abcdefghijklmnop"
	if msg, err = SignCheckpoint(other, key); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenCheckpoint(msg, pub); err == nil {
		t.Error("a checkpoint of another device's journal was accepted")
	}
}
