package store_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"luahost/internal/store"
)

// crashStateVariable is crashVariable of one that keeps state.
const crashStateVariable = "LUAHOST_CRASH_STATE"

const crashWriters = 6

// crashingState has several writers count together and keep values of their own,
// and says on standard output what is acknowledged:
//
//	n N        N is counted
//	w W N      writer W's value is the Nth
func crashingState(path string) error {
	s, err := store.Open(store.Options{Path: path})
	if err != nil {
		return err
	}
	ctx := context.Background()
	failed := make(chan error)
	for w := range crashWriters {
		go func() {
			st := s.State(fmt.Sprint(w%2, ".lua")) // three writers have one script
			_, n, err := crashValue(st, w)
			for n++; err == nil; n++ {
				if rand.N(2) == 0 {
					var total uint64
					if total, err = increment(s.State(""), ctx, "n"); err == nil {
						fmt.Printf("n %d\n", total)
					}
				}
				if err == nil {
					if err = st.Set(ctx, fmt.Sprint("w", w), bytes.Repeat(binary.BigEndian.AppendUint64(nil, n), 1+rand.N(5000)), 0); err == nil {
						fmt.Printf("w %d %d\n", w, n)
					}
				}
			}
			failed <- err
		}()
	}
	return <-failed
}

// crashValue is the value of a writer and which it is, all of whose bytes say so.
func crashValue(st store.State, w int) (value []byte, n uint64, err error) {
	item, found, err := st.Get(context.Background(), fmt.Sprint("w", w))
	if err != nil || !found {
		return nil, 0, err
	}
	n = binary.BigEndian.Uint64(item.Value)
	if !bytes.Equal(item.Value, bytes.Repeat(item.Value[:8], len(item.Value)/8)) {
		err = fmt.Errorf("half of a value is there: %x", item.Value)
	}
	return item.Value, n, err
}

// acknowledged is what a process said before it was killed.
type acknowledged struct {
	n     uint64
	kept  [crashWriters]uint64
	lines int
}

// killedState runs the program until it has said so many lines, and kills it.
func killedState(t *testing.T, path string, lines int) (a acknowledged) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashStateVariable+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for scanner := bufio.NewScanner(out); scanner.Scan(); {
		var w int
		var n uint64
		if _, err := fmt.Sscanf(scanner.Text(), "n %d", &n); err == nil {
			a.n = max(a.n, n)
		} else if _, err := fmt.Sscanf(scanner.Text(), "w %d %d", &w, &n); err == nil {
			a.kept[w] = n
		}
		if a.lines++; a.lines == lines {
			if err := cmd.Process.Kill(); err != nil { // SIGKILL; what it said before is still read
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || a.lines < lines {
		t.Fatalf("it ended by itself after %d lines: %v", a.lines, err)
	}
	return a
}

// A host that is killed has every value that it said is kept: whole, and no older
// than that. What it was about to say may be there too.
func TestKilledWhileStateIsKept(t *testing.T) {
	times := 5
	if os.Getenv("LUAHOST_FULL") != "" {
		times = 50
	}
	path := filepath.Join(t.TempDir(), "luahost.db")
	lines := 0
	for range times {
		a := killedState(t, path, 1+rand.N(400))
		lines += a.lines
		s := open(t, path)
		item, _, err := s.State("").Get(t.Context(), "n")
		if err != nil {
			t.Fatal(err)
		}
		if n := count64(item); n < a.n || a.n > 0 && n > a.n+crashWriters {
			t.Errorf("%d was counted and %d is there", a.n, n)
		}
		for w, kept := range a.kept {
			_, n, err := crashValue(s.State(fmt.Sprint(w%2, ".lua")), w)
			if err != nil || n < kept || kept > 0 && n > kept+1 {
				t.Errorf("writer %d kept its value %d and %d is there, %v", w, kept, n, err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if n := count(t, path, `SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'`); n != 0 {
		t.Errorf("%d faults in the file", n)
	}
	t.Logf("%d acknowledged changes of %d processes are all there", lines, times)
}

func count64(item store.Item) uint64 {
	if len(item.Value) < 8 {
		return 0
	}
	return binary.BigEndian.Uint64(item.Value)
}
