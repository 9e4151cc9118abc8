// Package server is the transport above the embedded Telegram: MTProto 2.0 over
// TCP, for clients that know nothing of it but its address and its public key.
// It owns the listener, the connections, the authorization keys and the
// sessions; what a request does is decided by simulator.Client alone.
//
// Each connection has a reader, which makes keys and takes messages apart, and
// a writer, which encrypts and sends what is queued. Each request runs on a
// goroutine of its own. Nothing that one client does holds up another: reading,
// detecting the transport and writing happen per connection, and what is kept
// for a client is bounded.
//
// Clients are answered in their own layer of the API: see layers.go. Not here:
// HTTP, media, and layers that are older than the oldest in layers.tl.
//
// https://core.telegram.org/mtproto
package server

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/gotd/td/crypto"
	"github.com/gotd/td/proto"

	"luahost/internal/clock"
	"luahost/internal/simulator"
)

const (
	// maxConns bounds the connections. One too many is closed at once.
	maxConns = 10_000

	// maxStrangers bounds the connections that have not shown a key. The oldest
	// makes room for one more.
	maxStrangers = 256
)

// Options of a Server.
type Options struct {
	Addr     string              // where to listen; default "127.0.0.1:0", any free port
	Telegram *simulator.Telegram // carries out the requests
	Key      *rsa.PrivateKey     // that clients trust, of 2048 bits; default: NewKey
	Keys     []Key               // authorization keys that are known from an earlier Server: its Keys
	Clock    clock.Clock         // of message ids, salts, temporary keys and delays that clients ask for; default clock.System
	Log      *slog.Logger        // default: silent

	// ReadTimeout is how long a client may be silent. Default 150 s: clients
	// ping once a minute.
	ReadTimeout time.Duration
}

func (o *Options) setDefaults() {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.ReadTimeout == 0 {
		o.ReadTimeout = 150 * time.Second
	}
}

// Server serves one simulator.Telegram. Its methods may be called concurrently.
type Server struct {
	o        Options
	rsa      *rsa.PrivateKey
	listener net.Listener
	cipher   crypto.Cipher
	ids      *proto.MessageIDGen
	layers   layers
	work     sync.WaitGroup // connections and requests

	// What tests lower.
	maxKeys, maxConns, maxStrangers int

	mu        sync.Mutex
	keys      map[[8]byte]*authKey
	made      int                // keys so far
	conns     map[*conn]struct{} // nil when closed
	strangers map[*conn]struct{} // those of conns that have not shown a key
	accepted  int                // connections so far
}

// Listen takes the address and tells Telegram about it, so that help.getConfig
// names it. Connections wait until Run.
func Listen(o Options) (*Server, error) {
	o.setDefaults()
	if o.Key == nil {
		key, err := NewKey()
		if err != nil {
			return nil, err
		}
		o.Key = key
	}
	if bits := o.Key.N.BitLen(); bits != crypto.RSAKeyBits {
		return nil, fmt.Errorf("the server's RSA key has %d bits, MTProto needs %d", bits, crypto.RSAKeyBits)
	}
	older, err := readLayers()
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", o.Addr, errors.Unwrap(err))
	}
	s := &Server{
		o:        o,
		rsa:      o.Key,
		listener: listener,
		cipher:   crypto.NewServerCipher(crypto.DefaultRand()),
		ids:      proto.NewMessageIDGen(o.Clock.Now),
		layers:   older,
		keys:     make(map[[8]byte]*authKey),
		conns:    make(map[*conn]struct{}),

		strangers:    make(map[*conn]struct{}),
		maxKeys:      maxKeys,
		maxConns:     maxConns,
		maxStrangers: maxStrangers,
	}
	for _, key := range o.Keys {
		s.addKey(&agreed{key: key.AuthKey, layer: key.Layer})
	}
	at := listener.Addr().(*net.TCPAddr)
	host := at.IP.String()
	if at.IP.IsUnspecified() {
		host = "127.0.0.1" // a client cannot be sent to "every address"
	}
	o.Telegram.SetAddress(host, at.Port)
	return s, nil
}

// Addr is the address that was taken.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Run serves until ctx ends, then closes everything and waits for it. Its error
// is nil unless the listener broke.
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { s.listener.Close() })
	defer stop()

	err := s.accept(ctx)
	cancel()
	s.listener.Close()
	s.mu.Lock()
	conns, keys := s.conns, s.keys
	s.conns = nil
	s.mu.Unlock()
	for c := range conns {
		c.close()
	}
	s.work.Wait()
	for _, key := range keys {
		key.end()
	}
	return err
}

// accept starts a goroutine for each connection and waits for none of them.
func (s *Server) accept(ctx context.Context) error {
	for {
		nc, err := s.listener.Accept()
		if ctx.Err() != nil {
			if err == nil {
				nc.Close()
			}
			return nil
		}
		if errors.Is(err, net.ErrClosed) {
			return fmt.Errorf("accept: %w", err)
		}
		if err != nil {
			// Out of file descriptors, or gone before it was accepted.
			s.o.Log.Warn("connection not accepted", "err", err)
			if err := clock.Wait(ctx, clock.System{}, 50*time.Millisecond); err != nil {
				return nil
			}
			continue
		}
		if c := s.admit(nc); c != nil {
			s.work.Go(func() { c.serve(ctx) })
		}
	}
}

// admit takes up a connection, or closes it and gives nil. Among those that have
// not shown a key, the oldest makes room: nobody who only connects and waits
// keeps others out.
func (s *Server) admit(nc net.Conn) *conn {
	c := newConn(s, nc)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.conns) >= s.maxConns {
		nc.Close()
		return nil
	}
	s.accepted++
	c.number = s.accepted
	s.conns[c], s.strangers[c] = struct{}{}, struct{}{}
	if len(s.strangers) > s.maxStrangers {
		oldest := c
		for stranger := range s.strangers {
			if stranger.number < oldest.number {
				oldest = stranger
			}
		}
		delete(s.strangers, oldest)
		oldest.close()
	}
	return c
}

// recognize notes that a connection has shown a key.
func (s *Server) recognize(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.strangers, c)
}

// Disconnect cuts every connection, as a network that fails does, and tells how
// many there were. Keys and sessions stay.
func (s *Server) Disconnect() (cut int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.close()
	}
	return len(s.conns)
}

func (s *Server) forget(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	delete(s.strangers, c)
}
