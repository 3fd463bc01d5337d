package service

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

func newKey(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, k, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func idOf(k ed25519.PrivateKey) string { return pass.KeyID(k.Public().(ed25519.PublicKey)) }

// signAmendment is another end for a delivery, so long after its begin.
func (h *home) signAmendment(d delivery, revision uint64, length time.Duration, by ed25519.PrivateKey) []byte {
	h.t.Helper()
	a := pass.Amendment{Device: h.keys.Device(), Delivery: d.terms.Delivery, Revision: revision, Until: d.terms.From.Add(length),
		At: time.Now().UTC().Truncate(time.Second)}
	if _, err := rand.Read(a.Nonce[:]); err != nil {
		h.t.Fatal(err)
	}
	note, err := pass.SignAmendment(a, by)
	if err != nil {
		h.t.Fatal(err)
	}
	return note
}

// signGrant grants a member something from an hour ago until a day from now.
func (h *home) signGrant(k ed25519.PrivateKey, may pass.Rights, change ...func(*pass.Grant)) []byte {
	h.t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	g := pass.Grant{Device: h.keys.Device(), Key: k.Public().(ed25519.PublicKey), Name: "Robin", Role: pass.Member, May: may,
		From: now.Add(-time.Hour), Until: now.Add(24 * time.Hour), At: now.Add(-2 * time.Second)}
	for _, c := range change {
		c(&g)
	}
	note, err := pass.SignGrant(g, h.owner)
	if err != nil {
		h.t.Fatal(err)
	}
	return note
}

func (h *home) signRevocation(k ed25519.PrivateKey) []byte {
	h.t.Helper()
	v := pass.Revocation{Device: h.keys.Device(), Key: idOf(k), At: time.Now().UTC().Truncate(time.Second)}
	if _, err := rand.Read(v.Nonce[:]); err != nil {
		h.t.Fatal(err)
	}
	note, err := pass.SignRevocation(v, h.owner)
	if err != nil {
		h.t.Fatal(err)
	}
	return note
}

func (h *home) signBy(t pass.Terms, k ed25519.PrivateKey) []byte {
	h.t.Helper()
	note, err := pass.SignPass(t, k)
	if err != nil {
		h.t.Fatal(err)
	}
	return note
}

// kept lists what is in the book, by ending.
func (h *home) kept(ending string) int {
	h.t.Helper()
	entries, err := os.ReadDir(filepath.Join(h.dir, "gate", "passes"))
	if err != nil {
		h.t.Fatal(err)
	}
	n := 0
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ending) {
			n++
		}
	}
	return n
}

// again ends the gate and starts it anew. Events that came before are not waited for again.
func (h *home) again() {
	h.t.Helper()
	h.end()
	before := h.entries()
	h.start()
	h.link.next = before
}

// entries counts what is in the journal of a gate that has ended: link may not have heard all of it.
func (h *home) entries() int {
	h.t.Helper()
	b, err := os.ReadFile(filepath.Join(h.dir, "gate", "journal", "events"))
	if err != nil {
		h.t.Fatal(err)
	}
	return bytes.Count(b, []byte("\n"))
}

// A window is made longer and shorter while it is open, over a restart; eye has what it needs to
// see that for itself.
func TestAmend(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.start()
	h.pair()
	d := h.terms()
	longer := h.signAmendment(d, 1, 2*time.Hour, h.owner)
	h.link.send(pipe.TypeNote, longer) // before its pass: it waits
	h.link.send(pipe.TypeNote, h.sign(d.terms))
	h.link.event(wire.PassAccepted)
	if e := h.link.event(wire.Amended); e.Count != 1 || e.Delivery != d.terms.Delivery {
		t.Errorf("%+v", e)
	}
	h.link.state("the new end", func(s wire.State) bool { return s.Until.Equal(d.terms.From.Add(2 * time.Hour)) })
	h.link.send(pipe.TypeNote, longer) // the hub sends it again and again
	for _, c := range []struct {
		what string
		note []byte
		want wire.Reason
	}{
		{"another of the same revision", h.signAmendment(d, 1, 3*time.Hour, h.owner), wire.OldRevision},
		{"a stranger's", h.signAmendment(d, 2, 3*time.Hour, newKey(t)), wire.BadSignature},
		{"one beyond what a window may be", h.signAmendment(d, 2, 13*time.Hour, h.owner), wire.Unreadable},
		{"one that ends before it begins", h.signAmendment(d, 2, -time.Second, h.owner), wire.Unreadable},
	} {
		h.link.send(pipe.TypeNote, c.note)
		if e := h.link.event(wire.PassRefused); e.Reason != c.want {
			t.Errorf("%s: %+v, want %s", c.what, e, c.want)
		}
	}
	h.again()
	h.link.state("the new end after a restart", func(s wire.State) bool { return s.Until.Equal(d.terms.From.Add(2 * time.Hour)) })
	h.calls()
	h.eye.await(t, func(e *eye) bool { return e.pass.Until.Equal(d.terms.From.Add(2 * time.Hour)) })
	h.link.send(pipe.TypeNote, h.signAmendment(d, 7, 90*time.Minute, h.owner))
	h.eye.await(t, func(e *eye) bool { return e.pass.Until.Equal(d.terms.From.Add(90 * time.Minute)) })
	h.link.send(pipe.TypeNote, h.signAmendment(d, 8, time.Second, h.owner)) // over
	if e := h.link.event(wire.WindowClosed); e.Reason != wire.TimeUp {
		t.Errorf("%+v", e)
	}
	h.until("the camera has no power", func() bool { return !h.house.World().Power })
	h.link.send(pipe.TypeNote, h.signAmendment(d, 9, 2*time.Hour, h.owner))
	if e := h.link.event(wire.PassRefused); e.Reason != wire.WindowOver {
		t.Errorf("what is over came to life again: %+v", e)
	}
	h.again()
	h.link.send(pipe.TypeNote, h.sign(d.terms)) // as it was signed it would still hold
	h.link.send(pipe.TypeNote, longer)
	if e := h.link.event(wire.PassRefused); e.Reason != wire.OldRevision {
		t.Errorf("%+v", e)
	}
	if n := h.link.count(wire.WindowOpened); n != 1 {
		t.Errorf("opened %d times", n)
	}
}

// Whoever watches is told of the window's new end, longer or shorter, and who comes later is not
// told twice.
func TestAmendWhileWatching(t *testing.T) {
	t.Parallel()
	h, d := ready(t)
	h.link.send(pipe.TypeAsk, h.askBy(d, "v1", h.owner))
	h.link.await("an answer", func() bool { return h.link.admits["v1"].Until.Equal(d.terms.Until) })
	for i, length := range []time.Duration{2 * time.Hour, 30 * time.Minute} {
		h.link.send(pipe.TypeNote, h.signAmendment(d, uint64(i+1), length, h.owner))
		h.link.await("the new end", func() bool {
			return len(h.link.ends) == i+1 && h.link.ends[i].ID == "v1" && h.link.ends[i].Until.Equal(d.terms.From.Add(length))
		})
	}
	h.link.send(pipe.TypeAsk, h.askBy(d, "v2", h.owner))
	h.link.await("an answer", func() bool { return h.link.admits["v2"].Until.Equal(d.terms.From.Add(30 * time.Minute)) })
	h.link.send(pipe.TypeNote, h.signAmendment(d, 3, time.Second, h.owner)) // over
	h.link.event(wire.WindowClosed)
	h.link.await("the cut", func() bool { return len(h.link.cuts) == 1 })
	for _, e := range h.link.ends {
		if e.ID != "v1" {
			t.Errorf("told of %+v", e)
		}
	}
}

// await waits until eye has been told something.
func (e *eye) await(t testing.TB, ok func(*eye) bool) {
	t.Helper()
	for late := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		e.mu.Lock()
		got := ok(e)
		e.mu.Unlock()
		if got {
			return
		}
		if time.Now().After(late) {
			t.Fatal("eye is not told")
		}
	}
}

// A member's pass lets a courier in; a revocation ends it in mid-visit, and the way out stays free.
func TestMember(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.start()
	h.pair()
	member, other := newKey(t), newKey(t)
	d := h.terms()
	h.link.send(pipe.TypeNote, h.signBy(d.terms, member))
	if e := h.link.event(wire.PassRefused); e.Reason != wire.BadSignature {
		t.Errorf("before the grant: %+v", e)
	}
	grant := h.signGrant(member, pass.MayDeliver|pass.MayLock)
	h.link.send(pipe.TypeNote, grant)
	if e := h.link.event(wire.GrantAdded); e.Who != idOf(member) {
		t.Errorf("%+v", e)
	}
	h.link.send(pipe.TypeNote, grant)
	h.again() // it is on the disk
	for _, c := range []struct {
		what string
		note []byte
		want wire.Reason
	}{
		{"without the owner to watch", h.signBy(h.terms(func(t *pass.Terms) { t.Watchers = []string{idOf(member)} }).terms, member), wire.NotGranted},
		{"without a camera", h.signBy(h.terms(func(t *pass.Terms) { t.Camera = false }).terms, member), wire.NotGranted},
		{"of another epoch", h.signBy(h.terms(func(t *pass.Terms) { t.Epoch = 1 }).terms, member), wire.NotGranted},
		{"beyond the grant", h.signBy(h.terms(func(t *pass.Terms) { t.From, t.Until = t.From.Add(23*time.Hour), t.From.Add(25*time.Hour) }).terms, member), wire.GrantOver},
		{"a grant of the member's", func() []byte {
			now := time.Now().UTC().Truncate(time.Second)
			n, err := pass.SignGrant(pass.Grant{Device: h.keys.Device(), Key: other.Public().(ed25519.PublicKey), Name: "x", Role: pass.Member,
				May: pass.MayDeliver, From: now, Until: now.Add(time.Hour), At: now}, member)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}(), wire.BadSignature},
	} {
		h.link.send(pipe.TypeNote, c.note)
		if e := h.link.event(wire.PassRefused); e.Reason != c.want {
			t.Errorf("%s: %+v, want %s", c.what, e, c.want)
		}
	}
	h.link.send(pipe.TypeNote, h.signBy(d.terms, member))
	h.link.event(wire.PassAccepted)
	h.live() // eye has verified it by the owner's key and the grant
	if l := h.try(d, d.secret.Code.Digits()); l.Kind != wire.LetterTried {
		t.Fatalf("%s %s", l.Kind, l.Body)
	}
	h.until("the handle turns", h.pull)
	h.link.event(wire.DoorOpened)
	h.again() // in mid-visit
	h.link.send(pipe.TypeNote, h.signRevocation(member))
	if e := h.link.event(wire.Cancelled); e.Reason != wire.NotGranted || e.Delivery != d.terms.Delivery {
		t.Errorf("%+v", e)
	}
	if e := h.link.event(wire.WindowClosed); e.Reason != wire.NotGranted {
		t.Errorf("%+v", e)
	}
	if e := h.link.event(wire.GrantRevoked); e.Who != idOf(member) {
		t.Errorf("%+v", e)
	}
	h.again() // somebody is inside still; whoever signed it may not any more
	h.link.state("a visit that is under way", func(s wire.State) bool { return s.Visit == wire.VisitUnderWay })
	h.shut()
	h.link.event(wire.VisitEnded)
	if n := h.link.count(wire.ForcedOpen); n != 0 {
		t.Errorf("%d alarms", n)
	}
	h.link.send(pipe.TypeNote, h.signBy(h.terms(func(t *pass.Terms) { t.From, t.Until = t.From.Add(2*time.Hour), t.From.Add(3*time.Hour) }).terms, member))
	if e := h.link.event(wire.PassRefused); e.Reason != wire.NotGranted {
		t.Errorf("after the revocation: %+v", e)
	}
	h.link.send(pipe.TypeNote, grant) // an old one brings nothing back
	h.link.send(pipe.TypeNote, h.signOrder(pass.Lock, d.terms.Delivery, member, nil))
	if e := h.link.event(wire.PassRefused); e.Reason != wire.NotGranted {
		t.Errorf("a revoked member's order: %+v", e)
	}
	if n := h.link.count(wire.GrantAdded); n != 1 {
		t.Errorf("granted %d times, want once", n)
	}
}

// A member makes an owner's window longer. Once the member is revoked, it ends as the owner signed it.
func TestRevokedAmendment(t *testing.T) {
	t.Parallel()
	h, d := ready(t)
	member := newKey(t)
	h.link.send(pipe.TypeNote, h.signGrant(member, pass.MayDeliver))
	h.link.event(wire.GrantAdded)
	h.link.send(pipe.TypeNote, h.signAmendment(d, 1, 3*time.Hour, member))
	h.link.event(wire.Amended)
	h.link.state("the new end", func(s wire.State) bool { return s.Until.Equal(d.terms.From.Add(3 * time.Hour)) })
	h.link.send(pipe.TypeNote, h.signRevocation(member))
	h.link.event(wire.GrantRevoked)
	h.link.state("the end as it was signed", func(s wire.State) bool { return s.Until.Equal(d.terms.Until) && s.Delivery == d.terms.Delivery })
	h.eye.await(t, func(e *eye) bool { return e.pass.Until.Equal(d.terms.Until) })
	h.again()
	h.wakes()
	h.link.state("the end as it was signed, after a restart", func(s wire.State) bool { return s.Until.Equal(d.terms.Until) })
	h.eye.await(t, func(e *eye) bool { return e.pass.Until.Equal(d.terms.Until) })
	if n := h.link.count(wire.Amended); n != 2 {
		t.Errorf("another end is said %d times, want once for each", n)
	}
	if n := h.link.count(wire.Cancelled); n != 0 {
		t.Error("the owner's delivery was cancelled")
	}
}

// Whom the owner revoked has the last word on no end that is later than the owner's: the window stays as
// short as it was made, and no earlier revision comes back, over a restart.
func TestRevokedMemberLengthensNothing(t *testing.T) {
	t.Parallel()
	h, d := ready(t)
	member := newKey(t)
	h.link.send(pipe.TypeNote, h.signGrant(member, pass.MayDeliver))
	h.link.event(wire.GrantAdded)
	for revision, end := range []time.Duration{20 * time.Minute, 25 * time.Minute} {
		h.link.send(pipe.TypeNote, h.signAmendment(d, uint64(revision+1), end, []ed25519.PrivateKey{h.owner, member}[revision]))
		h.link.event(wire.Amended)
	}
	short := func(s wire.State) bool { return s.Until.Equal(d.terms.From.Add(25 * time.Minute)) }
	h.link.state("the member's end", short)
	h.link.send(pipe.TypeNote, h.signRevocation(member))
	h.link.event(wire.GrantRevoked)
	for range 2 {
		h.link.send(pipe.TypeNote, h.signAmendment(d, 1, 3*time.Hour, h.owner)) // one that a hub has kept back
		if e := h.link.event(wire.PassRefused); e.Reason != wire.OldRevision {
			t.Errorf("%+v", e)
		}
		h.link.state("the same end", short)
		h.again()
		h.wakes() // eye opens what it is handed
	}
	h.link.state("the same end", short)
	h.link.send(pipe.TypeNote, h.signAmendment(d, 3, 40*time.Minute, h.owner))
	h.link.event(wire.Amended)
	h.link.state("the owner's new end", func(s wire.State) bool { return s.Until.Equal(d.terms.From.Add(40 * time.Minute)) })
}

// A device lets go of keys of which nothing can hold any more, on its disk too, and takes no such word
// again; one too many is refused in so many words.
func TestManyKeys(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.start()
	h.pair()
	long := time.Now().UTC().Truncate(time.Second).Add(-pass.MaxMember)
	old := newKey(t)
	ended := h.signGrant(old, pass.MayLock, func(g *pass.Grant) { g.At, g.From, g.Until = long, long, long.Add(time.Hour) })
	h.link.send(pipe.TypeNote, ended)
	for range pass.MaxKeys {
		h.link.send(pipe.TypeNote, h.signGrant(newKey(t), pass.MayLock))
		h.link.event(wire.GrantAdded)
	}
	h.link.send(pipe.TypeNote, h.signGrant(newKey(t), pass.MayLock))
	if e := h.link.event(wire.PassRefused); e.Reason != wire.TooManyKeys {
		t.Errorf("%+v", e)
	}
	if n := h.link.count(wire.GrantAdded); n != pass.MaxKeys {
		t.Errorf("%d were added", n)
	}

	// Those that are known today are over in 400 days.
	h.ahead.Store(int64(pass.MaxMember + time.Hour))
	h.again()
	h.link.send(pipe.TypeNote, h.signGrant(newKey(t), pass.MayLock, func(g *pass.Grant) {
		for _, at := range []*time.Time{&g.At, &g.From, &g.Until} {
			*at = at.Add(pass.MaxMember)
		}
	}))
	h.link.event(wire.GrantAdded)
	h.until("the others are not kept any more", func() bool { return h.kept(".grant") == 1 })
}

// A member who watches is cut when the owner revokes the right.
func TestRevokedWatcher(t *testing.T) {
	t.Parallel()
	member := newKey(t)
	h, d := ready(t, func(t *pass.Terms) {
		t.Watchers = append(t.Watchers, idOf(member))
		slices.Sort(t.Watchers)
	})
	h.link.send(pipe.TypeNote, h.signGrant(member, pass.MayWatch))
	h.link.event(wire.GrantAdded)
	h.link.send(pipe.TypeAsk, h.askBy(d, "v1", member))
	h.link.event(wire.ViewerJoined)
	h.link.send(pipe.TypeNote, h.signRevocation(member))
	h.link.await("the cut", func() bool { return len(h.link.cuts) == 1 && h.link.cuts[0] == wire.NotGranted })
	h.link.event(wire.ViewerLeft)
	h.link.send(pipe.TypeAsk, h.askBy(d, "v2", member))
	if e := h.link.event(wire.ViewerRefused); e.Reason != wire.NotWatcher {
		t.Errorf("%+v", e)
	}
	h.link.send(pipe.TypeAsk, h.askBy(d, "v3", h.owner))
	h.link.event(wire.ViewerJoined)
}

func (h *home) askBy(d delivery, id string, k ed25519.PrivateKey) pipe.Ask {
	h.t.Helper()
	call := pass.Call{Device: h.keys.Device(), Delivery: d.terms.Delivery, At: time.Now().UTC().Truncate(time.Second)}
	if _, err := rand.Read(call.Nonce[:]); err != nil {
		h.t.Fatal(err)
	}
	note, err := pass.SignCall(call, k)
	if err != nil {
		h.t.Fatal(err)
	}
	return pipe.Ask{ID: id, Call: string(note), Key: pass.EncodeKey(k.Public().(ed25519.PublicKey)), Offered: call.Fingerprint[:], Fingerprint: make([]byte, 32)}
}

// An epoch that was signed is the newest that the device has seen, also when it has come too late for its
// pass: over a restart, and for the window that is open.
func TestEpochOfARefusedPass(t *testing.T) {
	t.Parallel()
	h, d := ready(t, func(t *pass.Terms) { t.Epoch = 4 })
	late := h.terms(func(t *pass.Terms) {
		t.Epoch, t.From, t.Until = 5, t.From.Add(-2*time.Hour), t.From.Add(-time.Hour)
	})
	h.link.send(pipe.TypeNote, h.sign(late.terms))
	if e := h.link.event(wire.Cancelled); e.Reason != wire.OldEpoch || e.Delivery != d.terms.Delivery {
		t.Errorf("%+v", e)
	}
	if e := h.link.event(wire.PassRefused); e.Reason != wire.WindowOver {
		t.Errorf("%+v", e)
	}
	for range 2 {
		h.link.send(pipe.TypeNote, h.sign(h.terms(func(t *pass.Terms) { t.Epoch = 4 }).terms))
		if e := h.link.event(wire.PassRefused); e.Reason != wire.OldEpoch {
			t.Errorf("%+v", e)
		}
		h.again()
	}
	h.plan(func(t *pass.Terms) { t.Epoch = 5 })
}

// However many amendments of a member's come before their passes, the owner's is the one that waits.
func TestOwnersAmendmentWaits(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.start()
	h.pair()
	member := newKey(t)
	h.link.send(pipe.TypeNote, h.signGrant(member, pass.MayDeliver))
	h.link.event(wire.GrantAdded)
	d := h.terms()
	for i := range uint64(2 * mostEarly) {
		h.link.send(pipe.TypeNote, h.signAmendment(d, 10+i, 3*time.Hour, member))
	}
	h.link.send(pipe.TypeNote, h.signRevocation(member))
	h.link.event(wire.GrantRevoked)
	mine := h.signAmendment(d, 1, 20*time.Minute, h.owner)
	for range 2 * mostEarly {
		h.link.send(pipe.TypeNote, mine) // again and again, as a hub does
	}
	second := h.signAmendment(d, 2, 25*time.Minute, h.owner)
	h.link.send(pipe.TypeNote, second)
	h.link.send(pipe.TypeNote, h.sign(d.terms))
	h.link.event(wire.PassAccepted)
	h.link.state("the owner's last end", func(s wire.State) bool { return s.Until.Equal(d.terms.From.Add(25 * time.Minute)) })
}
