package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"vestibule/hub/house"
	"vestibule/hub/wire"
)

// AddEvent implements house.Events.
func (s *Store) AddEvent(ctx context.Context, device string, e wire.Event) (fresh bool, next uint64, err error) {
	if e.Index > math.MaxInt64-1 {
		return false, 0, fmt.Errorf("event index %d", e.Index)
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		var from int64
		err := tx.QueryRowContext(ctx, "SELECT next_event FROM devices WHERE id = $1", device).Scan(&from)
		if errors.Is(err, sql.ErrNoRows) {
			return house.ErrNoDevice
		}
		if err != nil {
			return err
		}
		var colour, shadow sql.NullInt64
		if e.Spent != nil {
			colour, shadow = sql.NullInt64{Int64: int64(e.Spent.Colour), Valid: true}, sql.NullInt64{Int64: int64(e.Spent.Shadow), Valid: true}
		}
		r, err := tx.ExecContext(ctx, `INSERT INTO events
			(device, event_index, happened, kind, delivery, reason, who, via, counted, spent_colour, spent_shadow)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (device, event_index) DO NOTHING`,
			device, int64(e.Index), e.Time.Format(time.RFC3339Nano), string(e.Kind), e.Delivery, string(e.Reason), e.Who, e.Via, e.Count,
			colour, shadow)
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		if err != nil {
			return err
		}
		fresh = n == 1
		to := from
		if fresh && int64(e.Index) == from {
			if to, err = firstMissing(ctx, tx, device, from); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, "UPDATE devices SET next_event = $1 WHERE id = $2", to, device); err != nil {
				return err
			}
		}
		next = uint64(to)
		return nil
	})
	if err != nil {
		return false, 0, err
	}
	return fresh, next, nil
}

// firstMissing is the lowest index from the given one on that is not in events.
func firstMissing(ctx context.Context, tx *sql.Tx, device string, from int64) (int64, error) {
	rows, err := tx.QueryContext(ctx, "SELECT event_index FROM events WHERE device = $1 AND event_index >= $2 ORDER BY event_index", device, from)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var i int64
		if err := rows.Scan(&i); err != nil {
			return 0, err
		}
		if i != from {
			break
		}
		from++
	}
	return from, rows.Err()
}

// EventsBefore implements house.Events.
func (s *Store) EventsBefore(ctx context.Context, device string, before uint64, limit int) ([]wire.Event, error) {
	return list(ctx, s, scanEvent(device), "SELECT "+eventColumns+` FROM events
		WHERE device = $1 AND event_index < $2 ORDER BY event_index DESC LIMIT $3`,
		device, int64(min(before, math.MaxInt64)), limit) // #nosec G115 -- min
}

// EventsNaming implements house.Events.
func (s *Store) EventsNaming(ctx context.Context, device, person string, before uint64, limit int) ([]wire.Event, error) {
	return list(ctx, s, scanEvent(device), "SELECT "+eventColumns+` FROM events
		WHERE device = $1 AND event_index < $2 AND (who = $3 OR delivery IN (SELECT id FROM deliveries
			WHERE device = $1 AND instr(named, ' ' || $3 || ' ') > 0 AND owner = (SELECT owner FROM devices WHERE id = $1)))
		ORDER BY event_index DESC LIMIT $4`,
		device, int64(min(before, math.MaxInt64)), person, limit) // #nosec G115 -- min
}

const eventColumns = "event_index, happened, kind, delivery, reason, who, via, counted, spent_colour, spent_shadow"

func scanEvent(device string) func(scanner) (wire.Event, error) {
	return func(r scanner) (e wire.Event, err error) {
		var index int64
		var happened string
		var colour, shadow sql.NullInt64
		if err := r.Scan(&index, &happened, &e.Kind, &e.Delivery, &e.Reason, &e.Who, &e.Via, &e.Count, &colour, &shadow); err != nil {
			return wire.Event{}, err
		}
		if colour.Valid && shadow.Valid {
			e.Spent = &wire.Spent{Colour: int(colour.Int64), Shadow: int(shadow.Int64)}
		}
		e.Index, e.ID = uint64(index), wire.EventID(device, uint64(index))
		e.Time, err = time.Parse(time.RFC3339Nano, happened)
		return e, err
	}
}

// Told implements house.Events.
func (s *Store) Told(ctx context.Context, device, delivery string) (house.Told, error) {
	type kindReason struct {
		kind   wire.Kind
		reason wire.Reason
	}
	rows, err := list(ctx, s, func(r scanner) (k kindReason, err error) { return k, r.Scan(&k.kind, &k.reason) },
		"SELECT kind, MAX(reason) FROM events WHERE device = $1 AND delivery = $2 GROUP BY kind", device, delivery)
	if err != nil {
		return nil, err
	}
	told := house.Told{}
	for _, r := range rows {
		told[r.kind] = r.reason
	}
	return told, nil
}
