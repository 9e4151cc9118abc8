package tl

import (
	"reflect"
	"strings"

	"github.com/gotd/td/tg"
	lua "github.com/yuin/gopher-lua"
)

// form says what a script may give for a type beside the type itself.
type form uint8

const (
	formNone form = iota
	formPeer
	formUser
	formChannel
	formCall
)

func formOf(typeName string) form {
	switch typeName {
	case "InputPeer":
		return formPeer
	case "InputUser":
		return formUser
	case "InputChannel":
		return formChannel
	case "InputPhoneCall":
		return formCall
	}
	return formNone
}

// explain is what error texts say of the form.
func (f form) explain() string {
	switch f {
	case formPeer:
		return `an id, "@name", "self", or the table of a peer, user, chat or channel`
	case formUser:
		return `an id, "@name", "self", or the table of a user`
	case formChannel:
		return `an id, "@name", or the table of a channel`
	case formCall:
		return "the table of a call or its id"
	}
	return ""
}

// tables are the types beside the form's own of which a table is taken.
func (f form) tables() []string {
	switch f {
	case formPeer, formUser, formChannel:
		return []string{"InputPeer", "InputUser", "InputChannel", "Peer", "User", "Chat"}
	case formCall:
		return []string{"PhoneCall"}
	}
	return nil
}

// origin says where a table of some constructor keeps what names a peer.
type origin struct {
	kind   peerKind
	id     string // field
	hashed bool   // it has an access_hash
}

// peerKind parts the peers: users, chats and channels are numbered apart, so that
// one id may be that of three peers.
type peerKind uint8

const (
	peerAny peerKind = iota
	peerUser
	peerChat
	peerChannel
	peerSelf
)

// kind is what a peer has to be for the form's type.
func (f form) kind() peerKind {
	switch f {
	case formUser:
		return peerUser
	case formChannel:
		return peerChannel
	}
	return peerAny
}

// originOf knows the tables that stand for a peer. A community is given to methods
// as an InputChannel.
func originOf(constructor string) (origin, bool) {
	switch constructor {
	case "inputPeerUser", "inputUser":
		return origin{peerUser, "user_id", true}, true
	case "user":
		return origin{peerUser, "id", true}, true
	case "userEmpty", "userFull":
		return origin{peerUser, "id", false}, true
	case "peerUser":
		return origin{peerUser, "user_id", false}, true
	case "inputPeerChat", "peerChat":
		return origin{peerChat, "chat_id", false}, true
	case "chat", "chatEmpty", "chatForbidden", "chatFull":
		return origin{peerChat, "id", false}, true
	case "inputPeerChannel", "inputChannel":
		return origin{peerChannel, "channel_id", true}, true
	case "channel", "channelForbidden", "community", "communityForbidden":
		return origin{peerChannel, "id", true}, true
	case "channelFull", "communityFull":
		return origin{peerChannel, "id", false}, true
	case "peerChannel":
		return origin{peerChannel, "channel_id", false}, true
	case "inputPeerSelf", "inputUserSelf":
		return origin{kind: peerSelf}, true
	}
	return origin{}, false
}

// shorthand takes what c's form allows. It is not done where v has to be read as
// a value of c itself.
func (r *reader) shorthand(v lua.LValue, c *class, dst reflect.Value) (done bool, _ *fault) {
	look := lookup{form: c.form, kind: c.form.kind(), dst: dst}
	switch v := v.(type) {
	case lua.LNumber:
		id, ok := whole(v)
		if !ok {
			return false, r.fault("expected %s, got %s", c.name, notWhole(v))
		}
		look.id = id
	case lua.LString:
		name, isName := strings.CutPrefix(string(v), "@")
		id, isID := decimal(string(v))
		switch {
		case isName && c.form != formCall:
			if !isUsername(name) {
				return false, r.fault("%s is not a username", quoted(string(v)))
			}
			look.username = name
		case isID:
			look.id = id
		case c.form != formCall && c.plain(string(v)) != nil:
			return false, nil
		case c.form != formCall && isUsername(string(v)):
			return false, r.fault("expected %s, %s, got %s: a username begins with @", c.name, c.form.explain(), shown(v))
		default:
			return false, r.fault("expected %s, %s, got %s", c.name, c.form.explain(), shown(v))
		}
	case *lua.LTable:
		if c.form == formCall {
			return r.callTable(v, c, look)
		}
		return r.peerTable(v, c, look)
	default:
		return false, nil
	}
	return true, r.later(look)
}

// later notes what has to be looked up.
func (r *reader) later(look lookup) *fault {
	if !r.peers {
		return r.fault("expected a complete table with its access_hash: nothing here can look one up")
	}
	look.at = pathText(r.path)
	r.lookups = append(r.lookups, look)
	return nil
}

// callTable takes any phoneCall table, with or without an access_hash.
func (r *reader) callTable(tb *lua.LTable, c *class, look lookup) (bool, *fault) {
	name, _ := tb.RawGetString("_").(lua.LString)
	e := r.schema.names[string(name)]
	if e == nil || e.method || e.result != "PhoneCall" {
		return false, nil
	}
	var fault *fault
	if look.id, fault = r.longField(tb, "id", readLong); fault != nil {
		return true, fault
	}
	if tb.RawGetString("access_hash") == lua.LNil {
		return true, r.later(look)
	}
	hash, fault := r.longField(tb, "access_hash", readLong)
	if fault != nil {
		return true, fault
	}
	look.dst.Set(reflect.ValueOf(tg.InputPhoneCall{ID: look.id, AccessHash: hash}))
	return true, nil
}

// peerTable takes the table of any peer, user, chat or channel.
func (r *reader) peerTable(tb *lua.LTable, c *class, look lookup) (bool, *fault) {
	name, _ := tb.RawGetString("_").(lua.LString)
	e := r.schema.names[string(name)]
	from, ok := originOf(string(name))
	if e == nil || !ok || c.has(e) {
		return false, nil
	}
	var peer tg.InputPeerClass
	if from.kind == peerSelf {
		peer = &tg.InputPeerSelf{}
	} else {
		id, fault := r.longField(tb, from.id, readPeerID)
		if fault != nil {
			return true, fault
		}
		hash, has, fault := r.hashField(tb, from)
		if fault != nil {
			return true, fault
		}
		peer = peerOf(from.kind, id, hash)
		if !has && from.kind != peerChat {
			if _, fits := look.form.convert(peer); !fits {
				return true, r.fault("expected %s, %s, got %s", c.name, c.form.explain(), shown(tb))
			}
			look.id, look.kind = id, from.kind
			return true, r.later(look)
		}
	}
	object, fits := look.form.convert(peer)
	if !fits {
		return true, r.fault("expected %s, %s, got %s", c.name, c.form.explain(), shown(tb))
	}
	look.dst.Set(reflect.ValueOf(object))
	return true, nil
}

// hashField reads the access_hash of a table, unless it is the short-lived one of
// a min user or channel, which opens nothing.
func (r *reader) hashField(tb *lua.LTable, from origin) (hash int64, has bool, _ *fault) {
	if !from.hashed || tb.RawGetString("min") == lua.LTrue || tb.RawGetString("access_hash") == lua.LNil {
		return 0, false, nil
	}
	hash, fault := r.longField(tb, "access_hash", readLong)
	return hash, fault == nil, fault
}

func (r *reader) longField(tb *lua.LTable, name string, read func(lua.LValue) (int64, string)) (int64, *fault) {
	v := tb.RawGetString(name)
	n, wrong := read(v)
	if v == lua.LNil {
		wrong = "missing"
	}
	if wrong != "" {
		r.path = append(r.path, step{name: name})
		return 0, r.fault("%s", wrong).without(name, v)
	}
	return n, nil
}

func isUsername(name string) bool {
	for _, c := range name {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
		if !letter {
			return false
		}
	}
	return len(name) >= 1 && len(name) <= 64
}
