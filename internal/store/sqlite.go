package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

//go:embed migrations/*.sql
var migrations embed.FS

// connect opens at most n connections to the file, each with the pragmas.
func connect(path string, n int, pragmas ...string) (*sql.DB, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	query := url.Values{
		"_pragma": append([]string{"busy_timeout(5000)"}, pragmas...),
		"_txlock": {"immediate"}, // a transaction that reads first must not fail when it comes to write
	}
	dsn := url.URL{Scheme: "file", Path: absolute, RawQuery: query.Encode()}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

func newProvider(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
}

func migrate(db *sql.DB) error {
	provider, err := newProvider(db)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	ctx := context.Background() // a few statements: nothing to interrupt
	have, want, err := provider.GetVersions(ctx)
	if err != nil {
		return err
	}
	if have > want {
		return newer(have, want)
	}
	_, err = provider.Up(ctx)
	return err
}

func newer(have, want int64) error {
	return fmt.Errorf("it was written by a newer luahost (version %d, this one knows %d): use that one", have, want)
}

// latestVersion is that of the last migration, whose name begins with it.
func latestVersion() (int64, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return 0, err
	}
	return goose.NumericComponent(names[len(names)-1])
}

// pages is how large the file is.
type pages struct {
	all, free int64
	size      int64 // of one
}

// used is how many bytes hold something.
func (p pages) used() int64 { return (p.all - p.free) * p.size }

func countPages(ctx context.Context, db *sql.DB) (p pages, err error) {
	err = db.QueryRowContext(ctx, `
		SELECT (SELECT page_count FROM pragma_page_count), (SELECT freelist_count FROM pragma_freelist_count),
			(SELECT page_size FROM pragma_page_size)`).Scan(&p.all, &p.free, &p.size)
	return p, err
}

// giveBack cuts n free pages off the file, at the latest when its log is next
// brought in.
func giveBack(ctx context.Context, db *sql.DB, n int64) error {
	_, err := db.ExecContext(ctx, fmt.Sprintf(`PRAGMA incremental_vacuum(%d)`, n))
	return err
}

func isDamaged(err error) bool {
	code := codeOf(err)
	return code == sqlite3.SQLITE_NOTADB || code == sqlite3.SQLITE_CORRUPT
}

// isForbidden reports that the file system says no, to a reader too: it has a part
// in the files beside the database.
func isForbidden(err error) bool {
	code := codeOf(err)
	return code == sqlite3.SQLITE_CANTOPEN || code == sqlite3.SQLITE_READONLY
}

// codeOf is SQLite's error code, or 0.
func codeOf(err error) int {
	var code *sqlite.Error
	if !errors.As(err, &code) {
		return 0
	}
	return code.Code() & 0xff // the low byte is the error, the rest its variant
}
