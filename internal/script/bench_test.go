package script_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/event"
	"luahost/internal/script"
)

// bench gives a host with one script, and a channel that each ended handler
// sends to.
func bench(b *testing.B, source string, open func(*script.Runtime)) (*script.Host, chan struct{}, string) {
	b.Helper()
	path := filepath.Join(b.TempDir(), "a.lua")
	if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
		b.Fatal(err)
	}
	ended := make(chan struct{}, 1)
	h := script.New(script.Options{
		Dir:       filepath.Dir(path),
		Limits:    script.Limits{InFlight: 2000},
		Open:      func(rt *script.Runtime) { event.Open(rt); open(rt) },
		OnHandler: func(script.Run) { ended <- struct{}{} },
	})
	if err := h.Load(); err != nil {
		b.Fatal(err)
	}
	if s := h.Status()[0]; s.LastError != nil {
		b.Fatal(s.LastError)
	}
	return h, ended, path
}

// From Dispatch to the first line of the handler, one event at a time.
func BenchmarkDispatch(b *testing.B) {
	reached := make(chan struct{}, 1)
	h, ended, _ := bench(b, `on("x", function() reach() end)`, func(rt *script.Runtime) {
		rt.State().SetGlobal("reach", rt.State().NewFunction(func(*lua.LState) int {
			reached <- struct{}{}
			return 0
		}))
	})
	b.ReportAllocs()
	for b.Loop() {
		h.Dispatch(b.Context(), script.Event{Name: "x"})
		<-reached
		<-ended
	}
}

// Events as fast as they come, 64 at a time.
func BenchmarkDispatchMany(b *testing.B) {
	h, ended, _ := bench(b, `on("x", function() end)`, func(*script.Runtime) {})
	const many = 64
	b.ReportAllocs()
	for b.Loop() {
		for range many {
			h.Dispatch(b.Context(), script.Event{Name: "x"})
		}
		for range many {
			<-ended
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*many), "ns/event")
}

// A dispatch while other handlers of the script wait.
func BenchmarkDispatchBlocked(b *testing.B) {
	for _, waiting := range []int{10, 1000} {
		b.Run(fmt.Sprint(waiting), func(b *testing.B) {
			gate, arrived := make(chan struct{}), make(chan struct{})
			h, ended, _ := bench(b, `on("x", function() end) on("wait", function() wait() end)`, func(rt *script.Runtime) {
				rt.State().SetGlobal("wait", rt.State().NewFunction(func(L *lua.LState) int {
					_ = rt.Block(L, func(context.Context) { arrived <- struct{}{}; <-gate })
					return 0
				}))
			})
			for range waiting {
				h.Dispatch(b.Context(), script.Event{Name: "wait"})
				<-arrived
			}
			b.ReportAllocs()
			for b.Loop() {
				h.Dispatch(b.Context(), script.Event{Name: "x"})
				<-ended
			}
			b.StopTimer()
			close(gate)
			for range waiting {
				<-ended
			}
		})
	}
}

// A script of 1000 lines replaced.
func BenchmarkReload(b *testing.B) {
	var source strings.Builder
	for n := range 250 {
		fmt.Fprintf(&source, "function f%d(call)\n  if call.from == %d then return \"busy\" end\n  return call\nend\n", n%100, n)
	}
	h, _, _ := bench(b, source.String(), func(*script.Runtime) {})
	b.ReportAllocs()
	for b.Loop() {
		h.Reload("a.lua")
	}
}

// From the write on the disk, to a script of 1000 lines or one of its three
// modules, to the first event that the new generation has handled. Most of it is
// the quiet for which a folder is left alone; what is not is told apart.
func BenchmarkEdit(b *testing.B) {
	const quiet = 150 * time.Millisecond
	lines := func(n int) string {
		var source strings.Builder
		for i := range n / 4 {
			fmt.Fprintf(&source, "function f%d(call)\n  if call.from == %d then return \"busy\" end\n  return call\nend\n", i%100, i)
		}
		return source.String()
	}
	script1000 := `local edit = require "lib.edit" local people = require "lib.people" local words = require "words"
on("x", function() handled(edit) end)
` + lines(1000)
	dir := b.TempDir()
	write := func(name, source string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	write("a.lua", script1000)
	write("words.lua", lines(200))
	write("lib/people.lua", lines(200))
	write("lib/edit.lua", "return 0")
	handled, reloads, watched := make(chan int, 1), make(chan script.Reload, 10), &buffer{watched: make(chan struct{}, 1)}
	h := script.New(script.Options{
		Dir: dir, Quiet: quiet, OnReload: func(r script.Reload) { reloads <- r },
		Log: slog.New(slog.NewTextHandler(watched, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Open: func(rt *script.Runtime) {
			event.Open(rt)
			rt.State().SetGlobal("handled", rt.State().NewFunction(func(L *lua.LState) int {
				handled <- L.CheckInt(1)
				return 0
			}))
		},
	})
	if err := h.Load(); err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error)
	go func() { ended <- h.Run(ctx) }()
	<-watched.watched
	<-reloads // a.lua
	<-reloads // words.lua
	edit := 0
	for b.Loop() {
		edit++
		write("lib/edit.lua", fmt.Sprintf("return %d", edit))
		if r := <-reloads; r.Err != nil {
			b.Fatal(r.Err)
		}
		h.Dispatch(ctx, script.Event{Name: "x"})
		if got := <-handled; got != edit {
			b.Fatalf("edit %d is handled by %d", edit, got)
		}
	}
	each := b.Elapsed() / time.Duration(b.N)
	b.ReportMetric(float64((each-quiet).Microseconds())/1000, "ms-not-quiet/op")
	cancel()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
}
