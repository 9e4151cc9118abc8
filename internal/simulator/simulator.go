// Package simulator is an embedded Telegram: users, contacts, messages and the
// whole life of one-to-one calls, with Telegram's own errors, timeouts and
// access hashes, written from its documentation (https://core.telegram.org).
// Where the documentation is silent, a comment says "our choice".
// docs/simulator.md, which is made of methods.go and the comments beside it, lists
// all that it knows; the sub-package story tells calls from beginning to end.
//
// A [Client] is what one authorization key sees. It takes requests as the bytes
// of the API and answers with objects made for that request alone, so nothing
// is shared between a client and the state. What happens to a user is given as
// updates to the sinks that are subscribed at the user's clients. The transport
// of MTProto is in the sub-package server.
//
// One mutex guards all of the state, and one request is carried out at a time.
// Sinks and Options.OnCall run without that mutex, each in the order of events,
// on the goroutine of a request or of the clock; they must not block, and may
// send requests. The package starts no goroutine and keeps nothing on disk.
package simulator

import (
	"bufio"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"sync"

	"luahost/internal/clock"
)

// Options of an embedded Telegram. The zero value is ready to use.
type Options struct {
	Clock  clock.Clock  // default clock.System; a call that rings, or awaits its key, is one timer on it
	Log    *slog.Logger // default: silent
	Rand   io.Reader    // of ids, hashes and keys; default crypto/rand.Reader
	OnCall func(Call)   // gets a snapshot after each change of a call; may be nil

	Timeouts Timeouts // of calls
}

// Telegram is one embedded Telegram. Its methods may be called concurrently.
type Telegram struct {
	clock   clock.Clock
	log     *slog.Logger
	methods map[uint32]method // by the request's type id
	secret  []byte            // all access hashes come from it

	timeouts Timeouts

	mu         sync.Mutex // guards all that follows and all that it leads to
	rand       io.Reader
	host       string
	port       int
	clients    map[[8]byte]*Client
	users      map[int64]*user
	byPhone    map[string]*user
	byUsername map[string]*user // in lower case
	byToken    map[string]*user
	codes      map[string]loginCode // by phone_code_hash
	calls      map[int64]*call
	record     []*call // in the order of their requests
	faults     []*fault
	onCall     *mailbox[Call]
	unread     []interface{ deliver() } // mailboxes that got something under this lock
}

// New makes a Telegram without users.
func New(o Options) *Telegram {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	o.Timeouts.setDefaults()
	t := &Telegram{
		clock:      o.Clock,
		log:        o.Log,
		methods:    make(map[uint32]method),
		timeouts:   o.Timeouts,
		rand:       bufio.NewReader(o.Rand),
		host:       "127.0.0.1",
		port:       443,
		clients:    make(map[[8]byte]*Client),
		users:      make(map[int64]*user),
		byPhone:    make(map[string]*user),
		byUsername: make(map[string]*user),
		byToken:    make(map[string]*user),
		codes:      make(map[string]loginCode),
		calls:      make(map[int64]*call),
	}
	if o.OnCall != nil {
		t.onCall = &mailbox[Call]{sink: o.OnCall}
	}
	t.secret = t.random(32)
	for _, m := range methods() {
		t.methods[m.id] = m
	}
	return t
}

// SetAddress says where clients reach this Telegram: help.getConfig tells them.
func (t *Telegram) SetAddress(host string, port int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.host, t.port = host, port
}

// release unlocks t.mu, then delivers what was posted under it.
func (t *Telegram) release() {
	unread := t.unread
	t.unread = nil
	t.mu.Unlock()
	for _, m := range unread {
		m.deliver()
	}
}

// now is the date of whatever happens now, as the API counts.
func (t *Telegram) now() int { return int(t.clock.Now().Unix()) }

// random gives n random bytes.
func (t *Telegram) random(n int) []byte {
	b := make([]byte, n)
	if _, err := io.ReadFull(t.rand, b); err != nil {
		panic(fmt.Sprintf("simulator: Options.Rand: %v", err)) // as crypto/rand does
	}
	return b
}

// randomID gives a positive id: Telegram's longs are signed, its ids are not
// negative.
func (t *Telegram) randomID() int64 {
	return int64(binary.LittleEndian.Uint64(t.random(8))>>1 | 1)
}

// accessHash is what viewer must show to name the object of that kind and id:
// each viewer has another one, and nobody's fits for somebody else.
func (t *Telegram) accessHash(kind string, viewer, id int64) int64 {
	mac := hmac.New(sha256.New, t.secret)
	fmt.Fprintf(mac, "%s %d %d", kind, viewer, id)
	return int64(binary.LittleEndian.Uint64(mac.Sum(nil)))
}
