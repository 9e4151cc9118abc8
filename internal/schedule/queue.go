package schedule

import (
	"container/heap"
	"context"
	"sync"
	"time"

	"luahost/internal/clock"
)

// batch is how many are given out at once.
const batch = 256

// slot is a place in a queue, which whatever is queued has one of.
type slot[T any] struct {
	at    time.Time
	index int // in the heap, from 1; 0: not queued
	of    T
}

// queue gives out what is due, in order, to one goroutine. wall says that it goes
// by the clock on the wall, which may be set at any time.
type queue[T any] struct {
	clock clock.Clock
	wall  bool
	wake  chan struct{} // holds a token when what is first may have changed

	mu    sync.Mutex
	slots slots[T]
	last  time.Time // when now was last asked for, by the goroutine of run
}

func newQueue[T any](c clock.Clock, wall bool) *queue[T] {
	return &queue[T]{clock: c, wall: wall, wake: make(chan struct{}, 1)}
}

func (q *queue[T]) now() time.Time {
	now := q.clock.Now()
	if q.wall {
		return now.Round(0) // drops what the time has that passes
	}
	return now
}

// put has s given out at a time, and not at another one.
func (q *queue[T]) put(s *slot[T], at time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	s.at = at
	if s.index == 0 {
		heap.Push(&q.slots, s)
	} else {
		heap.Fix(&q.slots, s.index-1)
	}
	if s.index == 1 {
		q.ring()
	}
}

// take takes s out of the queue.
func (q *queue[T]) take(s *slot[T]) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if s.index > 0 {
		heap.Remove(&q.slots, s.index-1)
	}
}

func (q *queue[T]) ring() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// run gives out until ctx ends. back is told when the clock on the wall was set back
// by more than a minute, and by how much at least.
func (q *queue[T]) run(ctx context.Context, fire func([]T), back func(by time.Duration)) {
	for ctx.Err() == nil {
		if by := q.setBack(); by > grace {
			back(by)
		}
		due, wait, more := q.due()
		if len(due) > 0 {
			fire(due)
			continue
		}
		var timer clock.Timer
		if more {
			if q.wall {
				wait = min(wait, lookAgain)
			}
			timer = q.clock.AfterFunc(wait, q.ring)
		}
		select {
		case <-q.wake:
		case <-ctx.Done():
		}
		if timer != nil {
			timer.Stop()
		}
	}
}

// setBack says by how much the clock shows less than the last time.
func (q *queue[T]) setBack() time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.now()
	by := q.last.Sub(now)
	q.last = now
	return by
}

// all gives what is queued.
func (q *queue[T]) all() []T {
	q.mu.Lock()
	defer q.mu.Unlock()
	list := make([]T, len(q.slots))
	for i, s := range q.slots {
		list[i] = s.of
	}
	return list
}

// due takes out what is due, up to a batch; else it says how long to wait, if there
// is anything to wait for.
func (q *queue[T]) due() (due []T, wait time.Duration, more bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.now()
	for len(q.slots) > 0 && len(due) < batch {
		if wait = q.slots[0].at.Sub(now); wait > 0 {
			return due, wait, true
		}
		due = append(due, heap.Pop(&q.slots).(*slot[T]).of)
	}
	return due, 0, false
}

// slots are a heap, the earliest first.
type slots[T any] []*slot[T]

func (s slots[T]) Len() int           { return len(s) }
func (s slots[T]) Less(i, j int) bool { return s[i].at.Before(s[j].at) }

func (s slots[T]) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].index, s[j].index = i+1, j+1
}

// Push implements heap.Interface.
func (s *slots[T]) Push(x any) {
	one := x.(*slot[T])
	*s = append(*s, one)
	one.index = len(*s)
}

// Pop implements heap.Interface.
func (s *slots[T]) Pop() any {
	last := len(*s) - 1
	one := (*s)[last]
	(*s)[last] = nil
	*s = (*s)[:last]
	one.index = 0
	return one
}
