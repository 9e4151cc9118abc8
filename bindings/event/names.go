package event

import (
	"fmt"
	"slices"

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
	}
}

// Check says whether a script can wait for name: nil if it is one of Events or
// of updates, else an error with the nearest.
func Check(name string, updates []string) error {
	var known []string
	for _, e := range Events() {
		known = append(known, e.Name)
	}
	if slices.Contains(known, name) || slices.Contains(updates, name) {
		return nil
	}
	if hint := nearest.Hint(name, append(known, updates...)); hint != "" {
		return fmt.Errorf("no event %q%s", name, hint)
	}
	return fmt.Errorf("no event %q: there are %s and every update of Telegram, such as \"updateNewMessage\"", name, manual.Choice(known))
}
