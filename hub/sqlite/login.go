package sqlite

import (
	"context"
	"encoding/base64"
	"fmt"
	"time"

	"vestibule/hub/house"
)

// PutUser implements house.Users.
func (s *Store) PutUser(ctx context.Context, u house.User) error {
	return s.exec(ctx, `INSERT INTO users (name, role, device, secret) VALUES ($1, $2, $3, $4)
		ON CONFLICT (name) DO UPDATE SET role = excluded.role, device = excluded.device, secret = excluded.secret`,
		u.Name, string(u.Role), u.Device, base64.RawURLEncoding.EncodeToString(u.Secret[:]))
}

// User implements house.Users.
func (s *Store) User(ctx context.Context, name string) (house.User, error) {
	return one(ctx, s, nil, func(r scanner) (u house.User, err error) {
		var secret string
		if err := r.Scan(&u.Name, &u.Role, &u.Device, &secret); err != nil {
			return house.User{}, err
		}
		b, err := base64.RawURLEncoding.DecodeString(secret)
		if err != nil || copy(u.Secret[:], b) != len(u.Secret) {
			return house.User{}, fmt.Errorf("user %s: secret is damaged", name)
		}
		return u, nil
	}, "SELECT name, role, device, secret FROM users WHERE name = $1", name)
}

// AddSession implements house.Sessions.
func (s *Store) AddSession(ctx context.Context, hash, owner string, until time.Time) error {
	return s.exec(ctx, "INSERT INTO sessions (hash, owner, ends) VALUES ($1, $2, $3)", hash, owner, until.Unix())
}

// Session implements house.Sessions.
func (s *Store) Session(ctx context.Context, hash string, now time.Time) (string, error) {
	return one(ctx, s, nil, func(r scanner) (owner string, err error) { return owner, r.Scan(&owner) },
		"SELECT owner FROM sessions WHERE hash = $1 AND ends > $2", hash, now.Unix())
}

// DropSession implements house.Sessions.
func (s *Store) DropSession(ctx context.Context, hash string) error {
	return s.exec(ctx, "DELETE FROM sessions WHERE hash = $1", hash)
}

// DropSessionsOf implements house.Sessions.
func (s *Store) DropSessionsOf(ctx context.Context, person string) error {
	return s.exec(ctx, "DELETE FROM sessions WHERE owner = $1", person)
}

// DropSessions implements house.Sessions.
func (s *Store) DropSessions(ctx context.Context, now time.Time) error {
	return s.exec(ctx, "DELETE FROM sessions WHERE ends <= $1", now.Unix())
}
