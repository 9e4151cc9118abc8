package script

import (
	"context"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/sandbox"
)

// newRuntime makes a VM with the standard library; Options.Open adds the rest.
func (h *Host) newRuntime(name, generation string) *Runtime {
	rt := &Runtime{
		host:       h,
		script:     name,
		generation: generation,
		log:        h.log.With("script", name, "generation", generation),
		loadedAt:   h.opts.Clock.Now(),
		loading:    true,
		life:       life{since: h.opts.Clock.Now(), callbacks: map[*Callback]struct{}{}},
		vm:         sandbox.New(sandbox.Options{Limits: h.opts.Limits.Limits, Clock: h.opts.Clock}),
	}
	rt.alive, rt.end = context.WithCancel(h.alive)
	return rt
}

// load makes a generation of a script: it compiles the source and runs its top
// level, within the limits of a handler. On an error nothing is left of it.
func (h *Host) load(name, generation, source string) (rt *Runtime, err error) {
	if limit := h.opts.Limits.Source; len(source) > limit {
		return nil, fmt.Errorf("%s: longer than the limit of %d bytes", name, limit)
	}
	proto, err := sandbox.Compile(name, source)
	if err != nil {
		return nil, err
	}
	rt = h.newRuntime(name, generation)
	if err := rt.run(proto); err != nil {
		rt.close()
		return nil, err
	}
	return rt, nil
}

func (rt *Runtime) run(proto *lua.FunctionProto) error {
	rt.lock.Lock()
	defer rt.lock.Unlock()
	err := rt.top(proto)
	rt.loading = false
	return err
}

// top runs Options.Open and the top level.
func (rt *Runtime) top(proto *lua.FunctionProto) (err error) {
	t := &task{rt: rt, origin: origin{loading: true}}
	t.ctx, t.end = newTaskContext(rt.alive, context.Background(), Handler{Script: rt.script, Generation: rt.generation})
	defer t.end()
	t.budget = rt.vm.Budget(t.ctx, t)
	L := rt.State()
	rt.vm.Enter(L, &t.budget)
	defer func() {
		rt.vm.Leave(L, false)
		if r := recover(); r != nil {
			err = fmt.Errorf("open the script's world: %v", r)
		}
	}()
	rt.host.opts.Open(rt)
	L.Push(L.NewFunctionFromProto(proto))
	if err := rt.vm.Call(L, 0); err != nil {
		return err
	}
	for _, check := range rt.checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}
