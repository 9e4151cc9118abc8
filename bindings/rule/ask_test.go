package rule_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"luahost/bindings/phonetest"
	"luahost/bindings/rule"
	"luahost/internal/call"
	"luahost/internal/simulator"
)

// asked rings once and gives what the rules said, in order.
func asked(t *testing.T, w *phonetest.World, from *simulator.Client) (*call.Call, []string) {
	t.Helper()
	end, c := w.Ring(from, false)
	w.Asked(c)
	lines := w.Trace(c)
	w.Over(end, c)
	return c, lines
}

func expect(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n  %s\nwant:\n  %s", what, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// Rules are asked by priority, file and place; whatever does not decide passes on.
func TestOrder(t *testing.T) {
	w := phonetest.New(t, phonetest.Evening, map[string]string{
		"b.lua": `
rule "third" { action = function() note("third") error("no") end }
rule "first" { priority = 1, action = function() note("first") end }
rule "never" { priority = -1, action = function() note("never") end }`,
		"a.lua": `
rule "second" { action = function() note("second") end }
rule "video"  { when = {video = true}, action = function() note("video") end }`,
		"c.lua": `
rule "endless"  { action = function() note("endless") while true do end end }
rule "decides"  { action = function(call) note("decides") assert(call:decline("busy")) note("declined") end }
rule "too late" { action = function() note("too late") end }`,
	})
	c, lines := asked(t, w, w.Person(simulator.User{FirstName: "Ann"}))
	expect(t, "ran", w.Notes(6), "first", "second", "third", "endless", "decides", "declined")
	expect(t, "traced", lines,
		"first: matched", "first: matched and decided nothing",
		"second: matched", "second: matched and decided nothing",
		"video: video: it is a voice call",
		"third: matched", "third: failed: b.lua:2: no",
		"endless: matched", "endless: failed: c.lua:2: too many instructions: more than 10000000 (limits.instructions)",
		"decides: matched",
		`2 more rules were not asked: declined by rule "decides" (c.lua:3)`,
	)
	if kind, by, _ := c.Decision(); kind != "decline" || by.Rule != "decides" || by.Script != "c.lua" || by.Line != 3 {
		t.Errorf("decision: %s by %+v", kind, by)
	}
	if c.Outcome() != call.Declined {
		t.Errorf("outcome: %s", c.Outcome())
	}
}

// Where nobody decides, the trace says so in one line more.
func TestNobodyDecides(t *testing.T) {
	for _, c := range []struct {
		name, script string
		want         []string
	}{
		{"no rules", `on("call", function() end)`, []string{"there are no rules"}},
		{"none matches", `
			rule "night" { when = {between = {"02:00", "07:00"}}, action = note }
			rule "work" { when = {account = "work"}, action = note }`, []string{
			"night: between: 22:00 is outside 02:00–07:00 (UTC)", "work: account: it came to home, wanted work", "no rule matched",
		}},
		{"none decides", `rule "looks" { action = note }`, []string{
			"looks: matched", "looks: matched and decided nothing", "no rule decided",
		}},
		{"a refused decision is none", `rule "wrong" { action = function(call) local ok, err = call:hangup() assert(not ok and err.code == 0) end }`, []string{
			"wrong: matched", "wrong: matched and decided nothing", "no rule decided",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := phonetest.New(t, phonetest.Evening, map[string]string{"a.lua": c.script})
			_, lines := asked(t, w, w.Person(simulator.User{FirstName: "Ann"}))
			expect(t, "traced", lines, c.want...)
		})
	}
}

// A rule that takes its time holds the next up for a while, and may decide later.
func TestASlowRuleMayDecideLater(t *testing.T) {
	w := phonetest.New(t, phonetest.Evening, map[string]string{"a.lua": `
rule "patient" { action = function(call) sleep("20s") assert(call:decline()) end }
rule "next"    { action = function(call) note("next") end }`})
	end, c := w.Ring(w.Person(simulator.User{FirstName: "Ann"}), false)
	if err := c.Wait(t.Context(), call.Ringing); err != nil { // or Telegram gives up after 20 seconds
		t.Fatal(err)
	}
	w.Timers(20*time.Second, 1)
	w.Clock.Advance(1999 * time.Millisecond)
	if lines := w.Trace(c); len(lines) != 1 {
		t.Errorf("asked too early: %q", lines)
	}
	w.Clock.Advance(time.Millisecond)
	w.Asked(c)
	expect(t, "traced", w.Trace(c), "patient: matched",
		"patient: has not decided within 2s: the next rule is asked, and this one may still decide",
		"next: matched", "next: matched and decided nothing", "no rule has decided so far")
	w.Clock.Advance(18 * time.Second)
	<-c.Over()
	w.Check(2)
	if kind, by, _ := c.Decision(); kind != "decline" || by.Rule != "patient" {
		t.Errorf("decision: %s by %+v", kind, by)
	}
	w.Over(end, c)
}

// However many rules only wait, those behind them are asked within twice the time.
func TestRulesTogetherHoldACallUpForTwiceTheTime(t *testing.T) {
	w := phonetest.New(t, phonetest.Evening, map[string]string{"a.lua": `
for i = 1, 30 do
  rule("holds " .. i) { when = {from = "anyone"}, action = function(call) sleep("1h") end }
end`, "b.lua": `rule "good" { when = {from = "anyone"}, action = function(call) assert(call:decline()) end }`})
	began := w.Clock.Now()
	end, c := w.Ring(w.Person(simulator.User{FirstName: "Ann"}), false)
	set := map[time.Duration]int{}
	for left := 4 * time.Second; ; {
		wait := (left / 2).Round(time.Millisecond)
		if wait == 0 { // those that follow are not waited for
			break
		}
		set[wait]++
		w.Timers(wait, set[wait])
		w.Clock.Advance(wait)
		left -= wait
	}
	<-c.Decided()
	if took := w.Clock.Now().Sub(began); took > 4*time.Second {
		t.Errorf("the rule behind them was asked after %s", took)
	}
	w.Over(end, c) // before it is, Telegram may not have said yet whose request it was
	if kind, by, _ := c.Decision(); kind != "decline" || by.Rule != "good" {
		t.Errorf("decision: %s by %+v", kind, by)
	}
	w.Timers(time.Hour, 30)
	w.Clock.Advance(time.Hour)
	w.Check(31)
}

// A rule that is always late is not waited for any more, until it is in time.
func TestARuleThatIsAlwaysLateIsNotWaitedFor(t *testing.T) {
	w := phonetest.New(t, phonetest.Evening, map[string]string{"a.lua": `
rule "holds" { priority = 1, when = {from = "anyone"}, action = function(call) if not call.video then sleep("1h") end end }
rule "good"  { when = {from = "anyone"}, action = function(call) assert(call:decline()) end }`})
	ann, asleep := w.Person(simulator.User{FirstName: "Ann"}), 0
	calls := func(n int, video, waited bool) (c *call.Call) {
		t.Helper()
		for range n {
			var end *simulator.End
			end, c = w.Ring(ann, video)
			if !video {
				asleep++
				w.Timers(time.Hour, asleep)
			}
			if waited {
				w.Clock.Advance(2 * time.Second)
			}
			<-c.Decided()
			w.Asked(c)
			w.Over(end, c)
			held := slices.ContainsFunc(w.Trace(c), func(line string) bool { return strings.Contains(line, "is not waited for") })
			if held == waited {
				t.Errorf("traced %q", w.Trace(c))
			}
		}
		return c
	}
	late := func() bool { return w.Host.Registered(rule.Event)[0].Tag.(*rule.Rule).Late() }
	if calls(1, false, true); late() {
		t.Error("late after one call")
	}
	if calls(1, false, true); !late() {
		t.Error("not late after two")
	}
	calls(3, false, false)
	inTime := calls(1, true, false) // and so it is waited for again
	for !slices.Contains(w.Trace(inTime), "holds: matched and decided nothing") {
		runtime.Gosched()
	}
	if late() {
		t.Error("late although it was in time")
	}
	calls(2, false, true) // and the second time it takes two calls
	for _, want := range []bool{true, false} {
		inTime := calls(1, true, false)
		for !slices.Contains(w.Trace(inTime), "holds: matched and decided nothing") {
			runtime.Gosched()
		}
		if late() != want {
			t.Errorf("late: %v, want %v", late(), want)
		}
	}
	for range 2 * 50 { // in time while it is waited for, which makes up for both
		end, c := w.Ring(ann, true)
		<-c.Decided()
		w.Asked(c)
		w.Over(end, c)
	}
	calls(2, false, true)
	inTime = calls(1, true, false)
	for !slices.Contains(w.Trace(inTime), "holds: matched and decided nothing") {
		runtime.Gosched()
	}
	if late() {
		t.Error("what it has made up for is not forgotten")
	}
	w.Clock.Advance(time.Hour)
	w.Check(123)
}

// A rule that has less time because others have used it up is late or in time for a call,
// and not both.
func TestARuleBehindSlowOnesIsLateOnce(t *testing.T) {
	w := phonetest.New(t, phonetest.Evening, map[string]string{"a.lua": `
rule "first"  { priority = 2, when = {from = "anyone"}, action = function(call) sleep("1h") end }
rule "second" { priority = 1, when = {from = "anyone"}, action = function(call) sleep("1500ms") end }
rule "good"   { when = {from = "anyone"}, action = function(call) assert(call:decline()) end }`})
	ann := w.Person(simulator.User{FirstName: "Ann"})
	for n := 1; n <= 2; n++ {
		end, c := w.Ring(ann, false)
		w.Timers(2*time.Second, n)
		w.Timers(time.Hour, n)
		w.Clock.Advance(2 * time.Second)
		w.Timers(time.Second, n)
		w.Timers(1500*time.Millisecond, n)
		w.Clock.Advance(time.Second)
		<-c.Decided()
		w.Asked(c)
		w.Clock.Advance(500 * time.Millisecond)
		w.Runs(2 * n)
		w.Over(end, c)
	}
	if second := w.Host.Registered(rule.Event)[1]; !second.Tag.(*rule.Rule).Late() {
		t.Error("it was late for two calls, and is waited for")
	}
	w.Clock.Advance(time.Hour)
	w.Check(6)
}

// A rule that its limits end is late, and while it computes nobody waits for those
// behind it in the same script.
func TestNobodyWaitsBehindARuleThatComputes(t *testing.T) {
	w := phonetest.New(t, phonetest.Evening, map[string]string{
		"a.lua": `
rule "loops"  { priority = 2, when = {from = "anyone"}, action = function() while true do end end }
rule "behind" { priority = 1, when = {from = "anyone"}, action = function() end }`,
		"b.lua": `rule "good" { when = {from = "anyone"}, action = function(call) assert(call:decline()) end }`,
	})
	ann := w.Person(simulator.User{FirstName: "Ann"})
	for n := range 3 { // late from the end of the second time on; after the third, the script is suspended
		end, c := w.Ring(ann, false)
		<-c.Decided()
		w.Asked(c)
		w.Over(end, c)
		passed := 0
		for _, line := range w.Trace(c) {
			if strings.Contains(line, "is not waited for") {
				passed++
			}
		}
		if passed != n {
			t.Errorf("call %d: %d rules were not waited for, want %d: %q", n, passed, n, w.Trace(c))
		}
	}
}

// What a rule does after it has decided is its own affair: it is not cut short.
func TestARuleGoesOnAfterItsDecision(t *testing.T) {
	w := phonetest.New(t, phonetest.Evening, map[string]string{"a.lua": `
rule "later" { action = function(call) call:ignore() sleep("1h") note(call.state) end }`})
	end, c := w.Ring(w.Person(simulator.User{FirstName: "Ann"}), false)
	w.Asked(c)
	w.Over(end, c)
	w.Timers(time.Hour, 1)
	w.Clock.Advance(time.Hour)
	expect(t, "noted", w.Notes(1), "ended")
	w.Check(1)
}

// Who asks may give up; what runs goes on.
func TestAskingIsGivenUp(t *testing.T) {
	w := phonetest.New(t, phonetest.Evening, map[string]string{"a.lua": `
rule "patient" { when = {account = "work"}, action = function(call) note("waits") sleep("1s") assert(call:decline()) end }
rule "never"   { action = note }`})
	pin := w.Pin()
	defer pin.Release()
	end, c := w.Ring(w.Person(simulator.User{FirstName: "Ann"}), false)
	w.Asked(c) // "never" has had its turn
	before := len(w.Runs(1))
	_, c = w.RingAt(w.Work, w.Person(simulator.User{FirstName: "Bob"}), false)
	w.Notes(2)
	ctx, cancel := context.WithCancel(t.Context())
	asked := make(chan struct{})
	go func() { rule.Ask(ctx, rule.Asking{Pin: pin, Clock: w.Clock, Facts: rule.Facts{Call: c}}); close(asked) }()
	w.Notes(3)
	cancel()
	<-asked
	w.Timers(time.Second, 2)
	w.Clock.Advance(time.Second)
	<-c.Over()
	if c.Outcome() != call.Declined {
		t.Errorf("the outcome is %s", c.Outcome())
	}
	for _, r := range w.Runs(before + 2)[before:] {
		if errors.Is(r.Err, context.Canceled) {
			t.Errorf("cut short: %v", r.Err)
		}
	}
	w.Over(end, c)
}

// A handler decides while a rule takes its time.
func TestAHandlerDecidesFirst(t *testing.T) {
	w := phonetest.New(t, phonetest.Evening, map[string]string{
		"a.lua": `rule "patient" { action = function(call)
  sleep(1)
  local ok, err = call:decline()
  note(ok, err.type, err.message:find("b.lua:1", 1, true) ~= nil)
end }`,
		"b.lua": `on("call", function(call) assert(call:ignore()) end)`,
		"c.lua": `rule "never" { action = note }`,
	})
	end, c := w.Ring(w.Person(simulator.User{FirstName: "Ann"}), false)
	w.Asked(c)
	lines := w.Trace(c)
	if n := len(lines); n == 0 || !strings.HasSuffix(lines[n-1], "not asked: ignored by b.lua:1") {
		t.Errorf("traced %q", lines)
	}
	if len(lines) > 1 { // the rule was asked before the handler had decided
		w.Timers(time.Second, 1)
		w.Clock.Advance(time.Second)
		expect(t, "noted", w.Notes(1), "nil CALL_ALREADY_DECIDED true")
	}
	w.Over(end, c)
}

// The caller gives up while a rule takes its time.
func TestTheCallEndsMeanwhile(t *testing.T) {
	w := phonetest.New(t, phonetest.Evening, map[string]string{"a.lua": `
rule "patient" { action = function(call) note("waits") call:wait("ended") note(call.outcome) end }
rule "never" { action = note }`})
	end, c := w.Ring(w.Person(simulator.User{FirstName: "Ann"}), false)
	w.Notes(1)
	w.Over(end, c)
	w.Asked(c)
	expect(t, "noted", w.Notes(2), "waits", "missed")
	lines := w.Trace(c)
	if !slices.Contains(lines, "1 more rule was not asked: the call is over") {
		t.Errorf("traced %q", lines)
	}
}

// The caller gives up while the last rule is asked.
func TestTheCallEndsWithTheLastRule(t *testing.T) {
	w := phonetest.New(t, phonetest.Evening, map[string]string{"a.lua": `
rule "patient" { action = function(call) note("waits") call:wait("ended") end }`})
	end, c := w.Ring(w.Person(simulator.User{FirstName: "Ann"}), false)
	w.Notes(1)
	w.Over(end, c)
	w.Asked(c)
	w.Check(1)
	if lines := w.Trace(c); !slices.Contains(lines, "no rule decided before the call was over") {
		t.Errorf("traced %q", lines)
	}
}

// match is called in Lua, after everything else, and within its own any and none.
func TestMatch(t *testing.T) {
	w := phonetest.New(t, phonetest.Evening, map[string]string{"a.lua": `
local function is(answer) return function(call)
  assert(call.from.first_name == "Ann")
  return answer
end end
rule "not called" { when = {video = true, match = function() error("called") end}, action = note }
rule "says no"    { when = {match = is(false)}, action = note }
rule "says nil"   { when = {match = is(nil)}, action = note }
rule "fails"      { when = {match = function(call) return call.nothing end}, action = note }
rule "either"     { when = {any = {{match = is(false)}, {match = is(1)}}}, action = function() note("either") end }
rule "neither"    { when = {none = {{match = is(false)}, {match = is(true)}}}, action = note }
rule "waits"      { when = {match = function(call) return #calls.log{from = call.from} == 1 end}, action = function() note("waits") end }`})
	_, lines := asked(t, w, w.Person(simulator.User{FirstName: "Ann"}))
	expect(t, "ran", w.Notes(2), "either", "waits")
	expect(t, "traced", lines,
		"not called: video: it is a voice call",
		"says no: match: the function said no",
		"says nil: match: the function said no",
		"fails: failed: a.lua:9: call.nothing: unknown field, there are id, peer, from, account, incoming, video, date, state, outcome, duration, ring_seconds, emojis, data, decline, accept, ignore, hangup, reply, block, wait, rate",
		"either: matched", "either: matched and decided nothing",
		"neither: none: the 2nd holds",
		"waits: matched", "waits: matched and decided nothing",
		"no rule decided",
	)
}

// A condition that has to be asked for, and cannot be, is a failure of its rule;
// it holds up the next one as long as an action would.
func TestQuestionsThatFail(t *testing.T) {
	script := map[string]string{"a.lua": `
rule "strangers" { when = {from = "stranger"}, action = note }
rule "all" { action = note }`}
	w := phonetest.New(t, phonetest.Evening, script)
	w.Blocked = func(context.Context, int64) (bool, error) { return false, errors.New("FLOOD_WAIT_30") }
	_, lines := asked(t, w, w.Person(simulator.User{FirstName: "Ann"}))
	expect(t, "traced", lines, "strangers: failed: from: ask whether the caller is blocked: FLOOD_WAIT_30",
		"all: matched", "all: matched and decided nothing", "no rule decided")

	w = phonetest.New(t, phonetest.Evening, script)
	w.Blocked = func(ctx context.Context, _ int64) (bool, error) { <-ctx.Done(); return false, ctx.Err() }
	end, c := w.Ring(w.Person(simulator.User{FirstName: "Ann"}), false)
	w.Timers(2*time.Second, 1)
	w.Clock.Advance(2 * time.Second)
	w.Asked(c)
	expect(t, "traced", w.Trace(c), "strangers: failed: from: ask whether the caller is blocked: no answer within 2s",
		"all: matched", "all: matched and decided nothing", "no rule decided")
	w.Over(end, c)
}

// What is wrong with a rule is told where the rule stands.
func TestWrongRules(t *testing.T) {
	for source, want := range map[string]string{
		"\nrule()":                        `a.lua:2: rule: expected a name, as in rule "night" {…}, got nil`,
		"\nrule {}":                       `a.lua:2: rule: expected a name, as in rule "night" {…}, got table`,
		"\nrule ''":                       `a.lua:2: rule: expected a name`,
		"\nrule('a\\nb')":                 `a.lua:2: rule: a name has at most 64 bytes, on one line`,
		"\nrule(('x'):rep(65))":           `a.lua:2: rule: a name has at most 64 bytes, on one line`,
		"\nrule('x', {action = note})":    `a.lua:2: rule "x": write rule "x" {…}, without a comma`,
		"\nrule 'x' 'y'":                  `a.lua:2: rule "x": expected a table {when=…, action=…, priority=…}, got string "y"`,
		"\nrule 'x' {}":                   `a.lua:2: rule "x": action: missing, expected a function that gets the call`,
		"\nrule 'x' {action = 'decline'}": `a.lua:2: rule "x": action: expected a function that gets the call, got string "decline"`,
		"\nrule 'x' {\n acton = note }":   `a.lua:2: rule "x": acton: unknown field (did you mean "action"?)`,
		"\nrule 'x' {from = 'contact', action = note}":        `a.lua:2: rule "x": from is a condition, and stands in when: when = {from = …}`,
		"\nrule 'x' {when = {from = 'ann_b'}, action = note}": `a.lua:2: rule "x": when.from: expected "contact", "blocked", "stranger" or "anyone", an id, "@name" or "+phone", got string "ann_b" (did you mean "@ann_b"?)`,
		"\nrule 'x' {note}":                          `a.lua:2: rule "x": expected fields by name (when, action, priority), got the key number 1`,
		"\nrule 'x' {action = note, priority = '1'}": `a.lua:2: rule "x": priority: expected a number, got string "1"`,
		"\nrule 'x' {action = note, priority = 0/0}": `a.lua:2: rule "x": priority: expected a number, got number NaN`,
		"\nrule 'x'": `a.lua:2: rule "x": its table is missing: rule "x" {when=…, action=…}`,
		"rule 'x' {action = note}\nrule 'x' {action = note}": `a.lua:2: rule "x": there is one already, in line 1`,
	} {
		_, err := phonetest.Load(t, phonetest.Evening, map[string]string{"a.lua": source})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v\nwant %s", source, err, want)
		}
	}
}

func TestRulesAreWrittenWhileLoading(t *testing.T) {
	w := phonetest.New(t, phonetest.Evening, map[string]string{"a.lua": `
local half = rule "half"
half {action = print}
on("call", function()
  local ok, err = pcall(rule, "x")
  note(err)
  ok, err = pcall(half, {action = note})
  note(err)
end)`, "b.lua": `rule "half" { action = function() end }`})
	end, c := w.Ring(w.Person(simulator.User{FirstName: "Ann"}), false)
	expect(t, "noted", w.Notes(2),
		`a.lua:5: rule "x": rules are written at the top of a script, not in a handler`,
		`a.lua:7: rule "half": rules are written at the top of a script, not in a handler`)
	w.Over(end, c)
}
