package script_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/event"
	"luahost/internal/script"
)

// What a loaded script holds that has 30 lines and one handler.
func BenchmarkMemoryOfAScript(b *testing.B) {
	const scripts = 200
	dir := b.TempDir()
	source := `local seen = {}
local function name(c) return (c.first_name or "") .. " " .. (c.last_name or "") end
on("x", function(c) seen[#seen + 1] = name(c) end)
`
	for n := range 27 {
		source += fmt.Sprintf("local function f%d(c) return c.id == %d end\n", n, n)
	}
	for n := range scripts {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("s%d.lua", n)), []byte(source), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		before := settled()
		h := script.New(script.Options{Dir: dir, Open: event.Open})
		if err := h.Load(); err != nil {
			b.Fatal(err)
		}
		after := settled()
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/scripts/1024, "KB/script")
		runtime.KeepAlive(h)
	}
}

// What a handler holds that waits, in Lua's memory and in its goroutine's stack.
func BenchmarkMemoryOfAWaitingHandler(b *testing.B) {
	const handlers = 1000
	arrived, gate := make(chan struct{}), make(chan struct{})
	h, ended, _ := bench(b, `on("x", function(n) local t = {n} wait() return t end)`, func(rt *script.Runtime) {
		rt.State().SetGlobal("wait", rt.State().NewFunction(func(L *lua.LState) int {
			_ = rt.Block(L, func(ctx context.Context) {
				arrived <- struct{}{}
				select {
				case <-gate:
				case <-ctx.Done():
				}
			})
			return 0
		}))
	})
	for b.Loop() {
		before := settled()
		for range handlers {
			h.Dispatch(b.Context(), script.Event{Name: "x"})
			<-arrived
		}
		fresh := settled()
		for range 3 {
			runtime.GC() // which halves a stack that is not used by a quarter
		}
		after := settled()
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/handlers/1024, "KB-heap/handler")
		b.ReportMetric(float64(fresh.StackInuse-before.StackInuse)/handlers/1024, "KB-stack-at-first/handler")
		b.ReportMetric(float64(after.StackInuse-before.StackInuse)/handlers/1024, "KB-stack/handler")
		for range handlers {
			gate <- struct{}{}
		}
		for range handlers {
			<-ended
		}
	}
}

// What a handler holds whose turn has not come.
func BenchmarkMemoryOfAQueuedHandler(b *testing.B) {
	const handlers = 1000
	held, gate := make(chan struct{}), make(chan struct{})
	h, ended, _ := bench(b, `on("first", function() hold() end) on("x", function() end)`, func(rt *script.Runtime) {
		rt.State().SetGlobal("hold", rt.State().NewFunction(func(*lua.LState) int {
			held <- struct{}{}
			<-gate // with the VM
			return 0
		}))
	})
	for b.Loop() {
		h.Dispatch(b.Context(), script.Event{Name: "first"})
		<-held
		before := settled()
		for range handlers {
			h.Dispatch(b.Context(), script.Event{Name: "x"})
		}
		after := settled()
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/handlers, "B/handler")
		gate <- struct{}{}
		for range handlers + 1 {
			<-ended
		}
	}
}

func settled() (m runtime.MemStats) {
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m
}
