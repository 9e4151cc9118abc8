package account

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gotd/td/exchange"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/transport"
)

// session is the account while it is connected, or trying to be: one run of a
// gotd client, which cannot be run twice.
type session struct {
	*Account
	file   *sessionFile
	client *telegram.Client
	link   link
	wires  *wires
	feed   *feed       // nil for Login, which takes no updates
	known  atomic.Bool // is it known who is logged in?

	ctx      context.Context // ends with the session
	end      context.CancelCauseFunc
	mu       sync.Mutex // guards ended, and the first Add of requests against Wait
	ended    bool
	requests sync.WaitGroup
}

// connect locks the session file, runs a client, and do within it as soon as
// the client has a connection. It returns when everything it started has ended.
func (a *Account) connect(ctx context.Context, file *sessionFile, updates bool, do func(context.Context, *session) error) error {
	s := &session{Account: a, file: file}
	s.ctx, s.end = context.WithCancelCause(undated{ctx})
	defer s.end(nil)
	s.link.session = s
	s.wires = newWires(s, dcs.DefaultResolver())
	var handler telegram.UpdateHandler
	if updates {
		s.feed = newFeed(s)
		handler = telegram.UpdateHandlerFunc(s.feed.handle)
	} else { // a person is waiting
		timer := a.clock.AfterFunc(a.opts.ConnectTimeout, s.link.overdue)
		defer timer.Stop()
	}
	s.client = telegram.NewClient(a.opts.APIID, a.opts.APIHash, s.options(handler))
	if !a.live.CompareAndSwap(nil, s) {
		return errors.New("account: Run or Login runs already")
	}
	defer s.close()
	var done error
	err := s.client.Run(s.ctx, func(ctx context.Context) error {
		s.link.up()
		done = do(ctx, s)
		return done
	})
	if done != nil && errors.Is(err, done) {
		err = done // without gotd's words around it
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case s.ctx.Err() != nil: // end was called with the reason
		return context.Cause(s.ctx)
	default:
		return a.explain(err)
	}
}

// close ends the requests that are under way and waits for them.
func (s *session) close() {
	s.live.Store(nil)
	s.end(nil)
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.requests.Wait()
}

// begin counts a request, unless the session has ended.
func (s *session) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.requests.Add(1)
	}
	return !s.ended
}

func (s *session) options(handler telegram.UpdateHandler) telegram.Options {
	o := telegram.Options{
		SessionStorage:    storage{s},
		Clock:             s.wires.time,
		MessageID:         s.wires.time,
		Resolver:          s.wires,
		UpdateHandler:     handler,
		Logger:            gotdLog(s.log),
		Device:            telegram.DeviceConfig{DeviceModel: "luahost"}, // as the user's list of devices shows it
		OnDead:            s.link.dead,
		OnConnectionState: s.link.changed,
		OnSelfError:       s.refused,
	}
	switch {
	case s.opts.Server != "":
		only := onlyServer(s.opts.Server)
		o.DC = only.dc()
		o.DCList = only.list
		s.wires.Resolver = only
		o.PublicKeys = []exchange.PublicKey{{RSA: s.opts.ServerKey}}
	case s.opts.Test:
		o.DCList = dcs.Test()
	}
	return o
}

// storage is the session file as gotd sees it. When a session cannot be saved
// gotd gives up the connection, makes the next one at once, and so on for ever.
type storage struct{ *session }

// LoadSession implements session.Storage of gotd.
func (s storage) LoadSession(ctx context.Context) ([]byte, error) {
	data, err := s.file.LoadSession(ctx)
	if err == nil {
		s.wires.know(keyOf(data))
	}
	return data, err
}

// StoreSession implements session.Storage of gotd. An account that runs needs
// no more than what the file was written with, so it goes on. When a server does
// not know the key gotd makes another one; that it is not the server with which
// somebody logged in must not cost him the login.
func (s storage) StoreSession(ctx context.Context, data []byte) error {
	if !s.mayLogIn() && s.file.replaces(data) {
		err := s.errUnknownKey(s.file.path)
		s.end(err)
		return err
	}
	s.wires.know(keyOf(data))
	err := s.file.StoreSession(ctx, data)
	if err != nil && s.feed != nil && s.known.Load() {
		s.log.Error("session not saved", slog.Any("err", err))
		return nil
	}
	if err != nil {
		s.end(err)
	}
	return err
}

// refused is told what the request that subscribes to updates was answered with
// on each new connection. gotd would otherwise keep a connection that is deaf.
func (s *session) refused(_ context.Context, err error) error {
	s.unlessRevoked(err)
	return s.ctx.Err()
}

// unlessRevoked ends the session if err says that Telegram did. Until somebody
// has logged in the same errors have another meaning, which authorise decides.
func (s *session) unlessRevoked(err error) {
	switch {
	case !revoked(err) || !s.known.Load():
	case s.wires.forgotten.Load():
		s.end(s.errUnknownKey(s.file.path))
	default:
		s.end(s.errRevoked(err))
	}
}

// server is a dcs.Resolver that connects to one address, whatever data centres
// the server's own configuration lists: behind a tunnel it lists wrong ones.
type server struct {
	dcs.Resolver
	list dcs.List
}

func onlyServer(address string) server {
	host, port, _ := net.SplitHostPort(address) // config has checked it; a wrong one fails to connect
	number, _ := strconv.Atoi(port)
	return server{
		Resolver: dcs.Plain(dcs.PlainOptions{}),
		list:     dcs.List{Options: []tg.DCOption{{ID: 2, IPAddress: host, Port: number}}},
	}
}

func (s server) dc() int { return s.list.Options[0].ID }

// Primary implements dcs.Resolver.
func (s server) Primary(ctx context.Context, _ int, _ dcs.List) (transport.Conn, error) {
	return s.Resolver.Primary(ctx, s.dc(), s.list)
}

// undated hides a context's deadline, but not its end. gotd makes a deadline
// the socket's, where it expires as an i/o timeout and may cut a frame in two.
type undated struct{ context.Context }

// Deadline implements context.Context.
func (undated) Deadline() (time.Time, bool) { return time.Time{}, false }
