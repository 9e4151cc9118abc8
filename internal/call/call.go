// Package call is the calls that go on: for each one a goroutine that owns its
// state and its timers, lets one decision about it through, and says how it
// ended.
//
// The host makes one [Book] and runs it. It hands Book.Update every phone update
// of an account and Book.Message every entry of its history about a call, on
// any goroutine and without waiting; and what scripts ask of phone.* by its name
// goes through Book.Invoke. Scripts and rules get a [Call], whose methods any
// goroutine may use: those that read look at the state as it was last published,
// those that act wait for Telegram on the goroutine of who asks. The owner itself
// never waits for Telegram, the disk or a script.
//
// The way through the files, from top to bottom:
//
//	book.go     an update finds its call, or makes one
//	owner.go    the call's goroutine takes it in
//	course.go   what it changes: a struct without goroutines, clocks or requests
//	claims.go   who wants to decide, and what became of it
//	ending.go   how it comes to an end here
//	outcome.go  how the call ended, as a table
//	acts.go     decline, accept, ignore, hang up, rate
//	trace.go    what is told of the call
//	raw.go      the same by scripts' own phone.* requests
//	keys.go     the key of a call that was accepted
//	history.go  calls that nobody saw, and what an earlier run left open
//
// The package knows nothing of Lua, of rules or of sound. Until there is sound, a
// call that is accepted ends as failed at the connect timeout. The key exchange of
// a call that a script makes or accepts by raw requests is the script's own.
//
// Telegram's side of all this: https://core.telegram.org/api/calls
package call

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gotd/td/tg"
)

// State is how far a call has come. It only ever moves on, downwards here.
type State string

// The states. A call may end at any time.
const (
	Requested State = "requested" // phone.requestCall was sent
	Ringing   State = "ringing"   // the other side's device, or this one, has said that it rings
	Accepted  State = "accepted"  // the callee has accepted, here
	Active    State = "active"    // both sides have the key (phoneCall was seen)
	Ended     State = "ended"     // over, or taken by another device; nothing can be decided any more
)

// reached reports whether s is at least as far as other.
func (s State) reached(other State) bool { return s.place() >= other.place() }

func (s State) place() int {
	switch s {
	case Requested:
		return 0
	case Ringing:
		return 1
	case Accepted:
		return 2
	case Active:
		return 3
	}
	return 4
}

// Call is one call of one account. When both ends of a call are accounts of the
// same host, there are two.
type Call struct {
	book     *Book
	account  Account
	peer     tg.InputPhoneCall
	from     *tg.User
	incoming bool
	video    bool
	date     time.Time // when this side learned of it
	held     any

	owner // the goroutine, and what only it touches

	view    atomic.Pointer[view]
	decided chan struct{} // closed by the owner
	over    chan struct{} // closed by the owner

	mu     sync.Mutex
	kept   map[any]any
	traced map[counted]int
}

// view is a call as anybody may read it. The owner publishes a new one whenever
// something has changed.
type view struct {
	state    State
	outcome  Outcome
	reason   string
	accepted time.Time
	active   time.Time
	ended    time.Time
	talk     time.Duration // of a call that is over
	decision verb
	by       By
	changed  chan struct{} // closed when there is a newer view
}

// ID is Telegram's id of the call.
func (c *Call) ID() int64 { return c.peer.ID }

// Account is whose call it is.
func (c *Call) Account() Account { return c.account }

// Peer names the call in requests.
func (c *Call) Peer() tg.InputPhoneCall { return c.peer }

// From is the user at the other end, who is called in an outgoing call. It is
// never nil; what Telegram did not send is not filled in. Do not change it.
func (c *Call) From() *tg.User { return c.from }

// Incoming reports whether the account is the callee.
func (c *Call) Incoming() bool { return c.incoming }

// Video reports whether the caller asked for a video call.
func (c *Call) Video() bool { return c.video }

// Date is when this side learned of the call.
func (c *Call) Date() time.Time { return c.date }

// State is how far the call has come.
func (c *Call) State() State { return c.view.Load().state }

// Outcome is how the call ended, "" as long as it is not settled.
func (c *Call) Outcome() Outcome { return c.view.Load().outcome }

// Reason is Telegram's word for why the call ended, such as "busy"; "" if it
// gave none.
func (c *Call) Reason() string { return c.view.Load().reason }

// Duration is how long the two have talked; 0 before the call is active.
func (c *Call) Duration() time.Duration {
	v := c.view.Load()
	if v.state == Active {
		return c.book.opts.Clock.Now().Sub(v.active)
	}
	return v.talk
}

// Ring is how long it rang, or has been ringing.
func (c *Call) Ring() time.Duration {
	v := c.view.Load()
	switch {
	case !v.accepted.IsZero():
		return v.accepted.Sub(c.date)
	case !v.ended.IsZero():
		return v.ended.Sub(c.date)
	}
	return c.book.opts.Clock.Now().Sub(c.date)
}

// Emojis are the four by which the two people can compare their keys. Nil, so
// far: four of 333 they are, but Telegram's documentation does not list those.
// https://core.telegram.org/api/end-to-end/video-calls#key-verification
func (c *Call) Emojis() []string { return nil }

// Decided is closed when a decision has taken effect, or when the call has ended
// and nobody can decide any more.
func (c *Call) Decided() <-chan struct{} { return c.decided }

// Decision is what has been decided, "decline", "accept" or "ignore", and by whom.
func (c *Call) Decision() (kind string, by By, ok bool) {
	v := c.view.Load()
	return string(v.decision), v.by, v.decision != ""
}

// Over is closed when the outcome is settled and call.ended was given out.
func (c *Call) Over() <-chan struct{} { return c.over }

// Wait returns when the call has reached state; waiting for Ended is waiting for
// the outcome too. A call that ends without reaching it gives CALL_ENDED.
func (c *Call) Wait(ctx context.Context, state State) error {
	for {
		v := c.view.Load()
		switch {
		case v.state == Ended && state != Ended && !v.passed(state):
			return c.errEnded()
		case v.state.reached(state) && (state != Ended || v.outcome != ""):
			return nil
		}
		select {
		case <-v.changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// passed reports whether a call that has ended had reached state.
func (v *view) passed(state State) bool {
	switch state {
	case Accepted:
		return !v.accepted.IsZero()
	case Active:
		return !v.active.IsZero()
	}
	return true
}

// Held is what Options.Begin gave for this call.
func (c *Call) Held() any { return c.held }

// Forget lets go of what Kept has made, when nobody will ask for it again. Whoever
// holds the call longer, such as a script, must not keep what others made.
func (c *Call) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept = nil
}

// Kept is the value that is kept with the call under key; make gives it when it
// is first asked for.
func (c *Call) Kept(key any, make func() any) any {
	c.mu.Lock()
	defer c.mu.Unlock()
	value, ok := c.kept[key]
	if !ok {
		if c.kept == nil {
			c.kept = map[any]any{}
		}
		value = make()
		c.kept[key] = value
	}
	return value
}

type contextKey struct{}

// NewContext says that ctx is on behalf of c.
func NewContext(ctx context.Context, c *Call) context.Context {
	return context.WithValue(ctx, contextKey{}, c)
}

// FromContext is the call that ctx is on behalf of.
func FromContext(ctx context.Context) (*Call, bool) {
	c, ok := ctx.Value(contextKey{}).(*Call)
	return c, ok
}
