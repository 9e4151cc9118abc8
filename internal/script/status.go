package script

import (
	"cmp"
	"slices"
	"time"
)

// Status is what is known of one script.
type Status struct {
	Name        string
	Generation  string         // that runs; "" when none was ever loaded
	Loaded      time.Time      // when it was
	Handlers    map[string]int // by event
	InFlight    int            // handlers at work, those of older generations included
	LastError   error          // of the last load, nil when it succeeded
	Failed      *Failure       // the last that a handler of this generation ended with, or nil
	Suspended   string         // why nothing of it runs until its file changes or Reload names it; "" if it does
	Stuck       string         // where it was stuck since its file changed; it may have been loaded afresh
	Limits      map[string]int // how often each limit was reached: instructions, time, memory, values, depth, string, pattern, in_flight, handlers, log_lines, stuck
	Refused     int            // handlers that were not started for that
	Repeated    int            // errors that were told before, and only counted
	Slowed      bool           // its handlers compute a lot, and have waited for that in the last seconds
	Generations []GenerationStatus
}

// Failure is an error of a handler.
type Failure struct {
	At    time.Time
	Event string
	Text  string
}

// GenerationStatus is a generation that is open, and what keeps it so: it is the
// live one, or something has yet to end.
type GenerationStatus struct {
	Generation string
	Since      time.Time // when it was loaded
	Live       bool
	Handlers   int // at work, or waiting
	Calls      int // pins: calls that began with it
	Timers     int // callbacks
}

// Status lists the scripts by name, each with its generations, the oldest first
// and the live one last.
// A script whose file is gone is there until its last generation has ended.
func (h *Host) Status() []Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	found := map[string]*Status{}
	for name, s := range h.scripts {
		status := &Status{Name: name, LastError: s.err, Suspended: s.suspended, Stuck: s.stuck, Handlers: map[string]int{}}
		if u := h.usage[name]; u != nil {
			u.status(status)
		}
		found[name] = status
		if rt := s.live; rt != nil {
			status.Generation, status.Loaded, status.Failed = rt.generation, rt.loadedAt, rt.failed.Load()
			status.Slowed = rt.usage.isSlowed()
			status.add(rt, true)
			for _, handler := range rt.handlers {
				status.Handlers[handler.event]++
			}
		}
	}
	for rt := range h.retired {
		if found[rt.script] == nil {
			found[rt.script] = &Status{Name: rt.script, Handlers: map[string]int{}}
		}
		found[rt.script].add(rt, false)
	}
	list := make([]Status, 0, len(found))
	for _, s := range found {
		slices.SortFunc(s.Generations, func(a, b GenerationStatus) int {
			switch {
			case a.Live:
				return 1
			case b.Live:
				return -1
			default:
				return a.Since.Compare(b.Since)
			}
		})
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b Status) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

func (s *Status) add(rt *Runtime, live bool) {
	rt.queue.Lock()
	g := GenerationStatus{
		Generation: rt.generation, Since: rt.loadedAt, Live: live,
		Handlers: rt.inflight, Calls: rt.pins, Timers: len(rt.callbacks),
	}
	rt.queue.Unlock()
	s.Generations = append(s.Generations, g)
	s.InFlight += g.Handlers
}
