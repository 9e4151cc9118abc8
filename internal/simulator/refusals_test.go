package simulator_test

import (
	"context"
	"testing"

	"github.com/gotd/td/tg"

	"luahost/internal/simulator"
)

func TestRequestCallIsRefused(t *testing.T) {
	w := newWorld(t)
	shy := w.add(simulator.User{Phone: "15550010", FirstName: "Shy", CallsFrom: simulator.Contacts})
	hermit := w.add(simulator.User{Phone: "15550011", FirstName: "Hermit", CallsFrom: simulator.Nobody})
	old := w.add(simulator.User{Phone: "15550012", FirstName: "Old", OldApp: true})
	w.must(w.sim.Block(w.bob, w.carol))
	carol, ann := w.login(w.carol), w.login(w.ann)
	request := func(mutate func(*tg.PhoneRequestCallRequest)) error {
		r := &tg.PhoneRequestCallRequest{
			UserID: carol.InputUser(w.ann), RandomID: 1, GAHash: make([]byte, 32), Protocol: simulator.Protocol(),
		}
		mutate(r)
		_, err := carol.api.PhoneRequestCall(t.Context(), r)
		return err
	}
	call := func(id int64) error {
		return request(func(r *tg.PhoneRequestCallRequest) { r.UserID = carol.InputUser(id) })
	}

	w.refused("nobody", call(404), "400 USER_ID_INVALID")
	w.refused("oneself", call(w.carol), "400 USER_ID_INVALID")
	w.refused("oneself by name", request(func(r *tg.PhoneRequestCallRequest) { r.UserID = &tg.InputUserSelf{} }), "400 USER_ID_INVALID")
	w.refused("a bot", call(w.robot), "400 USER_ID_INVALID")
	w.refused("by another's access hash", request(func(r *tg.PhoneRequestCallRequest) { r.UserID = ann.InputUser(w.bob) }), "400 USER_ID_INVALID")
	w.refused("one who blocked the caller", call(w.bob), "403 USER_IS_BLOCKED")
	w.refused("one who takes calls of contacts", call(shy), "403 USER_PRIVACY_RESTRICTED")
	w.refused("one who takes none", call(hermit), "403 USER_PRIVACY_RESTRICTED")
	w.refused("one with an old app", call(old), "400 PARTICIPANT_VERSION_OUTDATED")
	w.refused("no way for packets", request(func(r *tg.PhoneRequestCallRequest) {
		r.Protocol.UDPP2P, r.Protocol.UDPReflector = false, false
	}), "400 CALL_PROTOCOL_FLAGS_INVALID")
	w.refused("layers upside down", request(func(r *tg.PhoneRequestCallRequest) {
		r.Protocol.MinLayer, r.Protocol.MaxLayer = 92, 65
	}), "400 CALL_PROTOCOL_LAYER_INVALID")
	w.equal("calls so far", len(w.sim.Calls()), 0)

	w.must(w.sim.AddContact(shy, w.carol))
	w.must(call(shy))
	w.refused("the same random_id", call(w.ann), "500 RANDOM_ID_DUPLICATE")
}

// TestEachStateRefusesWhatDoesNotFit asks everything of a call in every state,
// by each device and by somebody who is not in it.
func TestEachStateRefusesWhatDoesNotFit(t *testing.T) {
	const fine, peer, declined, accepted = "", "400 CALL_PEER_INVALID", "400 CALL_ALREADY_DECLINED", "400 CALL_ALREADY_ACCEPTED"
	type line struct{ received, accept, confirm, discard string }
	for _, test := range []struct {
		state                             string
		caller, callee, second, outsiders line
	}{
		{
			"requested",
			line{peer, peer, peer, fine},
			line{fine, fine, peer, fine},
			line{fine, fine, peer, fine},
			line{peer, peer, peer, peer},
		},
		{
			"accepted",
			line{peer, peer, fine, fine},
			line{fine, accepted, peer, fine},
			line{fine, accepted, peer, accepted},
			line{peer, peer, peer, peer},
		},
		{
			"active",
			line{fine, peer, fine, fine},
			line{fine, accepted, peer, fine},
			line{fine, accepted, peer, accepted},
			line{peer, peer, peer, peer},
		},
		{
			"ended",
			line{peer, peer, declined, fine},
			line{declined, declined, declined, fine},
			line{declined, declined, declined, fine},
			line{peer, peer, peer, peer},
		},
	} {
		ask := func(who int, method string, do func(*scene, context.Context) error, want string) {
			s := newScene(t, test.state, who)
			s.refused(test.state+", "+s.name+", "+method, do(s, t.Context()), want)
		}
		for who, line := range []line{test.caller, test.callee, test.second, test.outsiders} {
			ask(who, "receivedCall", (*scene).received, line.received)
			ask(who, "acceptCall", (*scene).accept, line.accept)
			ask(who, "confirmCall", (*scene).confirm, line.confirm)
			ask(who, "discardCall", (*scene).discard, line.discard)
		}
	}
}

// scene is a call in some state, and somebody about to ask something of it.
type scene struct {
	*world
	name   string
	device *device
	peer   tg.InputPhoneCall
	gA     []byte
}

func newScene(t *testing.T, state string, who int) *scene {
	t.Helper()
	w := newWorld(t)
	ann, phone, tablet, carol := w.login(w.ann), w.login(w.bob), w.login(w.bob), w.login(w.carol)
	out, in := w.ringing(ann, phone)
	if state == "accepted" || state == "active" {
		w.must(in.Accept(t.Context()))
	}
	if state == "active" {
		w.must(out.Confirm(t.Context(), find[*tg.PhoneCallAccepted](w, ann)))
	}
	if state == "ended" {
		w.must(out.HangUp(t.Context(), missed, 0))
	}
	s := &scene{world: w, gA: out.Half()}
	switch who {
	case 0:
		s.name, s.device, s.peer = "caller", ann, out.Peer()
	case 1:
		s.name, s.device, s.peer = "callee", phone, in.Peer()
	case 2:
		s.name, s.device, s.peer = "callee's second device", tablet, in.Peer()
	case 3:
		s.name, s.device, s.peer = "outsider", carol, in.Peer()
	}
	return s
}

func (s *scene) received(ctx context.Context) error {
	_, err := s.device.api.PhoneReceivedCall(ctx, s.peer)
	return err
}

func (s *scene) accept(ctx context.Context) error {
	_, err := s.device.api.PhoneAcceptCall(ctx, &tg.PhoneAcceptCallRequest{Peer: s.peer, GB: []byte("g_b"), Protocol: simulator.Protocol()})
	return err
}

func (s *scene) confirm(ctx context.Context) error {
	_, err := s.device.api.PhoneConfirmCall(ctx, &tg.PhoneConfirmCallRequest{Peer: s.peer, GA: s.gA, Protocol: simulator.Protocol()})
	return err
}

func (s *scene) discard(ctx context.Context) error {
	_, err := s.device.api.PhoneDiscardCall(ctx, &tg.PhoneDiscardCallRequest{Peer: s.peer, Reason: busy})
	return err
}

func TestTheKeyMustBeTheOneThatWasPromised(t *testing.T) {
	s := newScene(t, "accepted", 0)
	s.gA[0] ^= 1
	s.refused("another g_a", s.confirm(t.Context()), "400 DH_G_A_INVALID")
	s.gA[0] ^= 1
	s.must(s.confirm(t.Context()))
}

func TestAccessHashesOfCallsAreOfOneSide(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.login(w.ann), w.login(w.bob)
	out, in := w.ringing(ann, bob)
	wrong := &scene{world: w, device: bob, peer: out.Peer()}
	w.refused("the caller's hash", wrong.discard(t.Context()), "400 CALL_PEER_INVALID")
	wrong.peer = tg.InputPhoneCall{ID: in.ID() + 1, AccessHash: in.Peer().AccessHash}
	w.refused("another id", wrong.discard(t.Context()), "400 CALL_PEER_INVALID")
	_, err := bob.api.PhoneSaveCallDebug(t.Context(), &tg.PhoneSaveCallDebugRequest{Peer: out.Peer()})
	w.refused("debug with it", err, "400 CALL_PEER_INVALID")
	_, err = bob.api.PhoneSaveCallDebug(t.Context(), &tg.PhoneSaveCallDebugRequest{Peer: in.Peer(), Debug: tg.DataJSON{Data: "{"}})
	w.refused("debug that is not JSON", err, "400 DATA_JSON_INVALID")
	_, err = bob.api.PhoneSaveCallDebug(t.Context(), &tg.PhoneSaveCallDebugRequest{Peer: in.Peer(), Debug: tg.DataJSON{Data: "{}"}})
	w.must(err)
}

func TestProtocolsMustHaveSomethingInCommon(t *testing.T) {
	for _, test := range []struct {
		change func(*tg.PhoneCallProtocol)
		want   string
	}{
		{func(p *tg.PhoneCallProtocol) { p.MinLayer, p.MaxLayer = 93, 95 }, "406 CALL_PROTOCOL_COMPAT_LAYER_INVALID"},
		{func(p *tg.PhoneCallProtocol) { p.LibraryVersions = []string{"1.0"} }, "406 CALL_PROTOCOL_COMPAT_LAYER_INVALID"},
		{func(p *tg.PhoneCallProtocol) { p.UDPP2P, p.UDPReflector = false, false }, "400 CALL_PROTOCOL_FLAGS_INVALID"},
		{func(p *tg.PhoneCallProtocol) { p.MinLayer = 0 }, "400 CALL_PROTOCOL_LAYER_INVALID"},
		{func(p *tg.PhoneCallProtocol) { p.LibraryVersions, p.MaxLayer = []string{"9.0.0", "10"}, 80 }, ""},
	} {
		s := newScene(t, "requested", 1)
		protocol := simulator.Protocol()
		test.change(&protocol)
		answer, err := s.device.api.PhoneAcceptCall(t.Context(), &tg.PhoneAcceptCallRequest{Peer: s.peer, Protocol: protocol})
		s.refused("accept", err, test.want)
		if test.want != "" {
			continue
		}
		agreed := answer.PhoneCall.(*tg.PhoneCallWaiting).Protocol
		s.equal("max_layer", agreed.MaxLayer, 80)
		if len(agreed.LibraryVersions) != 1 || agreed.LibraryVersions[0] != "9.0.0" {
			t.Errorf("agreed on %v", agreed.LibraryVersions)
		}
	}
}
