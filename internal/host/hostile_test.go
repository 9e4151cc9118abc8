package host_test

import (
	"log/slog"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"luahost/internal/host"
	"luahost/internal/hostile"
	"luahost/internal/script"
	"luahost/internal/simulator"
)

func corpus(t testing.TB) []hostile.Script {
	t.Helper()
	all, err := hostile.All()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Each script of the corpus is dropped into the folder of a running host. It comes
// to the end that it says of itself, and the good script beside it decides.
func TestHostileAlone(t *testing.T) {
	var limits script.Limits
	limits.Instructions, limits.Time = 1_000_000, 2*time.Second
	scripts, b := corpus(t), besiege(t, goodRule, limits, func(o *host.Options) { o.DecideWithin = 100 * time.Millisecond })
	for _, s := range scripts {
		t.Run(s.Name, func(t *testing.T) {
			b.add(t, s)
			loaded := b.loaded(s).Err
			switch {
			case s.Must != hostile.Refused && loaded != nil:
				t.Errorf("it was not loaded: %v", loaded)
			case s.Must == hostile.Refused && loaded == nil:
				t.Errorf("it was loaded, and must be refused: %s", s.Why)
			case s.Must == hostile.Refused:
				if err := says(s.Why, loaded); err != nil {
					t.Error(err)
				}
			}
			b.ringOne(t)
			if loaded == nil {
				b.suffer(t, s)
			}
			if s.Told != nil {
				b.await(t, "a line in the log about "+s.Told.String(), func() bool { return s.Told.MatchString(b.log.String()) })
			}
			b.remove(t, s)
		})
	}
}

// What the host may need with all of the corpus loaded.
const (
	mostMemory = 512 << 20 // ever
	keptMemory = 64 << 20  // when they are gone
	mostTimes  = 5         // later than without them, for the 99th of 100 calls
)

// The whole corpus lies beside the good script while people ring. Every call is
// decided by the good script, and no worse than without them; memory and goroutines
// are given back when they are removed.
func TestHostileTogether(t *testing.T) {
	t.Run("beside a rule", func(t *testing.T) { testHostileTogether(t, goodRule) })
	t.Run("beside a handler", func(t *testing.T) { testHostileTogether(t, goodHandler) })
}

func testHostileTogether(t *testing.T, good string) {
	calls, limits := 100, script.Limits{}
	limits.Instructions = 1_000_000
	full := os.Getenv("LUAHOST_FULL") != ""
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(480 << 20)) // as luahost run does
	if full {
		calls, limits.Instructions = 1000, 0
	}
	scripts, b := corpus(t), besiege(t, good, limits, func(o *host.Options) {
		o.Log = slog.New(slog.DiscardHandler)
		o.Observe.Handler = nil
		if !full {
			o.DecideWithin = 100 * time.Millisecond // rules that hold calls up do so for less long
		}
	})
	without := b.ringMany(t, 3*calls) // the slowest of a few differ by as much as three times from run to run
	before, known := memoryAtRest(), goleak.IgnoreCurrent()

	m := startMeter()
	b.add(t, scripts...)
	loaded := m.most.Load()
	beside := b.ringMany(t, calls)
	most := m.stop()
	t.Logf("%d calls without: %v", len(without), without)
	t.Logf("%d calls beside %d scripts: %v", calls, len(scripts), beside)
	b.remove(t, scripts...)
	if err := untilGone(b.findScript); err != nil {
		t.Errorf("a script is left: %v", err)
	}
	if err := untilGone(func() error { return findLeak(known) }); err != nil {
		t.Errorf("goroutines are left of the scripts: %v", err)
	}
	after := memoryAtRest()
	t.Logf("memory: %d MB before, %d after the load, %d at most, %d when they are gone", before>>20, loaded>>20, most>>20, after>>20)
	times := float64(beside.at(99)) / float64(without.at(99))
	t.Logf("the 99th of 100 calls was decided %.1f times later than without the scripts", times)
	if os.Getenv("LUAHOST_ALONE") == "" {
		return // on a machine that is busy with other tests the figures say little
	}
	if most > mostMemory {
		t.Errorf("the host took %d MB", most>>20)
	}
	if after > before+keptMemory {
		t.Errorf("%d MB are not given back", (after-before)>>20)
	}
	if full && times > mostTimes { // or else it is one call of 100, and it may have waited for a rule
		t.Error("that is too late")
	}
}

// ringMany has four people ring, each one call after the other, and gives how long
// the calls took from the ring to the decision, sorted. All must be decided by the
// good script.
func (b *besieged) ringMany(t *testing.T, calls int) delays {
	t.Helper()
	const callers = 4
	took, ids := make(delays, calls), make([]int64, calls)
	var next atomic.Int64
	var ringing sync.WaitGroup
	for range callers {
		caller := b.caller(t)
		ringing.Go(func() {
			for i := next.Add(1) - 1; i < int64(calls); i = next.Add(1) - 1 {
				began := time.Now()
				var err error
				if ids[i], err = request(caller, b.ids[0]); err != nil {
					t.Error(err)
					return
				}
				b.calls.await(t, ids[i], func(c simulator.Call) bool { return c.State == simulator.Ended })
				took[i] = time.Since(began)
			}
		})
	}
	ringing.Wait()
	for _, id := range ids {
		if by := b.decider(t, id); by != "good.lua" {
			t.Errorf("a call was decided by %s", by)
		}
	}
	slices.Sort(took)
	return took
}
