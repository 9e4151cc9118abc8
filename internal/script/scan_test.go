package script

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"

	"luahost/internal/clock"
)

// A poll may fall between the two steps of a save; it unloads nothing, and the
// folder is read again after the quiet.
func TestAPollUnloadsNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.lua")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	h := New(Options{Dir: dir})
	if err := h.Load(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		sure, again bool
		scripts     int
	}{{false, true, 1}, {true, false, 0}} {
		again, err := h.scan(look{sure: step.sure})
		if n := len(h.Status()); err != nil || again != step.again || n != step.scripts {
			t.Errorf("sure %v: read again %v, %d scripts, %v", step.sure, again, n, err)
		}
	}
}

// A file that goes between the list of the folder and its reading is looked for
// again; it is no broken link.
func TestAFileThatGoesWhileTheFolderIsRead(t *testing.T) {
	dir := t.TempDir()
	if f := readFile(dir, "gone.lua", 100); !errors.Is(f.err, errUnsettled) {
		t.Errorf("gone: %v", f.err)
	}
	if err := os.Symlink("gone.lua", filepath.Join(dir, "link.lua")); err != nil {
		t.Fatal(err)
	}
	if f := readFile(dir, "link.lua", 100); f.err == nil || errors.Is(f.err, errUnsettled) {
		t.Errorf("a link to nowhere: %v", f.err)
	}
}

// A file of /proc is no script: /proc/kmsg would be read for ever.
func TestAFileOfTheSystemIsNotRead(t *testing.T) {
	const made = "/proc/self/status"
	if text, err := os.ReadFile(made); err != nil || len(text) == 0 {
		t.Skip("there is no such file here")
	}
	dir := t.TempDir()
	if err := os.Symlink(made, filepath.Join(dir, "a.lua")); err != nil {
		t.Fatal(err)
	}
	if f := readFile(dir, "a.lua", 1000); f.err != nil || f.source != "" {
		t.Errorf("it reads %q, %v", f.source, f.err)
	}
}

func TestIsScript(t *testing.T) {
	for name, want := range map[string]bool{
		"night.lua": true, "a b.lua": true, "_lib.lua": true, "ü.lua": true,
		"night_test.lua": false, ".lua": false, ".night.lua": false, ".#night.lua": false, "#night.lua#": false,
		"night.lua~": false, "night.lua.swp": false, "night.LUA": false, "lua": false, "4913": false,
	} {
		if isScript(name) != want {
			t.Errorf("isScript(%q) = %v", name, !want)
		}
	}
}

// When events were lost, which the watch is told, the folder is read again.
func TestLostEvents(t *testing.T) {
	dir := t.TempDir()
	reloads := make(chan Reload, 1)
	h := New(Options{Dir: dir, Quiet: 1, OnReload: func(r Reload) { reloads <- r }})
	w := newWatch(h)
	defer w.close()
	if err := w.begin(); err != nil {
		t.Fatal(err)
	}
	if err := w.events.Remove(dir); err != nil { // nothing is reported from here on
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a.lua"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { w.run(ctx); close(ended) }()
	w.events.Errors <- fsnotify.ErrEventOverflow
	if r := <-reloads; r.Script != "a.lua" || r.Err != nil {
		t.Errorf("reloaded %+v", r)
	}
	if err := os.WriteFile(filepath.Join(dir, "b.lua"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if r := <-reloads; r.Script != "b.lua" || r.Err != nil { // the watch was made again
		t.Errorf("reloaded %+v", r)
	}
	cancel()
	<-ended
}

// A system that gives no watch has its folder polled.
func TestWithoutAWatch(t *testing.T) {
	m := clock.NewManual(time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC))
	dir := t.TempDir()
	reloads := make(chan Reload, 1)
	h := New(Options{Dir: dir, Clock: m, OnReload: func(r Reload) { reloads <- r }})
	w := newWatch(h)
	w.close()
	w.events = nil
	defer w.close()
	if err := w.begin(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a.lua"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { w.run(ctx); close(ended) }()
	m.Advance(lookAgain)
	m.AwaitTimers(2) // the next look, and the quiet after which what this one has seen is believed
	m.Advance(150 * time.Millisecond)
	if r := <-reloads; r.Script != "a.lua" || r.Err != nil {
		t.Errorf("reloaded %+v", r)
	}
	cancel()
	<-ended
}

// A folder in which something changes all the time is read nevertheless.
func TestChangesThatDoNotEnd(t *testing.T) {
	m := clock.NewManual(time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC))
	w := newWatch(New(Options{Dir: t.TempDir(), Clock: m}))
	defer w.close()
	changes := 0
	for ; len(w.due) == 0 && changes < 100; changes++ {
		w.settle()
		m.Advance(100 * time.Millisecond)
	}
	if changes < 15 || changes > 17 {
		t.Errorf("the folder is read after %d changes, want 16: ten times the quiet, and one", changes)
	}
}

// A script whose module is being written is looked at again, whether or not it
// can do without.
func TestAModuleThatIsBeingWritten(t *testing.T) {
	dir := t.TempDir()
	h := New(Options{Dir: dir})
	for source, loaded := range map[string]bool{`require "m"`: false, `pcall(require, "m")`: true} {
		from, err := newReading(dir, 100)
		if err != nil {
			t.Fatal(err)
		}
		from.modules["m.lua"] = &module{file: file{name: "m.lua", err: errUnsettled}}
		p := pass{look: look{sure: true}, h: h, from: from, emptied: map[string]bool{}, loaded: map[string]bool{}}
		p.update(file{name: "a.lua", source: source})
		if rt := h.scripts["a.lua"].live; !p.unsettled || (rt != nil) != loaded {
			t.Errorf("%s: unsettled %v, loaded %v", source, p.unsettled, rt != nil)
		}
		p.unload("a.lua")
		from.close()
	}
	h.stop()
}

// What a poll finds changed may be half a save: it is believed after the quiet,
// when it is sure. The first look is believed at once.
func TestAPollChangesNothing(t *testing.T) {
	dir := t.TempDir()
	write := func(source string) {
		if err := os.WriteFile(filepath.Join(dir, "a.lua"), []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h := New(Options{Dir: dir})
	for n, step := range []struct {
		source      string
		sure, again bool
		loaded      string
	}{{"a = 1", false, false, "a = 1"}, {"a = ", false, true, "a = 1"}, {"a = 2", false, true, "a = 1"}, {"a = 2", true, false, "a = 2"}, {"a = 2", false, false, "a = 2"}} {
		write(step.source)
		again, err := h.scan(look{sure: step.sure})
		want := contents{main: file{source: step.loaded}.digest()}.generation()
		if s := h.Status()[0]; err != nil || again != step.again || s.Generation != want || s.LastError != nil {
			t.Errorf("step %d: read again %v, %+v, %v", n, again, s, err)
		}
	}
	h.stop()
}
