// Package calls shows scripts the calls: calls.active, calls.log, and the object
// that on("call") and rules get. The host installs it while a script loads, and
// makes objects with New under the VM's lock. What a method does to a call is
// done by internal/call, with that lock released; requests that are none of the
// call's own (reply, block) go out by bindings/tl like a script's.
//
// It decides nothing and keeps nothing, but for one view of each call in each VM,
// which lasts as long as the call.
package calls

import (
	"context"
	"fmt"
	"time"

	"github.com/gotd/td/bin"
	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/manual"
	"luahost/bindings/object"
	"luahost/bindings/tl"
	"luahost/internal/call"
	"luahost/internal/script"
	"luahost/internal/store"
)

// functions are what scripts see in the table calls.
var functions = []function{
	{manual.Entry{
		Name: "active", Gives: "a list of calls, the oldest first",
		Doc: "The calls that go on, of all accounts, whoever made them. Each is the same object that an event gives.",
		Example: `on("message", function(message)
  if message.text == "busy?" then
    message:reply(#calls.active() == 0 and "no" or "yes, on the phone")
  end
end)`,
	}, (*module).active},
	{manual.Entry{
		Name: "log", Gives: "a list of tables, the newest first, or nil and an error",
		Params: manual.Params{{Name: "filter", Type: manual.Table("a table such as {since=\"7d\"}", filter), Optional: true, Doc: filterDoc}},
		Doc:    logDoc,
		Example: `on("call", function(call)
  local before = calls.log{from = call.from, since = "7d"}
  log.info("rings", {name = call.from.first_name, times_this_week = #before})
end)`,
	}, (*module).log},
}

type function struct {
	manual.Entry
	do func(m *module, L *lua.LState, args manual.Values) int
}

// Options of Open. Telegram and Book are required.
type Options struct {
	Telegram *tl.Module
	Book     *call.Book
	Store    *store.Store // nil: the log of calls is empty
	// As gives the context of requests of an account. Nil: they keep theirs.
	As func(ctx context.Context, account string) (context.Context, bool)
	// Location is where dates in calls.log are. Nil: the system's.
	Location *time.Location
}

// module is what Open gave to one VM.
type module struct {
	Options
	rt    *script.Runtime
	class *object.Class[*view] // nil before the first call: many VMs see none
}

const registryKey = "luahost/bindings/calls"

// Open installs the module.
func Open(rt *script.Runtime, o Options) {
	if o.Location == nil {
		o.Location = time.Local
	}
	L := rt.State()
	m := &module{Options: o, rt: rt}
	held := L.NewUserData()
	held.Value = m
	L.G.Registry.RawSetString(registryKey, held)

	table := L.CreateTable(0, len(functions))
	for _, f := range functions {
		table.RawSetString(f.Name, L.NewFunction(func(L *lua.LState) int {
			return f.do(m, L, object.Args(L, "calls.", f.Name, f.Params))
		}))
	}
	L.SetGlobal("calls", table)
}

// New gives c to the scripts of L's VM, for which Open was called: the same object
// each time.
func New(rt *script.Runtime, L *lua.LState, c *call.Call) lua.LValue {
	m := L.G.Registry.RawGetString(registryKey).(*lua.LUserData).Value.(*module)
	if m.class == nil {
		m.class = m.classOf()
	}
	return c.Kept(kept{rt, "object"}, func() any { return m.class.Make(rt, L, &view{m: m, call: c}) }).(lua.LValue)
}

// kept names what a call keeps for one VM.
type kept struct {
	rt   *script.Runtime
	what string
}

// view is what the userdata holds.
type view struct {
	m    *module
	call *call.Call
}

// TL implements tl.Object: a call stands for its InputPhoneCall.
func (v *view) TL() bin.Object {
	peer := v.call.Peer()
	return &peer
}

// By says on whose behalf a handler's context is. A handler with a tag that
// prints is a rule's, by its name.
func By(ctx context.Context) call.By {
	h, _ := script.FromContext(ctx)
	file, line := h.Place()
	by := call.By{Script: h.Script, Generation: h.Generation, Line: line}
	if file != h.Script {
		by.File = file
	}
	if rule, ok := h.Tag.(fmt.Stringer); ok {
		by.Rule = rule.String()
	}
	return by
}

func (m *module) active(L *lua.LState, _ manual.Values) int {
	active := m.Book.Active(0)
	list := L.CreateTable(len(active), 0)
	for _, c := range active {
		list.Append(New(m.rt, L, c))
	}
	L.Push(list)
	return 1
}

// Functions describes the functions, Fields and Methods the call.
func Functions() (entries []manual.Entry) {
	for _, f := range functions {
		entries = append(entries, f.Entry)
	}
	return entries
}

// Fields describes the fields of a call.
func Fields() []manual.Entry { return object.FieldEntries((&module{}).fields()) }

// Methods describes the methods of a call.
func Methods() []manual.Entry { return object.MethodEntries((&module{}).methods()) }
