package script

import (
	"context"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/sandbox"
)

// newRuntime makes a VM with the standard library and require; Options.Open adds
// the rest. Until it is known which modules belong to it, its generation is that
// of the script's own file.
func (h *Host) newRuntime(name string, read contents) *Runtime {
	generation := read.generation()
	rt := &Runtime{
		host:       h,
		script:     name,
		generation: generation,
		log:        h.log.With("script", name, "generation", generation),
		loadedAt:   h.opts.Clock.Now(),
		loading:    true,
		sample:     newSample(),
		shut:       make(chan struct{}),
		byEvent:    map[string][]*handler{},
		modules:    modules{loaded: map[string]lua.LValue{}, chain: []string{moduleName(name)}, contents: read},
		life:       life{callbacks: map[*Callback]struct{}{}},
		usage:      h.usageOf(name),
		vm:         sandbox.New(sandbox.Options{Limits: h.opts.Limits.Limits, Clock: h.opts.Clock, Poll: h.poll}),
	}
	rt.alive, rt.kill = context.WithCancelCause(h.alive)
	rt.openRequire()
	return rt
}

// load makes a generation of a script: it compiles the source and runs its top
// level, within the limits of a handler. On an error nothing is left of it but
// what was read for it, and whether that was being written.
func (h *Host) load(f file, from *reading) (rt *Runtime, read contents, unsettled bool, err error) {
	read = contents{main: f.digest(), modules: map[string]string{}}
	if limit := h.opts.Limits.Source; len(f.source) > limit {
		return nil, read, false, fmt.Errorf("%s: longer than the limit of %d bytes (limits.source)", f.name, limit)
	}
	proto, err := sandbox.Compile(f.name, f.source)
	if err != nil {
		return nil, read, false, err
	}
	rt = h.newRuntime(f.name, read)
	rt.modules.from = from
	err = rt.run(f.source, proto)
	rt.modules.from = nil
	if err != nil {
		rt.close()
		return nil, read, rt.modules.unsettled, err
	}
	rt.generation = read.generation()
	rt.log = h.log.With("script", rt.script, "generation", rt.generation)
	rt.warn()
	return rt, read, rt.modules.unsettled, nil
}

// run runs the top level on a goroutine of its own, which is left behind if it
// never comes back.
func (rt *Runtime) run(source string, proto *lua.FunctionProto) error {
	t := &task{rt: rt, origin: origin{loading: true}, work: &work{gone: make(chan struct{})}}
	t.ctx, t.end = newTaskContext(rt.alive, context.Background(), Handler{Script: rt.script, Generation: rt.generation})
	defer func() { // as ended does for a handler
		t.settled.Store(true)
		t.end(nil)
		rt.host.memory.forget(t)
	}()
	t.budget = rt.vm.Budget(t.ctx, t)
	rt.host.beginning.Store(rt)
	defer rt.host.beginning.Store(nil)
	rt.turns.acquire(t)
	ended := make(chan error, 1)
	go func() {
		growStack(0)
		err := rt.top(t, source, proto)
		rt.loading = false
		t.pause()
		rt.turns.release()
		ended <- err
	}()
	select {
	case err := <-ended:
		return err
	case <-t.gone:
		return ErrStuck
	}
}

// top runs Options.Open and the top level.
func (rt *Runtime) top(t *task, source string, proto *lua.FunctionProto) (err error) {
	L := rt.State()
	rt.vm.Enter(L, &t.budget)
	defer func() {
		rt.vm.Leave(L, false)
		if r := recover(); r != nil {
			err = fmt.Errorf("open the script's world: %v", r)
		}
	}()
	rt.host.opts.Open(rt)
	rt.vm.AddSource(rt.script, source, proto)
	L.Push(L.NewFunctionFromProto(proto))
	if err := rt.vm.Call(L, 0); err != nil {
		return err
	}
	for _, check := range rt.checks {
		if err := check(); err != nil {
			return err
		}
	}
	if err := rt.weighNow(); err != nil {
		return err
	}
	rt.undefined = rt.vm.Undefined(rt.host.opts.Globals)
	return nil
}
