// Package sqlite keeps what the hub must remember in one SQLite file (modernc.org/sqlite,
// no cgo), for a home. It implements every interface of package house's store.go.
//
// One connection, used in turn: a home's hub writes a few rows a minute, and a writer
// that never meets another needs no retrying. Other processes (`hub enrol` beside a
// running `hub serve`) are waited for. Commits are synchronous: "seen" tells a device to
// forget, so it must mean that the bytes are on the disk.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"

	"vestibule/hub/house"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Store is an open database. Safe for many goroutines.
type Store struct{ db *sql.DB }

var (
	_ house.Store    = (*Store)(nil)
	_ house.Users    = (*Store)(nil)
	_ house.Sessions = (*Store)(nil)
)

// Open opens or makes the database file, readable by its owner only, and brings its
// tables up to date. pragmas are added to our own, as "name(value)".
func Open(ctx context.Context, path string, pragmas ...string) (*Store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("database folder: %w", err)
	}
	// SQLite gives its write-ahead log the same mode as the file.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	q := url.Values{"_txlock": {"immediate"}, "_pragma": append([]string{
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "secure_delete(1)",
		"journal_size_limit(4194304)", "cache_size(-2048)", "trusted_schema(0)",
	}, pragmas...)}
	db, err := sql.Open("sqlite", "file:"+url.PathEscape(path)+"?"+q.Encode())
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	db.SetMaxOpenConns(1)
	if err := migrate(ctx, db); err != nil {
		return nil, errors.Join(fmt.Errorf("database %s: %w", path, trouble(err)), db.Close())
	}
	return &Store{db}, nil
}

func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// Close ends the use of the file.
func (s *Store) Close() error { return s.db.Close() }

// SQLite's primary result codes that we tell apart. https://sqlite.org/rescode.html
const (
	codeReadonly = 8
	codeIO       = 10
	codeFull     = 13
)

func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// trouble tells a disk that can't be written from everything else.
func trouble(err error) error {
	switch code(err) {
	case codeFull, codeIO, codeReadonly:
		return house.ErrDisk.With(err)
	}
	return err
}

// write runs one transaction.
func (s *Store) write(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return trouble(err)
	}
	if err := do(tx); err != nil {
		return errors.Join(trouble(err), ignoreDone(tx.Rollback()))
	}
	return trouble(tx.Commit())
}

// ignoreDone: SQLite rolls back by itself when the disk is full.
func ignoreDone(err error) error {
	if code(err) == 1 || errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// exec runs one statement by itself.
func (s *Store) exec(ctx context.Context, query string, args ...any) error {
	_, err := s.db.ExecContext(ctx, query, args...)
	return trouble(err)
}

// scanner is a row of either kind.
type scanner interface{ Scan(dest ...any) error }

// list collects rows.
func list[T any](ctx context.Context, s *Store, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, trouble(err)
	}
	defer rows.Close()
	all := []T{}
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, trouble(rows.Err())
}

// one scans a row; none gives the error for when there is no row.
func one[T any](ctx context.Context, s *Store, none error, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	v, err := scan(s.db.QueryRowContext(ctx, query, args...))
	if errors.Is(err, sql.ErrNoRows) {
		var zero T
		return zero, none
	}
	return v, trouble(err)
}
