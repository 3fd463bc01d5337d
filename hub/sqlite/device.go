package sqlite

import (
	"context"
	"database/sql"
	"time"

	"vestibule/hub/house"
	"vestibule/hub/pass"
)

const deviceColumns = "id, sign, owner, card, next_event, enrolled"

func scanDevice(r scanner) (d house.Device, err error) {
	var sign string
	var next, enrolled int64
	if err := r.Scan(&d.ID, &sign, &d.Owner, &d.Card, &next, &enrolled); err != nil {
		return house.Device{}, err
	}
	d.Next, d.Enrolled = uint64(next), time.Unix(enrolled, 0).UTC()
	d.Sign, err = pass.DecodeKey(sign)
	return d, err
}

// AddDevice implements house.Devices.
func (s *Store) AddDevice(ctx context.Context, d house.Device) error {
	return s.exec(ctx, "INSERT INTO devices (id, sign, enrolled) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
		d.ID, pass.EncodeKey(d.Sign), d.Enrolled.Unix())
}

// Device implements house.Devices.
func (s *Store) Device(ctx context.Context, id string) (house.Device, error) {
	return one(ctx, s, house.ErrNoDevice, scanDevice, "SELECT "+deviceColumns+" FROM devices WHERE id = $1", id)
}

// Devices implements house.Devices.
func (s *Store) Devices(ctx context.Context, owner string) ([]house.Device, error) {
	if owner == "" {
		return list(ctx, s, scanDevice, "SELECT "+deviceColumns+" FROM devices ORDER BY id")
	}
	return list(ctx, s, scanDevice, "SELECT "+deviceColumns+" FROM devices WHERE owner = $1 ORDER BY id", owner)
}

// Pair implements house.Devices.
func (s *Store) Pair(ctx context.Context, device string, o house.Owner, card string) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO owners (id, key, name) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET name = excluded.name",
			o.ID, pass.EncodeKey(o.Key), o.Name)
		if err != nil {
			return err
		}
		r, err := tx.ExecContext(ctx, "UPDATE devices SET owner = $1, card = $2 WHERE id = $3", o.ID, card, device)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return house.ErrNoDevice
	})
}

// Owner implements house.Devices.
func (s *Store) Owner(ctx context.Context, id string) (house.Owner, error) {
	return one(ctx, s, house.ErrNoOwner, func(r scanner) (o house.Owner, err error) {
		var key string
		if err := r.Scan(&o.ID, &key, &o.Name); err != nil {
			return house.Owner{}, err
		}
		o.Key, err = pass.DecodeKey(key)
		return o, err
	}, "SELECT id, key, name FROM owners WHERE id = $1", id)
}
