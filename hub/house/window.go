package house

import (
	"context"
	"errors"
)

// Window is the delivery whose window is open now, by this hub's clock and unless the device has said that it
// is closed. ok is false when there is none.
func (h *House) Window(ctx context.Context, device string) (d Delivery, ok bool, err error) {
	now := h.now()
	all, err := h.store.DeliveriesAfter(ctx, device, now)
	if err != nil {
		return Delivery{}, false, err
	}
	for _, d := range all {
		if d.From.After(now) {
			continue
		}
		told, err := h.store.Told(ctx, device, d.ID)
		if err != nil {
			return Delivery{}, false, err
		}
		if !told.Over() {
			return d, true, nil
		}
	}
	return Delivery{}, false, nil
}

// IsOf reports whether a delivery is at a device.
func (h *House) IsOf(ctx context.Context, device, delivery string) bool {
	d, err := h.store.Delivery(ctx, delivery)
	if err != nil && !errors.Is(err, ErrNoDelivery) {
		h.log.Error("where a delivery is", "delivery", delivery, "error", err)
	}
	return err == nil && d.Device == device
}
