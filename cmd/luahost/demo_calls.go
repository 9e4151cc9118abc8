package main

import (
	"context"
	"fmt"
	"sync"
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
			d.line.warn(fmt.Sprintf("call %d: %v", r.call.ID, err))
			wrong++
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d calls did not end as the scripts decided", wrong, len(results))
	}
	return nil
}

// result is a call as Telegram recorded it and what the scripts did about it.
type result struct {
	call     simulator.Call
	seen     bool          // the host was told that the call ended
	handlers []script.Run  // of its first update
	decided  *host.Request // the request that decided it, or nil: it rang on
}

// check tells whether the call ended as decided.
func (r result) check(you int64) error {
	if !r.seen {
		return fmt.Errorf("the host did not learn that the call ended")
	}
	if r.decided == nil {
		if r.call.EndedBy == you {
			return fmt.Errorf("ended by you, although no script did so")
		}
		return nil
	}
	if discard, ok := r.decided.Args.(*tg.PhoneDiscardCallRequest); ok {
		if r.call.EndedBy != you || string(r.call.Reason) != reasonName(discard.Reason) {
			return fmt.Errorf("declined with %s, but ended with %s", reasonName(discard.Reason), r.call.Reason)
		}
	}
	return nil
}

// watch gathers what the embedded Telegram and the host report of the calls.
// Its methods are called from many goroutines.
type watch struct {
	mu      sync.Mutex
	calls   map[int64]*result
	order   []int64
	current int64         // the call that rings: events come one call at a time
	running int           // handlers that have started and not ended
	changed chan struct{} // closed and replaced at each report
}

func newWatch() *watch {
	return &watch{calls: make(map[int64]*result), changed: make(chan struct{})}
}

// report changes w and wakes who waits for that.
func (w *watch) report(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
	close(w.changed)
	w.changed = make(chan struct{})
}

// until waits for a condition; false says that ctx ended first.
func (w *watch) until(ctx context.Context, holds func(*watch) bool) bool {
	for {
		w.mu.Lock()
		done, changed := holds(w), w.changed
		w.mu.Unlock()
		if done {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

func (w *watch) call(c simulator.Call) {
	w.report(func() {
		r, ok := w.calls[c.ID]
		if !ok {
			r = &result{}
			w.calls[c.ID], w.current = r, c.ID
			w.order = append(w.order, c.ID)
		}
		r.call = c
	})
}

func (w *watch) event(e host.Event) {
	w.report(func() {
		w.running += e.Handlers
		update, ok := e.Update.Update.(*tg.UpdatePhoneCall)
		if !ok {
			return
		}
		if ended, ok := update.PhoneCall.(*tg.PhoneCallDiscarded); ok && w.calls[ended.ID] != nil {
			w.calls[ended.ID].seen = true
		}
	})
}

func (w *watch) handler(r script.Run) {
	w.report(func() {
		w.running--
		if c := w.calls[w.current]; c != nil && r.Event == "updatePhoneCall" && !c.seen {
			c.handlers = append(c.handlers, r)
		}
	})
}

// request notes the first request that decided a call.
func (w *watch) request(r host.Request) {
	if r.Err != nil {
		return
	}
	var peer tg.InputPhoneCall
	switch args := r.Args.(type) {
	case *tg.PhoneDiscardCallRequest:
		peer = args.Peer
	case *tg.PhoneAcceptCallRequest:
		peer = args.Peer
	default:
		return
	}
	w.report(func() {
		if c := w.calls[peer.ID]; c != nil && c.decided == nil {
			c.decided = &r
		}
	})
}

// over reports that Telegram has ended the call; settled, that the host knows
// and no handler is busy any more. The caller holds w.mu.
func (w *watch) over(id int64) bool {
	return w.calls[id] != nil && w.calls[id].call.State == simulator.Ended
}

func (w *watch) settled(id int64) bool {
	return w.over(id) && w.calls[id].seen && w.running == 0
}

func (w *watch) result(id int64) result {
	w.mu.Lock()
	defer w.mu.Unlock()
	return *w.calls[id]
}

func (w *watch) results() []result {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []result
	for _, id := range w.order {
		all = append(all, *w.calls[id])
	}
	return all
}

// demoPrompt answers the login's questions.
type demoPrompt struct{}

// Ask gives the code that the embedded Telegram sends.
func (demoPrompt) Ask(context.Context, string, bool) (string, error) { return demoCode, nil }

// Tell is silent: nobody has to be told.
func (demoPrompt) Tell(string) {}
