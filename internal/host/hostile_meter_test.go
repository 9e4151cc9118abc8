package host_test

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/goleak"
)

// delays are how long calls took, sorted.
type delays []time.Duration

// at is the delay that percent of the calls did not exceed.
func (d delays) at(percent int) time.Duration {
	return d[min(len(d)-1, len(d)*percent/100)]
}

func (d delays) String() string {
	round := func(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }
	return fmt.Sprintf("p50 %v, p90 %v, p99 %v, most %v", round(d.at(50)), round(d.at(90)), round(d.at(99)), round(d[len(d)-1]))
}

// memory is what the process holds of the machine's, as far as Go knows it.
func memory() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}

// memoryAtRest is what it holds when all garbage is given back.
func memoryAtRest() uint64 {
	runtime.GC() // what was waiting for a finalizer goes with the second
	debug.FreeOSMemory()
	return memory()
}

// meter looks at the memory all the time.
type meter struct {
	most    atomic.Uint64
	ended   chan struct{}
	running sync.WaitGroup
}

func startMeter() *meter {
	m := &meter{ended: make(chan struct{})}
	m.running.Go(func() {
		often := time.NewTicker(5 * time.Millisecond)
		defer often.Stop()
		for {
			m.most.Store(max(m.most.Load(), memory()))
			select {
			case <-often.C:
			case <-m.ended:
				return
			}
		}
	})
	return m
}

func (m *meter) stop() uint64 {
	close(m.ended)
	m.running.Wait()
	return m.most.Load()
}

// untilGone looks again and again until nothing is left of what find looks for.
func untilGone(find func() error) error {
	late := time.Now().Add(patience)
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		err := find()
		if err == nil || time.Now().After(late) {
			return err
		}
		<-again.C
	}
}

// findScript finds a script beside the good one of which a generation is open.
func (b *besieged) findScript() error {
	for _, s := range b.host.Status().Scripts {
		if s.Name != "good.lua" {
			return fmt.Errorf("%s has these generations: %+v", s.Name, s.Generations)
		}
	}
	return nil
}

// findLeak finds a goroutine beside the known ones. goleak cannot read stacks so deep that Go tells them in
// part, as those of some of these scripts are while they last.
func findLeak(known goleak.Option) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("a goroutine with a deep stack is left: %v", r)
		}
	}()
	return goleak.Find(known)
}
