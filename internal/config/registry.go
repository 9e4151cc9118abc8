package config

import (
	"fmt"
	"strings"
)

// Key is one key of the file. What is said of a wrong key, the defaults and
// docs/configuration.md are made of Keys.
type Key struct {
	Name    string // limits.time; account.phone of a table that may stand several times
	Holds   string // after "wants": "a whole number"
	Default string // as it is written in the file; "" where a key has none
	Example string // for keys without a default; what a person must choose
	Rare    string // the same of keys that most people leave out
	Doc     string // Markdown
}

const (
	text     = "text in quotes"
	whole    = "a whole number"
	duration = `a duration in quotes, as in "1h30m"`
	bytesOf  = `a size in quotes, as in "500MB"`
	yesNo    = "true or false"
	list     = `a list, as in ["one", "two"]`
)

// Keys are all keys, in the order of the manual; a table comes before its keys.
func Keys() []Key {
	return []Key{
		{Name: "data", Holds: text, Default: `"data"`, Doc: "The folder of sessions and of the database, which is made when it is missing. Like every path here, it is relative to the configuration's own folder."},
		{Name: "scripts", Holds: text, Default: `"scripts"`, Doc: "The folder of the scripts. It must be there."},
		{Name: "poll", Holds: duration, Default: `"10s"`, Doc: "How often the scripts are looked at where the system reports no changes, as on network and bind mounts; `\"0\"`: never."},
		{Name: "allow", Holds: list, Default: `["default"]`, Doc: "What scripts may call: see [permissions](#permissions). It stands above the first table."},

		{Name: "telegram", Holds: "a table, [telegram]", Doc: "The servers to use, and as which application."},
		{Name: "telegram.api_id", Holds: whole, Example: "12345", Doc: "The number of your application, from <https://my.telegram.org>, under *API development tools*."},
		{Name: "telegram.api_hash", Holds: text, Example: `"0123456789abcdef0123456789abcdef"`, Doc: "What stands beside the api_id there. The environment variable `LUAHOST_API_HASH` wins over it."},
		{Name: "telegram.server", Holds: text, Rare: `"127.0.0.1:9443"`, Doc: "Another server than Telegram's, host and port; needs `server_key`."},
		{Name: "telegram.server_key", Holds: text, Rare: `"server.pub.pem"`, Doc: "The file with the public RSA key of that server (PEM)."},
		{Name: "telegram.test", Holds: yesNo, Default: "false", Doc: "Telegram's own test servers."},

		{Name: "account", Holds: "a table, [[account]]", Doc: "One of your accounts; at least one. The first is asked where a script does not say which."},
		{Name: "account.name", Holds: text, Example: `"main"`, Doc: "Names the session's file, so up to 64 letters, digits, `-` and `_`."},
		{Name: "account.phone", Holds: text, Example: `"+15550001"`, Doc: "The phone number of a user, with its country code."},
		{Name: "account.bot_token", Holds: text, Rare: `"42:AAbb-cc_dd"`, Doc: "The token of a bot, instead of a phone."},

		{Name: "rules", Holds: "a table, [rules]", Doc: "How rules are asked about a call."},
		{Name: "rules.decide_within", Holds: duration, Default: `"2s"`, Doc: "How long a rule holds up the next one."},

		{Name: "calls", Holds: "a table, [calls]", Doc: "The log of calls."},
		{Name: "calls.keep", Holds: duration, Default: `"90d"`, Doc: "How long calls and their traces are kept; `\"0\"`: for ever."},
		{Name: "calls.max_size", Holds: bytesOf, Default: `"500MB"`, Doc: "How large the database may grow; `\"0\"`: without a limit."},

		{Name: "limits", Holds: "a table, [limits]", Doc: "What a script may use. A handler that goes beyond is ended by an error that `pcall` cannot hold; the script's other handlers, and all other scripts, go on."},
		{Name: "limits.instructions", Holds: whole, Default: "10_000_000", Doc: "Instructions of Lua for one handler, and for a script's top level. Work of Lua's library on long texts counts too."},
		{Name: "limits.time", Holds: duration, Default: `"5s"`, Doc: "How long one handler may run. Waiting for Telegram, for `sleep` or for its turn does not count. One that computes a lot beside others that do takes turns with them, and is ended as well when it has waited for so long, or for a fifth of that beside many."},
		{Name: "limits.depth", Holds: whole, Default: "200", Doc: "How deeply calls may be nested, and coroutines that resume each other."},
		{Name: "limits.string", Holds: bytesOf, Default: `"1MiB"`, Doc: "The longest text that `..`, `rep`, `format`, `concat`, `gsub` and their like may make."},
		{Name: "limits.pattern", Holds: whole, Default: "4_000_000", Doc: "Steps of matching a pattern for one `find`, `match` or turn of `gmatch` and `gsub`."},
		{Name: "limits.source", Holds: bytesOf, Default: `"1MiB"`, Doc: "The longest script."},
		{Name: "limits.in_flight", Holds: whole, Default: "1_000", Doc: "Handlers of one script that are at work or wait, at a time. Further ones are not started, and counted. A new generation has half of the places at least, whatever those before it hold."},
		{Name: "limits.handlers", Holds: whole, Default: "10_000", Doc: "Handlers and rules that a script may register."},
		{Name: "limits.log_lines", Holds: whole, Default: "100", Doc: "Lines that a script may log in a second, with bursts of three seconds' worth. What is left out is counted and told."},
		{Name: "limits.memory", Holds: bytesOf, Default: `"384MiB"`, Doc: "Memory of all scripts and of luahost itself. Above it, what holds most is ended: a handler, or a script that is then suspended."},
		{Name: "limits.values", Holds: bytesOf, Default: `"32MiB"`, Doc: "What the values of one script may take."},
		{Name: "limits.suspend_after", Holds: whole, Default: "3", Doc: "A script whose handlers are ended for computing, holding or nesting too much this often within a minute is suspended, until its file changes or `luahost reload` names it. Too long texts and too slow patterns do not count."},
		{Name: "limits.old_generations", Holds: duration, Default: `"24h"`, Doc: "How long a generation of a script that was replaced may go on for the calls and timers that it has."},

		{Name: "script", Holds: "a table, [[script]]", Doc: "Something of one script. What it says holds instead of what stands for all."},
		{Name: "script.name", Holds: text, Example: `"night.lua"`, Doc: "The name of the script's file, in the scripts folder."},
		{Name: "script.allow", Holds: list, Example: `["default", "account.updateStatus"]`, Doc: "What this script may call, instead of `allow` above."},
		{Name: "script.hosts", Holds: list, Example: `["api.example.com"]`, Doc: "Whom this script may ask with `http`, instead of `hosts` of `[http]`."},

		{Name: "http", Holds: "a table, [http]", Doc: "Requests of scripts to the web, and web hooks that become events of scripts."},
		{Name: "http.hosts", Holds: list, Default: "[]", Doc: "Whom scripts may ask: `\"api.example.com\"` (the ports of http and https), `\"api.example.com:8443\"`, `\"*.example.com\"` (what is below it), an address as `\"127.0.0.1:8123\"`. A name that leads to an address of your own network is refused, unless it is written as `\"private:homeassistant.local:8123\"`."},
		{Name: "http.timeout", Holds: duration, Default: `"30s"`, Doc: "How long one request may take in all."},
		{Name: "http.max_size", Holds: bytesOf, Default: `"1MiB"`, Doc: "The largest body of a request or an answer."},
		{Name: "http.listen", Holds: text, Rare: `"127.0.0.1:8125"`, Doc: "An address of this machine alone, with a port, where `/hooks/NAME` becomes the event `http.NAME`. Without it there are no web hooks."},
		{Name: "http.token", Holds: text, Rare: `"…"`, Doc: "What a hook must bring, in `Authorization: Bearer …`; 16 characters at least. The environment variable `LUAHOST_HTTP_TOKEN` wins over it, and keeps it out of the file."},
	}
}

// defaults is a file of nothing but the defaults of keys that are no lists: a
// list that is absent is not one that is empty.
func defaults() string {
	var b strings.Builder
	for _, k := range Keys() {
		table, name := k.split()
		switch {
		case strings.HasPrefix(k.Holds, "a table, [["), k.Holds == list:
		case strings.HasPrefix(k.Holds, "a table"):
			fmt.Fprintf(&b, "[%s]\n", k.Name)
		case k.Default != "" && table != "account" && table != "script":
			fmt.Fprintf(&b, "%s = %s\n", name, k.Default)
		}
	}
	return b.String()
}

// split parts the name into that of its table, "" at the top, and its own.
func (k Key) split() (table, name string) {
	if i := strings.LastIndexByte(k.Name, '.'); i >= 0 {
		return k.Name[:i], k.Name[i+1:]
	}
	return "", k.Name
}

// known lists the keys of a table, for the help that an unknown one gets.
func known(table string) (names []string) {
	for _, k := range Keys() {
		if in, name := k.split(); in == table {
			names = append(names, name)
		}
	}
	return names
}

// wanted says what a key holds.
func wanted(name string) string {
	for _, k := range Keys() {
		if k.Name == name {
			return k.Holds
		}
	}
	return text
}

// textKeys are the keys at the top that hold a text.
func textKeys() (names []string) {
	for _, k := range Keys() {
		if table, name := k.split(); table == "" && k.Holds == text {
			names = append(names, name)
		}
	}
	return names
}
