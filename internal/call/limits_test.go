package call_test

import (
	"testing"
	"time"

	"github.com/gotd/td/tg"

	"luahost/internal/call"
	"luahost/internal/simulator"
)

// TestTimeoutsAreTelegrams: an account's calls keep to what its help.getConfig says.
func TestTimeoutsAreTelegrams(t *testing.T) {
	w := newWorld(t)
	quick := simulator.New(simulator.Options{Clock: w.clock, Timeouts: simulator.Timeouts{Ring: 7 * time.Second}})
	var user int64
	for _, phone := range []string{"15550007", "15550008", "15550009"} { // the third is nobody's id in w
		var err error
		user, err = quick.AddUser(simulator.User{Phone: phone, FirstName: "Zoe"})
		w.must(err)
	}
	zoe := call.Account{Name: "zoe", User: user, Invoker: quick.Login(user)}
	w.book.Ready(t.Context(), zoe)
	requested := &tg.PhoneCallRequested{ID: 5, AdminID: 1, ParticipantID: user}
	c := w.book.Update(zoe, &tg.UpdatePhoneCall{PhoneCall: requested}, nil)
	w.settleTimers(c)
	w.clock.Advance(7 * time.Second)
	<-c.Over()
	if c.Outcome() != call.Missed || c.Ring() != 7*time.Second {
		t.Errorf("%s after %v", c.Outcome(), c.Ring())
	}
}

// TestNobodyHearsTheRing: Telegram does not know the call, and says nothing.
func TestNobodyHearsTheRing(t *testing.T) {
	w := newWorld(t)
	c := w.book.Update(w.home.Account, w.requested(5), nil)
	w.settleTimers(c)
	w.clock.Advance(89 * time.Second)
	if c.State() != call.Requested {
		t.Errorf("%s after 89 seconds", c.State())
	}
	w.clock.Advance(time.Second)
	w.wantOutcome(c, call.Missed)

	// The history knows better.
	w.book.Message(w.home.Account, entry(5, w.bob, &tg.PhoneCallDiscardReasonBusy{}, 0), nil)
	w.wantRow(5, call.DeclinedElsewhere)
}

// TestConfigCannotBeRead: the usual timeouts hold.
func TestConfigCannotBeRead(t *testing.T) {
	w := newWorld(t)
	w.sim.Inject(simulator.Fault{Method: "help.getConfig", Err: simulator.FloodWait(time.Minute)})
	shop := w.login(w.bob, "shop")
	w.book.Ready(t.Context(), shop.Account)
	w.book.Ready(t.Context(), call.Account{Name: "robot", User: 1, Bot: true}) // has no calls, and is not asked
	c := w.book.Update(shop.Account, &tg.UpdatePhoneCall{PhoneCall: &tg.PhoneCallRequested{ID: 6, AdminID: w.ann, ParticipantID: w.bob}}, nil)
	w.settleTimers(c)
	w.clock.Advance(90 * time.Second)
	<-c.Over()
	if c.Outcome() != call.Missed {
		t.Errorf("%s", c.Outcome())
	}
}
