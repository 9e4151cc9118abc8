package host

import (
	"context"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"

	"luahost/bindings/tl"
	"luahost/internal/account"
)

// router gives a script's request to the account whose event the handler
// answers, and to the first account where there is no such event. It is what
// bindings/tl sees of Telegram.
type router struct{ accounts []*account.Account }

var (
	_ tg.Invoker = router{}
	_ tl.Peers   = router{}
)

type accountKey struct{}

// withAccount marks ctx as that of an event which came to a.
func withAccount(ctx context.Context, a *account.Account) context.Context {
	return context.WithValue(ctx, accountKey{}, a)
}

func (r router) of(ctx context.Context) *account.Account {
	if a, ok := ctx.Value(accountKey{}).(*account.Account); ok {
		return a
	}
	return r.accounts[0]
}

// Invoke sends a request as the account of ctx.
func (r router) Invoke(ctx context.Context, input bin.Encoder, output bin.Decoder) error {
	return r.of(ctx).Invoke(ctx, input, output)
}

// Call is the access hash that the account of ctx saw for a call.
func (r router) Call(ctx context.Context, id int64) (int64, bool) {
	return r.of(ctx).Call(ctx, id)
}

// Peer is the user, chat or channel that the account of ctx saw under an id.
func (r router) Peer(ctx context.Context, id int64) (tg.InputPeerClass, bool) {
	return r.of(ctx).Peer(ctx, id)
}

// Username is the peer with a @name; the account of ctx may ask Telegram.
func (r router) Username(ctx context.Context, name string) (tg.InputPeerClass, error) {
	return r.of(ctx).Username(ctx, name)
}
