package script

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"

	lua "github.com/yuin/gopher-lua"
)

// maxArrayIndex is where a table's array part ends and its hash part begins.
// An assignment fills the array up to its index in one instruction, which at
// gopher-lua's own limit takes 24 s and 3.4 GB.
const maxArrayIndex = 1 << 17

// lowerArrayIndex sets gopher-lua's limit, which is a variable of that package
// and no option of a VM: once in a process, before the first VM is made.
var lowerArrayIndex = sync.OnceFunc(func() { lua.MaxArrayIndex = maxArrayIndex })

// newRuntime makes a VM with the standard library and what Options.Open adds.
func (h *Host) newRuntime(name, generation string) *Runtime {
	seed := rand.Uint64()
	rt := &Runtime{
		host:       h,
		script:     name,
		generation: generation,
		log:        h.log.With("script", name, "generation", generation),
		loadedAt:   h.opts.Clock.Now(),
		loading:    true,
		resumed:    map[*lua.LState]bool{},
		random:     rand.New(rand.NewPCG(seed, seed)),
	}
	rt.state = lua.NewState(lua.Options{
		CallStackSize:       h.opts.Limits.Depth,
		RegistrySize:        256,
		RegistryMaxSize:     65536,
		RegistryGrowStep:    1024, // gopher-lua's 32 copies the stack for every 32 values of an unpack
		MinimizeStackMemory: true,
		IncludeGoStackTrace: true, // of a binding that panics
		SkipOpenLibs:        true,
	})
	rt.openLibraries()
	rt.tostring = rt.state.NewFunction(func(L *lua.LState) int {
		L.Push(L.ToStringMeta(L.Get(1)))
		return 1
	})
	return rt
}

// load makes a generation of a script: it compiles the source and runs its top
// level, within the limits of a handler. On an error nothing is left of it.
func (h *Host) load(name, generation, source string) (rt *Runtime, err error) {
	if limit := h.opts.Limits.Source; len(source) > limit {
		return nil, fmt.Errorf("%s: longer than the limit of %d bytes", name, limit)
	}
	proto, err := compile(name, source)
	if err != nil {
		return nil, err
	}
	rt = h.newRuntime(name, generation)
	rt.lock.Lock()
	defer rt.lock.Unlock()
	if err := rt.top(proto); err != nil {
		rt.state.Close()
		return nil, err
	}
	rt.loading = false
	return rt, nil
}

// top runs Options.Open and the top level.
func (rt *Runtime) top(proto *lua.FunctionProto) (err error) {
	t := &task{rt: rt}
	t.ctx, t.end = rt.host.taskContext(context.Background(), Handler{Script: rt.script, Generation: rt.generation})
	defer t.end()
	t.budget = newBudget(t, rt.host.opts.Limits.Instructions)
	L := rt.state
	L.SetContext(&t.budget)
	defer func() {
		L.RemoveContext()
		if r := recover(); r != nil {
			err = fmt.Errorf("open the script's world: %v", r)
		}
	}()
	rt.host.opts.Open(rt)
	L.Push(L.NewFunctionFromProto(proto))
	if err := L.PCall(0, 0, nil); err != nil {
		return t.fault(L, err)
	}
	for _, check := range rt.checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}
