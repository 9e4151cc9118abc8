// Package account is one Telegram account: it connects, logs in, keeps the
// session, hands every update on exactly once and sends requests.
//
// The host makes an Account for each one that is configured and calls Run on a
// goroutine of its own; a command calls Login. While either runs, any goroutine
// may call Invoke, Call, Peer and Username. OnUpdate is called on goroutines of
// this package, several at a time, and must only queue what it is given: one
// that waited for an answer of Telegram would hold up the updates behind it,
// that answer's own among them.
//
// The way of an update: gotd gives it to feed.handle, and feed.receive takes phone
// updates out and emits them at once, since they have no place in Telegram's
// numbering. The others go through the inbox to gotd's updates.Manager, which
// puts them in order and fetches what is missing, and by feed.ordered to OnUpdate.
//
// The package knows nothing of the course of a call, of scripts or of rules.
package account

import (
	"context"
	"crypto/rsa"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/gotd/td/tg"

	"luahost/internal/clock"
	"luahost/internal/store"
)

// Options of New. Name, APIID, APIHash, Dir and one of Phone and BotToken are
// required, and Store is for Run.
type Options struct {
	Name     string // names the session file, Dir/Name.session
	Phone    string // of a user, or
	BotToken string // of a bot

	APIID   int
	APIHash string

	Server    string         // host:port of another server than Telegram's own
	ServerKey *rsa.PublicKey // of Server
	Test      bool           // Telegram's test servers

	Dir   string       // data folder; created for the owner's eyes only
	Store *store.Store // keeps seen peers and the place in the stream of updates
	Log   *slog.Logger // default: discards
	Clock clock.Clock  // of timeouts and flood waits; default clock.System
	// LinkClock is what tells that the connection is dead, or that the computer has
	// slept. Default clock.System: no other one knows of the world outside.
	LinkClock clock.Clock

	// Prompt asks a person for code and password. Nil: nobody is asked, and a
	// session that is not logged in is ErrUnauthorized. A bot needs none.
	Prompt Prompt
	// BeforeLogin is asked on the connection over which somebody is about to log
	// in; its error ends that. Nil: nobody objects.
	BeforeLogin func(ctx context.Context, through tg.Invoker) error
	// OnUpdate gets every update once. It must not block. Nil: nobody listens.
	OnUpdate func(Update)

	// FloodWait is how long a request sits out FLOOD_WAIT in all; when Telegram
	// wants more, that is the request's error. Default one minute.
	FloodWait time.Duration
	// Timeout is how long a request waits for a connection and for its answer,
	// flood waits not counted. Default one minute.
	Timeout time.Duration
	// ConnectTimeout is how long Login tries to reach the server. Default 20 s.
	ConnectTimeout time.Duration
}

func (o *Options) setDefaults() {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.LinkClock == nil {
		o.LinkClock = clock.System{}
	}
	if o.OnUpdate == nil {
		o.OnUpdate = func(Update) {}
	}
	for _, d := range []struct {
		value   *time.Duration
		initial time.Duration
	}{{&o.FloodWait, time.Minute}, {&o.Timeout, time.Minute}, {&o.ConnectTimeout, 20 * time.Second}} {
		if *d.value == 0 {
			*d.value = d.initial
		}
	}
}

func (o *Options) check() error {
	switch {
	case o.Name == "" || o.Dir == "":
		return errors.New("account: Name and Dir are required")
	case o.APIID == 0 || o.APIHash == "":
		return errors.New("account: APIID and APIHash are required")
	case (o.Phone == "") == (o.BotToken == ""):
		return errors.New("account: one of Phone and BotToken is required")
	case (o.Server == "") != (o.ServerKey == nil):
		return errors.New("account: Server and ServerKey go together")
	}
	return nil
}

// Update is one update, with the users and chats that came along with it. They
// are shared with the other updates of the same message: do not change them.
type Update struct {
	Update   tg.UpdateClass
	Users    []tg.UserClass
	Chats    []tg.ChatClass
	Received time.Time
}

// Account is one account of Telegram.
type Account struct {
	opts  Options
	log   *slog.Logger
	clock clock.Clock
	calls callHashes
	self  atomic.Pointer[tg.User]
	live  atomic.Pointer[session] // nil while neither Run nor Login runs
}

// New makes an Account. It touches neither disk nor network. Its errors, and
// those of all methods, do not name the account: whoever has several does.
func New(o Options) (*Account, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	o.setDefaults()
	return &Account{opts: o, log: o.Log.With(slog.String("account", o.Name)), clock: o.Clock}, nil
}

// Name is the configured name.
func (a *Account) Name() string { return a.opts.Name }

// Bot reports whether this is a bot's account.
func (a *Account) Bot() bool { return a.opts.BotToken != "" }

// Self is the account's own user, nil as long as none has logged in.
func (a *Account) Self() *tg.User { return a.self.Load() }

// Connected reports whether requests can be sent now.
func (a *Account) Connected() bool {
	s := a.live.Load()
	return s != nil && s.link.connected()
}
