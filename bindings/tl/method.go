package tl

import (
	"context"
	"errors"
	"reflect"
	"time"

	"github.com/gotd/td/bin"
	lua "github.com/yuin/gopher-lua"
)

// errNoInvoker answers every method of a Module without an Invoker, and
// errNoAnswer a method whose Invoker decoded nothing.
var (
	errNoInvoker = errors.New("this program sends no requests")
	errNoAnswer  = errors.New("the answer was empty")
)

// call is the Lua function of a method: read the table, look up peers and send
// with the VM's lock released, and give the answer, or nil and an error table.
// The request's context goes through as, unless that is nil.
func (m *Module) call(L *lua.LState, e *entry, as func(context.Context) context.Context) int {
	tb, wrong := argumentTable(L, e)
	if wrong != "" {
		raise(L, e.name+": "+wrong+"; write "+m.schema.plan(e).written())
	}
	result, err := m.perform(L, e, tb, as)
	return finish(L, m.answer(L, e, result, err))
}

// Send makes the request that a script would make with method{…}, for a binding
// that offers it under another name. It raises what is wrong with args at the
// script's line, and gives the typed answer, or the error for ErrorTable. The
// context of the request goes through as, unless that is nil.
func (m *Module) Send(L *lua.LState, method string, args *lua.LTable, as func(context.Context) context.Context) (bin.Object, error) {
	return m.perform(L, m.schema.names[method], args, as)
}

// perform makes the request of a table, sends it and tells OnRequest.
func (m *Module) perform(L *lua.LState, e *entry, tb *lua.LTable, as func(context.Context) context.Context) (bin.Object, error) {
	done, err := m.turn(L, e, tb)
	if err != nil {
		return nil, err
	}
	if done != nil {
		defer done()
	}
	args := m.arguments(L, e, tb)
	r := Request{Method: e.name, Args: args.object}
	if m.opts.OnRequest != nil {
		r.Script, r.Line = caller(L)
	}
	r.Err = m.allow(L, e.name, args.object)
	err = m.block(L, func(ctx context.Context) {
		if as != nil {
			ctx = as(ctx)
		}
		r.Began = time.Now()
		if r.Err == nil {
			r.Result, r.Err = m.send(ctx, e, args)
		}
		r.Took = time.Since(r.Began)
		if m.opts.OnRequest != nil {
			m.opts.OnRequest(ctx, r)
		}
	})
	if err != nil {
		raise(L, e.name+": "+err.Error())
	}
	return r.Result, r.Err
}

// Allowed gives what Options.Allow says of a method, for a binding that does what
// the method does without Send. A refusal is told to OnRequest like any other, with
// arguments that are empty.
func (m *Module) Allowed(L *lua.LState, method string, as func(context.Context) context.Context) error {
	refusal := m.allow(L, method, nil)
	if refusal == nil || m.opts.OnRequest == nil {
		return refusal
	}
	r := Request{Method: method, Args: m.schema.names[method].newObject(), Err: refusal, Began: time.Now()}
	r.Script, r.Line = caller(L)
	err := m.block(L, func(ctx context.Context) {
		if as != nil {
			ctx = as(ctx)
		}
		m.opts.OnRequest(ctx, r)
	})
	if err != nil {
		raise(L, method+": "+err.Error())
	}
	return refusal
}

func (m *Module) allow(L *lua.LState, method string, args bin.Object) error {
	if m.opts.Allow == nil {
		return nil
	}
	return m.opts.Allow(L, method, args)
}

// finish returns the n values on top of the stack. gopher-lua loses what a Go
// function returns that is itself the body of a coroutine, and stays in its
// thread: coroutine.wrap(phone.discardCall) would give nothing. Yielding the
// values from a thread that is dead is the same as returning them.
func finish(L *lua.LState, n int) int {
	if L.Parent == nil {
		return n
	}
	if _, called := L.GetStack(1); called {
		return n
	}
	for L.GetTop() > n {
		L.Remove(1)
	}
	L.Dead = true
	return -1
}

// request is a typed request, and what it still lacks.
type request struct {
	object  bin.Object
	lookups []lookup
}

// arguments makes the request of what the script gave, or raises an error.
func (m *Module) arguments(L *lua.LState, e *entry, tb *lua.LTable) request {
	object := e.newObject()
	r := reader{ctx: L.Context(), schema: m.schema, peers: m.opts.Peers != nil}
	if fault := r.object(tb, m.schema.plan(e), reflect.ValueOf(object).Elem()); fault != nil {
		raise(L, e.name+": "+fault.Error())
	}
	return request{object: object, lookups: r.lookups}
}

// argumentTable gives the one table that a method takes.
func argumentTable(L *lua.LState, e *entry) (_ *lua.LTable, wrong string) {
	first := L.Get(1)
	if first == lua.LNil {
		if e.fields == "" {
			return L.NewTable(), ""
		}
		return nil, "expected a table of arguments, got none"
	}
	tb, ok := first.(*lua.LTable)
	switch {
	case !ok:
		return nil, "expected a table of arguments, got " + shown(first)
	case tb.Metatable != lua.LNil && vmOf(L).isSpace[tb]:
		return nil, "call it with a dot, not a colon"
	case L.GetTop() > 1:
		return nil, "expected one table of arguments, got more"
	}
	if !e.mayBe(tb) {
		return nil, "expected a table of its arguments, got " + shown(first)
	}
	return tb, ""
}

// mayBe says whether a table names e in _, or nothing.
func (e *entry) mayBe(tb *lua.LTable) bool {
	name := tb.RawGetString("_")
	return name == lua.LNil || name == lua.LString(e.name)
}

// send fills in the peers and sends. It runs with the VM's lock released and
// touches nothing of Lua.
func (m *Module) send(ctx context.Context, e *entry, args request) (bin.Object, error) {
	if m.opts.Invoker == nil {
		return nil, errNoInvoker
	}
	if err := m.resolve(ctx, args.lookups); err != nil {
		return nil, err
	}
	out := m.schema.output(e)
	return out.result(m.opts.Invoker.Invoke(ctx, args.object, out.Decoder))
}

func (m *Module) block(L *lua.LState, fn func(ctx context.Context)) error {
	if m.opts.Block != nil {
		return m.opts.Block(L, fn)
	}
	fn(contextOf(L))
	return nil
}

// answer pushes what the script gets.
func (m *Module) answer(L *lua.LState, e *entry, result bin.Object, err error) int {
	var v lua.LValue
	if err == nil {
		v, err = m.toLua(L, result, m.schema.elemOf(e))
	}
	if err != nil {
		L.Push(lua.LNil)
		L.Push(m.ErrorTable(L, e.name, err))
		return 2
	}
	L.Push(v)
	return 1
}
