package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strings"
)

// Reader reads the call log from the disk, also while a Store of another
// process writes it. Any goroutine may use it.
type Reader struct {
	path string
	db   *sql.DB
}

// OpenReadOnly opens the database of a luahost that may be running. It creates
// and changes nothing.
func OpenReadOnly(path string) (*Reader, error) {
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("database %s: there is none yet: 'luahost run' makes it", path)
	case err != nil:
		var pathErr *fs.PathError
		if errors.As(err, &pathErr) {
			err = pathErr.Err
		}
		return nil, fmt.Errorf("database %s: cannot be read: %w", path, err)
	case info.IsDir():
		return nil, fmt.Errorf("database %s: is a directory", path)
	}
	db, err := connect(path, 1, "query_only(1)")
	if err != nil {
		return nil, explain(path, err)
	}
	r := &Reader{path: path, db: db}
	if err := r.checkVersion(context.Background()); err != nil {
		_ = db.Close()
		return nil, explain(path, err)
	}
	return r, nil
}

// Close closes the file.
func (r *Reader) Close() error { return r.db.Close() }

// checkVersion refuses a database that has not what this program asks for.
func (r *Reader) checkVersion(ctx context.Context) error {
	want, err := latestVersion()
	if err != nil {
		return err
	}
	var have int64
	err = r.db.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version`).Scan(&have)
	switch {
	case err != nil && !strings.Contains(err.Error(), "no such table"):
		return err
	case have > want:
		return newer(have, want)
	case have < want:
		return fmt.Errorf("it was written by an older luahost (version %d, this one wants %d): run 'luahost run' once, which brings it up to date", have, want)
	}
	return nil
}

// Revision is that of the log: it grows whenever a call changes.
func (r *Reader) Revision(ctx context.Context) (revision int64, err error) {
	err = r.db.QueryRowContext(ctx, `SELECT last FROM counters WHERE name = 'revision'`).Scan(&revision)
	return revision, explain(r.path, err)
}

// Calls returns the calls that q chooses.
func (r *Reader) Calls(ctx context.Context, q CallQuery) ([]Call, error) {
	where, args := q.where()
	rows, err := r.db.QueryContext(ctx, `
		SELECT number, owner, id, access_hash, account, peer, name, username, phone, contact, incoming, video,
			date, state, outcome, reason, ring, talk, ended, decision, rule, script, generation, line
		FROM calls`+where, args...)
	if err != nil {
		return nil, explain(r.path, err)
	}
	defer rows.Close()
	var calls []Call
	for rows.Next() {
		c, err := scanCall(rows)
		if err != nil {
			return nil, explain(r.path, err)
		}
		calls = append(calls, c)
	}
	return calls, explain(r.path, rows.Err())
}

// Call returns the call that has the number.
func (r *Reader) Call(ctx context.Context, number int64) (Call, bool, error) {
	return one(r.Calls(ctx, CallQuery{Number: number, Limit: 1}))
}

// Trace is everything that the disk has of a call, in order.
func (r *Reader) Trace(ctx context.Context, c Call) ([]Entry, error) {
	return r.trace(ctx, c.key(), c.Number, math.MaxInt64)
}

// trace reads no revisions after the given one.
func (r *Reader) trace(ctx context.Context, key callKey, number, revision int64) ([]Entry, error) {
	rows, err := r.db.QueryContext(ctx, `
		SELECT entries FROM traces WHERE call = $1 AND revision <= $2 ORDER BY revision`, number, revision)
	if err != nil {
		return nil, explain(r.path, err)
	}
	defer rows.Close()
	var entries []Entry
	for rows.Next() {
		var text []byte
		if err := rows.Scan(&text); err != nil {
			return nil, explain(r.path, err)
		}
		if entries, err = decodeEntries(entries, key, text); err != nil {
			return nil, explain(r.path, err)
		}
	}
	return entries, explain(r.path, rows.Err())
}
