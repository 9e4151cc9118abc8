package sandbox

import (
	"fmt"
	"runtime"
	"strings"
	"sync"

	lua "github.com/yuin/gopher-lua"
)

// replaceCoroutine makes gopher-lua's coroutines fit to be shared by handlers.
// One runs on the budget of whoever resumes it, also when another handler or
// the top level created it; one that is at work, perhaps waiting in a blocking
// call of another handler, cannot be resumed a second time; and the thread of a
// handler shows itself to scripts no more than Lua's main thread does.
func replaceCoroutine(vm *VM, module *lua.LTable, std map[string]lua.LValue) {
	c := &coroutines{
		vm:     vm,
		seen:   map[callers]bool{},
		create: std["create"].(*lua.LFunction).GFunction,
		resume: std["resume"].(*lua.LFunction).GFunction,
		wrap:   std["wrap"].(*lua.LFunction).GFunction,
		status: std["status"].(*lua.LFunction).GFunction,
	}
	vm.state.SetFuncs(module, map[string]lua.LGFunction{
		"create":  c.newCoroutine,
		"resume":  c.resumeCoroutine,
		"running": c.running,
		"status":  c.statusOf,
		"wrap":    c.wrapCoroutine,
	})
	L := vm.state
	module.RawSetString("yield", inLua(L, yieldProto(), L.NewFunction(c.yield)))
}

// yieldProto is coroutine.yield around gopher-lua's: as a tail call, that one
// loses the frame that the next resume would return to.
var yieldProto = protoOf("coroutine.yield", `
	local yield = ...
	local function results(...) return ... end
	return function(...) return results(yield(...)) end`)

// bodyProto is Lua around a function in Go, such as a method of Telegram's:
// gopher-lua's coroutines can run nothing but Lua.
var bodyProto = protoOf("coroutine", `
	local body = ...
	return function(...) return body(...) end`)

func protoOf(name, source string) func() *lua.FunctionProto {
	return sync.OnceValue(func() *lua.FunctionProto {
		proto, err := Compile(name, source)
		if err != nil {
			panic(err)
		}
		withoutLines(proto)
		return proto
	})
}

// withoutLines takes the lines from such a function, which are no script's.
func withoutLines(proto *lua.FunctionProto) {
	clear(proto.DbgSourcePositions)
	for _, inner := range proto.FunctionPrototypes {
		withoutLines(inner)
	}
}

// inLua gives the function that a proto puts around fn.
func inLua(L *lua.LState, proto *lua.FunctionProto, fn lua.LValue) lua.LValue {
	L.Push(L.NewFunctionFromProto(proto))
	L.Push(fn)
	L.Call(1, 1)
	defer L.Pop(1)
	return L.Get(-1)
}

// yield is the part in Go. gopher-lua yields by returning from its main loop,
// which goes wrong without a word where Go has called Lua again: inside pcall,
// a metamethod, an iterator, table.sort or gsub. There Lua 5.1 raises an error.
func (c *coroutines) yield(L *lua.LState) int {
	if !c.vm.resumed[L] {
		refuseYield(L, "attempt to yield from outside a coroutine")
	}
	if c.nested() {
		refuseYield(L, "attempt to yield across a pcall, a metamethod, an iterator or a library function")
	}
	return -1 // gopher-lua's sign for it
}

// refuseYield raises an error where the script called yieldProto's function.
func refuseYield(L *lua.LState, text string) {
	if at := L.Where(2); at != "" && !strings.HasPrefix(at, "[G]") && !strings.HasSuffix(at, ":0:") { // the last of a tail call
		text = at + " " + text
	}
	L.Error(lua.LString(text), 0)
}

// nested says whether the main loop that runs the caller was begun by anything
// else than a resume. gopher-lua keeps no record of that but Go's own stack.
func (c *coroutines) nested() bool {
	var at callers
	runtime.Callers(2, at[:])
	known, ok := c.seen[at]
	if !ok {
		if len(c.seen) == 512 {
			clear(c.seen)
		}
		known = at.nested()
		c.seen[at] = known
	}
	return known
}

// callers is the top of Go's stack, deep enough to hold what began the loop.
type callers [8]uintptr

func (at callers) nested() bool {
	frames := runtime.CallersFrames(at[:])
	for {
		frame, more := frames.Next()
		if strings.HasSuffix(frame.Function, ".mainLoopWithContext") {
			frame, _ = frames.Next()
			return !strings.HasSuffix(frame.Function, ".threadRun")
		}
		if !more {
			return true
		}
	}
}

type coroutines struct {
	vm                           *VM
	create, resume, wrap, status lua.LGFunction
	seen                         map[callers]bool // answers of nested, which takes its time
}

// threadCost is what a coroutine costs in instructions, by its 7 KB of memory.
const threadCost = 200

// newThread calls create or wrap with L's context taken off: a new thread would
// derive its own from it, and a goroutine to go with it.
func newThread(L *lua.LState, fn lua.LGFunction) int {
	if body := L.CheckFunction(1); body.IsG {
		L.Replace(1, inLua(L, bodyProto(), body))
	}
	BudgetOf(L).Charge(threadCost)
	ctx := L.RemoveContext()
	defer L.SetContext(ctx)
	return fn(L)
}

func (c *coroutines) newCoroutine(L *lua.LState) int { return newThread(L, c.create) }

func (c *coroutines) resumeCoroutine(L *lua.LState) int {
	th := L.CheckThread(1)
	if c.vm.resumed[th] {
		L.Push(lua.LFalse)
		L.Push(lua.LString("cannot resume a coroutine that is not suspended"))
		return 2
	}
	results := c.enter(L, th, c.resume)
	if L.Get(-results) == lua.LFalse {
		c.vm.passOn(L, results)
	}
	return results
}

func (c *coroutines) wrapCoroutine(L *lua.LState) int {
	newThread(L, c.wrap)
	plain := L.Get(-1).(*lua.LFunction)
	th := plain.Upvalues[0].Value().(*lua.LState)
	L.Push(L.NewClosure(func(L *lua.LState) int {
		if c.vm.resumed[th] {
			L.RaiseError("cannot resume a coroutine that is not suspended")
		}
		return c.enter(L, th, plain.GFunction)
	}, th)) // where gopher-lua's own function looks for the thread
	return 1
}

// enter resumes th from L. An error of a wrapped coroutine passes through as a
// panic, after which gopher-lua would take it for running and let it go on.
func (c *coroutines) enter(L, th *lua.LState, resume lua.LGFunction) (results int) {
	b := BudgetOf(L)
	if b.depth++; b.depth > c.vm.limits.Depth {
		b.depth--
		Exceed(L, fmt.Errorf("%w: more than %d coroutines that resume each other (limits.depth)", ErrDepth, c.vm.limits.Depth))
	}
	th.SetContext(b)
	c.vm.resumed[th] = true
	returned := false
	defer func() {
		if b.gone {
			return
		}
		b.depth--
		delete(c.vm.resumed, th)
		L.G.CurrentThread = L
		th.Dead = th.Dead || !returned
	}()
	results = resume(L)
	returned = true
	return results
}

func (c *coroutines) running(L *lua.LState) int {
	if c.vm.resumed[L] {
		L.Push(L)
	} else {
		L.Push(lua.LNil)
	}
	return 1
}

func (c *coroutines) statusOf(L *lua.LState) int {
	th := L.CheckThread(1)
	if c.vm.resumed[th] && th != L && !th.Dead {
		L.Push(lua.LString("normal"))
		return 1
	}
	return c.status(L)
}
