package store

import (
	"context"
	"encoding/json"
	"fmt"
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
	Line        int
	Took        time.Duration
	Failed      bool
}

// NoteEntry adds to the trace of a call. Entries of a call keep their order.
func (s *Store) NoteEntry(e Entry) {
	s.note(func() { s.pending.entries = append(s.pending.entries, e) })
}

// Trace is everything that was noted of a call, in order.
func (s *Store) Trace(ctx context.Context, owner, id int64) ([]Entry, error) {
	noted, written := s.notedEntries(callKey{owner, id})
	kept, err := s.disk.trace(ctx, callKey{owner, id}, written)
	return append(kept, noted...), err
}

// notedEntries are those that may not be on the disk yet; those of revisions up
// to written are.
func (s *Store) notedEntries(key callKey) (noted []Entry, written int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range []*batch{s.writing, &s.pending} {
		if b == nil {
			continue
		}
		for _, e := range b.entries {
			if e.Owner == key.owner && e.Call == key.id {
				noted = append(noted, e.exact())
			}
		}
	}
	return noted, s.revision
}

// exact is e as the database gives it back.
func (e Entry) exact() Entry {
	e.At, e.Took = exact(e.At), e.Took.Truncate(time.Microsecond)
	return e
}

// line is an Entry in a row of traces; owner and call stand beside it.
type line struct {
	At         int64  `json:"at"`
	Kind       string `json:"kind"`
	Name       string `json:"name,omitempty"`
	Text       string `json:"text,omitempty"`
	Script     string `json:"script,omitempty"`
	Generation string `json:"generation,omitempty"`
	Line       int    `json:"line,omitempty"`
	Took       int64  `json:"took,omitempty"`
	Failed     bool   `json:"failed,omitempty"`
}

func decodeEntries(entries []Entry, key callKey, text []byte) ([]Entry, error) {
	var lines []line
	if err := json.Unmarshal(text, &lines); err != nil {
		return nil, fmt.Errorf("read the trace of call %d: %w", key.id, err)
	}
	for _, l := range lines {
		entries = append(entries, Entry{
			Owner: key.owner, Call: key.id, At: fromMicros(l.At), Kind: l.Kind, Name: l.Name, Text: l.Text,
			Script: l.Script, Generation: l.Generation, Line: l.Line,
			Took: time.Duration(l.Took) * time.Microsecond, Failed: l.Failed,
		})
	}
	return entries, nil
}
