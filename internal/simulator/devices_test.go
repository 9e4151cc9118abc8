package simulator_test

import (
	"testing"
	"time"

	"github.com/gotd/td/tg"

	"luahost/internal/clock"
	"luahost/internal/simulator"
)

// authorizations gives the hashes of a user's other devices.
func (w *world) authorizations(d *device) (others []int64) {
	w.Helper()
	list, err := d.api.AccountGetAuthorizations(w.Context())
	w.must(err)
	for _, a := range list.Authorizations {
		if a.Current != (a.Hash == 0) {
			w.Errorf("%+v", a)
		}
		if !a.Current {
			others = append(others, a.Hash)
		}
	}
	return others
}

func TestADeviceIsNotRungIfItWantsNoCalls(t *testing.T) {
	w := newWorld(t)
	ann, phone, tablet := w.login(w.ann), w.login(w.bob), w.login(w.bob)
	settings := func(d *device, hash int64, disabled bool) error {
		r := &tg.AccountChangeAuthorizationSettingsRequest{Hash: hash}
		r.SetCallRequestsDisabled(disabled)
		_, err := d.api.AccountChangeAuthorizationSettings(t.Context(), r)
		return err
	}
	hash := w.authorizations(phone)[0]
	w.must(settings(phone, hash, true))
	out, _ := w.ringing(ann, phone)
	w.equal("the tablet", tablet.heard(), "")
	w.must(out.HangUp(t.Context(), missed, 0))
	w.equal("the tablet, of the end", tablet.heard(), "discarded missed; in call missed")

	w.must(settings(tablet, 0, false))
	_, _ = w.ringing(ann, phone)
	w.equal("the tablet again", tablet.heard(), "requested")
	w.refused("no such device", settings(phone, hash+1, true), "400 HASH_INVALID")
}

func TestADeviceLogsOthersOut(t *testing.T) {
	w := newWorld(t)
	ann, phone, tablet, laptop := w.login(w.ann), w.login(w.bob), w.login(w.bob), w.login(w.bob)
	w.talking(ann, tablet)
	ann.take()
	_, err := phone.api.AccountResetAuthorization(t.Context(), 5)
	w.refused("no such device", err, "400 HASH_INVALID")
	_, err = phone.api.AccountResetAuthorization(t.Context(), w.authorizations(phone)[0])
	w.must(err)
	_, err = tablet.api.UpdatesGetState(t.Context())
	w.refused("the tablet", err, "401 AUTH_KEY_UNREGISTERED")
	w.equal("whom it talked with", ann.heard(), "discarded disconnect after 0 s; out call disconnect after 0 s")

	_, err = phone.api.AuthResetAuthorizations(t.Context())
	w.must(err)
	_, err = laptop.api.UpdatesGetState(t.Context())
	w.refused("the laptop", err, "401 AUTH_KEY_UNREGISTERED")
	w.equal("devices left", len(w.authorizations(phone)), 0)
}

// TestABusyLineRefusesOthersIfItAsksFor has a device say in an active call that it
// is in it, which the page of phone.receivedCall says refuses all others.
func TestABusyLineRefusesOthersIfItAsksFor(t *testing.T) {
	w := newWorld(t)
	ann, bob, carol, tablet := w.login(w.ann), w.login(w.bob), w.login(w.carol), w.login(w.bob)
	out, in := w.talking(ann, bob)
	tablet.take()

	w.must(tablet.Answering(&tg.PhoneCallRequested{ID: in.ID(), AccessHash: in.Peer().AccessHash}).Received(t.Context()))
	first, err := carol.Ring(t.Context(), w.bob, false)
	w.must(err)
	w.equal("a device that is not in the call changes nothing", tablet.heard(), "requested")
	w.must(first.HangUp(t.Context(), missed, 0))
	bob.take()
	carol.take()
	tablet.take()

	w.must(in.Received(t.Context()))
	w.must(out.Received(t.Context()))
	for _, busy := range []int64{w.bob, w.ann} {
		_, err := carol.Ring(t.Context(), busy, false)
		w.must(err)
		w.equal("the caller", carol.heard(), "discarded busy; out call busy")
	}
	w.equal("the callee", bob.heard(), "discarded busy; in call busy")
	w.equal("ended by", w.sim.Calls()[2].EndedBy, int64(0))

	w.must(out.HangUp(t.Context(), hangup, 0))
	_, _ = w.ringing(carol, bob) // both lines are open again
}

func TestPacketsThatStayAwayEndACall(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.login(w.ann), w.login(w.bob)
	out, in := w.talking(ann, bob)
	w.clock.Advance(time.Minute)
	w.must(w.sim.Packets(out.ID(), false))
	w.clock.Advance(9 * time.Second)
	w.must(w.sim.Packets(out.ID(), true))
	w.clock.Advance(time.Minute)
	w.equal("while they came back in time", ann.heard(), "")

	w.must(w.sim.Packets(out.ID(), false))
	w.clock.Advance(5 * time.Second)
	w.must(w.sim.Packets(out.ID(), false)) // says nothing new
	w.clock.Advance(5 * time.Second)
	w.equal("the caller", ann.heard(), "discarded disconnect after 139 s; out call disconnect after 139 s")
	w.equal("the callee", bob.heard(), "discarded disconnect after 139 s; in call disconnect after 139 s")
	w.refused("once it has ended", w.sim.Packets(in.ID(), true), "packets: no active call has the id "+itoa(in.ID()))
}

// lateClock is a clock whose timers cannot be stopped any more: they are already
// on their way.
type lateClock struct {
	clock.Clock
	due []func()
}

type tooLate struct{}

func (tooLate) Stop() bool { return false }

func (c *lateClock) AfterFunc(_ time.Duration, f func()) clock.Timer {
	c.due = append(c.due, f)
	return tooLate{}
}

func TestATimeoutThatIsStoppedTooLateEndsNothing(t *testing.T) {
	late := &lateClock{Clock: clock.System{}}
	w := &world{T: t, sim: simulator.New(simulator.Options{Clock: late})}
	w.ann = w.add(simulator.User{Phone: "15550001"})
	w.bob = w.add(simulator.User{Phone: "15550002"})
	out, _ := w.talking(w.login(w.ann), w.login(w.bob))
	w.must(w.sim.Packets(out.ID(), false))
	w.must(w.sim.Packets(out.ID(), true))
	for _, f := range late.due {
		f()
	}
	w.equal("state", w.sim.Calls()[0].State, simulator.Active)
}
