package calls

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/manual"
	"luahost/bindings/object"
	"luahost/internal/call"
	"luahost/internal/script"
)

type method = object.Method[*view]

// reasons are those of Telegram that a script may give.
var reasons = []string{"busy", "hangup", "missed", "disconnect"}

// states are what a script can wait for.
var states = []string{string(call.Ringing), string(call.Accepted), string(call.Active), string(call.Ended)}

// methods are what scripts do with a call.
func (m *module) methods() []method {
	reason := func(usual string) manual.Params {
		return manual.Params{{
			Name: "reason", Type: manual.OneOf(reasons...), Optional: true,
			Doc: "what the other side is told; " + usual,
		}}
	}
	return []method{
		{Entry: manual.Entry{
			Name: "decline", Gives: okOrError, Params: reason("`\"busy\"` if left out"),
			Doc: "Ends a call that rings. This is a decision: of all scripts and rules the first decides, and what comes later gets `nil` and an error of type `CALL_ALREADY_DECIDED` that names the first. With `\"busy\"` the caller hears the busy tone.",
			Example: `on("call", function(call)
  local ok, err = call:decline("busy")
  if not ok then log.warn("not declined", {err = tostring(err)}) end
end)`,
		}, Do: m.act("decline", "phone.discardCall", func(ctx context.Context, c *call.Call, args manual.Values) error {
			return c.Decline(ctx, By(ctx), manual.Get[string](args, "reason"))
		})},
		{Entry: manual.Entry{
			Name: "accept", Gives: okOrError,
			Doc: "Answers a call that rings. This is a decision, as `decline` is. There is no sound yet: an accepted call ends as `failed` when it is not connected in time.",
			Example: `on("call", function(call)
  if call.from.contact and call:accept() then
    log.info("answered", {call = call.id})
  end
end)`,
		}, Do: m.act("accept", "phone.acceptCall", func(ctx context.Context, c *call.Call, _ manual.Values) error {
			return c.Accept(ctx, By(ctx))
		})},
		{Entry: manual.Entry{
			Name: "ignore", Gives: okOrError,
			Doc: "Lets the call ring and has no further rule asked. This is a decision, as `decline` is: the phone rings on until a person answers or the caller gives up.",
			Example: `rule "family" {
  priority = 10,
  when     = {from = {"@ann", "@bob"}},
  action   = function(call) call:ignore() end,
}`,
		}, Do: m.act("ignore", "", func(ctx context.Context, c *call.Call, _ manual.Values) error {
			return c.Ignore(ctx, By(ctx))
		})},
		{Entry: manual.Entry{
			Name: "hangup", Gives: okOrError, Params: reason("`\"hangup\"` if left out, and `\"missed\"` for an outgoing call that nobody has accepted"),
			Doc: "Ends a call that was answered, or one that this side makes. For one that rings here there is `decline`.",
			Example: `on("call.active", function(call)
  sleep("1h")
  call:hangup()
end)`,
		}, Do: m.act("hangup", "phone.discardCall", func(ctx context.Context, c *call.Call, args manual.Values) error {
			return c.Hangup(ctx, By(ctx), manual.Get[string](args, "reason"))
		})},
		{Entry: manual.Entry{
			Name: "reply", Gives: "Telegram's `Updates`, or nil and an error",
			Params: manual.Params{{Name: "text", Type: manual.Text("a text"), Doc: "what to write, up to 4096 characters"}},
			Doc:    "Sends the other side a private message, from the account that the call came to. It works before and after the call's end.",
			Example: `rule "busy" {
  when   = {from = "stranger"},
  action = function(call)
    call:decline("busy")
    call:reply("I can't talk right now. Leave me a message.")
  end,
}`,
		}, Do: m.reply},
		{Entry: manual.Entry{
			Name: "block", Gives: okOrError,
			Doc: "Puts the other side on the account's block list, after which no call and no message of theirs arrives any more. A call that rings goes on ringing.",
			Example: `rule "no spam" {
  when   = {from = "stranger", repeated = {times = 5, within = "1h"}},
  action = function(call)
    call:decline("busy")
    call:block()
  end,
}`,
		}, Do: m.block},
		{Entry: manual.Entry{
			Name: "wait", Gives: okOrError, Params: waitParams,
			Doc: "Waits until the call has come to a state, or has passed it, and holds up this handler alone. After the end of a call that never came there the error is of type `CALL_ENDED`; when the time is over, `TIMEOUT`. `\"ended\"` waits until the outcome is known.",
			Example: `on("call", function(call)
  local answered = call:wait("accepted", "20s")
  if not answered then call:decline("busy") end
end)`,
		}, Do: m.wait},
		{Entry: manual.Entry{
			Name: "rate", Gives: okOrError,
			Params: manual.Params{
				{Name: "stars", Type: manual.Whole(1, 5), Doc: "1 (bad) to 5 (good)"},
				{Name: "comment", Type: manual.Text("a text"), Optional: true, Doc: "for Telegram"},
			},
			Doc: "Tells Telegram how good the line of a call was that is over.",
			Example: `on("call.ended", function(call)
  if call.outcome == "answered" then call:rate(5) end
end)`,
		}, Do: m.act("rate", "phone.setCallRating", func(ctx context.Context, c *call.Call, args manual.Values) error {
			return c.Rate(ctx, manual.Get[int](args, "stars"), manual.Get[string](args, "comment"))
		})},
	}
}

const okOrError = "true, or nil and an error"

// act makes a method of something that is done to the call by Telegram's leave,
// if the script may call Telegram's method for it; "" needs no permission.
func (m *module) act(name, method string, do func(context.Context, *call.Call, manual.Values) error) func(*script.Runtime, *lua.LState, *view, manual.Values) int {
	return func(rt *script.Runtime, L *lua.LState, v *view, args manual.Values) int {
		if method != "" {
			if err := m.Telegram.Allowed(L, method, m.as(v.call)); err != nil {
				return m.answer(L, "call:"+name, err)
			}
		}
		var err error
		blocked := rt.Block(L, func(ctx context.Context) { err = do(call.NewContext(ctx, v.call), v.call, args) })
		if blocked != nil {
			L.RaiseError("call:%s: %v", name, blocked)
		}
		return m.answer(L, "call:"+name, err)
	}
}

// answer pushes true, or nil and the error.
func (m *module) answer(L *lua.LState, method string, err error) int {
	if err != nil {
		L.Push(lua.LNil)
		L.Push(m.Telegram.ErrorTable(L, method, err))
		return 2
	}
	L.Push(lua.LTrue)
	return 1
}

var waitParams = manual.Params{
	{Name: "state", Type: manual.OneOf(states...), Doc: "what to wait for"},
	{Name: "timeout", Type: timeout(), Optional: true, Doc: "how long at most; without it, as long as the call lasts"},
}

// timeout reads a duration, also in a table by that name.
func timeout() manual.Type {
	duration := manual.Duration()
	table := manual.Params{{Name: "timeout", Type: duration}}
	words := duration.Words + ", or {timeout=…}"
	return manual.Type{Words: words, Read: func(v lua.LValue) (any, error) {
		if tb, ok := v.(*lua.LTable); ok {
			values, err := table.Table(tb)
			return values["timeout"], err
		}
		d, err := duration.Read(v)
		if err != nil {
			return nil, manual.Faultf("expected %s, got %s", words, manual.Shown(v))
		}
		return d, nil
	}}
}

func (m *module) wait(rt *script.Runtime, L *lua.LState, v *view, args manual.Values) int {
	state, limit := manual.Get[string](args, "state"), manual.Get[time.Duration](args, "timeout")
	var err error
	blocked := rt.Block(L, func(ctx context.Context) {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		if limit > 0 {
			timer := rt.Clock().AfterFunc(limit, func() { cancel(errTimeout(state, limit)) })
			defer timer.Stop()
		}
		if err = v.call.Wait(ctx, call.State(state)); errors.Is(err, context.Canceled) {
			err = context.Cause(ctx)
		}
	})
	if blocked != nil {
		L.RaiseError("call:wait: %v", blocked)
	}
	return m.answer(L, "call:wait", err)
}

func errTimeout(state string, limit time.Duration) error {
	return &tgerr.Error{Type: "TIMEOUT", Message: fmt.Sprintf("the call was not %s within %v", state, limit)}
}

func (m *module) reply(_ *script.Runtime, L *lua.LState, v *view, args manual.Values) int {
	request := L.CreateTable(0, 2)
	request.RawSetString("peer", m.other(L, v.call))
	request.RawSetString("message", lua.LString(manual.Get[string](args, "text")))
	result, err := m.Telegram.Send(L, "messages.sendMessage", request, m.as(v.call))
	if err != nil {
		return m.answer(L, "messages.sendMessage", err)
	}
	L.Push(m.Telegram.ToLua(L, result))
	return 1
}

func (m *module) block(_ *script.Runtime, L *lua.LState, v *view, _ manual.Values) int {
	request := L.CreateTable(0, 1)
	request.RawSetString("id", m.other(L, v.call))
	_, err := m.Telegram.Send(L, "contacts.block", request, m.as(v.call))
	return m.answer(L, "contacts.block", err)
}

// other is the other side as a method takes it. Where Telegram sent no access
// hash that opens anything, the host may have seen one before.
func (m *module) other(L *lua.LState, c *call.Call) lua.LValue {
	u := c.From()
	if hash, ok := u.GetAccessHash(); ok && !u.Min {
		return m.Telegram.ToLua(L, &tg.InputPeerUser{UserID: u.ID, AccessHash: hash})
	}
	return m.Telegram.ToLua(L, &tg.PeerUser{UserID: u.ID})
}

// as has requests made by the account of c, on behalf of c.
func (m *module) as(c *call.Call) func(context.Context) context.Context {
	return func(ctx context.Context) context.Context {
		if m.As != nil {
			if to, ok := m.As(ctx, c.Account().Name); ok {
				ctx = to
			}
		}
		return call.NewContext(ctx, c)
	}
}
