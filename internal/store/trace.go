package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// Entry is one line of a call's trace: what happened, when, and where in which
// script.
type Entry struct {
	Owner, Call int64 // the account's user id and Telegram's id of the call
	At          time.Time
	Kind        string // update, rule, handler, request, log, decision, outcome or note
	Name        string // of what the kind says: the rule, the method, …
	Text        string
	Script      string
	Generation  string
	File        string // the script's module in which Line is; "": the script itself
	Line        int
	Took        time.Duration
	Failed      bool
}

// Place is where in which file: night.lua:4, or lib/people.lua:12 in a module.
func (e *Entry) Place() string { return fmt.Sprintf("%s:%d", cmp.Or(e.File, e.Script), e.Line) }

// NoteEntry adds to the trace of a call. Entries of a call keep their order.
// While the disk takes nothing, the oldest entries make room for new ones.
func (s *Store) NoteEntry(e Entry) {
	s.note(func() {
		s.numbers.reserve(e.key())
		s.dropped += s.pending.entries.add(e)
	})
}

func (e *Entry) key() callKey { return callKey{e.Owner, e.Call} }

// Trace is everything that was noted of a call, in order.
func (s *Store) Trace(ctx context.Context, owner, id int64) ([]Entry, error) {
	key := callKey{owner, id}
	noted, number, revision := s.notedEntries(key)
	if number == 0 { // what memory says may not be what the disk does
		c, found, err := one(s.disk.Calls(ctx, CallQuery{Owner: owner, ID: id, Limit: 1}))
		if err != nil || !found {
			return noted, err
		}
		number = c.Number
	}
	kept, err := s.disk.trace(ctx, key, number, revision)
	return append(kept, noted...), err
}

// notedEntries are those that may not be on the disk yet; the revision is the
// last that has none of them. The number is 0 where the disk must be asked.
func (s *Store) notedEntries(key callKey) (noted []Entry, number, revision int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range []*batch{s.writing, &s.pending} {
		if b == nil {
			continue
		}
		for _, e := range b.entries.all {
			if e.key() == key {
				noted = append(noted, e.exact())
			}
		}
	}
	if g := s.numbers.given[key]; g.kept {
		number = g.number
	}
	if len(noted) == 0 {
		return nil, number, math.MaxInt64
	}
	return noted, number, s.revision
}

// exact is e as the database gives it back.
func (e Entry) exact() Entry {
	e.At, e.Took = exact(e.At), e.Took.Truncate(time.Microsecond)
	return e
}

func writeEntries(ctx context.Context, tx *sql.Tx, b *batch, revision int64) error {
	if len(b.entries.all) == 0 {
		return nil
	}
	statement, err := tx.PrepareContext(ctx, `INSERT INTO traces (call, revision, entries) VALUES ($1, $2, $3)`)
	if err != nil {
		return err
	}
	defer statement.Close()
	type row struct {
		lines []line
		last  *Entry
	}
	rows := make(map[int64]*row)
	for i := range b.entries.all {
		e := &b.entries.all[i]
		number := b.numbers[e.key()].number
		r := rows[number]
		if r == nil {
			r = &row{last: new(Entry)}
			rows[number] = r
		}
		r.lines = append(r.lines, encodeEntry(r.last, e))
		r.last = e
	}
	for _, number := range slices.Sorted(maps.Keys(rows)) {
		b.pace.step()
		text, err := json.Marshal(rows[number].lines)
		if err != nil {
			return err
		}
		if _, err := statement.ExecContext(ctx, number, revision, string(text)); err != nil {
			return err
		}
	}
	return nil
}
