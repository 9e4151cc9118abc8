package simulator_test

import (
	"context"
	"fmt"
	"time"

	"github.com/gotd/td/tg"

	"luahost/internal/clock"
	"luahost/internal/simulator"
)

// Somebody rings twice. The first call is declined, and nobody hears the second.
func Example() {
	night := clock.NewManual(time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC))
	telegram := simulator.New(simulator.Options{Clock: night})
	ann, _ := telegram.AddUser(simulator.User{Phone: "15550001", FirstName: "Ann"})
	bob, _ := telegram.AddUser(simulator.User{Phone: "15550002", FirstName: "Bob"})
	ctx := context.Background()

	phone := telegram.Login(bob)
	hangUp := phone.Subscribe(func(u tg.UpdatesClass) {
		for _, update := range u.(*tg.Updates).Updates {
			if update, ok := update.(*tg.UpdatePhoneCall); ok {
				if call, ok := update.PhoneCall.(*tg.PhoneCallRequested); ok {
					_ = phone.Answering(call).HangUp(ctx, &tg.PhoneCallDiscardReasonBusy{}, 0)
				}
			}
		}
	})
	caller := telegram.Login(ann)
	if _, err := caller.Ring(ctx, bob, false); err != nil {
		fmt.Println(err)
	}
	hangUp()
	if _, err := caller.Ring(ctx, bob, false); err != nil {
		fmt.Println(err)
	}
	night.Advance(time.Minute)

	for _, call := range telegram.Calls() {
		fmt.Println(call.Reason, call.Ended.Sub(call.Requested))
	}
	// Output:
	// busy 0s
	// missed 20s
}
