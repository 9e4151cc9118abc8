package script_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"luahost/internal/script"
)

func greeting(name string) string {
	return `
		on("load", function() note("` + name + ` load") end)
		on("x", function() wait("` + name + `") end)
		on("unload", function() block() note("` + name + ` unload") end)`
}

// The "load" of a generation comes after the "unload" of the one before, if that
// has nothing to finish.
func TestLoadAndUnload(t *testing.T) {
	w := load(t, map[string]string{"a.lua": greeting("one"), "b.lua": greeting("b"), "c.lua": "on('load', function() note('never') end) error('no')"})
	if seen := map[string]bool{<-w.notes: true, <-w.notes: true}; !seen["one load"] || !seen["b load"] {
		t.Errorf("at first: %v", seen)
	}
	<-w.runs
	<-w.runs
	w.saved("a.lua", greeting("two"))
	w.says2("one unload")
	w.says2("two load")
	w.fire("x")
	<-w.arrived
	<-w.arrived
	w.saved("a.lua", greeting("three"))
	w.says2("three load")
	w.generations([3]int{1, 0, 0}, [3]int{0, 0, 0})
	close(w.gate("two"))
	<-w.runs
	w.says2("two unload")

	if err := os.Remove(filepath.Join(w.dir, "a.lua")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Reload(); err != nil {
		t.Fatal(err)
	}
	w.says2("three unload")
	w.generations()
	close(w.gate("b"))
	<-w.runs
}

func TestUnloadAtTheEnd(t *testing.T) {
	w := start(t, map[string]string{"a.lua": greeting("a")})
	w.says2("a load")
	w.fire("x")
	<-w.arrived
	w.stop()
	if got := <-w.notes; got != "a unload" {
		t.Error(got)
	}
}

func TestUnloadHasItsTime(t *testing.T) {
	m, clocked := manual(t)
	w := load(t, map[string]string{"a.lua": `on("unload", function() note("begun") wait("never") end)`}, clocked)
	w.saved("a.lua", `on("load", function() note("load") end)`)
	if got := <-w.notes; got != "begun" {
		t.Fatal(got)
	}
	<-w.arrived
	m.Advance(5 * time.Second)
	if r := w.ended("unload", "load")["unload"]; r.Err == nil {
		t.Errorf("it ended as %+v", r)
	}
	if got := <-w.notes; got != "load" {
		t.Errorf("noted %q", got)
	}
	w.generations([3]int{0, 0, 0})
}

// What a script leaves for later in its last moment is over at once.
func TestNothingIsLeftAtUnload(t *testing.T) {
	l, config := withLater()
	w := load(t, map[string]string{"a.lua": `
		on("load", function() later("of load", true, function() end) note("loaded") end)
		on("unload", function() later("of unload", true, function() end) end)`}, config)
	w.says2("loaded")
	w.saved("a.lua", saying("new"))
	if r := <-w.runs; r.Err != nil {
		t.Error(r.Err)
	}
	got := map[string]bool{<-l.gone: true, <-l.gone: true}
	if !got["of load"] || !got["of unload"] {
		t.Errorf("gone are %v", got)
	}
	w.generations([3]int{0, 0, 0})
}

func TestLoadOfAGenerationThatWasReplacedMeanwhile(t *testing.T) {
	w := load(t, map[string]string{"a.lua": `on("unload", function() wait("go") end)`})
	w.saved("a.lua", `on("load", function() note("second") end)`)
	<-w.arrived // the first one's unload holds up the second one's load
	w.saved("a.lua", `on("load", function() note("third") end)`)
	w.says2("third")
	close(w.gate("go"))
	if r := <-w.runs; r.Event != "unload" {
		t.Errorf("%+v", r)
	}
	if n := w.Dispatch(t.Context(), script.Event{Name: "load"}); n != 1 || <-w.notes != "third" {
		t.Errorf("%d handlers", n)
	}
}

// A script whose file is gone goes on with what it had begun until it is named.
func TestReloadEndsWhatIsLeftOfAScript(t *testing.T) {
	w := load(t, map[string]string{"a.lua": `on("x", function() wait("never") end)`, "other.lua": `on("y", function() end)`})
	w.fire("x")
	<-w.arrived
	if err := os.Remove(filepath.Join(w.dir, "a.lua")); err != nil {
		t.Fatal(err)
	}
	if results, err := w.Reload(); err != nil || len(results) != 1 || !results[0].Unloaded {
		t.Fatalf("without the file: %+v, %v", results, err)
	}
	if s := w.Status(); len(s) != 2 || s[0].InFlight != 1 {
		t.Errorf("it does not go on: %+v", s)
	}
	results, err := w.Reload("a")
	if err != nil || len(results) != 1 || !results[0].Unloaded || results[0].Previous == "" {
		t.Errorf("by name: %+v, %v", results, err)
	}
	if r := <-w.runs; !errors.Is(r.Err, context.Canceled) || !strings.HasSuffix(r.Err.Error(), "the handler was ended: its generation was closed") {
		t.Errorf("its handler ended with %v", r.Err)
	}
	if s := w.Status(); len(s) != 1 || s[0].Name != "other.lua" {
		t.Errorf("it is still there: %+v", s)
	}
	if !strings.Contains(w.log.String(), `msg="script is gone and was reloaded by name, its old generation is closed, with what it had left to do" script=a.lua`) {
		t.Error(w.log)
	}
	if _, err := w.Reload("a"); err == nil || err.Error() != "there is no script a.lua" {
		t.Errorf("when nothing is left: %v", err)
	}
}
