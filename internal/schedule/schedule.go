// Package schedule says when the timers of scripts are due, and starts them then.
//
// A timer is unnamed or named. An unnamed one is a function of a script: it lives
// in memory, and its owner stops it when the script is replaced. A named one is a
// row of the database from before Keep returns. It is claimed there, in a
// transaction of its own, before it is given to Options.Fire, so that it runs once
// at most whatever happens; one that was at work when the process ended is
// reported as interrupted when the next one begins.
//
// daily and cron, and all named timers, go by the clock on the wall: when it is set
// or the computer has slept, they see that within half a minute. Unnamed after and
// every go by the time that passes. A timer is missed when it comes more than a
// minute late though neither another run of its own nor what else its script had at
// work held it up: nothing ran, the computer slept, or its script was not loaded.
//
// The engine has four goroutines, which begin and end with Run: one for each kind of
// queue and one that writes what scripts declare. Timers may be
// made and stopped from any goroutine. The package knows nothing of Lua or of Telegram.
package schedule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"luahost/internal/clock"
	"luahost/internal/store"
)

// Options of New.
type Options struct {
	Clock clock.Clock  // default: clock.System
	Log   *slog.Logger // default: discarded
	// Store keeps named timers. Nil: there are none, and Keep returns ErrNoStore.
	Store *store.Store
	// Fire starts the handlers of a named timer in its script, and waits for
	// nothing. ended is called once when the last handler has ended, on any
	// goroutine; never unless it gave Started. ctx ends with Run. Required if there
	// is a Store.
	Fire func(ctx context.Context, f Firing, ended func(error)) Start
	// Limit is how many timers of an Owner may be pending, and how many runs of a
	// script may begin without a pause. Default: 10,000.
	Limit int
}

// Start is what became of a named timer that was given to its script.
type Start int

// What Options.Fire gives.
const (
	Nobody  Start = iota // handles it: its script is not loaded, or its account is gone; it waits
	Busy                 // its script has too many handlers at work, and it is tried again soon
	Started              // its handlers
)

// Firing is a timer that is due.
type Firing struct {
	Script, Name string
	Account      string // that it was made for; "": none
	Data         []byte
	Due          time.Time
	Late         time.Duration
}

const (
	// lookAgain is how soon a change of the clock on the wall is noticed.
	lookAgain = 30 * time.Second
	// grace is how late a timer may come without having been missed.
	grace = time.Minute
	// atWorkLimit is how many runs of a script's timers go on at the same time,
	// which leaves room for its other handlers.
	atWorkLimit = 500
	// runsPerSecond is how many of a script's runs begin in a second when it has used
	// up Options.Limit, which may begin at once: timers that make timers would take
	// every core.
	runsPerSecond = 1000
	// tryAgain is the pause after a start or a write that did not work or came too
	// soon, and waitsFor that after one that nobody handled.
	tryAgain = time.Second
	waitsFor = time.Minute
)

// ErrNoStore is returned for named timers where nothing keeps them.
var ErrNoStore = errors.New("no database keeps timers")

// MaxData is how many bytes of data the named timers of a script may have together.
const MaxData = 8 << 20

// TooManyError says that a script has as many timers as it may have.
type TooManyError struct {
	Script string
	Timers int
	Data   int // if it is that of which there is too much
}

// Error implements error.
func (e *TooManyError) Error() string {
	if e.Data > 0 {
		return fmt.Sprintf("the data of the timers of %s takes %d KiB, and may not take more than %d", e.Script, e.Data>>10, MaxData>>10)
	}
	return fmt.Sprintf("%s has %d timers that are pending, and may have no more", e.Script, e.Timers)
}

// Engine starts the timers of all scripts.
type Engine struct {
	Options
	passing *queue[*Timer] // by the time that passes
	calling *queue[*Timer] // by the clock on the wall
	kept    *queue[*named]

	claiming sync.Mutex // held while rows are claimed or declared, so that memory knows what they are
	failing  bool       // the last claim did not work; guarded by claiming

	mu       sync.Mutex
	lines    map[Owner]*line
	paces    map[string]*pace // by script
	named    map[int64]*named
	repeats  map[key]*named    // those of them that a script declared
	held     map[key]time.Time // timers that nobody handles are not tried before
	declared map[string][]Named
	declare  chan struct{} // holds a token while declared is not empty
}

// Owner is whose timers count together: for what lives in a script's VM, whatever
// stands for that VM, and for named ones the script alone.
type Owner struct {
	Script string
	VM     any // comparable
}

// line is what one owner has.
type line struct {
	timers  int // that are pending or at work
	data    int // bytes that these have on the disk
	atWork  int
	waiting []func() bool // for room; each puts a timer back into its queue, unless it is over
}

// pace is how often a script's timers run, of all its VMs.
type pace struct {
	*rate.Limiter
	told bool // that it is too often
}

type key struct{ script, name string }

// New makes an engine that has no timers yet. Those that are made before Run are
// started when it runs.
func New(o Options) *Engine {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Limit == 0 {
		o.Limit = 10_000
	}
	return &Engine{
		Options: o,
		passing: newQueue[*Timer](o.Clock, false),
		calling: newQueue[*Timer](o.Clock, true),
		kept:    newQueue[*named](o.Clock, true),
		lines:   map[Owner]*line{}, paces: map[string]*pace{}, named: map[int64]*named{}, repeats: map[key]*named{}, held: map[key]time.Time{},
		declared: map[string][]Named{}, declare: make(chan struct{}, 1),
	}
}

// Run starts timers until ctx ends, which is no error.
func (e *Engine) Run(ctx context.Context) error {
	var running sync.WaitGroup
	running.Go(func() { e.passing.run(ctx, e.fireUnnamed, nil) }) // which nobody sets
	running.Go(func() { e.calling.run(ctx, e.fireUnnamed, e.unnamedBack) })
	if e.Store != nil {
		running.Go(func() {
			if e.persist(ctx, "interrupted timers not read", e.interrupted) {
				running.Go(func() {
					e.kept.run(ctx, func(due []*named) { e.fireNamed(ctx, due) }, func(by time.Duration) { e.namedBack(ctx, by) })
				})
				e.declareAll(ctx)
			}
		})
	}
	running.Wait()
	return nil
}

// persist has do succeed, sooner or later. False: ctx ended before.
func (e *Engine) persist(ctx context.Context, failing string, do func() error) bool {
	for told := false; ; told = true {
		err := do()
		if err == nil {
			return true
		}
		if !told {
			e.Log.Error(failing+", trying again", "error", err)
		}
		if errors.Is(err, store.ErrClosed) || clock.Wait(ctx, e.Clock, tryAgain) != nil {
			return false
		}
	}
}

// now is the time on the wall, as the database keeps it.
func (e *Engine) now() time.Time { return e.Clock.Now().Round(0).Truncate(time.Microsecond) }

// line gives an owner's, with mu held.
func (e *Engine) line(o Owner) *line {
	l := e.lines[o]
	if l == nil {
		l = &line{}
		e.lines[o] = l
	}
	return l
}

// enter counts a new timer with so much data, with mu held.
func (e *Engine) enter(o Owner, data int) error {
	l := e.line(o)
	switch {
	case l.timers >= e.Limit:
		return &TooManyError{Script: o.Script, Timers: l.timers}
	case l.data+data > MaxData:
		return &TooManyError{Script: o.Script, Timers: l.timers, Data: l.data}
	}
	l.timers++
	l.data += data
	return nil
}

// leave forgets a timer that has ended, with mu held.
func (e *Engine) leave(o Owner, data int) {
	l := e.line(o)
	l.timers--
	l.data -= data
	l.wake() // it may have been one that was woken
	e.tidy(o)
}

// tidy forgets an owner that has nothing left: VMs come and go.
func (e *Engine) tidy(o Owner) {
	if l := e.lines[o]; l.timers == 0 && l.atWork == 0 {
		delete(e.lines, o)
	}
}

// tooSoon says whether a run has a place and is to come a little later nevertheless,
// because there were so many. With mu held.
func (e *Engine) tooSoon(o Owner) bool {
	if e.line(o).atWork >= atWorkLimit {
		return false
	}
	p := e.paces[o.Script]
	if p == nil {
		p = &pace{Limiter: rate.NewLimiter(runsPerSecond, e.Limit)}
		e.paces[o.Script] = p
	}
	if p.AllowN(e.Clock.Now(), 1) {
		return false
	}
	if !p.told {
		p.told = true
		e.Log.Warn("timers slowed down: the script's are due too often", "script", o.Script, "per_second", runsPerSecond)
	}
	return true
}

// begin takes a place for a run, or has wait called when there is one. With mu held.
func (l *line) begin(wait func() bool) bool {
	if l.atWork >= atWorkLimit {
		l.waiting = append(l.waiting, wait)
		return false
	}
	l.atWork++
	return true
}

// end gives the place of a run to the next. With mu held.
func (e *Engine) end(o Owner) {
	l := e.line(o)
	defer e.tidy(o)
	l.atWork--
	l.wake()
}

// wake has the first that waits try again if there is a place: not one that was
// stopped meanwhile, or those behind it would wait for ever. With mu held.
func (l *line) wake() {
	for woken := false; !woken && len(l.waiting) > 0 && l.atWork < atWorkLimit; {
		next := l.waiting[0]
		l.waiting[0] = nil
		l.waiting = l.waiting[1:]
		woken = next()
	}
}
