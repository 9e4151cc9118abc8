// Package bindings is what a script sees. Open installs it into the fresh VM of
// a script, before the script's first line runs; every name that it brings is
// found in one of the modules below, each a folder with its Go code, its tests
// in Lua and its manual. It keeps no state: a module's state belongs to the
// runtime that it was opened for, or to what the host gave it.
package bindings

import (
	"luahost/bindings/event"
	"luahost/bindings/log"
	"luahost/bindings/timer"
	"luahost/bindings/tl"
	"luahost/internal/script"
)

// modules are opened in this order; bindings/tl, which brings Telegram itself
// (phone, messages, users, … and assert), comes last.
var modules = []func(*script.Runtime){
	event.Open, // on
	log.Open,   // log.debug, log.info, log.warn, log.error, print
	timer.Open, // sleep
}

// Open installs every module into rt; telegram is shared by all VMs of a host.
func Open(rt *script.Runtime, telegram *tl.Module) {
	for _, open := range modules {
		open(rt)
	}
	telegram.Open(rt.State())
}
