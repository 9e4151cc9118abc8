package script

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"luahost/internal/sandbox"
)

const (
	// heavyAfter is after how many instructions a handler needs a slot to go on:
	// some 3 ms of a core, which few handlers ever use.
	heavyAfter = 100_000
	// slotFor is how long a slot is kept while others wait for one.
	slotFor = 5 * time.Millisecond
)

// slots are what heavy handlers need to compute: fewer than there are cores, so
// that however many scripts count to a billion, a core is left for those who
// decide about calls. A slot goes to whose script has computed the least of late.
type slots struct {
	mu      sync.Mutex
	free    int
	waiting []*claim
}

type claim struct {
	lately int64
	ready  chan struct{}
}

func newSlots() *slots { return &slots{free: max(1, runtime.GOMAXPROCS(0)/2)} }

// take waits for a slot. False says that ctx ended first.
func (s *slots) take(ctx context.Context, lately int64) bool {
	s.mu.Lock()
	if s.free > 0 {
		s.free--
		s.mu.Unlock()
		return true
	}
	c := &claim{lately: lately, ready: make(chan struct{})}
	s.waiting = append(s.waiting, c)
	s.mu.Unlock()
	select {
	case <-c.ready:
		return true
	case <-ctx.Done():
		s.leave(c)
		return false
	}
}

// leave takes a claim back, or the slot that it was given meanwhile.
func (s *slots) leave(c *claim) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, other := range s.waiting {
		if other == c {
			s.waiting = append(s.waiting[:i], s.waiting[i+1:]...)
			return
		}
	}
	s.pass()
}

// give gives a slot back.
func (s *slots) give() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pass()
}

func (s *slots) pass() {
	if len(s.waiting) == 0 {
		s.free++
		return
	}
	least := 0
	for i, c := range s.waiting {
		if c.lately < s.waiting[least].lately {
			least = i
		}
	}
	c := s.waiting[least]
	s.waiting = append(s.waiting[:least], s.waiting[least+1:]...)
	close(c.ready)
}

func (s *slots) wanted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting) > 0
}

// poll is what a budget asks every 256 instructions.
func (h *Host) poll(b *sandbox.Budget) error {
	t := b.Owner.(*task)
	t.rt.beat.Add(1)
	t.account()
	if used := b.Used(); used-t.looked >= lookAfter || used < t.looked {
		t.looked = used
		h.memory.look(t)
	}
	if b.Used() >= heavyAfter || t.rt.usage.lately.Load() >= 10*heavyAfter {
		h.memory.observe(t)
		if err := h.hold(t); err != nil {
			return err
		}
		runtime.Gosched()
	}
	return sandbox.Ended(t.ctx)
}

// hold has a slot held, which is handed on when it was kept for long enough. Who
// waits for slots longer than a handler may run is beside too many others that
// compute without end, and goes with them.
func (h *Host) hold(t *task) error {
	if t.slot.Load() {
		if time.Since(t.slotSince) < slotFor || !h.slots.wanted() {
			return nil
		}
		t.giveSlot()
	}
	t.park()
	defer t.unpark()
	began := time.Now()
	ctx, cancel := context.WithTimeoutCause(t.ctx, h.opts.Limits.Time-t.waited, sandbox.ErrTime)
	defer cancel()
	if h.slots.take(ctx, t.rt.usage.lately.Load()) {
		t.slot.Store(true)
		t.slotSince = time.Now()
		t.waited += t.slotSince.Sub(began)
		return nil
	}
	if t.ctx.Err() != nil {
		return sandbox.Ended(t.ctx)
	}
	return fmt.Errorf("%w: it computes a lot, and waited for more than %s beside others that do", sandbox.ErrTime, h.opts.Limits.Time)
}

// giveSlot may also be called for a handler that was written off.
func (t *task) giveSlot() {
	if t.slot.CompareAndSwap(true, false) {
		t.rt.host.slots.give()
	}
}
