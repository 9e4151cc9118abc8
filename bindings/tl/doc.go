// Package tl shows Telegram's API to Lua: any TL object as a table, and any
// method of the layer by the name and the fields that Telegram's documentation
// gives it. README.md beside this file tells a script's writer the rules.
//
// It knows gopher-lua and gotd, and nothing of the program around them. A host
// makes one Module, calls Open for each VM, and ToLua for what it hands to
// scripts. A Module is immutable and may be used from any goroutine; whoever
// passes an LState holds the lock of its VM. Options.Block is where a method gives
// that lock up: a script's table is read before, the request is sent meanwhile,
// and the answer becomes a table after.
//
// The way of a request, to follow by name: Module.call, Module.arguments,
// reader.object, Module.send, Module.resolve, output.result, Module.toLua,
// writer.fields.
//
// Objects pass through gotd's own structs, by reflection along a plan that is
// made once for each constructor (schema.plan), so that whoever watches requests
// sees typed ones. What those structs do not tell comes from layer.tl, which
// go generate makes (internal/gen), and the ids of peers from longs.txt.
//
// It does not log, connect or retry, and what a script may call is judged by
// Options.Allow.
package tl
