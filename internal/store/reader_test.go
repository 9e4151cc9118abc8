package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"luahost/internal/store"
)

// A command reads while a host writes.
func TestReadingBesideAWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	s := open(t, path)
	r, err := store.OpenReadOnly(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	const n = 200
	var wg sync.WaitGroup
	wg.Go(func() {
		for id := range int64(n) {
			c := night
			c.ID = id + 1
			s.NoteEntry(store.Entry{Owner: owner, Call: c.ID, Kind: "note"})
			if err := s.KeepCall(t.Context(), c); err != nil {
				t.Error(err)
			}
		}
	})
	var revision int64
	seen := make(map[int64]bool)
	for len(seen) < n && !t.Failed() {
		now, err := r.Revision(t.Context())
		if err != nil || now < revision {
			t.Fatal(now, err)
		}
		calls, err := r.Calls(t.Context(), store.CallQuery{After: revision})
		if err != nil {
			t.Fatal(err)
		}
		revision = now
		for _, c := range calls {
			seen[c.ID] = true
			if trace, err := r.Trace(t.Context(), c); err != nil || len(trace) != 1 {
				t.Errorf("trace of call %d: %v, %v", c.ID, trace, err)
			}
			if same, ok, err := r.Call(t.Context(), c.Number); !ok || err != nil || same != c {
				t.Errorf("call %d is %+v, %v, %v", c.Number, same, ok, err)
			}
		}
	}
	wg.Wait()
}

// Where the file system does not let SQLite make the files beside the database,
// as on one that is mounted for reading only, the error says what is wanted.
func TestFolderThatCannotBeWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path+"-wal", 0o700); err != nil { // which stops root, too
		t.Fatal(err)
	}
	r, err := store.OpenReadOnly(path)
	if err == nil || !strings.Contains(err.Error(), "its folder has to be writable") {
		t.Errorf("%v, %v", r, err)
	}
}

func TestReadOnlyRefuses(t *testing.T) {
	folder := t.TempDir()
	older, newer, text := filepath.Join(folder, "older.db"), filepath.Join(folder, "newer.db"), filepath.Join(folder, "text.db")
	for _, path := range []string{older, newer} {
		if err := open(t, path).Close(); err != nil {
			t.Fatal(err)
		}
	}
	change(t, older, `DELETE FROM goose_db_version WHERE version_id > 1`)
	change(t, newer, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)`)
	empty := filepath.Join(folder, "empty.db")
	for path, content := range map[string]string{text: strings.Repeat("not a database. ", 1000), empty: ""} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	missing := filepath.Join(folder, "none", "luahost.db")
	for path, want := range map[string]string{
		missing: "there is none yet: 'luahost run' makes it",
		older:   "it was written by an older luahost (version 1, ",
		empty:   "it was written by an older luahost (version 0, ",
		newer:   "it was written by a newer luahost (version 999, ",
		text:    "it is damaged",
		folder:  "is a directory",

		filepath.Join(text, "luahost.db"): "cannot be read: not a directory",
	} {
		r, err := store.OpenReadOnly(path)
		if err == nil {
			r.Close()
		}
		if err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("database %s: ", path)) ||
			!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("the error is %v, want one line with %q", err, want)
		}
	}
	if _, err := os.Stat(filepath.Dir(missing)); err == nil {
		t.Error("a folder was made")
	}
}
