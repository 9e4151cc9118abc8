// Package sandbox is one Lua VM that cannot hurt the program that it runs in:
// the part of the standard library that reaches neither files nor the process,
// limits on what a piece of work may use, and errors that say where they are.
//
// internal/script makes a VM for each generation of a script and calls it under
// that VM's lock: nothing here is safe for concurrent use, and nothing here
// starts a goroutine. The package knows nothing of scripts, handlers or files.
package sandbox

import (
	"math/rand/v2"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/clock"
)

// Options of a VM; the zero value works.
type Options struct {
	Limits Limits
	// Clock is what os.time and os.date tell. Default: clock.System.
	Clock clock.Clock
	// Poll is asked every 256 instructions of a piece of work, and after its
	// waits: it may hold the work up, and its error ends it. Default: nothing.
	Poll func(*Budget) error
}

// Limits are what one piece of work, such as a handler or the top level of a
// script, may use. Zero fields have the defaults that are named here.
type Limits struct {
	Instructions int // of Lua, counted exactly: 10 million
	Depth        int // of calls, and of coroutines that resume coroutines: 200
	String       int // bytes of a text that a script may make: 1 MiB
	Pattern      int // steps of one find, match, gsub, or step of gmatch: 4 million
	Source       int // bytes of a script: 1 MiB

	// Time that a piece of work may run, without its waits: 5 s.
	Time time.Duration
}

// WithDefaults fills in what is zero.
func (l Limits) WithDefaults() Limits {
	for _, d := range []struct {
		field *int
		value int
	}{
		{&l.Instructions, 10_000_000},
		{&l.Depth, 200},
		{&l.String, 1 << 20},
		{&l.Pattern, 4_000_000},
		{&l.Source, 1 << 20},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	if l.Time <= 0 {
		l.Time = 5 * time.Second
	}
	return l
}

// VM is a Lua state, and the threads that run in it.
type VM struct {
	limits   Limits
	clock    clock.Clock
	poll     func(*Budget) error
	state    *lua.LState
	tostring *lua.LFunction
	idle     []*lua.LState
	busy     map[*lua.LState]bool // threads that something runs on
	resumed  map[*lua.LState]bool // coroutines at work, in whichever thread
	random   *rand.Rand

	sources   map[string]string // by name of the chunk
	protos    []*lua.FunctionProto
	known     []string               // globals that are made when they are first read
	explained map[string]explanation // by message
	readings  int                    // of sources, to explain
}

// maxIdle is how many Lua threads a VM keeps for the next piece of work; one
// holds 6 KB and more.
const maxIdle = 16

// maxKeptStack is up to which size of its stack, in values, a thread is kept; it
// never shrinks.
const maxKeptStack = 2048

// maxArrayIndex is where a table's array part ends and its hash part begins.
// An assignment fills the array up to its index in one instruction, which at
// gopher-lua's own limit takes 24 s and 3.4 GB.
const maxArrayIndex = 1 << 16

// lowerArrayIndex sets gopher-lua's limit, which is a variable of that package
// and no option of a VM: once in a process, before the first VM is made.
var lowerArrayIndex = sync.OnceFunc(func() { lua.MaxArrayIndex = maxArrayIndex })

// New makes a VM with the standard library.
func New(opts Options) *VM {
	lowerArrayIndex()
	if opts.Clock == nil {
		opts.Clock = clock.System{}
	}
	seed := rand.Uint64()
	vm := &VM{
		limits:  opts.Limits.WithDefaults(),
		clock:   opts.Clock,
		poll:    opts.Poll,
		resumed: map[*lua.LState]bool{},
		busy:    map[*lua.LState]bool{},
		random:  rand.New(rand.NewPCG(seed, seed)),

		sources:   map[string]string{},
		explained: map[string]explanation{},
	}
	vm.state = lua.NewState(lua.Options{
		CallStackSize:       vm.limits.Depth,
		RegistrySize:        128,
		RegistryMaxSize:     65536,
		RegistryGrowStep:    1024, // gopher-lua's 32 copies the stack for every 32 values of an unpack
		MinimizeStackMemory: true,
		IncludeGoStackTrace: true, // of a binding that panics
		SkipOpenLibs:        true,
	})
	vm.openLibraries()
	vm.tostring = vm.state.NewFunction(toString)
	return vm
}

// State is the main Lua state: for making values, not for calling functions.
func (vm *VM) State() *lua.LState { return vm.state }

// Thread gives a Lua thread for a piece of work, which Enter begins.
func (vm *VM) Thread() *lua.LState {
	if n := len(vm.idle); n > 0 {
		L := vm.idle[n-1]
		vm.idle = vm.idle[:n-1]
		return L
	}
	L, _ := vm.state.NewThread() // no cancel: the main state has no context
	return L
}

// Enter has what runs on L run on a budget.
func (vm *VM) Enter(L *lua.LState, b *Budget) {
	L.SetContext(b)
	L.G.CurrentThread = L
	vm.busy[L] = true
	b.Resume()
}

// Leave ends that. Only a thread whose work went well is used again: after an
// error, closures may still refer to its stack.
func (vm *VM) Leave(L *lua.LState, well bool) {
	L.RemoveContext()
	delete(vm.busy, L)
	if !well || L == vm.state || len(stackOf(L)) > maxKeptStack {
		return
	}
	L.SetTop(0)
	if len(vm.idle) < maxIdle {
		vm.idle = append(vm.idle, L)
	}
}

// Call calls the function that was pushed on L before its arguments. What comes
// out of it, in Lua or in Go, is an *Error, or nil.
func (vm *VM) Call(L *lua.LState, args int) error {
	fn := L.Get(-1 - args)
	if err := L.PCall(args, 0, nil); err != nil {
		return vm.fault(L, fn, err)
	}
	return nil
}

// Close lets go of what the VM holds, so that its memory is free also while
// somebody still knows the VM.
func (vm *VM) Close() {
	vm.state.Close()
	vm.state = lua.NewState(lua.Options{CallStackSize: 1, RegistrySize: 128, SkipOpenLibs: true}) // the old one's stack has remains of the script
	vm.idle, vm.resumed, vm.busy, vm.tostring = nil, nil, nil, nil
	vm.sources, vm.protos, vm.explained = nil, nil, nil
}
