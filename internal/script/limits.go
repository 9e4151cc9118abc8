package script

import (
	"errors"
	"fmt"
	"time"

	"luahost/internal/sandbox"
)

// Limits are what scripts may use. Zero fields have the defaults that are named
// here.
type Limits struct {
	sandbox.Limits // of one handler, or of the top level of a script that loads

	InFlight int   // handlers of one script that are at work or wait; others are refused, but a new generation has half: 1,000
	Handlers int   // that one script may register: 10,000
	Lines    int   // that one script may log in a second, after three seconds' worth at once: 100
	Memory   int64 // bytes of the process's heap, beyond which scripts are ended: 384 MiB
	Values   int64 // bytes that the values of one script may take: 32 MiB

	// SuspendAfter is how often a script may have handlers ended by their limits
	// within a minute, before it is suspended: 3.
	SuspendAfter int
	// OldGenerations is how long a generation that was replaced may go on for the
	// handlers, calls and timers that it has: 24 hours.
	OldGenerations time.Duration
}

// WithDefaults fills in what is zero.
func (l Limits) WithDefaults() Limits {
	l.Limits = l.Limits.WithDefaults()
	for _, d := range []struct {
		field *int
		value int
	}{
		{&l.InFlight, 1000},
		{&l.Handlers, 10_000},
		{&l.Lines, 100},
		{&l.SuspendAfter, 3},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	if l.Memory <= 0 {
		l.Memory = 384 << 20
	}
	if l.Values <= 0 {
		l.Values = 32 << 20
	}
	if l.OldGenerations <= 0 {
		l.OldGenerations = 24 * time.Hour
	}
	return l
}

// What ends a handler, beside its own limits (sandbox.ErrInstructions, ErrTime,
// ErrDepth, ErrText and ErrPattern).
var (
	ErrMemory    = errors.New("too much memory")
	ErrSuspended = errors.New("the script was suspended")
	ErrStuck     = errors.New("stuck in a call that does not return")

	errValues = fmt.Errorf("%w", ErrMemory) // that of the script, which has a limit of its own
)

// limitOf names the limit that ended a handler; "" if none did.
func limitOf(err error) string {
	for _, l := range []struct {
		err  error
		name string
	}{
		{sandbox.ErrInstructions, "instructions"},
		{sandbox.ErrTime, "time"},
		{errValues, "values"},
		{ErrMemory, "memory"},
		{sandbox.ErrDepth, "depth"},
		{sandbox.ErrText, "string"},
		{sandbox.ErrPattern, "pattern"},
	} {
		if errors.Is(err, l.err) {
			return l.name
		}
	}
	return ""
}
