package script

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/metrics"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"luahost/internal/sandbox"
)

const (
	// letGo is how long the watchdog waits for those to go that it has ended.
	letGo = time.Second
	// lightAfter is up to how many instructions a handler is not held up: it has the
	// tender look instead.
	lightAfter = 768
	// lookAfter is after how many instructions a handler that polls looks at the heap.
	lookAfter = 200
	// smallVM is the size of a VM that nobody is suspended for, in bytes.
	smallVM = 4 << 20
)

// watchdog keeps the process's heap within a limit at the scripts' cost. Every
// handler looks at the heap every 256 instructions, in which it can take 64 MB
// and no more. Nobody keeps count of whose memory it is. So when the heap stays
// too large after garbage was collected, the VMs are measured that nobody
// computes in at this moment. The largest go until a quarter of the limit would
// be free: handlers that are held up are ended, scripts at rest suspended. If
// that is not enough, the handler that has computed the most goes as well.
type watchdog struct {
	host  *Host
	limit uint64
	heap  func([]metrics.Sample) uint64
	alarm chan struct{} // has the tender look
	chase sync.Mutex    // held while the heap is too large and somebody acts on it

	leaving []<-chan struct{} // closed when what was ended has gone, guarded by chase

	last atomic.Uint64 // what the heap was at the last look
	may  atomic.Uint64 // what it may be: limit, or more where the host itself needs that

	mu    sync.Mutex
	heavy map[*task]int64         // handlers that may be ended, and how far they had come at the last look
	ended map[*task]chan struct{} // handlers that were, and are still there
}

func newWatchdog(h *Host) *watchdog {
	w := &watchdog{
		host: h, limit: uint64(h.opts.Limits.Memory), heap: heapInUse, alarm: make(chan struct{}, 1),
		heavy: map[*task]int64{}, ended: map[*task]chan struct{}{},
	}
	w.may.Store(w.limit)
	return w
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
	if gone, ok := w.ended[t]; ok {
		delete(w.ended, t)
		close(gone)
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
	heap := w.heap(sample)
	w.last.Store(heap)
	if heap <= w.limit/4*3 && w.may.Load() > w.limit { // luahost itself needs no more than that any more
		w.may.Store(w.limit)
	}
	if heap <= w.may.Load() {
		return
	}
	if t != nil {
		if t.budget.Used() < lightAfter {
			signal(w.alarm)
			return
		}
		t.giveCore() // until poll takes one again
		t.park()
		defer t.unpark()
	}
	w.chase.Lock()
	defer w.chase.Unlock()
	if t != nil && t.ctx.Err() != nil || w.heap(sample) <= w.may.Load() {
		return
	}
	w.await()
	runtime.GC()
	if heap := w.heap(sample); heap > w.may.Load()/8*7 { // or else there would be one collection after the other
		w.act(t, heap)
	}
}

// large says whether the heap is a quarter of what it may be, or more.
func (w *watchdog) large() bool { return w.last.Load() > w.limit/4 }

// await gives those that were ended before a moment to go.
func (w *watchdog) await() {
	timer := time.NewTimer(letGo)
	defer timer.Stop()
	for _, gone := range w.leaving {
		select {
		case <-gone:
		case <-timer.C:
			w.leaving = nil
			return
		}
	}
	w.leaving = nil
}

// holding is a VM with what it holds.
type holding struct {
	rt   *Runtime
	size int64
	busy *task // that is held up in it; nil if it is at rest
}

// act ends handlers and suspends scripts. t looks, and is held up.
func (w *watchdog) act(t *task, heap uint64) {
	list := w.holdings()
	may := w.adapt(list, heap)
	if heap <= may/8*7 {
		return
	}
	why := fmt.Errorf("%w: the process uses %d MiB, and may use %d", ErrMemory, heap>>20, may>>20)
	excess := int64(heap) - int64(may/4*3)
	excess = w.release(list, int64(w.limit/16), excess, why)
	if excess <= 0 {
		return
	}
	if victim := w.heaviest(); victim != nil {
		w.end(victim, why)
		return
	}
	w.release(list, smallVM, excess, why)
}

// adapt gives what the heap may be. Where hardly any of it is the scripts', they are
// not ended for what the host itself needs: it may have many accounts.
func (w *watchdog) adapt(list []holding, heap uint64) uint64 {
	own := int64(heap)
	for _, h := range list {
		own -= h.size
	}
	may := w.limit
	if own > int64(w.limit/4*3) {
		may = min(uint64(own)+w.limit/2, w.limit/4*5)
	}
	if before := w.may.Swap(may); may > before {
		w.host.log.Warn("luahost itself uses much of the memory that scripts may use", "used", fmt.Sprint(own>>20, " MiB"), "limit", fmt.Sprint(w.limit>>20, " MiB"), "allowed", fmt.Sprint(may>>20, " MiB"))
	}
	return may
}

// release ends what holds at least so much, the largest first, until the excess
// is gone.
func (w *watchdog) release(list []holding, least, excess int64, why error) int64 {
	for _, h := range list {
		if excess <= 0 || h.size < least {
			break
		}
		excess -= h.size
		if h.busy != nil {
			w.end(h.busy, why) // it may be the handler's alone
			continue
		}
		h.rt.usage.reached("memory")
		w.leaving = append(w.leaving, h.rt.shut)
		w.host.suspend(h.rt, fmt.Sprintf("%v; the script holds %d MiB or more", why, h.size>>20))
	}
	return excess
}

// end ends a handler.
func (w *watchdog) end(t *task, why error) {
	w.mu.Lock()
	if _, ok := w.ended[t]; !ok && !t.settled.Load() { // or else nobody would forget it
		gone := make(chan struct{})
		w.ended[t] = gone
		w.leaving = append(w.leaving, gone)
	}
	w.mu.Unlock()
	t.end(why)
}

// holdings measures the VMs that nobody computes in, the largest first. Of one
// that holds too much to be measured, the size is a quarter of the limit.
func (w *watchdog) holdings() (list []holding) {
	w.host.mu.Lock()
	open := w.host.open()
	w.host.mu.Unlock()
	for _, rt := range open {
		h := holding{rt: rt}
		var size sandbox.Size
		h.busy, size = rt.measure()
		if h.size = size.Bytes; !size.Whole {
			h.size = max(h.size, int64(w.limit/4))
		}
		list = append(list, h)
	}
	slices.SortStableFunc(list, func(a, b holding) int { return cmp.Compare(b.size, a.size) })
	return list
}

// measure gives the size of a VM, and the handler that is held up in it.
func (rt *Runtime) measure() (busy *task, size sandbox.Size) {
	nothing := sandbox.Size{Whole: true}
	if rt.turns.acquireFree(&task{rt: rt}) {
		defer rt.turns.release()
		if rt.closed {
			return nil, nothing
		}
		return nil, rt.size()
	}
	rt.parking.Lock() // nobody is let go on meanwhile
	defer rt.parking.Unlock()
	if busy, _ = rt.turns.held(); busy == nil || !busy.parked.Load() {
		return nil, nothing
	}
	if !rt.turns.hasBegun(busy) { // what is there is the script's
		busy = nil
	}
	return busy, rt.size()
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
