package script_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"luahost/internal/clock"
	"luahost/internal/script"
)

func manual(t *testing.T) (*clock.Manual, func(*script.Options)) {
	t.Helper()
	m := clock.NewManual(time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC))
	return m, func(o *script.Options) { o.Clock, o.Quiet = m, 150*time.Millisecond }
}

func TestMissingFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "nowhere")
	h := script.New(script.Options{Dir: dir})
	want := "the scripts folder " + dir + " does not exist; make it, or correct its name"
	if err := h.Load(); err == nil || err.Error() != want {
		t.Errorf("Load: %v", err)
	}
	if err := h.Run(t.Context()); err == nil || err.Error() != want {
		t.Errorf("Run: %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := script.New(script.Options{Dir: file}).Load(); err == nil || !strings.Contains(err.Error(), "not a directory") {
		t.Errorf("Load of a file: %v", err)
	}
}

func TestRunLoadsByItself(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.lua"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	reloads := make(chan script.Reload, 1)
	h := script.New(script.Options{Dir: dir, OnReload: func(r script.Reload) { reloads <- r }})
	ended := make(chan error)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { ended <- h.Run(ctx) }()
	if r := <-reloads; r.Script != "a.lua" || r.Err != nil {
		t.Errorf("loaded %+v", r)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// Nothing is read before the folder has been left alone for a while: a file
// that goes and comes back within it was never gone.
func TestQuiet(t *testing.T) {
	m, config := manual(t)
	w := start(t, map[string]string{"a.lua": `n = 0 on("x", function() n = n + 1 note(n) end)`}, config)
	w.says("1")
	path := filepath.Join(w.dir, "a.lua")
	if err := os.Rename(path, path+"~"); err != nil {
		t.Fatal(err)
	}
	m.AwaitTimers(1) // the change has been seen
	m.Advance(149 * time.Millisecond)
	if err := os.Rename(path+"~", path); err != nil {
		t.Fatal(err)
	}
	w.write("b.lua", "")
	w.settle(m)
	w.next("b.lua", loaded)
	w.says("2")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	w.settle(m)
	w.next("a.lua", unloaded)
}

// settle lets time pass, in steps of the quiet, until something was reloaded.
func (w *world) settle(m *clock.Manual) {
	w.pass(m, func() bool { return len(w.reloads) > 0 })
}

// pass lets time pass until something has come about. It cannot be one step:
// a timer may be set anew at any moment.
func (w *world) pass(m *clock.Manual, until func() bool) {
	for !until() {
		m.Advance(150 * time.Millisecond)
		runtime.Gosched()
	}
}

func TestFolderGoesAndReturns(t *testing.T) {
	for _, leave := range []struct {
		how string
		do  func(dir string) error
	}{
		{"removed", os.RemoveAll},
		{"renamed", func(dir string) error { return os.Rename(dir, dir+".old") }},
	} {
		t.Run(leave.how, func(t *testing.T) {
			m, config := manual(t)
			w := start(t, map[string]string{"a.lua": saying("before")}, config)
			if err := leave.do(w.dir); err != nil {
				t.Fatal(err)
			}
			w.pass(m, func() bool { return strings.Contains(w.log.String(), "scripts folder lost") })
			w.says("before")
			m.AwaitTimers(1)
			m.Advance(time.Second) // it is missed once, however often it is looked for
			m.AwaitTimers(1)
			if n := strings.Count(w.log.String(), "scripts folder lost"); n != 1 {
				t.Errorf("said %d times:\n%s", n, w.log)
			}

			if err := os.Mkdir(w.dir, 0o700); err != nil {
				t.Fatal(err)
			}
			w.save("a.lua", saying("after"))
			w.settle(m)
			w.next("a.lua", loaded)
			w.says("after")
			w.pass(m, func() bool { return strings.Contains(w.log.String(), "scripts folder is back") })

			w.save("a.lua", saying("watched")) // the new folder is
			w.settle(m)
			w.next("a.lua", loaded)
			w.says("watched")
		})
	}
}

// A folder that is put in another's place at once is another folder.
func TestFolderIsReplaced(t *testing.T) {
	w := start(t, map[string]string{"a.lua": saying("old"), "b.lua": ""})
	fresh := w.dir + ".fresh"
	if err := os.Mkdir(fresh, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(fresh, "a.lua"), []byte(saying("new")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(w.dir, w.dir+".old"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(fresh, w.dir); err != nil {
		t.Fatal(err)
	}
	w.next("a.lua", loaded)
	w.next("b.lua", unloaded)
	w.says("new")
	w.save("a.lua", saying("newer"))
	w.next("a.lua", loaded)
	w.says("newer")
}

// The folder that takes the place may even have the number of the old one.
func TestFolderIsMadeAnewAtOnce(t *testing.T) {
	m, config := manual(t)
	w := start(t, map[string]string{"a.lua": saying("old")}, config)
	if err := os.RemoveAll(w.dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(w.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"new", "newer", "newest"} {
		w.save("a.lua", saying(text))
		w.settle(m)
		w.next("a.lua", loaded)
		w.says(text)
	}
}

// Where nothing is reported the folder is read every so often; a file that is
// missing at one look may be on its way.
func TestPolling(t *testing.T) {
	m, config := manual(t)
	w := start(t, map[string]string{"a.lua": saying("one")}, config, func(o *script.Options) {
		o.Poll = time.Minute
		o.Dir = filepath.Join(o.Dir, "elsewhere") // through a link, which nothing is reported for
		if err := os.Mkdir(filepath.Join(filepath.Dir(o.Dir), "one"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("one", o.Dir); err != nil {
			t.Fatal(err)
		}
	})
	w.dir = filepath.Join(w.dir, "two")
	if err := os.Mkdir(w.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	w.write("b.lua", saying("two"))
	link := filepath.Join(filepath.Dir(w.dir), "elsewhere")
	if err := os.Symlink("two", link+".new"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(link+".new", link); err != nil {
		t.Fatal(err)
	}
	w.settle(m)
	w.next("b.lua", loaded)
	w.says("two")

	if err := os.Rename(filepath.Join(w.dir, "b.lua"), filepath.Join(w.dir, "b.away")); err != nil {
		t.Fatal(err)
	}
	w.settle(m)
	w.next("b.lua", unloaded)
}

// A plain save empties the file before it writes: what had something in it is
// taken for empty only when it is that twice.
func TestAFileThatBecomesEmpty(t *testing.T) {
	m, config := manual(t)
	w := start(t, map[string]string{"a.lua": `local m = require "lib.m" on("x", function() note(m) end)`, "lib/m.lua": "return 'full'", "b.lua": saying("b")}, config)
	w.write("a.lua", "")
	w.write("lib/m.lua", "")
	m.AwaitTimers(1)
	m.Advance(150 * time.Millisecond)
	m.AwaitTimers(1) // it is looked at once more
	if n := w.fire("x"); n != 2 {
		t.Errorf("%d handlers, want 2", n)
	}
	<-w.notes
	<-w.notes
	w.write("a.lua", `local m = require "lib.m" on("x", function() note(m) end) -- new`)
	w.settle(m)
	w.next("a.lua", loaded)
	w.fire("x")
	if seen := map[string]bool{<-w.notes: true, <-w.notes: true}; !seen["true"] {
		t.Errorf("a module that is empty gives %v", seen)
	}
	w.write("a.lua", "")
	w.settle(m)
	if r := w.next("a.lua", loaded); r.Handlers != 0 {
		t.Errorf("%+v", r)
	}
}
