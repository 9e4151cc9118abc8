package script

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"luahost/internal/sandbox"
)

// trouble is why a script does not run as its file says.
type trouble struct {
	suspended string // why
	stuck     string // where it was; it may run again
	afresh    bool   // it is loaded again for that
}

// loaded takes that back, unless the load itself is a consequence.
func (t *trouble) loaded() { *t = trouble{stuck: t.stuckBefore()} }

func (t *trouble) stuckBefore() string {
	if t.afresh {
		return t.stuck
	}
	return ""
}

// suspendWithin is the time in which handlers must have been ended by their
// limits for their script to be suspended.
const suspendWithin = time.Minute

// exhausted counts a handler that its limits have ended. A generation that has
// too many of them that have computed or held too much is suspended.
func (h *Host) exhausted(t *task, err error) {
	limit := limitOf(err)
	if limit == "" {
		return
	}
	rt := t.rt
	rt.usage.reached(limit)
	if errors.Is(err, sandbox.ErrText) || errors.Is(err, sandbox.ErrPattern) {
		return // it has cost little, and a stranger's message may have brought it about
	}
	if n := rt.exhaust(h.opts.Clock.Now()); n >= h.opts.Limits.SuspendAfter {
		h.suspend(rt, fmt.Sprintf("%s: %v", endedByLimits(n), err))
	}
}

func endedByLimits(handlers int) string {
	if handlers == 1 {
		return "a handler was ended by its limits"
	}
	return fmt.Sprintf("%d handlers within a minute were ended by their limits, the last one by", handlers)
}

// exhaust gives how many handlers have come to that within the last minute.
func (rt *Runtime) exhaust(now time.Time) int {
	rt.queue.Lock()
	defer rt.queue.Unlock()
	rt.exhaustions = append(slices.DeleteFunc(rt.exhaustions, func(at time.Time) bool { return now.Sub(at) > suspendWithin }), now)
	return len(rt.exhaustions)
}

// suspend closes a generation before its time, so that its memory is given back.
// If it was the live one, nothing of the script runs until its file changes, or
// Reload names it.
func (h *Host) suspend(rt *Runtime, why string) {
	if !h.remove(rt, func(s *script) { s.suspended = why }) {
		return
	}
	rt.log.Error("script suspended until its file changes or it is reloaded by name", "reason", why)
	over, inflight, _, _ := rt.expire()
	endAll(over)
	rt.kill(fmt.Errorf("%w: %s", ErrSuspended, why))
	if inflight == 0 {
		h.finish(rt)
	}
}

// remove takes a generation that is to end at once out of what is live, and
// notes why. It is false for one that was removed before.
func (h *Host) remove(rt *Runtime, note func(*script)) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	rt.queue.Lock()
	before := rt.removed
	rt.removed, rt.unloading, rt.retired = true, true, true // it is not told to unload
	rt.queue.Unlock()
	if before || h.closing {
		return false
	}
	if s := h.scripts[rt.script]; s != nil && s.live == rt {
		note(s)
		s.live = nil
		h.live = h.index()
	}
	h.retired[rt] = true
	return true
}
