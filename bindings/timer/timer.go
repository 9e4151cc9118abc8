// Package timer gives scripts time: sleep, and timers that run a function later
// (after, every, daily, cron). A handler that sleeps holds up no other. A timer with
// a name instead of a function is kept in the database, survives edits, restarts and
// crashes, and runs the script's handlers of "timer.NAME".
//
// Open installs the module in a VM, and what it installs is called under that VM's
// lock. When timers are due is internal/schedule's business, whose goroutines call
// Fire and the functions that this package gives it. The package sends nothing to
// Telegram.
package timer

import (
	"context"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/manual"
	"luahost/internal/clock"
	"luahost/internal/schedule"
	"luahost/internal/script"
)

// function is a global that scripts see.
type function struct {
	manual.Entry
	do func(m *module, L *lua.LState) int
}

// functions are all of them. The four that make timers read their arguments by
// themselves: what the third is depends on the second.
func functions() []function {
	return []function{
		{sleepEntry, (*module).sleep},
		{afterEntry, (*module).after},
		{everyEntry, (*module).every},
		{dailyEntry, (*module).daily},
		{cronEntry, (*module).cron},
		{timersEntry, (*module).timers},
	}
}

// Options of Open. But for Location all are required for timers; sleep needs none.
type Options struct {
	Engine *schedule.Engine
	// Account is the name of the account whose event ctx answers; "": none.
	Account func(ctx context.Context) string
	// ErrorTable makes what a script gets when the world said no.
	ErrorTable func(L *lua.LState, method string, err error) *lua.LTable
	// Location is where times of the day are that name no zone. Nil: the system's.
	Location *time.Location
}

// module is what Open gave to one VM.
type module struct {
	Options
	rt       *script.Runtime
	starts   []*schedule.Timer // made while the script loads
	declared []declared
}

// Open installs the module.
func Open(rt *script.Runtime, o Options) {
	if o.Location == nil {
		o.Location = time.Local
	}
	m := &module{Options: o, rt: rt}
	L := rt.State()
	for _, f := range functions() {
		L.SetGlobal(f.Name, L.NewFunction(func(L *lua.LState) int { return f.do(m, L) }))
	}
	if o.Engine != nil {
		rt.AtLoaded(m.check)
		rt.AtLive(m.begin)
	}
}

// Functions describes the functions for the manual.
func Functions() (entries []manual.Entry) {
	for _, f := range functions() {
		entries = append(entries, f.Entry)
	}
	return entries
}

// begin has the timers begin that the script made while it loaded.
func (m *module) begin() {
	for _, t := range m.starts {
		t.Start()
	}
	named := make([]schedule.Named, len(m.declared))
	for i, d := range m.declared {
		named[i] = d.Named
	}
	m.Engine.Declare(m.rt.Script(), named)
}

var sleepEntry = manual.Entry{
	Name: "sleep", Gives: "nothing",
	Params: manual.Params{{Name: "duration", Type: pause(), Doc: "how long"}},
	Doc:    "Waits. Only the handler that sleeps is held up: other handlers of the script go on, and so does the call. The time does not count towards the handler's limits. A handler that has ended early, because luahost ends or its generation was closed, does not wake.",
	Example: `on("call", function(call)
  sleep("20s")
  if call.state == "ringing" then call:decline("busy") end
end)`,
}

// pause reads a duration that may be 0.
func pause() manual.Type {
	return manual.Type{Words: manual.Duration().Words, Read: func(v lua.LValue) (any, error) {
		d, err := manual.ReadDuration(v)
		if err != nil {
			return nil, manual.Faultf("%v", err)
		}
		return d, nil
	}}
}

func (m *module) sleep(L *lua.LState) int {
	args, err := sleepEntry.Params.Args(L, 1)
	if err != nil {
		L.RaiseError("sleep: %v", err)
	}
	err = m.rt.Block(L, func(ctx context.Context) {
		_ = clock.Wait(ctx, m.rt.Clock(), manual.Get[time.Duration](args, "duration")) // a handler whose context ends, ends
	})
	if err != nil {
		L.RaiseError("sleep: %v", err)
	}
	return 0
}
