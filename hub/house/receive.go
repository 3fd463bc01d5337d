package house

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"vestibule/hub/wire"
)

// storeTime bounds how long a device's message may keep the disk busy.
const storeTime = 10 * time.Second

// lockLetter is the id of every letter that passes on a reader's wish.
const lockLetter = "lock"

// maxSaying bounds an event or a state in bytes.
const maxSaying = 8 << 10

// Receive takes what a device published, or a reader at the device's lock. The broker has made
// sure of who it was. It returns when the message was dealt with, which slows down a device that
// talks faster than the disk writes.
func (h *House) Receive(topic string, payload []byte) {
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	device, rest, ok := wire.SplitTopic(topic)
	if !ok {
		return
	}
	var err error
	switch leaf, tail, _ := strings.Cut(rest, "/"); {
	case rest == wire.LeafOnline:
		err = h.takeOnline(ctx, device, payload)
	case rest == wire.LeafPulse:
		err = h.takePulse(device, payload)
	case rest == wire.LeafState:
		err = h.takeState(device, payload)
	case rest == wire.LeafLetterOut:
		err = h.takeLetter(ctx, device, payload)
	case rest == wire.LeafLock:
		err = h.takeLock(device, payload)
	case leaf == wire.LeafEvent:
		err = h.takeEvent(ctx, device, wire.Kind(tail), payload)
	}
	if err != nil {
		h.log.Error("message from a device", "topic", topic, "bytes", len(payload), "error", err)
	}
}

// takeLock passes on a reader's wish that a door is locked now. It is one letter and nobody waits for its
// answer, which takeLetter drops: a device whose connection is over is not locked by it later. One that is silent for
// the moment may be; see reached.
func (h *House) takeLock(device string, b []byte) error {
	if string(b) != wire.LockPayload {
		return fmt.Errorf("a command that is not %s", wire.LockPayload)
	}
	h.mu.Lock()
	online := reached(h.present[device], wire.LetterLock)
	h.mu.Unlock()
	if !online {
		return errors.New("a door cannot be locked: its device is away")
	}
	l, err := wire.NewLetter(lockLetter, wire.LetterLock, wire.LockNow{})
	if err != nil {
		return err
	}
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	return h.post.Publish(wire.Topic(device, wire.LeafLetterIn), text, false)
}

// Gone takes note that a device's connection is over, whatever its last words were.
func (h *House) Gone(device string) {
	if !h.setOnline(device, false) {
		return
	}
	b, err := json.Marshal(wire.Online{})
	if err == nil {
		err = h.post.Publish(wire.Topic(device, wire.LeafOnline), b, true)
	}
	if err != nil {
		h.log.Error("say that a device is gone", "device", device, "error", err)
	}
}

func (h *House) takeOnline(ctx context.Context, device string, b []byte) error {
	var o wire.Online
	if err := wire.Decode(b, &o); err != nil {
		return err
	}
	if !h.setOnline(device, o.Online) || !o.Online {
		return nil
	}
	// One that was enrolled while the hub ran has not heard yet that nothing was seen.
	d, err := h.store.Device(ctx, device)
	if err != nil {
		return err
	}
	return h.publishSeen(device, d.Next)
}

// setOnline takes note of whether a device is connected, and reports whether that is new.
func (h *House) setOnline(device string, online bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.present[device].Online == online {
		return false
	}
	h.dropPulse(device) // a new connection has its own
	h.change(device, func(p *Presence) {
		if !online && p.Reached() {
			p.Since = h.now()
		}
		p.Online, p.Silent = online, false
	})
	return true
}

func (h *House) takeState(device string, b []byte) error {
	var s wire.State
	if len(b) > maxSaying {
		return fmt.Errorf("state of %d bytes", len(b))
	}
	if err := wire.Decode(b, &s); err != nil {
		return err
	}
	h.mu.Lock()
	p := h.present[device]
	p.State = &s
	h.present[device] = p
	h.mu.Unlock()
	h.feed.tell(News{Device: device, State: &s})
	return nil
}

// takeEvent writes an event down and then, and only then, says so to the device. When it
// can't be written, "seen" stays, and the device keeps the event.
func (h *House) takeEvent(ctx context.Context, device string, kind wire.Kind, b []byte) error {
	if len(b) > maxSaying {
		return fmt.Errorf("event of %d bytes", len(b))
	}
	var e wire.Event
	if err := wire.Decode(b, &e); err != nil {
		return err
	}
	if e.ID != wire.EventID(device, e.Index) || e.Kind != kind {
		return fmt.Errorf("event %.80q of kind %.40q came as %s/%d of kind %.40q", e.ID, e.Kind, device, e.Index, kind)
	}
	fresh, next, err := h.store.AddEvent(ctx, device, e)
	if err != nil {
		h.owe(device)
		return fmt.Errorf("event %s is not acknowledged: %w", e.ID, err)
	}
	// Also for an event that is known: the device sent it again because it has not heard.
	err = h.publishSeen(device, next)
	if !fresh {
		return err
	}
	h.feed.tell(News{Device: device, Event: &e})
	if e.Delivery != "" {
		err = errors.Join(err, h.follow(ctx, device, e))
	}
	return err
}

// follow does what an event means for its delivery.
func (h *House) follow(ctx context.Context, device string, e wire.Event) error {
	switch e.Kind {
	case wire.PassAccepted, wire.PassRefused, wire.Cancelled, wire.WindowOpened, wire.WindowClosed, wire.VisitStarted, wire.VisitEnded:
	default:
		return nil
	}
	d, err := h.store.Delivery(ctx, e.Delivery)
	if errors.Is(err, ErrNoDelivery) || err == nil && d.Device != device {
		return nil // planned at another hub, or not the device's to talk about
	}
	if err != nil {
		return err
	}
	told, err := h.store.Told(ctx, device, d.ID)
	if err != nil {
		return err
	}
	if told.Over() {
		err = h.withdraw(ctx, d)
	}
	h.tellStatus(ctx, d)
	return err
}
