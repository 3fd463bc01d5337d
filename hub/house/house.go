package house

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// Post publishes on MQTT in the hub's own name. An empty payload with retain takes a
// retained message away.
type Post interface {
	Publish(topic string, payload []byte, retain bool) error
}

// House ties devices, owners and deliveries together. Safe for many goroutines.
type House struct {
	store Store
	post  Post
	now   func() time.Time
	log   *slog.Logger
	feed  Feed

	mu      sync.Mutex
	present map[string]Presence
	pulses  map[string]*pulse
	changed chan struct{} // closed and made anew when somebody comes or goes
	letters map[string]pending
	owed    map[string]bool // devices with events that could not be written down
}

// New makes a house. now is the hub's clock.
func New(store Store, post Post, now func() time.Time, log *slog.Logger) *House {
	return &House{store: store, post: post, now: now, log: log,
		present: map[string]Presence{}, pulses: map[string]*pulse{}, changed: make(chan struct{}), letters: map[string]pending{}, owed: map[string]bool{}}
}

// Close ends every follower, and waits for no device any more.
func (h *House) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for device := range h.pulses {
		h.dropPulse(device)
	}
	h.feed.Close()
}

// Open offers again what devices should know, as a broker that was just started has
// forgotten it: how far their events are on disk, and the passes and orders of windows
// that are not over.
func (h *House) Open(ctx context.Context) error {
	devices, err := h.store.Devices(ctx, "")
	if err != nil {
		return err
	}
	for _, d := range devices {
		if err := h.publishSeen(d.ID, d.Next); err != nil {
			return err
		}
	}
	for _, d := range devices {
		if err := h.offerWords(ctx, d.ID, ""); err != nil { // who may sign comes before what they signed
			return err
		}
	}
	planned, err := h.store.DeliveriesAfter(ctx, "", h.now().Add(-passGrace))
	if err != nil {
		return err
	}
	for _, d := range planned {
		if err := h.offer(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// offer publishes a delivery's pass, amendment and orders, as far as the device should still see them.
func (h *House) offer(ctx context.Context, d Delivery) error {
	told, err := h.store.Told(ctx, d.Device, d.ID)
	if err != nil || told.Over() {
		return err
	}
	orders, err := h.store.Orders(ctx, d.ID)
	if err != nil {
		return err
	}
	cancelled := false
	for _, o := range orders {
		cancelled = cancelled || o.Verb == pass.Cancel
		if err := h.post.Publish(wire.Topic(o.Device, wire.LeafOrder, o.ID), []byte(o.Note), true); err != nil {
			return fmt.Errorf("publish order: %w", err)
		}
	}
	if cancelled {
		return nil
	}
	if err := h.post.Publish(wire.Topic(d.Device, wire.LeafPass, d.ID), []byte(d.Pass), true); err != nil {
		return fmt.Errorf("publish pass: %w", err)
	}
	if d.Amendment == "" {
		return nil
	}
	if err := h.post.Publish(wire.Topic(d.Device, wire.LeafAmend, d.ID), []byte(d.Amendment), true); err != nil {
		return fmt.Errorf("publish amendment: %w", err)
	}
	return nil
}

// withdraw takes away what offer published.
func (h *House) withdraw(ctx context.Context, d Delivery) error {
	err := h.post.Publish(wire.Topic(d.Device, wire.LeafPass, d.ID), nil, true)
	if d.Amendment != "" {
		err = errors.Join(err, h.post.Publish(wire.Topic(d.Device, wire.LeafAmend, d.ID), nil, true))
	}
	orders, ordersErr := h.store.Orders(ctx, d.ID)
	err = errors.Join(err, ordersErr)
	for _, o := range orders {
		err = errors.Join(err, h.post.Publish(wire.Topic(o.Device, wire.LeafOrder, o.ID), nil, true))
	}
	return err
}

// Sweep withdraws what is over, of windows that ended since the given time, and forgets
// couriers whose retention is over. It returns the time to sweep next.
func (h *House) Sweep(ctx context.Context, since time.Time) (next time.Time, err error) {
	now := h.now()
	next = now.Add(sweepEvery)
	ds, err := h.store.DeliveriesAfter(ctx, "", since.Add(-passGrace))
	if err != nil {
		return next, err
	}
	for _, d := range ds {
		end := d.Until.Add(passGrace)
		switch {
		case !end.After(now):
			err = errors.Join(err, h.withdraw(ctx, d))
			h.tellStatus(ctx, d)
		case end.Before(next):
			next = end
		}
	}
	err = errors.Join(err, h.store.ForgetCouriers(ctx, now), h.store.DropInvites(ctx, now), h.forgetWords(ctx))
	if h.remindOwed(ctx) {
		next = now.Add(remindEvery)
	}
	return next, err
}

// owe notes that a device's event could not be written down.
func (h *House) owe(device string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.owed[device] = true
}

// remindOwed says "seen" again to devices whose events could not be written down, which
// asks them to send those again. It reports whether there were any.
func (h *House) remindOwed(ctx context.Context) bool {
	h.mu.Lock()
	owed := h.owed
	h.owed = map[string]bool{}
	h.mu.Unlock()
	for device := range owed {
		d, err := h.store.Device(ctx, device)
		if err == nil {
			err = h.publishSeen(d.ID, d.Next)
		}
		if err != nil {
			h.log.Error("ask for events again", "device", device, "error", err)
			h.owe(device)
		}
	}
	return len(owed) > 0
}

// sweepEvery bounds the wait between two sweeps, so that a clock that was set and a disk
// that was freed are noticed.
const sweepEvery = 15 * time.Second

// remindEvery is how soon a device is asked again for what could not be written down.
const remindEvery = 5 * time.Second

// Run sweeps until ctx ends.
func (h *House) Run(ctx context.Context) {
	since := h.now()
	for {
		began := h.now()
		next, err := h.Sweep(ctx, since)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			h.log.Error("sweep", "error", err) // since stays: the next sweep does it again
		} else {
			since = began
		}
		wait := time.NewTimer(max(next.Sub(h.now()), time.Second))
		select {
		case <-ctx.Done():
			wait.Stop()
			return
		case <-wait.C:
		}
	}
}

// Follow starts handing over the news that want picks; see [Feed.Follow].
func (h *House) Follow(want func(News) bool) *Follower { return h.feed.Follow(want) }

// Presence is what is known of a device now.
func (h *House) Presence(device string) Presence {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.present[device]
}

// Device returns a device and how it is; ErrNoDevice when there is none.
func (h *House) Device(ctx context.Context, id string) (Device, Presence, error) {
	d, err := h.store.Device(ctx, id)
	return d, h.Presence(id), err
}

// Owner returns an owner and their devices. ErrNoOwner when they are not known here.
func (h *House) Owner(ctx context.Context, id string) (Owner, []Device, error) {
	o, err := h.store.Owner(ctx, id)
	if err != nil {
		return Owner{}, nil, err
	}
	ds, err := h.store.Devices(ctx, id)
	return o, ds, err
}

// owned checks that a device is the owner's, or returns ErrOtherDevice.
func (h *House) owned(ctx context.Context, owner, device string) error {
	d, err := h.store.Device(ctx, device)
	if errors.Is(err, ErrNoDevice) || err == nil && (d.Owner != owner || owner == "") {
		return ErrOtherDevice.With(fmt.Errorf("device %.64q is not of %s", device, owner))
	}
	return err
}

func (h *House) publishSeen(device string, next uint64) error {
	b, err := json.Marshal(wire.Seen{Next: next})
	if err != nil {
		return err
	}
	if err := h.post.Publish(wire.Topic(device, wire.LeafSeen), b, true); err != nil {
		return fmt.Errorf("publish seen: %w", err)
	}
	return nil
}
