package simulator_test

import (
	"testing"

	"github.com/gotd/td/tg"

	"luahost/internal/simulator"
)

// BenchmarkDeclinedCall is a call that the callee's device declines, with the
// updates and histories of both sides.
func BenchmarkDeclinedCall(b *testing.B) {
	t := simulator.New(simulator.Options{})
	ann, _ := t.AddUser(simulator.User{Phone: "15550001"})
	bob, _ := t.AddUser(simulator.User{Phone: "15550002"})
	caller, callee := t.Login(ann), t.Login(bob)
	from, to := tg.NewClient(caller), tg.NewClient(callee)
	var rings tg.InputPhoneCall
	defer callee.Subscribe(func(u tg.UpdatesClass) {
		if c, ok := u.(*tg.Updates).Updates[0].(*tg.UpdatePhoneCall).PhoneCall.(*tg.PhoneCallRequested); ok {
			rings = tg.InputPhoneCall{ID: c.ID, AccessHash: c.AccessHash}
		}
	})()
	defer caller.Subscribe(func(tg.UpdatesClass) {})()
	random := 0
	for b.Loop() {
		random++
		if _, err := from.PhoneRequestCall(b.Context(), &tg.PhoneRequestCallRequest{
			UserID: caller.InputUser(bob), RandomID: random, GAHash: make([]byte, 32), Protocol: simulator.Protocol(),
		}); err != nil {
			b.Fatal(err)
		}
		if _, err := to.PhoneDiscardCall(b.Context(), &tg.PhoneDiscardCallRequest{
			Peer: rings, Reason: &tg.PhoneCallDiscardReasonBusy{},
		}); err != nil {
			b.Fatal(err)
		}
	}
}
