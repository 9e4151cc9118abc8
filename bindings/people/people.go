// Package people finds users for scripts, and lets them say as which account
// they ask Telegram: find and as. It is installed while a script loads; a request
// goes out by bindings/tl, with the VM's lock released. It keeps, for each VM,
// the namespaces that as has given.
package people

import (
	"context"
	"regexp"
	"strings"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/manual"
	"luahost/bindings/object"
	"luahost/bindings/tl"
	"luahost/internal/script"
)

// globals are the functions that scripts see.
func globals(m *module) []function {
	return []function{
		{Entry: manual.Entry{
			Name: "find", Gives: "the table of a user (or of a channel, by its name), or nil and an error",
			Params: manual.Params{{Name: "who", Type: whoType(), Doc: "an id, `\"@name\"`, `\"+phone\"` or `\"self\"`"}},
			Doc:    "Finds somebody. An id must be one that the host has seen before, in a call, a message or a list. A phone number finds its owner if the owner allows that. What is given is Telegram's [user](https://core.telegram.org/constructor/user), which every method takes as a peer.",
			Example: `on("call.ended", function(call)
  local boss, err = find("@ann")
  if not boss then return log.warn("not found", {err = tostring(err)}) end
  if call.from.id == boss.id then call:reply("Sorry, boss.") end
end)`,
		}, do: m.find},
		{Entry: manual.Entry{
			Name: "as", Gives: "a table of all namespaces of Telegram's methods",
			Params: manual.Params{{Name: "account", Type: m.accountType(), Doc: "the name that the configuration gives the account"}},
			Doc:    "Makes requests from an account that is named. Without it, a request goes out from the account whose event the handler answers, and from the first one where there is none, as in a timer. A name that no account has is an error.",
			Example: `on("call", function(call)
  as("work").messages.sendMessage{peer = "self", message = call.from.first_name .. " rings at home"}
end)`,
		}, do: m.as},
	}
}

type function struct {
	manual.Entry
	do func(L *lua.LState, args manual.Values) int
}

// Options of Open. All are required.
type Options struct {
	Telegram *tl.Module
	Accounts func() []string // the names of the host's accounts
	As       func(ctx context.Context, account string) (context.Context, bool)
}

// module is what Open gave to one VM.
type module struct {
	Options
	roots map[string]*lua.LTable // by account
}

// Open installs the module.
func Open(rt *script.Runtime, o Options) {
	m := &module{Options: o, roots: map[string]*lua.LTable{}}
	L := rt.State()
	for _, f := range globals(m) {
		L.SetGlobal(f.Name, L.NewFunction(func(L *lua.LState) int {
			return f.do(L, object.Args(L, "", f.Name, f.Params))
		}))
	}
}

// Functions describes the functions for the manual.
func Functions() (entries []manual.Entry) {
	for _, f := range globals(&module{}) {
		entries = append(entries, f.Entry)
	}
	return entries
}

func (m *module) accountType() manual.Type {
	if m.Accounts == nil {
		return manual.Text("the name of an account")
	}
	return manual.Account(m.Accounts()...)
}

func (m *module) as(L *lua.LState, args manual.Values) int {
	account := manual.Get[string](args, "account")
	if m.roots[account] == nil {
		m.roots[account] = m.Telegram.Root(L, func(ctx context.Context) context.Context {
			if to, ok := m.As(ctx, account); ok {
				return to
			}
			return ctx
		})
	}
	L.Push(m.roots[account])
	return 1
}

// who is one whom a script looks for: exactly one field is set.
type who struct {
	given lua.LValue // an id or a name, as methods take it
	phone string     // digits
}

func whoType() manual.Type {
	words := `an id, "@name", "+phone" or "self"`
	return manual.Type{Words: words, Read: func(v lua.LValue) (any, error) {
		switch v := v.(type) {
		case lua.LNumber:
			if id := int64(v); lua.LNumber(id) == v && id > 0 {
				return who{given: v}, nil
			}
		case lua.LString:
			if v == "self" || strings.HasPrefix(string(v), "@") && len(v) > 1 {
				return who{given: v}, nil
			}
			if phone, ok := strings.CutPrefix(string(v), "+"); ok {
				if digits, ok := manual.Digits(phone); ok {
					return who{phone: digits}, nil
				}
			}
		}
		return nil, manual.Faultf("expected %s, got %s%s", words, manual.ShownPerson(v), meant(v))
	}}
}

// meant is the end of a sentence about somebody who is named in another way.
func meant(v lua.LValue) string {
	name, ok := v.(lua.LString)
	switch {
	case !ok:
		return ""
	case name == "me":
		return ` (did you mean "self"?)`
	}
	return manual.HintPerson(name, username.MatchString(string(name)), "self")
}

var username = regexp.MustCompile(`^[A-Za-z]\w{2,31}$`)

func (m *module) find(L *lua.LState, args manual.Values) int {
	w := manual.Get[who](args, "who")
	var found bin.Object
	var err error
	if w.phone != "" {
		found, err = m.resolve(L, "contacts.resolvePhone", "phone", w.phone)
	} else {
		found, err = m.user(L, w.given)
		if name, ok := w.given.(lua.LString); ok && isOther(err) {
			found, err = m.resolve(L, "contacts.resolveUsername", "username", strings.TrimPrefix(string(name), "@"))
		}
	}
	if err != nil {
		L.Push(lua.LNil)
		L.Push(m.Telegram.ErrorTable(L, "find", err))
		return 2
	}
	L.Push(m.Telegram.ToLua(L, found))
	return 1
}

// user asks for a user whom the host knows how to name. A name that was seen
// before costs no search, of which Telegram allows few.
func (m *module) user(L *lua.LState, given lua.LValue) (bin.Object, error) {
	ids, request := L.CreateTable(1, 0), L.CreateTable(0, 1)
	ids.Append(given)
	request.RawSetString("id", ids)
	result, err := m.Telegram.Send(L, "users.getUsers", request, nil)
	if err != nil {
		return nil, err
	}
	if users, ok := result.(*tg.UserClassVector); ok && len(users.Elems) == 1 {
		if u, ok := users.Elems[0].(*tg.User); ok {
			return u, nil
		}
	}
	return nil, &tgerr.Error{Type: "PEER_ID_INVALID", Message: "Telegram knows no such user"}
}

// isOther says whether a name is that of a channel.
func isOther(err error) bool {
	e, ok := tgerr.As(err)
	return ok && e.Code == 0 && e.Type == "PEER_ID_INVALID"
}

// resolve asks for whoever has a name or a phone number.
func (m *module) resolve(L *lua.LState, method, field, text string) (bin.Object, error) {
	request := L.CreateTable(0, 1)
	request.RawSetString(field, lua.LString(text))
	result, err := m.Telegram.Send(L, method, request, nil)
	if err != nil {
		return nil, err
	}
	resolved, ok := result.(*tg.ContactsResolvedPeer)
	if !ok {
		return nil, &tgerr.Error{Type: "PEER_ID_INVALID", Message: "Telegram's answer names nobody"}
	}
	switch p := resolved.Peer.(type) {
	case *tg.PeerUser:
		for _, u := range resolved.Users {
			if u.GetID() == p.UserID {
				return u, nil
			}
		}
	case *tg.PeerChannel:
		for _, c := range resolved.Chats {
			if c.GetID() == p.ChannelID {
				return c, nil
			}
		}
	}
	return nil, &tgerr.Error{Type: "PEER_ID_INVALID", Message: "Telegram's answer names nobody"}
}
