package sqlite

import (
	"context"
	"time"

	"vestibule/hub/house"
)

// PutWord implements house.Words.
func (s *Store) PutWord(ctx context.Context, w house.Word) error {
	return s.exec(ctx, `INSERT INTO words (device, person, leaf, note, signed) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (device, person, leaf) DO UPDATE SET note = excluded.note, signed = excluded.signed
		WHERE excluded.signed > words.signed OR excluded.signed = words.signed AND excluded.note > words.note`,
		w.Device, w.Person, w.Leaf, w.Note, w.At.Unix())
}

const wordColumns = "device, person, leaf, note, signed"

func scanWord(r scanner) (w house.Word, err error) {
	var signed int64
	err = r.Scan(&w.Device, &w.Person, &w.Leaf, &w.Note, &signed)
	w.At = time.Unix(signed, 0).UTC()
	return w, err
}

// Words implements house.Words.
func (s *Store) Words(ctx context.Context, device string) ([]house.Word, error) {
	return list(ctx, s, scanWord, "SELECT "+wordColumns+" FROM words WHERE device = $1 ORDER BY person, leaf", device)
}

// WordsAbout implements house.Words.
func (s *Store) WordsAbout(ctx context.Context, person string) ([]house.Word, error) {
	return list(ctx, s, scanWord, "SELECT "+wordColumns+" FROM words WHERE person = $1 ORDER BY device, leaf", person)
}

// OldWords implements house.Words.
func (s *Store) OldWords(ctx context.Context, t time.Time) ([]house.Word, error) {
	return list(ctx, s, scanWord, "SELECT "+wordColumns+` FROM words w WHERE NOT EXISTS
		(SELECT 1 FROM words l WHERE l.device = w.device AND l.person = w.person AND l.signed > $1) ORDER BY device, person, leaf`, t.Unix())
}

// DropWords implements house.Words.
func (s *Store) DropWords(ctx context.Context, device, person string) error {
	return s.exec(ctx, "DELETE FROM words WHERE device = $1 AND person = $2", device, person)
}

const inviteColumns = "id, device, ends, key, name, mac"

func scanInvite(r scanner) (i house.Invite, err error) {
	var ends int64
	err = r.Scan(&i.ID, &i.Device, &ends, &i.Key, &i.Name, &i.MAC)
	i.Until = time.Unix(ends, 0).UTC()
	return i, err
}

// AddInvite implements house.Invites.
func (s *Store) AddInvite(ctx context.Context, i house.Invite) error {
	return s.exec(ctx, "INSERT INTO invites ("+inviteColumns+") VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING",
		i.ID, i.Device, i.Until.Unix(), i.Key, i.Name, i.MAC)
}

// Invite implements house.Invites.
func (s *Store) Invite(ctx context.Context, id string) (house.Invite, error) {
	return one(ctx, s, house.ErrNoInvite, scanInvite, "SELECT "+inviteColumns+" FROM invites WHERE id = $1", id)
}

// Invites implements house.Invites.
func (s *Store) Invites(ctx context.Context, device string) ([]house.Invite, error) {
	return list(ctx, s, scanInvite, "SELECT "+inviteColumns+" FROM invites WHERE device = $1 ORDER BY ends, id", device)
}

// AnswerInvite implements house.Invites.
func (s *Store) AnswerInvite(ctx context.Context, i house.Invite) error {
	r, err := s.db.ExecContext(ctx, "UPDATE invites SET key = $1, name = $2, mac = $3 WHERE id = $4 AND (key = '' OR key = $1)",
		i.Key, i.Name, i.MAC, i.ID)
	if err != nil {
		return trouble(err)
	}
	if n, err := r.RowsAffected(); err != nil || n == 1 {
		return err
	}
	if _, err := s.Invite(ctx, i.ID); err != nil {
		return err
	}
	return house.ErrInviteTaken
}

// DropInvite implements house.Invites.
func (s *Store) DropInvite(ctx context.Context, id string) error {
	return s.exec(ctx, "DELETE FROM invites WHERE id = $1", id)
}

// DropInvites implements house.Invites.
func (s *Store) DropInvites(ctx context.Context, now time.Time) error {
	return s.exec(ctx, "DELETE FROM invites WHERE ends <= $1", now.Unix())
}
