// Package account is one Telegram account: it connects, logs in, keeps the
// session, hands every update on exactly once and sends requests.
//
// internal/host makes one Account per configured account and calls Run on a
// goroutine of its own; a command calls Login. Invoke and the Peers methods may
// be called from any goroutine while Run runs. OnUpdate is called on this
// package's goroutines and must only queue what it is given: a handler that
// waited for an answer of Telegram there would wait for ever.
//
// The package knows nothing of calls or scripts: it takes phone updates out of
// Telegram's ordering, because they have no place in it, and that is all.
package account

import (
	"context"
	"crypto/rsa"
	"log/slog"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"

	"luahost/internal/clock"
	"luahost/internal/store"
)

// Options of New. Name, APIID, APIHash, Dir and one of Phone and BotToken are
// required.
type Options struct {
	Name     string // names the session file: Dir/Name.session
	Phone    string // of a user
	BotToken string // of a bot

	APIID   int
	APIHash string

	Server    string         // host:port; "" means Telegram's own servers
	ServerKey *rsa.PublicKey // of Server
	Test      bool           // Telegram's test servers

	Dir   string       // data folder; created, readable by its owner only
	Store *store.Store // keeps peers and the place in the stream of updates; nil: kept in memory only
	Log   *slog.Logger // default: discards
	Clock clock.Clock  // default: clock.System

	// Prompt asks for code and password. Nil: nobody is asked, and a session
	// that is not logged in is ErrUnauthorized.
	Prompt Prompt
	// OnUpdate gets every update once. It must not block. Nil: nobody listens.
	OnUpdate func(Update)

	// FloodWait is the longest FLOOD_WAIT that a request sits out; one that
	// Telegram wants longer is the request's error. Default one minute.
	FloodWait time.Duration
	// Timeout is how long a request waits for a connection and an answer, the
	// time of flood waits not counted. Default one minute.
	Timeout time.Duration
	// ConnectTimeout is how long Login tries to reach the server. Default 20 s.
	ConnectTimeout time.Duration
}

// Update is one update with the users and chats that came along with it.
type Update struct {
	Update   tg.UpdateClass
	Users    []tg.UserClass
	Chats    []tg.ChatClass
	Received time.Time
}

// Account is one account of Telegram.
type Account struct{}

// New checks the options. It touches neither disk nor network.
func New(Options) (*Account, error) { return nil, nil }

// Name is the configured name.
func (a *Account) Name() string { return "" }

// Bot reports whether it is a bot's account.
func (a *Account) Bot() bool { return false }

// Self is the account's own user, nil before Run was ready for the first time.
func (a *Account) Self() *tg.User { return nil }

// Run connects and stays connected until ctx ends. It calls ready once.
func (a *Account) Run(ctx context.Context, ready func()) error { return nil }

// Login logs in and returns.
func (a *Account) Login(ctx context.Context) error { return nil }

// Invoke implements tg.Invoker.
func (a *Account) Invoke(ctx context.Context, in bin.Encoder, out bin.Decoder) error { return nil }

// Call is the access hash of a phone call that this account saw lately.
func (a *Account) Call(ctx context.Context, id int64) (accessHash int64, ok bool) { return 0, false }

// Peer is a user, channel or chat that this account has seen.
func (a *Account) Peer(ctx context.Context, id int64) (tg.InputPeerClass, bool) { return nil, false }

// Username resolves a name.
func (a *Account) Username(ctx context.Context, name string) (tg.InputPeerClass, error) {
	return nil, nil
}
