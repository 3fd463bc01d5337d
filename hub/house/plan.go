package house

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// refuse says in a person's words why a statement can't be opened.
func refuse(err error) error {
	switch {
	case errors.Is(err, pass.ErrTooLarge):
		return ErrTooLarge.With(err)
	case errors.Is(err, pass.ErrSignature):
		return ErrSignature.With(err)
	case errors.Is(err, pass.ErrGrantOver):
		return ErrGrantOver.With(err)
	case errors.Is(err, pass.ErrNotGranted):
		return ErrNotGranted.With(err)
	default:
		return ErrUnreadable.With(err)
	}
}

// Plan takes the signed pass of an owner, or of a member within their grant: checked as far as the
// hub can, written down, and offered to the device, which alone decides. A pass that is known, byte
// for byte, is taken again without complaint; fresh says which it was.
func (h *House) Plan(ctx context.Context, person string, note string, c Courier) (d Delivery, fresh bool, err error) {
	key, err := h.KnownKey(ctx, person)
	if err != nil {
		return Delivery{}, false, err
	}
	p, err := pass.OpenPass([]byte(note), key)
	if err != nil {
		return Delivery{}, false, refuse(err)
	}
	t := p.Terms()
	seat, err := h.SeatFor(ctx, person, t.Device, pass.MayDeliver)
	if err != nil {
		return Delivery{}, false, err
	}
	a, err := h.authority(ctx, seat.Device)
	if err != nil {
		return Delivery{}, false, err
	}
	if err := a.Permits(p); err != nil {
		return Delivery{}, false, refuse(err)
	}
	d = Delivery{ID: t.Delivery, Device: t.Device, Owner: seat.Device.Owner, Pass: note, From: t.From, Until: t.Until, Mode: t.Mode,
		Shadow: t.Shadow, Retention: t.Retention, Entries: t.Entries, Watchers: len(t.Watchers),
		Offline: t.Offline, Watched: t.Watched, Camera: t.Camera, Courier: c, Planned: h.now()}
	d.By, d.Named = named(t, seat)
	if err := h.checkPlan(ctx, d); err != nil {
		return Delivery{}, false, err
	}
	if err := h.store.AddDelivery(ctx, d); err != nil {
		known, knownErr := h.store.Delivery(ctx, d.ID)
		if !errors.Is(err, ErrKnown) || knownErr != nil || known.Pass != note {
			return Delivery{}, false, err
		}
		return known, false, h.offer(ctx, known)
	}
	if err := h.offer(ctx, d); err != nil {
		// It is on disk and will be offered when the hub starts next; the owner must know
		// that it was not offered now.
		return Delivery{}, false, err
	}
	h.tellStatus(ctx, d)
	return d, true, nil
}

// named says whose a pass is and whom of the members it names.
func named(t pass.Terms, s Seat) (by string, people []string) {
	if !s.Owner {
		by, people = s.Person, []string{s.Person}
	}
	for _, w := range t.Watchers {
		if w != s.Device.Owner && w != by {
			people = append(people, w)
		}
	}
	slices.Sort(people)
	return by, people
}

func (h *House) checkPlan(ctx context.Context, d Delivery) error {
	now := h.now()
	switch {
	case len(d.ID) < MinNameSize:
		return ErrName
	case !d.Until.After(now):
		return ErrWindowOver
	case d.From.After(now.Add(MaxAhead)):
		return ErrTooFar
	case !words(d.Courier.Name) || !words(d.Courier.Note):
		return ErrUnreadable.With(errors.New("the courier's name or note is no short text"))
	}
	planned, err := h.store.DeliveriesAfter(ctx, d.Device, now)
	if err != nil {
		return err
	}
	if len(planned) < MaxPlanned || slices.ContainsFunc(planned, func(k Delivery) bool { return k.ID == d.ID }) {
		return nil
	}
	// What is over, or about to be, takes nobody's place; nor does what somebody signed who was removed since.
	n := 0
	for _, k := range planned {
		if k.By != "" {
			if _, err := h.SeatFor(ctx, k.By, d.Device, pass.MayDeliver); err != nil {
				continue
			}
		}
		x, err := h.Delivered(ctx, k)
		if err != nil {
			return err
		}
		if !x.Over && !x.Cancelling {
			n++
		}
	}
	if n >= MaxPlanned {
		return ErrTooMany
	}
	return nil
}

// words allows a line or a few of plain text.
func words(s string) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= MaxWords &&
		!strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f })
}

// Order takes the signed order of an owner, or of a member who has the right to it, and offers it to
// the device. A cancelled delivery's pass is not on offer any more: a device that never saw it never
// will.
func (h *House) Order(ctx context.Context, person string, note string) (Order, error) {
	key, err := h.KnownKey(ctx, person)
	if err != nil {
		return Order{}, err
	}
	signed, err := pass.OpenOrder([]byte(note), key)
	if err != nil {
		return Order{}, refuse(err)
	}
	if signed.Verb == pass.Remember || signed.Verb == pass.Drill {
		// It is about one moment, and goes by letter: an order stays on offer until it is obeyed.
		return Order{}, ErrUnreadable.With(fmt.Errorf("%s is no order to be kept", signed.Verb))
	}
	seat, err := h.SeatFor(ctx, person, signed.Device, map[string]pass.Rights{pass.Cancel: pass.MayDeliver, pass.Lock: pass.MayLock}[signed.Verb])
	if err != nil {
		return Order{}, err
	}
	d, err := h.seen(ctx, seat, signed.Delivery)
	if err == nil && signed.Verb == pass.Cancel && !seat.Changes(d) {
		err = ErrNotGranted.With(fmt.Errorf("delivery %s is not of %s", d.ID, person))
	}
	if err != nil {
		return Order{}, err
	}
	if !d.Until.Add(passGrace).After(h.now()) {
		return Order{}, ErrWindowOver
	}
	o := Order{ID: signed.ID(), Device: signed.Device, Delivery: signed.Delivery, Verb: signed.Verb, Note: note, At: signed.At}
	if err := h.store.AddOrder(ctx, o); err != nil {
		return Order{}, err
	}
	if err := h.post.Publish(wire.Topic(o.Device, wire.LeafOrder, o.ID), []byte(note), true); err != nil {
		return Order{}, fmt.Errorf("publish order: %w", err)
	}
	if o.Verb == pass.Cancel {
		if err := h.post.Publish(wire.Topic(d.Device, wire.LeafPass, d.ID), nil, true); err != nil {
			return Order{}, fmt.Errorf("withdraw pass: %w", err)
		}
		if d.Amendment != "" {
			if err := h.post.Publish(wire.Topic(d.Device, wire.LeafAmend, d.ID), nil, true); err != nil {
				return Order{}, fmt.Errorf("withdraw amendment: %w", err)
			}
		}
	}
	h.tellStatus(ctx, d)
	return o, nil
}

// seen is a delivery that somebody may know of at their seat's device, or [ErrNoDelivery].
func (h *House) seen(ctx context.Context, seat Seat, delivery string) (Delivery, error) {
	d, err := h.store.Delivery(ctx, delivery)
	if err == nil && !seat.Sees(d) {
		return Delivery{}, ErrNoDelivery.With(fmt.Errorf("delivery %.64s is none of %s’s at device %s", delivery, seat.Person, seat.Device.ID))
	}
	return d, err
}

// listed is how many deliveries a person is shown.
const listed = 200

// Deliveries lists the deliveries that somebody may know of, with their status: an owner's, the
// latest window first, then those in which they are a member.
func (h *House) Deliveries(ctx context.Context, person string) ([]Delivered, error) {
	ds, err := h.store.DeliveriesOf(ctx, person, listed)
	if err != nil {
		return nil, err
	}
	seats, err := h.Seats(ctx, person)
	if err != nil {
		return nil, err
	}
	for _, s := range seats {
		if s.Owner {
			continue
		}
		more, err := h.store.DeliveriesNaming(ctx, s.Device.ID, person, listed)
		if err != nil {
			return nil, err
		}
		for _, d := range more {
			if s.Sees(d) {
				ds = append(ds, d)
			}
		}
	}
	all := make([]Delivered, len(ds))
	for i, d := range ds {
		if all[i], err = h.Delivered(ctx, d); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Delivered adds a delivery's status.
func (h *House) Delivered(ctx context.Context, d Delivery) (Delivered, error) {
	told, err := h.store.Told(ctx, d.Device, d.ID)
	if err != nil {
		return Delivered{}, err
	}
	x := Delivered{Delivery: d}
	now := h.now()
	x.Status, x.Reason = StatusOf(told, d.Until, now)
	x.Over = told.Over() || !now.Before(d.Until)
	if x.Status != Planned && x.Status != Accepted && x.Status != Open {
		return x, nil
	}
	orders, err := h.store.Orders(ctx, d.ID)
	x.Cancelling = slices.ContainsFunc(orders, func(o Order) bool { return o.Verb == pass.Cancel })
	return x, err
}

// Log lists a device's events with an index below before, newest first: for its owner all, for a
// member those about the deliveries that they may know of, and about themselves.
func (h *House) Log(ctx context.Context, person, device string, before uint64, limit int) ([]wire.Event, error) {
	seat, err := h.Seat(ctx, person, device)
	if err != nil {
		return nil, err
	}
	if !seat.Owner {
		events, err := h.store.EventsNaming(ctx, device, person, min(before, math.MaxInt64), limit)
		known := map[string]bool{} // many events are of few deliveries
		sees := func(delivery string) bool {
			may, ok := known[delivery]
			if !ok {
				may = h.MaySee(ctx, seat, delivery)
				known[delivery] = may
			}
			return may
		}
		for i, e := range events {
			events[i], _ = seat.Hear(e, sees)
		}
		return events, err
	}
	return h.store.EventsBefore(ctx, device, min(before, math.MaxInt64), limit)
}

// MaySee reports whether somebody may know of a delivery.
func (h *House) MaySee(ctx context.Context, seat Seat, delivery string) bool {
	if delivery == "" {
		return false
	}
	_, err := h.seen(ctx, seat, delivery)
	if err != nil && !errors.Is(err, ErrNoDelivery) {
		h.log.Error("whose a delivery is", "delivery", delivery, "error", err)
	}
	return err == nil
}

// Visit is what a courier may know of a delivery.
type Visit struct {
	Delivery Delivery
	Device   Device
	Presence Presence
	Step     Step
}

// Visit looks a delivery up for its courier. ErrNoDelivery when there is none or it is over.
func (h *House) Visit(ctx context.Context, delivery string) (Visit, error) {
	v, told, err := h.visit(ctx, delivery)
	if err == nil && (told.Over() || !h.now().Before(v.Delivery.Until)) {
		return Visit{}, ErrNoDelivery
	}
	return v, err
}

// FollowVisit is Visit for a courier who follows it as it happens: only around the
// window, but until a little after its end, so that they see the end. ErrTooEarly before.
func (h *House) FollowVisit(ctx context.Context, delivery string) (Visit, error) {
	v, told, err := h.visit(ctx, delivery)
	if err != nil {
		return Visit{}, err
	}
	now := h.now()
	switch {
	case now.Before(v.Delivery.From.Add(-courierGrace)):
		return Visit{}, ErrTooEarly
	case !now.Before(v.Delivery.Until.Add(courierGrace)), told.refused():
		return Visit{}, ErrNoDelivery
	}
	return v, nil
}

func (h *House) visit(ctx context.Context, delivery string) (Visit, Told, error) {
	d, err := h.store.Delivery(ctx, delivery)
	if err != nil {
		return Visit{}, nil, err
	}
	device, p, err := h.Device(ctx, d.Device)
	if err != nil {
		return Visit{}, nil, err
	}
	if device.Owner != d.Owner {
		return Visit{}, nil, ErrNoDelivery.With(errors.New("the device has another owner now"))
	}
	told, err := h.store.Told(ctx, d.Device, d.ID)
	if err != nil {
		return Visit{}, nil, err
	}
	return Visit{d, device, p, StepOf(d.ID, told, p, d.Until, h.now())}, told, nil
}

// tellStatus tells followers how far a delivery is.
func (h *House) tellStatus(ctx context.Context, d Delivery) {
	x, err := h.Delivered(ctx, d)
	if err != nil {
		h.log.Error("status of a delivery", "delivery", d.ID, "error", err)
		return
	}
	h.feed.tell(News{Device: d.Device, Status: &x})
}
