package call

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/gotd/td/tg"

	"luahost/internal/clock"
	"luahost/internal/store"
)

// The names of the events that Options.Event gets, in the order in which a call
// goes through them. Not every call has all.
const (
	EventCall     = "call"          // an incoming call rings
	EventAccepted = "call.accepted" // it was accepted here, or by whom we call
	EventActive   = "call.active"   // both sides have the key
	EventEnded    = "call.ended"    // the outcome is known
)

// Account is the account whose calls are meant.
type Account struct {
	Name    string // as configured
	User    int64  // its user id
	Invoker tg.Invoker
	Bot     bool // bots have no calls
}

// Options of New. The zero value works.
type Options struct {
	Clock clock.Clock  // default clock.System
	Log   *slog.Logger // default: discards
	Store *store.Store // nil: nothing is kept
	Rand  io.Reader    // of secrets; default crypto/rand.Reader

	// RingAfter is how long a call has to ring before the caller is told that it
	// does. Calls that scripts decline are mostly declined by then, which spares a
	// request for each. Zero: at once.
	RingAfter time.Duration

	// Begin is told of a new call; what it returns is the call's Held. It is
	// called inside Book.Update, before anything else sees the call. It must not
	// block and must not call the Book.
	Begin func(*Call) any
	// Event gets what happens to a call, one thing after another on the call's
	// own goroutine. It must not block.
	Event func(c *Call, name string)
	// Done is called once when a call is over and its last event was given out.
	Done func(*Call)
	// Traced gets what is added to a call's trace, on the goroutine that adds it.
	// It must not block. Nil: nobody looks.
	Traced func(*Call, store.Entry)
}

func (o *Options) setDefaults() {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
}

// Book is the calls that are going on.
type Book struct {
	opts   Options
	life   context.Context // of the owners and their requests
	end    context.CancelFunc
	owners sync.WaitGroup
	groups groups
	old    letters    // entries of the history about calls that are not going on
	filing sync.Mutex // held from reading a row of such a call to writing it

	mu     sync.Mutex
	closed bool
	live   map[key]*Call
	past   past
	limits map[int64]Limits // by account
}

// key is what a call is told by: both of its ends may be accounts of this host.
type key struct{ user, id int64 }

// New makes an empty Book.
func New(opts Options) *Book {
	opts.setDefaults()
	b := &Book{
		opts: opts, live: map[key]*Call{}, past: newPast(), limits: map[int64]Limits{},
		old: letters{wake: make(chan struct{}, 1)},
	}
	b.life, b.end = context.WithCancel(context.Background())
	return b
}

// Run serves until ctx ends. Then the calls that are going on are noted as
// interrupted, and all goroutines are waited for.
func (b *Book) Run(ctx context.Context) error {
	b.history(ctx)
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.end()
	b.owners.Wait()
	return nil
}

// Update takes in a phone update of a, and gives the call that it is about; nil
// if that is over and forgotten, or was never seen. It does not wait.
func (b *Book) Update(a Account, u *tg.UpdatePhoneCall, users []tg.UserClass) *Call {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := key{a.User, u.PhoneCall.GetID()}
	if c := b.live[k]; c != nil {
		c.take(u.PhoneCall)
		return c
	}
	c := b.first(a, k, u.PhoneCall, users)
	if c == nil {
		b.late(k, u.PhoneCall)
	}
	return c
}

// Active gives the calls of a user that are not over, or of all with 0, the
// oldest first.
func (b *Book) Active(user int64) []*Call {
	b.mu.Lock()
	defer b.mu.Unlock()
	var calls []*Call
	for k, c := range b.live {
		if (user == 0 || k.user == user) && c.State() != Ended {
			calls = append(calls, c)
		}
	}
	slices.SortFunc(calls, func(x, y *Call) int { return x.date.Compare(y.date) })
	return calls
}

// Find gives a call of a user that is not over.
func (b *Book) Find(user, id int64) (*Call, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c, ok := b.live[key{user, id}]
	return c, ok
}

// offer is what all constructors of PhoneCall have but those of a call that is over.
type offer interface {
	GetVideo() bool
	GetAccessHash() int64
	GetAdminID() int64
	GetParticipantID() int64
}

// first makes a call of the first update about it; nil if it is none to begin
// with. The caller holds b.mu.
func (b *Book) first(a Account, k key, seen tg.PhoneCallClass, users []tg.UserClass) *Call {
	known, early := b.past.get(k)
	if b.closed || known && early == nil {
		return nil
	}
	c := &Call{book: b, account: a, date: b.opts.Clock.Now(), decided: make(chan struct{}), over: make(chan struct{})}
	p, ok := seen.(offer)
	if _, c.incoming = seen.(*tg.PhoneCallRequested); !ok || c.incoming == (p.GetAdminID() == a.User) {
		return nil // an end, or what another device of the callee is told
	}
	c.peer, c.video = tg.InputPhoneCall{ID: k.id, AccessHash: p.GetAccessHash()}, p.GetVideo()
	c.from = userOf(users, p.GetParticipantID())
	if p, ok := seen.(*tg.PhoneCallRequested); ok {
		c.from = userOf(users, p.AdminID)
		c.keys = &keys{hash: p.GAHash, protocol: p.Protocol}
	}
	b.begin(c, early)
	if w, ok := seen.(*tg.PhoneCallWaiting); !c.incoming && (!ok || w.ReceiveDate != 0) {
		c.take(seen) // it tells of more than a beginning
	}
	return c
}

// begin starts a new call's goroutine. The caller holds b.mu.
func (b *Book) begin(c *Call, early *end) {
	limits, ok := b.limits[c.account.User]
	if !ok {
		limits = defaultLimits
	}
	c.owner.inbox.wake = make(chan struct{}, 1)
	c.course = course{incoming: c.incoming, limits: limits}
	c.view.Store(&view{state: Requested, changed: make(chan struct{})})
	if b.opts.Begin != nil {
		c.held = b.opts.Begin(c)
	}
	b.live[key{c.account.User, c.peer.ID}] = c
	c.note(c.view.Load())
	c.post(func(m *course) {
		if early != nil {
			m.beginEnded(*early)
		} else {
			m.begin()
		}
	})
	b.owners.Go(c.run)
}

// late notes an update about a call that is not going on. An end of an unknown
// call may have overtaken the call itself. The caller holds b.mu.
func (b *Book) late(k key, seen tg.PhoneCallClass) {
	known, early := b.past.get(k)
	if known && early == nil {
		b.note(k, store.Entry{Kind: "update", Name: seen.TypeName(), Text: "late: the call is over"})
		return
	}
	if p, ok := seen.(*tg.PhoneCallDiscarded); ok && (early == nil || early.reason == "") {
		b.past.put(k, gone{early: endOf(p)})
	}
}

// forget takes a call that is over out of the book. A late update will not make
// it ring again.
func (b *Book) forget(c *Call) {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := key{c.account.User, c.peer.ID}
	delete(b.live, k)
	b.past.put(k, gone{told: c.course.end.reason != ""})
}

func (b *Book) note(k key, e store.Entry) {
	if b.opts.Store != nil {
		e.Owner, e.Call, e.At = k.user, k.id, b.opts.Clock.Now()
		b.opts.Store.NoteEntry(e)
	}
}

func userOf(users []tg.UserClass, id int64) *tg.User {
	for _, u := range users {
		if u, ok := u.(*tg.User); ok && u.ID == id {
			return u
		}
	}
	return &tg.User{ID: id}
}

// pastCalls is how many calls that are over are remembered.
const pastCalls = 4096

// past remembers the calls that ended last, and ends of calls not seen yet.
type past struct {
	known map[key]gone
	order []key // a ring
	next  int
}

// gone is what is remembered of a call.
type gone struct {
	early *end // that overtook the call itself; nil: the call was here
	told  bool // Telegram has said how it ended, and the log has it
}

func newPast() past { return past{known: map[key]gone{}} }

func (p *past) get(k key) (known bool, early *end) {
	g, known := p.known[k]
	return known, g.early
}

func (p *past) put(k key, g gone) {
	if _, known := p.known[k]; !known {
		if len(p.order) < pastCalls {
			p.order = append(p.order, k)
		} else {
			delete(p.known, p.order[p.next])
			p.order[p.next] = k
			p.next = (p.next + 1) % pastCalls
		}
	}
	p.known[k] = g
}

// take passes an update about c on to its owner.
func (c *Call) take(seen tg.PhoneCallClass) {
	switch p := seen.(type) {
	case *tg.PhoneCallRequested:
		c.post((*course).heardRequested)
	case *tg.PhoneCallWaiting:
		_, received := p.GetReceiveDate()
		c.post(func(m *course) { m.heardWaiting(received) })
	case *tg.PhoneCallAccepted:
		c.post((*course).heardAccepted)
	case *tg.PhoneCall:
		c.post(func(m *course) { m.heardConfirmed(c.agree(p)) })
	case *tg.PhoneCallDiscarded:
		c.post(func(m *course) { m.heardDiscarded(*endOf(p)) })
	}
}
