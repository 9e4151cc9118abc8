// Package message is what on("message") gives: a private message that came in.
// The host asks Incoming of each updateNewMessage, and makes the object with New
// under the VM's lock. An answer goes out by bindings/tl like a script's request.
package message

import (
	"context"
	"fmt"

	"github.com/gotd/td/tg"
	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/calls"
	"luahost/bindings/manual"
	"luahost/bindings/object"
	"luahost/bindings/tl"
	"luahost/internal/script"
)

// Message is one that came in. It is only read.
type Message struct {
	Account string      // whom it came to, by its configured name
	Message *tg.Message // not changed by anybody
	From    *tg.User    // who wrote
}

// Incoming makes a Message of an update: ok says whether it is a private one that
// somebody else wrote. users are those that came along with the update.
func Incoming(account string, update *tg.UpdateNewMessage, users []tg.UserClass) (m Message, ok bool) {
	text, ok := update.Message.(*tg.Message)
	if !ok || text.Out {
		return Message{}, false
	}
	peer, ok := text.PeerID.(*tg.PeerUser)
	if !ok {
		return Message{}, false
	}
	m = Message{Account: account, Message: text, From: &tg.User{ID: peer.UserID}}
	for _, u := range users {
		if u, ok := u.(*tg.User); ok && u.ID == peer.UserID {
			m.From = u
		}
	}
	return m, !m.From.Self
}

// Options of Open. Telegram is required.
type Options struct {
	Telegram *tl.Module
	// As gives the context of requests of an account. Nil: they keep theirs.
	As func(ctx context.Context, account string) (context.Context, bool)
}

// module is what Open gave to one VM.
type module struct {
	Options
	class *object.Class[*Message] // nil before the first message
}

const registryKey = "luahost/bindings/message"

// Open prepares a VM for New.
func Open(rt *script.Runtime, o Options) {
	L := rt.State()
	held := L.NewUserData()
	held.Value = &module{Options: o}
	L.G.Registry.RawSetString(registryKey, held)
}

// New gives a message to the scripts of L's VM, for which Open was called.
func New(rt *script.Runtime, L *lua.LState, message Message) lua.LValue {
	m := L.G.Registry.RawGetString(registryKey).(*lua.LUserData).Value.(*module)
	if m.class == nil {
		m.class = &object.Class[*Message]{
			Name: "message", Fields: m.fields(), Methods: m.methods(),
			String: func(m *Message) string { return fmt.Sprintf("message %d from %s", m.Message.ID, calls.Name(m.From)) },
		}
	}
	return m.class.Make(rt, L, &message)
}

// Fields describes the fields, Methods the methods, for the manual.
func Fields() []manual.Entry { return object.FieldEntries((&module{}).fields()) }

// Methods describes the methods.
func Methods() []manual.Entry { return object.MethodEntries((&module{}).methods()) }

type (
	field  = object.Field[*Message]
	method = object.Method[*Message]
)

func (m *module) fields() []field {
	return []field{
		{Entry: manual.Entry{
			Name: "id", Gives: "a number",
			Doc: "Telegram's id of the message, as the methods of `messages` take it.",
			Example: `on("message", function(message)
  messages.sendMessage{
    peer     = message.from,
    message  = "I have read this.",
    reply_to = {_ = "inputReplyToMessage", reply_to_msg_id = message.id},
  }
end)`,
		}, Get: func(_ *script.Runtime, _ *lua.LState, m *Message) lua.LValue { return lua.LNumber(m.Message.ID) }},
		{Entry: manual.Entry{
			Name: "text", Gives: "a string",
			Doc: "What was written; empty where there is only a picture, a voice message or the like.",
			Example: `on("message", function(message)
  if message.text:lower() == "ping" then message:reply("pong") end
end)`,
		}, Get: func(_ *script.Runtime, _ *lua.LState, m *Message) lua.LValue { return lua.LString(m.Message.Message) }},
		{Entry: manual.Entry{
			Name: "from", Gives: "a `user` table",
			Doc: "Who wrote: Telegram's [user](https://core.telegram.org/constructor/user), as in a call's `from`.",
			Example: `on("message", function(message)
  if not message.from.contact then log.info("a stranger writes", {id = message.from.id}) end
end)`,
		}, Get: func(_ *script.Runtime, L *lua.LState, of *Message) lua.LValue { return m.Telegram.ToLua(L, of.From) }},
		{Entry: manual.Entry{
			Name: "date", Gives: "a time, as `os.time` gives it",
			Doc: "When it was sent.",
			Example: `on("message", function(message)
  if os.time() - message.date > 3600 then log.info("an old message", {id = message.id}) end
end)`,
		}, Get: func(_ *script.Runtime, _ *lua.LState, m *Message) lua.LValue { return lua.LNumber(m.Message.Date) }},
		{Entry: manual.Entry{
			Name: "account", Gives: "a string",
			Doc: "The name that the configuration gives the account which it came to.",
			Example: `on("message", function(message)
  log.info("a message", {to = message.account})
end)`,
		}, Get: func(_ *script.Runtime, _ *lua.LState, m *Message) lua.LValue { return lua.LString(m.Account) }},
		{Entry: manual.Entry{
			Name: "raw", Gives: "a `message` table",
			Doc: "The whole of it: Telegram's [message](https://core.telegram.org/constructor/message), a copy.",
			Example: `on("message", function(message)
  if message.raw.media then message:reply("Text only, please.") end
end)`,
		}, Get: func(_ *script.Runtime, L *lua.LState, of *Message) lua.LValue { return m.Telegram.ToLua(L, of.Message) }},
	}
}

func (m *module) methods() []method {
	return []method{
		{Entry: manual.Entry{
			Name: "reply", Gives: "Telegram's `Updates`, or nil and an error",
			Params: manual.Params{{Name: "text", Type: manual.Text("a text"), Doc: "what to write, up to 4096 characters"}},
			Doc:    "Answers in the same chat, from the account that the message came to, as a reply to the message.",
			Example: `on("message", function(message)
  if #calls.active() > 0 then message:reply("On the phone, back in a minute.") end
end)`,
		}, Do: m.reply},
	}
}

func (m *module) reply(_ *script.Runtime, L *lua.LState, of *Message, args manual.Values) int {
	request := L.CreateTable(0, 3)
	request.RawSetString("peer", m.Telegram.ToLua(L, of.From))
	request.RawSetString("message", lua.LString(manual.Get[string](args, "text")))
	request.RawSetString("reply_to", m.Telegram.ToLua(L, &tg.InputReplyToMessage{ReplyToMsgID: of.Message.ID}))
	result, err := m.Telegram.Send(L, "messages.sendMessage", request, func(ctx context.Context) context.Context {
		if m.As != nil {
			if to, ok := m.As(ctx, of.Account); ok {
				return to
			}
		}
		return ctx
	})
	if err != nil {
		L.Push(lua.LNil)
		L.Push(m.Telegram.ErrorTable(L, "messages.sendMessage", err))
		return 2
	}
	L.Push(m.Telegram.ToLua(L, result))
	return 1
}
