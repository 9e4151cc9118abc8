// Package webhook is the door by which other programs reach scripts: a request
// to /hooks/NAME on a loopback port, with the token of the configuration, becomes
// the event http.NAME.
//
// The host makes a Server and runs it beside its accounts. Requests are served on
// goroutines of net/http, each of which calls Options.Dispatch, and all of which
// have ended when Run returns. The package knows nothing of scripts; that the
// port is not open to the network is its own doing, and it speaks no TLS.
package webhook

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// Options of a Server. Listen, Token and Dispatch are required.
type Options struct {
	// Listen is a loopback address with a port, such as 127.0.0.1:8125.
	Listen string
	// Token is what a request has to bring: at least MinToken bytes.
	Token string
	// Dispatch starts the handlers of http.NAME and says how many, or -1 when there
	// are some and none can be started now. It waits for none of them; ctx is Run's.
	Dispatch func(ctx context.Context, name string, r Request) int
	// MaxBody is the most bytes of a body. Default: 256 KiB.
	MaxBody int64
	// InFlight is how many requests are served at a time; twice as many
	// connections may be open. Default: 64.
	InFlight int
	// PerSecond is how many requests may become events, with bursts of twice as
	// many. Default: 50.
	PerSecond int
	// Log receives a line for each hook, and for refusals now and then. Default:
	// discarded.
	Log *slog.Logger
	// Ready is called when the server listens. Default: nothing.
	Ready func(net.Addr)
}

// Request is one that was let in. It belongs to whom it is given.
type Request struct {
	Name   string // of the hook
	Method string // GET or POST
	Query  url.Values
	Header http.Header // without the token
	Body   string
}

// MinToken is the least length of a token, in bytes.
const MinToken = 16

// Server is one door.
type Server struct {
	Options
	listen  netip.AddrPort
	token   [sha256.Size]byte
	slots   chan struct{} // one for each request that is served
	rate    *rate.Limiter
	serving sync.WaitGroup // connections
	conns   atomic.Int64
	silent  sync.Map // net.Conn: those that have not sent a byte
	refused refusals
}

// New makes a server that does not listen yet.
func New(o Options) (*Server, error) {
	listen, err := CheckListen(o.Listen)
	if err != nil {
		return nil, err
	}
	if len(o.Token) < MinToken {
		return nil, fmt.Errorf("the token of web hooks has %d bytes, it needs at least %d: 'openssl rand -hex 16' makes one", len(o.Token), MinToken)
	}
	o.MaxBody = cmp.Or(o.MaxBody, 256<<10)
	o.InFlight = cmp.Or(o.InFlight, 64)
	o.PerSecond = cmp.Or(o.PerSecond, 50)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Server{
		Options: o, listen: listen, token: sha256.Sum256([]byte(o.Token)),
		slots: make(chan struct{}, o.InFlight), rate: rate.NewLimiter(rate.Limit(o.PerSecond), 2*o.PerSecond),
	}, nil
}

// CheckListen reads an address for Options.Listen.
func CheckListen(text string) (netip.AddrPort, error) {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("web hooks cannot listen on %q: give an address and a port, such as \"127.0.0.1:8125\"", text)
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	listen, err := netip.ParseAddrPort(net.JoinHostPort(host, port))
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("web hooks cannot listen on %q: give an address and a port, such as \"127.0.0.1:8125\"", text)
	}
	if !listen.Addr().Unmap().IsLoopback() {
		return netip.AddrPort{}, fmt.Errorf("web hooks listen on the loopback interface only, and %q is open to the network: give \"127.0.0.1:%d\", with a proxy in front that speaks TLS if others are to reach it", text, listen.Port())
	}
	return listen, nil
}

// names are those that a hook may have.
var names = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// CheckName says whether a hook may have a name, and what is wrong with it else.
func CheckName(name string) error {
	if !names.MatchString(name) {
		return errors.New("the name of a web hook has 1 to 64 letters, digits, dots, dashes or underscores")
	}
	return nil
}

// The times of a connection. A request that is here in a second is served in
// one; these are for peers that dawdle.
const (
	headerTime = 5 * time.Second
	bodyTime   = 10 * time.Second
	idleTime   = 30 * time.Second
	graceTime  = 2 * time.Second // for requests that are being served when Run ends
	maxHeader  = 16 << 10
)

// Run listens until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	listener, err := net.Listen("tcp", s.listen.String())
	if err != nil {
		return fmt.Errorf("listen for web hooks: %w", err)
	}
	server := &http.Server{
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(ctx, w, r) }),
		ReadHeaderTimeout: headerTime, ReadTimeout: bodyTime, WriteTimeout: bodyTime, IdleTimeout: idleTime,
		MaxHeaderBytes: maxHeader,
		ConnState:      s.count,
		ErrorLog:       slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug),
	}
	s.Log.Info("web hooks are taken", "address", listener.Addr().String())
	if s.Ready != nil {
		s.Ready(listener.Addr())
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { s.shutdown(server); close(stopped) })
	err = server.Serve(listener)
	if !stop() {
		<-stopped
	}
	s.serving.Wait()
	if ctx.Err() == nil {
		server.Close()
		return fmt.Errorf("serve web hooks: %w", err)
	}
	return nil
}

// shutdown lets requests that are being served end, for a while. Shutdown itself
// would wait for connections from which none has come yet.
func (s *Server) shutdown(server *http.Server) {
	s.silent.Range(func(conn, _ any) bool { conn.(net.Conn).Close(); return true })
	ctx, cancel := context.WithTimeout(context.Background(), graceTime)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		server.Close()
	}
}

// count knows the connections, of which each has a goroutine, and closes those
// beyond the bound as they come.
func (s *Server) count(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.serving.Add(1)
		s.silent.Store(conn, nil)
		if s.conns.Add(1) > 2*int64(s.InFlight) {
			conn.Close()
		}
	case http.StateActive:
		s.silent.Delete(conn)
	case http.StateClosed, http.StateHijacked:
		s.silent.Delete(conn)
		s.conns.Add(-1)
		s.serving.Done()
	}
}
