package script

import (
	"sync"
	"time"
)

// turns is the lock of a VM. Handlers that are to begin and handlers that come
// back from a wait get it in the order in which they asked, and one that is to
// begin has no goroutine before it is its turn: a script that is flooded with
// events costs little. A VM whose holder never gives it back can be abandoned,
// which ends the wait of all others.
type turns struct {
	mu      sync.Mutex
	holder  *task // that may touch the VM
	waiting []*task
	moves   int // how often the holder has changed
	gone    bool
}

// begin has a handler served when it is its turn, on a goroutine of its own.
func (q *turns) begin(t *task) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.holder != nil {
		q.waiting = append(q.waiting, t)
		return
	}
	q.grant(t)
	go t.serve()
}

// acquire waits for t's turn. False says that the VM was abandoned: t must not
// touch it any more.
func (q *turns) acquire(t *task) bool {
	q.mu.Lock()
	if q.gone || q.holder == nil {
		defer q.mu.Unlock()
		if !q.gone {
			q.grant(t)
		}
		return !q.gone
	}
	if t.wake == nil {
		t.wake = make(chan bool, 1)
	}
	q.waiting = append(q.waiting, t)
	q.mu.Unlock()
	return <-t.wake
}

// mostQueued is how many handlers wait for a VM in which one computes for long, while
// many others do.
const mostQueued = 16

// crowded says whether further handlers are not worth starting: many wait already,
// for one that computes for long.
func (q *turns) crowded() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting) >= mostQueued && q.holder != nil && q.holder.rt.usage.heavy()
}

// acquireFree is acquire for a t that waits for nobody.
func (q *turns) acquireFree(t *task) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.gone || q.holder != nil {
		return false
	}
	q.grant(t)
	return true
}

// release ends the holder's turn.
func (q *turns) release() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.gone {
		return
	}
	if len(q.waiting) == 0 {
		q.holder, q.waiting = nil, nil
		return
	}
	t := q.waiting[0]
	q.waiting[0] = nil
	q.waiting = q.waiting[1:]
	q.grant(t)
	if t.wake != nil {
		t.wake <- true
	} else {
		go t.serve()
	}
}

func (q *turns) grant(t *task) {
	t.open()
	q.holder = t
	q.moves++
}

// began notes when a handler began, for whoever has to end it from outside.
func (q *turns) began(t *task, now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	t.began = now
}

// hasBegun says whether a handler has touched the VM.
func (q *turns) hasBegun(t *task) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return t.handler == nil || !t.began.IsZero()
}

// held is who has the VM, and how often that has changed.
func (q *turns) held() (*task, int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.holder, q.moves
}

// abandon has nobody wait any more, if the holder has not changed since moves. It
// gives who holds the VM, and the handlers that will not begin.
func (q *turns) abandon(moves int) (holder *task, unbegun []*task) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.gone || q.holder == nil || q.moves != moves {
		return nil, nil
	}
	q.gone = true
	for _, t := range q.waiting {
		if t.wake != nil {
			t.wake <- false
		} else {
			unbegun = append(unbegun, t)
		}
	}
	q.waiting = nil
	return q.holder, unbegun
}
