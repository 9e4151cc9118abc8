package store_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"luahost/internal/store"
)

// crashVariable makes the test's program one that writes to the database that it
// names until it is killed.
const crashVariable = "LUAHOST_CRASH_DATABASE"

// crashing notes an entry every half millisecond and keeps a call now and then,
// and says on standard output what it did:
//
//	kept ID             KeepCall has returned
//	noted ID N MICROS   entry N of the trace was noted at that time
func crashing(path string) error {
	s, err := store.Open(store.Options{Path: path})
	if err != nil {
		return err
	}
	first := time.Now().UnixMicro() // no two processes have the same
	traced := night
	traced.ID = first
	s.NoteCall(traced)
	ticks := time.Tick(500 * time.Microsecond)
	for n := 0; ; n++ {
		<-ticks
		e := rule
		e.Call, e.Line, e.At = first, n, time.Now()
		s.NoteEntry(e)
		fmt.Printf("noted %d %d %d\n", first, n, e.At.UnixMicro())
		if rand.N(150) == 0 {
			kept := crashedCall(first + int64(n) + 1)
			if err := s.KeepCall(context.Background(), kept); err != nil {
				return err
			}
			fmt.Printf("kept %d\n", kept.ID)
		}
	}
}

func crashedCall(id int64) store.Call {
	c := night
	c.ID, c.AccessHash, c.State = id, -id, "ringing"
	return c
}

// ran is what a process said before it was killed.
type ran struct {
	kept  []int64
	trace int64       // the call whose trace it wrote
	noted []time.Time // the entries of the trace
}

// killedAfter runs the program until it has said so many lines, and kills it.
func killedAfter(t *testing.T, path string, lines int) (r ran) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashVariable+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := 0
	for scanner := bufio.NewScanner(out); scanner.Scan(); {
		var id, n, micros int64
		if _, err := fmt.Sscanf(scanner.Text(), "noted %d %d %d", &id, &n, &micros); err == nil {
			r.trace = id
			r.noted = append(r.noted, time.UnixMicro(micros))
		} else if _, err := fmt.Sscanf(scanner.Text(), "kept %d", &id); err == nil {
			r.kept = append(r.kept, id)
		}
		if said++; said == lines {
			if err := cmd.Process.Kill(); err != nil { // SIGKILL; what it said before is still read
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || said < lines {
		t.Fatalf("it ended by itself after %d lines: %v", said, err)
	}
	return r
}

// A host that is killed loses no call that it was told is kept, and of a trace at
// most the end.
func TestKilled(t *testing.T) {
	times := 8
	if os.Getenv("LUAHOST_FULL") != "" {
		times = 50
	}
	path := filepath.Join(t.TempDir(), "luahost.db")
	var kept []int64
	var worst time.Duration
	for range times {
		r := killedAfter(t, path, 1+rand.N(800))
		kept = append(kept, r.kept...)
		worst = max(worst, lost(t, path, r))
	}
	s := open(t, path)
	for _, id := range kept {
		got, ok, err := s.CallOf(t.Context(), owner, id)
		want := crashedCall(id)
		want.Number = got.Number
		wantCall(t, got, ok, err, want)
	}
	if n := count(t, path, `SELECT count(*) FROM calls WHERE number > (SELECT last FROM counters WHERE name = 'call')`); n != 0 {
		t.Errorf("%d calls have a number that will be given again", n)
	}
	if n := count(t, path, `SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'`); n != 0 {
		t.Errorf("%d faults in the file", n)
	}
	t.Logf("%d kept calls of %d processes are all there; a trace lost its last %s at most", len(kept), times, worst)
}

// lost checks the trace that a killed process has left, and gives how long before
// its end the first entry was noted that is missing.
func lost(t *testing.T, path string, r ran) time.Duration {
	t.Helper()
	s := open(t, path)
	defer s.Close()
	trace, err := s.Trace(t.Context(), owner, r.trace)
	if err != nil {
		t.Fatal(err)
	}
	for n, e := range trace {
		if e.Line != n || n < len(r.noted) && !e.At.Equal(r.noted[n]) {
			t.Fatalf("entry %d of the trace is %+v", n, e)
		}
	}
	if len(trace) >= len(r.noted) {
		return 0
	}
	loss := r.noted[len(r.noted)-1].Sub(r.noted[len(trace)])
	if held := r.held(); loss > 100*time.Millisecond+held {
		t.Errorf("the last %s of the trace are lost, and nothing was held up for more than %s", loss, held)
	}
	return loss
}

// held is the longest that the machine or its disk held the process up.
func (r ran) held() (longest time.Duration) {
	for i := 1; i < len(r.noted); i++ {
		longest = max(longest, r.noted[i].Sub(r.noted[i-1]))
	}
	return longest
}
