package call

import (
	"cmp"
	"strings"
	"time"

	"luahost/internal/store"
)

// row is the call as the log keeps it.
func (c *Call) row(v *view) store.Call {
	row := store.Call{
		Owner: c.account.User, ID: c.peer.ID, AccessHash: c.peer.AccessHash, Account: c.account.Name,
		Peer: c.from.ID, Name: strings.TrimSpace(c.from.FirstName + " " + c.from.LastName),
		Username: c.from.Username, Phone: c.from.Phone, Contact: c.from.Contact,
		Incoming: c.incoming, Video: c.video, Date: c.date,
		State: string(v.state), Outcome: string(v.outcome), Reason: v.reason,
		Talk: v.talk, Ended: v.ended,
		Decision: string(v.decision), Rule: v.by.Rule, Script: cmp.Or(v.by.File, v.by.Script), Generation: v.by.Generation, Line: v.by.Line,
	}
	switch {
	case !v.accepted.IsZero():
		row.Ring = v.accepted.Sub(c.date)
	case !v.ended.IsZero():
		row.Ring = v.ended.Sub(c.date)
	}
	return row
}

// note writes the call's row, behind.
func (c *Call) note(v *view) {
	if c.book.opts.Store != nil {
		c.book.opts.Store.NoteCall(c.row(v))
	}
}

// summary is for the trace.
func (m *course) summary() string {
	var words []string
	if m.end.reason != "" && m.end.reason != string(m.outcome) {
		words = append(words, "reason "+m.end.reason)
	}
	if ring := rounded(m.rangFor()); ring > 0 {
		words = append(words, "rang for "+ring.String())
	}
	if talk := rounded(m.talk()); talk > 0 {
		words = append(words, "talked for "+talk.String())
	}
	return strings.Join(words, ", ")
}

// rounded is a length as a person reads it.
func rounded(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(100 * time.Millisecond)
}

// rangFor is how long it rang.
func (m *course) rangFor() time.Duration {
	switch {
	case !m.accepted.IsZero():
		return m.accepted.Sub(m.rang)
	case !m.ended.IsZero():
		return m.ended.Sub(m.rang)
	}
	return 0
}
