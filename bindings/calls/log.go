package calls

import (
	"context"
	"strconv"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/manual"
	"luahost/internal/call"
	"luahost/internal/clock"
	"luahost/internal/store"
)

// outcomes are how calls end, with what each means.
var outcomes = []struct {
	outcome call.Outcome
	means   string
}{
	{call.Declined, "declined here, by a script or a rule"},
	{call.Answered, "talked, and hung up by one of the two"},
	{call.Missed, "rang and was not answered"},
	{call.Busy, "the other side was busy or declined"},
	{call.HungUp, "ended by a hang-up before it was active"},
	{call.Disconnected, "the connection broke"},
	{call.Failed, "answered here and never connected"},
	{call.Interrupted, "luahost stopped while it went on"},
	{call.AnsweredElsewhere, "answered on another device of the account"},
	{call.DeclinedElsewhere, "declined on another device of the account"},
	{call.EndedElsewhere, "taken by another device, and Telegram did not tell more"},
}

var outcomesDoc = func() string {
	var b strings.Builder
	b.WriteString("Outcomes:\n\n| outcome | |\n|---|---|\n")
	for _, o := range outcomes {
		b.WriteString("| `" + string(o.outcome) + "` | " + o.means + " |\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}()

func outcomesGive() string { return "a string, or nil" }

// OutcomeNames are how calls end, as scripts and commands write it.
func OutcomeNames() (names []string) {
	for _, o := range outcomes {
		names = append(names, string(o.outcome))
	}
	return names
}

const (
	usualLimit = 100
	mostLimit  = 10_000
)

// filter is what calls.log takes.
var filter = manual.Params{
	{Name: "since", Type: sinceType(), Optional: true, Doc: "calls that rang then or later"},
	{Name: "from", Type: fromType(), Optional: true, Doc: "calls with this other side"},
	{Name: "outcome", Type: manual.OneOf(OutcomeNames()...), Optional: true, Doc: "calls that ended so"},
	{Name: "account", Type: manual.Text("the name of an account"), Optional: true, Doc: "calls of this account; without it, of all"},
	{Name: "rule", Type: manual.Text("the name of a rule"), Optional: true, Doc: "calls that this rule decided"},
	{Name: "limit", Type: manual.Whole(1, mostLimit), Optional: true, Doc: "how many at most; 100 if left out"},
}

const filterDoc = "which calls; without it, the latest"

const logDoc = "Calls of the past, and those that go on. The call that rings at the moment is one of them. Each is a plain table: `number` (for `luahost trace`), `id`, `from` (`id`, `name`, `username`, `phone`, `contact`, as seen then), `account`, `incoming`, `video`, `date`, `state`, `outcome`, `reason` (Telegram's), `duration`, `ring_seconds`, `ended`, and for a decision `decision`, `rule`, `script`, `line`. `luahost calls` shows the same."

// ParseSince reads when a list of calls begins, as text: how long before now, or a
// date in zone, with a time or without one. A length of time is more than 0.
func ParseSince(text string, now time.Time, zone *time.Location) (at time.Time, ok bool) {
	if ago, err := clock.ParseDuration(text); err == nil {
		return now.Add(-ago), ago > 0
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04", "2006-01-02T15:04", time.DateTime, time.RFC3339} {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// sinceType reads a time.Time, or text that ParseSince takes.
func sinceType() manual.Type {
	words := `how long ago ("7d", "12h"), a date ("2026-03-01" or "2026-03-01 22:00"), or a time as os.time gives it`
	return manual.Type{Words: words, Read: func(v lua.LValue) (any, error) {
		switch v := v.(type) {
		case lua.LNumber:
			const oldest = 1 << 28 // 1978: what is less was meant as seconds
			if n := float64(v); n >= oldest && n < 1<<40 {
				return time.Unix(int64(n), 0), nil
			}
			return nil, manual.Faultf(`expected %s, got %s: an hour ago is "1h" or os.time() - 3600`, words, manual.Shown(v))
		case lua.LString:
			if _, ok := ParseSince(string(v), time.Time{}, time.UTC); ok {
				return string(v), nil
			}
		}
		return nil, manual.Faultf("expected %s, got %s", words, manual.Shown(v))
	}}
}

// fromType reads who is meant: an id as an int64, anything else as a string.
func fromType() manual.Type {
	words := `an id, "@name", "+phone", a part of the name, or the table of a user`
	return manual.Type{Words: words, Read: func(v lua.LValue) (any, error) {
		switch v := v.(type) {
		case lua.LString:
			if v != "" {
				return string(v), nil
			}
		case *lua.LTable:
			for _, name := range []string{"id", "user_id"} {
				if id, ok := wholeID(v.RawGetString(name)); ok {
					return id, nil
				}
			}
		case lua.LNumber:
			if id, ok := wholeID(v); ok {
				return id, nil
			}
		}
		return nil, manual.Faultf("expected %s, got %s", words, manual.Shown(v))
	}}
}

// wholeID is v as an id; 0 is nobody's, and would mean everybody in a query.
func wholeID(v lua.LValue) (int64, bool) {
	n, ok := v.(lua.LNumber)
	id := int64(n)
	return id, ok && lua.LNumber(id) == n && id > 0
}

func (m *module) log(L *lua.LState, args manual.Values) int {
	given := manual.Get[manual.Values](args, "filter")
	q := store.CallQuery{
		Peer: manual.Get[int64](given, "from"), From: manual.Get[string](given, "from"),
		Outcome: manual.Get[string](given, "outcome"), Account: manual.Get[string](given, "account"),
		Rule: manual.Get[string](given, "rule"), Limit: usualLimit,
	}
	if limit := manual.Get[int](given, "limit"); limit > 0 {
		q.Limit = limit
	}
	if text, ok := given["since"].(string); ok {
		q.Since, _ = ParseSince(text, m.rt.Clock().Now(), m.Location)
	} else {
		q.Since = manual.Get[time.Time](given, "since")
	}
	var found []store.Call
	var err error
	blocked := m.rt.Block(L, func(ctx context.Context) {
		if m.Store != nil {
			found, err = m.Store.Calls(ctx, q)
		}
	})
	if blocked != nil {
		L.RaiseError("calls.log: %v", blocked)
	}
	if err != nil {
		return m.answer(L, "calls.log", err)
	}
	list := L.CreateTable(len(found), 0)
	for i := range found {
		list.Append(row(L, &found[i]))
	}
	L.Push(list)
	return 1
}

// row is a call of the log. What is not known is not there.
func row(L *lua.LState, c *store.Call) *lua.LTable {
	tb := L.CreateTable(0, 20)
	put := tb.RawSetString
	put("number", lua.LNumber(c.Number))
	put("id", lua.LString(strconv.FormatInt(c.ID, 10)))
	from := L.CreateTable(0, 5)
	from.RawSetString("id", lua.LNumber(c.Peer))
	from.RawSetString("name", textOrNil(c.Name))
	from.RawSetString("username", textOrNil(c.Username))
	from.RawSetString("phone", textOrNil(c.Phone))
	from.RawSetString("contact", lua.LBool(c.Contact))
	put("from", from)
	put("account", lua.LString(c.Account))
	put("incoming", lua.LBool(c.Incoming))
	put("video", lua.LBool(c.Video))
	put("date", lua.LNumber(c.Date.Unix()))
	put("state", lua.LString(c.State))
	put("outcome", textOrNil(c.Outcome))
	put("reason", textOrNil(c.Reason))
	put("duration", seconds(c.Talk))
	put("ring_seconds", seconds(c.Ring))
	if !c.Ended.IsZero() {
		put("ended", lua.LNumber(c.Ended.Unix()))
	}
	put("decision", textOrNil(c.Decision))
	put("rule", textOrNil(c.Rule))
	put("script", textOrNil(c.Script))
	if c.Line > 0 {
		put("line", lua.LNumber(c.Line))
	}
	return tb
}
