package calls

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/gotd/td/tg"
	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/manual"
	"luahost/bindings/object"
	"luahost/internal/script"
)

type field = object.Field[*view]

// classOf makes the class of calls.
func (m *module) classOf() *object.Class[*view] {
	return &object.Class[*view]{
		Name: "call", Fields: m.fields(), Methods: m.methods(), String: (*view).String,
	}
}

// fields are what scripts read of a call.
func (m *module) fields() []field {
	return []field{
		{Entry: manual.Entry{
			Name: "id", Gives: "a decimal string",
			Doc: "Telegram's id of the call. It is a string because a Lua number cannot hold all of its digits; the raw updates and `calls.log` have it in the same form.",
			Example: `on("call", function(call)
  log.info("rings", {call = call.id})
end)`,
		}, Get: func(_ *script.Runtime, _ *lua.LState, v *view) lua.LValue {
			return lua.LString(strconv.FormatInt(v.call.ID(), 10))
		}},
		{Entry: manual.Entry{
			Name: "peer", Gives: "an `inputPhoneCall` table",
			Doc: "What the methods of `phone` take as `peer`. They take the call itself as well. Printed, it keeps its access hash to itself.",
			Example: `on("call", function(call)
  phone.discardCall{peer = call.peer, duration = 0, reason = "busy", connection_id = "0"}
end)`,
		}, Get: m.peer},
		{Entry: manual.Entry{
			Name: "from", Gives: "a `user` table",
			Doc: "The other side: who calls, or who is called. It is Telegram's [user](https://core.telegram.org/constructor/user) with its fields: `id`, `first_name`, `last_name`, `username`, `phone`, and the flags `contact`, `mutual_contact`, `bot`, `premium`, `verified`, `scam`, `fake`, which are false where they are not set. What Telegram did not tell is nil: strangers seldom have a `phone`. It can be given wherever a method wants a user or a peer. It is read once, when the call begins.",
			Example: `on("call", function(call)
  if call.from.scam then
    call:decline("busy")
  else
    messages.sendMessage{peer = "self", message = (call.from.first_name or "Somebody") .. " rings"}
  end
end)`,
		}, Get: m.from},
		{Entry: manual.Entry{
			Name: "account", Gives: "a string",
			Doc: "The name that the configuration gives the account which the call came to.",
			Example: `on("call", function(call)
  log.info("rings", {on = call.account})
end)`,
		}, Get: func(_ *script.Runtime, _ *lua.LState, v *view) lua.LValue {
			return lua.LString(v.call.Account().Name)
		}},
		{Entry: manual.Entry{
			Name: "incoming", Gives: "true or false",
			Doc: "Whether the other side called. The event `call` comes for incoming calls alone, the later ones for outgoing calls as well.",
			Example: `on("call.ended", function(call)
  if call.incoming and call.outcome == "missed" then call:reply("Sorry, I missed your call.") end
end)`,
		}, Get: func(_ *script.Runtime, _ *lua.LState, v *view) lua.LValue {
			return lua.LBool(v.call.Incoming())
		}},
		{Entry: manual.Entry{
			Name: "video", Gives: "true or false",
			Doc: "Whether the call was begun as a video call.",
			Example: `on("call", function(call)
  if call.video and not call.from.contact then call:decline("hangup") end
end)`,
		}, Get: func(_ *script.Runtime, _ *lua.LState, v *view) lua.LValue {
			return lua.LBool(v.call.Video())
		}},
		{Entry: manual.Entry{
			Name: "date", Gives: "a time, as `os.time` gives it",
			Doc: "When the call began to ring, in whole seconds.",
			Example: `on("call", function(call)
  log.info("rings", {at = os.date("%H:%M", call.date)})
end)`,
		}, Get: func(_ *script.Runtime, _ *lua.LState, v *view) lua.LValue {
			return lua.LNumber(v.call.Date().Unix())
		}},
		{Entry: manual.Entry{
			Name: "state", Gives: "`\"requested\"`, `\"ringing\"`, `\"accepted\"`, `\"active\"` or `\"ended\"`",
			Doc: "How far the call has come; it never goes back. An incoming call that somebody can decide about is `requested` or `ringing`.",
			Example: `on("call", function(call)
  sleep("20s")
  if call.state == "ringing" then call:decline("busy") end
end)`,
		}, Get: func(_ *script.Runtime, _ *lua.LState, v *view) lua.LValue {
			return lua.LString(v.call.State())
		}},
		{Entry: manual.Entry{
			Name: "outcome", Gives: outcomesGive(),
			Doc: "How the call ended; nil as long as that is not known. " + outcomesDoc,
			Example: `on("call.ended", function(call)
  log.info("over", {call = call.id, outcome = call.outcome})
end)`,
		}, Get: func(_ *script.Runtime, _ *lua.LState, v *view) lua.LValue {
			return textOrNil(string(v.call.Outcome()))
		}},
		{Entry: manual.Entry{
			Name: "duration", Gives: "whole seconds",
			Doc: "How long the two have talked; 0 before the call is active.",
			Example: `on("call.ended", function(call)
  if call.duration > 3600 then log.info("a long talk", {seconds = call.duration}) end
end)`,
		}, Get: func(_ *script.Runtime, _ *lua.LState, v *view) lua.LValue { return seconds(v.call.Duration()) }},
		{Entry: manual.Entry{
			Name: "ring_seconds", Gives: "whole seconds",
			Doc: "How long it rang, or has been ringing so far.",
			Example: `on("call.ended", function(call)
  log.info("over", {rang_for = call.ring_seconds})
end)`,
		}, Get: func(_ *script.Runtime, _ *lua.LState, v *view) lua.LValue { return seconds(v.call.Ring()) }},
		{Entry: manual.Entry{
			Name: "emojis", Gives: "a list of four strings, or nil",
			Doc: "The four emojis by which the two people can [compare their keys](https://core.telegram.org/api/end-to-end/video-calls#key-verification); nil until the keys are exchanged. So far it is nil for every call: Telegram does not publish the list of the 333 emojis that they are taken from.",
			Example: `on("call.active", function(call)
  if call.emojis then log.info("compare", {emojis = table.concat(call.emojis, " ")}) end
end)`,
		}, Get: emojis},
		{Entry: manual.Entry{
			Name: "data", Gives: "a table",
			Doc: "A table of the script's own for this call: what one handler puts in, a later one finds. Other scripts have their own. It goes with the call.",
			Example: `on("call", function(call)
  call.data.first = #calls.log{from = call.from, since = "30d"} <= 1
end)

on("call.ended", function(call)
  if call.data.first then log.info("a first call", {outcome = call.outcome}) end
end)`,
		}, Get: data},
	}
}

// peer makes a table each time: it is the script's.
func (m *module) peer(_ *script.Runtime, L *lua.LState, v *view) lua.LValue {
	return m.Telegram.ToLua(L, v.TL())
}

func (m *module) from(rt *script.Runtime, L *lua.LState, v *view) lua.LValue {
	return v.call.Kept(kept{rt, "from"}, func() any { return m.Telegram.ToLua(L, v.call.From()) }).(lua.LValue)
}

func emojis(_ *script.Runtime, L *lua.LState, v *view) lua.LValue {
	four := v.call.Emojis()
	if len(four) == 0 {
		return lua.LNil
	}
	list := L.CreateTable(len(four), 0)
	for _, emoji := range four {
		list.Append(lua.LString(emoji))
	}
	return list
}

func data(rt *script.Runtime, L *lua.LState, v *view) lua.LValue {
	return v.call.Kept(kept{rt, "data"}, func() any { return L.NewTable() }).(lua.LValue)
}

func seconds(d time.Duration) lua.LNumber { return lua.LNumber(math.Floor(d.Seconds())) }

func textOrNil(s string) lua.LValue {
	if s == "" {
		return lua.LNil
	}
	return lua.LString(s)
}

// String is what tostring gives: nothing that opens the call.
func (v *view) String() string {
	kind, word := "voice", "from"
	if v.call.Video() {
		kind = "video"
	}
	if !v.call.Incoming() {
		word = "to"
	}
	text := kind + " call " + strconv.FormatInt(v.call.ID(), 10) + " " + word + " " + Name(v.call.From()) + ", " + string(v.call.State())
	if outcome := v.call.Outcome(); outcome != "" {
		text += ": " + string(outcome)
	}
	return text
}

// Name is a user in a person's words: Ann Lee (@ann), or the id where Telegram
// told no more.
func Name(u *tg.User) string {
	name := strings.TrimSpace(u.FirstName + " " + u.LastName)
	switch {
	case name != "" && u.Username != "":
		return name + " (@" + u.Username + ")"
	case u.Username != "":
		return "@" + u.Username
	case name != "":
		return name
	default:
		return "user " + strconv.FormatInt(u.ID, 10)
	}
}
