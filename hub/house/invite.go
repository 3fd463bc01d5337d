package house

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// Bounds of invitations.
const (
	MaxInvites = 16             // open ones of a device
	inviteLast = 24 * time.Hour // how long an invitation can be answered
	inviteSize = 16             // bytes of its id
)

// Invite is an owner's invitation to somebody who is to be granted something. Its secret is in the
// link alone: the hub knows the id, which is made of it, and can't make the MAC that shows that a
// key comes from whoever holds the link. So a hub that puts in another key is noticed by the
// owner's page, before a person compares the digits.
type Invite struct {
	ID     string // base64url of 16 bytes
	Device string
	Until  time.Time
	Key    string // of who answered, base64url; empty until somebody did
	Name   string // as they call themselves
	MAC    string // base64url
}

// People says that something changed about who may do what at a device. Person is empty when it
// is an invitation.
type People struct{ Person string }

// Invite remembers that an owner invited somebody to a device. The same once more is no fault.
func (h *House) Invite(ctx context.Context, owner, device, id string) (Invite, error) {
	if err := h.owned(ctx, owner, device); err != nil {
		return Invite{}, err
	}
	if !isBytes(id, inviteSize) {
		return Invite{}, ErrUnreadable.With(errors.New("the invitation’s id is no 16 bytes"))
	}
	now := h.now()
	if err := h.store.DropInvites(ctx, now); err != nil {
		return Invite{}, err
	}
	open, err := h.store.Invites(ctx, device)
	if err != nil {
		return Invite{}, err
	}
	for _, i := range open {
		if i.ID == id {
			return i, nil
		}
	}
	if len(open) >= MaxInvites {
		return Invite{}, ErrTooManyInvites
	}
	i := Invite{ID: id, Device: device, Until: now.Add(inviteLast).UTC().Truncate(time.Second)}
	return i, h.store.AddInvite(ctx, i)
}

// Uninvite takes an invitation back.
func (h *House) Uninvite(ctx context.Context, owner, id string) error {
	i, err := h.store.Invite(ctx, id)
	if err != nil {
		return err
	}
	if err := h.owned(ctx, owner, i.Device); err != nil {
		return err
	}
	if err := h.store.DropInvite(ctx, id); err != nil {
		return err
	}
	h.feed.tell(News{Device: i.Device, People: &People{}})
	return nil
}

// Answer notes the key of who opened an invitation's link. The first one counts: [ErrInviteTaken]
// for another, who then knows that somebody was there before.
func (h *House) Answer(ctx context.Context, id, key, name, mac string) error {
	pub, err := pass.DecodeKey(key)
	if err != nil || pass.EncodeKey(pub) != key || !isBytes(mac, sha256.Size) || len(name) > pass.MaxName || !words(name) {
		return ErrUnreadable.With(errors.New("the answer is not in the form of one"))
	}
	i, err := h.invite(ctx, id)
	if err != nil {
		return err
	}
	if i.Key == key {
		return nil
	}
	i.Key, i.Name, i.MAC = key, name, mac
	if err := h.store.AnswerInvite(ctx, i); err != nil {
		return err
	}
	h.feed.tell(News{Device: i.Device, People: &People{}})
	return nil
}

// Invited is what whoever has an invitation's link may know of it.
type Invited struct {
	Invite
	Card  string // the device's, signed
	Grant string // what the owner signed for who answered; empty until they did
}

// Invited looks an invitation up. [ErrNoInvite] when there is none, or it is over.
func (h *House) Invited(ctx context.Context, id string) (Invited, error) {
	i, err := h.invite(ctx, id)
	if err != nil {
		return Invited{}, err
	}
	d, err := h.store.Device(ctx, i.Device)
	if err != nil {
		return Invited{}, err
	}
	v := Invited{Invite: i, Card: d.Card}
	if i.Key == "" {
		return v, nil
	}
	pub, err := pass.DecodeKey(i.Key)
	if err != nil {
		return Invited{}, err
	}
	about, err := h.store.WordsAbout(ctx, pass.KeyID(pub))
	for _, w := range about {
		if w.Device == i.Device && w.Leaf == wire.LeafGrant {
			v.Grant = w.Note
		}
	}
	return v, err
}

// Invites lists a device's invitations that are not over, for its owner.
func (h *House) Invites(ctx context.Context, owner, device string) ([]Invite, error) {
	if err := h.owned(ctx, owner, device); err != nil {
		return nil, err
	}
	if err := h.store.DropInvites(ctx, h.now()); err != nil {
		return nil, err
	}
	return h.store.Invites(ctx, device)
}

func (h *House) invite(ctx context.Context, id string) (Invite, error) {
	i, err := h.store.Invite(ctx, id)
	if err == nil && !h.now().Before(i.Until) {
		err = ErrNoInvite
	}
	return i, err
}

func isBytes(text string, size int) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return err == nil && len(b) == size
}
