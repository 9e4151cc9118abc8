package script

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"weak"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/clock"
)

// eager is a clock under which the first handler of "unload" ends before the second
// is started: that is held up at the generation's lock from the first one's start
// to its end, when it needs the lock itself, and is at work and first to get it.
type eager struct {
	clock.System
	rt            func() *Runtime // of the old generation, with Host.mu held
	starts, frees *sync.Once
	held          *Runtime
}

// Now implements clock.Clock.
func (e *eager) Now() time.Time {
	callers := make([]uintptr, 20)
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers)])
	for more := true; more; {
		var f runtime.Frame
		switch f, more = frames.Next(); {
		case strings.HasSuffix(f.Function, ").sayUnloadTo"):
			e.starts.Do(func() { e.held = e.rt(); e.held.queue.Lock() })
		case strings.HasSuffix(f.Function, ").ended"):
			e.frees.Do(func() { e.held.queue.Unlock() })
		}
	}
	return e.System.Now()
}

// A generation is closed after the last of its handlers of "unload", however soon
// the first has ended.
func TestUnloadOfSeveralHandlers(t *testing.T) {
	for range 10 {
		unloadTwo(t)
	}
}

func unloadTwo(t *testing.T) {
	var h *Host
	first, open := make(chan struct{}), make(chan bool, 1)
	ended := sync.OnceFunc(func() { close(first) })
	set := func(rt *Runtime, name string, fn lua.LGFunction) {
		rt.State().SetGlobal(name, rt.State().NewFunction(fn))
	}
	h = New(Options{
		Dir: t.TempDir(),
		Clock: &eager{starts: new(sync.Once), frees: new(sync.Once), rt: func() (rt *Runtime) {
			for rt = range h.retired {
			}
			return rt
		}},
		OnHandler: func(Run) { ended() },
		Open: func(rt *Runtime) {
			set(rt, "on", func(L *lua.LState) int {
				rt.On(L, L.CheckString(1), L.CheckFunction(2))
				return 0
			})
			set(rt, "look", func(L *lua.LState) int {
				if err := rt.Block(L, func(context.Context) {
					<-first
					select {
					case <-rt.shut:
						open <- false
					default:
						open <- true
					}
				}); err != nil {
					L.RaiseError("%v", err)
				}
				return 0
			})
		},
	})
	for _, source := range []string{`on("unload", function() end) on("unload", function() look() end)`, ""} {
		loadInto(t, h, map[string]string{"a.lua": source})
	}
	if !<-open {
		t.Error("the VM was closed under a handler")
	}
	h.stop()
}

// Whoever still knows a generation that was closed, such as a pin, holds none of the
// script's values.
func TestAClosedGenerationHoldsNothing(t *testing.T) {
	for name, source := range map[string]string{
		"a global":     `kept = value()`,
		"an upvalue":   `local kept = value() on("x", function() return kept end)`,
		"a thread":     `local kept = value() co = coroutine.create(function() coroutine.yield(kept) end) coroutine.resume(co)`,
		"a register":   `local function f(a) return a end local kept = f(value())`,
		"a module":     `require("lib.m")`,
		"an error":     `local kept = value() pcall(error, {kept})`,
		"a tag":        `local kept = value() tag("x", function() end, function() return kept end)`,
		"many results": `local function f() return value(), value(), value() end print2 = {f()}`,
	} {
		t.Run(name, func(t *testing.T) {
			type thing struct{ _ [64]byte }
			var things []weak.Pointer[thing]
			h := New(Options{Dir: t.TempDir(), Open: func(rt *Runtime) {
				rt.State().SetGlobal("on", rt.State().NewFunction(func(L *lua.LState) int {
					rt.On(L, L.CheckString(1), L.CheckFunction(2))
					return 0
				}))
				rt.State().SetGlobal("tag", rt.State().NewFunction(func(L *lua.LState) int {
					rt.Register(L, L.CheckString(1), L.CheckFunction(2), L.CheckFunction(3))
					return 0
				}))
				rt.State().SetGlobal("value", rt.State().NewFunction(func(L *lua.LState) int {
					made := new(thing)
					things = append(things, weak.Make(made))
					L.Push(&lua.LUserData{Value: made, Env: L.Env})
					return 1
				}))
			}})
			rt := loadInto(t, h, map[string]string{"a.lua": source, "lib/m.lua": `return {value()}`})
			if len(things) == 0 {
				t.Fatal("the script made no value")
			}
			pin := h.Pin()
			h.stop()
			if left := pin.Registered("x"); len(left) > 0 {
				t.Errorf("it still has %+v", left)
			}
			for range 3 { // what was in a pool is given up at the second
				runtime.GC()
			}
			for _, thing := range things {
				if thing.Value() != nil {
					t.Error("a value is still there")
				}
			}
			runtime.KeepAlive(rt)
			runtime.KeepAlive(pin)
		})
	}
}

// loadInto writes the files, loads them, and gives what came of a.lua.
func loadInto(t *testing.T, h *Host, files map[string]string) *Runtime {
	t.Helper()
	for file, text := range files {
		path := filepath.Join(h.opts.Dir, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Load(); err != nil {
		t.Fatal(err)
	}
	if err := h.scripts["a.lua"].err; err != nil {
		t.Fatal(err)
	}
	return h.scripts["a.lua"].live
}
