package store

import (
	"path/filepath"
	"testing"
	"time"
)

// A write that failed may not undo what came while it was under way.
func TestRestoreKeepsTheNewer(t *testing.T) {
	pending, failed := newBatch(), newBatch()
	one, two, three := peerKey{id: 1}, peerKey{id: 2}, peerKey{id: 3}
	failed.peers[one], failed.peers[two] = Peer{AccessHash: 1}, Peer{AccessHash: 2}
	pending.peers[two], pending.peers[three] = Peer{AccessHash: 22}, Peer{AccessHash: 33}
	failed.updates[1], pending.updates[1] = UpdateState{Pts: 1}, UpdateState{Pts: 2}
	failed.channels[channelKey{1, 2}] = 5
	for line := range 3 {
		failed.entries.add(Entry{Line: line})
		pending.entries.add(Entry{Line: 3 + line})
	}
	pending.restore(failed)
	for line, e := range pending.entries.all {
		if e.Line != line || len(pending.entries.all) != 6 {
			t.Errorf("entry %d of %d is number %d", line, len(pending.entries.all), e.Line)
		}
	}
	for key, want := range map[peerKey]int64{one: 1, two: 22, three: 33} {
		if got := pending.peers[key].AccessHash; got != want {
			t.Errorf("peer %d has %d, want %d", key.id, got, want)
		}
	}
	if pending.updates[1].Pts != 2 || pending.channels[channelKey{1, 2}] != 5 {
		t.Errorf("states %v, %v", pending.updates, pending.channels)
	}
}

// Between a transaction and the Store's knowing of it, an entry is in two places.
func TestEntriesAreReadOnceWhileTheyAreWritten(t *testing.T) {
	s, err := Open(Options{Path: filepath.Join(t.TempDir(), "luahost.db"), Lag: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.NoteCall(Call{Owner: 1, ID: 2})
	s.NoteEntry(Entry{Owner: 1, Call: 2, Line: 0})
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.NoteEntry(Entry{Owner: 1, Call: 2, Line: 1})
	s.number(&s.pending)
	if _, unwritten, err := s.transaction(&s.pending, nil); err != nil || unwritten != nil {
		t.Fatal(err, unwritten)
	}
	trace, err := s.Trace(t.Context(), 1, 2)
	if err != nil || len(trace) != 2 || trace[0].Line != 0 || trace[1].Line != 1 {
		t.Errorf("%v, the trace is %+v", err, trace)
	}
}
