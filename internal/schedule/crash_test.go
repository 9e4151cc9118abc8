package schedule_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"luahost/internal/schedule"
	"luahost/internal/store"
)

// crashVariable makes the test's program one that keeps and runs timers in the
// database that it names until it is killed.
const crashVariable = "LUAHOST_CRASH_TIMERS"

func TestMain(m *testing.M) {
	if path := os.Getenv(crashVariable); path != "" {
		fmt.Fprintln(os.Stderr, crashing(path))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// crashing keeps timers that are due within a tenth of a second, from several
// goroutines, and says what happens on standard output, a line at a time:
//
//	kept ID        Keep has returned
//	ran NAME DUE   a handler has begun
func crashing(path string) error {
	s, err := store.Open(store.Options{Path: path})
	if err != nil {
		return err
	}
	e := schedule.New(schedule.Options{Store: s, Fire: func(_ context.Context, f schedule.Firing, ended func(error)) schedule.Start {
		fmt.Printf("ran %s%s %d\n", f.Name, f.Data, f.Due.UnixMicro())
		time.AfterFunc(rand.N(20*time.Millisecond), func() { ended(nil) })
		return schedule.Started
	}})
	go func() { _ = e.Run(context.Background()) }()
	poll, err := schedule.Every(time.Second)
	if err != nil {
		return err
	}
	e.Declare("a.lua", []schedule.Named{{Script: "a.lua", Name: "poll", Spec: poll, Missed: store.MissedRun}})
	errs := make(chan error)
	for worker := range 4 {
		go func() {
			for n := 0; ; n++ {
				spec, err := schedule.After(rand.N(100 * time.Millisecond))
				if err != nil {
					errs <- err
				}
				// No two timers have the same data.
				data := fmt.Sprintf("%d-%d-%d", os.Getpid(), worker, n)
				id, err := e.Keep(schedule.Named{Script: "a.lua", Name: "once:", Spec: spec, Missed: store.MissedRun, Data: []byte(data)})
				if err != nil {
					errs <- err
				}
				fmt.Printf("kept %d %s\n", id, data)
			}
		}()
	}
	return <-errs
}

// killedAfter runs the program until it has said so many lines, and kills it. It
// gives all lines.
func killedAfter(t *testing.T, path string, lines int) (said []string) {
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
	for scanner := bufio.NewScanner(out); scanner.Scan(); {
		if said = append(said, scanner.Text()); len(said) == lines {
			if err := cmd.Process.Kill(); err != nil { // SIGKILL; what it said before is still read
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || len(said) < lines {
		t.Fatalf("it ended by itself after %d lines: %v", len(said), err)
	}
	return said
}

// tally is what the processes have said.
type tally struct {
	kept map[int64]string // data, by id
	ran  map[string]int   // by name, data and due
	once map[string]bool  // data that ran

	outcomes map[int64]string // of those that have ended, by id
}

func (c *tally) read(t *testing.T, lines []string) {
	for _, line := range lines {
		var id, due int64
		var what string
		if _, err := fmt.Sscanf(line, "kept %d %s", &id, &what); err == nil {
			c.kept[id] = what
		} else if _, err := fmt.Sscanf(line, "ran %s %d", &what, &due); err == nil {
			c.ran[fmt.Sprint(what, due)]++
			c.once[strings.TrimPrefix(what, "once:")] = true
		} else {
			t.Fatalf("it said %q", line)
		}
	}
}

// A host that is killed at any moment loses no timer that it was told is kept, and
// runs none twice; one of which nobody knows how far it came is interrupted.
func TestKilled(t *testing.T) {
	times := 6
	if os.Getenv("LUAHOST_FULL") != "" {
		times = 50
	}
	path := database(t)
	c := &tally{kept: map[int64]string{}, ran: map[string]int{}, once: map[string]bool{}, outcomes: map[int64]string{}}
	for range times {
		c.read(t, killedAfter(t, path, 1+rand.N(2000)))
		c.look(t, path)
	}
	c.read(t, runAll(t, path))
	c.look(t, path)
	c.check(t)
}

// runAll lets all timers run that are left.
func runAll(t *testing.T, path string) (said []string) {
	t.Helper()
	s, err := store.Open(store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	list, err := s.Timers(t.Context(), store.TimerQuery{Name: "once:"})
	if err != nil {
		t.Fatal(err)
	}
	var ends sync.WaitGroup
	for _, timer := range list {
		if timer.State == store.TimerPending {
			ends.Add(1)
		}
	}
	e := schedule.New(schedule.Options{Store: s, Fire: func(_ context.Context, f schedule.Firing, ended func(error)) schedule.Start {
		said = append(said, fmt.Sprintf("ran %s%s %d", f.Name, f.Data, f.Due.UnixMicro()))
		go func() {
			defer ends.Done()
			ended(nil)
		}()
		return schedule.Started
	}})
	ctx, cancel := context.WithCancel(t.Context())
	running := make(chan error)
	go func() { running <- e.Run(ctx) }()
	e.Declare("a.lua", nil)
	ends.Wait()
	cancel()
	<-running
	return said
}

// look notes how timers have ended: the database does not keep that for ever.
func (c *tally) look(t *testing.T, path string) {
	t.Helper()
	r, err := store.OpenReadOnly(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rows, err := r.Timers(t.Context(), store.TimerQuery{Ended: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row.State == store.TimerEnded {
			c.outcomes[row.ID] = row.Outcome
		}
	}
}

func (c *tally) check(t *testing.T) {
	t.Helper()
	for what, n := range c.ran {
		if n > 1 {
			t.Errorf("%s ran %d times", what, n)
		}
	}
	counts := map[string]int{}
	for id, data := range c.kept {
		outcome := c.outcomes[id]
		counts[outcome]++
		if outcome != store.TimerInterrupted && (outcome != store.TimerDone || !c.once[data]) {
			t.Errorf("timer %d has the outcome %q and ran: %v", id, outcome, c.once[data])
		}
	}
	t.Logf("of %d timers that were kept: %v; %d runs", len(c.kept), counts, len(c.ran))
}
