package script

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// cores are what handlers need to compute, half as many as the machine has, for the
// light and for the heavy ones each. However many scripts there are and whatever they
// do, time is left to those who carry calls and requests: Go has no priorities, and
// looks at the network only when nobody else wants to run. A core goes to the handler
// whose script has computed the least of late; before all, to one whose script somebody
// waits for, such as a call for a rule. Among the light such a script needs none.
type cores struct {
	crowd       int           // so many wait only when something is wrong
	slice       time.Duration // under strain they work for so long at a time
	least, most time.Duration // and then rest: the longer the more wait
	beside      *cores        // unless nil, the strain is what others do on these

	siege atomic.Int64 // of the light: until when many heavy handlers count as having waited of late; Unix nanoseconds

	mu      sync.Mutex
	all     int
	free    int       // below zero while more compute than there are cores
	since   time.Time // when they last began to work
	seen    int64     // how many had had a core of beside then
	waiting []*claim
	watched bool         // somebody looks out for a standstill
	wanted  atomic.Int64 // how many wait
	granted atomic.Int64 // how many have had a core so far
}

// newLight makes the cores of handlers that have just begun, or come back from a wait.
func newLight() *cores {
	return ready(&cores{crowd: 20, slice: time.Millisecond / 2, least: time.Millisecond / 5, most: 2 * time.Millisecond})
}

// newHeavy makes the cores of handlers that have computed for long, or whose script did
// so of late. While light handlers come and go, and no core is left over, they are given
// half of the time, and a tenth when many wait: what they make has to be collected as
// well, and scripts that compute without end are found out together and not one after
// the other. A few that have a report to write have it written soon.
func newHeavy(light *cores) *cores {
	return ready(&cores{crowd: 4, slice: 5 * time.Millisecond, least: 5 * time.Millisecond, most: 45 * time.Millisecond, beside: light})
}

func ready(c *cores) *cores {
	c.all = max(1, runtime.GOMAXPROCS(0)/2)
	c.free = c.all
	return c
}

// claim is a handler that waits for a core.
type claim struct {
	rt    *Runtime
	ready chan struct{}
}

// claim takes a core if one is free, and gives nil; or else the claim to one.
func (c *cores) claim(rt *Runtime) *claim {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.free > 0 || c.beside == nil && rt.urgent.Load() > 0 {
		if c.free == c.all {
			c.work()
		}
		c.free--
		c.granted.Add(1)
		return nil
	}
	mine := &claim{rt: rt, ready: make(chan struct{})}
	c.waiting = append(c.waiting, mine)
	c.wanted.Add(1)
	if c.beside != nil && len(c.waiting) >= 2*c.crowd {
		c.beside.siege.Store(time.Now().Add(siegeFor).UnixNano())
	}
	if !c.watched {
		c.watch()
	}
	return mine
}

// leave takes a claim back, or the core that it was given meanwhile.
func (c *cores) leave(mine *claim) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.Index(c.waiting, mine); i >= 0 {
		c.remove(i)
		return
	}
	c.pass()
}

// remove takes a claim off the list, with mu held.
func (c *cores) remove(i int) {
	c.waiting = slices.Delete(c.waiting, i, i+1)
	c.wanted.Add(-1)
}

// give gives a core back.
func (c *cores) give() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pass()
}

// work notes that cores begin to work, with mu held.
func (c *cores) work() {
	c.since = time.Now()
	if c.beside != nil {
		c.seen = c.beside.granted.Load()
	}
}

// tired says whether a core is to be given back that is still needed.
func (c *cores) tired() bool {
	if c.beside == nil && c.wanted.Load() == 0 {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Since(c.since) >= c.slice && (len(c.waiting) > 0 || c.strained())
}

// strained says whether cores have to rest when they have worked for their slice, with
// mu held.
func (c *cores) strained() bool {
	if c.beside == nil {
		return len(c.waiting) >= c.crowd || len(c.waiting) >= c.crowd/3 && c.besiegedOfLate()
	}
	return c.free <= 0 && c.beside.granted.Load() != c.seen
}

// siegeFor is for how long cores rest as long as they may after many heavy handlers
// have waited.
const siegeFor = 5 * time.Second

func (c *cores) besiegedOfLate() bool {
	light := c
	if c.beside != nil {
		light = c.beside
	}
	until := light.siege.Load()
	return until != 0 && until > time.Now().UnixNano()
}

// rest is for how long, with mu held.
func (c *cores) rest() time.Duration {
	if c.besiegedOfLate() {
		return c.most
	}
	return min(c.least*time.Duration(1+max(0, len(c.waiting)-c.crowd)), c.most)
}

// pass hands a core on, at once or after a rest, with mu held.
func (c *cores) pass() {
	if time.Since(c.since) < c.slice || !c.strained() {
		c.open()
		return
	}
	time.AfterFunc(c.rest(), func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.work()
		c.open()
	})
}

// open hands a core on, with mu held.
func (c *cores) open() {
	c.free++
	if c.free > 0 && len(c.waiting) > 0 {
		c.next()
	}
}

// next grants a core to whom it is due, with mu held. No more wait than there are
// scripts, since only who has its VM does.
func (c *cores) next() {
	next := 0
	for i, w := range c.waiting {
		if w.before(c.waiting[next]) {
			next = i
		}
	}
	c.grant(next)
}

// before says whether a core is due to w rather than to another.
func (w *claim) before(other *claim) bool {
	if urgent := w.rt.urgent.Load() > 0; urgent != (other.rt.urgent.Load() > 0) {
		return urgent
	}
	return w.rt.usage.lately.Load() < other.rt.usage.lately.Load()
}

// grant lets one of those go on who wait, with mu held.
func (c *cores) grant(i int) {
	w := c.waiting[i]
	c.remove(i)
	c.free--
	c.granted.Add(1)
	close(w.ready)
}

// hurry lets a script go on that somebody has begun to wait for.
func (c *cores) hurry(rt *Runtime) {
	if c.wanted.Load() == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.IndexFunc(c.waiting, func(w *claim) bool { return w.rt == rt }); i >= 0 {
		c.grant(i)
	}
}

// standstill is after how long without any coming and going one more handler computes:
// those who have the cores may be stuck in Go.
const standstill = 10 * time.Millisecond

// watch looks out for a standstill as long as anybody waits, with mu held.
func (c *cores) watch() {
	c.watched = true
	before := c.granted.Load()
	time.AfterFunc(max(standstill, 2*c.most), func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if len(c.waiting) == 0 {
			c.watched = false
			return
		}
		if c.granted.Load() == before {
			c.next()
		}
		c.watch()
	})
}

// crowded says whether so many wait that it is no accident.
func (c *cores) crowded() bool { return c.wanted.Load() >= int64(c.crowd) }

// besieged says whether that is so while the cores are under strain.
func (c *cores) besieged() bool {
	if !c.crowded() {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.strained()
}
