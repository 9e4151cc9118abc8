package phonetest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/gotd/td/tg"
	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/calls"
	"luahost/bindings/rule"
	"luahost/internal/call"
	"luahost/internal/clock"
	"luahost/internal/script"
	"luahost/internal/simulator"
	"luahost/internal/store"
	"luahost/internal/webhook"
)

// begin keeps the scripts as they are for a new call.
func (w *World) begin(c *call.Call) any {
	w.change(func() { w.calls[lineCall{c.Account().User, c.ID()}] = c })
	return w.Pin()
}

// lineCall names a call of an account.
type lineCall struct{ user, id int64 }

// event gives a step of a call to its scripts, and a ring to the rules.
func (w *World) event(c *call.Call, name string) {
	ctx, _ := w.as(call.NewContext(w.ctx, c), c.Account().Name)
	pin := c.Held().(*script.Pin)
	pin.Dispatch(ctx, script.Event{Name: name, Args: func(rt *script.Runtime, L *lua.LState) []lua.LValue {
		return []lua.LValue{calls.New(rt, L, c)}
	}})
	if name == call.EventCall {
		w.asking.Go(func() {
			rule.Ask(ctx, rule.Asking{Pin: pin, Clock: told{w.Clock, w}, Within: w.Within, Facts: w.facts(c)})
			w.change(func() { w.asked[c.ID()] = true })
		})
	}
	w.change(func() { w.events = append(w.events, fmt.Sprintf("%s %s", name, c.Outcome())) })
}

func (w *World) facts(c *call.Call) rule.Facts {
	return rule.Facts{
		Call: c, Now: c.Date(), Location: w.Zone,
		Blocked: func(ctx context.Context) (bool, error) { return w.Blocked(ctx, c.From().ID) },
		Rings: func(ctx context.Context, since time.Time) ([]time.Time, error) {
			return w.Store.Rings(ctx, c.Account().User, c.From().ID, since)
		},
	}
}

// Ring has somebody ring the first account, and gives both ends of the call.
func (w *World) Ring(from *simulator.Client, video bool) (*simulator.End, *call.Call) {
	w.Helper()
	return w.RingAt(w.Home, from, video)
}

// RingAt is Ring for a certain account.
func (w *World) RingAt(at *Line, from *simulator.Client, video bool) (*simulator.End, *call.Call) {
	w.Helper()
	end, err := from.Ring(w.Context(), at.ID, video)
	w.must(err)
	w.mu.Lock()
	defer w.mu.Unlock()
	return end, w.calls[lineCall{at.ID, end.ID()}] // begun before Ring returned, and perhaps over
}

// Talk has somebody ring whose call a script accepts, and goes on to the talk.
func (w *World) Talk(from *simulator.Client, video bool) (*simulator.End, *call.Call) {
	w.Helper()
	accepted := make(chan *tg.PhoneCallAccepted, 1)
	cancel := from.Subscribe(func(u tg.UpdatesClass) {
		for _, u := range u.(*tg.Updates).Updates {
			if u, ok := u.(*tg.UpdatePhoneCall); ok {
				if a, ok := u.PhoneCall.(*tg.PhoneCallAccepted); ok {
					accepted <- a
				}
			}
		}
	})
	defer cancel()
	end, c := w.Ring(from, video)
	w.must(end.Confirm(w.Context(), <-accepted))
	w.must(c.Wait(w.Context(), call.Active))
	return end, c
}

// Write has somebody write to the first account.
func (w *World) Write(from *simulator.Client, text string) {
	w.Helper()
	to := from.InputUser(w.Home.ID).(*tg.InputUser)
	_, err := tg.NewClient(from).MessagesSendMessage(w.Context(), &tg.MessagesSendMessageRequest{
		Peer: &tg.InputPeerUser{UserID: to.UserID, AccessHash: to.AccessHash}, Message: text, RandomID: w.written.Add(1),
	})
	w.must(err)
}

// Got are the texts that somebody has got from the first account, the oldest first.
func (w *World) Got(who *simulator.Client) (texts []string) {
	w.Helper()
	from := who.InputUser(w.Home.ID).(*tg.InputUser)
	for _, m := range w.history(who, &tg.InputPeerUser{UserID: from.UserID, AccessHash: from.AccessHash}) {
		if !m.Out {
			texts = append(texts, m.Message)
		}
	}
	return texts
}

// Saved are the texts in the saved messages of the first account, the oldest first.
func (w *World) Saved() (texts []string) {
	w.Helper()
	for _, m := range w.history(w.Home.Client, &tg.InputPeerSelf{}) {
		texts = append(texts, m.Message)
	}
	return texts
}

func (w *World) history(of *simulator.Client, with tg.InputPeerClass) (list []*tg.Message) {
	w.Helper()
	answer, err := tg.NewClient(of).MessagesGetHistory(w.Context(), &tg.MessagesGetHistoryRequest{Peer: with, Limit: 100})
	w.must(err)
	history, ok := answer.AsModified()
	if !ok {
		w.Fatalf("the history is %T", answer)
	}
	for _, m := range slices.Backward(history.GetMessages()) {
		if m, ok := m.(*tg.Message); ok {
			list = append(list, m)
		}
	}
	return list
}

// Hook has a web hook come in.
func (w *World) Hook(r webhook.Request) {
	w.Dispatch(w.ctx, script.Event{Name: "http." + r.Name, Args: func(rt *script.Runtime, L *lua.LState) []lua.LValue {
		return []lua.LValue{w.http.NewHook(rt, L, r)}
	}})
}

// Asked waits until the rules were asked about a call.
func (w *World) Asked(c *call.Call) {
	w.await(func() bool { return w.asked[c.ID()] })
}

// Over hangs a call up on the caller's side, if it still goes on, and waits until
// it is over and what follows from that was given out.
func (w *World) Over(end *simulator.End, c *call.Call) {
	_ = end.HangUp(w.Context(), &tg.PhoneCallDiscardReasonMissed{}, 0)
	<-c.Over()
}

// told is the clock of scripts and rules: the world knows what they wait for.
type told struct {
	*clock.Manual
	world *World
}

// AfterFunc implements clock.Clock.
func (t told) AfterFunc(d time.Duration, f func()) clock.Timer {
	timer := t.Manual.AfterFunc(d, f)
	t.world.change(func() { t.world.timers[d]++ })
	return timer
}

// Timers waits until scripts and rules have set n timers of that length, so that
// the clock may be moved.
func (w *World) Timers(d time.Duration, n int) {
	w.await(func() bool { return w.timers[d] >= n })
}

// Runs waits until n handlers have ended, and gives all that have.
func (w *World) Runs(n int) []script.Run {
	w.await(func() bool { return len(w.runs) >= n })
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.runs)
}

// RunsOf waits until a handler of an event has ended.
func (w *World) RunsOf(event string) {
	w.await(func() bool {
		return slices.ContainsFunc(w.runs, func(r script.Run) bool { return r.Event == event })
	})
}

// Notes waits until scripts have noted n things, and gives all.
func (w *World) Notes(n int) []string {
	w.await(func() bool { return len(w.notes) >= n })
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.notes)
}

// Check waits until n handlers have ended; those that failed fail the test.
func (w *World) Check(n int) {
	w.Helper()
	for _, r := range w.Runs(n) {
		if r.Err != nil {
			w.Errorf("%s of %s: %v", r.Event, r.Script, r.Err)
		}
	}
}

// Trace gives what the rules said of a call: "night: matched".
func (w *World) Trace(c *call.Call) (lines []string) {
	entries, err := w.Store.Trace(w.Context(), c.Account().User, c.ID())
	w.must(err)
	for _, e := range entries {
		if e.Kind == "rule" {
			lines = append(lines, line(e))
		}
	}
	return lines
}

func line(e store.Entry) string {
	if e.Name == "" {
		return e.Text
	}
	return e.Name + ": " + e.Text
}

func (w *World) change(fn func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fn()
	w.changed.Broadcast()
}

// await waits until want, which is called with w.mu held, is true.
func (w *World) await(want func() bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for !want() {
		w.changed.Wait()
	}
}
