package schedule

import "time"

// Timer is an unnamed timer.
type Timer struct {
	engine *Engine
	owner  Owner
	spec   Spec
	start  func(f Firing, ended func()) bool
	queue  *queue[*Timer]
	slot   slot[*Timer]

	// Guarded by engine.mu.
	due     time.Time // next
	began   time.Time // the last run
	running bool
	over    bool
	excused bool // it comes late for a reason of its own, and is not missed
}

// Unnamed makes a timer that lives in a VM, which Start has begin. When it is due, start
// is called, which waits for nothing and holds no lock that a caller of Timer's
// methods may hold; false says that it did not start anything now, and is called
// again a second later. ended is called when what it started is over: a timer runs
// once at a time, and what falls due meanwhile runs once after that.
func (e *Engine) Unnamed(owner Owner, spec Spec, start func(f Firing, ended func()) bool) (*Timer, error) {
	t := &Timer{engine: e, owner: owner, spec: spec, start: start, queue: e.passing}
	if spec.calendar() {
		t.queue = e.calling
	}
	t.slot.of = t
	t.due = spec.First(t.queue.now())
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.enter(owner, 0); err != nil {
		return nil, err
	}
	return t, nil
}

// Start has the timer's time begin to run.
func (t *Timer) Start() {
	e := t.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	if !t.over {
		t.due = t.spec.First(t.queue.now())
		t.queue.put(&t.slot, t.due)
	}
}

// Stop ends the timer, and says whether there was anything left to come. What runs
// goes on.
func (t *Timer) Stop() bool {
	e := t.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	if t.over {
		return false
	}
	last := t.running && !t.spec.Repeats()
	t.end()
	return !last
}

// end is Stop with mu held.
func (t *Timer) end() {
	if !t.over {
		t.over = true
		t.queue.take(&t.slot)
		t.engine.leave(t.owner, 0)
	}
}

// Due is when the timer is due next; false: never.
func (t *Timer) Due() (time.Time, bool) {
	t.engine.mu.Lock()
	defer t.engine.mu.Unlock()
	return t.due.Round(0), !t.over && (!t.running || t.spec.Repeats())
}

// fireUnnamed starts those that are due.
func (e *Engine) fireUnnamed(due []*Timer) {
	for _, t := range due {
		f, ok := e.beginUnnamed(t)
		if ok && !t.start(f, t.ended) {
			e.mu.Lock()
			t.running, t.due, t.excused = false, f.Due, true
			e.end(t.owner)
			if !t.over {
				t.queue.put(&t.slot, t.queue.now().Add(tryAgain))
			}
			e.mu.Unlock()
		}
	}
}

func (e *Engine) beginUnnamed(t *Timer) (f Firing, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if t.over || t.running {
		return f, false
	}
	now := t.queue.now()
	f = Firing{Script: t.owner.Script, Due: t.due, Late: now.Sub(t.due)}
	if t.spec.calendar() && f.Late > grace && !t.excused {
		e.Log.Info("timer missed", "script", t.owner.Script, "timer", t.spec.Kind()+" "+t.spec.String(), "late", f.Late.Round(time.Second))
		t.due = t.spec.Next(t.due, now)
		t.queue.put(&t.slot, t.due)
		return f, false
	}
	if e.tooSoon(t.owner) {
		t.excused = true
		t.queue.put(&t.slot, now.Add(tryAgain))
		return f, false
	}
	if !e.line(t.owner).begin(func() bool { return t.again(t.due) }) {
		t.excused = true
		return f, false
	}
	t.running, t.excused, t.began = true, false, now
	if t.spec.Repeats() {
		t.due = t.spec.Next(t.due, now)
	}
	return f, true
}

// again queues the timer unless it is over, with mu held.
func (t *Timer) again(at time.Time) bool {
	if !t.over {
		t.queue.put(&t.slot, at)
	}
	return !t.over
}

// ended is told when a run is over.
func (t *Timer) ended() {
	e := t.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	t.running = false
	if !t.spec.Repeats() {
		t.end()
	}
	now := t.queue.now()
	if by := t.began.Sub(now); by > grace { // the clock was set back meanwhile
		t.due = t.spec.Sooner(t.due, now, by)
	}
	t.excused = !t.due.After(now)
	t.again(t.due)
	e.end(t.owner)
}
