package call

import (
	"fmt"

	"luahost/internal/store"
)

// maxTraced is how many lines one script may add to the trace of a call by what
// it does again and again. Rules and decisions are not counted: there is one
// answer of each rule.
const maxTraced = 1000

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

// mayTrace counts a line. The first one too many says that there are more.
func (c *Call) mayTrace(e *store.Entry) bool {
	if e.Script == "" || e.Kind == "rule" || e.Kind == "decision" {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.traced == nil {
		c.traced = make(map[string]int)
	}
	c.traced[e.Script]++
	switch n := c.traced[e.Script]; {
	case n <= maxTraced:
		return true
	case n == maxTraced+1:
		*e = store.Entry{
			Kind: "note", Text: fmt.Sprintf("more than %d lines of this script, the others are left out", maxTraced),
			Script: e.Script, Generation: e.Generation, Failed: true,
		}
		return true
	}
	return false
}
