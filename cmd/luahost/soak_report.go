package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"luahost/internal/host"
)

const (
	// heapSlack is what the heap may differ by without having grown. The state that
	// one of the hostile scripts keeps, for good, takes 8 MB of it.
	heapSlack      = 24 << 20
	goroutineSlack = 12
	// callSlack is what the embedded Telegram, which lives in this process, and
	// forgets nothing, needs for a call: its record, and an entry in the history of
	// both sides.
	callSlack = 2 << 10
)

// soakReport prints a line for each round, and judges at the end.
type soakReport struct {
	out   io.Writer
	rests []rest
}

// rest is what luahost needs when the hostile scripts of a round are gone.
type rest struct {
	heap       uint64
	goroutines int
	calls      int // so far
}

func (r *soakReport) welcome(opts soakOptions, corpus int) {
	fmt.Fprintf(r.out, "%s with %v calls a second, edits, and %d hostile scripts, seed %d. Ctrl-C ends it.\n\n", opts.lasts, opts.rate, corpus, opts.seed)
	fmt.Fprintln(r.out, "  time   calls       p50       p99     heap  hostile  suspended  stuck   at rest      RSS  goroutines")
}

// round prints what a round was like.
func (r *soakReport) round(at time.Duration, took []time.Duration, s host.Status, dropped int) {
	suspended, stuck := troubled(s)
	fmt.Fprintf(r.out, "%6s  %6d  %8s  %8s  %7s  %7d  %9d  %5d", at.Round(time.Second), len(took),
		quantile(took, 50), quantile(took, 99), megabytes(heapNow()), dropped, suspended, stuck)
}

// troubled counts the scripts that the host has suspended, and given up.
func troubled(s host.Status) (suspended, stuck int) {
	for _, script := range s.Scripts {
		if script.Suspended != "" {
			suspended++
		}
		if script.Stuck != "" {
			stuck++
		}
	}
	return suspended, stuck
}

// rest looks at what is held when the garbage is gone, and ends the line.
func (r *soakReport) rest(calls int) {
	runtime.GC()
	debug.FreeOSMemory()
	now := rest{heap: heapNow(), goroutines: runtime.NumGoroutine(), calls: calls}
	r.rests = append(r.rests, now)
	fmt.Fprintf(r.out, "  %8s  %7s  %10d\n", megabytes(now.heap), resident(), now.goroutines)
}

func megabytes(bytes uint64) string { return fmt.Sprintf("%d MB", bytes>>20) }

// quantile is what percent of the calls did not exceed; they are sorted.
func quantile(took []time.Duration, percent int) string {
	if len(took) == 0 {
		return "-"
	}
	d := took[min(len(took)-1, len(took)*percent/100)]
	return d.Round(max(d/1000, 10*time.Microsecond)).String()
}

func heapNow() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// resident is what the system says that the process holds, where it says so.
func resident() string {
	text, err := os.ReadFile("/proc/self/statm")
	if fields := strings.Fields(string(text)); err == nil && len(fields) > 1 {
		if pages, err := strconv.Atoi(fields[1]); err == nil {
			return megabytes(uint64(pages * os.Getpagesize()))
		}
	}
	return "-"
}

// verdict compares the last third of the rounds with the first.
func (r *soakReport) verdict(calls *soakCalls) error {
	var faults []error
	for _, fault := range calls.wrong {
		faults = append(faults, errors.New("a call "+fault))
	}
	fmt.Fprintf(r.out, "\n%d calls were decided by the good script, %d were not.\n", calls.right, len(calls.wrong))
	third := len(r.rests) / 3
	if third == 0 {
		fmt.Fprintln(r.out, "It was too short to tell whether memory or goroutines grow: three rounds are needed.")
		return errors.Join(faults...)
	}
	first, last := middle(r.rests[:third]), middle(r.rests[len(r.rests)-third:])
	fmt.Fprintf(r.out, "Heap: %d MB in the first third, %d MB in the last. Goroutines: %d and %d.\n",
		first.heap>>20, last.heap>>20, first.goroutines, last.goroutines)
	if last.heap > first.heap+heapSlack+uint64(last.calls-first.calls)*callSlack {
		faults = append(faults, fmt.Errorf("the heap has grown by %d MB", (last.heap-first.heap)>>20))
	}
	if last.goroutines > first.goroutines+goroutineSlack {
		faults = append(faults, fmt.Errorf("there are %d goroutines more", last.goroutines-first.goroutines))
	}
	if len(faults) == 0 {
		fmt.Fprintln(r.out, "Flat, and no call suffered.")
	}
	return errors.Join(faults...)
}

// middle takes the median of each figure.
func middle(rests []rest) rest {
	by := func(of func(rest) int) int {
		values := make([]int, len(rests))
		for i, r := range rests {
			values[i] = of(r)
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	return rest{
		heap:       uint64(by(func(r rest) int { return int(r.heap) })),
		goroutines: by(func(r rest) int { return r.goroutines }),
		calls:      by(func(r rest) int { return r.calls }),
	}
}
