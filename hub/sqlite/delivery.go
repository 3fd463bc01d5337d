package sqlite

import (
	"context"
	"strings"
	"time"

	"vestibule/hub/house"
)

const deliveryColumns = `id, device, owner, pass, opens, closes, mode, shadow, retention, entries, watchers,
	courier_name, courier_note, planned, revision, amendment, signed_by, named, offline, watched, camera`

func scanDelivery(r scanner) (d house.Delivery, err error) {
	var opens, closes, retention, planned int64
	var named string
	err = r.Scan(&d.ID, &d.Device, &d.Owner, &d.Pass, &opens, &closes, &d.Mode, &d.Shadow, &retention, &d.Entries, &d.Watchers,
		&d.Courier.Name, &d.Courier.Note, &planned, &d.Revision, &d.Amendment, &d.By, &named,
		&d.Offline, &d.Watched, &d.Camera)
	d.From, d.Until = time.Unix(opens, 0).UTC(), time.Unix(closes, 0).UTC()
	d.Retention, d.Planned = time.Duration(retention)*time.Second, time.Unix(planned, 0).UTC()
	if named != "" {
		d.Named = strings.Fields(named)
	}
	return d, err
}

// AddDelivery implements house.Deliveries.
func (s *Store) AddDelivery(ctx context.Context, d house.Delivery) error {
	r, err := s.db.ExecContext(ctx, "INSERT INTO deliveries ("+deliveryColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21) ON CONFLICT (id) DO NOTHING`,
		d.ID, d.Device, d.Owner, d.Pass, d.From.Unix(), d.Until.Unix(), string(d.Mode), d.Shadow, int64(d.Retention/time.Second),
		d.Entries, d.Watchers, d.Courier.Name, d.Courier.Note, d.Planned.Unix(),
		int64(d.Revision), d.Amendment, d.By, spaced(d.Named), d.Offline, d.Watched, d.Camera) // #nosec G115 -- at most 2^53
	if err != nil {
		return trouble(err)
	}
	if n, err := r.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return house.ErrKnown
}

// spaced sets each name between spaces, so that it is found as a whole.
func spaced(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return " " + strings.Join(names, " ") + " "
}

// Delivery implements house.Deliveries.
func (s *Store) Delivery(ctx context.Context, id string) (house.Delivery, error) {
	return one(ctx, s, house.ErrNoDelivery, scanDelivery, "SELECT "+deliveryColumns+" FROM deliveries WHERE id = $1", id)
}

// DeliveriesOf implements house.Deliveries.
func (s *Store) DeliveriesOf(ctx context.Context, owner string, limit int) ([]house.Delivery, error) {
	return list(ctx, s, scanDelivery, "SELECT "+deliveryColumns+" FROM deliveries WHERE owner = $1 ORDER BY opens DESC, id LIMIT $2",
		owner, limit)
}

// DeliveriesNaming implements house.Deliveries.
func (s *Store) DeliveriesNaming(ctx context.Context, device, person string, limit int) ([]house.Delivery, error) {
	return list(ctx, s, scanDelivery, "SELECT "+deliveryColumns+` FROM deliveries
		WHERE device = $1 AND instr(named, ' ' || $2 || ' ') > 0 ORDER BY opens DESC, id LIMIT $3`, device, person, limit)
}

// DeliveriesAfter implements house.Deliveries.
func (s *Store) DeliveriesAfter(ctx context.Context, device string, t time.Time) ([]house.Delivery, error) {
	return list(ctx, s, scanDelivery, "SELECT "+deliveryColumns+` FROM deliveries
		WHERE closes > $1 AND ($2 = '' OR device = $2) ORDER BY closes, id`, t.Unix(), device)
}

// AmendDelivery implements house.Deliveries.
func (s *Store) AmendDelivery(ctx context.Context, d house.Delivery) error {
	r, err := s.db.ExecContext(ctx, "UPDATE deliveries SET closes = $1, revision = $2, amendment = $3 WHERE id = $4 AND revision < $2",
		d.Until.Unix(), int64(d.Revision), d.Amendment, d.ID) // #nosec G115 -- at most 2^53
	if err != nil {
		return trouble(err)
	}
	if n, err := r.RowsAffected(); err != nil || n == 1 {
		return err
	}
	if _, err := s.Delivery(ctx, d.ID); err != nil {
		return err
	}
	return house.ErrAmended
}

// ForgetCouriers implements house.Deliveries.
func (s *Store) ForgetCouriers(ctx context.Context, now time.Time) error {
	return s.exec(ctx, `UPDATE deliveries SET courier_name = '', courier_note = ''
		WHERE closes + retention <= $1 AND (courier_name <> '' OR courier_note <> '')`, now.Unix())
}

// AddOrder implements house.Deliveries.
func (s *Store) AddOrder(ctx context.Context, o house.Order) error {
	return s.exec(ctx, `INSERT INTO orders (id, device, delivery, verb, note, signed)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING`, o.ID, o.Device, o.Delivery, o.Verb, o.Note, o.At.Unix())
}

// Orders implements house.Deliveries.
func (s *Store) Orders(ctx context.Context, delivery string) ([]house.Order, error) {
	return list(ctx, s, func(r scanner) (o house.Order, err error) {
		var signed int64
		err = r.Scan(&o.ID, &o.Device, &o.Delivery, &o.Verb, &o.Note, &signed)
		o.At = time.Unix(signed, 0).UTC()
		return o, err
	}, "SELECT id, device, delivery, verb, note, signed FROM orders WHERE delivery = $1 ORDER BY signed, id", delivery)
}
