package host

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/gotd/td/tg"
	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/calls"
	"luahost/bindings/rule"
	"luahost/internal/call"
	"luahost/internal/clock"
	"luahost/internal/script"
	"luahost/internal/store"
)

// phone is what the host does about calls: each has an owner in the book, stays
// with the generations of the scripts that first saw it, and is put to the rules
// when it comes in.
type phone struct {
	log     *slog.Logger
	scripts *script.Host
	store   *store.Store
	clock   clock.Clock
	within  time.Duration // decide_within
	book    *call.Book

	accounts *router
	asking   sync.WaitGroup
}

// ringAfter is less than a caller would notice, and more than rules take that ask
// nobody.
const ringAfter = 100 * time.Millisecond

// held is what the host keeps with a call that goes on.
type held struct {
	*line
	pin *script.Pin
	ctx context.Context // of the call's events
}

func newPhone(opts Options, scripts *script.Host, accounts *router) *phone {
	p := &phone{log: opts.Log, scripts: scripts, store: opts.Store, clock: opts.Clock, within: opts.DecideWithin, accounts: accounts}
	p.book = call.New(call.Options{
		Clock: opts.Clock, Log: opts.Log, Store: opts.Store, RingAfter: ringAfter,
		Begin: p.begin, Event: p.event, Done: p.done, Traced: opts.Observe.Entry,
	})
	return p
}

// run owns the calls until ctx ends, which ends them and with them the asking.
func (p *phone) run(ctx context.Context) error {
	defer p.asking.Wait()
	return p.book.Run(ctx)
}

// update gives a call's update to its owner, then to the raw handlers of the
// generations that the call began with. It returns how many were started.
func (p *phone) update(l *line, u *tg.UpdatePhoneCall, users []tg.UserClass, raw script.Event) int {
	c := p.book.Update(l.of(), u, users)
	if c == nil {
		return p.scripts.Dispatch(l.ctx, raw)
	}
	h := c.Held().(*held)
	_, raw.Urgent = u.PhoneCall.(*tg.PhoneCallRequested)
	return h.pin.Dispatch(h.ctx, raw)
}

// begin holds on to the scripts as they are, for the call's whole life.
func (p *phone) begin(c *call.Call) any {
	l, pin := p.accounts.lines[c.Account().Name], p.scripts.Pin()
	pin.WhenQuiet(c.Forget)
	return &held{line: l, pin: pin, ctx: call.NewContext(l.ctx, c)}
}

// event gives a step of a call to the handlers of its generations; a ring goes to
// the rules at the same moment.
func (p *phone) event(c *call.Call, name string) {
	h := c.Held().(*held)
	p.tell(c, name)
	if _, by, ok := c.Decision(); ok && name == call.EventEnded && by.Script != "" {
		p.scripts.Decides(by.Script)
	}
	if name == call.EventCall {
		p.asking.Go(func() { p.ask(c, h) })
	}
	h.pin.Dispatch(h.ctx, script.Event{
		Name: name, Urgent: name == call.EventCall,
		Args: func(rt *script.Runtime, l *lua.LState) []lua.LValue { return []lua.LValue{calls.New(rt, l, c)} },
	})
}

// ask puts a ring to the rules. A rule that is slow runs on when Ask returns, and
// one that declined may yet reply, so the context does not end with the call.
func (p *phone) ask(c *call.Call, h *held) {
	facts := rule.Facts{
		Call:    c,
		Blocked: func(ctx context.Context) (bool, error) { return h.blocked.has(ctx, c.From().ID) },
	}
	if p.store != nil {
		facts.Rings = func(ctx context.Context, since time.Time) ([]time.Time, error) {
			return p.store.Rings(ctx, c.Account().User, c.From().ID, since)
		}
	}
	rule.Ask(h.ctx, rule.Asking{Pin: h.pin, Facts: facts, Within: p.within, Clock: p.clock})
}

// message gives a call's entry in the history to the book: it settles how the
// call ended. https://core.telegram.org/constructor/messageActionPhoneCall
func (p *phone) message(l *line, u *tg.UpdateNewMessage, users []tg.UserClass) {
	if m, ok := u.Message.(*tg.MessageService); ok { // the book leaves other entries alone
		p.book.Message(l.of(), m, users)
	}
}

// tell logs that a call has begun or ended.
func (p *phone) tell(c *call.Call, name string) {
	attrs := []slog.Attr{slog.String("account", c.Account().Name), slog.Int64("call", c.ID()), slog.Int64("from", c.From().ID)}
	switch name {
	case call.EventCall:
		p.log.LogAttrs(context.Background(), slog.LevelInfo, "call rings", append(attrs, slog.Bool("video", c.Video()))...)
	case call.EventEnded:
		attrs = append(attrs, slog.String("outcome", string(c.Outcome())), slog.Duration("rang", c.Ring().Round(time.Millisecond)))
		if kind, by, ok := c.Decision(); ok {
			attrs = append(attrs, slog.String("decision", kind), slog.String("by", by.String()))
		}
		p.log.LogAttrs(context.Background(), slog.LevelInfo, "call ended", attrs...)
	}
}

func (p *phone) done(c *call.Call) { c.Held().(*held).pin.Release() }
