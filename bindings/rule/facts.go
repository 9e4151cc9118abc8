package rule

import (
	"context"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/call"
)

// Facts are what the rules are told of a call. Call is required. What has to be
// asked for is asked once for each call, when a rule first needs it.
type Facts struct {
	Call     *call.Call
	Now      time.Time      // when it rang; zero: the call's date
	Location *time.Location // of between and days without tz; nil: the system's
	// Blocked says whether the caller is on the account's block list. Nil: nobody is.
	Blocked func(ctx context.Context) (bool, error)
	// Rings gives when the caller has rung this account since then, this call
	// included. Nil: only now.
	Rings func(ctx context.Context, since time.Time) ([]time.Time, error)
}

// facts are Facts as one asking has them: with what was asked for already. A rule
// that runs gets a copy.
type facts struct {
	call     *call.Call
	now      time.Time
	zone     *time.Location
	longest  time.Duration // the longest window of all rules, for one question
	ask      Facts
	ctx      func() (context.Context, context.CancelFunc) // of a question
	moments  [2]moment                                    // the last used, the newest first
	isBlock  *isBlocked
	ringings *ringings

	match func(*lua.LFunction) bool // calls a function of the script; nil outside of its VM
}

type (
	isBlocked struct {
		is  bool
		err error
	}
	ringings struct {
		at  []time.Time
		err error
	}
)

// moment is the time of the call on the wall of a time zone.
type moment struct {
	at     *time.Location
	minute int    // since midnight
	day    int    // 0: sunday
	text   string // 14:05
	zone   string // " (Europe/Berlin)"
}

// at gives the moment in a zone; nil is the one of the host.
func (f *facts) at(zone *time.Location) moment {
	if zone == nil {
		zone = f.zone
	}
	switch zone {
	case f.moments[0].at:
		return f.moments[0]
	case f.moments[1].at:
		f.moments[0], f.moments[1] = f.moments[1], f.moments[0]
		return f.moments[0]
	}
	now := f.now.In(zone)
	m := moment{at: zone, minute: now.Hour()*60 + now.Minute(), day: int(now.Weekday()), text: now.Format("15:04")}
	if zone != time.Local {
		m.zone = " (" + zone.String() + ")"
	}
	f.moments[1], f.moments[0] = f.moments[0], m
	return m
}

// blocked says whether the caller is blocked.
func (f *facts) blocked() (bool, error) {
	if f.isBlock == nil {
		f.isBlock = &isBlocked{}
		if f.ask.Blocked != nil {
			ctx, cancel := f.ctx()
			defer cancel()
			f.isBlock.is, f.isBlock.err = f.ask.Blocked(ctx)
			f.isBlock.err = because(ctx, f.isBlock.err)
		}
	}
	return f.isBlock.is, f.isBlock.err
}

// rings counts the caller's rings within a window that ends now. This call counts
// also where nobody has noted it.
func (f *facts) rings(within time.Duration) (int, error) {
	if f.ringings == nil {
		f.ringings = &ringings{}
		if f.ask.Rings != nil {
			ctx, cancel := f.ctx()
			defer cancel()
			f.ringings.at, f.ringings.err = f.ask.Rings(ctx, f.now.Add(-f.longest))
			f.ringings.err = because(ctx, f.ringings.err)
		}
	}
	n, since := 0, f.now.Add(-within)
	for _, at := range f.ringings.at {
		if !at.Before(since) {
			n++
		}
	}
	return max(n, 1), f.ringings.err
}

// because tells why a question was given up.
func because(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
