package script

import (
	"cmp"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/metrics"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// lookEvery is after how many instructions, of all scripts together, the heap
	// is looked at: some half a millisecond of a core.
	lookEvery = 16 * 1024
	// victimTime is how long the watchdog waits for a handler to end that it chose.
	victimTime = time.Second
	// suspendEvery is how long it waits between two scripts that it suspends.
	suspendEvery = 5 * time.Second
)

// watchdog keeps the process's heap within a limit at the scripts' cost. Nobody
// can say whose memory it is, so the handler that has computed the most since
// the last look is ended; and if no handler is at work, or that was not enough,
// the script is suspended that has computed the most of late.
type watchdog struct {
	host  *Host
	limit uint64
	heap  func() uint64
	spent atomic.Int64 // instructions since the last look
	chase sync.Mutex   // held while the heap is too large and somebody acts on it

	suspended time.Time // when a script was, guarded by chase

	mu     sync.Mutex
	heavy  map[*task]int64 // handlers that may be ended, and how far they had come at the last look
	victim *task           // that was ended and is still there
	freed  chan struct{}   // closed when it has gone
}

func newWatchdog(h *Host) *watchdog {
	return &watchdog{host: h, limit: uint64(h.opts.Limits.Memory), heap: heapInUse, heavy: map[*task]int64{}}
}

// heapInUse is the size of the objects on the heap, of those too that nobody
// uses any more and that were not found yet.
func heapInUse() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// due counts instructions, and says whether the heap is to be looked at.
func (w *watchdog) due(fresh int64) bool {
	if w.spent.Add(fresh) < lookEvery {
		return false
	}
	w.spent.Store(0)
	return true
}

// observe makes a heavy handler one that may be ended.
func (w *watchdog) observe(t *task) {
	if t.observed {
		return
	}
	t.observed = true
	w.mu.Lock()
	defer w.mu.Unlock()
	w.heavy[t] = 0
}

// forget lets go of a handler that has ended.
func (w *watchdog) forget(t *task) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.heavy, t)
	if t == w.victim {
		w.victim = nil
		close(w.freed)
	}
}

// look is called by a handler that computes, t, or by nobody's.
func (w *watchdog) look(t *task) {
	if w.heap() <= w.limit {
		return
	}
	if t != nil {
		t.parked.Store(true)
		t.budget.Pause()
		defer func() { t.budget.Resume(); t.parked.Store(false) }()
	}
	w.chase.Lock()
	defer w.chase.Unlock()
	if t != nil && t.ctx.Err() != nil || w.heap() <= w.limit {
		return
	}
	w.await(t)
	runtime.GC()
	if heap := w.heap(); heap > w.limit {
		w.act(heap)
	}
}

// await gives the handler that was ended before a moment to go.
func (w *watchdog) await(t *task) {
	w.mu.Lock()
	victim, freed := w.victim, w.freed
	w.mu.Unlock()
	if victim == nil || victim == t {
		return
	}
	timer := time.NewTimer(victimTime)
	defer timer.Stop()
	select {
	case <-freed:
	case <-timer.C:
	}
}

// act ends a handler, or suspends a script.
func (w *watchdog) act(heap uint64) {
	err := fmt.Errorf("%w: the scripts' host uses %d MiB, of at most %d", ErrMemory, heap>>20, w.limit>>20)
	if victim := w.heaviest(); victim != nil {
		victim.end(err)
		return
	}
	if now := time.Now(); now.Sub(w.suspended) >= suspendEvery {
		w.suspended = now
		w.host.suspendHeaviest(err)
	}
}

// heaviest is the handler that has computed the most since it was asked last.
func (w *watchdog) heaviest() (victim *task) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var most int64
	for t, before := range w.heavy {
		now := t.counted.Load()
		w.heavy[t] = now
		if now-before > most && t.ctx.Err() == nil {
			victim, most = t, now-before
		}
	}
	if w.victim = victim; victim != nil {
		w.freed = make(chan struct{})
	}
	return victim
}

// suspendHeaviest suspends the script that has computed the most of late, unless
// none has computed much.
func (h *Host) suspendHeaviest(why error) {
	h.mu.Lock()
	open := h.open()
	h.mu.Unlock()
	weight := func(rt *Runtime) int64 { return rt.usage.weight.Load() + rt.usage.lately.Load() }
	open = slices.DeleteFunc(open, func(rt *Runtime) bool { return weight(rt) < heavyAfter })
	if len(open) == 0 {
		h.log.Warn("the heap is beyond its limit, and no script is at work that could be the reason", slog.Any("error", why))
		return
	}
	worst := slices.MaxFunc(open, func(a, b *Runtime) int { return cmp.Compare(weight(a), weight(b)) }).script
	for _, rt := range open {
		if rt.script == worst {
			rt.usage.reached("memory")
			h.suspend(rt, why.Error())
		}
	}
}
