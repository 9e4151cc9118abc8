package script

import (
	"context"
	"runtime/metrics"
)

// Tender looks after a host's scripts when a test says so, as Run does once a
// second.
func (h *Host) Tender() (look func()) { return newTender(context.Background(), h).look }

// StuckLooks is at how many looks in a row a handler must not have moved.
func (h *Host) StuckLooks() int { return int((h.opts.Limits.Time + stuckGrace) / tendEvery) }

// SetHeap has the watchdog see a heap of another size.
func (h *Host) SetHeap(size func() uint64) {
	h.memory.heap = func([]metrics.Sample) uint64 { return size() }
}

// Watched is how many handlers and loads the watchdog keeps an eye on.
func (h *Host) Watched() int {
	h.memory.mu.Lock()
	defer h.memory.mu.Unlock()
	return len(h.memory.heavy) + len(h.memory.ended)
}

// Heavy says whether handlers of a script are heavy from the start.
func (h *Host) Heavy(script string) bool { return h.usageOf(script).heavy() }

// SetCores gives the light and the heavy so many cores each, whatever the machine has.
func (h *Host) SetCores(n int) {
	for _, c := range []*cores{h.light, h.heavy} {
		c.all, c.free = n, n
	}
}

// FreeCores is how many cores for the heavy nobody has, and nobody waits for.
func (h *Host) FreeCores() int {
	h.heavy.mu.Lock()
	defer h.heavy.mu.Unlock()
	return h.heavy.free - len(h.heavy.waiting) - int(h.heavy.wanted.Load())
}
