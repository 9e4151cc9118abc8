package clock

import (
	"slices"
	"sync"
	"time"
)

// Manual is a clock that stands still until Advance moves it.
type Manual struct {
	mu      sync.Mutex
	now     time.Time
	pending []*manualTimer // by due, then by order of creation
	changed chan struct{}  // closed and replaced when a timer is added
}

// NewManual gives a clock that shows now.
func NewManual(now time.Time) *Manual {
	return &Manual{now: now, changed: make(chan struct{})}
}

// Now is the time that the clock shows.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// AfterFunc has Advance call f once the clock has moved by d. A d that is not
// positive is due at the next Advance, also at Advance(0).
func (m *Manual) AfterFunc(d time.Duration, f func()) Timer {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := &manualTimer{clock: m, due: m.now.Add(max(d, 0)), run: f}
	at, _ := slices.BinarySearchFunc(m.pending, t, func(a, b *manualTimer) int {
		if a.due.After(b.due) {
			return 1
		}
		return -1 // an equal one stays before: first come, first served
	})
	m.pending = slices.Insert(m.pending, at, t)
	close(m.changed)
	m.changed = make(chan struct{})
	return t
}

// Advance moves the clock by d and calls what falls due on the way, in order,
// each at its own time; what those calls add and is due by then is called too.
func (m *Manual) Advance(d time.Duration) {
	m.mu.Lock()
	end := m.now.Add(d)
	for len(m.pending) > 0 && !m.pending[0].due.After(end) {
		t := m.pending[0]
		m.pending = m.pending[1:]
		if t.due.After(m.now) {
			m.now = t.due
		}
		m.mu.Unlock()
		t.run()
		m.mu.Lock()
	}
	m.now = end
	m.mu.Unlock()
}

// AwaitTimers returns when at least n calls are pending, so that a test may
// advance only after what it tests has begun to wait.
func (m *Manual) AwaitTimers(n int) {
	for {
		m.mu.Lock()
		enough, changed := len(m.pending) >= n, m.changed
		m.mu.Unlock()
		if enough {
			return
		}
		<-changed
	}
}

type manualTimer struct {
	clock *Manual
	due   time.Time
	run   func()
}

// Stop takes the call back; false says that it was made, or taken back before.
func (t *manualTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	at := slices.Index(t.clock.pending, t)
	if at < 0 {
		return false
	}
	t.clock.pending = slices.Delete(t.clock.pending, at, at+1)
	return true
}
