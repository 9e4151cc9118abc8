// Package host joins the accounts and the scripts: an update of an account
// becomes an event for the scripts, and a request that a handler makes goes back
// to the account whose event it answers. cmd/luahost builds one Host and calls
// Run; nothing else imports this package, and it alone knows all the others. It
// has no goroutine of its own beyond Run: an account's goroutine dispatches an
// update, which queues it for the scripts and never waits for them; handlers run
// on goroutines of internal/script, and send their requests on these.
//
// The way of a call, from top to bottom:
//
//	account.feed.handle        an update arrives
//	host.Host.dispatch         it is given to the scripts by its name
//	script.Host.Dispatch       it is queued for each handler
//	script.Runtime.serve       the handler starts, under its VM's lock
//	tl.Module.ToLua            the update becomes a Lua table
//	tl.Module.call             the handler's request becomes a TL object
//	host.router.Invoke         the account of the event is found
//	account.Account.Invoke     the request goes out; its answer comes back
//	host.Host.requested        what happened is logged and observed
package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/gotd/td/tgerr"
	lua "github.com/yuin/gopher-lua"

	"luahost/bindings"
	"luahost/bindings/tl"
	"luahost/internal/account"
	"luahost/internal/clock"
	"luahost/internal/script"
)

// Options are what a Host is made of.
type Options struct {
	Accounts []account.Options // at least one; Log, Clock and OnUpdate are filled in by New
	Scripts  string            // the folder of the scripts
	Limits   script.Limits     // zero: the documented defaults
	Quiet    time.Duration     // how long the folder rests before it is read again; zero: script's default
	Log      *slog.Logger      // nil: silent
	Clock    clock.Clock       // nil: the system's

	// Observe tells what the scripts do; nil functions are not called. They run
	// on the goroutine of the handler and must be safe for concurrent use.
	Observe Observe
}

// Observe is how a command follows the host.
type Observe struct {
	Ready   func(a *account.Account) // the account is connected and authorised
	Event   func(Event)              // an update's handlers were started
	Handler func(script.Run)         // a handler ended
	Reload  func(script.Reload)      // a script was loaded, refused or unloaded
	Request func(Request)            // a script's request was answered
}

// Event is an update of an account, and how many handlers were started for it.
type Event struct {
	Account string
	account.Update
	Handlers int
}

// Request is a request that a script made, and its answer.
type Request struct {
	tl.Request
	Account string         // the account that sent it
	Handler script.Handler // the handler that made it
}

// Refusal is Err in the words of Telegram's documentation, without the way that
// it came through the layers. Errors of luahost itself have code 0, and a
// sentence that says more than their type.
func (r Request) Refusal() string {
	e, ok := tgerr.As(r.Err)
	switch {
	case r.Err == nil:
		return ""
	case !ok:
		return r.Err.Error()
	case e.Code == 0:
		return e.Type + ": " + e.Message
	default:
		return fmt.Sprintf("%s (%d)", e.Message, e.Code)
	}
}

// Host is a set of accounts and the scripts that handle their events.
type Host struct {
	log      *slog.Logger
	observe  Observe
	scripts  *script.Host
	telegram *tl.Module
	router   router
}

// New prepares a host; nothing is connected or loaded before Run.
func New(opts Options) (*Host, error) {
	if len(opts.Accounts) == 0 {
		return nil, errors.New("no account: a host needs at least one")
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Clock == nil {
		opts.Clock = clock.System{}
	}
	h := &Host{log: opts.Log, observe: opts.Observe}
	if err := h.openAccounts(opts); err != nil {
		return nil, err
	}
	h.telegram = tl.New(tl.Options{
		Invoker: h.router,
		Peers:   h.router,
		Block: func(l *lua.LState, fn func(context.Context)) error {
			return script.RuntimeOf(l).Block(l, fn)
		},
		OnRequest: h.requested,
	})
	h.scripts = script.New(script.Options{
		Dir:        opts.Scripts,
		Open:       func(rt *script.Runtime) { bindings.Open(rt, h.telegram) },
		Log:        opts.Log,
		Clock:      opts.Clock,
		Limits:     opts.Limits,
		Quiet:      opts.Quiet,
		CheckEvent: h.telegram.Event,
		OnHandler:  opts.Observe.Handler,
		OnReload:   opts.Observe.Reload,
	})
	return h, nil
}

func (h *Host) openAccounts(opts Options) error {
	for _, o := range opts.Accounts {
		var a *account.Account
		var ctx context.Context // of every event of a
		o.Log, o.Clock = opts.Log, opts.Clock
		o.OnUpdate = func(u account.Update) { h.dispatch(ctx, a, u) }
		a, err := account.New(o)
		if err != nil {
			return fmt.Errorf("account %s: %w", o.Name, err)
		}
		ctx = withAccount(context.Background(), a)
		h.router.accounts = append(h.router.accounts, a)
	}
	return nil
}

// Run loads the scripts, connects the accounts and serves until ctx ends, which
// is no error, or until one account cannot go on. A script never ends it.
func (h *Host) Run(ctx context.Context) error {
	if err := h.scripts.Load(); err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)

	var running sync.WaitGroup
	running.Go(func() { stop(h.scripts.Run(ctx)) })
	for _, a := range h.router.accounts {
		running.Go(func() {
			err := a.Run(ctx, func() { h.ready(a) })
			if err != nil && ctx.Err() == nil {
				stop(fmt.Errorf("account %s: %w", a.Name(), err))
			}
		})
	}
	running.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func (h *Host) ready(a *account.Account) {
	h.log.Info("account ready", "account", a.Name(), "user", a.Self().ID, "bot", a.Bot())
	if h.observe.Ready != nil {
		h.observe.Ready(a)
	}
}

// dispatch queues an update for its handlers, each of which gets a table of its
// own. It waits for none of them: an account's reader that did could not read
// the answer that a handler waits for.
func (h *Host) dispatch(ctx context.Context, a *account.Account, u account.Update) {
	started := h.scripts.Dispatch(ctx, script.Event{
		Name: u.Update.TypeName(),
		Args: func(_ *script.Runtime, l *lua.LState) []lua.LValue {
			return []lua.LValue{h.telegram.ToLua(l, u.Update)}
		},
	})
	if h.observe.Event != nil {
		h.observe.Event(Event{Account: a.Name(), Update: u, Handlers: started})
	}
}

// requested records a script's request, also one whose failure it ignores.
func (h *Host) requested(ctx context.Context, r tl.Request) {
	handler, _ := script.FromContext(ctx)
	made := Request{Request: r, Account: h.router.of(ctx).Name(), Handler: handler}
	level, attrs := slog.LevelDebug, []slog.Attr{
		slog.String("method", r.Method), slog.String("account", made.Account),
		slog.String("script", handler.Script), slog.Int("line", r.Line), slog.String("generation", handler.Generation),
		slog.Duration("took", r.Took),
	}
	if r.Err != nil {
		level, attrs = slog.LevelWarn, append(attrs, slog.String("error", made.Refusal()))
	}
	h.log.LogAttrs(ctx, level, "request", attrs...)
	if h.observe.Request != nil {
		h.observe.Request(made)
	}
}
