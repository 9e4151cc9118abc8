package call

import (
	"context"
	"fmt"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"

	"luahost/internal/store"
)

// Decline ends a call that rings; reason is busy (also if empty), hangup, missed
// or disconnect. It returns nil if that is what ended the call.
func (c *Call) Decline(ctx context.Context, by By, reason string) error {
	return c.discard(ctx, decline, by, reason, reasonBusy)
}

// Hangup ends a call that was accepted, or an outgoing one at any time; an empty
// reason is hangup, or missed for an outgoing call that nobody has accepted.
func (c *Call) Hangup(ctx context.Context, by By, reason string) error {
	usual := reasonHangup
	if !c.incoming && !c.State().reached(Accepted) {
		usual = reasonMissed
	}
	return c.discard(ctx, hangup, by, reason, usual)
}

func (c *Call) discard(ctx context.Context, kind verb, by By, reason, usual string) error {
	if reason == "" {
		reason = usual
	}
	if reasonNamed(reason) == nil {
		return refuse(CallReasonInvalid, "%q is no reason: busy, hangup, missed or disconnect", reason)
	}
	return c.claim(&claim{kind: kind, by: by, reason: reason}, func() result {
		var answer tg.UpdatesBox
		line, err := c.invoke(ctx, by, reason, c.discardRequest(reason), &answer)
		r := c.resultOf(answer.Updates, err)
		r.line = line
		return r
	})
}

// Accept answers a call that rings.
func (c *Call) Accept(ctx context.Context, by By) error {
	return c.claim(&claim{kind: accept, by: by}, func() result {
		if err := c.keep(ctx); err != nil {
			return result{err: err, unsent: true}
		}
		half, err := c.half(ctx)
		if err != nil {
			return result{err: err, unsent: true}
		}
		in := &tg.PhoneAcceptCallRequest{Peer: c.peer, GB: half, Protocol: c.protocol()}
		line, err := c.invoke(ctx, by, "", in, &tg.PhonePhoneCall{})
		return result{line: line, err: err}
	})
}

// Ignore decides to let it ring.
func (c *Call) Ignore(_ context.Context, by By) error {
	return c.claim(&claim{kind: ignore, by: by}, nil)
}

// Rate gives a call that was active 1 to 5 stars and a comment.
func (c *Call) Rate(ctx context.Context, stars int, comment string) error {
	v := c.view.Load()
	switch {
	case v.state != Ended:
		return refuse(CallNotEnded, "the call goes on: rate it when it is over")
	case v.active.IsZero():
		return refuse(CallNotActive, "the call was never active")
	}
	in := &tg.PhoneSetCallRatingRequest{Peer: c.peer, Rating: stars, Comment: comment}
	line, err := c.invoke(ctx, By{}, fmt.Sprintf("%d stars", stars), in, &tg.UpdatesBox{})
	c.trace(line)
	return err
}

// claim asks the owner for leave, and sends the request if it is given. What
// send finds out is what the owner judges by.
func (c *Call) claim(cl *claim, send func() result) error {
	cl.reply = make(chan error, 2)
	asked := c.post(func(m *course) {
		m.ask(cl)
		if m.claim == cl {
			c.asking++
		}
	})
	if !asked {
		return c.errEnded()
	}
	if err := <-cl.reply; err != nil || cl.kind == ignore {
		return err
	}
	r := send()
	told := c.post(func(m *course) {
		c.asking--
		c.trace(r.line)
		m.answered(cl, r)
	})
	if !told { // the host is closing
		c.trace(r.line)
		return r.err
	}
	return <-cl.reply
}

// invoke sends a request for somebody, and gives a line about it for the trace:
// the owner adds it, when it has seen the updates that came with the answer.
func (c *Call) invoke(ctx context.Context, by By, text string, in bin.Encoder, out bin.Decoder) (*store.Entry, error) {
	began := c.book.opts.Clock.Now()
	err := c.account.Invoker.Invoke(ctx, in, out)
	line := &store.Entry{
		Kind: "request", Name: methodName(in), Text: text, Took: c.book.opts.Clock.Now().Sub(began),
		Script: by.Script, Generation: by.Generation, File: by.File, Line: by.Line,
	}
	if err != nil {
		line.Text, line.Failed = brief(err), true
	}
	return line, err
}

func (c *Call) trace(line *store.Entry) {
	if line != nil {
		c.Trace(*line)
	}
}

func methodName(in bin.Encoder) string {
	if named, ok := in.(interface{ TypeName() string }); ok {
		return named.TypeName()
	}
	return fmt.Sprintf("%T", in)
}

// keep returns when the call's row is on the disk: a call that is accepted must
// be known after a crash.
func (c *Call) keep(ctx context.Context) error { return c.keepRow(ctx, c.row(c.view.Load())) }

func (c *Call) keepRow(ctx context.Context, row store.Call) error {
	if c.book.opts.Store == nil {
		return nil
	}
	err := c.book.opts.Store.KeepCall(ctx, row)
	if !c.post(func(*course) { c.renote = true }) { // the call may have gone on meanwhile
		c.note(c.view.Load())
	}
	if err != nil {
		c.book.opts.Log.Error("call cannot be kept", "account", c.account.Name, "call", c.peer.ID, "err", err)
		return refuse(CallNotKept, "the call is not accepted, because it cannot be written down first: %v", err)
	}
	return nil
}

func (c *Call) discardRequest(reason string) *tg.PhoneDiscardCallRequest {
	return &tg.PhoneDiscardCallRequest{
		Peer: c.peer, Duration: int(c.Duration() / time.Second), Reason: reasonNamed(reason),
	}
}
