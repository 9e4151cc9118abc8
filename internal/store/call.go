package store

import (
	"context"
	"time"
)

// Call is a call as one account of the host saw it: the row of the call log.
// Times are UTC and exact to the microsecond.
type Call struct {
	Number     int64 // given by the store when the call is first noted: what people call it by
	Owner      int64 // the account's user id; with ID it is the key, since both ends may be accounts of one host
	ID         int64 // Telegram's
	AccessHash int64
	Account    string // its configured name

	Peer     int64  // the other side's user id
	Name     string // of the other side, and the rest, as seen when it rang
	Username string // without @
	Phone    string // digits, "" if Telegram did not show it
	Contact  bool

	Incoming bool
	Video    bool
	Date     time.Time // of the ring
	State    string    // requested, ringing, accepted, active or ended
	Outcome  string    // how it ended, "" until that is settled
	Reason   string    // Telegram's, such as "busy"
	Ring     time.Duration
	Talk     time.Duration
	Ended    time.Time

	Decision   string // decline, accept, ignore, or "" when nobody decided
	Rule       string // whose decision it was, with the next three
	Script     string
	Generation string
	Line       int
}

// Ended is the State of a call that is over.
const Ended = "ended"

// callKey is what Telegram tells a call by, and whose.
type callKey struct{ owner, id int64 }

func (c *Call) key() callKey { return callKey{c.Owner, c.ID} }

// NoteCall puts a call into the log, or what is new about it: all of c replaces
// what was noted of the same Owner and ID, but for its Number.
func (s *Store) NoteCall(c Call) { s.noteCall(c) }

// KeepCall is NoteCall, and the row is on the disk when it returns without an
// error. With one it is written later, if that becomes possible.
func (s *Store) KeepCall(ctx context.Context, c Call) error {
	if !s.noteCall(c) {
		return ErrClosed
	}
	return s.Flush(ctx)
}

func (s *Store) noteCall(c Call) bool {
	c.Date, c.Ended = exact(c.Date), exact(c.Ended)
	c.Ring, c.Talk = c.Ring.Truncate(time.Microsecond), c.Talk.Truncate(time.Microsecond)
	return s.note(func() {
		c.Number = s.numbers.of(&c)
		s.pending.calls[c.key()] = c
	})
}

// exact is t as the database gives it back.
func exact(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

// micros is t as the database keeps it.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}
