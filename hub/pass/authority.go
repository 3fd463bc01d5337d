package pass

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// MaxKeys is how many keys an Authority knows besides the owner's, the revoked ones included: so
// many may be granted something within [MaxMember]. See [Authority.Forget].
const MaxKeys = 64

// ErrNotGranted means that the key that signed was not granted this by the owner.
var ErrNotGranted = errors.New("the key that signed was not granted this")

// ErrGrantOver means that the key's grant does not hold at this time.
var ErrGrantOver = errors.New("the grant of the key that signed does not hold now")

// ErrTooMany means that an Authority knows [MaxKeys] keys already.
var ErrTooMany = fmt.Errorf("%d keys were granted something or revoked in the last %d days, and a device remembers no more",
	MaxKeys, MaxMember/(24*time.Hour))

// Authority says who may tell one device what: its owner, and whom the owner granted a part
// of it. It is made of the owner's public key and of signed bytes, and depends on which ones
// it was given, not on their order. It permits a member only what lies within the member's
// grant. The zero Authority permits nothing. Not for use by several goroutines at once.
type Authority struct {
	device string
	owner  ed25519.PublicKey
	epoch  uint64
	keys   map[string]known
}

// known is what an owner said of a key: the latest grant and the latest revocation.
type known struct {
	grant   Grant
	note    string // of the grant
	revoked time.Time
	notice  string    // of the revocation
	denied  time.Time // see Deny
}

func (k known) granted() bool {
	return k.note != "" && (k.notice == "" || k.grant.At.After(k.revoked)) && (k.denied.IsZero() || k.grant.At.After(k.denied))
}

// ended reports whether the owner has taken back what they granted.
func (k known) ended() bool { return (k.notice != "" || !k.denied.IsZero()) && !k.granted() }

// NewAuthority makes the authority over a device. epoch is the newest the device knows.
func NewAuthority(device string, owner ed25519.PublicKey, epoch uint64) *Authority {
	return &Authority{device: device, owner: slices.Clone(owner), epoch: epoch, keys: map[string]known{}}
}

// Raise tells of a newer epoch: grants of an older one are over.
func (a *Authority) Raise(epoch uint64) { a.epoch = max(a.epoch, epoch) }

// Take takes a signed grant or revocation. who is the key id it is about; fresh is false
// when it changes nothing: it is known, or a later one is.
func (a *Authority) Take(msg []byte) (who string, fresh bool, err error) {
	if KindOf(msg) == KindRevoke {
		return a.takeRevocation(msg)
	}
	g, err := OpenGrant(msg, a.owner)
	if err != nil {
		return "", false, err
	}
	who = g.ID()
	k, err := a.about(who, g.Device)
	if err != nil {
		return who, false, err
	}
	// Of two that were signed in the same second, the order of their bytes decides.
	if k.note != "" && (g.At.Before(k.grant.At) || g.At.Equal(k.grant.At) && string(msg) <= k.note) {
		return who, false, nil
	}
	if last := g.At.Add(MaxMember); g.Until.After(last) {
		g.Until = last // so that one day nothing older can hold: see Forget
	}
	k.grant, k.note = g, string(msg)
	a.keys[who] = k
	return who, k.granted(), nil
}

func (a *Authority) takeRevocation(msg []byte) (who string, fresh bool, err error) {
	v, err := OpenRevocation(msg, a.owner)
	if err != nil {
		return "", false, err
	}
	k, err := a.about(v.Key, v.Device)
	if err != nil {
		return v.Key, false, err
	}
	if k.notice != "" && (v.At.Before(k.revoked) || v.At.Equal(k.revoked) && string(msg) <= k.notice) {
		return v.Key, false, nil
	}
	k.revoked, k.notice = v.At, string(msg)
	a.keys[v.Key] = k
	return v.Key, true, nil
}

// Forget lets go of the keys of which nothing that was signed up to the latest word on them can hold
// any more: no grant holds for longer than [MaxMember] after it was signed, so a carrier that brings
// back an older one revives nothing. now has to be trusted, as whatever is forgotten can't forbid.
// It returns the key ids.
//
// That a key was revoked is forgotten too. An owner who signed a pass that names it as a watcher
// before, for a window more than 400 days later, has let it watch.
func (a *Authority) Forget(now time.Time) (gone []string) {
	for who, k := range a.keys {
		last := k.revoked
		if k.note != "" && k.grant.At.After(last) {
			last = k.grant.At
		}
		if k.denied.After(last) {
			last = k.denied
		}
		if !now.Before(last.Add(MaxMember)) {
			delete(a.keys, who)
			gone = append(gone, who)
		}
	}
	slices.Sort(gone)
	return gone
}

func (a *Authority) about(who, device string) (known, error) {
	k, ok := a.keys[who]
	switch {
	case device != a.device:
		return known{}, fmt.Errorf("%w: device %s", ErrOther, device)
	case !ok && len(a.keys) >= MaxKeys:
		return known{}, ErrTooMany
	}
	return k, nil
}

// Deny tells of a revocation, or of a grant, that is known and whose signed bytes were lost: only a grant
// that was signed after at holds for the key. It forbids and permits nothing, so nobody has to have
// signed it, and it is no part of [Authority.Notes].
func (a *Authority) Deny(who string, at time.Time) {
	k := a.keys[who]
	if at.After(k.denied) {
		k.denied = at
		a.keys[who] = k
	}
}

// Notes returns the signed bytes that make this authority again, ordered by key id.
func (a *Authority) Notes() [][]byte {
	var notes [][]byte
	for _, who := range slices.Sorted(maps.Keys(a.keys)) {
		notes = append(notes, a.notesOf(who)...)
	}
	return notes
}

func (a *Authority) notesOf(who string) [][]byte {
	var notes [][]byte
	k := a.keys[who]
	for _, n := range []string{k.note, k.notice} {
		if n != "" {
			notes = append(notes, []byte(n))
		}
	}
	return notes
}

// Proof returns the grants and revocations that somebody who knows the owner's key alone
// needs, to open p and its amendment with an Authority of their own. None for the owner's.
func (a *Authority) Proof(p Pass) [][]byte {
	notes := a.notesOf(p.signer)
	if p.amender != p.signer {
		notes = append(notes, a.notesOf(p.amender)...)
	}
	return notes
}

// Members lists the grants that were not revoked, by key id. Some may be over, or not have
// begun.
func (a *Authority) Members() []Grant {
	var gs []Grant
	for _, who := range slices.Sorted(maps.Keys(a.keys)) {
		if k := a.keys[who]; k.granted() {
			gs = append(gs, k.grant)
		}
	}
	return gs
}

// signer finds the key that msg claims to be signed by. Of an unknown one the owner's key is
// as good as any: it will not fit.
func (a *Authority) signer(msg []byte) ed25519.PublicKey {
	if k, ok := a.keys[SignerID(msg)]; ok && k.note != "" {
		return k.grant.Key
	}
	return a.owner
}

// holds says whether a key has a right, and by which grant. The owner has every right, and
// no grant.
func (a *Authority) holds(who string, right Rights) (g Grant, owner bool, err error) {
	if len(a.owner) == ed25519.PublicKeySize && who == KeyID(a.owner) {
		return Grant{}, true, nil
	}
	k := a.keys[who]
	switch {
	case !k.granted() || !k.grant.May.Has(right):
		return Grant{}, false, fmt.Errorf("%w: %s is not granted %s", ErrNotGranted, who, right)
	case k.grant.Epoch < a.epoch:
		return Grant{}, false, fmt.Errorf("%w: granted in epoch %d, now it is %d", ErrGrantOver, k.grant.Epoch, a.epoch)
	}
	return k.grant, false, nil
}

// holdsAt is holds for what is done at a moment.
func (a *Authority) holdsAt(who string, right Rights, now time.Time) error {
	g, owner, err := a.holds(who, right)
	if err == nil && !owner && (now.Before(g.From) || !now.Before(g.Until)) {
		err = fmt.Errorf("%w: it holds from %s until %s", ErrGrantOver, stamp(g.From), stamp(g.Until))
	}
	return err
}

// OpenPass opens a pass of the owner's, or one of a member's that lies within the member's
// grant: its window within the grant's, the grant's epoch, the owner among the watchers, the
// camera required and no large zone. It needs no clock: whether the pass is for this moment
// is the caller's to decide.
func (a *Authority) OpenPass(msg []byte) (Pass, error) {
	p, err := OpenPass(msg, a.signer(msg))
	if err != nil {
		return Pass{}, err
	}
	return a.permitted(p)
}

// permitted leaves of a pass the zero Pass when it is not permitted.
func (a *Authority) permitted(p Pass) (Pass, error) {
	if err := a.Permits(p); err != nil {
		return Pass{}, err
	}
	return p, nil
}

// Permits says whether a pass that was opened before, and its amendment, would still be
// opened now: somebody may have been revoked, or granted less. When it is the amendment
// that no longer holds, the pass as it was signed may; open [Pass.Note] again to see.
func (a *Authority) Permits(p Pass) error {
	if !p.ok {
		return fmt.Errorf("%w: no pass", ErrForm)
	}
	if p.terms.Device != a.device {
		return fmt.Errorf("%w: device %s", ErrOther, p.terms.Device)
	}
	signed := p.terms
	signed.Until = p.until
	if err := a.within(p.signer, signed); err != nil || p.amender == "" {
		return err
	}
	return a.within(p.amender, p.terms)
}

// within says whether somebody could sign these terms.
func (a *Authority) within(who string, t Terms) error {
	g, owner, err := a.holds(who, MayDeliver)
	switch {
	case err != nil || owner:
		return err
	case t.From.Before(g.From), t.Until.After(g.Until):
		return fmt.Errorf("%w: it holds from %s until %s", ErrGrantOver, stamp(g.From), stamp(g.Until))
	case t.Epoch != g.Epoch:
		return fmt.Errorf("%w: epoch %d, granted in %d", ErrNotGranted, t.Epoch, g.Epoch)
	case !slices.Contains(t.Watchers, KeyID(a.owner)):
		return fmt.Errorf("%w: the owner could not watch", ErrNotGranted)
	case !t.Camera:
		return fmt.Errorf("%w: no camera", ErrNotGranted)
	case t.Large:
		return fmt.Errorf("%w: a large zone", ErrNotGranted)
	}
	return nil
}

// Amend gives the pass as amended by the owner, or by a member who could have signed the
// pass as it is then. (Whoever can't may still cancel the delivery.)
func (a *Authority) Amend(p Pass, msg []byte) (Pass, error) {
	q, err := Amend(p, msg, a.signer(msg))
	if err != nil {
		return Pass{}, err
	}
	return a.permitted(q)
}

// OpenOrder opens an order of the owner's, or of a member's who has the right to it now.
// signer is the key id of who gave it.
func (a *Authority) OpenOrder(msg []byte, now time.Time) (o Order, signer string, err error) {
	key := a.signer(msg)
	if o, err = OpenOrder(msg, key); err != nil {
		return Order{}, "", err
	}
	if o.Device != a.device {
		return Order{}, "", fmt.Errorf("%w: device %s", ErrOther, o.Device)
	}
	right := map[string]Rights{Cancel: MayDeliver, Lock: MayLock, Remember: MayInstall, Drill: MayInstall}[o.Verb]
	if err := a.holdsAt(KeyID(key), right, now); err != nil {
		return Order{}, "", err
	}
	return o, KeyID(key), nil
}

// MayWatch says whether a key may watch a delivery now: its pass names the key, the key was
// not revoked, and for a member's pass the key is the owner's or was granted to watch. An
// owner may name whom they like.
func (a *Authority) MayWatch(p Pass, keyID string, now time.Time) error {
	if err := a.Permits(p); err != nil {
		return err
	}
	if !p.MayWatch(keyID) {
		return fmt.Errorf("%w: the pass does not name %s", ErrNotGranted, keyID)
	}
	if a.keys[keyID].ended() {
		return fmt.Errorf("%w: %s was revoked", ErrNotGranted, keyID)
	}
	if p.signer == KeyID(a.owner) {
		return nil
	}
	return a.holdsAt(keyID, MayWatch, now)
}

// WatchUntil is when watching ends by itself for a key that [Authority.MayWatch] lets watch: with the window or,
// by a member's pass, with what the owner granted to the key, if that is sooner.
func (a *Authority) WatchUntil(p Pass, keyID string) time.Time {
	until, owner := p.Terms().Until, KeyID(a.owner)
	if p.signer != owner && keyID != owner {
		if g := a.keys[keyID].grant; g.Until.Before(until) {
			return g.Until
		}
	}
	return until
}
