package script_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/script"
)

// next is the next reload; it must be of that script and be what ok says.
func (w *world) next(name string, ok func(script.Reload) bool) script.Reload {
	w.t.Helper()
	r := <-w.reloads
	if r.Script != name || !ok(r) {
		w.t.Fatalf("unexpected reload of %s: %+v", name, r)
	}
	return r
}

func loaded(r script.Reload) bool   { return r.Err == nil && !r.Unloaded }
func refused(r script.Reload) bool  { return r.Err != nil && !r.Unloaded }
func unloaded(r script.Reload) bool { return r.Err == nil && r.Unloaded }

// says checks what the handler of event x notes.
func (w *world) says(want string) {
	w.t.Helper()
	if n := w.fire("x"); n != 1 {
		w.t.Fatalf("%d handlers, want 1", n)
	}
	if got := <-w.notes; got != want {
		w.t.Errorf("the handler says %q, want %q", got, want)
	}
	if r := <-w.runs; r.Err != nil {
		w.t.Errorf("the handler: %v", r.Err)
	}
}

func saying(text string) string { return fmt.Sprintf(`on("x", function() note(%q) end)`, text) }

func TestASavedFileIsReloaded(t *testing.T) {
	w := start(t, map[string]string{"a.lua": saying("one")})
	before := w.Status()[0]
	w.says("one")
	path := filepath.Join(w.dir, "a.lua")
	for _, save := range []struct {
		how string
		do  func(source string) error
	}{
		{"truncated and written", func(s string) error { return os.WriteFile(path, []byte(s), 0o600) }},
		{"renamed over", func(s string) error {
			if err := os.WriteFile(filepath.Join(w.dir, ".a.lua.tmp"), []byte(s), 0o600); err != nil {
				return err
			}
			return os.Rename(filepath.Join(w.dir, ".a.lua.tmp"), path)
		}},
		{"moved to a backup and written", func(s string) error {
			if err := os.Rename(path, path+"~"); err != nil {
				return err
			}
			return os.WriteFile(path, []byte(s), 0o600)
		}},
		{"with the old time", func(s string) error {
			info, err := os.Stat(path)
			if err == nil {
				err = os.WriteFile(path, []byte(s), 0o600)
			}
			if err == nil {
				err = os.Chtimes(path, info.ModTime(), info.ModTime())
			}
			return err
		}},
	} {
		if err := save.do(saying(save.how)); err != nil {
			t.Fatal(err)
		}
		// A save in steps may be seen between them, as a missing or empty file.
		want := fmt.Sprintf("%x", sha256.Sum256([]byte(saying(save.how))))[:8]
		for r := <-w.reloads; r.Generation != want || !loaded(r); r = <-w.reloads {
		}
		w.says(save.how)
	}
	after := w.Status()[0]
	if after.Generation == before.Generation || len(after.Generation) != 8 {
		t.Errorf("generation %q, was %q", after.Generation, before.Generation)
	}
}

func TestTouchingAndForeignFilesReloadNothing(t *testing.T) {
	w := start(t, map[string]string{"a.lua": `kept = 0 on("x", function() kept = kept + 1 note(kept) end)`})
	w.says("1")
	path := filepath.Join(w.dir, "a.lua")
	now := w.Status()[0].Loaded.AddDate(1, 0, 0)
	if err := os.Chtimes(path, now, now); err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	w.save("a.lua", string(source)) // the same again
	for _, name := range []string{"a_test.lua", ".a.lua", ".#a.lua", "a.lua~", "a.txt", "#a.lua#"} {
		w.write(name, "this is not Lua")
	}
	w.write("b.lua", "")
	w.next("b.lua", loaded)
	w.says("2")
	if n := len(w.Status()); n != 2 {
		t.Errorf("%d scripts, want 2", n)
	}
}

func TestABrokenEditKeepsTheOldScript(t *testing.T) {
	w := start(t, map[string]string{"a.lua": saying("old"), "b.lua": `state = 1`})
	old := w.Status()[0].Generation
	for _, broken := range []struct{ source, err string }{
		{"on('x', function() note('half'", "a.lua:1: syntax error at the end of the file"},
		{"x = 1\ny = = 2", "a.lua:2: near '=': syntax error"},
		{"on('x', function() note('half') end)\nerror('no')", "a.lua:2: no"},
		{"on('x', function() note('half') end) on('x', nil)", `a.lua:1: on("x"): the handler must be a function, got nil`},
		{"block()", "a.lua:1: this waits"},
		{strings.Repeat("local x\n", 300), "a.lua: too many local variables"},
		{"goto x", "a.lua:2: no visible label 'x' for <goto> at line 1"},
		{"--[[ never closed", "a.lua:1:"},
		{"x = 'never closed", "a.lua:1:"},
		{"\x1bLua\x51\x00", "a.lua:1:"},
		{strings.Repeat("-", 1<<20+1), "a.lua: longer than the limit of 1048576 bytes (limits.source)"},
	} {
		w.save("a.lua", broken.source)
		r := w.next("a.lua", refused)
		w.fails(r.Err, broken.err)
		if strings.ContainsAny(r.Err.Error(), "\n\t") {
			t.Errorf("not one line: %q", r.Err)
		}
		if s := w.Status()[0]; s.LastError == nil || s.Generation != old || r.Previous != old {
			t.Errorf("after %q: status %+v, reload %+v", broken.source, s, r)
		}
		w.says("old")
	}
	w.save("a.lua", saying("fixed"))
	w.next("a.lua", loaded)
	w.says("fixed")
	if s := w.Status()[0]; s.LastError != nil {
		t.Errorf("after the fix: %v", s.LastError)
	}
}

func TestALineOfLogForEachChange(t *testing.T) {
	w := start(t, map[string]string{"a.lua": saying("one")})
	one := w.Status()[0].Generation
	w.save("a.lua", saying("two"))
	two := w.next("a.lua", loaded).Generation
	w.save("a.lua", "y = = 2")
	bad := w.next("a.lua", refused).Generation
	w.save("b.lua", "error('no')")
	broken := w.next("b.lua", refused).Generation
	if err := os.Remove(filepath.Join(w.dir, "a.lua")); err != nil {
		t.Fatal(err)
	}
	w.next("a.lua", unloaded)
	if err := os.Remove(filepath.Join(w.dir, "b.lua")); err != nil {
		t.Fatal(err)
	}
	w.next("b.lua", unloaded)
	w.save("c.lua", "z = 3")
	if r := w.next("c.lua", loaded); r.Handlers != 0 {
		t.Errorf("%d handlers in a script without any", r.Handlers)
	}
	for _, want := range []string{
		`level=INFO msg="script loaded" script=a.lua generation=` + one + ` handlers=1 took=`,
		`level=INFO msg="script reloaded" script=a.lua generation=` + two + ` previous=` + one + ` handlers=1 took=`,
		`level=ERROR msg="script not reloaded, the old one goes on" script=a.lua generation=` + two + ` refused=` + bad +
			` error="a.lua:1: near '=': syntax error"`,
		`level=ERROR msg="script not loaded" script=b.lua generation=` + broken + ` error="b.lua:1: no"`,
		`level=INFO msg="script unloaded" script=a.lua generation=` + two,
		`level=INFO msg="script is gone, and was not loaded" script=b.lua`,
		`level=WARN msg="script handles nothing: write a rule, or register a function with on" script=c.lua`,
	} {
		if n := strings.Count(w.log.String(), want); n != 1 {
			t.Errorf("%d times in the log: %s\n%s", n, want, w.log)
		}
	}
}

func TestScriptsComeAndGo(t *testing.T) {
	w := start(t, nil)
	if !strings.Contains(w.log.String(), `level=WARN msg="no scripts yet"`) {
		t.Errorf("the log of an empty folder: %s", w.log)
	}
	if n := w.fire("x"); n != 0 {
		t.Errorf("%d handlers in an empty folder", n)
	}
	if err := os.Mkdir(filepath.Join(w.dir, "sub.lua"), 0o700); err != nil {
		t.Fatal(err)
	}
	w.fails(w.next("sub.lua", refused).Err, "sub.lua: a folder, not a script")
	if err := os.Symlink("nowhere", filepath.Join(w.dir, "link.lua")); err != nil {
		t.Fatal(err)
	}
	w.fails(w.next("link.lua", refused).Err, "link.lua: a link to a file that does not exist")
	w.write("nowhere", saying("through the link"))
	w.Reload("link")
	w.next("link.lua", loaded)
	w.says("through the link")

	for _, name := range []string{"sub.lua", "link.lua"} {
		if err := os.Remove(filepath.Join(w.dir, name)); err != nil {
			t.Fatal(err)
		}
		w.next(name, unloaded)
	}
	if n, s := w.fire("x"), w.Status(); n != 0 || len(s) != 0 {
		t.Errorf("%d handlers, scripts %v", n, s)
	}
}

func TestHandlersInFlightFinishOnTheirGeneration(t *testing.T) {
	w := start(t, map[string]string{"a.lua": `
local version = "old"
on("x", function() wait("go") note(version) end)`})
	old := w.Status()[0].Generation
	w.fire("x")
	<-w.arrived
	w.save("a.lua", saying("new"))
	r := w.next("a.lua", loaded)
	if r.Previous != old || r.Generation == old {
		t.Errorf("reloaded %+v, the old one was %s", r, old)
	}
	w.says("new")
	if s := w.Status()[0]; s.InFlight != 1 || s.Generation != r.Generation {
		t.Errorf("status %+v", s)
	}
	close(w.gate("go"))
	if text := <-w.notes; text != "old" {
		t.Errorf("the old handler says %q", text)
	}
	if run := <-w.runs; run.Err != nil || run.Generation != old {
		t.Errorf("the old handler ended as %+v", run)
	}
}

func TestReloadAnew(t *testing.T) {
	w := start(t, map[string]string{
		"a.lua": `n = 0 on("x", function() n = n + 1 note(n) end)`,
		"b.lua": `m = 0 on("y", function() m = m + 1 note(m) end)`,
	})
	w.says("1")
	w.says("2")
	w.fire("y")
	<-w.notes
	<-w.runs
	w.Reload("a.lua")
	w.next("a.lua", loaded)
	w.says("1")
	w.fire("y") // the other script's state is as it was
	if text := <-w.notes; text != "2" {
		t.Errorf("b.lua says %s", text)
	}
}

// Every event is handled once, by one whole generation, however often the
// script is replaced meanwhile.
func TestSwapUnderLoad(t *testing.T) {
	const reloads = 100
	source := func(generation int) string {
		return fmt.Sprintf(`
local first = %[1]d
on("x", function(n) local mine = first block() note(n .. " " .. mine .. " " .. last()) end)
local last_one = %[1]d
function last() return last_one end`, generation)
	}
	flying := make(chan struct{}, 64) // so that the events last as long as the reloads
	w := start(t, map[string]string{"a.lua": source(0)}, func(o *script.Options) {
		o.OnHandler = func(script.Run) { <-flying }
	})
	done, fresh := make(chan struct{}), make(chan struct{}, reloads+1)
	go func() { // each generation handles something before the next one comes
		defer close(done)
		for n := range reloads {
			<-fresh
			w.save("a.lua", source(n+1))
			w.Reload("a.lua")
		}
		<-fresh
	}()
	events := 0
	seen, generations := map[int]bool{}, map[int]bool{}
	note := func(text string) {
		var n, first, last int
		if _, err := fmt.Sscan(text, &n, &first, &last); err != nil {
			t.Fatal(err)
		}
		if seen[n] || first != last {
			t.Fatalf("event %d: again %v, by generation %d and %d", n, seen[n], first, last)
		}
		seen[n] = true
		if !generations[first] {
			generations[first] = true
			fresh <- struct{}{}
		}
	}
	for over := false; !over || len(seen) < events; {
		select {
		case <-done:
			done, over = nil, true
		case text := <-w.notes:
			note(text)
		case flying <- struct{}{}:
			if over {
				<-flying
				continue
			}
			if started := w.fire("x", lua.LNumber(events)); started != 1 {
				t.Fatalf("event %d started %d handlers", events, started)
			}
			events++
		}
	}
	if s := w.Status()[0]; s.LastError != nil {
		t.Error(s.LastError)
	}
	if len(generations) != reloads+1 {
		t.Errorf("%d generations handled %d events, %d were loaded", len(generations), events, reloads+1)
	}
}
