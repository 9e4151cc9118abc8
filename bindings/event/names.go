package event

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"luahost/bindings/manual"
	"luahost/internal/nearest"
)

// Events are what scripts can wait for beside Telegram's own updates. Params say
// what the handler gets.
func Events() []manual.Entry {
	call := manual.Params{{Name: "call", Type: manual.Type{Words: "the call"}}}
	return []manual.Entry{
		{
			Name: "call", Params: call,
			Doc: "Somebody rings. It comes once for each incoming call, at the moment when the rules begin to be asked, so that a handler may decide as well as a rule. A handler may take its time: the phone rings on.",
			Example: `on("call", function(call)
  if call.from.scam then call:decline("busy") end
end)`,
		},
		{
			Name: "call.accepted", Params: call,
			Doc: "A call was answered: an incoming one here, an outgoing one at the other end. Nobody hears anything yet.",
			Example: `on("call.accepted", function(call)
  log.info("answered", {call = call.id, after = call.ring_seconds})
end)`,
		},
		{
			Name: "call.active", Params: call,
			Doc: "Both sides have the key of a call that was answered, and the talk begins. From here on `call.duration` counts.",
			Example: `on("call.active", function(call)
  log.info("talking", {with = call.from.first_name})
end)`,
		},
		{
			Name: "call.ended", Params: call,
			Doc: "A call is over, and its `outcome` is known. It comes once for each call, also for one that another device has taken; then it comes when Telegram tells how that went.",
			Example: `on("call.ended", function(call)
  if call.incoming and call.outcome == "missed" and call.from.contact then
    call:reply("Sorry, I missed your call. I'll call back.")
  end
end)`,
		},
		{
			Name: "message", Params: manual.Params{{Name: "message", Type: manual.Type{Words: "the message"}}},
			Doc: "Somebody wrote a private message to one of the accounts. What the account itself writes, on any device, groups and channels are left out; `on(\"updateNewMessage\")` has them all.",
			Example: `on("message", function(message)
  if message.text == "where are you?" then message:reply("On my way.") end
end)`,
		},
		{
			Name: "timer.NAME", Params: manual.Params{{Name: "timer", Type: manual.Type{Words: "a table: `name`, `data`, `due`, `late`"}}},
			Doc: "A named timer of this script is due: `timer.call-back` for one that `after(\"30m\", \"call-back\", …)` made. Named timers are kept on the disk and survive edits, restarts and crashes. `data` is what was given with it, `due` the time that it was due at, `late` by how many seconds it comes late.",
			Example: `on("call.ended", function(call)
  if call.outcome == "missed" then after("30m", "call-back", {user = call.from.id}) end
end)

on("timer.call-back", function(timer)
  messages.sendMessage{peer = "self", message = "Call back " .. timer.data.user}
end)`,
		},
		{
			Name: "http.NAME", Params: manual.Params{{Name: "hook", Type: manual.Type{Words: "the request: `name`, `method`, `query`, `headers`, `body`, `json()`, `form()`"}}},
			Doc: "Another program has called the web hook of that name: `http.alert` for `/hooks/alert`. The configuration opens the port (`listen` and `token` under `[http]`), on this machine only; a request without the token gets 401 and runs nothing. The caller is answered 202 when the handlers have been started, and hears nothing of what they do.",
			Example: `on("http.alert", function(hook)
  local alert = hook:json()
  messages.sendMessage{peer = "self", message = "Alert: " .. tostring(alert and alert.title)}
end)`,
		},
		{
			Name: "load",
			Doc:  "This script has been loaded and has taken over from the one before. Here it may do what it may not do at its top: call Telegram, wait, write to the `store`.",
			Example: `on("load", function()
  log.info("on duty", {me = users.getUsers{id = {"self"}}[1].first_name})
end)`,
		},
		{
			Name: "unload",
			Doc:  "This script was replaced by a newer one, or its file was removed, or luahost ends: a last chance to tidy up, of a few seconds. It does not come when luahost is killed; what must not be lost belongs into the `store` when it happens.",
			Example: `on("unload", function()
  log.info("off duty")
end)`,
		},
	}
}

// named are events of which there is one for each name that a script chooses.
var named = []string{"timer.", "http."}

var name = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// Check says whether a script can wait for event: nil if it is one of Events or
// of updates, else an error with the nearest.
func Check(event string, updates []string) error {
	for _, kind := range named {
		if rest, ok := strings.CutPrefix(event, kind); ok {
			if !name.MatchString(rest) {
				return fmt.Errorf("no event %q: after %q comes a name of up to 64 letters, digits, \".\", \"_\" and \"-\", such as %q", event, kind, kind+"call-back")
			}
			return nil
		}
	}
	var known []string
	for _, e := range Events() {
		known = append(known, e.Name)
	}
	if slices.Contains(known, event) || slices.Contains(updates, event) {
		return nil
	}
	if hint := nearest.Hint(event, append(known, updates...)); hint != "" {
		return fmt.Errorf("no event %q%s", event, hint)
	}
	return fmt.Errorf("no event %q: there are %s and every update of Telegram, such as \"updateNewMessage\"", event, manual.Choice(known))
}
