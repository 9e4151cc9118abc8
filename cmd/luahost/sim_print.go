package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"luahost/internal/clock"
	"luahost/internal/simulator"
)

const (
	simRows  = 24          // users that are listed
	simNames = 4           // names in one field
	simLook  = time.Second // between two looks at who is online
)

// simCalls prints what the embedded Telegram has and what happens in it.
type simCalls struct {
	people []*person // by number; set before anybody rings

	mu    sync.Mutex // guards what follows; lines come whole
	out   io.Writer
	calls map[int64]*simCall // that have not ended
	rung  int                // calls so far
}

// simCall is what was printed of a call last.
type simCall struct {
	number int
	state  simulator.State
}

func newSimCalls(out io.Writer) *simCalls {
	return &simCalls{out: out, calls: make(map[int64]*simCall)}
}

// welcome prints whom to log in as, and how.
func (s *simCalls) welcome(addr, keyFile string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(s.out, "An embedded Telegram serves on %s. Its public key is in %s.\n\n", addr, keyFile)
	fmt.Fprint(s.out, simTable(s.people))
	fmt.Fprintf(s.out, "\nEverybody's login code is %s. Ring somebody:\n  %s %s\n", simulator.LoginCode,
		itself(), ringLine(addr, keyFile, s.people[1].Phone, s.people[0].Phone))
	fmt.Fprintln(s.out, "Ctrl-C ends.")
}

// simTable lists the people in columns.
func simTable(people []*person) string {
	rows := [][]string{{"PHONE", "NAME", "USERNAME", "CONTACT OF"}}
	for _, p := range people[:min(len(people), simRows)] {
		rows = append(rows, []string{p.Phone, p.name(), "@" + p.Username, savedBy(people, p)})
	}
	var table strings.Builder
	_ = printColumns(&table, 0, "  ", rows) // a Builder takes everything
	if rest := len(people) - simRows; rest > 0 {
		fmt.Fprintf(&table, "  … and %d more, up to %s\n", rest, people[len(people)-1].Phone)
	}
	return table.String()
}

// savedBy names those who have saved p.
func savedBy(people []*person, p *person) string {
	if len(p.contactOf) == 0 {
		return "nobody"
	}
	var names []string
	for _, i := range p.contactOf[:min(len(p.contactOf), simNames)] {
		names = append(names, people[i].FirstName)
	}
	list := strings.Join(names, ", ")
	if rest := len(p.contactOf) - simNames; rest > 0 {
		list += fmt.Sprintf(" and %d more", rest)
	}
	return list
}

// changed prints a call's new state. It is told of each change in its order.
func (s *simCalls) changed(c simulator.Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.calls[c.ID]
	if known == nil {
		if c.State == simulator.Ended {
			return // rated after its end
		}
		s.rung++
		known = &simCall{number: s.rung}
		s.calls[c.ID] = known
	}
	if known.state == c.State {
		return
	}
	known.state = c.State
	if c.State == simulator.Ended {
		delete(s.calls, c.ID)
	}
	s.event("call %d  %s", known.number, s.describe(c))
}

// watch prints who comes online and who goes, until ctx ends. It looks once in a
// while, so that it does not tell of a client that comes back at once.
func (s *simCalls) watch(ctx context.Context, online func() []int64) {
	var before []int64
	for clock.Wait(ctx, clock.System{}, simLook) == nil {
		now := online()
		s.mu.Lock()
		for _, id := range now {
			if !slices.Contains(before, id) {
				s.event("%s is online", s.who(id))
			}
		}
		for _, id := range before {
			if !slices.Contains(now, id) {
				s.event("%s is offline", s.who(id))
			}
		}
		s.mu.Unlock()
		before = now
	}
}

// event prints what happens now, with s.mu held.
func (s *simCalls) event(format string, args ...any) {
	fmt.Fprintf(s.out, "%s  %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}

// describe says in words what state a call has come to.
func (s *simCalls) describe(c simulator.Call) string {
	switch c.State {
	case simulator.Requested:
		how := ""
		if c.Video {
			how = " with video"
		}
		return fmt.Sprintf("%s calls %s%s", s.who(c.From), s.who(c.To), how)
	case simulator.Ringing:
		return "rings at " + s.who(c.To)
	case simulator.Accepted:
		return s.who(c.To) + " answers"
	case simulator.Active:
		return "talking"
	}
	reason := string(c.Reason)
	if reason == "" {
		reason = "without a reason"
	}
	by := "nobody was in time"
	if c.EndedBy != 0 {
		by = "by " + s.who(c.EndedBy)
	}
	return fmt.Sprintf("ended after %s: %s, %s", shortDuration(c.Ended.Sub(c.Requested)), reason, by)
}

// who is a user by name and phone.
func (s *simCalls) who(id int64) string {
	for _, p := range s.people {
		if p.ID == id {
			return fmt.Sprintf("%s (%s)", p.name(), p.Phone)
		}
	}
	return fmt.Sprint(id)
}
