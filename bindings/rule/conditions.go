package rule

import (
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/manual"
)

// conditions are what `when` and the tables in any, all and none may have. They
// are tested in this order, and the first that does not hold is the answer. It is
// a function because any, all and none read them in turn.
func conditions(r reading) []condition {
	return []condition{
		{Entry: manual.Entry{
			Name: "video", Gives: "true or false",
			Doc: "Whether the call was begun as a video call. Without this condition both kinds are meant.",
			Example: `rule "no video" {
  when   = {video = true},
  action = function(call) call:decline("hangup") end,
}`,
		}, takes: manual.Bool(), compile: compileVideo},
		{Entry: manual.Entry{
			Name: "account", Gives: "the name of an account, or a list of them",
			Doc: "The account that the call came to, by the name that the configuration gives it. Without this condition all accounts are meant. A name that no account has is an error while the script loads.",
			Example: `rule "the shop is closed" {
  when   = {account = "work", from = "anyone", between = {"18:00", "09:00"}},
  action = function(call)
    call:decline("busy")
    call:reply("We are closed until nine.")
  end,
}`,
		}, takes: accountsType(r), compile: compileAccount},
		{Entry: manual.Entry{
			Name: "days", Gives: "a day, or a list of days",
			Doc: "The day on which it rings: `\"monday\"` or `\"mon\"`, a range such as `\"mon-fri\"` (which may run over the week's end: `\"fri-mon\"`), `\"weekdays\"` (monday to friday), `\"weekend\"` (saturday and sunday), or a list of these.\n\n" +
				"A night belongs to the day on which it begins. Beside a `between` that runs over midnight, `days = \"friday\"` means the night from friday to saturday, and not the early hours of friday. This holds for the `between` of the same table or, where that has none, of the tables around it.",
			Example: `rule "friday night" {
  when   = {days = "friday", between = {"23:00", "05:00"}},
  action = function(call) call:decline("busy") end,
}`,
		}, takes: manual.Days(), compile: compileDays},
		{Entry: manual.Entry{
			Name: "between", Gives: "two times of the day, {\"22:00\", \"07:00\"}",
			Doc: "The time of day at which it rings, from the first time to just before the second: with `{\"22:00\", \"07:00\"}` a call at 22:00:00 is in, one at 07:00:00 is out. When the second is the smaller one, midnight lies between them. `\"24:00\"` may be the second. Two equal times are an error.\n\n" +
				"It goes by what a clock on the wall shows in the time zone (see `tz`). When clocks are put forward, the hour that is skipped never comes; when they are put back, the hour that comes twice counts twice.",
			Example: `rule "night" {
  when   = {from = "stranger", between = {"22:00", "07:00"}},
  action = function(call) call:decline("busy") end,
}`,
		}, takes: betweenType(), compile: compileBetween},
		{Entry: manual.Entry{
			Name: "tz", Gives: "the name of a time zone, such as \"Europe/Berlin\"",
			Doc: "Where the clock hangs that `between` and `days` go by, in this table and in those within it. Without it, it is the time zone of the machine. The name is one of the IANA database; one that does not exist is an error while the script loads, and so is a `tz` that nothing uses.",
			Example: `rule "night in Tokyo" {
  when   = {from = "stranger", between = {"22:00", "07:00"}, tz = "Asia/Tokyo"},
  action = function(call) call:decline("busy") end,
}`,
		}, takes: manual.Zone(), compile: nil},
		{Entry: manual.Entry{
			Name: "from", Gives: "\"contact\", \"blocked\", \"stranger\", \"anyone\", somebody, or a list of these",
			Doc: "Who calls.\n\n| | |\n|---|---|\n| `\"contact\"` | whom the account has saved |\n| `\"blocked\"` | who is on the account's block list |\n| `\"stranger\"` | neither of the two |\n| `\"anyone\"` | everybody |\n| `7000000001` | the user with this id |\n| `\"@ann\"` | the user with this name, in upper or lower case |\n| `\"+49 30 1234567\"` | the user with this phone number, if Telegram shows it to the account |\n\nIn a list any of them will do. Telegram is asked for the block list only when a rule needs it.\n\nA rule that has no `from` anywhere in its `when` leaves contacts alone.",
			Example: `rule "family" {
  priority = 10,
  when     = {from = {"@ann", "+49 30 1234567", 7000000001}},
  action   = function(call) call:ignore() end,
}`,
		}, takes: fromType(), compile: compileFrom},
		{Entry: manual.Entry{
			Name: "repeated", Gives: "a table {times=3, within=\"15m\"}",
			Doc: "Whether the same caller rings for the third time (or more) within a quarter of an hour. Every incoming call from that caller to this account counts, however it ended, and this call too. `times` is at least 2.",
			Example: `rule "persistent" {
  priority = 10,
  when     = {from = "anyone", repeated = {times = 3, within = "15m"}},
  action   = function(call) call:ignore() end,
}`,
		}, takes: manual.Table(`a table such as {times=3, within="15m"}`, repeatedParams), compile: compileRepeated},
		{Entry: manual.Entry{
			Name: "any", Gives: "a list of tables of conditions",
			Doc: "Whether at least one of the tables holds. A table can have all the conditions that `when` has.",
			Example: `rule "out of hours" {
  when = {
    from = "anyone",
    any  = {{days = "weekend"}, {between = {"18:00", "09:00"}}},
  },
  action = function(call) call:decline("busy") end,
}`,
		}, takes: groupsType(r), compile: compileAny},
		{Entry: manual.Entry{
			Name: "all", Gives: "a list of tables of conditions",
			Doc: "Whether every one of the tables holds, for what one table cannot say twice.",
			Example: `rule "twice excluded" {
  when = {
    all = {
      {none = {{days = "weekend"}}},
      {none = {{between = {"12:00", "13:00"}}}},
    },
  },
  action = function(call) call:decline("busy") end,
}`,
		}, takes: groupsType(r), compile: compileAll},
		{Entry: manual.Entry{
			Name: "none", Gives: "a list of tables of conditions",
			Doc: "Whether not one of the tables holds.",
			Example: `rule "all but the family" {
  when   = {none = {{from = {"@ann", "@bob"}}}},
  action = function(call) call:decline("busy") end,
}`,
		}, takes: groupsType(r), compile: compileNone},
		{Entry: manual.Entry{
			Name: "match", Gives: "a function that gets the call and gives true or false",
			Doc: "A condition of your own. It is called with the call, after everything else in its table holds, in the script's own VM and within the limits of the handler; it may ask Telegram. Where it raises an error the rule has failed, and the next one is asked.",
			Example: `rule "known liars" {
  when = {
    from  = "stranger",
    match = function(call) return (call.from.first_name or ""):find("Bank") ~= nil end,
  },
  action = function(call) call:decline("busy") end,
}`,
		}, takes: manual.Function("a function that gets the call"), compile: compileMatch},
	}
}

// Conditions describes the conditions for the manual.
func Conditions() (entries []manual.Entry) {
	for _, c := range conditions(reading{}) {
		c.Params = c.takes.Fields
		entries = append(entries, c.Entry)
	}
	return entries
}

func compileVideo(value any, _ *scope) test {
	wanted := value.(bool)
	return func(f *facts) verdict {
		switch {
		case f.call.Video() == wanted:
			return held
		case wanted:
			return no("it is a voice call")
		default:
			return no("it is a video call")
		}
	}
}

func accountsType(r reading) manual.Type {
	one := manual.Text("the name of an account")
	if r.accounts != nil {
		one = manual.Account(r.accounts()...)
	}
	return manual.ListOf("the name of an account or a list of names", one, true)
}

func compileAccount(value any, _ *scope) test {
	names := texts(value)
	return func(f *facts) verdict {
		account := f.call.Account().Name
		for _, name := range names {
			if name == account {
				return held
			}
		}
		return no("it came to " + account + ", wanted " + strings.Join(names, " or "))
	}
}

// texts makes strings of a list of them.
func texts(list any) []string {
	items := list.([]any)
	names := make([]string, len(items))
	for i, item := range items {
		names[i] = item.(string)
	}
	return names
}

func compileMatch(value any, s *scope) test {
	fn := value.(*lua.LFunction)
	s.matches = append(s.matches, fn)
	return func(f *facts) verdict {
		switch {
		case f.match == nil:
			return verdict{answer: open}
		case f.match(fn):
			return held
		default:
			return no("the function said no")
		}
	}
}

func compileAny(value any, _ *scope) test {
	groups := value.([]any)
	return func(f *facts) verdict {
		undecided := false
		var first verdict
		for i, g := range groups {
			v := g.(*group).test(f)
			switch {
			case v.answer == yes || v.err != nil:
				return v
			case v.answer == open:
				undecided = true
			case i == 0:
				first = v
			}
		}
		if undecided {
			return verdict{answer: open}
		}
		text := "none of " + strconv.Itoa(len(groups)) + " holds; the 1st: " + first.words()
		return no(text)
	}
}

func compileAll(value any, _ *scope) test {
	groups := value.([]any)
	return func(f *facts) verdict {
		undecided := false
		for i, g := range groups {
			v := g.(*group).test(f)
			switch {
			case v.err != nil:
				return v
			case v.answer == not:
				return no("the " + ordinal(i+1) + " does not hold: " + v.words())
			case v.answer == open:
				undecided = true
			}
		}
		if undecided {
			return verdict{answer: open}
		}
		return held
	}
}

func compileNone(value any, _ *scope) test {
	groups := value.([]any)
	return func(f *facts) verdict {
		undecided := false
		for i, g := range groups {
			v := g.(*group).test(f)
			switch {
			case v.err != nil:
				return v
			case v.answer == yes:
				return no("the " + ordinal(i+1) + " holds")
			case v.answer == open:
				undecided = true
			}
		}
		if undecided {
			return verdict{answer: open}
		}
		return held
	}
}
