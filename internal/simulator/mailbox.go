package simulator

import "sync"

// mailbox hands values to a sink, one at a time and in the order in which they
// were posted. Posting happens under the lock of the state, delivering after it:
// whoever finds the mailbox idle empties it, and a sink that causes more to be
// posted gets that from the same loop when it returns.
type mailbox[T any] struct {
	sink func(T)

	mu     sync.Mutex
	queue  []T
	busy   bool
	closed bool
}

func (m *mailbox[T]) post(v T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed {
		m.queue = append(m.queue, v)
	}
}

func (m *mailbox[T]) deliver() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.busy {
		return
	}
	m.busy = true
	for len(m.queue) > 0 {
		next := m.queue[0]
		m.queue = m.queue[1:]
		m.mu.Unlock()
		m.sink(next)
		m.mu.Lock()
	}
	m.busy = false
}

// close drops what is not delivered yet. A delivery that is under way on
// another goroutine is not waited for: the caller may be the sink itself.
func (m *mailbox[T]) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed, m.queue = true, nil
}
