package watch

import (
	"crypto/ed25519"
	"slices"
	"testing"
	"time"

	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

func idOf(k ed25519.PrivateKey) string { return pass.KeyID(k.Public().(ed25519.PublicKey)) }

// amended is another end for d1, so long after now.
func (b *bench) amended(revision uint64, left time.Duration, by ed25519.PrivateKey) []byte {
	b.t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	return must(pass.SignAmendment(pass.Amendment{Device: idOf(b.device), Delivery: "d1", Revision: revision, Until: now.Add(left), At: now}, by))
}

func (b *bench) granted(k ed25519.PrivateKey, may pass.Rights) []byte {
	b.t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	return must(pass.SignGrant(pass.Grant{Device: idOf(b.device), Key: k.Public().(ed25519.PublicKey), Name: "Robin", Role: pass.Member, May: may,
		From: now.Add(-time.Hour), Until: now.Add(24 * time.Hour), At: now}, b.owner))
}

// A window that is made longer goes on beyond its first end, and one that is made shorter
// ends, both without the camera being opened anew.
func TestAnOpenWindowGetsAnotherEnd(t *testing.T) {
	b := newBench(t)
	note := sign(t, b.terms(5*time.Second), b.owner)
	b.send(pipe.TypeWake, pipe.Wake{Pass: note})
	b.look()
	b.send(pipe.TypeWake, pipe.Wake{Pass: note, Amendment: b.amended(1, time.Hour, b.owner)})
	for end := time.Now().Add(6 * time.Second); time.Now().Before(end); {
		b.look() // fails if none comes
	}
	b.send(pipe.TypeWake, pipe.Wake{Pass: note, Amendment: b.amended(2, 2*time.Second, b.owner)})
	b.closed(3 * time.Second)
	if n := b.opened.Load(); n != 1 {
		t.Errorf("the camera was opened %d times", n)
	}
}

func TestEyeVerifiesAmendmentsItself(t *testing.T) {
	b := newBench(t)
	member := key(t)
	terms := b.terms(time.Hour)
	terms.Camera = true // a member could have signed it
	note := sign(t, terms, b.owner)
	for _, c := range []struct {
		name string
		wake pipe.Wake
		want wire.Reason
	}{
		{"a stranger's", pipe.Wake{Pass: note, Amendment: b.amended(1, 2*time.Hour, member)}, wire.BadSignature},
		{"gate's own", pipe.Wake{Pass: note, Amendment: b.amended(1, 2*time.Hour, b.device)}, wire.BadSignature},
		{"a member's who was not granted that",
			pipe.Wake{Pass: note, Amendment: b.amended(1, 2*time.Hour, member), Proof: [][]byte{b.granted(member, pass.MayLock)}}, wire.NotGranted},
		{"too long", pipe.Wake{Pass: note, Amendment: b.amended(1, 13*time.Hour, b.owner)}, wire.Unreadable},
		{"over", pipe.Wake{Pass: note, Amendment: b.amended(1, -time.Second, b.owner)}, wire.WindowOver},
		{"of no pass", pipe.Wake{Amendment: b.amended(1, time.Hour, b.owner)}, wire.BadSignature},
		{"a grant that the owner did not sign", pipe.Wake{Pass: note, Proof: [][]byte{[]byte("vestibule/grant/v1\n")}}, wire.BadSignature},
	} {
		b.send(pipe.TypeWake, c.wake)
		if got := b.trouble(); got.Reason != c.want {
			t.Errorf("%s: got %+v, want %s", c.name, got, c.want)
		}
	}
	if n := b.drawn.Load(); n != 0 {
		t.Fatalf("the camera gave %d frames", n)
	}
	b.send(pipe.TypeWake, pipe.Wake{Pass: note, Amendment: b.amended(1, 2*time.Hour, member),
		Proof: [][]byte{b.granted(member, pass.MayDeliver)}})
	b.look()
}

// A member's pass opens the camera with the owner's grant beside it, and not without.
func TestAMembersPass(t *testing.T) {
	b := newBench(t)
	member := key(t)
	terms := b.terms(time.Hour)
	terms.Camera = true
	terms.Watchers = []string{idOf(b.owner), idOf(member)}
	slices.Sort(terms.Watchers)
	note := sign(t, terms, member)
	for _, c := range []struct {
		name  string
		proof [][]byte
		want  wire.Reason
	}{
		{"without a grant", nil, wire.BadSignature},
		{"with a grant for something else", [][]byte{b.granted(member, pass.MayWatch)}, wire.NotGranted},
		{"with somebody else's", [][]byte{b.granted(key(t), pass.MayDeliver)}, wire.BadSignature},
	} {
		b.send(pipe.TypeWake, pipe.Wake{Pass: note, Proof: c.proof})
		if got := b.trouble(); got.Reason != c.want {
			t.Errorf("%s: got %+v, want %s", c.name, got, c.want)
		}
	}
	b.send(pipe.TypeWake, pipe.Wake{Pass: note, Proof: [][]byte{b.granted(member, pass.MayDeliver)}})
	b.look()
}
