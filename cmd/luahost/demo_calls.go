package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/gotd/td/tg"

	"luahost/internal/host"
	"luahost/internal/script"
	"luahost/internal/simulator"
)

// settleTime is how long the demo waits for handlers that are still busy with a
// call after it has ended, before the next one rings.
const settleTime = 3 * time.Second

// ring has one caller ring once, and follows the call until it has ended and
// the scripts are done with it.
func (d *demo) ring(ctx context.Context, n int, c *caller) {
	d.line.rings(n, c)
	call, err := c.client.Ring(ctx, d.you, c.video)
	if err != nil {
		d.line.refused(c, err)
		return
	}
	patience := 2 * d.pace
	if c.brief {
		patience = d.pace / 4
	}
	waiting, cancel := context.WithTimeout(ctx, patience)
	answered := d.watch.until(waiting, func(w *watch) bool { return w.over(call.ID()) })
	cancel()
	if !answered {
		if err := call.HangUp(context.WithoutCancel(ctx), &tg.PhoneCallDiscardReasonMissed{}, 0); err != nil {
			d.line.refused(c, err)
		}
	}
	settling, cancel := context.WithTimeout(ctx, settleTime)
	d.watch.until(settling, func(w *watch) bool { return w.settled(call.ID()) })
	cancel()
	if ctx.Err() != nil {
		d.watch.forget(call.ID()) // cut off in the middle: nothing to judge
		return
	}
	d.line.ended(d.watch.result(call.ID()))
}

// verdict compares what the scripts decided with how Telegram says that each
// call ended.
func (d *demo) verdict() error {
	results := d.watch.results()
	d.line.summary(results)
	wrong := 0
	for _, r := range results {
		if err := r.check(d.you); err != nil {
			d.line.warn(fmt.Sprintf("the call of %s at %s: %v", d.caller(r.call.From), r.call.Requested.Format(time.TimeOnly), err))
			wrong++
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d calls did not end as the scripts decided", wrong, len(results))
	}
	return nil
}

// caller is who has an id.
func (d *demo) caller(id int64) *caller {
	return d.order[slices.IndexFunc(d.order, func(c *caller) bool { return c.id == id })]
}

// result is a call as Telegram recorded it and what the scripts did about it.
type result struct {
	call     simulator.Call
	seen     bool          // the host was told that the call ended
	handlers []script.Run  // of its first update
	decided  *host.Request // the request that decided it, or nil: it rang on
}

// overtaken reports that the call had ended otherwise before the decision was
// answered, which then decided nothing.
func (r result) overtaken() bool {
	return r.decided != nil && r.call.EndedBy != r.call.To && r.call.Ended.Before(r.decided.Began.Add(r.decided.Took))
}

// check tells whether the call ended as decided.
func (r result) check(you int64) error {
	switch {
	case !r.seen:
		return fmt.Errorf("the host did not learn that the call ended")
	case r.decided == nil:
		if r.call.EndedBy == you {
			return fmt.Errorf("ended by you, although no script did so")
		}
		return nil
	case r.overtaken():
		return nil
	}
	switch request := r.decided.Args.(type) {
	case *tg.PhoneDiscardCallRequest:
		if r.call.EndedBy != you || string(r.call.Reason) != reasonName(request.Reason) {
			return fmt.Errorf("declined with %s, but ended with %s", reasonName(request.Reason), r.call.Reason)
		}
	case *tg.PhoneAcceptCallRequest:
		if r.call.Accepted.IsZero() {
			return fmt.Errorf("accepted, but it went on ringing")
		}
	}
	return nil
}
