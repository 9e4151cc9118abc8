package script

import (
	"log/slog"
	"maps"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// tellEvery is how often what happens again and again is told.
const tellEvery = time.Minute

// usage is what a script has used of its limits, all its generations together.
// It may be used from any goroutine, with any lock held.
type usage struct {
	inflight   atomic.Int64
	turnedAway atomic.Int64  // refused, and not in the tally yet
	computed   atomic.Int64  // what its handlers have cost, in instructions
	lately     atomic.Int64  // of this, about that of the last seconds
	decides    atomic.Bool   // calls wait for it
	heavyUntil atomic.Int64  // until when its handlers are heavy from the start; Unix nanoseconds
	slowed     atomic.Int64  // when a handler of it last waited for a core among the heavy; Unix nanoseconds
	requests   *rate.Limiter // of handlers that make many

	mu      sync.Mutex // guards the rest
	lines   *rate.Limiter
	limits  map[string]int
	refused tally
	silent  tally // lines that were left out
	faults  map[faultKey]*tally
	again   int // faults that were counted only
}

// faultKey is one error of one handler.
type faultKey struct {
	event   string
	line    int
	message string
}

// maxFaults is how many errors of a script are told apart.
const maxFaults = 200

// tally counts what is told once a minute at most.
type tally struct {
	total  int
	untold int
	told   time.Time
}

func (t *tally) add() { t.total++; t.untold++ }

// due gives what is to be told now.
func (t *tally) due(now time.Time) int {
	n := t.untold
	if n == 0 || !t.told.IsZero() && now.Sub(t.told) < tellEvery {
		return 0
	}
	t.untold, t.told = 0, now
	return n
}

// maxGone is of how many names the usage is kept, before that of scripts that are gone is
// forgotten.
const maxGone = 1000

// usageOf is the usage of a script of that name.
func (h *Host) usageOf(script string) *usage {
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.usage[script]
	if u == nil {
		if len(h.usage) >= maxGone {
			h.forgetUsage()
		}
		lines := h.opts.Limits.Lines
		u = &usage{lines: rate.NewLimiter(rate.Limit(lines), 3*lines), requests: rate.NewLimiter(requestsPerSecond, 2*requestsPerSecond), limits: map[string]int{}, faults: map[faultKey]*tally{}}
		h.usage[script] = u
	}
	return u
}

// forgetUsage forgets what scripts have used that are gone, with mu held.
func (h *Host) forgetUsage() {
	known := make(map[string]bool, len(h.scripts))
	for rt := range h.retired {
		known[rt.script] = true
	}
	maps.DeleteFunc(h.usage, func(name string, _ *usage) bool { return h.scripts[name] == nil && !known[name] })
}

// admit counts a handler that begins, or refuses it.
func (rt *Runtime) admit(ev Event) bool {
	room, crowded := int64(math.MaxInt64), false
	if ev.Name != eventUnload { // which is started once
		room = rt.room(int64(rt.host.opts.Limits.InFlight))
		crowded = !ev.Urgent && rt.host.heavy.crowded() && rt.turns.crowded()
	}
	if rt.places.Add(1) <= room && !crowded {
		rt.usage.inflight.Add(1)
		return true
	}
	rt.places.Add(-1)
	rt.usage.turnedAway.Add(1)
	return false
}

// room is how many handlers of this generation there may be. What its script's other
// generations left behind takes half of the limit at most: whoever mends a script whose
// handlers wait for ever would wait as long for the new ones to run.
func (rt *Runtime) room(limit int64) int64 {
	return limit - min(rt.usage.inflight.Load()-rt.places.Load(), limit/2)
}

// vacate gives the place of a handler back.
func (rt *Runtime) vacate() {
	rt.usage.inflight.Add(-1)
	rt.places.Add(-1)
}

// fold takes refusals into the tally, with mu held: a flood of events of which a
// script refuses thousands of handlers each must cost others nothing.
func (u *usage) fold() {
	n := int(u.turnedAway.Swap(0))
	if n == 0 {
		return
	}
	u.refused.total += n
	u.refused.untold += n
	u.limits["in_flight"] += n
}

// MayLog is Runtime.MayLog for a line that the host writes about a script.
func (h *Host) MayLog(script string) bool { return h.usageOf(script).mayLog(h.opts.Clock.Now()) }

// mayLog counts a line, or one that is left out.
func (u *usage) mayLog(now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.lines.AllowN(now, 1) {
		return true
	}
	u.silent.add()
	u.limits["log_lines"]++
	return false
}

// reached counts a limit that was reached.
func (u *usage) reached(limit string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.limits[limit]++
}

// fault says whether an error is to be told, and how often it has happened since
// it was told last: an error that was told before is counted for a minute.
func (u *usage) fault(key faultKey, now time.Time) (tell bool, times int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	t := u.faults[key]
	if t == nil {
		if len(u.faults) >= maxFaults {
			clear(u.faults)
		}
		t = &tally{total: 1, told: now}
		u.faults[key] = t
		return true, 1
	}
	t.add()
	if times = t.due(now); times == 0 {
		u.again++
	}
	return times > 0, times
}

// tell logs what has been counted and not told yet.
func (u *usage) tell(log *slog.Logger, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.fold()
	if n := u.refused.due(now); n > 0 {
		log.Warn("handlers not started, the script has too many at work", "handlers", n, "limit", "limits.in_flight")
	}
	if n := u.silent.due(now); n > 0 {
		log.Warn("lines of the script left out, it logs too much", "lines", n, "limit", "limits.log_lines")
	}
	for key, t := range u.faults {
		if n := t.due(now); n > 0 {
			log.Error("handler failed again", "event", key.event, "line", key.line, "times", n, "error", key.message)
		}
	}
}

// renew tells what was counted of the errors of a generation that is replaced, and
// forgets them: whoever has changed the script has to see those that are still there.
func (u *usage) renew(log *slog.Logger) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for key, t := range u.faults {
		if t.untold > 0 {
			log.Error("handler failed again", "event", key.event, "line", key.line, "times", t.untold, "error", key.message)
		}
	}
	clear(u.faults)
}

// status fills in what Status says of it.
func (u *usage) status(s *Status) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.fold()
	s.Limits, s.Refused, s.Repeated = maps.Clone(u.limits), u.refused.total, u.again
}

// isSlowed says whether a handler of it has waited among the heavy in the last seconds.
func (u *usage) isSlowed() bool { return time.Since(time.Unix(0, u.slowed.Load())) < heavyFor }

// age lets what was computed count for less and less. It is called once a second.
func (u *usage) age() { u.lately.Store(u.lately.Load()/2 + u.computed.Swap(0)) }
