package script

import (
	"sync"
	"time"

	"luahost/internal/clock"
)

// life is what keeps a generation open: it goes on while it is the script's
// live one, and after that while handlers run, pins hold it or callbacks wait.
// Whoever takes the last of these away is told so, and calls Host.finish.
type life struct {
	queue     sync.Mutex // guards the rest; may be taken with any other lock held
	inflight  int        // dispatched and not ended
	pins      int        // that may still dispatch to it
	holds     int        // callbacks that it waits for
	callbacks map[*Callback]struct{}
	bound     map[*Pin]map[*Callback]struct{} // those that end with a pin
	retired   bool                            // replaced, or its file is gone
	unloading bool                            // its handlers of "unload" were started
	removed   bool                            // suspended, or stuck
	expired   bool                            // at its limit: nothing starts on it any more
	expiry    clock.Timer
	successor *Runtime // whose "load" waits for its end

	exhaustions []time.Time // of the last minute
}

func (l *life) unused() bool {
	return l.retired && l.inflight == 0 && (l.expired || l.pins == 0 && l.holds == 0)
}

// enter counts a handler that is to begin. A generation that has ended takes
// none.
func (l *life) enter(event string) bool {
	l.queue.Lock()
	defer l.queue.Unlock()
	if l.expired && event != eventUnload {
		return false
	}
	l.inflight++
	return true
}

// hold counts as a handler until leave.
func (l *life) hold() {
	l.queue.Lock()
	defer l.queue.Unlock()
	l.inflight++
}

// leave counts a handler that has ended.
func (l *life) leave() (last bool) {
	l.queue.Lock()
	defer l.queue.Unlock()
	l.inflight--
	return l.unused()
}

func (l *life) pin() {
	l.queue.Lock()
	defer l.queue.Unlock()
	l.pins++
}

// unpin counts a pin that was released. Callbacks that repeat for it end, or go
// on as long as the generation is the live one.
func (l *life) unpin(p *Pin) (over []*Callback, last bool) {
	l.queue.Lock()
	defer l.queue.Unlock()
	l.pins--
	for c := range l.bound[p] {
		if c.origin.pin = nil; l.retired {
			over = append(over, c)
		}
	}
	delete(l.bound, p)
	l.forget(over)
	return over, l.unused()
}

// retire ends the callbacks that end with the live generation. When it was not
// the last, the next one's "load" need not wait.
func (l *life) retire(successor *Runtime) (over []*Callback, last bool) {
	l.queue.Lock()
	defer l.queue.Unlock()
	l.retired = true
	for c := range l.callbacks {
		if !c.keeps && c.origin.pin == nil {
			over = append(over, c)
		}
	}
	l.forget(over)
	if last = l.unused(); last {
		l.successor = successor
	}
	return over, last
}

// expire ends what is left, and says what that was.
func (l *life) expire() (over []*Callback, inflight, pins int, last bool) {
	l.queue.Lock()
	defer l.queue.Unlock()
	l.expired = true
	over = l.drop()
	return over, l.inflight, l.pins, l.unused()
}

// drop takes all callbacks away, with the queue locked.
func (l *life) drop() (over []*Callback) {
	for c := range l.callbacks {
		over = append(over, c)
	}
	l.forget(over)
	return over
}

func (l *life) forget(over []*Callback) {
	for _, c := range over {
		l.remove(c)
	}
}

// remove takes one callback away, with the queue locked.
func (l *life) remove(c *Callback) {
	c.over = true
	delete(l.callbacks, c)
	delete(l.bound[c.origin.pin], c)
	if c.keeps {
		l.holds--
	}
}

// timers counts the callbacks.
func (l *life) timers() int {
	l.queue.Lock()
	defer l.queue.Unlock()
	return len(l.callbacks)
}
