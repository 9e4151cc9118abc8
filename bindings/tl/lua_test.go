package tl

import (
	"context"
	"encoding/hex"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	lua "github.com/yuin/gopher-lua"
)

// scripted is the far end of the tests in testdata/lua, which say what it answers.
type scripted struct {
	sent   []bin.Object // requests, decoded from what was encoded
	answer bin.Encoder
	err    error
	schema *schema
}

func (s *scripted) Invoke(_ context.Context, in bin.Encoder, out bin.Decoder) error {
	var b bin.Buffer
	if err := in.Encode(&b); err != nil {
		return err
	}
	id, err := b.PeekID()
	if err != nil {
		return err
	}
	request := s.schema.ids[id].newObject()
	if err := request.Decode(&b); err != nil {
		return err
	}
	s.sent = append(s.sent, request)
	if s.err != nil {
		return s.err
	}
	b.Reset()
	if err := s.answer.Encode(&b); err != nil {
		return err
	}
	return out.Decode(&b)
}

// seen is a host that has seen two calls and a few peers.
type seen struct{}

func (seen) Call(_ context.Context, id int64) (int64, bool) {
	return -id, id == 588516572874907241 || id == 7
}

func (seen) Peer(_ context.Context, id int64) (tg.InputPeerClass, bool) {
	switch id {
	case 1001:
		return &tg.InputPeerUser{UserID: id, AccessHash: 42}, true
	case 2001:
		return &tg.InputPeerChat{ChatID: id}, true
	case 3001, -1000000003001:
		return &tg.InputPeerChannel{ChannelID: 3001, AccessHash: 43}, true
	case 4001: // a user and a channel of the same number
		return &tg.InputPeerUser{UserID: id, AccessHash: 44}, true
	case -1000000004001:
		return &tg.InputPeerChannel{ChannelID: 4001, AccessHash: 45}, true
	}
	return nil, false
}

func (s seen) Username(ctx context.Context, name string) (tg.InputPeerClass, error) {
	switch name {
	case "ann":
		p, _ := s.Peer(ctx, 1001)
		return p, nil
	case "news":
		p, _ := s.Peer(ctx, 3001)
		return p, nil
	}
	return nil, tgerr.New(400, "USERNAME_NOT_OCCUPIED")
}

// Every file of testdata/lua is a script whose assertions hold.
func TestLua(t *testing.T) {
	files, err := filepath.Glob("testdata/lua/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatalf("find the scripts: %v, %v", files, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "/lib.lua") {
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".lua"), func(t *testing.T) {
			far := &scripted{}
			m, L := newModule(t, Options{Invoker: far, Peers: seen{}})
			far.schema = m.schema
			far.expose(L, m)
			for _, name := range []string{"testdata/lua/lib.lua", file} {
				if err := L.DoFile(name); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// expose gives a script the far end.
func (s *scripted) expose(L *lua.LState, m *Module) {
	for name, fn := range map[string]lua.LGFunction{
		// answer(type, value): what the next requests get.
		"answer": func(L *lua.LState) int {
			object, err := m.ToTL(L, L.Get(2), L.CheckString(1))
			if err != nil {
				L.RaiseError("%v", err)
			}
			s.answer, s.err = object, nil
			return 0
		},
		// answer_raw(hex): the same, as it is on the wire.
		"answer_raw": func(L *lua.LState) int {
			raw, err := hex.DecodeString(L.CheckString(1))
			if err != nil {
				L.RaiseError("%v", err)
			}
			s.answer, s.err = &Unknown{Raw: raw}, nil
			return 0
		},
		// refuse(code, message): Telegram's error; fail(what): one of the network.
		"refuse": func(L *lua.LState) int {
			s.err = tgerr.New(L.CheckInt(1), L.CheckString(2))
			return 0
		},
		"fail": func(L *lua.LState) int {
			s.err = map[string]error{
				"cancel": context.Canceled, "deadline": context.DeadlineExceeded, "other": errors.New("odd"),
			}[L.CheckString(1)]
			return 0
		},
		// sent(): the last request as a table, and their number.
		"sent": func(L *lua.LState) int {
			if len(s.sent) == 0 {
				return 0
			}
			L.Push(m.ToLua(L, s.sent[len(s.sent)-1]))
			L.Push(lua.LNumber(len(s.sent)))
			return 2
		},
		// line(): the line that calls it.
		"line": func(L *lua.LState) int {
			_, line := caller(L)
			L.Push(lua.LNumber(line))
			return 1
		},
	} {
		L.SetGlobal(name, L.NewFunction(fn))
	}
}
