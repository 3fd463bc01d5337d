package house

import "context"

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
