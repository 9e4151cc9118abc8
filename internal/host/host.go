// Package host joins the accounts and the scripts: an update of an account
// becomes an event for the scripts, and a request that a handler makes goes back
// to the account whose event it answers. cmd/luahost builds one Host and calls
// Run; nothing else imports this package, and it alone knows all the others.
//
// Beyond Run, it has a goroutine for each ring that is put to the rules. An
// account's goroutine dispatches an update, which queues it for the scripts and
// never waits for them; handlers run on goroutines of internal/script, and send
// their requests on these.
//
// The way of a call, from top to bottom:
//
//	account.feed.handle        an update arrives
//	host.Host.received         it is given to the book of calls, and to the scripts by its name
//	call.Book.Update           the call's owner takes it in; a ring becomes the event "call"
//	host.phone.event           handlers of "call" start, and the rules are asked
//	rule.Ask                   one rule after the other, until one decides
//	script.Runtime.serve       a handler runs, under its VM's lock
//	calls.module.act           call:decline("busy") claims the decision, as does
//	tl.Module.call             phone.discardCall{…}, which becomes a request, and
//	host.router.Invoke         goes by the account of the event to the book
//	call.Call.claim            the first decision wins
//	account.Account.Invoke     the request goes out; its answer comes back
//	host.Host.requested        what happened is logged, traced and observed
//	store.Store.NoteEntry      and written behind
package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gotd/td/tg"
	lua "github.com/yuin/gopher-lua"

	"luahost/bindings"
	"luahost/bindings/event"
	"luahost/bindings/message"
	"luahost/bindings/timer"
	"luahost/bindings/tl"
	"luahost/internal/account"
	"luahost/internal/call"
	"luahost/internal/clock"
	"luahost/internal/permission"
	"luahost/internal/schedule"
	"luahost/internal/script"
	"luahost/internal/store"
)

// Options are what a Host is made of.
type Options struct {
	Accounts []account.Options  // at least one; Log, Clock and OnUpdate are filled in by New
	Scripts  string             // the folder of the scripts
	Store    *store.Store       // of calls and traces; nil: none are kept, and every caller rings for the first time
	Limits   script.Limits      // zero: the documented defaults
	Allow    *permission.Policy // what scripts may call; nil: the default of internal/permission
	HTTP     HTTP               // the web, out and in; zero: neither
	Quiet    time.Duration      // how long the folder rests before it is read again; zero: script's default
	Poll     time.Duration      // how often the folder is read although nothing was reported; zero: never
	Log      *slog.Logger       // nil: silent
	Clock    clock.Clock        // nil: the system's

	// DecideWithin is how long a rule holds up the next one. Zero: the two seconds
	// of rule.Asking.
	DecideWithin time.Duration

	// Observe tells what the scripts do; nil functions are not called. They run
	// on the goroutine of the handler and must be safe for concurrent use.
	Observe Observe
}

// Observe is how a command follows the host.
type Observe struct {
	Ready   func(a *account.Account)      // the account is connected and authorised
	Event   func(Event)                   // an update's handlers were started
	Handler func(script.Run)              // a handler ended
	Reload  func(script.Reload)           // a script was loaded, refused or unloaded
	Request func(Request)                 // a script's request was answered
	Hooks   func(net.Addr)                // web hooks are taken in at that address
	Entry   func(*call.Call, store.Entry) // something was added to a call's trace
}

// Host is a set of accounts and the scripts that handle their events.
type Host struct {
	log      *slog.Logger
	observe  Observe
	scripts  *script.Host
	telegram *tl.Module
	router   *router
	allow    *permission.Policy
	codes    codes
	phone    *phone
	timers   *schedule.Engine
	web      *web
	started  time.Time
	tracing  bool // somebody reads the traces
}

// New prepares a host; nothing is connected or loaded before Run.
func New(opts Options) (*Host, error) {
	if len(opts.Accounts) == 0 {
		return nil, errors.New("no account: a host needs at least one")
	}
	opts.setDefaults()
	h := &Host{
		log: opts.Log, observe: opts.Observe, started: opts.Clock.Now(), tracing: opts.Store != nil || opts.Observe.Entry != nil,
		router: &router{lines: make(map[string]*line)}, allow: opts.Allow,
	}
	h.codes = codes{h.router, h.allow}
	h.telegram = tl.New(tl.Options{
		Invoker: h.codes,
		Peers:   h.router,
		Block: func(l *lua.LState, fn func(context.Context)) error {
			return script.RuntimeOf(l).Request(l, fn)
		},
		Allow:     h.allowed,
		OnRequest: h.requested,
	})
	h.scripts = script.New(script.Options{
		Dir:        opts.Scripts,
		Open:       h.open,
		Log:        slog.New(scriptLog{Handler: opts.Log.Handler()}),
		Clock:      opts.Clock,
		Limits:     opts.Limits,
		Quiet:      opts.Quiet,
		Poll:       opts.Poll,
		CheckEvent: h.checkEvent(),
		Globals:    h.telegram.Namespaces(),
		OnHandler:  h.handled,
		OnReload:   h.changed,
	})
	h.phone = newPhone(opts, h.scripts, h.router)
	h.router.book = h.phone.book
	h.timers = schedule.New(schedule.Options{Clock: opts.Clock, Log: opts.Log, Store: opts.Store, Fire: h.fire})
	var err error
	if h.web, err = h.newWeb(opts); err != nil {
		return nil, err
	}
	return h, h.openAccounts(opts)
}

// fire gives a timer that is due to its script.
func (h *Host) fire(ctx context.Context, f schedule.Firing, ended func(error)) schedule.Start {
	return timer.Fire(ctx, h.scripts, h.router.as, f, ended)
}

func (o *Options) setDefaults() {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Allow == nil {
		o.Allow = permission.Standard()
	}
}

// checkEvent knows luahost's own events, and Telegram's.
func (h *Host) checkEvent() func(name string) error {
	updates := h.telegram.Updates()
	return func(name string) error { return event.Check(name, updates) }
}

// open installs what a script sees into its VM.
func (h *Host) open(rt *script.Runtime) {
	bindings.Open(rt, bindings.World{
		Telegram: h.telegram, Book: h.phone.book, Store: h.phone.store, Accounts: h.router.names,
		As: h.router.as, Timers: h.timers, Account: h.router.account, HTTP: h.web.http,
	})
}

func (h *Host) openAccounts(opts Options) error {
	for _, o := range opts.Accounts {
		l := &line{begun: make(chan struct{}), clock: opts.Clock}
		o.Log, o.Clock = opts.Log, opts.Clock
		o.OnUpdate = func(u account.Update) { h.received(l, u) }
		a, err := account.New(o)
		if err != nil {
			return fmt.Errorf("account %s: %w", o.Name, err)
		}
		l.account, l.blocked = a, newBlocklist(opts.Clock, a)
		l.ctx = withLine(context.Background(), l)
		h.router.add(l)
	}
	return nil
}

// Run loads the scripts, connects the accounts and serves until ctx ends, which
// is no error, or until no account can go on. A script never ends it.
func (h *Host) Run(ctx context.Context) error {
	if err := h.scripts.Load(); err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	// What the scripts live by ends after them: on("unload") may still write.
	alive, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()

	var running sync.WaitGroup
	running.Go(func() { defer end(); stop(h.scripts.Run(ctx)) })
	running.Go(func() { stop(h.timers.Run(ctx)) })
	if h.web.hooks != nil {
		running.Go(func() { stop(h.web.run(ctx)) })
	}
	running.Go(func() { stop(h.phone.run(alive)) })
	going := &survivors{left: len(h.router.order), stop: stop}
	for _, l := range h.router.order {
		running.Go(func() { going.ended(h.serve(alive, l)) })
	}
	running.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// serve keeps an account connected. An account that was never ready has a fault
// that somebody must mend before the host is of use, such as a login; one that
// Telegram logs out later leaves the others alone.
func (h *Host) serve(ctx context.Context, l *line) (late bool, err error) {
	var served atomic.Bool
	err = l.account.Run(ctx, func() {
		served.Store(true)
		h.ready(ctx, l)
	})
	if err == nil || ctx.Err() != nil {
		return true, nil
	}
	err = fmt.Errorf("account %s: %w", l.account.Name(), err)
	l.stopped(err)
	l.begin()
	if served.Load() {
		h.log.Error("account stopped", "account", l.account.Name(), "error", err)
	}
	return served.Load(), err
}

// survivors ends the host when the last account has ended, or one that never
// began.
type survivors struct {
	mu   sync.Mutex
	left int
	stop context.CancelCauseFunc
}

func (s *survivors) ended(late bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left--
	if err != nil && (!late || s.left == 0) {
		s.stop(err)
	}
}

func (h *Host) ready(ctx context.Context, l *line) {
	a := l.account
	h.log.Info("account ready", "account", a.Name(), "user", a.Self().ID, "bot", a.Bot())
	h.phone.book.Ready(ctx, l.of())
	l.begin()
	if h.observe.Ready != nil {
		h.observe.Ready(a)
	}
}

// received takes in an update of an account. It waits for nobody: an account's
// reader that did could not read the answer that a handler waits for.
func (h *Host) received(l *line, u account.Update) {
	started := 0
	switch up := u.Update.(type) {
	case *tg.UpdatePhoneCall:
		started = h.phone.update(l, up, u.Users, h.raw(u))
	case *tg.UpdateNewMessage:
		h.phone.message(l, up, u.Users)
		started = h.scripts.Dispatch(l.ctx, h.raw(u)) + h.wrote(l, up, u.Users)
	case *tg.UpdatePeerBlocked:
		l.blocked.update(up)
		started = h.scripts.Dispatch(l.ctx, h.raw(u))
	default:
		started = h.scripts.Dispatch(l.ctx, h.raw(u))
	}
	if h.observe.Event != nil {
		h.observe.Event(Event{Account: l.account.Name(), Update: u, Handlers: started})
	}
}

// wrote gives a private message that came in to the handlers of "message".
func (h *Host) wrote(l *line, u *tg.UpdateNewMessage, users []tg.UserClass) int {
	m, ok := message.Incoming(l.account.Name(), u, users)
	if !ok {
		return 0
	}
	return h.scripts.Dispatch(l.ctx, script.Event{
		Name: "message",
		Args: func(rt *script.Runtime, L *lua.LState) []lua.LValue {
			return []lua.LValue{message.New(rt, L, h.codes.message(rt.Script(), m))}
		},
	})
}

// raw is the event of an update as Telegram names it. Each handler gets a table
// of its own.
func (h *Host) raw(u account.Update) script.Event {
	return script.Event{
		Name: u.Update.TypeName(),
		Args: func(rt *script.Runtime, l *lua.LState) []lua.LValue {
			return []lua.LValue{h.telegram.ToLua(l, h.codes.update(rt.Script(), u.Update))}
		},
	}
}
