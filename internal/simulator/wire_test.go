package simulator_test

import (
	"context"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/tg"

	"luahost/internal/simulator"
)

// handle sends bytes and gives the answer as it is.
func (w *world) handle(d *device, in bin.Encoder) (bin.Encoder, error) {
	w.Helper()
	var b bin.Buffer
	w.must(in.Encode(&b))
	return d.Handle(w.Context(), &b)
}

// raw is bytes that are no request.
type raw []byte

func (r raw) Encode(b *bin.Buffer) error { b.Put(r); return nil }
func (r raw) Decode(*bin.Buffer) error   { return nil }

func TestRequestsAreUnwrapped(t *testing.T) {
	w := newWorld(t)
	ann := w.login(w.ann)
	answer, err := w.handle(ann, &tg.InvokeWithLayerRequest{Layer: tg.Layer, Query: &tg.InitConnectionRequest{
		APIID: 1, Params: &tg.JSONNull{}, Query: &tg.InvokeWithoutUpdatesRequest{Query: &tg.InvokeAfterMsgRequest{
			Query: &tg.InvokeAfterMsgsRequest{MsgIDs: []int64{1}, Query: &tg.HelpGetConfigRequest{}},
		}},
	}})
	w.must(err)
	if _, ok := answer.(*tg.Config); !ok {
		t.Errorf("the answer is %T", answer)
	}
}

func TestWhatIsNoRequestIsRefused(t *testing.T) {
	w := newWorld(t)
	ann := w.login(w.ann)
	for name, test := range map[string]struct {
		in   bin.Encoder
		want string
	}{
		"a method that is not known":      {&tg.LangpackGetLanguagesRequest{}, "400 METHOD_INVALID"},
		"a constructor that is no method": {&tg.Config{}, "400 METHOD_INVALID"},
		"an id that nothing has":          {raw{1, 2, 3, 4}, "400 METHOD_INVALID"},
		"the same in a wrapper":           {&tg.InvokeWithLayerRequest{Query: raw{1, 2, 3, 4}}, "400 METHOD_INVALID"},
		"nothing":                         {raw{}, "400 INPUT_FETCH_ERROR"},
		"nothing in a wrapper":            {&tg.InvokeWithLayerRequest{Query: raw{}}, "400 INPUT_FETCH_ERROR"},
		"half a wrapper":                  {raw{0x0d, 0x0d, 0x9b, 0xda, 1}, "400 INPUT_FETCH_ERROR"},
		"half a request":                  {raw{0x61, 0x4f, 0xd5, 0x17, 1, 2}, "400 INPUT_FETCH_ERROR"},
		"a request and a half":            {raw{0x6b, 0x18, 0xf9, 0xc4, 0, 0, 0, 0}, "400 INPUT_FETCH_ERROR"},
	} {
		_, err := w.handle(ann, test.in)
		w.refused(name, err, test.want)
	}
	var deep bin.Object = &tg.UpdatesGetStateRequest{}
	for range 16 {
		deep = &tg.InvokeWithoutUpdatesRequest{Query: deep}
	}
	_, err := w.handle(ann, deep)
	w.must(err)
	_, err = w.handle(ann, &tg.InvokeWithoutUpdatesRequest{Query: deep})
	w.refused("too many wrappers", err, "400 INPUT_FETCH_ERROR")
	_, err = ann.api.UpdatesGetState(t.Context())
	w.must(err)
}

func TestAnswersAreCopies(t *testing.T) {
	w := newWorld(t)
	ann := w.login(w.ann)
	first, err := w.handle(ann, &tg.UsersGetUsersRequest{ID: []tg.InputUserClass{&tg.InputUserSelf{}}})
	w.must(err)
	first.(*tg.UserClassVector).Elems[0].(*tg.User).FirstName = "Changed"
	w.equal("name", w.see(ann, w.ann).FirstName, "Ann")
}

func TestConfig(t *testing.T) {
	w := newWorld(t)
	w.sim.SetAddress("127.0.0.1", 9443)
	_, api := w.stranger()
	config, err := api.HelpGetConfig(t.Context())
	w.must(err)
	w.equal("date", config.Date, int(evening.Unix()))
	if config.Expires <= config.Date {
		t.Error("it has expired")
	}
	option := config.DCOptions[0]
	w.equal("options", len(config.DCOptions), 1)
	w.equal("this_dc", config.ThisDC, option.ID)
	w.equal("address", option.IPAddress, "127.0.0.1")
	w.equal("port", option.Port, 9443)
	_, given := config.GetTmpSessions()
	w.equal("tmp_sessions", given, false)
	w.equal("call_ring_timeout_ms", config.CallRingTimeoutMs, 90_000)

	nearest, err := api.HelpGetNearestDC(t.Context())
	w.must(err)
	w.equal("nearest", nearest.NearestDC, config.ThisDC)
	app, err := api.HelpGetAppConfig(t.Context(), 0)
	w.must(err)
	app, err = api.HelpGetAppConfig(t.Context(), app.(*tg.HelpAppConfig).Hash)
	w.must(err)
	w.equal("app config", app.TypeName(), "help.appConfigNotModified")
	_, err = w.login(w.ann).api.PhoneGetCallConfig(t.Context())
	w.must(err)
}

func TestDHConfigIsSafe(t *testing.T) {
	w := newWorld(t)
	ann := w.login(w.ann)
	get := func(version, random int) (tg.MessagesDhConfigClass, error) {
		return ann.api.MessagesGetDhConfig(t.Context(), &tg.MessagesGetDhConfigRequest{Version: version, RandomLength: random})
	}
	got, err := get(0, 256)
	w.must(err)
	config := got.(*tg.MessagesDhConfig)
	w.equal("random bytes", len(config.Random), 256)
	w.must(crypto.CheckDH(config.G, new(big.Int).SetBytes(config.P)))
	got, err = get(config.Version, 0)
	w.must(err)
	w.equal("the same version", got.TypeName(), "messages.dhConfigNotModified")
	_, err = get(0, -1)
	w.refused("less than nothing", err, "400 RANDOM_LENGTH_INVALID")
}

func TestSinksMaySendRequestsAndCancel(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.login(w.ann), w.login(w.bob)
	var cancel func()
	rings := 0
	cancel = bob.Subscribe(func(u tg.UpdatesClass) {
		call := u.(*tg.Updates).Updates[0].(*tg.UpdatePhoneCall).PhoneCall.(*tg.PhoneCallRequested)
		rings++
		w.must(bob.Answering(call).HangUp(t.Context(), busy, 0))
		cancel()
	})
	for range 2 {
		out, err := ann.Ring(t.Context(), w.bob, false)
		w.must(err)
		w.must(out.HangUp(t.Context(), missed, 0))
	}
	w.equal("rings heard before the cancel", rings, 1)
	w.equal("the first call", w.sim.Calls()[0].Reason, simulator.Busy)
	w.equal("the second call", w.sim.Calls()[1].Reason, simulator.Missed)
	w.equal("the caller", ann.heard(), "discarded busy; out call busy")
}

func TestFaults(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.login(w.ann), w.login(w.bob)
	state := func(d *device) error {
		_, err := d.api.UpdatesGetState(t.Context())
		return err
	}

	w.sim.Inject(simulator.Fault{Method: "updates.getState", User: w.ann, Times: 2, Err: simulator.FloodWait(3 * time.Second)})
	w.must(state(bob))
	w.refused("first", state(ann), "420 FLOOD_WAIT_3")
	w.refused("second", state(ann), "420 FLOOD_WAIT_3")
	w.must(state(ann))

	remove := w.sim.Inject(simulator.Fault{Times: -1, Err: simulator.Refuse(500, "INTERNAL")})
	for range 3 {
		w.refused("everything", state(bob), "500 INTERNAL")
	}
	remove()
	w.must(state(bob))

	w.sim.Inject(simulator.Fault{Method: "messages.sendMessage", Err: simulator.ErrDisconnect})
	_, err := w.write(ann, &tg.InputPeerSelf{}, "lost", 1)
	if !errors.Is(err, simulator.ErrDisconnect) {
		t.Errorf("cut before: %v", err)
	}
	_, err = w.write(ann, &tg.InputPeerSelf{}, "sent", 1)
	w.must(err)

	w.sim.Inject(simulator.Fault{Method: "messages.sendMessage", After: true, Err: simulator.ErrDisconnect})
	_, err = w.write(ann, &tg.InputPeerSelf{}, "took effect", 2)
	if !errors.Is(err, simulator.ErrDisconnect) {
		t.Errorf("cut after: %v", err)
	}
	w.sim.Inject(simulator.Fault{After: true, Err: simulator.ErrDisconnect})
	answer, err := w.handle(ann, &tg.HelpGetNearestDCRequest{})
	if _, ok := answer.(*tg.NearestDC); !ok || !errors.Is(err, simulator.ErrDisconnect) {
		t.Errorf("the answer that is lost: %v, %v", answer, err)
	}
	_, err = w.write(ann, &tg.InputPeerSelf{}, "took effect", 2)
	w.refused("again", err, "500 RANDOM_ID_DUPLICATE")
	w.equal("history", w.history(ann, w.ann), `out "sent"; out "took effect"`)
}

func TestDelays(t *testing.T) {
	for _, after := range []bool{false, true} {
		w := newWorld(t)
		ann := w.login(w.ann)
		w.sim.Inject(simulator.Fault{Method: "messages.sendMessage", After: after, Delay: time.Minute})
		done := make(chan error)
		go func() {
			_, err := w.write(ann, &tg.InputPeerSelf{}, "late", 1)
			done <- err
		}()
		w.clock.AwaitTimers(1)
		want := ""
		if after {
			want = `out "late"`
		}
		w.equal("meanwhile", w.history(ann, w.ann), want)
		w.clock.Advance(time.Minute)
		w.must(<-done)
		w.equal("at last", w.history(ann, w.ann), `out "late"`)
	}

	w := newWorld(t)
	w.sim.Inject(simulator.Fault{Delay: time.Minute})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.login(w.ann).api.UpdatesGetState(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
