package house

import (
	"context"
	"errors"
	"fmt"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// Amend takes the signed amendment of an owner, or of a member to a delivery of their own: checked as
// far as the hub can, written down, and offered to the device, which alone decides. The newest is
// offered in the place of the one before; the very same again is taken without complaint. A window
// that is over stays over.
func (h *House) Amend(ctx context.Context, person string, note string) (Delivery, error) {
	key, err := h.KnownKey(ctx, person)
	if err != nil {
		return Delivery{}, err
	}
	signed, err := pass.OpenAmendment([]byte(note), key)
	if err != nil {
		return Delivery{}, refuse(err)
	}
	seat, err := h.SeatFor(ctx, person, signed.Device, pass.MayDeliver)
	if err != nil {
		return Delivery{}, err
	}
	d, err := h.seen(ctx, seat, signed.Delivery)
	if err == nil && !seat.Changes(d) {
		err = ErrNotGranted.With(fmt.Errorf("delivery %s is not of %s", d.ID, person))
	}
	if err != nil {
		return Delivery{}, err
	}
	if d.Amendment == note {
		return d, h.offer(ctx, d)
	}
	a, err := h.authority(ctx, seat.Device)
	if err != nil {
		return Delivery{}, err
	}
	p, err := opened(a, d)
	if err == nil {
		p, err = a.Amend(p, []byte(note))
	}
	switch {
	case errors.Is(err, pass.ErrOldRevision):
		return Delivery{}, ErrAmended.With(err)
	case err != nil:
		return Delivery{}, refuse(err)
	}
	x, err := h.Delivered(ctx, d)
	if err != nil {
		return Delivery{}, err
	}
	d.Until, d.Revision, d.Amendment = p.Terms().Until, p.Revision(), note
	if x.Over || x.Cancelling || !d.Until.After(h.now()) {
		return Delivery{}, ErrWindowOver
	}
	if err := h.store.AmendDelivery(ctx, d); err != nil {
		return Delivery{}, err
	}
	if err := h.post.Publish(wire.Topic(d.Device, wire.LeafAmend, d.ID), []byte(note), true); err != nil {
		return Delivery{}, fmt.Errorf("publish amendment: %w", err)
	}
	h.tellStatus(ctx, d)
	return d, nil
}

// opened is a delivery's pass as it is amended so far.
func opened(a *pass.Authority, d Delivery) (pass.Pass, error) {
	p, err := a.OpenPass([]byte(d.Pass))
	if err != nil || d.Amendment == "" {
		return p, err
	}
	return a.Amend(p, []byte(d.Amendment))
}
