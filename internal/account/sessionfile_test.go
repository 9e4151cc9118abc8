package account_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"luahost/internal/account"
)

func TestSecondProcess(t *testing.T) {
	w := newWorld(t)
	w.logIn()
	w.run(w.options())
	second, _ := w.start(w.options())
	err := second.ended()
	if !errors.Is(err, account.ErrInUse) {
		t.Errorf("the second returned %v", err)
	}
	line(t, err, w.sessionPath("main"))
}

func TestDamagedSessions(t *testing.T) {
	w := newWorld(t)
	w.logIn()
	good, err := os.ReadFile(w.sessionPath("main"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"empty":       "",
		"cut off":     string(good[:len(good)/2]),
		"no JSON":     "session",
		"no key":      `{"Version":1,"Data":{"DC":2}}`,
		"other key":   `{"Version":1,"Data":{"DC":2,"AuthKey":"` + string(make64(256)) + `","AuthKeyID":"AAAAAAAAAAE="}}`,
		"new version": `{"Version":2,"Data":{}}`,
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(w.sessionPath("main"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			a, _ := w.start(w.options())
			line(t, a.ended(), w.sessionPath("main"), "damaged", "remove it and log in again: luahost login main")
		})
	}
}

func TestSessionFileIsPrivateAndReplaced(t *testing.T) {
	w := newWorld(t)
	w.logIn()
	before, err := os.Stat(w.sessionPath("main"))
	if err != nil {
		t.Fatal(err)
	}
	a := w.run(w.options())
	a.stop()
	_ = a.ended()
	after, err := os.Stat(w.sessionPath("main"))
	if err != nil {
		t.Fatal(err)
	}
	if os.SameFile(before, after) {
		t.Error("the file was written over, not replaced")
	}
	if after.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v", after.Mode())
	}
	left, err := filepath.Glob(w.sessionPath("main") + ".*")
	if err != nil || len(left) != 1 { // the lock
		t.Errorf("beside it lie %v, %v", left, err)
	}
}

func TestSessionCannotBeSaved(t *testing.T) {
	w := newWorld(t)
	w.logIn()
	o := w.options()
	o.Dir = filepath.Join(w.dir, "sessions")
	if err := os.Mkdir(o.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(w.sessionPath("main"), filepath.Join(o.Dir, "main.session")); err != nil {
		t.Fatal(err)
	}
	w.run(o)
	if err := os.RemoveAll(o.Dir); err != nil {
		t.Fatal(err)
	}
	w.server.Disconnect()
	w.log.await(t, "connected again", 1)
	w.ring()
	w.log.await(t, "session not saved", 1)
	if n := w.log.count("connection lost"); n != 1 {
		t.Errorf("the connection was lost %d times:\n%s", n, w.log)
	}
}

// A configuration that names another server for a try must not cost the login.
func TestServerThatDoesNotKnowTheSession(t *testing.T) {
	t.Parallel() // gotd sends again after five seconds
	w := newWorld(t)
	w.logIn()
	before, err := os.ReadFile(w.sessionPath("main"))
	if err != nil {
		t.Fatal(err)
	}
	w.stop()
	known := w.keys
	w.keys = nil
	w.serve("127.0.0.1:0")
	a, _ := w.start(w.options())
	err = a.ended()
	if !errors.Is(err, account.ErrUnauthorized) {
		t.Errorf("Run returned %v", err)
	}
	line(t, err, w.sessionPath("main"), "another data folder", "luahost login main")
	if after, err := os.ReadFile(w.sessionPath("main")); err != nil || string(after) != string(before) {
		t.Errorf("the session file was changed, %v", err)
	}
	w.stop()
	w.keys = known
	w.serve("127.0.0.1:0")
	w.run(w.options())
}
