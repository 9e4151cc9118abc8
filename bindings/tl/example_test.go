package tl_test

import (
	"context"
	"fmt"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/tl"
)

// telegram stands for a connected client: a *telegram.Client of gotd is a
// tg.Invoker too.
type telegram struct{ ended bool }

func (t *telegram) Invoke(_ context.Context, in bin.Encoder, out bin.Decoder) error {
	request := in.(*tg.PhoneDiscardCallRequest)
	if t.ended {
		return tgerr.New(400, "CALL_ALREADY_DECLINED")
	}
	t.ended = true
	fmt.Printf("to Telegram: call %d, %s\n", request.Peer.ID, request.Reason.TypeName())
	var b bin.Buffer
	if err := (&tg.Updates{Date: 1700000000}).Encode(&b); err != nil {
		return err
	}
	return out.Decode(&b)
}

// A bare gopher-lua program in which a script declines a call.
func Example() {
	L := lua.NewState()
	defer L.Close()

	module := tl.New(tl.Options{Invoker: &telegram{}})
	module.Open(L)
	L.SetGlobal("call", module.ToLua(L, &tg.PhoneCallRequested{ID: 588516572874907240, AccessHash: 99}))

	if err := L.DoString(`
		print(call)
		local updates = phone.discardCall{peer=call, duration=0, reason="busy", connection_id="0"}
		print(updates._, updates.date)

		local ok, err = phone.discardCall{peer=call, duration=0, reason="busy", connection_id="0"}
		print(ok, err)
	`); err != nil {
		fmt.Println(err)
	}
	if err := L.DoString(`phone.discardCall{peer=call, duration=0, raeson="busy", connection_id="0"}`); err != nil {
		fmt.Println(err.(*lua.ApiError).Object)
	}

	// Output:
	// phoneCallRequested{id="588516572874907240", date=0, admin_id=0, participant_id=0, g_a_hash="", protocol=phoneCallProtocol{min_layer=0, max_layer=0, library_versions={}}}
	// to Telegram: call 588516572874907240, phoneCallDiscardReasonBusy
	// updates	1700000000
	// nil	phone.discardCall: CALL_ALREADY_DECLINED (400)
	// <string>:1: phone.discardCall: field "raeson": unknown field (did you mean "reason"?)
}
