package main

import (
	"context"
	"slices"
	"sync"

	"github.com/gotd/td/tg"

	"luahost/internal/host"
	"luahost/internal/script"
	"luahost/internal/simulator"
)

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

// forget takes a call out of the results.
func (w *watch) forget(id int64) {
	w.report(func() {
		delete(w.calls, id)
		w.order = slices.DeleteFunc(w.order, func(other int64) bool { return other == id })
	})
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
