package script

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"luahost/internal/sandbox"
)

const (
	// heavyAfter is after how many instructions a handler is heavy: less than a
	// millisecond of a core, which few handlers ever use.
	heavyAfter = 20_000
	// slowAfter is the same for a handler whose instructions take their time, such as
	// errors from deep down and tables that are made large, and heavyFor how long the
	// handlers of its script are then heavy from the start. On a busy machine any
	// handler may take a millisecond.
	slowAfter = 2 * time.Millisecond
	// beginning is what it costs to begin or to go on, in instructions: a script whose
	// handlers do next to nothing uses up time as well.
	beginning = 1000
	heavyFor  = 5 * time.Second
)

// poll is what a budget asks every 256 instructions.
func (h *Host) poll(b *sandbox.Budget) error {
	t := b.Owner.(*task)
	t.rt.beat.Add(1)
	t.account()
	if err := t.rt.weigh(); err != nil {
		return err
	}
	if used := b.Used(); used-t.looked >= lookAfter || used < t.looked {
		t.looked = used
		h.memory.look(t)
	}
	if t.heavy() {
		h.memory.observe(t)
		if err := t.hold(h.heavy); err != nil {
			return err
		}
		runtime.Gosched()
	} else if t.handler != nil { // a load that is not heavy needs none
		if err := t.hold(h.light); err != nil {
			return err
		}
	}
	return sandbox.Ended(t.ctx)
}

// heavy says whether a handler has become heavy, for which nobody waits any more, or its
// script was of late.
func (t *task) heavy() bool {
	used := t.budget.Used()
	if used >= heavyAfter || used > lightAfter && t.budget.Ran() >= slowAfter {
		t.unhurry()
		if !t.rt.loading { // a large script may take its time to load
			t.rt.usage.heavyUntil.Store(time.Now().Add(heavyFor).UnixNano())
		}
		return true
	}
	return t.rt.usage.heavy()
}

// heavy says whether handlers of the script are heavy from the start: what happens up
// to the first poll can take its time.
func (u *usage) heavy() bool {
	until := u.heavyUntil.Load()
	return until != 0 && until > time.Now().UnixNano()
}

// begin has a core held before the handler does anything, or goes on after a wait.
func (t *task) begin() error {
	t.rt.usage.computed.Add(beginning)
	if t.rt.usage.heavy() {
		return t.hold(t.rt.host.heavy)
	}
	return t.hold(t.rt.host.light)
}

// hold has a core held, which is handed on when it was kept for long enough.
func (t *task) hold(of *cores) error {
	if t.core.Load() == of && !of.tired() {
		return nil
	}
	t.giveCore()
	if mine := of.claim(t.rt); mine != nil {
		if err := t.await(of, mine); err != nil {
			return err
		}
	}
	t.core.Store(of)
	return nil
}

// await waits for a core. Who waits a fifth of its time for one among many heavy ones,
// while others want to compute, is beside scripts that compute without end, and goes
// with them.
func (t *task) await(of *cores, mine *claim) error {
	t.park()
	defer t.unpark()
	ctx, began, patience := t.ctx, time.Now(), t.rt.host.opts.Limits.Time
	if of == t.rt.host.heavy {
		t.rt.usage.slowed.Store(began.UnixNano())
	}
	if of == t.rt.host.heavy && of.besieged() {
		patience /= 5
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(t.ctx, patience-t.waited, sandbox.ErrTime)
		defer cancel()
		defer func() { t.waited += time.Since(began) }()
	}
	select {
	case <-mine.ready:
		return nil
	case <-ctx.Done():
		of.leave(mine)
	}
	if t.ctx.Err() != nil {
		return sandbox.Ended(t.ctx)
	}
	return fmt.Errorf("%w: it computes a lot, and waited for more than %s beside others that do", sandbox.ErrTime, patience)
}

// giveCore may also be called for a handler that was written off.
func (t *task) giveCore() {
	if of := t.core.Load(); of != nil && t.core.CompareAndSwap(of, nil) {
		of.give()
	}
}

// hurry has t's script go first, since somebody waits for t.
func (t *task) hurry() {
	if t.event.Urgent && t.urgent.CompareAndSwap(false, true) {
		t.rt.urgent.Add(1)
		t.rt.host.light.hurry(t.rt)
	}
}

// unhurry ends that: t waits itself, has become heavy, or has ended.
func (t *task) unhurry() {
	if t.urgent.CompareAndSwap(true, false) {
		t.rt.urgent.Add(-1)
	}
}
