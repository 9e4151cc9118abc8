package script_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/sandbox"
	"luahost/internal/script"
)

// broken is why a script did not load.
func (w *world) broken(name string) error {
	for _, s := range w.Status() {
		if s.Name == name {
			return s.LastError
		}
	}
	w.t.Fatalf("no script %s", name)
	return nil
}

// whole fails the test if a script did not load.
func (w *world) whole() *world {
	w.t.Helper()
	for _, s := range w.Status() {
		if s.LastError != nil {
			w.t.Fatalf("%s: %v", s.Name, s.LastError)
		}
	}
	return w
}

// how says what became of a script.
func how(r script.Reload) string {
	switch {
	case r.Err != nil:
		return r.Script + " refused"
	case r.Unloaded:
		return r.Script + " unloaded"
	case r.Unchanged:
		return r.Script + " unchanged"
	default:
		return r.Script
	}
}

// wantReloaded waits until the watch has found what was to be found, and then
// looks whether there is more.
func (w *world) wantReloaded(want ...string) {
	w.t.Helper()
	var got []string
	for range want {
		got = append(got, how(<-w.reloads))
	}
	got = append(got, w.reloaded()...)
	if slices.Sort(got); !slices.Equal(got, want) {
		w.t.Fatalf("reloaded %q, want %q", got, want)
	}
}

// reloaded is what else has been reloaded, when everything that was saved so far
// has been looked at.
func (w *world) reloaded() (names []string) {
	w.t.Helper()
	w.save("zzz.lua", fmt.Sprintf("-- %d", time.Now().UnixNano()))
	for r := range w.reloads {
		if r.Script == "zzz.lua" {
			break
		}
		names = append(names, how(r))
	}
	if _, err := w.Reload(); err != nil {
		w.t.Fatal(err)
	}
	for len(w.reloads) > 0 {
		names = append(names, how(<-w.reloads))
	}
	return names
}

func TestRequire(t *testing.T) {
	w := load(t, map[string]string{
		"a.lua": `
			local shapes = require "lib.shapes"
			assert(shapes == require "lib.shapes" and shapes.name == "lib.shapes" and shapes.ran == 1)
			assert(require "nothing" == true)
			assert(require "no" == false and require "no" == false and ran_no == 1)
			assert(select("#", require "two") == 1 and require "two" == 1)
			assert(require "fn"(2) == 4)
			assert(coroutine.wrap(function() coroutine.yield(require "late") end)() == "late")
			assert(coroutine.wrap(require)("late") == "late")
			local ok, err = pcall(require, "lib.none")
			assert(not ok and not pcall(require, "lib.none"))
			on("x", function()
				assert(require "lib.shapes" == shapes and require "no" == false)
				local ok, err = pcall(require, "other")
				note(err)
			end)`,
		"lib/shapes.lua": "ran = (ran or 0) + 1\nreturn {name = ..., ran = ran}",
		"nothing.lua":    "",
		"no.lua":         "ran_no = (ran_no or 0) + 1 return false",
		"two.lua":        "return 1, 2",
		"fn.lua":         "\ufeff#!/usr/bin/lua\nreturn function(n) return n * 2 end",
		"late.lua":       "return 'late'",
		"other.lua":      "",
	}).whole()
	w.fire("x")
	if got, want := <-w.notes, `require("other"): modules are loaded with the script; require this one at its top`; !strings.HasSuffix(got, want) {
		t.Errorf("in a handler: %s", got)
	}
	if r := <-w.runs; r.Err != nil {
		t.Error(r.Err)
	}
}

func TestRequireRefuses(t *testing.T) {
	files := map[string]string{
		"lib/people.lua": "return {}", "lib/broken.lua": "x = 1\ny = = 2", "lib/fails.lua": "\nlocal cal = nil\nreturn cal.id",
		"lib/throws.lua": "error({}, 0)", "yields.lua": "coroutine.yield()", "waits.lua": "\nblock()",
		"self.lua": `require "self"`, "a1.lua": `require "b1"`, "b1.lua": `return require "c1"`, "c1.lua": `require "a1"`,
		"lib/large.lua": strings.Repeat("-", 1<<20+1), "folder.lua/x.lua": "", "lib/endless.lua": "while true do end",
	}
	n := 0
	for source, want := range map[string]string{
		`require "lib.peple"`:                   `require("lib.peple"): there is no lib/peple.lua in the scripts folder (did you mean "lib.people"?)`,
		`require "lib.people.lua"`:              `require("lib.people.lua"): there is no lib/people/lua.lua in the scripts folder (modules are named without .lua: "lib.people")`,
		`require "string"`:                      `require("string"): there is no string.lua in the scripts folder; string is there without require`,
		`require "lib/people"`:                  `require("lib/people"): folders are divided by dots: "lib.people"`,
		`require "/etc/passwd"`:                 `require("/etc/passwd"): a module is a file in the scripts folder; nothing else can be reached`,
		`require "../secret"`:                   `require("../secret"): a module is a file in the scripts folder; nothing else can be reached`,
		`require "lib..people"`:                 `require("lib..people"): a module is a file in the scripts folder; nothing else can be reached`,
		`require ".people"`:                     `require(".people"): the name begins or ends with a dot`,
		`require "people."`:                     `require("people."): the name begins or ends with a dot`,
		`require "lib\\people"`:                 `require("lib\\people"): the name has a letter that names of modules cannot have`,
		`require "lib.people\0.txt"`:            `require("lib.people\x00.txt"): the name has a letter that names of modules cannot have`,
		`require "c:people"`:                    `require("c:people"): the name has a letter that names of modules cannot have`,
		`require ""`:                            `require(""): the name is empty`,
		`require(("x"):rep(1e5))`:               `the name is longer than 200 bytes`,
		`require()`:                             `require: the module's name must be a string, got nil`,
		`require {}`:                            `require: the module's name must be a string, got table`,
		`require "lib.broken"`:                  `lib/broken.lua:2: near '=': syntax error`,
		`require "lib.fails"`:                   `lib/fails.lua:3: attempt to index nil "cal" with key "id"`,
		`require "lib.throws"`:                  `lib/throws.lua:1: error table {} without __tostring`,
		`require "yields"`:                      `attempt to yield from outside a coroutine`,
		`coroutine.wrap(require)("yields")`:     `attempt to yield across a pcall, a metamethod, an iterator or a library function`,
		`require "waits"`:                       `waits.lua:2: this waits, which a script may do in its handlers and not while it loads`,
		`require "self"`:                        `self.lua:1: require("self"): the modules wait for each other: self -> self`,
		`require "a1"`:                          `c1.lua:1: require("a1"): the modules wait for each other: a1 -> b1 -> c1 -> a1`,
		`require "t"`:                           `t.lua:1: require("t"): the modules wait for each other: t -> t`,
		`require "lib.large"`:                   `require("lib.large"): lib/large.lua: longer than the limit of 1048576 bytes (limits.source)`,
		`require "folder"`:                      `require("folder"): folder.lua: a folder, not a script`,
		`require "lib.endless"`:                 `lib/endless.lua:1: too many instructions`,
		`while true do pcall(require, "x") end`: `too many instructions`,
		"for i=1,2000 do pcall(require, 'x'..i) if i>1000 then require('y'..i) end end": `require("y1001"): more than 1000 modules`,
	} {
		n++
		files["t.lua"] = source
		w := load(t, files)
		w.fails(w.broken("t.lua"), want)
	}
	if n != 30 {
		t.Errorf("%d cases", n)
	}
}

// Nothing outside of the folder can be had by a link; inside it may lead anywhere.
func TestRequireFollowsLinksInsideTheFolder(t *testing.T) {
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret.lua"), []byte("return 'secret'"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := start(t, map[string]string{"lib/real.lua": "return 'one'"})
	for link, target := range map[string]string{
		"out.lua": filepath.Join(outside, "secret.lua"), "up.lua": "../" + filepath.Base(outside) + "/secret.lua", "dir": outside,
		"in.lua": "lib/real.lua", "also": "lib", "circle.lua": "circle.lua", "nowhere.lua": "lib/nowhere.lua",
	} {
		if err := os.Symlink(target, filepath.Join(w.dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"out": "out.lua: a link that leads out of the scripts folder", "up": "up.lua: a link that leads out of the scripts folder",
		"dir.secret": "dir/secret.lua: a link that leads out of the scripts folder", "circle": "circle.lua: too many levels of symbolic links",
		"nowhere": "nowhere.lua: a link to a file that does not exist",
	} {
		w.write("t.lua", fmt.Sprintf("require %q", name))
		results, err := w.Reload("t")
		if err != nil {
			t.Fatal(err)
		}
		w.fails(results[0].Err, want)
	}
	w.reloaded()
	w.save("t.lua", `local a, b = require "in", require "also.real" on("x", function() note(a .. " " .. b) end)`)
	for r := <-w.reloads; r.Script != "t.lua"; r = <-w.reloads {
	}
	w.says("one one")
	w.save("lib/real.lua", "return 'two'") // which both names lead to
	for r := <-w.reloads; r.Script != "t.lua" || r.Err != nil; r = <-w.reloads {
	}
	w.says("two two")
}

func TestEachScriptHasItsOwnModules(t *testing.T) {
	w := load(t, map[string]string{
		"a.lua": `local m = require "m" m.n = 1 on("x", function() m.n = m.n + 1 note(m.n) end)`,
		"b.lua": `local m = require "m" on("y", function() note(m.n) end)`,
		"m.lua": `return {n = 0}`,
	}).whole()
	w.says("2")
	w.fire("y")
	if got := <-w.notes; got != "0" {
		t.Errorf("the other script's module has %s", got)
	}
}

func TestAModulesChangeReloadsThoseThatRequireIt(t *testing.T) {
	w := start(t, map[string]string{
		"a.lua":              `local m = require "lib.text" on("x", function() note(m.text) end)`,
		"b.lua":              `local deep = require "deep" on("y", function() note(deep) end)`,
		"c.lua":              `n = 0 on("z", function() n = n + 1 note(n) end)`,
		"deep.lua":           `return require("lib.sub.deeper")`,
		"lib/text.lua":       `return {text = "one"}`,
		"lib/alone.lua":      ``,
		"lib/sub/deeper.lua": `return "deep"`,
	}).whole()
	first := w.Status()
	w.fire("z")
	w.says2("1")
	w.save("lib/text.lua", `return {text = "two"}`)
	w.wantReloaded("a.lua")
	w.says("two")
	w.save("lib/sub/deeper.lua", `return "deeper"`)
	w.wantReloaded("b.lua", "deep.lua")
	w.save("lib/alone.lua", `error("not seen by anybody")`)
	w.save("lib/text.lua", `return {text = "two"}`) // the same again
	w.wantReloaded()
	w.fire("z")
	w.says2("2")

	w.save("lib/text.lua", `return {text = = 3}`)
	w.wantReloaded("a.lua refused")
	err := w.broken("a.lua")
	w.fails(err, "lib/text.lua:1: near '=': syntax error")
	if fault := new(sandbox.Error); !errors.As(err, &fault) || fault.Source != "return {text = = 3}" {
		t.Errorf("shows the line %q", fault.Source)
	}
	w.says("two")
	w.save("lib/text.lua", `return {text = "four"}`)
	w.wantReloaded("a.lua")
	w.says("four")

	generation := w.Status()[0].Generation
	if generation == first[0].Generation || len(generation) != 8 {
		t.Errorf("generation %q after %q", generation, first[0].Generation)
	}
	if err := os.Remove(filepath.Join(w.dir, "lib/text.lua")); err != nil {
		t.Fatal(err)
	}
	w.wantReloaded("a.lua refused")
	w.fails(w.broken("a.lua"), `a.lua:1: require("lib.text"): there is no lib/text.lua`)
	w.says("four")
	w.save("lib/text.lua", `return {text = "four"}`)
	w.wantReloaded("a.lua unchanged")
	if err := w.broken("a.lua"); err != nil || w.Status()[0].Generation != generation {
		t.Errorf("after an edit that was undone: %v", err)
	}
	w.says("four")
}

// says2 takes a note.
func (w *world) says2(want string) {
	w.t.Helper()
	if got := <-w.notes; got != want {
		w.t.Errorf("noted %q, want %q", got, want)
	}
	<-w.runs
}

// A file that was sought in vain is waited for, wherever its folder is.
func TestAMissingModuleIsWaitedFor(t *testing.T) {
	w := start(t, map[string]string{
		"a.lua": `local m = require "far.away.text" on("x", function() note(m) end)`,
		"b.lua": `local ok, m = pcall(require, "option") on("y", function() note(ok) end)`,
	})
	w.fails(w.broken("a.lua"), "there is no far/away/text.lua")
	w.save("far/away/text.lua", "return 'here'")
	w.wantReloaded("a.lua")
	w.says("here")
	w.save("option.lua", "on('option', function() end)")
	w.wantReloaded("b.lua", "option.lua")

	far := filepath.Join(w.dir, "far")
	if err := os.Rename(far, far+".old"); err != nil {
		t.Fatal(err)
	}
	w.wantReloaded("a.lua refused")
	w.save("far/away/text.lua", "return 'again'")
	w.wantReloaded("a.lua")
	w.says("again")
	w.save("far/away/text.lua", "return 'and again'")
	w.wantReloaded("a.lua")
	w.says("and again")
	if err := os.RemoveAll(far); err != nil {
		t.Fatal(err)
	}
	w.wantReloaded("a.lua refused")
	if err := os.Rename(far+".old", far); err != nil {
		t.Fatal(err)
	}
	w.wantReloaded("a.lua")
	w.says("here")
	w.save("far.old/away/text.lua", "return 'elsewhere'") // the name of old of what is watched now
	w.wantReloaded()
}

func TestAModuleThatHandlesNothingIsNoMistake(t *testing.T) {
	w := load(t, map[string]string{
		"b.lua": `require "a_module" on("x", function() end)`, "a_module.lua": "return {}", "c.lua": "", "d.lua": "on('y', function() end)",
	}).whole()
	w.saved("b.lua", `require "a_module" require "d" on("x", function() end)`)
	const twice = `msg="script handles events and is required by another, where it handles them again; move it into a folder" script=`
	if log := w.log.String(); strings.Count(log, twice) != 1 || !strings.Contains(log, twice+"d.lua by=b.lua") {
		t.Error(log)
	}
	const warning = `msg="script handles nothing: write a rule, or register a function with on" script=`
	if log := w.log.String(); strings.Contains(log, warning+"a_module.lua") || !strings.Contains(log, warning+"c.lua") {
		t.Error(log)
	}
}

func TestHandlersOfAModuleNameIt(t *testing.T) {
	where := make(chan script.Handler, 1)
	w := load(t, map[string]string{
		"a.lua":            `require "lib.handlers"` + "\n" + `loadstring("on('y', function() end)", "lib/handlers.lua.not")()`,
		"lib/handlers.lua": "\n" + `on("x", function()` + "\n" + `look()` + "\n" + `error("no") end)`,
	}, func(o *script.Options) {
		open := o.Open
		o.Open = func(rt *script.Runtime) {
			open(rt)
			rt.State().SetGlobal("look", rt.State().NewFunction(func(L *lua.LState) int {
				_ = rt.Block(L, func(ctx context.Context) {
					who, _ := script.FromContext(ctx)
					where <- who
				})
				return 0
			}))
		}
	}).whole()
	pin := w.Pin()
	defer pin.Release()
	if r := pin.Registered("x")[0]; r.Script != "a.lua" || r.File != "lib/handlers.lua" || r.Line != 2 {
		t.Errorf("registered as %+v", r)
	}
	if r := pin.Registered("y")[0]; r.File != "a.lua" || r.Line != 2 {
		t.Errorf("registered by made code as %+v", r)
	}
	w.fire("x")
	if who := <-where; who.File != "lib/handlers.lua" || who.Line != 2 || who.AtFile != "lib/handlers.lua" || who.At != 3 || who.Script != "a.lua" {
		t.Errorf("it waits as %+v", who)
	}
	r := <-w.runs
	w.fails(r.Err, "lib/handlers.lua:4: no")
	if r.Script != "a.lua" || r.File != "lib/handlers.lua" || r.Line != 2 {
		t.Errorf("it ran as %+v", r)
	}
}

func TestReloadByName(t *testing.T) {
	w := load(t, map[string]string{"night.lua": saying("one"), "day.lua": "on('y', function() end)"}).whole()
	day := w.Status()[0].Loaded
	if _, err := w.Reload("nigth", "day"); err == nil || err.Error() != `there is no script nigth.lua (did you mean "night.lua"?)` {
		t.Errorf("an unknown name: %v", err)
	}
	w.write("new.lua", "y = = 1")
	results, err := w.Reload("night", "new.lua")
	if err != nil || len(results) != 2 || results[0].Script != "new.lua" || results[0].Err == nil || results[1].Script != "night.lua" || results[1].Err != nil {
		t.Errorf("by name: %+v, %v", results, err)
	}
	if results, err = w.Reload(""); err != nil || len(results) != 0 {
		t.Errorf("nothing has changed: %+v, %v", results, err)
	}
	w.write("new.lua", "")
	if results, err = w.Reload(); err != nil || len(results) != 1 || results[0].Err != nil {
		t.Errorf("all that has changed: %+v, %v", results, err)
	}
	if !w.Status()[0].Loaded.Equal(day) {
		t.Error("a script that was not named was loaded")
	}
	if err := os.RemoveAll(w.dir); err != nil {
		t.Fatal(err)
	}
	if _, err = w.Reload("night"); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("without the folder: %v", err)
	}
}
