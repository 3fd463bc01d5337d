package house

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// Word is what an owner said, over their signature, of what a person may do with a device: the
// latest grant, or the latest revocation.
type Word struct {
	Device string
	Person string // key id
	Leaf   string // wire.LeafGrant or wire.LeafRevoke
	Note   string // signed
	At     time.Time
}

// Seat is a person's place at a device: its owner's, or what the owner granted them and holds now.
// The zero Seat permits nothing.
type Seat struct {
	Device Device
	Person string     // key id
	Owner  bool       // the device obeys this person
	Grant  pass.Grant // what a member was granted; zero for an owner
	Note   string     // the grant, signed; empty for an owner
}

// May reports whether the person may do something. An owner may do everything.
func (s Seat) May(right pass.Rights) bool {
	return s.Person != "" && (s.Owner || s.Grant.May.Has(right))
}

// Sees reports whether the person may know of a delivery: an owner of each, a member of those that
// they signed or whose pass names them.
func (s Seat) Sees(d Delivery) bool {
	return s.Person != "" && d.Device == s.Device.ID && d.Owner == s.Device.Owner && (s.Owner || d.names(s.Person))
}

// Changes reports whether the person may amend or cancel a delivery: an owner each, a member their own.
func (s Seat) Changes(d Delivery) bool {
	return s.Sees(d) && s.May(pass.MayDeliver) && (s.Owner || d.By == s.Person)
}

// State is a device's state as the person may see it: of a delivery that is not theirs, a member
// learns that the camera is on, and nothing more.
func (s Seat) State(st *wire.State, sees func(delivery string) bool) *wire.State {
	if st == nil || s.Owner || st.Delivery != "" && sees(st.Delivery) {
		return st
	}
	c := *st
	c.Delivery, c.Until, c.Entries, c.Visit, c.Viewers, c.Spent = "", time.Time{}, 0, wire.NoWindow, 0, nil
	return &c
}

// Hear is an event as the person may hear it, and whether they may at all: an owner each, a member what is of a
// delivery that they may know of, and what is about them; in a delivery that is not theirs that does not name it.
func (s Seat) Hear(e wire.Event, sees func(delivery string) bool) (wire.Event, bool) {
	if s.Owner || sees(e.Delivery) {
		return e, true
	}
	if e.Delivery != "" {
		e.Delivery, e.Spent = "", nil
	}
	return e, s.Person != "" && e.Who == s.Person
}

// authority is what a device's owner granted and took back, as far as the hub was given it. The
// hub asks the very rule that the device asks, but knows no epoch: that only the device does.
func (h *House) authority(ctx context.Context, d Device) (*pass.Authority, error) {
	o, err := h.store.Owner(ctx, d.Owner)
	if err != nil {
		return nil, err
	}
	words, err := h.store.Words(ctx, d.ID)
	if err != nil {
		return nil, err
	}
	a := pass.NewAuthority(d.ID, o.Key, 0)
	for _, w := range words {
		if _, _, err := a.Take([]byte(w.Note)); err != nil { // a former owner's
			h.log.Debug("a grant does not count", "device", d.ID, "person", w.Person, "error", err)
		}
	}
	a.Forget(h.now())
	return a, nil
}

// Seats lists where a person has a place now, in the order of the devices' ids.
func (h *House) Seats(ctx context.Context, person string) ([]Seat, error) {
	if person == "" {
		return nil, nil
	}
	own, err := h.store.Devices(ctx, person)
	if err != nil {
		return nil, err
	}
	var seats []Seat
	for _, d := range own {
		seats = append(seats, Seat{Device: d, Person: person, Owner: true})
	}
	granted, err := h.store.WordsAbout(ctx, person)
	if err != nil {
		return nil, err
	}
	for _, w := range granted {
		if w.Leaf != wire.LeafGrant {
			continue
		}
		s, err := h.member(ctx, person, w)
		if err != nil {
			return nil, err
		}
		if s.Person != "" {
			seats = append(seats, s)
		}
	}
	return seats, nil
}

// member is the seat that a grant gives now; the zero Seat for none.
func (h *House) member(ctx context.Context, person string, w Word) (Seat, error) {
	d, err := h.store.Device(ctx, w.Device)
	if err != nil || d.Owner == "" || d.Owner == person {
		return Seat{}, err
	}
	a, err := h.authority(ctx, d)
	if err != nil {
		return Seat{}, err
	}
	now := h.now()
	for _, g := range a.Members() {
		if g.ID() == person && !now.Before(g.From) && now.Before(g.Until) {
			return Seat{Device: d, Person: person, Grant: g, Note: w.Note}, nil
		}
	}
	return Seat{}, nil
}

// Seat is a person's place at one device, or [ErrOtherDevice].
func (h *House) Seat(ctx context.Context, person, device string) (Seat, error) {
	seats, err := h.Seats(ctx, person)
	if err != nil {
		return Seat{}, err
	}
	for _, s := range seats {
		if s.Device.ID == device {
			return s, nil
		}
	}
	return Seat{}, ErrOtherDevice.With(fmt.Errorf("%.64q has no place at device %.64q", person, device))
}

// SeatFor is a person's place at a device at which they have a right, or [ErrNotGranted].
func (h *House) SeatFor(ctx context.Context, person, device string, right pass.Rights) (Seat, error) {
	s, err := h.Seat(ctx, person, device)
	if err == nil && !s.May(right) {
		return Seat{}, ErrNotGranted.With(fmt.Errorf("%s may not %v at device %s", person, right, device))
	}
	return s, err
}

// KnownKey is the key of an owner, or of somebody who was granted something and has a place now.
// [ErrNoOwner] when there is none, [ErrNoSeat] when there was.
func (h *House) KnownKey(ctx context.Context, person string) (ed25519.PublicKey, error) {
	o, err := h.store.Owner(ctx, person)
	if err == nil || !errors.Is(err, ErrNoOwner) {
		return o.Key, err
	}
	seats, seatsErr := h.Seats(ctx, person)
	if seatsErr != nil {
		return nil, seatsErr
	}
	if len(seats) > 0 {
		return seats[0].Grant.Key, nil
	}
	words, wordsErr := h.store.WordsAbout(ctx, person)
	if wordsErr == nil && len(words) > 0 {
		return nil, ErrNoSeat
	}
	return nil, errors.Join(err, wordsErr)
}

// Say takes an owner's signed grant or revocation: checked as the device will, written down, and
// offered to the device. A revocation ends at once what the hub does for the person; whoever
// follows the news hears of it. The same word again is taken without complaint.
func (h *House) Say(ctx context.Context, owner, note string) (Word, error) {
	o, err := h.store.Owner(ctx, owner)
	if err != nil {
		return Word{}, err
	}
	w, err := openWord(note, o.Key)
	if err != nil {
		return Word{}, err
	}
	if err := h.owned(ctx, owner, w.Device); err != nil {
		return Word{}, err
	}
	d, err := h.store.Device(ctx, w.Device)
	if err != nil {
		return Word{}, err
	}
	a, err := h.authority(ctx, d)
	if err != nil {
		return Word{}, err
	}
	switch _, _, err := a.Take([]byte(note)); {
	case errors.Is(err, pass.ErrTooMany):
		return Word{}, ErrTooManyPeople.With(err)
	case err != nil:
		return Word{}, refuse(err)
	}
	if err := h.store.PutWord(ctx, w); err != nil {
		return Word{}, err
	}
	err = h.offerWords(ctx, d.ID, w.Person)
	if w.Leaf == wire.LeafRevoke {
		err = errors.Join(err, h.disown(ctx, w))
	}
	h.feed.tell(News{Device: d.ID, People: &People{Person: w.Person}})
	return w, err
}

// openWord reads a grant or a revocation of an owner's.
func openWord(note string, owner ed25519.PublicKey) (Word, error) {
	if pass.KindOf([]byte(note)) == pass.KindRevoke {
		v, err := pass.OpenRevocation([]byte(note), owner)
		if err != nil {
			return Word{}, refuse(err)
		}
		return Word{Device: v.Device, Person: v.Key, Leaf: wire.LeafRevoke, Note: note, At: v.At}, nil
	}
	g, err := pass.OpenGrant([]byte(note), owner)
	if err != nil {
		return Word{}, refuse(err)
	}
	return Word{Device: g.Device, Person: g.ID(), Leaf: wire.LeafGrant, Note: note, At: g.At}, nil
}

// offerWords publishes what is said of a person, or of everybody for "": the latest revocation, and
// the latest grant unless it was taken back.
func (h *House) offerWords(ctx context.Context, device, person string) error {
	words, err := h.store.Words(ctx, device)
	if err != nil {
		return err
	}
	revoked := map[string]time.Time{}
	for _, w := range words {
		if w.Leaf == wire.LeafRevoke {
			revoked[w.Person] = w.At
		}
	}
	slices.SortStableFunc(words, func(a, b Word) int { return strings.Compare(b.Leaf, a.Leaf) }) // what forbids comes first
	for _, w := range words {
		if person != "" && w.Person != person {
			continue
		}
		payload := []byte(w.Note)
		if at, ok := revoked[w.Person]; ok && w.Leaf == wire.LeafGrant && !w.At.After(at) {
			payload = nil
		}
		if err := h.post.Publish(wire.Topic(w.Device, w.Leaf, w.Person), payload, true); err != nil {
			return fmt.Errorf("publish %s: %w", w.Leaf, err)
		}
	}
	return nil
}

// disown withdraws the passes that a person signed, and forgets the invitations that they answered.
func (h *House) disown(ctx context.Context, w Word) error {
	ds, err := h.store.DeliveriesAfter(ctx, w.Device, h.now().Add(-passGrace))
	for _, d := range ds {
		if d.By == w.Person {
			err = errors.Join(err, h.withdraw(ctx, d))
		}
	}
	invites, listErr := h.store.Invites(ctx, w.Device)
	err = errors.Join(err, listErr)
	for _, i := range invites {
		if key, keyErr := pass.DecodeKey(i.Key); keyErr == nil && pass.KeyID(key) == w.Person {
			err = errors.Join(err, h.store.DropInvite(ctx, i.ID))
		}
	}
	return err
}

// forgetWords takes back what no longer says anything: a grant, and a revocation of one, that is
// as old as a grant may hold.
func (h *House) forgetWords(ctx context.Context) error {
	words, err := h.store.OldWords(ctx, h.now().Add(-pass.MaxMember))
	for _, w := range words {
		err = errors.Join(err, h.forgetWord(ctx, w))
	}
	return err
}

// forgetWord takes a word back from the device, with all else that is said of the person there.
func (h *House) forgetWord(ctx context.Context, w Word) error {
	return errors.Join(h.post.Publish(wire.Topic(w.Device, w.Leaf, w.Person), nil, true), h.store.DropWords(ctx, w.Device, w.Person))
}

// Words lists what an owner said of each person at one of their devices.
func (h *House) Words(ctx context.Context, owner, device string) ([]Word, error) {
	if err := h.owned(ctx, owner, device); err != nil {
		return nil, err
	}
	return h.store.Words(ctx, device)
}

// forgetOwner takes back all that is said of people at a device that has another owner now.
func (h *House) forgetOwner(ctx context.Context, device string) error {
	words, err := h.store.Words(ctx, device)
	for _, w := range words {
		err = errors.Join(err, h.forgetWord(ctx, w))
		h.feed.tell(News{Device: device, People: &People{Person: w.Person}})
	}
	invites, listErr := h.store.Invites(ctx, device)
	err = errors.Join(err, listErr)
	for _, i := range invites {
		err = errors.Join(err, h.store.DropInvite(ctx, i.ID))
	}
	return err
}
