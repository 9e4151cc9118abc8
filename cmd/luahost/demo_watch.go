package main

import (
	"context"
	"slices"
	"sync"

	"luahost/internal/call"
	"luahost/internal/simulator"
	"luahost/internal/store"
)

// watch gathers what the embedded Telegram and the host report of the calls.
// Its methods are called from many goroutines.
type watch struct {
	mu      sync.Mutex
	calls   map[int64]*seen
	order   []int64
	idle    func() bool   // no script is at work
	changed chan struct{} // closed and replaced at each report
}

// seen is a call as Telegram records it, and what the host has traced.
type seen struct {
	call    simulator.Call
	asked   bool // the rules are done with it
	settled bool // the host knows how it ended
	entries int
}

func newWatch() *watch {
	return &watch{calls: make(map[int64]*seen), idle: func() bool { return true }, changed: make(chan struct{})}
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

// of finds a call; w.mu is held.
func (w *watch) of(id int64) *seen {
	if w.calls[id] == nil {
		w.calls[id] = &seen{}
		w.order = append(w.order, id)
	}
	return w.calls[id]
}

func (w *watch) call(c simulator.Call) { w.report(func() { w.of(c.ID).call = c }) }

func (w *watch) entry(c *call.Call, e store.Entry) {
	w.report(func() {
		s := w.of(c.ID())
		s.entries++
		s.asked = s.asked || e.Kind == "decision" || e.Kind == "rule" && e.Name == ""
		s.settled = s.settled || e.Kind == "outcome"
	})
}

// handled is told when a handler has ended: something may be idle now.
func (w *watch) handled() { w.report(func() {}) }

// over reports that Telegram has ended the call; settled, that the host knows,
// and that nothing is at work on it any more. The caller holds w.mu.
func (w *watch) over(id int64) bool {
	return w.calls[id] != nil && w.calls[id].call.State == simulator.Ended
}

// quiet reports that the call is over, or that all scripts are done with it. The
// caller holds w.mu.
func (w *watch) quiet(id int64) bool {
	return w.over(id) || w.calls[id] != nil && w.calls[id].asked && w.idle()
}

func (w *watch) settled(id int64) bool {
	return w.over(id) && w.calls[id].settled && w.idle()
}

// accepted reports whether the call was answered.
func (w *watch) accepted(id int64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls[id] != nil && !w.calls[id].call.Accepted.IsZero()
}

// forget takes a call out of the results.
func (w *watch) forget(id int64) {
	w.report(func() {
		delete(w.calls, id)
		w.order = slices.DeleteFunc(w.order, func(other int64) bool { return other == id })
	})
}

// results are the calls in their order.
func (w *watch) results() []seen {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []seen
	for _, id := range w.order {
		all = append(all, *w.calls[id])
	}
	return all
}
