package script

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"luahost/internal/sandbox"
)

const (
	// heavyAfter is after how many instructions a handler needs a slot to go on:
	// less than a millisecond of a core, which few handlers ever use.
	heavyAfter = 20_000
	// slowAfter is the same for a handler whose instructions take their time, such as
	// errors from deep down and tables that are made large, and heavyFor how long the
	// handlers of its script then need a slot as soon as they are looked at.
	slowAfter = time.Millisecond
	heavyFor  = 5 * time.Second
	// slotFor is how long a slot is kept while others wait for one, and restFor how
	// long it then rests if they are many: what they make has to be collected as well.
	slotFor = 5 * time.Millisecond
	restFor = 45 * time.Millisecond
	// crowd is how many wait for slots when it is no accident: they wait for a
	// fifth of the time then, so that scripts that compute without end are found out
	// together and not one after the other.
	crowd = 4
)

// slots are what heavy handlers need to compute: half as many as there are cores, so
// that however many scripts count to a billion, a core is left for those who decide
// about calls. On a machine with one core they give way at every poll. A slot goes to
// whose script has computed the least of late.
type slots struct {
	mu      sync.Mutex
	free    int
	waiting []*claim
	wanted  atomic.Int64 // how many wait
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
	s.wanted.Add(1)
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
	if i := slices.Index(s.waiting, c); i >= 0 {
		s.remove(i)
		return
	}
	s.pass()
}

// remove takes a claim off the list, with mu held.
func (s *slots) remove(i int) {
	s.waiting = slices.Delete(s.waiting, i, i+1)
	s.wanted.Add(-1)
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
	s.remove(least)
	close(c.ready)
}

// besieged says whether so many wait for slots that it is no accident.
func (s *slots) besieged() bool { return s.wanted.Load() >= crowd }

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
		if err := h.hold(t); err != nil {
			return err
		}
		runtime.Gosched()
	}
	return sandbox.Ended(t.ctx)
}

// heavy says whether a handler needs a slot to go on.
func (t *task) heavy() bool {
	used, now := t.budget.Used(), time.Now()
	if used >= heavyAfter || used > lightAfter && t.budget.Ran() >= slowAfter {
		if !t.rt.loading { // a large script may take its time to load
			t.rt.usage.heavyUntil.Store(now.Add(heavyFor).UnixNano())
		}
		return true
	}
	return t.rt.usage.heavyUntil.Load() > now.UnixNano()
}

// queue has a handler of a script whose handlers have been heavy wait for a slot
// before it does anything: what happens up to its first poll can take its time.
func (t *task) queue() error {
	if t.rt.usage.heavyUntil.Load() < time.Now().UnixNano() {
		return nil
	}
	return t.rt.host.hold(t)
}

// hold has a slot held, which is handed on when it was kept for long enough. Who
// waits for slots longer than a handler may run is beside too many others that
// compute without end, and goes with them.
func (h *Host) hold(t *task) error {
	if t.slot.Load() {
		if time.Since(t.slotSince) < slotFor || h.slots.wanted.Load() == 0 {
			return nil
		}
		if !h.slots.besieged() {
			t.giveSlot()
		} else if t.slot.CompareAndSwap(true, false) {
			time.AfterFunc(restFor, h.slots.give)
		}
	}
	t.park()
	defer t.unpark()
	began := time.Now()
	patience := h.opts.Limits.Time
	if h.slots.besieged() {
		patience /= 5
	}
	ctx, cancel := context.WithTimeoutCause(t.ctx, patience-t.waited, sandbox.ErrTime)
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
	return fmt.Errorf("%w: it computes a lot, and waited for more than %s beside others that do", sandbox.ErrTime, patience)
}

// giveSlot may also be called for a handler that was written off.
func (t *task) giveSlot() {
	if t.slot.CompareAndSwap(true, false) {
		t.rt.host.slots.give()
	}
}
