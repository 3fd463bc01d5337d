package house

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// pending is a letter that wants an answer.
type pending struct {
	device string
	answer chan answered // buffered: nobody may be there to take it
	// pair is set for a letter that asks the device to obey a key. Such a letter is
	// remembered after its sender gave up, so that a late answer is not lost.
	pair  *Owner
	until time.Time // such a letter is not believed any more after that
	late  bool      // its sender gave up
}

type answered struct {
	letter wire.Letter
	err    error
}

// Times of letters.
const (
	comeBack  = 3 * time.Second  // how long a letter waits for a device that is away
	pairsLast = 10 * time.Minute // how long after the letter "paired" is believed
	maxPairs  = 64               // letters of pairing under way or remembered at once
)

// Ask sends a letter to a device and waits for the answer, until ctx ends: ErrOffline
// when the device is not there, ErrSilent when it does not answer. Bye wants no answer
// and gets none: the letter itself comes back.
//
// Who may send which kind of letter is the caller's to decide.
func (h *House) Ask(ctx context.Context, device string, kind wire.LetterKind, body json.RawMessage) (wire.Letter, error) {
	if _, err := h.store.Device(ctx, device); err != nil {
		return wire.Letter{}, err
	}
	p := pending{device: device, answer: make(chan answered, 1), until: h.now().Add(pairsLast)}
	if kind == wire.LetterPair {
		owner, err := parsePair(body)
		if err != nil {
			return wire.Letter{}, ErrUnreadable.With(err)
		}
		p.pair = &owner
	}
	var id [16]byte
	if _, err := rand.Read(id[:]); err != nil {
		return wire.Letter{}, fmt.Errorf("name a letter: %w", err)
	}
	l := wire.Letter{ID: base64.RawURLEncoding.EncodeToString(id[:]), Kind: kind, Body: body}
	b, err := json.Marshal(l)
	if err != nil {
		return wire.Letter{}, ErrUnreadable.With(err)
	}
	if len(b) > wire.MaxLetter {
		return wire.Letter{}, ErrTooLarge
	}
	if err := h.awaitOnline(ctx, device, kind); err != nil {
		return wire.Letter{}, err
	}
	if kind == wire.LetterBye {
		return l, h.post.Publish(wire.Topic(device, wire.LeafLetterIn), b, false)
	}
	if err := h.expect(l.ID, p); err != nil {
		return wire.Letter{}, err
	}
	defer h.giveUp(l.ID)
	if err := h.post.Publish(wire.Topic(device, wire.LeafLetterIn), b, false); err != nil {
		return wire.Letter{}, fmt.Errorf("publish letter: %w", err)
	}
	select {
	case a := <-p.answer:
		return a.letter, a.err
	case <-ctx.Done():
		return wire.Letter{}, ErrSilent.With(ctx.Err())
	}
}

func parsePair(body json.RawMessage) (Owner, error) {
	var p wire.Pair
	if err := wire.Decode(body, &p); err != nil {
		return Owner{}, err
	}
	key, err := pass.DecodeKey(p.Owner)
	if err != nil {
		return Owner{}, err
	}
	if !words(p.Name) {
		return Owner{}, errors.New("the name is no short text")
	}
	return Owner{ID: pass.KeyID(key), Key: key, Name: p.Name}, nil
}

// reached reports whether a letter of a kind is sent to a device. A lock is as long as there is a connection, however
// late the device's pulse: to lock late harms nobody, as everything else might that comes when it is not waited for.
func reached(p Presence, kind wire.LetterKind) bool {
	return p.Reached() || kind == wire.LetterLock && p.Online
}

// awaitOnline waits a little for a device to be there: it may be connecting again.
func (h *House) awaitOnline(ctx context.Context, device string, kind wire.LetterKind) error {
	ctx, cancel := context.WithTimeout(ctx, comeBack)
	defer cancel()
	for {
		h.mu.Lock()
		online, changed := reached(h.present[device], kind), h.changed
		h.mu.Unlock()
		if online {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ErrOffline.With(ctx.Err())
		}
	}
}

func (h *House) expect(id string, p pending) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p.pair != nil && !h.roomForPair() {
		return ErrSilent.With(errors.New("too many letters of pairing are under way"))
	}
	h.letters[id] = p
	return nil
}

// roomForPair forgets letters of pairing that are too old, and the oldest that nobody
// waits for when there are too many. h.mu is held.
func (h *House) roomForPair() bool {
	now, pairs, oldest := h.now(), 0, ""
	for id, l := range h.letters {
		switch {
		case l.pair == nil:
			continue
		case l.late && l.until.Before(now):
			delete(h.letters, id)
			continue
		case l.late && (oldest == "" || l.until.Before(h.letters[oldest].until)):
			oldest = id
		}
		pairs++
	}
	if pairs < maxPairs {
		return true
	}
	delete(h.letters, oldest)
	return oldest != ""
}

// giveUp forgets a letter, but not one of pairing: its answer still makes an owner.
func (h *House) giveUp(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l, ok := h.letters[id]
	if ok && l.pair != nil {
		l.late = true
		h.letters[id] = l
		return
	}
	delete(h.letters, id)
}

// takeLetter hands an answer to whoever asked.
func (h *House) takeLetter(ctx context.Context, device string, b []byte) error {
	l, err := wire.ParseLetter(b)
	if err != nil {
		return err
	}
	h.mu.Lock()
	p, ok := h.letters[l.ID]
	if ok = ok && p.device == device; ok {
		delete(h.letters, l.ID)
	}
	h.mu.Unlock()
	if !ok && l.ID == lockLetter {
		return nil
	}
	if !ok {
		return fmt.Errorf("letter %.64q answers none of ours", l.ID)
	}
	if l.Kind == wire.LetterPaired {
		err = h.learnOwner(ctx, device, p, l.Body)
	}
	p.answer <- answered{l, err}
	return err
}

// learnOwner believes a device that says, over its own signature, that it obeys the very
// key that the letter it answers asked it to obey. Nothing else makes an owner.
func (h *House) learnOwner(ctx context.Context, device string, p pending, body json.RawMessage) error {
	if p.pair == nil || p.until.Before(h.now()) {
		return ErrCard.With(errors.New("nobody asked the device to be paired, or too long ago"))
	}
	d, err := h.store.Device(ctx, device)
	if err != nil {
		return err
	}
	var paired wire.PairedBody
	if err := wire.Decode(body, &paired); err != nil {
		return ErrCard.With(err)
	}
	card, err := pass.OpenCard([]byte(paired.Card), d.Sign)
	if err != nil {
		return ErrCard.With(err)
	}
	if card.Owner != p.pair.ID {
		return ErrCard.With(fmt.Errorf("the card names %s as owner, the letter %s", card.Owner, p.pair.ID))
	}
	former := d.Owner
	if err := h.store.Pair(ctx, device, *p.pair, paired.Card); err != nil {
		return err
	}
	h.log.Info("paired", "device", device, "owner", p.pair.ID)
	if former == "" || former == p.pair.ID {
		return nil
	}
	// What a former owner signed is worth nothing to the device now.
	if err := h.forgetOwner(ctx, device); err != nil {
		h.log.Error("forget whom a former owner granted something", "device", device, "error", err)
	}
	ds, err := h.store.DeliveriesAfter(ctx, device, h.now().Add(-passGrace))
	for _, d := range ds {
		if d.Owner == former {
			err = errors.Join(err, h.withdraw(ctx, d))
		}
	}
	if err != nil {
		h.log.Error("withdraw a former owner's passes", "device", device, "error", err)
	}
	return nil
}
