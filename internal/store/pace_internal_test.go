package store

import (
	"database/sql"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pace
		step := func() time.Duration {
			began := time.Now()
			p.step()
			return time.Since(began)
		}
		if d := step(); d != 0 {
			t.Errorf("it rests for %s before the work", d)
		}
		time.Sleep(stint - time.Nanosecond)
		if d := step(); d != 0 {
			t.Errorf("it rests for %s before a stint is over", d)
		}
		time.Sleep(time.Nanosecond)
		if d := step(); d != rest {
			t.Errorf("it rests for %s after a stint", d)
		}
		if d := step(); d != 0 {
			t.Errorf("it rests for %s after a rest", d)
		}
		total := rest
		for range 2 * mostRest / rest {
			time.Sleep(stint)
			total += step()
		}
		if total != mostRest {
			t.Errorf("it rests for %s in all, %s are the most", total, mostRest)
		}
	})
}

// What one transaction writes shares its rests, and the next attempt at what could not
// be written has rests of its own.
func TestEachTransactionHasAPaceOfItsOwn(t *testing.T) {
	s, err := Open(Options{Path: filepath.Join(t.TempDir(), "luahost.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	b := newBatch()
	b.peers[peerKey{id: 1}] = Peer{}
	var before *pace
	for range 2 {
		noted := func(*sql.Tx) error {
			if b.pace == before || b.pace.since.IsZero() {
				t.Errorf("the pace of the transaction is the one before's, or was not used: %+v", *b.pace)
			}
			before = b.pace
			b.pace.since = b.pace.since.Add(-stint)
			return nil
		}
		rested := func(*sql.Tx) error {
			if b.pace.rested < rest {
				t.Errorf("the job rests by another pace, that of what is noted is %+v", *b.pace)
			}
			return nil
		}
		if _, unwritten, err := s.transaction(&b, []*job{{do: noted}, {do: rested}}); unwritten != nil || err != nil {
			t.Fatal(unwritten, err)
		}
	}
}
