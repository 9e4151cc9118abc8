package rule

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/calls"
	"luahost/internal/call"
	"luahost/internal/clock"
	"luahost/internal/sandbox"
	"luahost/internal/script"
	"luahost/internal/store"
)

// usualWithin is how long a rule may hold up the next.
const usualWithin = 2 * time.Second

// Asking is what Ask is told. Pin and Facts.Call are required.
type Asking struct {
	Pin *script.Pin
	Facts
	Within time.Duration // how long one rule holds up the next at most; 0: two seconds
	Clock  clock.Clock   // nil: the system's
}

// Ask puts an incoming call to the rules, one at a time, until somebody has
// decided about it, it is over, ctx ends, or none is left. What each answered
// goes into the call's trace. It waits for a rule that runs for Within at most,
// and for no VM. What rules have used up shortens the time of those that follow,
// so that all of them together hold up a call for twice as long, however many
// only wait. A rule that runs on goes on after Ask has returned, and after ctx
// has ended, and may still decide.
func Ask(ctx context.Context, a Asking) {
	if a.Within <= 0 {
		a.Within = usualWithin
	}
	if a.Clock == nil {
		a.Clock = clock.System{}
	}
	s := newSession(ctx, a)
	for i := range s.rules {
		if s.stopped(i) {
			return
		}
		began := a.Clock.Now()
		s.put(&s.rules[i])
		s.left -= max(a.Clock.Now().Sub(began), 0)
	}
	s.conclude()
}

// byPriority sorts the rules, which come in the order of file name and place.
func byPriority(rules []script.Registered) []script.Registered {
	higher := func(a, b script.Registered) int {
		return -cmp.Compare(a.Tag.(*Rule).Priority, b.Tag.(*Rule).Priority)
	}
	if !slices.IsSortedFunc(rules, higher) {
		slices.SortStableFunc(rules, higher)
	}
	return rules
}

// session is one call put to the rules. Its goroutine owns it.
type session struct {
	Asking
	ctx     context.Context
	rules   []script.Registered
	facts   facts
	left    time.Duration // for which the call may still be held up
	begun   int           // rules that matched, or whose match was called
	pending int           // of these, those that were not waited for
}

func newSession(ctx context.Context, a Asking) *session {
	s := &session{Asking: a, ctx: call.NewContext(ctx, a.Call), left: 2 * a.Within}
	if a.Pin != nil {
		s.rules = byPriority(a.Pin.Registered(Event))
	}
	s.facts = s.newFacts()
	return s
}

// patience is how long the rule that is asked is waited for.
func (s *session) patience() time.Duration { return max(s.left/2, 0) }

func (s *session) newFacts() facts {
	f := facts{call: s.Call, now: s.Now, zone: s.Location, ask: s.Facts, ctx: s.question}
	if f.now.IsZero() {
		f.now = s.Call.Date()
	}
	if f.zone == nil {
		f.zone = time.Local
	}
	for i := range s.rules {
		f.longest = max(f.longest, s.rules[i].Tag.(*Rule).rings)
	}
	return f
}

// question gives the context of what a condition asks for: it holds up the next
// rule no longer than an action may.
func (s *session) question() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(s.ctx)
	within := s.patience()
	timer := s.Clock.AfterFunc(within, func() { cancel(fmt.Errorf("no answer within %s", short(within))) })
	return ctx, func() { timer.Stop(); cancel(nil) }
}

// stopped says whether the rules from i on need not be asked, and why.
func (s *session) stopped(i int) bool {
	if s.ctx.Err() != nil {
		return true
	}
	if !s.settled() {
		return false
	}
	end, decided := s.end()
	if !decided {
		end = "the call is over"
	}
	s.Call.Trace(store.Entry{Kind: "rule", Text: unasked(len(s.rules)-i, i == 0) + end})
	return true
}

// settled says whether there is nothing left to decide. Of a call that ends, those
// who wait for that may hear before Decided is closed.
func (s *session) settled() bool {
	select {
	case <-s.Call.Decided():
		return true
	default:
		return s.Call.State() == call.Ended
	}
}

func unasked(n int, all bool) string {
	text := strconv.Itoa(n)
	if !all {
		text += " more"
	}
	if n == 1 {
		return text + " rule was not asked: "
	}
	return text + " rules were not asked: "
}

// end says who has decided about a call that is settled, if anybody has. A call
// may be over before Telegram has said whose request it was.
func (s *session) end() (text string, decided bool) {
	if _, _, ok := s.Call.Decision(); !ok {
		ctx, cancel := s.question()
		_ = s.Call.Wait(ctx, call.Ended)
		cancel()
	}
	kind, by, ok := s.Call.Decision()
	return past(kind) + " by " + by.String(), ok
}

func past(kind string) string {
	switch kind {
	case "decline":
		return "declined"
	case "accept":
		return "accepted"
	case "ignore":
		return "ignored"
	}
	return kind
}

// put asks one rule.
func (s *session) put(r *script.Registered) {
	rule := r.Tag.(*Rule)
	switch v := rule.when.test(&s.facts); {
	case v.err != nil:
		trace(s.Call, r, store.Entry{Text: "failed: " + v.name + ": " + v.err.Error(), Failed: true})
	case v.answer == not:
		trace(s.Call, r, store.Entry{Text: v.words()})
	default:
		s.run(r, v.answer == yes)
	}
}

// tooLate is for how many calls a rule may be late before it is waited for no
// more, until it has been in time or its script is loaded anew. A rule that
// lets the phone ring for a while loses nothing by that, and one that only holds
// calls up cannot go on with it.
const tooLate = 2

// mostLapses bounds how often it doubles in how many calls a rule has to be in time that
// came to be not waited for: one that waits for the end of each call is in time whenever
// it is not waited for, and would hold up two calls of three.
const mostLapses = 10

// makesUp is for how many calls a rule that is waited for has to be in time to make up
// for one lapse, so that a bad day of the network is forgotten.
const makesUp = 50

// behindLate says whether a rule may have to wait for one of its own script that
// computes for long and is late itself.
func (s *session) behindLate(r *script.Registered) bool {
	return r.Heavy() && slices.ContainsFunc(s.rules, func(other script.Registered) bool {
		return other.Script == r.Script && other.Tag.(*Rule).Late()
	})
}

// run has a rule act, and waits for it.
func (s *session) run(r *script.Registered, matched bool) {
	s.begun++
	a := &asked{registered: r, call: s.Call, facts: s.facts, within: s.Within, done: make(chan struct{})}
	if matched {
		a.matched()
	}
	wait := s.patience().Round(time.Millisecond)
	if a.rule().Late() || s.behindLate(r) {
		wait = 0
	}
	a.waited = wait > 0
	late := make(chan struct{})
	if wait > 0 {
		timer := s.Clock.AfterFunc(wait, func() { close(late) })
		defer timer.Stop()
	} else {
		close(late)
	}
	event := script.Event{Name: Event, Urgent: wait > 0, Args: func(rt *script.Runtime, L *lua.LState) []lua.LValue {
		return []lua.LValue{calls.New(rt, L, s.Call)}
	}}
	if !s.Pin.Start(withAsked(context.WithoutCancel(s.ctx), a), *r, event, a.ended) {
		if s.ctx.Err() == nil {
			trace(s.Call, r, store.Entry{Text: "was not run: its script is suspended, or has too many handlers at work", Failed: true})
		}
		return
	}
	select {
	case <-a.done:
	case <-s.Call.Decided():
	case <-s.ctx.Done():
	case <-late:
		s.pending++
		text := "has not decided within " + short(wait)
		if wait == 0 {
			text = "is not waited for: it, or others before it, have held up calls for too long"
		} else {
			a.isLate()
		}
		trace(s.Call, r, store.Entry{Text: text + ": the next rule is asked, and this one may still decide", Took: wait})
	}
}

// conclude says what came of it all.
func (s *session) conclude() {
	text := ""
	switch {
	case s.settled():
		if _, decided := s.end(); decided {
			return
		}
		text = "no rule decided before the call was over"
	case len(s.rules) == 0:
		text = "there are no rules"
	case s.begun == 0:
		text = "no rule matched"
	case s.pending > 0:
		text = "no rule has decided so far"
	default:
		text = "no rule decided"
	}
	s.Call.Trace(store.Entry{Kind: "rule", Text: text})
}

// asked is one rule that runs. Its handler's goroutine owns it, but for done.
type asked struct {
	registered *script.Registered
	call       *call.Call
	facts      facts
	within     time.Duration
	waited     bool // somebody waits for it
	late       atomic.Bool
	refused    string // by a match
	done       chan struct{}
}

func (a *asked) rule() *Rule { return a.registered.Tag.(*Rule) }

// Late says whether the rule is not waited for, because it was late for calls.
func (r *Rule) Late() bool { return r.late.Load() >= tooLate }

func (a *asked) isLate() {
	a.late.Store(true)
	if r := a.rule(); r.late.Add(1) == tooLate {
		r.made.Store(0)
		lapses := r.lapses.Load()
		owes := int32(1) << lapses
		r.owes.Store(owes)
		r.lapses.Store(min(lapses+1, mostLapses))
		a.registered.Log().Info("rule is not waited for, until it has been in time", "rule", r.Name, "line", a.registered.Line, "late", tooLate, "times", owes)
	}
}

func (a *asked) isInTime() {
	r := a.rule()
	if !r.Late() {
		r.late.Store(0)
		if a.waited && r.made.Add(1)%makesUp == 0 {
			r.lapses.Store(max(r.lapses.Load()-1, 0))
		}
		return
	}
	if r.owes.Add(-1) <= 0 && r.late.Swap(0) >= tooLate {
		a.registered.Log().Info("rule is waited for again", "rule", r.Name, "line", a.registered.Line)
	}
}

func (a *asked) matched() { trace(a.call, a.registered, store.Entry{Text: "matched"}) }

// ended says what the handler came to.
func (a *asked) ended(run script.Run) {
	defer close(a.done)
	if run.Err == nil && run.Queued+run.Took < a.within && !a.late.Load() {
		a.isInTime()
	}
	if errors.Is(run.Err, sandbox.ErrInstructions) || errors.Is(run.Err, sandbox.ErrTime) {
		a.isLate() // it was ended for that
	}
	e := store.Entry{Took: run.Took}
	_, by, decided := a.call.Decision()
	switch {
	case errors.Is(run.Err, context.Canceled):
		e.Text = run.Err.Error()
	case run.Err != nil:
		e.Text, e.Failed = "failed: "+run.Err.Error(), true
	case a.refused != "":
		e.Text = a.refused
	case decided && by.Rule == a.rule().Name && by.Script == a.registered.Script:
		return
	default:
		e.Text = "matched and decided nothing"
	}
	trace(a.call, a.registered, e)
}

// trace notes what a rule answered.
func trace(c *call.Call, r *script.Registered, e store.Entry) {
	e.Kind, e.Name = "rule", r.Tag.(*Rule).Name
	e.Script, e.Generation, e.File, e.Line = r.Script, r.Generation, r.Module(), r.Line
	c.Trace(e)
}
