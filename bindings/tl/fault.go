package tl

import (
	"fmt"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/clip"
)

// fault is a mistake of the script in what it gave. It is raised at the line
// that called, unlike what Telegram answers.
type fault struct {
	path string // peer.access_hash, id[3]; empty for the whole
	text string
}

func (f *fault) Error() string {
	if f.path == "" {
		return f.text
	}
	return "field \"" + f.path + "\": " + f.text
}

// without takes the value that a secret field was given out of the text: a script's
// errors are logged.
func (f *fault) without(field string, v lua.LValue) *fault {
	switch field {
	case "access_hash", "phone_code", "phone_code_hash", "password", "api_hash", "bot_auth_token", "g_a", "g_b":
		kind := v.Type().String()
		f.text = strings.NewReplacer(shown(v), kind, quoted(v.String()), "that "+kind).Replace(f.text)
	}
	return f
}

// step is a field's name or, when that is empty, an index.
type step struct {
	name  string
	index int
}

func pathText(steps []step) string {
	var b strings.Builder
	for _, s := range steps {
		switch {
		case s.name == "":
			b.WriteString("[" + strconv.Itoa(s.index) + "]")
		case b.Len() > 0:
			b.WriteString("." + s.name)
		default:
			b.WriteString(s.name)
		}
	}
	return b.String()
}

// raise ends the running function with an error at the script's line.
func raise(L *lua.LState, text string) {
	script, line := caller(L)
	if script != "" {
		text = script + ":" + strconv.Itoa(line) + ": " + text
	}
	L.Error(lua.LString(text), 0)
}

// caller gives the chunk and line of the innermost Lua function, in L or, when a
// Go function is a coroutine's body, in the thread that resumed it.
func caller(L *lua.LState) (script string, line int) {
	for ; L != nil; L = L.Parent {
		for level := 0; ; level++ {
			frame, ok := L.GetStack(level)
			if !ok {
				break
			}
			if _, err := L.GetInfo("Sl", frame, lua.LNil); err != nil {
				break
			}
			if frame.CurrentLine > 0 {
				return frame.Source, frame.CurrentLine
			}
		}
	}
	return "", 0
}

// shown gives a value as an error text shows it: its type and, when that is
// short and tells something, the value.
func shown(v lua.LValue) string {
	switch v := v.(type) {
	case lua.LString:
		return "string " + quoted(string(v))
	case lua.LNumber:
		return "number " + v.String()
	case lua.LBool:
		return "boolean " + v.String()
	case *lua.LTable:
		if name, ok := v.RawGetString("_").(lua.LString); ok {
			return "table " + short(string(name))
		}
	case *lua.LUserData:
		if object, ok := v.Value.(Object); ok {
			if made, ok := object.TL().(typed); ok {
				return "userdata " + made.TypeName()
			}
		}
	}
	return v.Type().String()
}

func quoted(s string) string { return fmt.Sprintf("%q", short(s)) }

// short bounds what a script's own strings put into an error text.
func short(s string) string { return clip.Text(s, 48) }
