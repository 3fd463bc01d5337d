package house

import (
	"context"
	"errors"
	"fmt"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// Amend takes an owner's signed amendment: checked as far as the hub can, written down, and
// offered to the device, which alone decides. The newest is offered in the place of the one
// before; the very same again is taken without complaint. A window that is over stays over.
func (h *House) Amend(ctx context.Context, owner string, note string) (Delivery, error) {
	who, err := h.store.Owner(ctx, owner)
	if err != nil {
		return Delivery{}, err
	}
	a, err := pass.OpenAmendment([]byte(note), who.Key)
	if err != nil {
		return Delivery{}, refuse(err)
	}
	if err := h.owned(ctx, owner, a.Device); err != nil {
		return Delivery{}, err
	}
	d, err := h.store.Delivery(ctx, a.Delivery)
	if err == nil && d.Device != a.Device {
		err = ErrNoDelivery.With(fmt.Errorf("delivery %s is of another device", d.ID))
	}
	if err != nil {
		return Delivery{}, err
	}
	if d.Amendment == note {
		return d, h.offer(ctx, d)
	}
	p, err := opened(d, who)
	if err == nil {
		p, err = pass.Amend(p, []byte(note), who.Key)
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
func opened(d Delivery, o Owner) (pass.Pass, error) {
	p, err := pass.OpenPass([]byte(d.Pass), o.Key)
	if err != nil || d.Amendment == "" {
		return p, err
	}
	return pass.Amend(p, []byte(d.Amendment), o.Key)
}
