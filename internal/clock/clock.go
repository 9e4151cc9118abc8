// Package clock is the source of time for everything that waits: the system's
// in production, one that a test moves by hand otherwise. It knows nothing of
// who waits. A function given to AfterFunc runs on a goroutine of its own with
// the system's clock, and on the goroutine that calls Advance with a manual
// one, so it must not block.
package clock

import (
	"context"
	"time"
)

// Clock tells the time and calls back later.
type Clock interface {
	Now() time.Time
	AfterFunc(d time.Duration, f func()) Timer
}

// Timer is a pending call of AfterFunc. Stop reports whether it prevented it.
type Timer interface {
	Stop() bool
}

// System is the machine's clock.
type System struct{}

// Now is time.Now.
func (System) Now() time.Time { return time.Now() }

// AfterFunc is time.AfterFunc.
func (System) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }

// Wait returns nil after d by c's time, or ctx's error when ctx ends first.
func Wait(ctx context.Context, c Clock, d time.Duration) error {
	due := make(chan struct{})
	timer := c.AfterFunc(d, func() { close(due) })
	defer timer.Stop()
	select {
	case <-due:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
