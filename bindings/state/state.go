// Package state lets scripts keep values that outlive them: store.get, set, incr,
// delete and keys, of the script itself, and the same of store.shared, of all
// scripts. What they keep is in internal/store, by the script's file name, so that
// every generation of a script has the same.
//
// It is installed while a script loads, and called under the VM's lock. Reads come
// from memory and keep the lock. What changes something waits for the disk with
// the lock released, and so has no place while a script loads. It keeps nothing of
// its own but whether it has complained.
package state

import (
	"context"
	"errors"
	"log/slog"

	"github.com/gotd/td/tgerr"
	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/manual"
	"luahost/internal/sandbox"
	"luahost/internal/script"
	"luahost/internal/store"
)

// functions are what scripts see in the tables store and store.shared.
var functions = []function{
	{getEntry, (*shelf).get},
	{setEntry, (*shelf).set},
	{incrEntry, (*shelf).incr},
	{deleteEntry, (*shelf).delete},
	{keysEntry, (*shelf).keys},
}

type function struct {
	manual.Entry
	do func(s *shelf, L *lua.LState, args manual.Values) int
}

// Options of Open.
type Options struct {
	Store *store.Store // nil: there is no table store
	// ErrorTable makes what a script gets when the world said no.
	ErrorTable func(L *lua.LState, method string, err error) *lua.LTable
}

// shelf is one of the two tables in one VM.
type shelf struct {
	Options
	rt      *script.Runtime
	name    string // store or store.shared
	state   store.State
	refused bool // and the log was told
}

// Open installs the module.
func Open(rt *script.Runtime, o Options) {
	if o.Store == nil {
		return
	}
	own := &shelf{Options: o, rt: rt, name: "store", state: o.Store.State(rt.Script())}
	shared := &shelf{Options: o, rt: rt, name: "store.shared", state: o.Store.State("")}
	table := own.table(rt.State())
	table.RawSetString("shared", shared.table(rt.State()))
	rt.State().SetGlobal("store", table)
}

func (s *shelf) table(L *lua.LState) *lua.LTable {
	table := L.CreateTable(0, len(functions)+1)
	for _, f := range functions {
		table.RawSetString(f.Name, L.NewFunction(func(L *lua.LState) int {
			args, err := f.Params.Args(L, 1)
			if err != nil {
				s.raise(L, f.Name, err)
			}
			return f.do(s, L, args)
		}))
	}
	return table
}

// Functions describes the functions for the manual.
func Functions() (entries []manual.Entry) {
	for _, f := range functions {
		entries = append(entries, f.Entry)
	}
	return entries
}

// Fields describes store.shared for the manual.
func Fields() []manual.Entry { return []manual.Entry{sharedEntry} }

func (s *shelf) raise(L *lua.LState, function string, err error) {
	L.RaiseError("%s.%s: %v", s.name, function, err)
}

// change waits for a change of the state, and pushes what a function gives whose
// change is on the disk, or nil and why it is not.
func (s *shelf) change(L *lua.LState, function string, change func(ctx context.Context) error, gives func() lua.LValue) int {
	var err error
	if blocked := s.rt.Block(L, func(ctx context.Context) { err = change(ctx) }); blocked != nil {
		s.raise(L, function, blocked)
	}
	var fault *manual.Fault
	switch {
	case errors.As(err, &fault):
		s.raise(L, function, fault)
	case err != nil:
		return s.refuse(L, function, err)
	}
	s.refused = false
	L.Push(gives())
	return 1
}

// refuse pushes nil and an error. The first of a row is logged, too: a script that
// counts calls seldom asks whether that worked. Of a handler that was ended while it
// waited nobody knows that, and its end is told.
func (s *shelf) refuse(L *lua.LState, function string, err error) int {
	e := &tgerr.Error{Type: "DATABASE", Message: err.Error()}
	if errors.Is(err, store.ErrFull) {
		e.Type = "STORE_FULL"
	}
	if !s.refused && !errors.Is(err, context.Canceled) {
		s.refused = true
		s.rt.Log().Warn("state not kept", slog.Int("line", script.CallerLine(L)), slog.Any("err", err))
	}
	L.Push(lua.LNil)
	L.Push(s.ErrorTable(L, s.name+"."+function, e))
	return 2
}

// mayWrite raises while the script loads, before anything else is found wrong.
func (s *shelf) mayWrite(L *lua.LState, function string) {
	if s.rt.Loading() {
		s.raise(L, function, script.ErrLoading)
	}
}

// bytesPaid is how many bytes an instruction of the script pays for.
const bytesPaid = 16

func charge(L *lua.LState, bytes int) { sandbox.BudgetOf(L).Charge(bytes / bytesPaid) }
