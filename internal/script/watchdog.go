package script

import (
	"fmt"
	"runtime"
	"runtime/metrics"
	"sync"
	"time"
)

const (
	// victimTime is how long the watchdog waits for a handler to end that it chose.
	victimTime = time.Second
	// suspendEvery is how long it waits between two scripts that it suspends, unless
	// they are large.
	suspendEvery = 5 * time.Second
	// smallVM is the size of a VM that nobody is suspended for, in bytes.
	smallVM = 4 << 20
)

// watchdog keeps the process's heap within a limit at the scripts' cost. Every
// handler looks at the heap every 256 instructions, in which it can take 64 MB
// and no more. Nobody keeps count of whose memory it is. So when the heap stays
// too large after garbage was collected, the VMs in which nobody computes are
// measured, and the one that the handler who looks is in. If none of them is
// large, the handler that has computed the most since the last look is ended.
type watchdog struct {
	host  *Host
	limit uint64
	heap  func([]metrics.Sample) uint64
	chase sync.Mutex // held while the heap is too large and somebody acts on it

	suspended time.Time // when a script was, guarded by chase

	mu     sync.Mutex
	heavy  map[*task]int64 // handlers that may be ended, and how far they had come at the last look
	victim *task           // that was ended and is still there
	freed  chan struct{}   // closed when it has gone
}

func newWatchdog(h *Host) *watchdog {
	return &watchdog{host: h, limit: uint64(h.opts.Limits.Memory), heap: heapInUse, heavy: map[*task]int64{}}
}

func newSample() []metrics.Sample {
	return []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
}

// heapInUse is the size of the objects on the heap, of those too that nobody
// uses any more and that were not found yet.
func heapInUse(sample []metrics.Sample) uint64 {
	metrics.Read(sample)
	return sample[0].Value.Uint64()
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

// look is called by a handler that computes, t, or by nobody's. A heap that is too
// large holds up every handler that looks at it.
func (w *watchdog) look(t *task) {
	var sample []metrics.Sample
	if t != nil {
		sample = t.rt.sample
	} else {
		sample = newSample()
	}
	if w.heap(sample) <= w.limit {
		return
	}
	if t != nil {
		t.parked.Store(true)
		t.budget.Pause()
		defer func() { t.budget.Resume(); t.parked.Store(false) }()
	}
	w.chase.Lock()
	defer w.chase.Unlock()
	if t != nil && t.ctx.Err() != nil || w.heap(sample) <= w.limit {
		return
	}
	w.await(t)
	runtime.GC()
	if heap := w.heap(sample); heap > w.limit/8*7 { // or else there would be one collection after the other
		w.act(t, heap)
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

// act ends a handler, or suspends a script. t is at work in the VM that it has.
func (w *watchdog) act(t *task, heap uint64) {
	why := fmt.Errorf("%w: the process uses %d MiB, and may use %d", ErrMemory, heap>>20, w.limit>>20)
	largest, size := w.largest(t)
	switch {
	case size >= int64(w.limit/4) && t != nil && largest == t.rt:
		w.end(t, why) // it may be the handler's alone
		return
	case size >= int64(w.limit/4):
		w.suspend(largest, size, why)
		return
	}
	if victim := w.heaviest(); victim != nil {
		w.end(victim, why)
		return
	}
	if size >= smallVM && time.Since(w.suspended) >= suspendEvery {
		w.suspend(largest, size, why)
	}
}

// end ends a handler, whose end the next one waits for who looks.
func (w *watchdog) end(victim *task, why error) {
	w.mu.Lock()
	if !victim.settled.Load() { // or else nobody would free it
		w.victim, w.freed = victim, make(chan struct{})
	}
	w.mu.Unlock()
	victim.end(why)
}

func (w *watchdog) suspend(rt *Runtime, size int64, why error) {
	w.suspended = time.Now()
	rt.usage.reached("memory")
	w.host.suspend(rt, fmt.Sprintf("%v; the script holds %d MiB or more", why, size>>20))
}

// largest is the VM that holds the most, of those that nobody else computes in.
// Of one that holds too much to be measured, the size is the limit.
func (w *watchdog) largest(t *task) (largest *Runtime, size int64) {
	w.host.mu.Lock()
	open := w.host.open()
	w.host.mu.Unlock()
	for _, rt := range open {
		if n := w.sizeOf(rt, t); n > size {
			largest, size = rt, n
		}
	}
	return largest, size
}

func (w *watchdog) sizeOf(rt *Runtime, t *task) int64 {
	if t == nil || t.rt != rt {
		if !rt.turns.acquireFree(&task{rt: rt}) {
			return 0
		}
		defer rt.turns.release()
	}
	if rt.closed {
		return 0
	}
	size, whole := rt.vm.Size()
	if !whole {
		return int64(w.limit)
	}
	return size
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
	return victim
}
