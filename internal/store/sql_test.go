package store_test

import (
	"database/sql"
	"testing"

	_ "modernc.org/sqlite"
)

// change alters a database behind the store's back.
func change(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

func peersOnDisk(t *testing.T, path string) int {
	t.Helper()
	return count(t, path, `SELECT count(*) FROM peers`)
}

// count is the number that a query gives.
func count(t *testing.T, path, query string) (n int) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
