// Package bindings is what a script sees. Open installs it into the fresh VM of
// a script, before the script's first line runs; every name that it brings is
// found in one of the modules below, each a folder with its Go code, its tests
// in Lua and its manual. It keeps no state: a module's state belongs to the
// runtime that it was opened for, or to what the host gave it.
package bindings

import (
	"context"
	"time"

	"luahost/bindings/calls"
	"luahost/bindings/event"
	"luahost/bindings/http"
	"luahost/bindings/json"
	"luahost/bindings/log"
	"luahost/bindings/message"
	"luahost/bindings/people"
	"luahost/bindings/rule"
	"luahost/bindings/state"
	"luahost/bindings/timer"
	"luahost/bindings/tl"
	"luahost/internal/call"
	"luahost/internal/schedule"
	"luahost/internal/script"
	"luahost/internal/store"
)

// World is what the host lets scripts at.
type World struct {
	Telegram *tl.Module
	Book     *call.Book
	Store    *store.Store
	Accounts func() []string                                                   // in the order of the configuration
	As       func(ctx context.Context, account string) (context.Context, bool) // for requests as another account
	Timers   *schedule.Engine                                                  // nil: there are none
	Account  func(ctx context.Context) string                                  // whose event ctx is of; "": nobody's
	HTTP     *http.Module
	Location *time.Location // of times of the day; nil: the system's
}

// Open installs every module into rt. Telegram's own names (phone, messages,
// users, … and assert) come last, and give way to the others.
func Open(rt *script.Runtime, w World) {
	event.Open(rt) // on
	rule.Open(rt, rule.Options{Accounts: w.Accounts})
	calls.Open(rt, calls.Options{Telegram: w.Telegram, Book: w.Book, Store: w.Store, As: w.As, Location: w.Location})            // calls.active, calls.log
	message.Open(rt, message.Options{Telegram: w.Telegram, As: w.As})                                                            // what on("message") gives
	people.Open(rt, people.Options{Telegram: w.Telegram, Accounts: w.Accounts, As: w.As})                                        // find, as
	log.Open(rt)                                                                                                                 // log.debug, log.info, log.warn, log.error, print
	timer.Open(rt, timer.Options{Engine: w.Timers, Account: w.Account, ErrorTable: w.Telegram.ErrorTable, Location: w.Location}) // sleep, after, every, daily, cron, timers
	state.Open(rt, state.Options{Store: w.Store, ErrorTable: w.Telegram.ErrorTable})                                             // store.get, store.set, store.incr, store.delete, store.keys, store.shared
	json.Open(rt, json.Options{Error: w.Telegram.ErrorTable})                                                                    // json.encode, json.decode, json.null, …
	w.HTTP.Open(rt)                                                                                                              // http.get, http.post, http.request
	w.Telegram.Open(rt.State())
}
