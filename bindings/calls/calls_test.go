package calls_test

import (
	"os"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"luahost/bindings/calls"
	"luahost/bindings/phonetest"
	"luahost/internal/call"
	"luahost/internal/simulator"
	"luahost/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start loads a file of testdata, whose assertions are in Lua.
func start(t *testing.T, files ...string) *phonetest.World {
	t.Helper()
	scripts := map[string]string{}
	for _, name := range files {
		source, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		scripts[name] = string(source)
	}
	return phonetest.New(t, phonetest.Evening, scripts)
}

func ann(w *phonetest.World) *simulator.Client {
	return w.Person(simulator.User{FirstName: "Ann", LastName: "Lee", Username: "AnnLee", Premium: true, Phone: "15557777"})
}

// object.lua looks at a call from its ring to its end.
func TestObject(t *testing.T) {
	w := start(t, "object.lua", "other.lua")
	end, c := w.Ring(ann(w), true)
	w.Check(2)
	w.Clock.Advance(5 * time.Second)
	w.Over(end, c)
	w.Check(4)
}

// methods.lua does what can be done to a call; each caller's name says what.
func TestMethods(t *testing.T) {
	for name, want := range map[string]struct {
		outcome call.Outcome
		reason  simulator.Reason
	}{
		"decline":    {call.Declined, simulator.Busy},
		"hangup":     {call.Declined, simulator.Hangup},
		"missed":     {call.Declined, simulator.Missed},
		"disconnect": {call.Declined, simulator.Disconnect},
		"ignore":     {call.Missed, simulator.Missed},
		"reply":      {call.Missed, simulator.Missed},
		"block":      {call.Missed, simulator.Missed},
		"twice":      {call.Declined, simulator.Busy},
		"raw":        {call.Declined, simulator.Busy},
		"peer":       {call.Declined, simulator.Busy},
		"late":       {call.Missed, simulator.Missed},
		"mistakes":   {call.Missed, simulator.Missed},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, "methods.lua")
			w.Unseen = true
			who := w.Person(simulator.User{FirstName: name})
			end, c := w.Ring(who, false)
			if name != "late" {
				w.Check(1)
			}
			w.Over(end, c)
			w.Check(2)
			if c.Outcome() != want.outcome || w.Telegram.Calls()[0].Reason != want.reason {
				t.Errorf("%s for %s, want %+v", c.Outcome(), w.Telegram.Calls()[0].Reason, want)
			}
			switch name {
			case "reply":
				if got := w.Got(who); !slices.Equal(got, []string{"in a minute", "two"}) {
					t.Errorf("the caller got %q", got)
				}
			case "block":
				if _, err := who.Ring(t.Context(), w.Home.ID, false); err == nil {
					t.Error("a caller who is blocked rings")
				}
			}
		})
	}
}

// wait.lua waits for states, with and without a limit.
func TestWait(t *testing.T) {
	w := start(t, "wait.lua")
	end, c := w.Ring(ann(w), false)
	w.Timers(time.Second, 1)
	w.Timers(1500*time.Millisecond, 1)
	w.Clock.Advance(1500 * time.Millisecond)
	w.Check(2)
	w.Over(end, c)
	w.Check(4)
}

// A call that is talked about: accepted, active, hung up, rated.
func TestTalk(t *testing.T) {
	w := start(t, "talk.lua")
	_, c := w.Talk(ann(w), false)
	w.Notes(1) // talking
	w.Timers(12*time.Second, 1)
	w.Clock.Advance(12 * time.Second)
	<-c.Over()
	w.Check(4)
	if rating := w.Telegram.Calls()[0].Rating; rating != 4 {
		t.Errorf("rated %d", rating)
	}
}

// log.lua reads the log of some calls.
func TestLog(t *testing.T) {
	w := start(t, "log.lua")
	people := map[string]*simulator.Client{"Ann": ann(w), "Bob": w.Person(simulator.User{FirstName: "Bob"})}
	for i, name := range []string{"Bob", "Ann", "Ann", "Bob"} {
		line := w.Home
		if i == 3 {
			line = w.Work
		}
		end, c := w.RingAt(line, people[name], i == 1)
		w.Check(2*i + 1)
		w.Over(end, c)
		w.Check(2*i + 2)
		w.Clock.Advance(24 * time.Hour)
	}
	end, c := w.Ring(people["Ann"], false)
	w.Check(9)
	w.Over(end, c)
	w.Check(10)
}

// A log that is long is not given whole unless a script asks for it.
func TestLogIsLimited(t *testing.T) {
	w := phonetest.New(t, phonetest.Evening, map[string]string{"a.lua": `on("message", function()
		assert(#calls.log() == 100 and #calls.log{limit = 150} == 150 and #calls.log{limit = 1000} == 200)
		assert(calls.log()[1].number == 200)
	end)`})
	for i := range 200 {
		w.Store.NoteCall(store.Call{Owner: w.Home.ID, ID: int64(i + 1), Account: "home", Date: phonetest.Evening.Add(time.Duration(i) * time.Second)})
	}
	w.Write(ann(w), "now")
	w.Check(1)
}

// The registries say of each name what it is, and show it.
func TestEverythingIsDescribed(t *testing.T) {
	for _, e := range slices.Concat(calls.Functions(), calls.Fields(), calls.Methods()) {
		if e.Name == "" || e.Gives == "" || e.Doc == "" || e.Example == "" {
			t.Errorf("%q is not described: %+v", e.Name, e)
		}
	}
}
