package call

import (
	"context"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
)

// Invoke sends a request of a script that made it by its name. Those that
// accept or end a call which the Book knows are decisions, like Accept, Decline
// and Hangup; a call that is requested is followed from then on. Everything else
// is passed on as it is.
func (b *Book) Invoke(ctx context.Context, a Account, by By, in bin.Encoder, out bin.Decoder) error {
	send := func() error { return a.Invoker.Invoke(ctx, in, out) }
	switch in := in.(type) {
	case *tg.PhoneDiscardCallRequest:
		return b.counted(a, in.Peer.ID, &claim{kind: discard, by: by, reason: nameOf(in.Reason)}, func(c *Call) result {
			err := send()
			return c.resultOf(updatesOf(out), err)
		}, send)
	case *tg.PhoneAcceptCallRequest:
		return b.counted(a, in.Peer.ID, &claim{kind: accept, by: by}, func(c *Call) result {
			if err := c.keep(ctx); err != nil {
				return result{err: err, unsent: true}
			}
			c.post(func(*course) { c.secret = nil }) // the key is the script's
			return result{err: send()}
		}, send)
	case *tg.PhoneRequestCallRequest, *tg.PhoneConfirmCallRequest:
		err := send()
		if answer, ok := decoded(out).(*tg.PhonePhoneCall); ok && err == nil {
			b.requested(ctx, a, by, answer)
		}
		return err
	}
	return send()
}

// counted makes a request a decision if the Book knows the call.
func (b *Book) counted(a Account, id int64, cl *claim, decide func(*Call) result, send func() error) error {
	if c, ok := b.Find(a.User, id); ok {
		return c.claim(cl, func() result { return decide(c) })
	}
	b.mu.Lock()
	known, early := b.past.get(key{a.User, id})
	b.mu.Unlock()
	if known && early == nil {
		return errOver("")
	}
	return send()
}

// requested follows a call that a script has requested or confirmed. Its row is
// on the disk before the script goes on.
func (b *Book) requested(ctx context.Context, a Account, by By, answer *tg.PhonePhoneCall) {
	c := b.Update(a, &tg.UpdatePhoneCall{PhoneCall: answer.PhoneCall}, answer.Users)
	if c == nil {
		return
	}
	c.post(func(m *course) { c.maker, m.made = by, true })
	_ = c.keep(ctx) // it rings already, and the log says so
}
