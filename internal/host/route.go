package host

import (
	"context"
	"sync"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"

	"luahost/bindings/calls"
	"luahost/bindings/tl"
	"luahost/internal/account"
	"luahost/internal/call"
	"luahost/internal/clock"
)

// line is an account, and what the host keeps with it.
type line struct {
	account *account.Account
	ctx     context.Context // of the account's events
	blocked *blocklist
	clock   clock.Clock
	begun   chan struct{} // closed when the account is connected for the first time, or never will be
	once    sync.Once     // closes it

	mu    sync.Mutex
	fault error // that the account stopped with
}

// beginWithin is how long what scripts ask before the account is connected for the
// first time waits for that: timers that were due meanwhile, and on("load").
const beginWithin = 30 * time.Second

func (l *line) begin() { l.once.Do(func() { close(l.begun) }) }

// await waits until the account has begun. What is asked then answers for itself.
func (l *line) await(ctx context.Context) {
	select {
	case <-l.begun:
		return
	default:
	}
	late := make(chan struct{})
	timer := l.clock.AfterFunc(beginWithin, func() { close(late) })
	defer timer.Stop()
	select {
	case <-l.begun:
	case <-late:
	case <-ctx.Done():
	}
}

func (l *line) stopped(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault = err
}

// of is the account as the book of calls knows it.
func (l *line) of() call.Account {
	return call.Account{Name: l.account.Name(), User: l.account.Self().ID, Invoker: l.account, Bot: l.account.Bot()}
}

// router gives a script's request to the account that it is made as: the one
// whose event the handler answers, or that the script names, or the first. It is
// what bindings/tl sees of Telegram.
type router struct {
	order []*line
	lines map[string]*line // by the account's name
	book  *call.Book
}

var (
	_ tg.Invoker = (*router)(nil)
	_ tl.Peers   = (*router)(nil)
)

func (r *router) add(l *line) {
	r.order = append(r.order, l)
	r.lines[l.account.Name()] = l
}

type lineKey struct{}

// withLine marks ctx as that of an event which came to l.
func withLine(ctx context.Context, l *line) context.Context {
	return context.WithValue(ctx, lineKey{}, l)
}

func (r *router) of(ctx context.Context) *line {
	if l, ok := ctx.Value(lineKey{}).(*line); ok {
		return l
	}
	return r.order[0]
}

// as is ctx for requests as the named account.
func (r *router) as(ctx context.Context, name string) (context.Context, bool) {
	l, ok := r.lines[name]
	if !ok {
		return ctx, false
	}
	return withLine(ctx, l), true
}

// account is the name of the account whose event ctx is of, or "".
func (r *router) account(ctx context.Context) string {
	if l, ok := ctx.Value(lineKey{}).(*line); ok {
		return l.account.Name()
	}
	return ""
}

// names are the accounts in the order of the configuration.
func (r *router) names() []string {
	names := make([]string, len(r.order))
	for i, l := range r.order {
		names[i] = l.account.Name()
	}
	return names
}

// Invoke sends a request as the account of ctx. What concerns a call goes
// through its owner, since it may be a decision.
func (r *router) Invoke(ctx context.Context, input bin.Encoder, output bin.Decoder) error {
	l := r.of(ctx)
	l.await(ctx)
	switch input.(type) {
	case *tg.PhoneDiscardCallRequest, *tg.PhoneAcceptCallRequest, *tg.PhoneRequestCallRequest,
		*tg.PhoneConfirmCallRequest, *tg.PhoneReceivedCallRequest:
		// Before its first login an account has no calls, and says so itself.
		if !l.account.Bot() && l.account.Self() != nil {
			return r.book.Invoke(ctx, l.of(), calls.By(ctx), input, output)
		}
	}
	return l.account.Invoke(ctx, input, output)
}

// Call is the access hash that the account of ctx saw for a call.
func (r *router) Call(ctx context.Context, id int64) (int64, bool) {
	return r.of(ctx).account.Call(ctx, id)
}

// Peer is the user, chat or channel that the account of ctx saw under an id.
func (r *router) Peer(ctx context.Context, id int64) (tg.InputPeerClass, bool) {
	return r.of(ctx).account.Peer(ctx, id)
}

// Username is the peer with a @name; the account of ctx may ask Telegram.
func (r *router) Username(ctx context.Context, name string) (tg.InputPeerClass, error) {
	l := r.of(ctx)
	l.await(ctx)
	return l.account.Username(ctx, name)
}
