package main

import (
	"strings"

	"luahost/bindings/calls"
	"luahost/bindings/event"
	"luahost/bindings/http"
	"luahost/bindings/json"
	"luahost/bindings/log"
	"luahost/bindings/manual"
	"luahost/bindings/message"
	"luahost/bindings/module"
	"luahost/bindings/people"
	"luahost/bindings/rule"
	"luahost/bindings/state"
	"luahost/bindings/timer"
)

// chapter is a folder of pages.
type chapter struct {
	folder  string
	title   string
	prefix  string // of the names, in the titles of the pages
	intro   string
	column  string                    // what the index says of Gives
	form    func(manual.Entry) string // how a script writes it
	entries []manual.Entry
	table   bool // of what each takes
}

// chapters are all that there is, in the order of the index.
func chapters() []chapter {
	return []chapter{
		{
			"functions", "Functions", "", "Globals of every script.", "gives", called(""),
			concat(rule.Functions(), event.Functions(), people.Functions(), timer.Functions(), module.Functions(), log.Globals()), true,
		},
		{
			"when", "Conditions of a rule", "", "What the `when` of a [rule](functions/rule.md) may have. All of them have to hold. A misspelt one is an error while the script loads.", "takes",
			func(e manual.Entry) string { return "when = {" + e.Name + " = …}" }, rule.Conditions(), true,
		},
		{
			"events", "Events", "", "What `on` waits for, beside every [update of Telegram](https://core.telegram.org/type/Update) by its name. For one call they begin in this order; handlers of the same event run side by side.", "the handler gets",
			func(e manual.Entry) string {
				return "on(\"" + e.Name + "\", function(" + strings.Join(e.Params.Names(), "") + ") … end)"
			}, gets(event.Events()), false,
		},
		{
			"call", "The call: fields", "call.", "Rules and the events of calls give a call. Its fields are read, never set, and always show how the call stands now.", "is",
			field("call"), calls.Fields(), false,
		},
		{"call", "The call: methods", "call:", "Called with a colon.", "gives", called("call:"), calls.Methods(), true},
		{"calls", "All calls", "calls.", "", "gives", called("calls."), calls.Functions(), true},
		{"message", "The message: fields", "message.", "The event `message` gives a message.", "is", field("message"), message.Fields(), false},
		{"message", "The message: methods", "message:", "", "gives", called("message:"), message.Methods(), true},
		{"timer", "The timer: fields", "timer.", "`after`, `every`, `daily` and `cron` give a timer.", "is", field("timer"), timer.Fields(), false},
		{"timer", "The timer: methods", "timer:", "", "gives", called("timer:"), timer.Methods(), true},
		{"store", "State", "store.", "What a script keeps on the disk: it survives edits, restarts and crashes. Each script has its own, under the name of its file.", "gives", called("store."), state.Functions(), true},
		{"store", "State that is shared", "store.", "", "is", field("store"), state.Fields(), false},
		{"log", "The log", "log.", "What a script writes stands in the log of luahost, and in the trace of the call that it handles.", "gives", called("log."), log.Functions(), true},
		{"json", "JSON", "json.", "", "gives", called("json."), json.Functions(), true},
		{"json", "JSON: values", "json.", "", "is", field("json"), json.Fields(), false},
		{"http", "The web", "http.", "Off until the configuration allows a host, with `hosts` under `[http]` or for one script ([configuration](../configuration.md)).", "gives", called("http."), http.Functions(), true},
		{"http", "The answer: fields", "response.", "What a request gives.", "is", field("response"), http.ResponseFields(), false},
		{"http", "The answer: methods", "response:", "", "gives", called("response:"), http.ResponseMethods(), true},
		{"hook", "The web hook: fields", "hook.", "The events [http.NAME](events/http.NAME.md) give a web hook.", "is", field("hook"), http.HookFields(), false},
		{"hook", "The web hook: methods", "hook:", "", "gives", called("hook:"), http.HookMethods(), true},
	}
}

func concat(lists ...[]manual.Entry) (all []manual.Entry) {
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// gets says what the handler of an event gets.
func gets(events []manual.Entry) []manual.Entry {
	for i := range events {
		if len(events[i].Params) > 0 {
			events[i].Gives = events[i].Params[0].Type.Words
		} else {
			events[i].Gives = "nothing"
		}
	}
	return events
}

func field(of string) func(manual.Entry) string {
	return func(e manual.Entry) string { return of + "." + e.Name }
}

// called shows a function with its parameters: call:wait(state [, timeout]).
func called(prefix string) func(manual.Entry) string {
	return func(e manual.Entry) string {
		if e.Name == "rule" {
			return `rule "name" {when = {…}, action = function(call) … end}`
		}
		var b strings.Builder
		b.WriteString(prefix + e.Name + "(")
		for i, p := range e.Params {
			text := p.Name
			if i > 0 {
				text = ", " + text
			}
			if p.Optional {
				text = "[" + text + "]"
			}
			b.WriteString(text)
		}
		b.WriteString(")")
		return b.String()
	}
}

const generated = "<!-- Written by go generate from the registries in bindings/: change it there. -->\n\n"

const welcome = "# What a script sees\n\n" +
	"A page for each name. The short way in: a [rule](functions/rule.md) says *when* and *what to do*; its function gets the call.\n\n" +
	"Beside what is listed here there are every [method of Telegram's API](../../bindings/tl/README.md) by its name (`phone.discardCall{…}`), and Lua's standard library " +
	"without what reaches the machine (`io`, `os.execute`, `debug`, …).\n\n" +
	"A **duration** is a number of seconds, or text: `\"90s\"`, `\"1h30m\"`, `\"7d\"`. A **time** is what `os.time` gives.\n\n" +
	"Two kinds of errors: a mistake of the script (a misspelt name, a wrong type) is raised at its line; when the world says no " +
	"(Telegram, the network, somebody else's decision), a function gives `nil` and an error table with `type`, `code`, `message` " +
	"and `method`, which prints as a sentence. The ones of luahost itself have `code` 0: `CALL_ALREADY_DECIDED`, `CALL_ENDED`, `TIMEOUT`, ….\n"

// pages gives all files, by their names.
func pages() map[string]string {
	all := map[string]string{}
	var index strings.Builder
	index.WriteString(generated + welcome)
	for _, c := range chapters() {
		index.WriteString("\n## " + c.title + "\n\n")
		if c.intro != "" {
			index.WriteString(c.intro + "\n\n")
		}
		index.WriteString("| | " + c.column + " | |\n|---|---|---|\n")
		for _, e := range c.entries {
			name := c.folder + "/" + e.Name + ".md"
			index.WriteString("| [`" + c.prefix + e.Name + "`](" + name + ") | " + cell(e.Gives) + " | " + summary(e.Doc) + " |\n")
			all[name] = page(c, e)
		}
	}
	all["README.md"] = index.String()
	return all
}

func page(c chapter, e manual.Entry) string {
	var b strings.Builder
	b.WriteString(generated + "# " + c.prefix + e.Name + "\n\n```lua\n" + c.form(e) + "\n```\n\n")
	if e.Gives != "" {
		b.WriteString(strings.ToUpper(c.column[:1]) + c.column[1:] + ": " + e.Gives + ".\n\n")
	}
	b.WriteString(e.Doc + "\n\n")
	if c.table && len(e.Params) > 0 {
		b.WriteString("| | takes | |\n|---|---|---|\n" + params(e.Params, "") + "\n")
	}
	b.WriteString("## Example\n\n```lua\n" + e.Example + "\n```\n\n[All pages](../README.md)\n")
	return b.String()
}

// params are the rows of a table; those of a table's fields follow it.
func params(list manual.Params, indent string) string {
	var b strings.Builder
	for _, p := range list {
		name := "`" + indent + p.Name + "`"
		if p.Optional {
			name += " (may be left out)"
		}
		b.WriteString("| " + name + " | " + cell(p.Type.Words) + " | " + p.Doc + " |\n")
		b.WriteString(params(p.Type.Fields, p.Name+"."))
	}
	return b.String()
}

// cell keeps a text within its cell of a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", "\\|") }

// summary is the first sentence.
func summary(doc string) string {
	first, _, _ := strings.Cut(doc, "\n")
	for i := range len(first) - 1 {
		if (first[i] == '.' || first[i] == ':') && first[i+1] == ' ' && (i+2 >= len(first) || first[i+2] != '"') {
			return strings.TrimSuffix(first[:i], ".") + "."
		}
	}
	return strings.TrimSuffix(first, ":")
}
