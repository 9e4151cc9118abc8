package call

import (
	"fmt"

	"luahost/internal/store"
)

// maxTraced is how many lines one script may add to the trace of a call by what
// it does again and again. Rules and decisions are not counted: there is one
// answer of each rule.
const maxTraced = 1000

// maxHandlers is the same for handlers that have ended: an event may start
// thousands.
const maxHandlers = 50

// Trace adds a line to the call's trace; owner, call and a missing time are
// filled in.
func (c *Call) Trace(e store.Entry) {
	if c.book.opts.Store == nil && c.book.opts.Traced == nil || !c.mayTrace(&e) {
		return
	}
	e.Owner, e.Call = c.account.User, c.peer.ID
	if e.At.IsZero() {
		e.At = c.book.opts.Clock.Now()
	}
	if c.book.opts.Store != nil {
		c.book.opts.Store.NoteEntry(e)
	}
	if c.book.opts.Traced != nil {
		c.book.opts.Traced(c, e)
	}
}

// counted are lines of a script that are counted together.
type counted struct {
	script   string
	handlers bool
}

// mayTrace counts a line. The first one too many says that there are more.
func (c *Call) mayTrace(e *store.Entry) bool {
	if e.Script == "" || e.Kind == "rule" || e.Kind == "decision" {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.traced == nil {
		c.traced = make(map[counted]int)
	}
	limit, what := maxTraced, "lines"
	of := counted{e.Script, e.Kind == "handler"}
	if of.handlers {
		limit, what = maxHandlers, "handlers"
	}
	c.traced[of]++
	switch n := c.traced[of]; {
	case n <= limit:
		return true
	case n == limit+1:
		*e = store.Entry{
			Kind: "note", Text: fmt.Sprintf("more than %d %s of this script, the others are left out", limit, what),
			Script: e.Script, Generation: e.Generation, Failed: true,
		}
		return true
	}
	return false
}
